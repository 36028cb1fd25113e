"""How far a limb is tilted from its start posture, however the sensor is strapped on.

Only the direction of gravity in the sensor's own axes is followed, so turning the sensor as a whole changes
nothing. The gyroscope carries that direction through a movement; the accelerometer corrects it slowly and only
while it reads about 1 g (a complementary filter; Mahony et al., IEEE Trans Automat Contr 2008).
"""

from __future__ import annotations

import math

from drivers.samples import STANDARD_GRAVITY_M_S2, ImuSample, Sample, Vector
from edge.signal.filters import Slope, Smoother
from edge.signal.hinge import Bias, Hinge
from edge.signal.vectors import angle_deg, cross, dot, unit

__all__ = ["Gravity", "Posture", "Tilt", "angle_deg", "unit", "usable_accel"]

CORRECTION_S = 1.5
"""Time constant of the pull towards the accelerometer: long beside a repetition's accelerations."""
FIRST_S = 0.5
"""While it has run no longer than this, the filter is the plain mean of what came in."""
NOT_ONE_G = 0.2
"""Relative distance from 1 g at which a reading has lost its say."""
WITHOUT_GYRO_S = 0.12
"""Smoothing of the accelerometer where there is no gyroscope."""


Posture = tuple[float, ...]
"""What a shift remembers of a posture; only the shift it came from can read it."""


class Gravity:
    """The direction of gravity in the sensor's axes as a unit vector, and how fast it turns in deg/s."""

    def __init__(self) -> None:
        self.direction: Vector | None = None
        self.speed_deg_s = 0.0
        self._first_s = 0.0
        self._t_s = 0.0
        self._bias = Bias()
        self._axes = [Smoother(WITHOUT_GYRO_S) for _ in range(6)]
        self._slopes = [Slope(0.1) for _ in range(3)]

    def update(self, sample: ImuSample, accel: Vector) -> Vector:
        """Take one reading; ``accel`` is its acceleration in m/s^2. The direction is returned."""
        if self.direction is None:
            self.direction, self._first_s = unit(accel), sample.t_s
        elif sample.gyro_rad_s is None:
            self.direction = self._smoothed(sample.t_s, accel)
        else:
            self.direction = self._fused(sample.t_s, accel, sample.gyro_rad_s, self.direction)
        self._t_s = sample.t_s
        return self.direction

    def _fused(self, t_s: float, accel: Vector, gyro: Vector, old: Vector) -> Vector:
        dt_s = t_s - self._t_s
        turn = self._bias.taken_from(gyro, dt_s)
        # A vector fixed in the world moves at -w x v in axes that turn at w.
        gx, gy, gz = old
        wx, wy, wz = turn
        vx, vy, vz = gy * wz - gz * wy, gz * wx - gx * wz, gx * wy - gy * wx
        self.speed_deg_s = math.degrees(math.sqrt(vx * vx + vy * vy + vz * vz))
        size = math.sqrt(accel[0] * accel[0] + accel[1] * accel[1] + accel[2] * accel[2])
        doubt = abs(size - STANDARD_GRAVITY_M_S2) / (NOT_ONE_G * STANDARD_GRAVITY_M_S2)
        pull = 0.0 if doubt >= 1.0 else (1.0 - doubt) * dt_s / self._patience_s(t_s)
        keep = 1.0 - pull
        by = pull / size if size else 0.0
        return unit(
            (
                (gx + vx * dt_s) * keep + accel[0] * by,
                (gy + vy * dt_s) * keep + accel[1] * by,
                (gz + vz * dt_s) * keep + accel[2] * by,
            )
        )

    def _patience_s(self, t_s: float) -> float:
        run_s = t_s - self._first_s
        return run_s if run_s < FIRST_S else CORRECTION_S

    def _smoothed(self, t_s: float, accel: Vector) -> Vector:
        """Two low-passes in a row per axis; the speed is that of their result."""
        x, y, z = (self._axes[i + 3].update(t_s, self._axes[i].update(t_s, accel[i])) for i in range(3))
        direction = unit((x, y, z))
        rates = [self._slopes[i].update(t_s, direction[i]) for i in range(3)]
        self.speed_deg_s = math.degrees(math.sqrt(sum(rate * rate for rate in rates)))
        return direction


def usable_accel(sample: Sample) -> Vector | None:
    """Return the acceleration of a motion sample whose numbers are all finite, else None."""
    if not isinstance(sample, ImuSample) or sample.accel_m_s2 is None:
        return None
    x, y, z = sample.accel_m_s2
    # A sum is finite when its parts are, except for infinities of both signs, whose sum is no number either.
    p, q, r = sample.gyro_rad_s or (0.0, 0.0, 0.0)
    return sample.accel_m_s2 if math.isfinite(x + y + z + p + q + r) else None


