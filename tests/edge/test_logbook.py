"""What is done away from the station, ticked off by hand: told, never sensed, never a session."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET
from session_run import WALL, SessionRun, row

from edge.records import Locked, Logged, Severity
from edge.session import Action, DueChanged, LockClosed, LogOpened, OpenLog, Screen

OUTSIDE = ("walk", "outdoor_play", "community_class")


def agenda(*activities):
    return SessionRun(row("sit_to_stand"), activities=activities or OUTSIDE)


def opened(run, entry="entry-0001"):
    assert run.press(Action.LOG) == (OpenLog(),)
    run(LogOpened(run.t_s, entry, "2027-01-15", WALL))
    return run


def ticked(run, what="outdoor_play", minutes=(15, 15), effort=7):
    run.press(Action.CHOOSE, what)
    run.press()
    for step in minutes:
        run.press(Action.MORE, step)
    run.press()
    if effort is None:
        run.press(Action.SKIP)
    else:
        run.press(Action.CHOOSE, effort)
        run.press()
    return run


def test_an_activity_is_told_with_minutes_and_effort():
    run = ticked(opened(agenda()))
    (entry,) = run.saved("activity")
    assert (entry.what, entry.day, entry.minutes, entry.effort) == ("outdoor_play", "2027-01-15", 30.0, 7)
    assert (entry.entry_id, entry.at) == ("entry-0001", WALL)
    assert (run.screen, run.saved("session")) == (Screen.AGENDA, [])
    assert run.state.logbook.minutes_of("outdoor_play") == 30.0
    assert run.state.logbook.minutes_of("walk") is None


def test_what_nobody_knows_is_left_open_and_is_no_zero():
    run = ticked(opened(agenda()), minutes=(), effort=None)
    (entry,) = run.saved("activity")
    assert (entry.minutes, entry.effort) == (None, UNSET)


def test_without_activities_in_the_plan_there_is_nothing_to_tell():
    run = SessionRun(row("sit_to_stand"))
    assert run.press(Action.LOG) == ()


def test_an_activity_has_to_be_chosen_and_only_those_of_the_plan():
    run = opened(agenda())
    for value in ("yoga", "goblet_squat", 3, None):
        run.press(Action.CHOOSE, value)
        run.press()
    assert (run.state.logbook.what, run.saved("activity")) == ("", [])


@pytest.mark.parametrize("action", [Action.STOP, Action.BACK])
@pytest.mark.parametrize("presses", [0, 1, 2])
def test_what_was_not_finished_is_not_written_down(action, presses):
    run = opened(agenda())
    run.press(Action.CHOOSE, "walk")
    for _ in range(presses):
        run.press()
    run.press(action)
    assert (run.screen, run.saved("activity")) == (Screen.AGENDA, [])


def test_a_lock_closes_the_page():
    run = opened(agenda())
    run(LockClosed(run.t_s, Locked("lock-0001", "p-0001-aaaa", Severity.EMERGENCY, (), WALL)))
    assert run.screen is Screen.LOCKED
    assert run.press(Action.LOG) == ()


def test_the_page_that_nobody_finishes_goes_away():
    run = opened(agenda())
    run.wait(1801)
    assert (run.screen, run.saved("activity")) == (Screen.AGENDA, [])


def test_what_was_told_today_comes_back_after_a_restart():
    run = agenda()
    told = Logged("entry-0001", "walk", "2027-01-15", 20.0, WALL)
    run(DueChanged(run.t_s, 1, run.state.due, (told,)))
    assert run.state.logbook.minutes_of("walk") == 20.0
    run.press(Action.LOG)
    run(LogOpened(run.t_s, "entry-0002", "2027-01-15", WALL))
    assert run.state.logbook.today == (told,)


@given(st.lists(st.sampled_from((-15, -5, 5, 15, 7, 0)), max_size=60))
def test_the_minutes_stay_between_nothing_and_ten_hours(steps):
    run = opened(agenda())
    run.press(Action.CHOOSE, "walk")
    run.press()
    for step in steps:
        run.press(Action.MORE if step > 0 else Action.FEWER, step)
        minutes = run.state.logbook.minutes
        assert minutes is None or 0 < minutes <= 600
