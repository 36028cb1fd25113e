"""Row F21: a day is the patient's own, over two years of them, through summer time, midnight and a move far away."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.config import SettingsError, StationSettings, StationTable, load_settings
from edge.history.fold import fold
from edge.model import Origin, StopReason
from edge.prescription.due import due
from edge.prescription.limits import Limits
from edge.prescription.position import Now as At
from edge.prescription.programmes import begin, programme
from edge.records import ClockFixed, SessionEnded, SessionStarted, SetDone
from edge.session.opening import Now

ZONES = (
    "UTC", "Europe/Berlin", "Europe/London", "America/New_York", "America/St_Johns", "Australia/Lord_Howe",
    "Asia/Kathmandu", "Pacific/Apia", "Pacific/Chatham", "America/Sao_Paulo",
)  # fmt: skip
FIRST = date(2026, 1, 1)
DAYS = 731
PATIENT, STATION = "patient-0001", "station-0001"
PLAN = begin(programme("microroutine-6w"), PATIENT, STATION, "Ana", "2025-12-01T08:00Z", FIRST)


def local(day, hour, minute, zone):
    return datetime(*(FIRST + timedelta(days=day)).timetuple()[:3], hour, minute, 30, tzinfo=zone).timestamp()


def at(wall, zone, history):
    return Now(wall, zone, True, history, Limits())


def session(number, wall, zone, trusted=True):
    name = f"session-{number:05d}"
    done = SetDone(
        name, 1, "cat_cow", 1, 1, 1, 8, "", None, 0.0, 60.0, 8, StopReason.TARGET, Origin.SENSED, row="w1_cat_cow"
    )
    start = SessionStarted(name, PATIENT, 1, wall, at(wall, zone, fold([])).day, clock_trusted=trusted)
    return start, done, SessionEnded(name, wall + 600, 1, 1, StopReason.TARGET)


zones = st.sampled_from(ZONES).map(ZoneInfo)


@given(zone=zones, minute=st.sampled_from([0, 1, 29, 59]), hour=st.sampled_from([0, 1, 2, 3, 12, 23]))
@settings(max_examples=20)
def test_f21_every_day_of_two_years_is_the_patients_own(zone, hour, minute):
    records = [one for day in range(DAYS) for one in session(day, local(day, hour, minute, zone), zone)]
    days = [one.day for one in fold(records, UTC).sessions]
    assert days == sorted(days)
    expected = [FIRST + timedelta(days=day) for day in range(DAYS)]
    # An hour that the clocks leave out is told as the next one: of the day that was meant, or the one after it.
    assert all(told - meant in (timedelta(0), timedelta(1)) for told, meant in zip(days, expected, strict=True))
    assert sum(told != meant for told, meant in zip(days, expected, strict=True)) <= 2


@given(zone=zones, day=st.integers(0, DAYS), seconds=st.integers(1, 7200))
def test_f21_a_session_before_midnight_is_of_that_day_and_one_after_of_the_next(zone, day, seconds):
    midnight = local(day, 12, 0, zone) - 12 * 3600 - 30
    midnight -= (datetime.fromtimestamp(midnight, zone).hour % 24) * 3600  # where the clocks changed in between
    before, after = (at(midnight + sign * seconds, zone, fold([])).day for sign in (-1, 1))
    for told, wall in ((before, midnight - seconds), (after, midnight + seconds)):
        assert told == datetime.fromtimestamp(wall, zone).date().isoformat()
    assert before <= after


@given(
    zone=zones, other=zones, moved=st.integers(2, 20), hours=st.lists(st.integers(0, 23), min_size=24, max_size=24),
    start=st.integers(0, DAYS - 30),
)  # fmt: skip
@settings(max_examples=40)
def test_f21_each_session_counts_on_one_day_through_summer_time_and_a_move(zone, other, moved, hours, start):
    records, told_today = [], {}
    for number, hour in enumerate(hours):
        here = zone if number < moved else other
        wall = local(start + number, hour, 30, here)
        if records and wall < records[-1].ended_at + 60:
            continue  # a flight east takes a day
        records += session(number, wall, here)
        history = fold(records)
        now = at(wall + 700, here, history)
        today = due(PLAN, history, At(now.wall, date.fromisoformat(now.day), now.trusted))
        assert now.trusted
        assert today.done_today is not None
        assert today.done_today >= 1
        assert today.away_days in (0, None)
        assert (today.missed or 0) >= 0
        told_today[now.day] = today.done_today
    assert sum(told_today.values()) == len(fold(records).sessions), "each session on one day, none on two"


@given(zone=zones, day=st.integers(0, DAYS), hour=st.integers(0, 23), offset_h=st.sampled_from([-720, -1, 1, 720]))
def test_f21_a_day_that_was_put_right_is_that_of_the_place(zone, day, hour, offset_h):
    wall = local(day, hour, 15, zone)
    wrong = session(1, wall - offset_h * 3600, zone, trusted=False)
    told = datetime.fromtimestamp(wall, zone).date().isoformat()
    (fact,) = fold([*wrong, ClockFixed("session-00001", offset_h * 3600.0, told, wall + 900)]).sessions
    assert (fact.day.isoformat(), fact.started_at, fact.clock_trusted) == (told, wall, True)


def test_f21_the_zone_is_the_patients_by_the_settings(tmp_path):
    file = tmp_path / "station.toml"
    file.write_text('[station]\nid = "station-0001"\npatient_id = "patient-0001"\nzone = "Pacific/Apia"\n[sensors]\n')
    assert load_settings(file, StationSettings).station.home() == ZoneInfo("Pacific/Apia")
    assert StationTable("station-0001", "patient-0001").home() is None
    for wrong in ("Berlin", "../../etc/passwd", "Europe"):
        with pytest.raises(SettingsError, match=r"station\.zone is .* expected a zone as"):
            StationTable("station-0001", "patient-0001", zone=wrong).home()
