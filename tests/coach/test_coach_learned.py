"""What is learned says how sure it is, keeps no more than it needs, and never raises a dose."""

import sys
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.analysis.signature import Scored
from edge.coach.decide import decide
from edge.coach.dose import first_dose, raises
from edge.coach.drifted import KEPT, Drifting
from edge.coach.effort import ENOUGH, Effort
from edge.coach.expected import Expected
from edge.coach.hours import Hours
from edge.coach.look import Past, look
from edge.coach.rule_file import shipped
from edge.prescription.limits import Limits

RNG_SEED = 3


def tired_sets(made, count, slope=8.0, noise=0.5):
    """Sets of a patient whose effort rises with the loss of speed, in a way of the patient's own."""
    rng = np.random.default_rng(RNG_SEED)
    for _ in range(count):
        loss = float(rng.uniform(0, 0.5))
        rpe = int(np.clip(round(4 + slope * loss + noise * float(rng.normal())), 1, 10))
        yield made.good_set(rpe=rpe, speed_loss=loss, on_tempo=None)


@pytest.mark.parametrize("slope", [2.0, 8.0])
def test_effort_is_read_from_speed_the_way_this_patient_means_it(made, slope):
    effort = Effort.of(tired_sets(made, 60, slope))
    for loss in (0.1, 0.4):
        guess = effort.guess(made.good_set(rpe=None, speed_loss=loss, on_tempo=None))
        assert guess.value == pytest.approx(4 + slope * loss, abs=0.4)
        assert guess.low < 4 + slope * loss < guess.high


def test_effort_is_silent_until_enough_was_answered_and_where_answers_make_no_sense(made):
    sets = list(tired_sets(made, ENOUGH))
    fast = made.good_set(rpe=None, speed_loss=0.3, on_tempo=None)
    assert Effort.of(sets[:-1]).guess(fast) is None
    rng = np.random.default_rng(RNG_SEED)
    wild = [replace(one, rpe=int(rng.integers(1, 11))) for one in tired_sets(made, 60)]
    assert Effort.of(wild).guess(fast) is None
    assert Effort.of(tired_sets(made, 60)).guess(made.good_set(speed_loss=None, on_tempo=None)) is None
    assert Effort.of(tired_sets(made, 60)).guess(replace(fast, trusted=False)) is None


def test_effort_learns_nothing_from_sets_in_doubt_or_without_an_answer(made):
    for odd in ({"trusted": False}, {"rpe": None}, {"reps_by_hand": 8}):
        assert Effort().learned(made.good_set(speed_loss=0.2, **odd)) == Effort()


def test_nine_in_ten_answers_lie_within_what_was_said(made):
    sets = list(tired_sets(made, 400, noise=1.0))
    effort, inside, n = Effort(), 0, 0
    for one in sets:
        guess = effort.guess(one)
        if guess is not None:
            n += 1
            inside += guess.low <= one.rpe <= guess.high
        effort = effort.learned(one)
    assert 0.74 < inside / n < 0.88, "the interval is meant to hold eight in ten"


def sessions_of(made, count, more_hurts):
    """A patient who is given a little more or less each time; where more hurts, more is felt next day."""
    rng = np.random.default_rng(RNG_SEED)
    for number in range(count):
        heavy = bool(rng.random() < 0.5)
        after = (4, 1) if heavy and more_hurts else (2, 1)
        yield made.session(number, made.good_sets(load_kg=11.0 if heavy else 8.0), next_day=after)


def test_a_patient_for_whom_more_hurt_is_expected_to_hurt_again(made):
    hurts, fine = (Expected.of(sessions_of(made, 20, more)).guess(10) for more in (True, False))
    assert hurts.value > 0.8
    assert abs(fine.value) < 0.2
    assert Expected.of(sessions_of(made, 5, True)).guess(10) is None


def test_what_is_expected_only_ever_holds_a_step_back(made):
    """The same history with and without what it taught: never a higher dose."""
    base = made.past(*sessions_of(made, 20, True), made.session(21), made.session(22))
    today, terms = made.after(base), replace(made.TERMS, limits=Limits({"rise_24h": 0}))
    held = [one for one in decide(base, terms, today) if one.rule == "expected_response"]
    assert held, "else nothing is shown"
    assert not any(raises(one.before, one.after) for one in held)
    assert all("expected" in one.inputs for one in held)


@given(value=st.floats(-20, 20), low=st.floats(-20, 20))
def test_no_expectation_raises_what_would_not_rise_without_it(made, value, low):
    for history in (
        made.past(made.session(3), made.session(4)),
        made.past(made.session(3), made.session(4, worst=None)),
    ):
        dose = first_dose(made.SQUAT)
        seen = look(Past.of(history, made.after(history)), made.SQUAT, dose, made.TERMS, shipped())
        without = shipped().choose(seen | {"expected": None, "expected_low": None}, dose)
        learned = shipped().choose(seen | {"expected": value, "expected_low": low}, dose)
        assert not raises(without.after if without else dose, learned.after if learned else dose)


def test_the_best_time_of_day_is_said_with_how_sure_it_is():
    hours = Hours()
    assert hours.best(range(24)) is None
    rng = np.random.default_rng(RNG_SEED)
    for _ in range(100):
        hours = hours.learned(8.5, followed=bool(rng.random() < 0.8)).learned(19.0, followed=bool(rng.random() < 0.3))
    best = hours.best(range(24))
    assert best.from_h == 6
    assert best.low < 0.8 < best.high
    assert best.sure < 0.9, "noon was never tried and may be better"
    for _ in range(10):
        for hour in (9, 12, 15):
            hours = hours.learned(hour, followed=False)
    assert hours.best(range(24)).sure > 0.9
    assert hours.best(range(15, 21)).from_h == 18, "quiet hours are never recommended"
    assert hours.best([]) is None


def test_a_nudge_at_night_teaches_nothing():
    assert Hours().learned(3.0, followed=True) == Hours()


def test_a_movement_that_drifts_is_a_finding_and_one_that_does_not_is_none():
    rng = np.random.default_rng(RNG_SEED)

    def drifting(slope):
        one = Drifting("goblet_squat")
        for day in range(0, 60, 3):
            for _ in range(5):
                one = one.learned(Scored(day, f"s{day}", 1 + slope * day / 7 + 0.1 * float(rng.normal())))
        return one

    assert "away from its signature" in drifting(0.3).finding()
    assert drifting(0.0).finding() is None
    assert Drifting("goblet_squat").finding() is None


def test_what_is_kept_does_not_grow(made):
    effort, hours, drifting, expected = Effort(), Hours(), Drifting("goblet_squat"), Expected()
    sizes = []
    for number in range(600):
        effort = effort.learned(made.good_set(speed_loss=0.1))
        hours = hours.learned(number % 24, followed=True)
        drifting = drifting.learned(Scored(number, "s", 1.0))
        if number % 10 == 0:
            sets = [made.good_set(replace(made.SQUAT, name=f"row_{number}"), n) for n in (1, 2)]
            expected = expected.learned(made.session(number, sets))
        if number in (400, 599):
            sizes.append(sum(len(repr(one)) for one in (effort, hours, expected)))
    assert len(drifting.scored) == KEPT
    assert len(expected.usual) <= 40
    assert sizes[1] < 1.1 * sizes[0]
    assert sys.getsizeof(effort.by_speed.precision) < 200
