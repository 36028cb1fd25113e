"""A patient may press the button before standing up or sitting down: the set begins where it really begins."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.patient import Pace, VirtualPatient
from drivers.samples import ImuSample
from edge.model import Activity
from edge.signal.events import ActivityChanged, RepFinished
from edge.signal.lift import rise_m
from edge.signal.pipeline import Pipeline
from edge.signal.profiles import exercise_for, recorded_exercise

CHANGES = [
    ("sit_to_stand", "goblet_squat"),
    ("sit_to_stand", "kettlebell_deadlift"),
    ("goblet_squat", "sit_to_stand"),
]
PACES = {
    "1-0-1": (1.0, 0.0, 1.0, 0.5),
    "2-0-2": (2.0, 0.0, 2.0, 0.3),
    "3-1-1": (1.0, 1.0, 3.0, 1.0),
    "5 s hold": (1.0, 5.0, 2.0, 1.0),
    "8 s hold": (1.0, 8.0, 1.0, 1.0),
}


@pytest.mark.parametrize("pace", PACES.values(), ids=PACES)
@pytest.mark.parametrize(("before", "exercise"), CHANGES)
def test_every_repetition_after_a_change_of_posture_counts_and_the_change_does_not(
    begun_elsewhere, finished, before, exercise, pace
):
    for seed in range(2):
        truth, samples = begun_elsewhere(before, exercise, pace, seed)
        counted = finished(samples, exercise)
        assert len(counted) == len(truth) >= 2
        late = [event.t_s - true.end_s for event, true in zip(counted, truth, strict=True)]
        assert max(late) <= 0.3
        assert min(late) >= -0.1


@pytest.mark.parametrize("still_s", [0.0, 4.0, 20.0])
def test_how_long_the_new_posture_is_kept_does_not_matter(begun_elsewhere, finished, still_s):
    truth, samples = begun_elsewhere("sit_to_stand", "goblet_squat", PACES["1-0-1"], seed=7, still_s=still_s)
    assert len(finished(samples, "goblet_squat")) == len(truth)


def test_without_a_gyroscope_a_change_of_posture_is_seen_too(begun_elsewhere, finished):
    truth, samples = begun_elsewhere("goblet_squat", "sit_to_stand", PACES["2-0-2"], seed=3, with_gyro=False)
    assert len(finished(samples, "sit_to_stand")) == len(truth)


def test_a_change_of_posture_alone_is_never_counted_and_arms_in_a_second(sampled):
    patient = VirtualPatient(5)
    patient.prepare("sit_to_stand", 0.0)
    patient.imu("thigh", 0.0)
    patient.prepare("goblet_squat", 2.0)
    pipeline, ready_s = Pipeline(exercise_for("goblet_squat")), None
    for sample in sampled(patient, "goblet_squat", 12.0, noise_seed=5):
        for event in pipeline.feed(sample):
            assert not isinstance(event, RepFinished)
            if isinstance(event, ActivityChanged) and event.activity is Activity.RESTING:
                ready_s = event.t_s
    assert 3.5 < ready_s < 4.5
    assert pipeline.position == pytest.approx(0.0, abs=0.05)


@pytest.mark.parametrize("exercise", ["sit_to_stand", "goblet_squat", "kettlebell_deadlift"])
@pytest.mark.parametrize("hold_s", [1.0, 5.0, 8.0])
def test_the_first_repetition_may_be_held_as_long_as_any(performed, finished, exercise, hold_s):
    for seed in range(3):
        truth, samples = performed(exercise, (1.0, hold_s, 1.0, 1.0), seed, noise_seed=seed)
        assert len(finished(samples, exercise)) == len(truth)


def test_sitting_down_twice_before_the_set_is_no_repetition(sampled, finished):
    patient = VirtualPatient(9)
    patient.prepare("goblet_squat", 0.0)
    patient.imu("thigh", 0.0)
    patient.prepare("kettlebell_deadlift", 1.0)
    patient.prepare("sit_to_stand", 2.0)
    patient.begin("sit_to_stand", 6.0, Pace(1.0, 1.0, 1.0, 1.0))
    patient.finish(20.0)
    samples = sampled(patient, "sit_to_stand", 26.0, noise_seed=9)
    assert len(finished(samples, "sit_to_stand")) == len(patient.truth()) >= 3


def test_an_exercise_known_by_its_class_alone_may_begin_either_way(begun_elsewhere):
    """Nobody knows which way it should go: a pause at the far end must not be taken for the start."""
    _, samples = begun_elsewhere("goblet_squat", "goblet_squat", (1.0, 3.0, 1.0, 1.0), seed=2)
    pipeline = Pipeline(recorded_exercise("something", "limb"))
    counted = [e for s in samples for e in pipeline.feed(s) if isinstance(e, RepFinished)]
    assert len(counted) >= 3
    assert all(abs(event.rep.spans[1].duration_s - 3.0) < 0.8 for event in counted)


@given(st.integers(0, 300), st.floats(-150.0, 150.0), st.sampled_from((-1.0, 1.0)))
def test_a_single_wild_value_of_the_acceleration_changes_no_height(at, spike_m_s2, way):
    t_s = np.linspace(-1.0, 2.0, 301)
    x = np.clip(t_s, 0.0, 1.0)
    path = x**3 * (10 - 15 * x + 6 * x * x)
    weight = 9.81 + way * 0.4 * (60 * x - 180 * x**2 + 120 * x**3)
    spiked = weight.copy()
    spiked[at] += spike_m_s2
    assert rise_m(t_s, path, weight) == pytest.approx(way * 0.4, abs=0.02)
    assert rise_m(t_s, path, spiked) == pytest.approx(way * 0.4, abs=0.02)


def test_a_way_with_too_few_samples_has_no_height():
    t_s = np.array([0.0, 0.1])
    assert rise_m(t_s, np.array([0.0, 1.0]), np.array([9.8, 9.8])) == 0.0


def test_real_standing_up_is_up_and_real_sitting_down_is_down(recording):
    """What the whole rule rests on, on a real thigh: the first repetition of a recorded set, held at the top."""
    samples = recording("sts_S01_5sts.npz")
    pipeline = Pipeline(exercise_for("sit_to_stand"))
    first = next(e.rep for s in samples for e in pipeline.feed(s) if isinstance(e, RepFinished))
    half = [s for s in samples if s.t_s <= first.spans[0].end_s]
    held = [
        ImuSample("thigh", half[-1].t_s + 0.01 * (1 + i), half[-1].accel_m_s2, (0.0, 0.0, 0.0)) for i in range(180)
    ]
    squat = Pipeline(exercise_for("goblet_squat"))
    for sample in half + held:
        squat.feed(sample)
    assert squat.activity is Activity.RESTING
    stand = Pipeline(exercise_for("sit_to_stand"))
    for sample in half + held:
        stand.feed(sample)
    assert stand.activity is Activity.HOLDING


STANDING, SEATED = 0.0, np.radians(-80.0)


def straight_on(postures, each_s=1.0, first_s=2.0, lever_m=0.3):
    """A thigh that goes from one posture to the next, 1 s each, without a pause; the sensor is lifted with it."""
    t_s = np.arange(0.0, first_s + each_s * (len(postures) - 1) + 2.0, 0.01)
    angle = np.full(len(t_s), postures[0])
    for i, (here, there) in enumerate(pairwise(postures)):
        x = np.clip((t_s - first_s - i * each_s) / each_s, 0.0, 1.0)
        angle += (there - here) * x**3 * (10 - 15 * x + 6 * x**2)
    rate = np.gradient(angle, t_s)
    lift = np.gradient(np.gradient(lever_m * np.cos(angle), t_s), t_s)
    return [
        ImuSample("thigh", t, ((9.81 + up) * np.sin(a), 0.0, (9.81 + up) * np.cos(a)), (0.0, -w, 0.0))
        for t, a, w, up in zip(t_s.tolist(), angle.tolist(), rate.tolist(), lift.tolist(), strict=True)
    ]


def test_standing_up_and_squatting_at_once_counts_the_squats_only(finished):
    samples = straight_on([SEATED, STANDING, SEATED, STANDING, SEATED, STANDING])
    found = finished(samples, "goblet_squat")
    assert len(found) == 2
    assert found[0].rep.start_s == pytest.approx(3.0, abs=0.25)


def test_sitting_down_and_standing_up_at_once_counts_the_stands_only(finished):
    samples = straight_on([STANDING, SEATED, STANDING, SEATED, STANDING, SEATED])
    found = finished(samples, "sit_to_stand")
    assert len(found) == 2
    assert found[0].rep.start_s == pytest.approx(3.0, abs=0.25)
