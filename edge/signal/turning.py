"""How far a limb has turned from its start posture, where there is a gyroscope and no accelerometer.

Turn rates are integrated as a quaternion. Nothing keeps that from drifting but the gyroscope's offset, learned while
it is still, and the start posture, which is taken anew at every standstill.
"""

from __future__ import annotations

import math

from drivers.samples import ImuSample, Quaternion, Sample, Vector
from edge.signal.hinge import Bias, Hinge
from edge.signal.orientation import Posture
from edge.signal.vectors import dot, size_of, unit

IDENTITY: Quaternion = (1.0, 0.0, 0.0, 0.0)


class Turn:
    """Degrees turned away from the start posture, which is wherever :meth:`anchor` was last called."""

    unit = "deg"
    knows_speed = True

    def __init__(self) -> None:
        self.shift = 0.0
        self.speed = 0.0
        self.weight = 0.0
        self._axis: Vector | None = None
        self._hinge = Hinge()
        self._bias = Bias()
        self._away: Vector = (0.0, 0.0, 0.0)
        self._now = self._start = IDENTITY
        self.reset()

    def reset(self) -> None:
        """How long ago the last sample was does not matter any more; nothing turned meanwhile, as far as is known."""
        self._t_s: float | None = None

    @property
    def signal(self) -> float:
        """The shift itself."""
        return self.shift

    @property
    def direction(self) -> Vector:
        """The axis about which the sensor has turned, in its own axes."""
        return unit(self._away)

    @staticmethod
    def takes(sample: Sample) -> bool:
        """Return whether the sample is a turn rate that can be used."""
        return (
            isinstance(sample, ImuSample) and sample.gyro_rad_s is not None and math.isfinite(sum(sample.gyro_rad_s))
        )

    def update(self, sample: Sample) -> None:
        """``shift`` in deg and ``speed`` in deg/s, never negative, are those of this sample."""
        if not isinstance(sample, ImuSample) or sample.gyro_rad_s is None:
            return
        dt_s = 0.0 if self._t_s is None else sample.t_s - self._t_s
        self._t_s = sample.t_s
        rate = self._bias.taken_from(sample.gyro_rad_s, dt_s)
        self.speed = math.degrees(size_of(rate))
        self._hinge.update(dt_s, rate)
        self._now = _turned(self._now, rate, dt_s)
        self._measure()

    def _measure(self) -> None:
        w, x, y, z = _product(_conjugate(self._start), self._now)
        if w < 0.0:
            w, x, y, z = -w, -x, -y, -z
        self._away = (x, y, z)
        along = size_of(self._away) if self._axis is None else dot(self._away, self._axis)
        self.shift = math.degrees(2.0 * math.atan2(along, w))

    @property
    def axis(self) -> Vector:
        """The axis about which the sensor has turned most of late."""
        return self._hinge.axis

    @property
    def reach(self) -> float:
        """The whole angle from the start posture, whichever way."""
        return math.degrees(2.0 * math.asin(min(size_of(self._away), 1.0)))

    def reach_from(self, posture: Posture) -> float:
        """Return the whole angle from a posture remembered, whichever way."""
        along = sum(now * then for now, then in zip(self._now, posture, strict=True))
        return math.degrees(2.0 * math.acos(min(abs(along), 1.0)))

    def face(self, axis: Vector | None) -> None:
        """Turning about ``axis`` counts as positive from now on, the other way as negative; None: the whole angle."""
        self._axis = axis
        self._measure()

    def anchor(self, share: float = 1.0) -> None:
        """The start posture moves this share of the way to the present one."""
        if share >= 1.0:
            self._start = self._now
        else:
            # Both are versions of nearly the same posture: the straight line between them is as good as the arc.
            sign = 1.0 if sum(s * n for s, n in zip(self._start, self._now, strict=True)) >= 0 else -1.0
            w, x, y, z = (s + share * (sign * n - s) for s, n in zip(self._start, self._now, strict=True))
            self._start = _normed((w, x, y, z))
        self._measure()

    @property
    def posture(self) -> Posture:
        """The present posture, to be remembered for :meth:`anchor_at`."""
        return self._now

    def anchor_at(self, posture: Posture) -> None:
        """The start posture is one remembered."""
        w, x, y, z = posture
        self._start = (w, x, y, z)
        self._measure()


def _turned(q: Quaternion, rate: Vector, dt_s: float) -> Quaternion:
    """Return ``q`` after turning at ``rate`` in rad/s, given in the sensor's axes, for ``dt_s``."""
    size = size_of(rate)
    half = 0.5 * size * dt_s
    if half == 0.0:
        return q
    by = math.sin(half) / size
    return _normed(_product(q, (math.cos(half), rate[0] * by, rate[1] * by, rate[2] * by)))


def _conjugate(q: Quaternion) -> Quaternion:
    return q[0], -q[1], -q[2], -q[3]


def _product(a: Quaternion, b: Quaternion) -> Quaternion:
    return (
        a[0] * b[0] - a[1] * b[1] - a[2] * b[2] - a[3] * b[3],
        a[0] * b[1] + a[1] * b[0] + a[2] * b[3] - a[3] * b[2],
        a[0] * b[2] - a[1] * b[3] + a[2] * b[0] + a[3] * b[1],
        a[0] * b[3] + a[1] * b[2] - a[2] * b[1] + a[3] * b[0],
    )


def _normed(q: Quaternion) -> Quaternion:
    size = math.sqrt(q[0] * q[0] + q[1] * q[1] + q[2] * q[2] + q[3] * q[3])
    return q[0] / size, q[1] / size, q[2] / size, q[3] / size
