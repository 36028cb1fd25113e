"""A week from paper: only ticks that fit together become sessions, self-reported, of the right patient and week."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.records import Logged, key
from sync.card.codes import Week, card_code, return_code
from sync.card.week import Known, check_ticks, find_card
from sync.typed import CodeError

ANA, PER = "patient-ana-0001", "patient-per-0002"
MONDAY, SUNDAY = date(2026, 11, 16), date(2026, 11, 22)
VERSIONS = (Known(4, date(2026, 11, 15), 2), Known(3, date(2026, 10, 1), 3))
TICKS = (2, 2, 1, 0, 2, 2, 2)


def typed(version=4, patient=ANA):
    return return_code(Week(card_code(patient, version), MONDAY))


def checked(ticks=TICKS, total=None, today=SUNDAY, version=4):
    week, known = find_card(typed(version), ANA, VERSIONS)
    return check_ticks(week, known, ticks, sum(ticks) if total is None else total, today)


def test_each_tick_becomes_one_self_reported_session_of_its_day():
    entries = checked().entries(1_795_248_300.0, "Dr K. Lind")
    assert len(entries) == 11
    assert all(isinstance(one, Logged) and one.what == "paper_session" and one.minutes is None for one in entries)
    assert [one.day for one in entries][:3] == ["2026-11-16", "2026-11-16", "2026-11-17"]
    assert len({key(one) for one in entries}) == 11
    assert entries[0].note == f"card {card_code(ANA, 4)}, plan 4, typed in by Dr K. Lind"


def test_the_same_week_typed_twice_has_the_same_names():
    first, second = (checked().entries(at, "Dr K. Lind") for at in (1.0, 2.0))
    assert [key(one) for one in first] == [key(one) for one in second]


def test_the_card_of_somebody_else_is_refused():
    with pytest.raises(CodeError, match="not of this patient"):
        find_card(typed(patient=PER), ANA, VERSIONS)


def test_an_older_card_is_known_by_its_version():
    week, known = find_card(typed(3), ANA, VERSIONS)
    assert (week.monday, known.version) == (MONDAY, 3)


@given(st.integers(0, 6), st.integers(0, 2))
def test_one_wrong_number_is_noticed_by_the_total(day, wrong):
    ticks = list(TICKS)
    ticks[day] = wrong
    if wrong == TICKS[day]:
        assert checked(ticks).ticks == TICKS
    else:
        with pytest.raises(CodeError, match="The days add up to"):
            checked(ticks, total=11)


@pytest.mark.parametrize(
    ("more", "complaint"),
    [
        ({"ticks": (3, 0, 0, 0, 0, 0, 0)}, "from 0 to 2"),
        ({"ticks": (1, 1)}, "from 0 to 2"),
        ({"ticks": (-1, 1, 0, 0, 0, 0, 0)}, "from 0 to 2"),
        ({"today": SUNDAY - timedelta(days=1)}, "Sunday has not come yet"),
    ],
)
def test_what_cannot_be_is_refused_with_what_to_do(more, complaint):
    with pytest.raises(CodeError, match=complaint):
        checked(**more)


def test_a_week_before_the_plan_was_written_is_refused():
    week, known = find_card(typed(), ANA, [Known(4, MONDAY + timedelta(days=7), 2)])
    with pytest.raises(CodeError, match="over before plan 4 was written"):
        check_ticks(week, known, TICKS, 11, SUNDAY)


def test_a_week_without_a_tick_is_a_week_too():
    assert checked((0,) * 7).entries(0.0, "Dr K. Lind") == ()
