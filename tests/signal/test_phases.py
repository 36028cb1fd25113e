"""Boundaries of single movements: exact on paths that are known, and never nonsense on any other."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.signal.phases import Boundaries, date

STEP_S = 0.01


def reach(x):
    x = np.clip(x, 0.0, 1.0)
    return x**3 * (10 - 15 * x + 6 * x**2)


def moved(out_s, hold_s, back_s, size=70.0, lead_s=1.0):
    """A minimum-jerk movement out and back, with standstill before and after."""
    t_s = np.arange(0.0, lead_s + out_s + hold_s + back_s + 0.5, STEP_S)
    return t_s, size * (reach((t_s - lead_s) / out_s) - reach((t_s - lead_s - out_s - hold_s) / back_s))


@pytest.mark.parametrize("turning", [True, False])
@pytest.mark.parametrize(("out_s", "hold_s", "back_s"), [(1.0, 0.0, 1.0), (1.0, 1.0, 3.0), (0.6, 5.0, 2.0)])
def test_a_minimum_jerk_movement_is_dated_exactly(out_s, hold_s, back_s, turning):
    found = date(*moved(out_s, hold_s, back_s), turning=turning)
    wanted = np.cumsum([1.0, out_s, hold_s, back_s])
    edges = (found.start_s, found.out_end_s, found.hold_end_s, found.end_s)
    assert edges == pytest.approx(wanted, abs=0.03 if turning else 0.15)


def sine(x):
    return (1 - np.cos(np.pi * np.clip(x, 0.0, 1.0))) / 2


def trapezoid(x):
    """A quarter of the time to get up to speed, half of it evenly, a quarter to stop."""
    x = np.clip(x, 0.0, 1.0)
    return (np.clip(x, 0, 0.25) ** 2 - np.clip(x - 0.75, 0, 0.25) ** 2) * 8 / 3 + 4 / 3 * np.clip(x - 0.25, 0.0, 0.75)


def of_rubber(stretch, t_s):
    """A band stiffens, pulls less on the way back than on the way out, and gives way by 3 % while it is held."""
    creep = np.zeros_like(stretch)
    for i in range(1, len(stretch)):
        creep[i] = creep[i - 1] + (t_s[i] - t_s[i - 1]) / 4.0 * (stretch[i] - creep[i - 1])
    way = np.tanh(np.gradient(stretch, t_s) / 0.2)
    return 90.0 * (stretch * (0.7 + 0.3 * stretch) * (1 - 0.03 * creep) + 0.02 * way * stretch)


@pytest.mark.parametrize("shape", [reach, sine, trapezoid])
@pytest.mark.parametrize(("out_s", "hold_s", "back_s"), [(1.0, 0.0, 1.0), (1.0, 1.0, 2.0), (2.0, 2.0, 1.5)])
def test_a_pull_on_a_band_is_dated_whatever_the_shape_of_its_ways(shape, out_s, hold_s, back_s):
    """Who sets off evenly seems to have set off 0.1 s sooner: a level of rubber hides what is less than a percent."""
    t_s = np.arange(0.0, 1.0 + out_s + hold_s + back_s + 0.5, 1 / 80)
    stretch = shape((t_s - 1.0) / out_s) - shape((t_s - 1.0 - out_s - hold_s) / back_s)
    found = date(t_s, of_rubber(stretch, t_s), turning=False)
    lasted = np.diff((found.start_s, found.out_end_s, found.hold_end_s, found.end_s))
    assert lasted == pytest.approx((out_s, hold_s, back_s), abs=0.3)


@pytest.mark.parametrize("turning", [True, False])
def test_a_slow_way_that_turns_at_once_has_no_pause_and_a_short_pause_is_one(turning):
    at_once, paused = (date(*moved(2.0, hold_s, 2.0), turning=turning) for hold_s in (0.0, 1.0))
    assert at_once.hold_end_s - at_once.out_end_s <= 0.03
    assert paused.hold_end_s - paused.out_end_s == pytest.approx(1.0, abs=0.25)


def test_who_overshoots_and_settles_has_held_since_the_overshoot():
    t_s, shift = moved(1.0, 4.0, 1.0)
    overshoot = 25.0 * np.exp(-(((t_s - 2.1) / 0.15) ** 2))
    found = date(t_s, shift + overshoot, turning=True)
    assert found.hold_end_s - found.out_end_s >= 3.5


def test_a_tremor_widens_what_is_stated():
    t_s, shift = moved(3.0, 1.0, 3.0)
    shaking = shift + 0.3 * np.sin(2 * np.pi * 6.0 * t_s)
    still, shaken = (date(t_s, one, turning=True) for one in (shift, shaking))
    assert np.mean(shaken.spread_s) > 1.2 * np.mean(still.spread_s)


def test_an_end_that_is_cut_off_is_in_doubt_by_half_of_it():
    whole = Boundaries(0.0, 1.0, 2.0, 3.0, (0.01, 0.01, 0.01, 0.01))
    cut = whole.ended(2.8)
    assert (cut.end_s, cut.hold_end_s) == (2.8, 2.0)
    assert cut.spread_s[3] == pytest.approx(0.1, abs=0.001)
    assert whole.ended(3.5) is whole


@settings(max_examples=60, deadline=None)
@given(shift=st.lists(st.floats(-5.0, 100.0), min_size=8, max_size=80), turning=st.booleans())
def test_any_course_at_all_gives_moments_in_order(shift, turning):
    course = np.array([0.0, *shift, 0.0])
    course[len(course) // 2] = 120.0
    found = date(np.arange(len(course)) * 0.04, course, turning=turning)
    edges = (found.start_s, found.out_end_s, found.hold_end_s, found.end_s)
    assert np.isfinite(edges).all()
    assert list(edges) == sorted(edges)
    assert all(np.isfinite(spread) and spread > 0 for spread in found.spread_s)
