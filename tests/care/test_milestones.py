"""Milestones: checked facts about effort and control, told once, never over pain, nothing lost by resting."""

import os
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from importlib.resources import files

import pytest
from care_past import FIRST, a_lock, a_month, moment_of, one_session, one_set

from edge import records
from edge.care.feeling import Feeling, feeling
from edge.care.milestones import KINDS, Known, kinds, known_of, parse_kinds, reached
from edge.history.facts import History
from edge.library import ContentError
from edge.model import Origin, StopReason
from edge.prescription.programmes import begin, programme
from edge.records import Logged, key

MONTHS = 10_000 if os.environ.get("STEADYRIG_LONG") else 25
KNOWN = Known(sessions_a_week=3, tops={"squat": 12}, sets={"squat": 2}, names={"goblet_squat": "Goblet squat"})


def days(*numbers, **more):
    return tuple(one_session(FIRST + timedelta(days=n), **more) for n in numbers)


def found(history, limits, known=KNOWN):
    return {one.what: (one.number, one.sentence) for one in reached(history, known, limits)}


def stands(*values):
    return tuple(
        records.Tested(
            f"test-{n:04d}", "chair_stand", value, "stands", Origin.SENSED, practice, moment_of(FIRST).timestamp() + n
        )
        for n, (value, practice) in enumerate(values)
    )


def test_the_first_session_is_recognised_and_a_session_that_was_broken_off_is_not(limits):
    assert found(History(days(0)), limits)["first_session"] == (1, "Your first session is done.")
    assert "first_session" not in found(History(days(0, ended=StopReason.TIRED)), limits)


def test_three_sessions_on_one_day(limits):
    day = tuple(one_session(FIRST, hour) for hour in (8, 12, 17))
    assert "first_full_day" in found(History(day), limits)
    assert "first_full_day" not in found(History(day[:2]), limits)


def test_three_in_a_row_within_tolerance_whatever_lies_between(limits):
    assert "in_tolerance" in found(History(days(0, 5, 19)), limits)
    assert "in_tolerance" not in found(History(days(0, 5)), limits)
    hurting = (*days(0, 2), *days(4, worst=8), *days(6))
    assert "in_tolerance" not in found(History(hurting), limits)


def test_an_unknown_next_day_is_not_within_tolerance(limits):
    assert "in_tolerance" not in found(History((*days(0, 2), *days(4, after=None))), limits)


def test_weeks_with_enough_sessions_are_counted_and_an_empty_week_costs_nothing(limits):
    assert found(History(days(0, 2, 4)), limits)["week_complete"] == (1, "Your first week is complete.")
    two = History(days(0, 2, 4, 14, 16, 18))
    assert found(two, limits)["week_complete"] == (2, "2 weeks with enough sessions so far.")
    assert "week_complete" not in found(two, limits, Known())


def test_a_block_is_complete_when_the_plan_says_so(limits):
    assert found(History(), limits, Known(blocks_done=1))["block_complete"][0] == 1
    assert "block_complete" not in found(History(), limits)


def test_coming_back_after_a_break_is_welcomed(limits):
    assert found(History(days(0, 9)), limits)["returned"][0] == 1
    assert "returned" not in found(History(days(0, 6)), limits)


def test_the_first_step_up_counts_when_it_stayed_within_tolerance(limits):
    light, heavy = days(0), days(2, sets=(one_set(load_kg=10.0),))
    assert "load_step" in found(History(light + heavy), limits)
    for not_yet in (
        days(2, sets=(one_set(load_kg=10.0),), after=None),
        days(2, sets=(one_set(load_kg=10.0, trusted=False),)),
        days(2, sets=(one_set(load_kg=10.0, reps_verified=9),)),
        days(2, sets=(one_set(load_kg=8.0),)),
    ):
        assert "load_step" not in found(History(light + not_yet), limits)


def test_the_top_of_the_range_needs_every_set_and_sensed_repetitions(limits):
    top = one_set(reps_verified=12)
    assert found(History(days(0, sets=(top, top))), limits)["range_top"][1] == (
        "Goblet squat: you reached the top of your range."
    )
    for short in ((top,), (top, one_set(reps_verified=11)), (top, one_set(reps_verified=5, reps_by_hand=12))):
        assert "range_top" not in found(History(days(0, sets=short)), limits)


def test_four_of_five_repetitions_on_tempo_once_for_each_exercise(limits):
    assert found(History(days(0, 2)), limits)["on_tempo"][0] == 1
    both = days(0, sets=(one_set(), one_set(exercise="band_row")))
    assert found(History(both), limits)["on_tempo"] == (2, "Band row: four of five lifts at the planned pace.")
    assert "on_tempo" not in found(History(days(0, sets=(one_set(on_tempo=0.79),))), limits)
    assert "on_tempo" not in found(History(days(0, sets=(one_set(on_tempo=None),))), limits)


