"""How high a sensor is, within one repetition: what barbell velocity trackers measure.

The acceleration along gravity, less the weight, integrated twice, is height. Whatever offset the chip has grows
with the square of the time, so the sum is held by a weak damped spring: a seismometer, which follows all that is
quicker than its own period and forgets the rest (Aki and Richards, Quantitative Seismology, ch. 12). It turns a
little early, by 0.1 s in a repetition of two seconds. Setting the speed to nothing in a standstill would mend that,
but a slow lift accelerates no more than a hand sways.

The direction of gravity is taken from the smoothed acceleration, whether or not there is a gyroscope: an error e in
it costs only 1 - cos e of the weight, 0.15 m/s^2 at 10 degrees, so a gyroscope has little to mend. While somebody
walks about for minutes, though, what is learned as its offset is the sway of the hands, and that leads gravity astray
by 18 degrees: a metre of height that is not there.
"""

from __future__ import annotations

import math

from drivers.samples import STANDARD_GRAVITY_M_S2, ImuSample, Vector
from edge.signal.filters import Smoother
from edge.signal.orientation import Gravity
from edge.signal.vectors import dot

DAMPING = 0.7
"""Flattest response above the spring's own frequency, as in seismometers."""
REST_S = 0.5
"""Samples that begin with so long a rest begin at rest, and tell what this chip reads as weight."""
REST_M_S2 = 0.15
"""How far the smoothed acceleration strays from its mean at rest: a chip's noise leaves 0.03, a hand sways."""
TURNING_DEG_S = 6.0
"""A hand that rests on a bar sways by less."""
OFFSET_M_S2 = 0.5
"""A chip's own offset and scale make up no more: an acceleration beyond is a movement."""
SMOOTHING_S = 0.08


class Height:
    """Height in m above no place in particular, and the speed upwards in m/s.

    ``slowest_s`` is the own period of the spring: a movement of that period keeps 0.7 of its size, one half as slow
    almost all. ``began_at_rest`` is None until that is known.
    """

    def __init__(self, slowest_s: float) -> None:
        self.height_m = 0.0
        self.speed_m_s = 0.0
        self.began_at_rest: bool | None = None
        self._pull = 2.0 * math.pi / slowest_s
        self._gravity = Gravity()
        self._weight = STANDARD_GRAVITY_M_S2
        self._smooth = Smoother(SMOOTHING_S)
        self._first: list[float] = []
        self._first_s: float | None = None
        self._t_s = 0.0

    @property
    def posture(self) -> Vector:
        """The direction of gravity in the sensor's axes."""
        return self._gravity.direction or (0.0, 0.0, 1.0)

    def update(self, sample: ImuSample, accel: Vector) -> None:
        """Take one reading; ``accel`` is its acceleration in m/s^2."""
        t_s = sample.t_s
        felt = dot(accel, self._gravity.update(ImuSample(sample.sensor, t_s, accel), accel))
        if self._first_s is None:
            self._first_s = self._t_s = t_s
        dt_s, self._t_s = t_s - self._t_s, t_s
        if self.began_at_rest is None:
            self._begin(t_s, felt)
        pull = self._pull
        back = 2.0 * DAMPING * pull * self.speed_m_s + pull * pull * self.height_m
        self.speed_m_s += (felt - self._weight - back) * dt_s
        self.height_m += self.speed_m_s * dt_s

    def _begin(self, t_s: float, felt: float) -> None:
        """Tell whether the samples begin at rest; if so, that is the weight, and the sums begin after it."""
        self._first.append(self._smooth.update(t_s, felt))
        mean = sum(self._first) / len(self._first)
        if (
            abs(self._first[-1] - mean) >= REST_M_S2
            or abs(mean - STANDARD_GRAVITY_M_S2) >= OFFSET_M_S2
            or self._gravity.speed_deg_s >= TURNING_DEG_S
        ):
            self.began_at_rest = False
        elif t_s - (self._first_s or 0.0) >= REST_S:
            self.began_at_rest = True
            self._weight, self.speed_m_s, self.height_m = mean, 0.0, 0.0
