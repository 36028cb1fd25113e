"""The mathematics of movement: derivatives that are derivatives, peaks where they were asked for."""

import doctest
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers import motion
from drivers.motion import Ring, Rings, Shape, Step, Steps, bump, swing, waves, way

STEP_S = 1e-5


def assert_derivatives(course, times):
    for t_s in times:
        before, here, after = (course(t_s + k * STEP_S) for k in (-1, 0, 1))
        assert here[1] == pytest.approx((after[0] - before[0]) / (2 * STEP_S), rel=1e-4, abs=1e-6)
        assert here[2] == pytest.approx((after[1] - before[1]) / (2 * STEP_S), rel=1e-4, abs=1e-4)


@st.composite
def shapes(draw):
    ramps, peak = draw(st.floats(0.2, 0.8) | st.just(1.0)), draw(st.floats(0.3, 0.7))
    return Shape(ramps * peak, ramps * (1 - peak), draw(st.floats(0, 0.8)), draw(st.integers(1, 3)))


@given(shapes(), st.floats(0.3, 6.0))
def test_a_way_goes_from_0_to_1_without_turning_back_and_knows_its_speed(shape, length_s):
    assert way(0.0, 0.0, length_s, shape) == (0.0, 0.0, 0.0)
    assert way(length_s, 0.0, length_s, shape) == (1.0, 0.0, 0.0)
    course = [way(t_s, 0.0, length_s, shape) for t_s in np.linspace(0, length_s, 50)]
    assert min(speed for _, speed, _ in course) >= 0.0
    assert way(length_s - 1e-9, 0.0, length_s, shape)[0] == pytest.approx(1.0)
    for edge in (shape.rise, 1 - shape.fall):
        before, after = (way(edge * length_s + side * 1e-9, 0.0, length_s, shape) for side in (-1, 1))
        assert before == pytest.approx(after, abs=1e-2)
    inner = [x for x in (0.07, 0.31, 0.52, 0.83) if min(abs(x - shape.rise), abs(1 - x - shape.fall)) > 0.01]
    assert_derivatives(lambda t_s: way(t_s, 0.0, length_s, shape), [x * length_s for x in inner])


def test_half_and_half_is_a_minimum_jerk_path():
    for t_s in np.linspace(0.01, 0.99, 20):
        assert way(t_s, 0.0, 1.0, Shape(0.5, 0.5, 0.3, 2)) == pytest.approx(way(t_s, 0.0, 1.0), abs=1e-9)


@pytest.mark.parametrize("peak", [0.35, 0.5, 0.6])
def test_the_peak_of_speed_is_where_the_rise_ends(peak):
    times = np.linspace(0, 1, 2001)
    speed = [way(t_s, 0.0, 1.0, Shape(peak, 1 - peak))[1] for t_s in times]
    assert times[np.argmax(speed)] == pytest.approx(peak, abs=0.002)


def test_a_slow_way_runs_evenly_and_falters():
    times = np.linspace(0, 4, 801)
    even, faltering = (
        np.array([way(t, 0.0, 4.0, shape)[1] for t in times]) for shape in (Shape(0.2, 0.2), Shape(0.2, 0.2, 0.5, 2))
    )
    middle = (times > 0.9) & (times < 3.1)
    assert np.ptp(even[middle]) < 1e-9
    assert faltering[middle].min() == pytest.approx(0.5 * faltering.max(), rel=0.01)
    dips = np.flatnonzero((faltering[1:-1] < faltering[:-2]) & (faltering[1:-1] < faltering[2:]))
    assert len(dips) == 2


def test_many_steps_are_the_sum_of_each():
    draw = random.Random(1)
    each = [Step(t, t + draw.uniform(0.2, 3.0), draw.uniform(-5, 5)) for t in np.linspace(0, 30, 60).tolist()]
    steps = Steps(each[:30])
    steps.add(each[30:])
    for t_s in np.linspace(-1, 35, 100):
        alone = np.array([Steps([step]).at(t_s) for step in each]).sum(axis=0)
        assert steps.at(t_s) == pytest.approx(alone.tolist(), abs=1e-9)
    assert steps.total == pytest.approx(sum(step.change for step in each))


def test_a_bump_leaves_nothing():
    steps = Steps(bump(1.0, 2.0, 7.0))
    assert steps.at(2.0)[0] == pytest.approx(7.0)
    assert steps.at(3.5) == (0.0, 0.0, 0.0)


def test_waves_and_rings_know_their_speed():
    these = waves(random.Random(2), [(0.2, 0.4, 1.0), (8.0, 12.0, 0.1)])
    assert_derivatives(lambda t_s: swing(these, t_s), (0.1, 1.3, 7.7))
    rings = Rings([Ring(1.0, 0.5, 60.0, 0.08), Ring(1.1, -0.2, 70.0, 0.05)])
    assert_derivatives(rings.at, (1.05, 1.2, 1.4))
    assert rings.at(0.999) == rings.at(2.0) == (0.0, 0.0, 0.0)


def test_the_example_in_the_text_holds():
    assert doctest.testmod(motion).failed == 0
