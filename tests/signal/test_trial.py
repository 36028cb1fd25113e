"""Guided calibration: two repetitions shown before the set tell the counter what to expect."""

import numpy as np
import pytest

from drivers.samples import ImuSample
from edge.library import exercises
from edge.model import Phase, PhaseSpan, Rep
from edge.signal.events import PartialRep, RepFinished
from edge.signal.load import Pull
from edge.signal.orientation import Tilt
from edge.signal.pipeline import Pipeline
from edge.signal.profiles import profile_of
from edge.signal.reps import PostureCounter
from edge.signal.trial import Trial, trial_of

SQUAT = exercises()["goblet_squat"]
PROFILE = profile_of(SQUAT)
PHASES = (*SQUAT.phases, SQUAT.rest_phase)


def bending(sizes_deg, each_s=3.0, first_s=2.0):
    """A thigh that bends by each of these sizes, out and back in 2 s, and rests for 1 s. At 100 Hz."""
    angle = []
    for i in range(int((first_s + each_s * len(sizes_deg) + 1.0) * 100)):
        which, since_s = divmod(i / 100 - first_s, each_s)
        moving = 0 <= which < len(sizes_deg) and since_s < 2.0
        angle.append(np.radians(sizes_deg[int(which)]) * (1 - np.cos(np.pi * since_s)) / 2 if moving else 0.0)
    rate = np.gradient(angle, 0.01)
    return [
        ImuSample("thigh", i / 100, (9.81 * np.sin(a), 0.0, 9.81 * np.cos(a)), (0.0, -w, 0.0))
        for i, (a, w) in enumerate(zip(angle, rate, strict=True))
    ]


def fed(counter, samples):
    return [event for sample in samples for event in counter.step(sample, None)]


def counter(trial=None):
    return PostureCounter(PROFILE, Tilt(), PHASES, rises=False, trial=trial)


def shown(*sizes_deg):
    """Return the trial of a patient who shows these repetitions."""
    counting = counter()
    reps = [event.rep for event in fed(counting, bending(sizes_deg)) if isinstance(event, RepFinished)]
    return trial_of(reps, counting.axis)


def counts(events):
    return sum(isinstance(event, RepFinished) for event in events)


def test_a_trial_knows_range_way_and_pace():
    trial = shown(70.0, 72.0)
    assert trial.range_value == pytest.approx(71.0, abs=2.0)
    assert trial.range_unit == "deg"
    assert trial.out_s == pytest.approx(1.0, abs=0.15)
    assert trial.hold_s == pytest.approx(0.0, abs=0.1)
    assert trial.back_s == pytest.approx(1.0, abs=0.15)
    assert np.abs(trial.axis) == pytest.approx([0.0, 1.0, 0.0], abs=0.05)


def test_a_first_repetition_that_falls_short_is_partial_once_there_was_a_trial():
    assert counts(fed(counter(), bending([20.0, 70.0]))) == 2
    events = fed(counter(shown(70.0, 70.0)), bending([20.0, 70.0]))
    assert counts(events) == 1
    assert [event.fraction for event in events if isinstance(event, PartialRep)] == [pytest.approx(0.29, abs=0.03)]


def test_a_small_range_is_enough_for_who_has_no_larger():
    small = [10.0, 10.0, 10.0]
    assert counts(fed(counter(), bending(small))) == 0
    assert counts(fed(counter(Trial(10.0, "deg", 1.0, 0.0, 1.0)), bending(small))) == 3


def test_a_floor_is_lowered_to_a_third_at_most_and_never_raised():
    tiny, large = (Trial(size, "deg", 1.0, 0.0, 1.0) for size in (2.0, 90.0))
    assert tiny.personal(PROFILE).floor == pytest.approx(PROFILE.floor / 3)
    assert large.personal(PROFILE).floor == PROFILE.floor


def test_a_first_movement_the_other_way_is_none():
    assert counts(fed(counter(), bending([-40.0]))) == 1
    assert counts(fed(counter(shown(70.0, 70.0)), bending([-40.0]))) == 0


def test_the_set_counts_as_without_a_trial():
    sizes = [70.0, 68.0, 75.0, 66.0]
    assert counts(fed(counter(shown(70.0, 70.0)), bending(sizes))) == counts(fed(counter(), bending(sizes))) == 4


def rep(size, spans=3, unit="deg"):
    phases = (Phase.ECCENTRIC, Phase.BOTTOM, Phase.CONCENTRIC)[:spans]
    parts = tuple(PhaseSpan(phase, float(i), i + 1.0) for i, phase in enumerate(phases))
    return Rep(1, 0.0, float(spans), parts, size, unit, None, None, 1.0)


@pytest.mark.parametrize(
    ("reps", "said"),
    [
        ([rep(70.0)], "takes 2 repetitions, 1 given"),
        ([rep(70.0), rep(20.0)], "not alike: ranges 20.0 to 70.0"),
        ([rep(70.0), rep(70.0, unit="N")], "not alike"),
        ([rep(70.0, spans=2), rep(70.0, spans=2)], "a way out, a hold and a way back"),
    ],
)
def test_a_trial_that_tells_nothing_is_refused(reps, said):
    with pytest.raises(ValueError, match=said):
        trial_of(reps)


def test_a_trial_of_another_unit_does_not_fit():
    with pytest.raises(ValueError, match="a trial in deg does not fit a shift in N"):
        PostureCounter(PROFILE, Pull(), PHASES, trial=Trial(70.0, "deg", 1.0, 0.0, 1.0))


def test_a_pipeline_passes_a_trial_on(performed, finished):
    _, samples = performed("goblet_squat", (1.5, 0.5, 1.5, 1.0), seed=4, until_s=12.0, noise_seed=4)
    assert finished(samples, "goblet_squat")
    pipeline = Pipeline(SQUAT, Trial(200.0, "deg", 1.5, 0.5, 1.5))
    said = [event for sample in samples for event in pipeline.feed(sample)]
    assert any(isinstance(event, PartialRep) for event in said)
    assert not any(isinstance(event, RepFinished) for event in said)
