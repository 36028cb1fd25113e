"""The ways in which programmes that raise the load by themselves have hurt people's trust (FIELD 2.2), one by one."""

from dataclasses import replace
from itertools import pairwise

import pytest

from edge.coach.decide import decide
from edge.coach.dose import current
from edge.model import Origin, StopReason
from edge.prescription.row import Span
from edge.records import Standing


@pytest.fixture
def fixed(made):
    """A squat of 3 x 8 at 8 kg: every full session is at the top of its range."""
    row = replace(made.SQUAT, reps=Span.of(8))
    return row, replace(made.TERMS, rows=(row,))


def loads(made, terms, history):
    return [one.after.load_kg for one in decide(history, terms, made.after(history)) if one.changes]


def test_two_full_sessions_raise_the_load_once_so_that_every_test_below_can_fail(made, fixed):
    _, terms = fixed
    assert loads(made, terms, made.past(made.session(3), made.session(4))) == [8.5]


def failed(made):
    return [made.good_set(number=1), made.good_set(number=2), made.good_set(number=3, reps_verified=6)]


@pytest.mark.parametrize("when", ["last", "first of the two"])
def test_load_is_not_raised_after_a_failed_set(made, fixed, when):
    _, terms = fixed
    good, bad = made.session(4 if when != "last" else 3), failed(made)
    sessions = (good, made.session(4, bad)) if when == "last" else (made.session(3, bad), good)
    assert loads(made, terms, made.past(*sessions)) == []


@pytest.mark.parametrize("stopped", [one for one in StopReason if one is not StopReason.TARGET])
def test_load_is_not_raised_after_a_set_that_was_stopped(made, fixed, stopped):
    _, terms = fixed
    short = [made.good_set(number=1), made.good_set(number=2), made.good_set(number=3, stopped=stopped)]
    after = loads(made, terms, made.past(made.session(3), made.session(4, short)))
    assert all(load <= 8 for load in after)


def test_load_is_not_raised_after_a_set_that_was_never_done(made, fixed):
    _, terms = fixed
    assert loads(made, terms, made.past(made.session(3), made.session(4, made.good_sets()[:2]))) == []


@pytest.mark.parametrize(
    "light",
    [
        {"load_kg": 7.5},
        {"load_kg": None, "load_origin": None},
        {"load_origin": Origin.SELF_REPORTED},
        {"reps_by_hand": 8},
        {"reps_by_hand": 8, "reps_verified": 0},
    ],
    ids=["below the load", "load not known", "load only said", "also counted by hand", "counted by hand alone"],
)
def test_load_is_not_raised_after_a_light_set_or_one_by_hand(made, fixed, light):
    _, terms = fixed
    sets = [*made.good_sets()[:2], made.good_set(number=3, **light)]
    assert loads(made, terms, made.past(made.session(3), made.session(4, sets))) == []


def test_load_is_not_raised_too_often(made, fixed):
    """One step a week at most, and each after two good days at the load it starts from."""
    row, terms = fixed
    history, steps = made.past(), []
    for number in range(12):
        dose = current(row, history.decisions, 1, terms.limits)
        one = made.session(number, made.good_sets(load_kg=dose.load_kg), days=2)
        history = replace(history, sessions=(*history.sessions, one))
        decisions = decide(history, terms, made.after(history, 2))
        steps += [(one.day, d.before.load_kg, d.after.load_kg) for d in decisions if d.changes]
        history = replace(history, decisions=(*history.decisions, *(d.record(at=float(number)) for d in decisions)))
    assert [after > before for _, before, after in steps] == [True] * len(steps)
    assert len(steps) >= 3, "else nothing is shown"
    days = [day for day, _, _ in steps]
    assert all((b - a).days >= 6 for a, b in pairwise(days)), days


def test_three_sessions_on_one_day_are_one_day(made, fixed):
    _, terms = fixed
    day = made.session(3).day
    sessions = [made.session(number, day=day) for number in (3, 4, 5)]
    assert loads(made, terms, made.past(*sessions)) == []


def test_what_was_really_used_is_never_overwritten(made, fixed):
    """Heavier than planned is no new start: the next dose comes from the plan's, and the past stays as it was."""
    row, terms = fixed
    history = made.past(made.session(3, made.good_sets(load_kg=12.0)), made.session(4, made.good_sets(load_kg=12.0)))
    before = repr(history)
    assert loads(made, terms, history) == [8.5]
    assert repr(history) == before
    assert current(row, (), 1, terms.limits).load_kg == 8.0


def test_a_lighter_load_that_was_really_used_is_not_taken_for_the_planned_one(made, fixed):
    """After a step to 8.5 kg sets at 8 kg prove nothing about 8.5."""
    row, terms = fixed
    history = made.past(made.session(3), made.session(4))
    step = decide(history, terms, made.after(history))[0].record(at=1.0)
    assert current(row, (step,), 1, terms.limits).load_kg == 8.5
    history = replace(history, sessions=(*history.sessions, made.session(8), made.session(9)), decisions=(step,))
    assert loads(made, terms, history) == []


@pytest.mark.parametrize("standing", [Standing.PROPOSED, Standing.DECLINED, Standing.SHADOW])
def test_a_step_that_nobody_took_is_not_in_force(made, fixed, standing):
    row, terms = fixed
    history = made.past(made.session(3), made.session(4))
    step = decide(history, terms, made.after(history))[0].record(at=1.0, became=standing)
    assert current(row, (step,), 1, terms.limits).load_kg == 8.0