def test_a_set_without_feedback(limits):
    assert "unaided" in found(History(days(0, sets=(one_set(feedback=False),))), limits)
    assert "unaided" not in found(History(days(0)), limits)


def test_walks_add_up_those_that_were_timed_and_those_that_were_told(limits):
    walk = one_set(exercise="walk", lasted_s=3600.0, reps_target=None, reps_verified=0)
    told = Logged("entry-0001", "walk", "2026-10-05", 60.0, 0.0)
    history = History(days(0, sets=(walk,)), logged=(told,))
    assert found(history, limits)["walk_total"] == (1, "You have walked 120 minutes in all.")
    assert "walk_total" not in found(replace(history, logged=()), limits)


def test_more_stands_count_from_beyond_the_error_of_measurement_and_never_from_a_practice_trial(limits):
    assert found(History(tests=stands((9, False), (12, False))), limits)["stands_best"] == (
        1, "12 stands. That is a real change."
    )  # fmt: skip
    assert "stands_best" not in found(History(tests=stands((9, False), (11, False))), limits)
    assert "stands_best" not in found(History(tests=stands((5, True), (9, False))), limits)


def test_nothing_is_praised_over_pain_or_a_lock_and_it_waits_until_that_is_over(limits):
    earned = days(0, 2)
    assert found(replace(History(earned), lock=a_lock()), limits) == {}
    flare = (*earned, *days(3, after=8))
    assert feeling(History(flare), limits) is Feeling.RAISED
    assert found(History(flare), limits) == {}
    assert "first_session" in found(History((*flare, *days(5))), limits)


def test_a_session_that_hurt_earns_nothing(limits):
    hurt = days(0, worst=8, sets=(one_set(feedback=False),))
    assert found(History(hurt), limits) == {}


def test_what_was_told_is_not_told_again(limits):
    history = History(days(0, 2))
    told = tuple(one.record(0.0, "session-1") for one in reached(history, KNOWN, limits))
    assert told
    assert reached(replace(history, reached=told), KNOWN, limits) == ()


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_over_generated_months_no_milestone_comes_twice_and_none_over_pain(limits):
    counted = Counter()
    for seed in range(MONTHS):
        sessions, told = a_month(seed), []
        for upto in range(len(sessions) + 1):
            history = History(sessions[:upto], reached=tuple(told))
            fresh = reached(history, KNOWN, limits)
            assert not fresh or feeling(history, limits) is not Feeling.RAISED, seed
            told.extend(one.record(float(upto)) for one in fresh)
        names = [key(one) for one in told]
        assert len(names) == len(set(names)), seed
        counted.update(one.what for one in told)
    assert counted["first_session"] > MONTHS / 2
    assert {"in_tolerance", "returned", "unaided", "on_tempo"} <= set(counted)


def test_a_plan_tells_how_many_sessions_sets_and_repetitions_there_are():
    plan = begin(programme("gym-4day"), "patient-0001", "station-0001", "Ana", "2026-11-21T08:00:00Z", FIRST)
    known = known_of(plan, week=1, blocks_done=1)
    assert (known.sessions_a_week, known.blocks_done) == (4, 1)
    tops = {row.name for row in plan.rows if row.reps is not None and row.reps.low < row.reps.high}
    assert tops
    assert set(known.tops) == tops
    assert max(known.sets.values()) == 6  # three sets on each side
    assert known.names["back_extension"] == "Back extension"


def test_every_milestone_has_a_rule_in_words_and_speaks_of_effort_or_control():
    assert tuple(kinds()) == KINDS
    for kind in kinds().values():
        assert "kg" not in kind.sentence, kind.key
        assert "pain" not in kind.sentence, kind.key


def test_a_malformed_file_is_refused_with_file_key_value_and_what_was_expected():
    text = files("edge.content").joinpath("milestones.toml").read_text("utf-8")
    for before, after, complaint in (
        ("[walk_total]", "[walks]", "mine.toml: has the tables"),
        ("every = 120", "every = 1.5", r"\[walk_total\] every is 1.5; expected a whole number"),
        ("every = 120", "every = -1", r"\[walk_total\] every is -1; expected a number from 0"),
        ("That is a real change.", "A new record.", r"\[stands_best\] sentence .*'record' is never said"),
        ("{value} stands", "{kg} stands", "expected no other fields than number, value"),
    ):
        with pytest.raises(ContentError, match=complaint):
            parse_kinds(text.replace(before, after, 1), "mine.toml")