def turns_only(sample: Sample) -> bool:
    """Return whether the sample is a usable turn rate of a sensor that gives no acceleration."""
    if not isinstance(sample, ImuSample) or sample.accel_m_s2 is not None or sample.gyro_rad_s is None:
        return False
    return math.isfinite(sum(sample.gyro_rad_s))


class Tilt:
    """Degrees of tilt away from the start posture, which is wherever :meth:`anchor` was last called.

    The angle is the whole one until the axis of the movement is known (:meth:`face`), and then the one about it.
    """

    unit = "deg"

    def __init__(self) -> None:
        self._start: Vector | None = None
        self._axis: Vector | None = None
        self._hinge = Hinge()
        self._t_s = 0.0
        self.shift = 0.0
        self.weight = 0.0
        self.knows_speed = False
        self.reset()

    def reset(self) -> None:
        """Gravity is looked for anew; the start posture stays where it was."""
        self._gravity = Gravity()

    @property
    def signal(self) -> float:
        """The shift itself."""
        return self.shift

    @property
    def speed(self) -> float:
        """Turn rate of gravity in deg/s, never negative."""
        return self._gravity.speed_deg_s

    @property
    def direction(self) -> Vector:
        """The axis about which the sensor has tilted, in its own axes, at length 1."""
        now, start = self._gravity.direction, self._start
        return unit(cross(start, now)) if now and start else (0.0, 0.0, 0.0)

    @property
    def axis(self) -> Vector:
        """The axis about which the sensor has tilted most of late."""
        return self._hinge.axis

    @property
    def reach(self) -> float:
        """The whole angle from the start posture, whichever way."""
        now, start = self._gravity.direction, self._start
        return angle_deg(now, start) if now and start else 0.0

    def reach_from(self, posture: Posture) -> float:
        """Return the whole angle from a posture remembered, whichever way."""
        now = self._gravity.direction
        return angle_deg(now, (posture[0], posture[1], posture[2])) if now and len(posture) == 3 else 0.0

    @staticmethod
    def takes(sample: Sample) -> bool:
        """Return whether the sample is an acceleration that can be used, or a turn rate alone."""
        return usable_accel(sample) is not None or turns_only(sample)

    def update(self, sample: Sample) -> None:
        """``shift`` and ``speed`` are those of this sample, ``weight`` the size of its acceleration in m/s^2."""
        accel = usable_accel(sample)
        if not isinstance(sample, ImuSample) or accel is None:
            return
        self.weight = math.sqrt(accel[0] * accel[0] + accel[1] * accel[1] + accel[2] * accel[2])
        before = self._gravity.direction
        now = self._gravity.update(sample, accel)
        if before is not None and sample.t_s > self._t_s:
            dt_s = sample.t_s - self._t_s
            x, y, z = cross(before, now)
            self._hinge.update(dt_s, (x / dt_s, y / dt_s, z / dt_s))
        self._t_s = sample.t_s
        self.knows_speed = sample.gyro_rad_s is not None
        self.shift = self._angle_deg(now)

    def _angle_deg(self, now: Vector) -> float:
        """Return the angle from the start: about the usual axis, and never negative while there is none."""
        start, axis = self._start, self._axis
        if start is None:
            return 0.0
        if axis is None:
            return angle_deg(now, start)
        beside = dot(start, axis) * dot(now, axis)
        return math.degrees(math.atan2(dot(cross(start, now), axis), dot(start, now) - beside))

    def face(self, axis: Vector | None) -> None:
        """Tilting about ``axis`` counts as positive from now on, the other way as negative; None: the whole angle."""
        self._axis = axis
        if self._gravity.direction is not None:
            self.shift = self._angle_deg(self._gravity.direction)

    def anchor(self, share: float = 1.0) -> None:
        """The start posture moves this share of the way to the present one."""
        now = self._gravity.direction
        if now is None:
            return
        old = self._start or now
        self._start = unit(
            (
                old[0] + share * (now[0] - old[0]),
                old[1] + share * (now[1] - old[1]),
                old[2] + share * (now[2] - old[2]),
            )
        )
        self.shift = self._angle_deg(now)

    @property
    def posture(self) -> Posture:
        """The present posture, to be remembered for :meth:`anchor_at`."""
        return self._gravity.direction or ()

    def anchor_at(self, posture: Posture) -> None:
        """The start posture is one remembered."""
        if len(posture) == 3 and self._gravity.direction is not None:
            self._start = (posture[0], posture[1], posture[2])
            self.shift = self._angle_deg(self._gravity.direction)
