"""Watches a motion sensor on the bell: a drop, and a swing that leaves the plane of the set's first repetitions.

Only simulated movements have been tried: nobody has dropped a bell with a sensor on it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from drivers.samples import STANDARD_GRAVITY_M_S2, ImuSample, Quality, Vector
from edge.prescription.limits import Limits
from edge.records import Happened

FALLING = 0.3 * STANDARD_GRAVITY_M_S2
FALLING_S = 0.12
"""A bell in the air feels nothing: 0.12 s are a fall of 7 cm. A swung bell floats as long, but lands in a hand."""
IMPACT = 5.0 * STANDARD_GRAVITY_M_S2
IMPACT_WITHIN_S = 0.3
"""A floor stops a bell within milliseconds, a hand within tenths of a second. Our choice."""
FIRST_REPS = 3
"""The set's own first repetitions are its plane: bells are gripped differently every time."""
LEAST_TURN = 0.6
"""Share of the turning that one axis must have for a repetition to have a plane at all. Our choice."""


@dataclass(frozen=True, slots=True)
class BellEvent:
    """A drop, with the impact in m/s^2, or a swing out of plane, with the angle in degrees, at ``t_s``."""

    what: Happened
    value: float
    unit: str
    t_s: float


class BellWatch:
    """One set with a bell. Constant memory; what was told is never taken back."""

    def __init__(self, limits: Limits) -> None:
        self._out_of_plane_deg = limits["out_of_plane_deg"]
        self._falling_since: float | None = None
        self._fell_at: float | None = None
        self._turned = (0.0,) * 6
        self._plane: NDArray[np.float64] = np.zeros((3, 3))
        self._reps = 0

    def feed(self, sample: ImuSample) -> tuple[BellEvent, ...]:
        """Return a drop at its impact."""
        if sample.gyro_rad_s is not None:
            self._add_turn(sample.gyro_rad_s)
        if sample.accel_m_s2 is None:
            return ()
        return self._drop(sample.t_s, math.hypot(*sample.accel_m_s2), bool(sample.quality & Quality.SATURATED))

    def _drop(self, t_s: float, felt: float, full: bool) -> tuple[BellEvent, ...]:
        if felt < FALLING and not full:
            self._falling_since = t_s if self._falling_since is None else self._falling_since
            if t_s - self._falling_since >= FALLING_S:
                self._fell_at = t_s
            return ()
        self._falling_since = None
        if self._fell_at is None or not (felt >= IMPACT or full):
            return ()
        hit = t_s - self._fell_at <= IMPACT_WITHIN_S
        self._fell_at = None
        return (BellEvent(Happened.BELL_DROPPED, felt, "m/s2", t_s),) if hit else ()

    def _add_turn(self, rate: Vector) -> None:
        x, y, z = rate
        a, b, c, d, e, f = self._turned
        self._turned = (a + x * x, b + y * y, c + z * z, d + x * y, e + x * z, f + y * z)

    def rep(self, t_s: float) -> tuple[BellEvent, ...]:
        """A repetition has ended: return how far its turn lay from that of the set's first ones, if too far."""
        a, b, c, d, e, f = self._turned
        turning, self._turned = np.array([[a, d, e], [d, b, f], [e, f, c]]), (0.0,) * 6
        axis = _axis(turning)
        if axis is None:
            return ()
        if self._reps < FIRST_REPS:
            self._reps += 1
            self._plane += turning / np.trace(turning)
            return ()
        usual = _axis(self._plane)
        if usual is None:
            return ()
        angle_deg = math.degrees(math.acos(min(1.0, abs(float(axis @ usual)))))
        if angle_deg < self._out_of_plane_deg:
            return ()
        return (BellEvent(Happened.OUT_OF_PLANE, angle_deg, "deg", t_s),)


def _axis(turning: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """Return the axis most of the turning was about; None where no axis stands out."""
    total = float(np.trace(turning))
    if total <= 0.0:
        return None
    shares, axes = np.linalg.eigh(turning)
    return axes[:, -1] if shares[-1] >= LEAST_TURN * total else None
