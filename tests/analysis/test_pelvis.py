"""Pelvic drop from a sensor on the sacrum, stuck on any way round."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.analysis.pelvis import LEAST_S, PelvisError, Side, axes_from, pelvic_drop, tilt_deg

LEVEL = (0.0, 0.0, 0.0)


def turn(axis, angle_deg):
    """The matrix that turns about x (forward), y (left) or z (up)."""
    c, s = math.cos(math.radians(angle_deg)), math.sin(math.radians(angle_deg))
    i, j = {"x": (1, 2), "y": (2, 0), "z": (0, 1)}[axis]
    matrix = np.eye(3)
    matrix[i, i], matrix[i, j], matrix[j, i], matrix[j, j] = c, -s, s, c
    return matrix


def gravity(mounted, *poses):
    """What the sensor reads in poses given as (lean forward, left side up, turn to the left), in degrees.

    The left-right line is tilted first and the pelvis leans about it then, so that ``left side up`` is exactly the
    line's inclination.
    """
    rows = []
    for lean, left_up, heading in poses:
        body = turn("z", heading) @ turn("x", left_up) @ turn("y", lean)
        rows.append(mounted @ body.T @ np.array([0.0, 0.0, 9.81]))
    return np.array(rows)


def mounting(seed):
    matrix, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=(3, 3)))
    return matrix * np.linalg.det(matrix)


STRAIGHT = np.eye(3)
STAND = [LEVEL] * 50
BOW = [(lean, 0.0, 0.0) for lean in [*range(0, 40, 2), *range(40, -1, -2)]]


def learned(mounted=STRAIGHT, bow=BOW):
    return axes_from(gravity(mounted, *STAND), gravity(mounted, *bow))


# ---- where the patient's left is --------------------------------------------------------------------------


def test_a_bow_forward_tells_where_left_is():
    axes = learned()
    assert axes.up == pytest.approx((0, 0, 1), abs=1e-6)
    assert axes.left == pytest.approx((0, 1, 0), abs=1e-6)


def test_the_left_side_higher_is_a_positive_tilt():
    assert tilt_deg(gravity(STRAIGHT, (0, 6, 0), (0, -4, 0)), learned()) == pytest.approx((6, -4))


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10**6), lean=st.floats(-30, 60), left_up=st.floats(-20, 20), heading=st.floats(-180, 180))
def test_neither_mounting_nor_leaning_nor_turning_changes_the_tilt(seed, lean, left_up, heading):
    mounted = mounting(seed)
    found = tilt_deg(gravity(mounted, (lean, left_up, heading)), learned(mounted))
    assert found[0] == pytest.approx(left_up, abs=0.01)


def test_a_bow_a_little_aside_costs_little():
    bow = [(lean, 0.1 * lean, 0.0) for lean, _, _ in BOW]
    axes = learned(bow=bow)
    assert tilt_deg(gravity(STRAIGHT, (0, 6, 0)), axes)[0] == pytest.approx(6, abs=0.2)


def test_noise_of_a_real_sensor_costs_a_fraction_of_a_degree():
    draw = np.random.default_rng(5)
    stand, bow = gravity(STRAIGHT, *STAND), gravity(STRAIGHT, *BOW)
    axes = axes_from(stand + draw.normal(0, 0.06, stand.shape), bow + draw.normal(0, 0.06, bow.shape))
    assert tilt_deg(gravity(STRAIGHT, (20, 6, 0)), axes)[0] == pytest.approx(6, abs=0.6)
    assert axes.stray_deg < 5


@pytest.mark.parametrize(
    ("stand", "bow", "why"),
    [
        ([LEVEL, (8.0, 0.0, 0.0)] * 20, BOW, "stand still"),
        (STAND, [(lean / 4, 0.0, 0.0) for lean, _, _ in BOW], "10 degrees deep; bow forward by 15"),
        (STAND, [(25 * math.sin(i), 25 * math.cos(i), 0.0) for i in range(40)], "sideways"),
    ],
)
def test_poses_that_do_not_tell_are_asked_for_again(stand, bow, why):
    with pytest.raises(PelvisError, match=why):
        axes_from(gravity(STRAIGHT, *stand), gravity(STRAIGHT, *bow))


def test_a_silent_sensor_is_named():
    with pytest.raises(PelvisError, match="check the sensor"):
        axes_from(np.full((20, 3), np.nan), np.zeros((20, 3)))


# ---- the drop ---------------------------------------------------------------------------------------------

T_S = np.arange(0, 2.001, 0.01)
HUMP = 8 * np.sin(np.pi * T_S / 2)
"""The left side rises by 8 degrees and comes back: in the mean 8 times 2 / pi."""


def test_standing_on_the_left_leg_the_right_side_drops():
    found = pelvic_drop(T_S, HUMP, Side.LEFT)
    assert (found.side, found.flagged) == (Side.RIGHT, True)
    assert found.peak_deg == pytest.approx(8, abs=0.01)
    assert found.mean_deg == pytest.approx(16 / math.pi, abs=0.01)


def test_the_same_tilt_on_the_right_leg_is_a_hitch_and_no_drop():
    found = pelvic_drop(T_S, HUMP, Side.RIGHT)
    assert found.peak_deg <= 0
    assert found.mean_deg == pytest.approx(-16 / math.pi, abs=0.01)
    assert (found.side, found.flagged) == (Side.RIGHT, False)


def test_left_and_right_mirror_one_another():
    left, right = pelvic_drop(T_S, HUMP, Side.LEFT), pelvic_drop(T_S, -HUMP, Side.RIGHT)
    assert (left.peak_deg, left.mean_deg) == (right.peak_deg, right.mean_deg)
    assert (left.side, right.side) == (Side.RIGHT, Side.LEFT)


def test_the_flag_is_the_clinicians():
    assert not pelvic_drop(T_S, HUMP, Side.LEFT, flag_deg=10.0).flagged


def test_uneven_steps_do_not_move_the_mean():
    t_s = np.sort(np.random.default_rng(1).uniform(0, 2, 400))
    uneven = pelvic_drop(t_s, 8 * np.sin(np.pi * t_s / 2), Side.LEFT)
    assert uneven.mean_deg == pytest.approx(16 / math.pi, rel=0.02)


def test_a_step_is_no_task():
    short = T_S < LEAST_S - 0.01
    assert pelvic_drop(T_S[short], HUMP[short], Side.LEFT) is None


def test_missing_values_are_left_out():
    gone = gravity(STRAIGHT, *[(0, 6, 0)] * len(T_S))
    gone[::5] = np.nan
    assert pelvic_drop(T_S, tilt_deg(gone, learned()), Side.LEFT).mean_deg == pytest.approx(6)
