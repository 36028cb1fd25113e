"""Stored values in a clinician's words."""

from __future__ import annotations

from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from panel_seed import DAY, NOW

from edge.model import Origin, StopReason, Verdict
from edge.records import Doubt
from edge.signal.events import Reason
from sync.panel import words


def test_every_verdict_end_and_origin_has_its_words():
    assert set(words.VERDICTS) == set(Verdict)
    assert set(words.STOPS) == set(StopReason)
    assert set(words.ORIGINS) == set(Origin)
    of_count = set(Doubt) - {Doubt.CALIBRATION_EXPIRED}
    assert set(words.DOUBTS) == {reason for reason in Reason if reason.hides} | of_count
    assert len({state.word for state in words.VERDICTS.values()}) == len(Verdict)


@pytest.mark.parametrize(
    ("at", "said"),
    [
        (NOW, "today 09:05"),
        (NOW - 10 * 3600, "yesterday 23:05"),
        (NOW - 3 * DAY, "18 Nov 09:05"),
        (NOW - 400 * DAY, "17 Oct 2025"),
    ],
)
def test_moments_read_in_the_clinics_own_time(at, said):
    assert words.when(at, NOW, ZoneInfo("Europe/Berlin")) == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (-5, "less than 1 min"),
        (59, "less than 1 min"),
        (61, "1 min"),
        (3 * 3600, "3 h"),
        (47 * 3600, "47 h"),
        (4 * DAY, "4 days"),
    ],
)
def test_ages_use_their_largest_unit(seconds, said):
    assert words.age(seconds) == said


def test_missing_is_never_zero():
    assert words.number(None) == words.kg(None) == "–"
    assert words.number(0.0) == "0.0"
    assert words.pain(None) == words.effort(None) == "not answered"
    assert words.pain(0) == "same (0)"
    assert words.number(-1.25) == "−1.2"


@pytest.mark.parametrize(
    ("value", "unit", "said"),
    [(87.6, "deg", "88 °"), (0.524, "m", "0.52 m"), (9.81, "m/s2", "9.8 m/s²"), (98.0665, "N", "10.0 kg")],
)
def test_a_range_reads_to_the_digits_it_is_known_to(value, unit, said):
    assert words.range_of(SimpleNamespace(range_value=value, range_unit=unit)) == said


def test_a_load_reads_as_a_band_or_as_one_weight():
    assert words.load(10.0, 12.5) == "10 to 12.5 kg"
    assert words.load(8.0, 8.0) == "8 kg"
    assert words.load(0.0, 0.0) == "0 kg"
    assert words.load(None, None) == "no load set"
