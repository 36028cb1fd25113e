"""docs/hardware.md says of wires and pins what the drivers do."""

import re
from pathlib import Path

import pytest
from hil_wiring import PAGE, rigs, table_in

from drivers.factory import CHIPS
from drivers.hx711 import SPI_PINS

TEXT = PAGE.read_text()
RIGS = rigs(TEXT)


@pytest.mark.parametrize("rig", RIGS, ids=lambda rig: rig.name)
def test_drawing_and_table_are_those_of_the_pins_the_drivers_use(rig):
    """`python tests/hil/hil_wiring.py` writes both anew."""
    assert rig.picture.read_text() == rig.drawing
    assert table_in(TEXT, rig) == rig.table


def test_the_band_rigs_cell_hangs_on_the_pins_of_spi_0():
    assert SPI_PINS["mosi_pin"] == 10
    assert SPI_PINS["miso_pin"] == 9
    table = table_in(TEXT, RIGS[0])
    assert "| 19 | GPIO10 | SCK of band: HX711 |" in table
    assert "| 21 | GPIO9 | DT of band: HX711 |" in table


def test_the_page_names_every_chip_and_says_what_was_never_tried():
    assert all(re.search(chip, TEXT, re.IGNORECASE) for chip in ("BNO085", *(set(CHIPS) - {"bno08x"})))
    assert "Nothing on this page has been tried on real hardware." in TEXT


def test_its_links_lead_somewhere():
    headings = {
        re.sub(r"[^\w -]", "", line[3:]).lower().replace(" ", "-") for line in re.findall(r"^## .*", TEXT, re.M)
    }
    for target in re.findall(r"\]\((?!https?:)([^)]+)\)", TEXT):
        file, _, heading = target.partition("#")
        assert not file or (PAGE.parent / file).exists(), target
        assert not heading or heading in headings, target
        assert not Path(file).is_absolute()
