"""What an emulated motion sensor adds to the truth: noise, offsets, a heading that drifts."""

from __future__ import annotations

import math
import random

from drivers.samples import Quaternion, Vector

# White noise and remaining offset of one reading at 100 Hz. The data sheet (BNO08X, section 6.7) promises an
# accuracy of 0.3 m/s2, 3.1 deg/s and a game heading that drifts 0.5 deg/min; it gives no noise figures, so these
# are those of the Bosch parts inside: 150 ug and 0.014 deg/s per root hertz over 50 Hz.
ACCEL_NOISE_M_S2 = 0.0104
GYRO_NOISE_RAD_S = 0.0017
ACCEL_OFFSET_M_S2 = 0.05
GYRO_OFFSET_RAD_S = 0.003
ORIENTATION_NOISE_RAD = 0.0009
HEADING_DRIFT_RAD_S = math.radians(0.5) / 60.0

_NOISE_ROWS = 4099  # a prime, so that the pattern does not fall in step with anything


class ImuErrors:
    """The sensor's own errors: offsets fixed at start, a long table of noise, a heading that drifts."""

    def __init__(self, rng: random.Random, scale: float) -> None:
        sigmas = [ACCEL_NOISE_M_S2] * 3 + [GYRO_NOISE_RAD_S] * 3 + [ORIENTATION_NOISE_RAD / 2] * 3
        offsets = [ACCEL_OFFSET_M_S2] * 3 + [GYRO_OFFSET_RAD_S] * 3
        offset = [rng.gauss(0.0, sigma * scale) for sigma in offsets] + [0.0] * 3
        self._rows = [
            tuple(mean + rng.gauss(0.0, sigma * scale) for mean, sigma in zip(offset, sigmas, strict=True))
            for _ in range(_NOISE_ROWS)
        ]
        self._half_drift_rad_s = rng.gauss(0.0, HEADING_DRIFT_RAD_S * scale) / 2
        self._index = 0
        self._row = self._rows[0]

    def draw(self) -> None:
        """Move on to the errors of the next instant."""
        self._index = (self._index + 1) % _NOISE_ROWS
        self._row = self._rows[self._index]

    def accel(self, value: Vector) -> Vector:
        """Return an acceleration (m/s2) with this instant's error."""
        row = self._row
        return value[0] + row[0], value[1] + row[1], value[2] + row[2]

    def gyro(self, value: Vector) -> Vector:
        """Return a turn rate (rad/s) with this instant's error."""
        row = self._row
        return value[0] + row[3], value[1] + row[4], value[2] + row[5]

    def orientation(self, value: Quaternion, up_s: float) -> Quaternion:
        """Turn ``value`` by a small random rotation and by the drift about the vertical since start."""
        w, x, y, z = value
        _, _, _, _, _, _, b, c, d = self._row
        half_rad = self._half_drift_rad_s * up_s
        a, d = math.cos(half_rad), d + math.sin(half_rad)
        return (
            a * w - b * x - c * y - d * z,
            a * x + b * w + c * z - d * y,
            a * y - b * z + c * w + d * x,
            a * z + b * y - c * x + d * w,
        )
