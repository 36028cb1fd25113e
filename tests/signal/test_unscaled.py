"""A load cell without calibration: its numbers have no unit, and are still counted by their shape."""

import math
import random

import numpy as np
import pytest

from drivers.samples import LoadSample, Quality
from edge.library import exercises
from edge.signal.events import RepFinished
from edge.signal.pipeline import Pipeline
from edge.signal.score import count_reps

ROW = exercises()["band_row"]
PULL_S = 2.5


def cell(seed, *, pulls, per_newton, zero, noise_n=0.02, rate_hz=80, pull_n=80.0):
    """Ten seconds of a slack band, pulls of 2.5 s, ten seconds of slack, ``per_newton`` units to the newton."""
    rng = random.Random(seed)
    start_s, end_s = 10.0, 10.0 + pulls * PULL_S
    for i in range(round((end_s + 10.0) * rate_hz)):
        t_s = i / rate_hz
        pulled = (1 - math.cos(2 * math.pi * (t_s - start_s) / PULL_S)) / 2 if start_s < t_s < end_s else 0.0
        force = zero + per_newton * (2.0 + pull_n * pulled + rng.gauss(0.0, noise_n))
        yield LoadSample("band", t_s, force, Quality.UNCALIBRATED)


def finished(samples):
    pipeline = Pipeline(ROW)
    events = [event for sample in samples for event in pipeline.feed(sample)]
    return pipeline, [event.rep for event in events if isinstance(event, RepFinished)]


@pytest.mark.parametrize("per_newton", [2000.0, -2000.0, 1.0, 0.02])
@pytest.mark.parametrize("zero", [0.0, 50_000.0])
def test_pulls_count_alike_in_any_unit_with_any_zero_and_either_sign(per_newton, zero):
    _, reps = finished(cell(3, pulls=8, per_newton=per_newton, zero=zero))
    assert len(reps) == 8
    assert {rep.range_unit for rep in reps} == {"raw"}
    assert reps[4].range_value == pytest.approx(80.0 * abs(per_newton), rel=0.25)


def test_numbers_without_a_unit_are_never_told_as_newtons():
    pipeline, reps = finished(cell(4, pulls=6, per_newton=2000.0, zero=0.0))
    assert pipeline.force_n is None
    assert pipeline.signal_unit == "raw"
    assert [(rep.peak_force_n, rep.measures.peak_force_n, rep.measures.impulse_n_s) for rep in reps] == [
        (None,) * 3
    ] * 6
    assert all(rep.confidence <= 0.5 for rep in reps), "what is counted by its shape alone is half certain"


@pytest.mark.parametrize("seed", range(5))
def test_the_noise_of_a_cell_that_nobody_touches_is_no_repetition(seed):
    _, reps = finished(
        cell(seed, pulls=0, per_newton=2000.0, zero=1e5, noise_n=random.Random(seed).uniform(0.005, 0.5))
    )
    assert reps == []


def test_a_cell_that_says_the_same_for_ever_counts_nothing():
    pipeline, reps = finished(cell(1, pulls=0, per_newton=2000.0, zero=0.0, noise_n=0.0))
    assert (reps, pipeline.signal) == ([], 0.0)


def test_a_recording_of_a_force_alone_is_counted():
    samples = list(cell(5, pulls=7, per_newton=0.03, zero=1.2, rate_hz=128))
    t = np.array([sample.t_s for sample in samples])
    force = np.array([[sample.force_n, 0.0] for sample in samples])
    nothing = np.zeros((len(t), 3))
    meta = {
        "exercise": "leg_press",
        "sensor_location": "plate",
        "has_accel": False,
        "has_gyro": False,
        "force": force,
    }
    ends_s = count_reps(t, nothing, nothing, meta)
    assert ends_s == pytest.approx([10.0 + PULL_S * (i + 1) for i in range(7)], abs=0.4)
    assert count_reps(t, nothing, nothing, meta | {"force": None}) == []
