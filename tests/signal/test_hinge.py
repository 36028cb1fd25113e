"""What is learned from turn rates: the axis of a limb, and the offset of the gyroscope."""

import numpy as np
import pytest

from edge.signal.hinge import Bias, Hinge

STEP_S = 0.01
OFFSET = tuple(np.radians([1.0, -0.5, 0.3]))


def test_an_offset_is_known_after_a_second_of_standstill():
    bias, draw = Bias(), np.random.default_rng(1)
    for _ in range(100):
        left = bias.taken_from(tuple(OFFSET + draw.normal(0.0, 0.002, 3)), STEP_S)
    assert np.abs(left).max() < np.radians(0.4)
    assert np.abs(np.subtract(bias.taken_from(OFFSET, 0.0), 0.0)).max() < np.radians(0.1)


def test_a_movement_is_no_offset():
    bias = Bias()
    for _ in range(500):
        bias.taken_from((0.0, np.radians(10.0), 0.0), STEP_S)
    assert bias.taken_from((0.0, 0.0, 0.0), STEP_S) == (0.0, 0.0, 0.0)


def test_the_axis_is_the_one_most_is_turned_about():
    hinge = Hinge()
    for i in range(500):
        t_s = i * STEP_S
        hinge.update(STEP_S, (0.3 * np.sin(5.0 * t_s), 1.0 * np.sin(2.0 * t_s), 0.2))
    assert abs(hinge.axis[1]) > 0.95


def test_shaking_is_not_what_a_limb_turns_about():
    """A foot that is set down shakes ten times as fast as the leg was raised, about another axis."""
    hinge = Hinge()
    for i in range(500):
        t_s = i * STEP_S
        hinge.update(STEP_S, (2.0 * np.sin(2 * np.pi * 6.0 * t_s), 0.5 * np.sin(2.0 * t_s), 0.0))
    assert abs(hinge.axis[1]) > 0.9


def test_without_any_turn_there_is_no_axis():
    hinge = Hinge()
    hinge.update(STEP_S, (0.0, 0.0, 0.0))
    assert hinge.axis == pytest.approx((0.0, 0.0, 0.0))
