"""Short holes in the samples, which do not blind: what they hide is counted, or the count is uncertain."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.signal.events import Reason, RepFinished
from edge.signal.pipeline import Pipeline
from edge.signal.profiles import exercise_for
from edge.signal.trust import HOLE_S

SLOW, QUICK = (1.0, 0.5, 1.0, 1.0), (0.4, 0.0, 0.4, 0.0)
SETS = {"slow rows": ("band_row", SLOW), "quick rows": ("band_row", QUICK), "squats": ("goblet_squat", SLOW)}


def heard(exercise, samples):
    """The pipeline after these samples, and the repetitions it counted."""
    pipeline = Pipeline(exercise_for(exercise))
    events = [event for sample in samples for event in pipeline.feed(sample)]
    return pipeline, [event.rep for event in events if isinstance(event, RepFinished)]


def without(samples, start_s, long_s):
    return [sample for sample in samples if not start_s < sample.t_s < start_s + long_s]


@pytest.fixture(scope="module")
def sets(performed):
    """The samples and the repetitions counted of each set."""
    made = {}
    for name, (exercise, pace) in SETS.items():
        _, samples = performed(exercise, pace, seed=3, noise_seed=3, until_s=2.0 + 3.5 * sum(pace))
        made[name] = exercise, samples, heard(exercise, samples)[1]
    return made


@pytest.mark.parametrize("after_s", [0.1, 0.2, 0.3, 0.4, 0.5, 0.6])
def test_a_way_out_that_nobody_saw_half_of_is_no_pull_in_two_goes(sets, after_s):
    exercise, samples, reps = sets["slow rows"]
    _, found = heard(exercise, without(samples, reps[1].start_s + after_s, 0.48))
    assert len(found) == len(reps)


def test_a_hole_that_could_hide_a_repetition_is_told_once_it_is_known_how_long_one_takes(sets):
    exercise, samples, reps = sets["quick rows"]
    holed = without(samples, reps[0].start_s - 0.4, 0.3)
    until_first = [sample for sample in holed if sample.t_s < reps[0].end_s - 0.1]
    assert heard(exercise, until_first)[0].unseen == ()
    assert heard(exercise, holed)[0].unseen == (Reason.GAP,)


def test_a_hole_too_short_for_that_is_not(sets):
    exercise, samples, reps = sets["quick rows"]
    pipeline, found = heard(exercise, without(samples, reps[1].start_s, 0.15))
    assert len(found) == len(reps)
    assert not pipeline.uncertain


@settings(max_examples=25)
@given(st.sampled_from(sorted(SETS)), st.floats(0.0, 1.0), st.floats(0.05, HOLE_S))
def test_one_hole_anywhere_loses_nothing_in_silence_and_invents_nothing(sets, name, where, long_s):
    exercise, samples, reps = sets[name]
    start_s = 1.5 + where * (reps[-1].end_s - 1.5)
    pipeline, found = heard(exercise, without(samples, start_s, long_s))
    assert len(found) == len(reps) or (len(found) < len(reps) and pipeline.uncertain)
