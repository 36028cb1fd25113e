"""What stands in for an acceleration where only a gyroscope speaks.

A sensor that tilts by a small angle feels gravity move sideways by that angle times g. Turn rates added up over the
last seconds give such an angle without knowing where down is; the sum leaks, so that a gyroscope's offset stays a
constant, which nobody who looks for movements minds.
"""

from __future__ import annotations

import math

from drivers.samples import STANDARD_GRAVITY_M_S2, ImuSample, Sample, Vector

LEAK_S = 8.0
"""Long beside a repetition, short beside what an offset of 1 deg/s needs to add up to one. Our choice."""


class Angles:
    """Leaky sum of the turn rate about the sensor's three axes, times g: (x, y, z) in m/s^2.

    >>> angles = Angles()
    >>> for i in range(101):
    ...     sideways = angles.update(ImuSample("imu", i / 100, None, (0.1, 0.0, 0.0)))
    >>> round(sideways[0], 2)
    0.92
    """

    def __init__(self) -> None:
        self._t_s: float | None = None
        self._sum: Vector = (0.0, 0.0, 0.0)

    def update(self, sample: Sample) -> Vector | None:
        """Return the sum after this sample, or None where it is no finite turn rate."""
        if not isinstance(sample, ImuSample) or sample.gyro_rad_s is None:
            return None
        if not math.isfinite(sum(sample.gyro_rad_s)):
            return None
        dt_s = 0.0 if self._t_s is None else sample.t_s - self._t_s
        self._t_s = sample.t_s
        keep, by = math.exp(-dt_s / LEAK_S), STANDARD_GRAVITY_M_S2 * dt_s
        (x, y, z), (p, q, r) = self._sum, sample.gyro_rad_s
        self._sum = (x * keep + p * by, y * keep + q * by, z * keep + r * by)
        return self._sum
