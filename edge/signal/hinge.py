"""What is learned from turn rates: the axis about which a limb exercises, and the gyroscope's own offset."""

from __future__ import annotations

from drivers.samples import Vector
from edge.signal.vectors import unit

MEMORY_S = 20.0
"""A few repetitions, however slow."""
BRIEF_S = 0.5
"""Turns to and fro within this time cancel: a foot that is set down shakes faster than a leg is raised."""
BIAS_RAD_S = 0.035
"""A turn rate below 2 degrees per second may be the gyroscope's own offset, and is learned as such."""
BIAS_S = 8.0
"""Time constant with which an offset is followed; the first one is the plain mean."""


class Hinge:
    """The axis about which a sensor has turned most in the last ``MEMORY_S``, in its own axes.

    It is the first principal component of the turn rate (as in Luinge and Veltink, J Biomech 2007, for a hinge
    joint), kept running: the covariance fades, and one power step per sample follows its largest eigenvector.
    """

    def __init__(self) -> None:
        self.axis: Vector = (0.0, 0.0, 0.0)
        self._rate: Vector = (0.0, 0.0, 0.0)
        self._xx = self._yy = self._zz = self._xy = self._xz = self._yz = 0.0

    def update(self, dt_s: float, rate: Vector) -> None:
        """Take the turn rate of the last ``dt_s`` seconds."""
        share = dt_s / (BRIEF_S + dt_s)
        u, v, w = self._rate
        x, y, z = self._rate = (u + share * (rate[0] - u), v + share * (rate[1] - v), w + share * (rate[2] - w))
        keep = max(1.0 - dt_s / MEMORY_S, 0.0)
        self._xx = keep * self._xx + dt_s * x * x
        self._yy = keep * self._yy + dt_s * y * y
        self._zz = keep * self._zz + dt_s * z * z
        self._xy = keep * self._xy + dt_s * x * y
        self._xz = keep * self._xz + dt_s * x * z
        self._yz = keep * self._yz + dt_s * y * z
        a, b, c = self.axis if any(self.axis) else rate
        axis = (
            self._xx * a + self._xy * b + self._xz * c,
            self._xy * a + self._yy * b + self._yz * c,
            self._xz * a + self._yz * b + self._zz * c,
        )
        if any(axis):
            self.axis = unit(axis)


class Bias:
    """The offset of a gyroscope, learned while it turns no faster than an offset could."""

    def __init__(self) -> None:
        self._bias: Vector = (0.0, 0.0, 0.0)
        self._quiet_s = 0.0

    def taken_from(self, rate: Vector, dt_s: float) -> Vector:
        """Return a turn rate in rad/s, ``dt_s`` after the one before it, without the offset."""
        bx, by, bz = self._bias
        x, y, z = rate[0] - bx, rate[1] - by, rate[2] - bz
        if x * x + y * y + z * z < BIAS_RAD_S * BIAS_RAD_S:
            self._quiet_s = min(self._quiet_s + dt_s, BIAS_S)
            share = dt_s / self._quiet_s if self._quiet_s else 0.0
            self._bias = (bx + x * share, by + y * share, bz + z * share)
        return x, y, z
