"""A sensor without an accelerometer, or without a gyroscope, counts all the same, at any rate and any clock."""

import random
from dataclasses import replace

import numpy as np
import pytest

from drivers.samples import ImuSample
from edge.model import Activity
from edge.signal.pipeline import Pipeline
from edge.signal.profiles import exercise_for
from edge.signal.turning import Turn

EXERCISES = ["sit_to_stand", "goblet_squat", "kettlebell_deadlift"]
TURNS_ONLY, FEELS_ONLY = {"accel_m_s2": None}, {"gyro_rad_s": None}


def without(samples, what):
    return [replace(sample, **what) for sample in samples]


@pytest.mark.parametrize("what", [TURNS_ONLY, FEELS_ONLY], ids=["gyroscope alone", "accelerometer alone"])
@pytest.mark.parametrize("exercise", EXERCISES)
def test_every_repetition_is_counted_with_half_a_sensor(performed, finished, exercise, what):
    truth, samples = performed(exercise, (1.5, 1.0, 2.0, 1.5), seed=13, noise_seed=13)
    found = finished(without(samples, what), exercise)
    assert len(found) == len(truth) >= 3
    assert max(abs(event.t_s - true.end_s) for event, true in zip(found, truth, strict=True)) <= 0.5


@pytest.mark.parametrize("exercise", EXERCISES)
def test_a_gyroscope_alone_dates_phases_as_well_as_with_an_accelerometer(performed, finished, exercise):
    truth, samples = performed(exercise, (1.0, 1.0, 3.0, 1.0), seed=14, noise_seed=14)
    off_s = [
        abs(span.duration_s - wanted)
        for event, true in zip(finished(without(samples, TURNS_ONLY), exercise), truth, strict=True)
        for span, wanted in zip(
            event.rep.spans,
            (true.out_end_s - true.start_s, true.hold_end_s - true.out_end_s, true.end_s - true.hold_end_s),
            strict=True,
        )
    ]
    assert np.median(off_s) <= 0.05
    assert np.percentile(off_s, 95) <= 0.12


@pytest.mark.parametrize("rate_hz", [20, 50, 200])
@pytest.mark.parametrize("what", [{}, TURNS_ONLY], ids=["whole", "gyroscope alone"])
def test_the_rate_does_not_matter(performed, finished, rate_hz, what):
    truth, samples = performed("goblet_squat", (1.0, 0.0, 1.0, 0.5), seed=15, rate_hz=rate_hz, noise_seed=15)
    assert len(finished(without(samples, what), "goblet_squat")) == len(truth)


def test_an_uneven_clock_does_not_matter(performed, finished):
    truth, samples = performed("sit_to_stand", (1.0, 0.0, 1.0, 0.5), seed=16, noise_seed=16)
    draw = random.Random(16)
    kept = [sample for sample in samples if draw.random() < 0.5]
    assert len(finished(kept, "sit_to_stand")) == len(truth)


def test_after_a_hole_a_gyroscope_alone_waits_for_the_start_posture(performed):
    truth, samples = performed("sit_to_stand", (1.0, 2.0, 1.0, 2.0), seed=8, noise_seed=8)
    lost_s = truth[1].out_end_s + 0.5
    pipeline = Pipeline(exercise_for("sit_to_stand"))
    for sample in without([s for s in samples if not lost_s < s.t_s < lost_s + 0.8], TURNS_ONLY):
        pipeline.feed(sample)
        if lost_s + 0.8 < sample.t_s < truth[1].hold_end_s:
            assert pipeline.activity in (Activity.BLIND, Activity.ARMING)
    assert pipeline.reps == len(truth) - 1


def test_turns_about_any_axis_add_up_until_the_axis_is_known():
    turn = Turn()
    for i in range(101):
        turn.update(_turning(i / 100, (0.0, 0.0, np.radians(90.0))))
    assert turn.shift == pytest.approx(90.0, abs=0.5)
    turn.face((0.0, 0.0, -1.0))
    assert turn.shift == pytest.approx(-90.0, abs=0.5)
    turn.face((1.0, 0.0, 0.0))
    assert turn.shift == pytest.approx(0.0, abs=0.5)
    assert turn.reach == pytest.approx(90.0, abs=0.5)


def _turning(t_s, rate_rad_s):
    return ImuSample("limb", t_s, None, rate_rad_s)
