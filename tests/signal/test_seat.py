"""The end of sitting down is the first touch of the seat, where a knock shows that there was one."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.signal.profiles import exercise_for
from edge.signal.replay import replay
from edge.signal.seat import touch_s

STOP_S = 1.2
T_S = np.arange(0.0, 2.0, 0.01)


def sitting(*, held_back=1.0, knock_m_s2=5.0):
    """A thigh that turns evenly from 0.2 s on, is held back by the seat at 1.0 s and stops dead with a knock."""
    speed = np.where((T_S > 0.2) & (T_S < STOP_S), 150.0, 0.0)
    speed[(T_S > 1.0) & (T_S < STOP_S)] *= held_back
    weight = 9.81 + knock_m_s2 * np.exp(-(((T_S - STOP_S) / 0.02) ** 2))
    return T_S, speed, weight


def test_the_touch_is_where_the_thigh_is_held_back_before_the_knock():
    assert touch_s(*sitting(held_back=0.5), 0.2, 1.5) == pytest.approx(1.0, abs=0.04)


def test_without_a_knock_nothing_says_that_there_was_a_seat():
    assert touch_s(*sitting(held_back=0.5, knock_m_s2=1.0), 0.2, 1.5) is None


def test_a_knock_after_a_slow_landing_is_no_drop_onto_the_seat():
    assert touch_s(*sitting(held_back=0.1), 0.2, 1.5) is None


@given(st.integers(0, len(T_S) - 1), st.floats(-150.0, 150.0))
def test_a_single_wild_value_of_the_acceleration_moves_no_touch_and_makes_none(at, spike_m_s2):
    for knock_m_s2 in (0.0, 5.0):
        t_s, speed, weight = sitting(held_back=0.5, knock_m_s2=knock_m_s2)
        spiked = weight.copy()
        spiked[at] += spike_m_s2
        assert touch_s(t_s, speed, spiked, 0.2, 1.5) == touch_s(t_s, speed, weight, 0.2, 1.5)


def test_too_short_a_way_says_nothing():
    assert touch_s(*sitting(), 1.0, 1.02) is None


def test_a_seat_in_a_recording_is_touched_when_the_force_plate_says_so(recording, marked_ends):
    for name in ("sts_S01_5sts.npz", "sts_S01_30sts.npz"):
        ends = [rep.end_s for rep in replay(recording(name), exercise_for("sit_to_stand"))]
        off_s = np.abs(np.array(ends) - marked_ends(name))
        print(f"{name}: mean {1000 * off_s.mean():.0f} ms, largest {1000 * off_s.max():.0f} ms")
        assert off_s.mean() <= 0.15


@pytest.mark.parametrize("back_s", [0.8, 1.5, 3.0])
def test_a_controlled_landing_ends_when_the_movement_does(performed, finished, back_s):
    truth, samples = performed("sit_to_stand", (1.0, 0.5, back_s, 1.0), seed=12, noise_seed=12)
    off_s = [e.rep.end_s - true.end_s for e, true in zip(finished(samples, "sit_to_stand"), truth, strict=True)]
    assert np.abs(off_s).max() <= 0.15
