"""The zero of a motion sensor: where up is in its own axes while it is kept still, and what its gyro says then."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from drivers.calibration.still import LEAST_SAMPLES, Refusal, Why
from drivers.samples import STANDARD_GRAVITY_M_S2, ImuSample, Vector

TURN_LIMIT_DEG_S = 3.0
"""A sensor at rest turns less, its own offset included (BNO08x data sheet: 1 to 3 deg/s uncalibrated)."""
TREMBLE_LIMIT_DEG_S = 3.0
"""Standard deviation: standing people sway and tremble by about 1 deg/s; a sensor put on reads 10 and more. Ours."""
SHAKE_LIMIT_M_S2 = 0.3
TILT_LIMIT_DEG = 1.0
"""How far gravity may wander from the first third of the look to the last: slow leaning is no still pose. Ours."""
GRAVITY_LIMIT_M_S2 = 0.5
"""How far a resting accelerometer may be off: 0.3 m/s^2 by the BNO08x data sheet, and some."""


@dataclass(frozen=True, slots=True)
class Pose:
    """A still pose in the sensor's axes: unit vector against gravity (up), gyro offset, and how still it was."""

    up: Vector
    gyro_bias_rad_s: Vector
    spread_m_s2: float
    samples: int


def still_pose(samples: Sequence[ImuSample]) -> Pose | Refusal:
    """Return the pose of a sensor that was kept still, or why it was not."""
    both = [(s.accel_m_s2, s.gyro_rad_s) for s in samples if s.accel_m_s2 is not None and s.gyro_rad_s is not None]
    if len(both) < LEAST_SAMPLES:
        return Refusal(Why.TOO_FEW, len(both), LEAST_SAMPLES)
    accels, gyros = [accel for accel, _ in both], [gyro for _, gyro in both]
    if all(pair == both[0] for pair in both):
        return Refusal(Why.STUCK)
    up, bias, shake = mean_of(accels), mean_of(gyros), _spread(accels)
    third = len(both) // 3
    tilt_deg = angle_deg(mean_of(accels[:third]), mean_of(accels[-third:]))
    moves = (
        (math.degrees(math.hypot(*bias)), TURN_LIMIT_DEG_S),
        (math.degrees(_spread(gyros)), TREMBLE_LIMIT_DEG_S),
        (shake, SHAKE_LIMIT_M_S2),
        (tilt_deg, TILT_LIMIT_DEG),
    )
    for value, limit in moves:
        if not value <= limit:
            return Refusal(Why.MOVING, value, limit)
    length = math.hypot(*up)
    if not abs(length - STANDARD_GRAVITY_M_S2) <= GRAVITY_LIMIT_M_S2:
        return Refusal(Why.NOT_GRAVITY, abs(length - STANDARD_GRAVITY_M_S2), GRAVITY_LIMIT_M_S2)
    return Pose((up[0] / length, up[1] / length, up[2] / length), bias, shake, len(both))


def angle_deg(one: Vector, other: Vector) -> float:
    """Return the angle between two directions, 0 to 180; 180 where one of them has no length.

    By the half-angle form of W. Kahan, which keeps small angles that the arc cosine loses.
    """
    length, other_length = math.hypot(*one), math.hypot(*other)
    if not (length > 0 and other_length > 0):
        return 180.0
    a, b = [x / length for x in one], [x / other_length for x in other]
    apart, together = math.dist(a, b), math.hypot(*(x + y for x, y in zip(a, b, strict=True)))
    return math.degrees(2.0 * math.atan2(apart, together))


def mean_of(vectors: Sequence[Vector]) -> Vector:
    """Return the mean of some vectors; at least one is needed."""
    n = len(vectors)
    x, y, z = (math.fsum(vector[axis] for vector in vectors) / n for axis in range(3))
    return x, y, z


def _spread(vectors: Sequence[Vector]) -> float:
    """Return the standard deviation of all three axes together."""
    mean = mean_of(vectors)
    squares = math.fsum(math.dist(vector, mean) ** 2 for vector in vectors)
    return math.sqrt(squares / (len(vectors) - 1))
