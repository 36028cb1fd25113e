"""What must hold whatever the movement: rotation, time shift, prefix, batching."""

import math
import random

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from drivers.samples import ImuSample
from edge.signal.events import RepFinished
from edge.signal.pipeline import Pipeline
from edge.signal.profiles import exercise_at, exercise_for
from edge.signal.replay import replay

QUICK = settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def squats(performed):
    """Twelve seconds of squats, at 50 Hz."""
    return performed("goblet_squat", (1.0, 0.5, 1.0, 0.7), seed=4, until_s=12.0, rate_hz=50, noise_seed=4)[1]


@pytest.fixture(scope="module")
def swings():
    """Ten swings of a bell, at 50 Hz: what the hand feels goes from nothing at the top to twice the weight below."""
    draw, samples = random.Random(1), []
    for i in range(1250):
        t_s = i / 50
        size = 10.5 if 2.0 < t_s < 22.0 else 0.0
        x = 9.81 + size * math.sin(math.tau * (t_s - 2.0) / 2.0)
        samples.append(
            ImuSample("bell", t_s, (x + draw.gauss(0, 0.2), 0.3 * x + draw.gauss(0, 0.2), draw.gauss(0, 0.2)))
        )
    return samples


def turned(samples, seed):
    """The same motion from a sensor mounted another way round."""
    matrix, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=(3, 3)))
    if np.linalg.det(matrix) < 0:
        matrix[:, 0] *= -1

    def turn(vector):
        return None if vector is None else tuple((matrix @ vector).tolist())

    return [ImuSample(s.sensor, s.t_s, turn(s.accel_m_s2), turn(s.gyro_rad_s)) for s in samples]


def ends(samples, exercise):
    return [rep.end_s for rep in replay(samples, exercise)]


BELL = exercise_for("kettlebell_swing")
SQUAT = exercise_for("goblet_squat")


@QUICK
@given(seed=st.integers(0, 10**6))
def test_the_mounting_does_not_matter_to_a_limb(squats, seed):
    assert ends(turned(squats, seed), SQUAT) == pytest.approx(ends(squats, SQUAT), abs=1e-6)


@QUICK
@given(seed=st.integers(0, 10**6))
def test_the_mounting_does_not_matter_to_a_bell(swings, seed):
    assert len(ends(turned(swings, seed), BELL)) == len(ends(swings, BELL))


def test_ten_swings_are_counted(swings):
    assert len(ends(swings, BELL)) == 10


def test_swings_are_announced_one_by_one(swings):
    pipeline = Pipeline(BELL)
    known = [e.t_s for s in swings for e in pipeline.feed(s) if isinstance(e, RepFinished)]
    assert len(set(known)) == len(known)


def test_noise_alone_is_no_swing():
    draw = random.Random(2)
    still = [ImuSample("bell", i / 50, tuple(draw.gauss(m, 0.3) for m in (0.0, 0.0, 9.81))) for i in range(3000)]
    assert ends(still, BELL) == []


def test_a_hole_in_a_set_of_swings_blinds_the_counter(swings):
    pipeline = Pipeline(BELL)
    for sample in swings[:600]:
        pipeline.feed(sample)
    counted = pipeline.reps
    pipeline.feed(swings[700])
    assert pipeline.activity.value == "blind"
    assert pipeline.reps == counted


@QUICK
@given(shift_s=st.integers(0, 100000).map(lambda n: n / 64))
def test_the_hour_of_the_clock_does_not_matter(squats, shift_s):
    later = [ImuSample(s.sensor, s.t_s + shift_s, s.accel_m_s2, s.gyro_rad_s) for s in squats]
    assert ends(later, SQUAT) == pytest.approx([end + shift_s for end in ends(squats, SQUAT)], abs=1e-3)


@QUICK
@given(data=st.data())
@pytest.mark.parametrize("which", ["squats", "swings"])
def test_what_was_said_is_never_taken_back(request, which, data):
    samples = request.getfixturevalue(which)
    exercise = SQUAT if which == "squats" else BELL
    whole = Pipeline(exercise)
    cut = data.draw(st.integers(1, len(samples)))
    everything = [event for sample in samples for event in whole.feed(sample)]
    part = Pipeline(exercise)
    prefix = [event for sample in samples[:cut] for event in part.feed(sample)]
    assert everything[: len(prefix)] == prefix
    assert all(event.t_s > samples[cut - 1].t_s for event in everything[len(prefix) :])


@QUICK
@given(accel=st.lists(st.tuples(*[st.floats(-200, 200)] * 3), min_size=1, max_size=200))
@pytest.mark.parametrize("place", ["thigh", "wrist", "nowhere"])
def test_any_numbers_at_all_are_survived(place, accel):
    exercise = exercise_at("something", place)
    samples = [ImuSample("x", i * 0.04, a, a) for i, a in enumerate(accel)]
    for rep in replay(samples, exercise):
        assert rep.end_s <= samples[-1].t_s
