"""How high a sensor is, within one repetition: what barbell velocity trackers measure.

The acceleration along gravity, less the weight, integrated twice, is height. Whatever offset the chip has grows
with the square of the time, so the sum is held by a weak damped spring: a seismometer, which follows all that is
quicker than its own period and forgets the rest (Aki and Richards, Quantitative Seismology, ch. 12). In a
standstill the speed is known to be nothing and the height is kept (zero-velocity update; Skog et al., IEEE Trans
Biomed Eng 2010). An error e in the tilt costs only 1 - cos e of the weight: 0.15 m/s^2 at 10 degrees.
"""

from __future__ import annotations

import math

from drivers.samples import STANDARD_GRAVITY_M_S2, ImuSample, Vector
from edge.signal.filters import Smoother, Stillness
from edge.signal.orientation import Gravity
from edge.signal.vectors import dot

DAMPING = 0.7
"""Flattest response above the spring's own frequency, as in seismometers."""
FAST_S, SLOW_S = 0.08, 0.6
"""At rest the weight felt is the same over both."""
STILL_M_S2 = 0.1
"""Difference of the two up to which it is: five times what a chip's noise leaves of it, a third of what a slow lift
(half a metre in four seconds) makes."""
TURNING_DEG_S = 6.0
"""A hand that rests on a bar sways by less."""
STILL_S = 0.5
OFFSET_M_S2 = 0.5
"""A chip's own offset and scale make up no more: an acceleration beyond is a movement."""
LEARN_S = 1.0
"""Time constant with which standstills tell what this chip reads as weight."""


class Height:
    """Height in m above no place in particular, and the speed upwards in m/s.

    ``slowest_s`` is the own period of the spring: a movement of that period keeps 0.7 of its size, one half as slow
    almost all.
    """

    def __init__(self, slowest_s: float) -> None:
        self.height_m = 0.0
        self.speed_m_s = 0.0
        self.still = False
        self._pull = 2.0 * math.pi / slowest_s
        self._gravity = Gravity()
        self._weight = STANDARD_GRAVITY_M_S2
        self._fast, self._slow = Smoother(FAST_S), Smoother(SLOW_S)
        self._stillness = Stillness(1.0)
        self._t_s: float | None = None

    @property
    def posture(self) -> Vector:
        """The direction of gravity in the sensor's axes."""
        return self._gravity.direction or (0.0, 0.0, 1.0)

    def update(self, sample: ImuSample, accel: Vector) -> None:
        """Take one reading; ``accel`` is its acceleration in m/s^2."""
        t_s = sample.t_s
        felt = dot(accel, self._gravity.update(sample, accel))
        dt_s = 0.0 if self._t_s is None else t_s - self._t_s
        self._t_s = t_s
        self.still = self._is_still(t_s, felt, dt_s)
        if self.still:
            self.speed_m_s = 0.0
            return
        pull = self._pull
        back = 2.0 * DAMPING * pull * self.speed_m_s + pull * pull * self.height_m
        self.speed_m_s += (felt - self._weight - back) * dt_s
        self.height_m += self.speed_m_s * dt_s

    def _is_still(self, t_s: float, felt: float, dt_s: float) -> bool:
        fast, slow = self._fast.update(t_s, felt), self._slow.update(t_s, felt)
        restless = max(
            abs(fast - slow) / STILL_M_S2,
            self._gravity.speed_deg_s / TURNING_DEG_S,
            abs(fast - STANDARD_GRAVITY_M_S2) / OFFSET_M_S2,
        )
        still = self._stillness.update(t_s, restless) >= STILL_S
        if still:
            self._weight += (fast - self._weight) * dt_s / (LEARN_S + dt_s)
        return still
