"""About which axis a limb turns when it exercises."""

from __future__ import annotations

from drivers.samples import Vector
from edge.signal.vectors import unit

MEMORY_S = 20.0
"""A few repetitions, however slow."""
BRIEF_S = 0.5
"""Turns to and fro within this time cancel: a foot that is set down shakes faster than a leg is raised."""


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
