"""The new sensor of docs/hardware.md is a sensor: its page is followed to the letter, in a copy of the drivers."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "hardware.md"
ANOTHER_CHIP = """
import sys
sys.path.insert(0, "")
from drivers.base import SensorAbsent
from drivers.clock import SimulatedClock
from drivers.emulation.rig import EmulatedHardware
from drivers.factory import build_sources, load_sensors

clock, configs = SimulatedClock(10.0), load_sensors("station.toml")
hardware = EmulatedHardware(configs, lambda *_: None, lambda *_: 0.0, clock)
(source,) = build_sources(configs, hardware, clock)
for spoil in (lambda: source.read(0.0), source.open):
    hardware.cells["bell"]._registers[0x0F] = 0x44
    try:
        spoil()
    except SensorAbsent as exc:
        print(exc)
"""


def block(mark):
    """Return the code of the page that follows a sentence with ``mark`` in it."""
    found = re.search(re.escape(mark) + r".*?```\w+\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert found, f"no code after {mark!r} in {PAGE.name}"
    return found.group(1)


class Copy:
    """A copy of the drivers and their contract, in which somebody does what the page says."""

    def __init__(self, folder):
        self.folder = folder
        skip = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / "drivers", folder / "drivers", ignore=skip)
        shutil.copytree(ROOT / "tests" / "hil", folder / "tests" / "hil", ignore=skip)
        shutil.copy(ROOT / "pyproject.toml", folder)

    def new(self, path, text):
        assert not (self.folder / path).exists()
        (self.folder / path).write_text(text)

    def add(self, path, after, line):
        """Put a line of the page behind the opening of a table."""
        file = self.folder / path
        before = file.read_text()
        assert before.count(after) == 1, after
        file.write_text(before.replace(after, after + line))

    def run(self, *args):
        done = subprocess.run(
            [sys.executable, *args], cwd=self.folder, capture_output=True, text=True, timeout=60, check=False
        )
        return done.returncode, done.stdout + done.stderr

    def emulate(self):
        return self.run("-m", "drivers", "--emulate", "--config", "station.toml", "--seconds", "1.1")


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """One new file and one line in the factory."""
    made = Copy(tmp_path_factory.mktemp("copy"))
    made.new("drivers/lis3dh.py", block("`drivers/lis3dh.py`"))
    made.add("drivers/factory.py", "_MODULES = (\n", block("the factory's `_MODULES`"))
    made.new("station.toml", block("`station.toml` may name it"))
    return made


@pytest.fixture(scope="module")
def emulated(copy):
    """And the rest of the page."""
    copy.new("drivers/emulation/lis3dh.py", block("`drivers/emulation/lis3dh.py`"))
    rig = "drivers/emulation/rig.py"
    copy.add(rig, "from drivers.emulation import hx711, ", "lis3dh, ")
    copy.add(rig, "_WIRES: dict[str, Callable[[SensorConfig, Wiring], Any]] = {\n", block("a line in `_WIRES`"))
    copy.add("tests/hil/hil_stand.py", "PROMISES = {\n", block("In `PROMISES`"))
    copy.add("tests/hil/hil_stand.py", "EMULATED = {\n", block("in `EMULATED`"))
    return copy


class TestOneFileAndOneLine:
    def test_the_factory_knows_it_and_an_emulated_rig_says_that_it_is_absent(self, copy):
        status, said = copy.emulate()
        assert status == 0, said
        assert "bell: no LIS3DH at 0x18 on i2c-1" in said

    def test_a_mistake_in_the_settings_is_told_like_any_other(self, copy):
        good = copy.folder / "station.toml"
        bad = copy.folder / "bad.toml"
        bad.write_text(good.read_text() + "address = 0x4A\n")
        status, said = copy.run("-m", "drivers", "--config", "bad.toml")
        assert (status, said) == (2, "bad.toml: sensors.bell.address is 0x4A, expected 0x18 or 0x19.\n")

    def test_the_bus_is_reckoned_with_it(self, copy):
        status, said = copy.run("-m", "drivers", "--budget", "--config", "station.toml")
        assert status == 0, said
        assert "looks for a measurement" in said

    def test_the_contract_goes_on_and_says_what_is_missing_for_it(self, copy):
        status, said = copy.run("-m", "pytest", "-q", "tests/hil/test_contract.py", "-k", "keeps_its_rate")
        assert status == 0, said
        assert "what a lis3dh promises is not said: add a line to PROMISES" in said


class TestTheWholePage:
    def test_the_emulated_chip_is_live(self, emulated):
        status, said = emulated.emulate()
        assert status == 0, said
        # How fast it reads is the machine's affair.
        assert re.search(r"bell +live +[1-9]\d*\.\d Hz", said.splitlines()[-1]), said
        assert said.splitlines()[-1].endswith("m/s2")

    def test_it_keeps_the_whole_contract(self, emulated):
        status, said = emulated.run("-m", "pytest", "-q", "tests/hil/test_contract.py", "-k", "bell")
        assert status == 0, said
        assert re.search(r"\b9 passed", said), said
        assert "skipped" not in said

    def test_absent_or_another_chip_it_is_refused_in_words(self, emulated):
        status, said = emulated.run("-c", ANOTHER_CHIP)
        assert (status, said.splitlines()) == (
            0,
            ["bell: read before it was opened", "bell: what answers at 0x18 on i2c-1 is no LIS3DH"],
        )
