"""docs/clinical.md is what the content files say today, and says the plain things plainly."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.clinical import HAZARDS, page
from edge.prescription.limits import thresholds
from edge.safety.flags import red_flags
from edge.safety.table import table

PAGE = Path(__file__).parents[2] / "docs" / "clinical.md"


def test_the_page_is_current():
    assert PAGE.read_text("utf-8") == page(), "write it anew: python -m edge.clinical > docs/clinical.md"


@pytest.mark.parametrize(
    "sentence",
    [
        "**Steadyrig is not a medical device.**",
        "**No threshold on this page is validated for this station**",
        "our default and marked",
        "stop > hold > regress > continue",
    ],
)
def test_the_plain_things_are_said(sentence):
    assert sentence in page()


def test_nothing_is_left_out():
    text = page()
    assert all(rule.situation in text and rule.screen in text for rule in table().rules.values())
    assert all(one.ask in text for one in red_flags().questions.values())
    assert all(one.label in text for one in thresholds().values())
    assert all(f"| HZ-{number:02} |" in text for number in range(1, 17))


def test_no_field_is_left_open_and_no_code_is_needed_to_read_it():
    rows = [line for line in page().splitlines() if line.startswith("|")]
    assert not any("{" in row or "_of_" in row for row in rows)


def test_without_a_checkout_the_page_lacks_the_hazards_and_nothing_else(tmp_path):
    assert "## Hazards" not in page(tmp_path / "hazards.toml")
    assert "## Limits" in page(tmp_path / "hazards.toml")
    assert HAZARDS.is_file()
