"""What an ideal motion sensor reads when the part of the body it is strapped to turns."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass

from drivers.motion import Course
from drivers.samples import Quaternion, Vector

LEVER_M = 0.25
"""Distance of the sensor from the joint it turns about."""


@dataclass(frozen=True, slots=True)
class ImuTruth:
    """What an ideal motion sensor would read: specific force, turn rate, and orientation to the world (z up)."""

    accel_m_s2: Vector
    gyro_rad_s: Vector
    quaternion_wxyz: Quaternion


def random_mount(draw: random.Random) -> Quaternion:
    """Return a rotation, any of them as likely as any other (Marsaglia 1972)."""
    parts = [draw.gauss(0.0, 1.0) for _ in range(4)]
    size = math.sqrt(sum(part * part for part in parts))
    return parts[0] / size, parts[1] / size, parts[2] / size, parts[3] / size


def reading(
    mount: Quaternion, pitch_motion: Course, roll_motion: tuple[float, float], weight_m_s2: float
) -> ImuTruth:
    """Turn the segment's motion into a reading: weight, then the lever's tangential and centripetal parts.

    The segment points along its x axis; pitch lifts that axis, roll turns about it. Motions are the angle in rad
    and its derivatives; roll is slow and small, so that its part in the acceleration is left out. ``mount`` turns
    the segment's axes into the sensor's, ``weight_m_s2`` is gravity and what lifting the whole body adds to it.
    """
    pitch, rate, change = pitch_motion
    roll, roll_rate = roll_motion
    sin_p, cos_p, sin_r, cos_r = math.sin(pitch), math.cos(pitch), math.sin(roll), math.cos(roll)
    g = weight_m_s2
    tangential = LEVER_M * change
    force = (
        g * sin_p - LEVER_M * rate * rate,
        g * cos_p * sin_r + tangential * sin_r,
        g * cos_p * cos_r + tangential * cos_r,
    )
    turn = (roll_rate, -rate * cos_r, rate * sin_r)
    lift = (math.cos(pitch / 2), 0.0, -math.sin(pitch / 2), 0.0)
    own = (math.cos(roll / 2), math.sin(roll / 2), 0.0, 0.0)
    return ImuTruth(_turned_back(mount, force), _turned_back(mount, turn), _product(_product(lift, own), mount))


def refitted(truth: ImuTruth, turn: Quaternion) -> ImuTruth:
    """Return what the sensor reads once it has been turned in its strap, by ``turn`` in its own axes."""
    return ImuTruth(
        _turned_back(turn, truth.accel_m_s2),
        _turned_back(turn, truth.gyro_rad_s),
        _product(truth.quaternion_wxyz, turn),
    )


def _product(a: Quaternion, b: Quaternion) -> Quaternion:
    return (
        a[0] * b[0] - a[1] * b[1] - a[2] * b[2] - a[3] * b[3],
        a[0] * b[1] + a[1] * b[0] + a[2] * b[3] - a[3] * b[2],
        a[0] * b[2] - a[1] * b[3] + a[2] * b[0] + a[3] * b[1],
        a[0] * b[3] + a[1] * b[2] - a[2] * b[1] + a[3] * b[0],
    )


def _turned_back(q: Quaternion, v: Vector) -> Vector:
    """Return ``v`` seen from a frame turned by ``q``."""
    w, x, y, z = q
    tx = 2.0 * (z * v[1] - y * v[2])
    ty = 2.0 * (x * v[2] - z * v[0])
    tz = 2.0 * (y * v[0] - x * v[1])
    return (
        v[0] + w * tx + (z * ty - y * tz),
        v[1] + w * ty + (x * tz - z * tx),
        v[2] + w * tz + (y * tx - x * ty),
    )
