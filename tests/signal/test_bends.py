"""The moment a force bends off its level, on courses that are known."""

import numpy as np
import pytest

from edge.signal.bends import RISE, bend

BEGUN_S = 1.5


def course(length_s, rate_hz=80):
    """A minimum-jerk way that begins at ``BEGUN_S``, up to where a course is looked at; its quartiles' time."""
    t_s = np.arange(0.0, BEGUN_S + length_s, 1 / rate_hz)
    x = np.clip((t_s - BEGUN_S) / length_s, 0.0, 1.0)
    rise = x**3 * (10 - 15 * x + 6 * x**2)
    until = int(np.argmax(rise > RISE))
    return t_s[:until], rise[:until], 0.28 * length_s


@pytest.mark.parametrize("length_s", [0.8, 1.5, 3.0])
@pytest.mark.parametrize("rate_hz", [10, 80])
def test_a_clean_beginning_is_found(length_s, rate_hz):
    t_s, rise, quartiles_s = course(length_s, rate_hz)
    found_s, spread_s = bend(t_s, rise, rise, quartiles_s).dated()
    assert abs(found_s - BEGUN_S) <= min(2 * spread_s, 0.04 * (1 + length_s))
    assert 0.0 < spread_s < 0.15


def test_an_end_that_is_held_unsteadily_is_found_within_what_is_stated():
    t_s, rise, quartiles_s = course(2.0)
    unsteady = rise + 0.01 * np.sin(2 * np.pi * 0.7 * t_s + 1.0)
    found_s, spread_s = bend(t_s, unsteady, 1.0 - rise, quartiles_s).dated()
    assert abs(found_s - BEGUN_S) <= 2 * spread_s
    assert spread_s > bend(t_s, rise, rise, quartiles_s).dated()[1]


def test_an_arm_known_to_be_steadier_makes_a_moment_surer():
    t_s, rise, quartiles_s = course(2.0)
    found = bend(t_s, rise, 1.0 - rise, quartiles_s)
    steady, unsteady = (found.dated(beside)[1] for beside in (np.array([20.0, 0.0, 0.0]), np.array([0.0, 0.0, 20.0])))
    assert steady < unsteady
    assert found.evidence[0] > found.evidence[1] > found.evidence[2]


def test_a_hold_that_slips_and_is_put_right_is_not_yet_the_way_back():
    t_s, rise, quartiles_s = course(2.0)
    slipping = rise + 0.006 * np.exp(-(((t_s - BEGUN_S + 0.9) / 0.35) ** 2))
    found_s, _ = bend(t_s, slipping, 1.0 - rise, quartiles_s).dated()
    assert abs(found_s - BEGUN_S) <= 0.12
