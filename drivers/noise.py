"""What the chips add to the truth: noise, offsets, steps and times that are a little off.

The ideal readings of a virtual patient go in, samples as a driver would deliver them come out. Every instance is one
chip: its offsets are drawn once from its seed. Sources, by the short names used below:

- BNO080 data sheet, Hillcrest 1000-3927 (the BNO085 is the same chip with newer firmware): section 6.6 refers to the
  BMF055 for the raw sensors and gives their ranges, figure 6-12 the accuracy of the calibrated reports.
- BMF055 data sheet, Bosch BST-BMF055-DS000: tables of the accelerometer's and gyroscope's output.
- HX711 data sheet, Avia Semiconductor: key electrical characteristics.
- SH-2: fixed-point steps and the time base of the chip's reports, as ``drivers/bno08x.py`` and ``shtp.py`` read them.
"""

from __future__ import annotations

import math
import random
from collections import deque
from collections.abc import Iterator

from drivers.patient import ImuTruth
from drivers.samples import STANDARD_GRAVITY_M_S2, ImuSample, LoadSample, Quality, Quaternion, Vector

ACCEL_NOISE_M_S2 = 150e-6 * math.sqrt(62.5) * STANDARD_GRAVITY_M_S2
"""BMF055: 150 ug per root Hz; 62.5 Hz is the sensor's bandwidth nearest to half of 100 Hz."""
ACCEL_OFFSET_M_S2 = 0.3 / math.sqrt(3.0)
"""BNO080 figure 6-12: the calibrated accelerometer is within 0.3 m/s^2, here shared by three axes. Before calibration
a single axis may be off by 80 mg, 0.78 m/s^2 (BMF055)."""
ACCEL_SCALE = 0.01
"""Typical error of the sensitivity; the tolerance is a few percent (BMF055)."""
GYRO_NOISE_RAD_S = math.radians(0.014 * math.sqrt(47.0))
"""BMF055: 0.014 deg/s per root Hz, and 47 Hz as the bandwidth at 100 Hz."""
GYRO_OFFSET_RAD_S = math.radians(1.0)
"""BMF055: typical zero-rate offset of 1 deg/s (at most 3). The chip's calibration takes most of it away after a
stillness; a strapped sensor may not have had one yet."""
GYRO_SCALE = 0.01
"""Typical error of the sensitivity, at most 3 percent (BMF055)."""
GYRO_DRIFT_RAD_S2 = math.radians(0.015) * 2.0 / 600.0
"""BMF055: 0.015 deg/s per kelvin; two kelvin in ten minutes on warm skin is our choice."""
ACCEL_STEP_M_S2, GYRO_STEP_RAD_S, QUATERNION_STEP = 2.0**-8, 2.0**-9, 2.0**-14
"""SH-2: Q points 8, 9 and 14."""
ACCEL_END_M_S2 = 8.0 * STANDARD_GRAVITY_M_S2
GYRO_END_RAD_S = math.radians(2000.0)
"""BNO080 section 6.6: +-8 g and +-2000 deg/s."""
QUATERNION_ERROR_RAD = math.radians(1.5) / math.sqrt(2.0)
"""BNO080 figure 6-12: 1.5 degrees of static non-heading error of the game rotation vector, shared by two axes."""
HEADING_DRIFT_RAD_S = math.radians(0.5) / 60.0
"""BNO080 figure 6-12: half a degree per minute."""
IMU_TIME_STEP_S = 100e-6
"""SH-2: time base and delay come in steps of 100 us."""
IMU_LATENESS_S, IMU_PAUSE_S, IMU_PAUSES = 0.3e-3, 5e-3, 0.01
"""The host stamps the interrupt when it gets to it: 0.3 ms late in the mean, 5 ms once in a hundred. Our choice."""
CLOCK_ERROR = 0.002
"""A chip's clock against the station's; a crystal is better, an oscillator on the chip worse. Our choice."""

CONVERTER_NOISE_V = {10: 50e-9, 80: 90e-9}
"""HX711: input noise at gain 128, at 10 and at 80 conversions per second."""
BOARD_NOISE = 5.0
"""Cable, supply and a plain circuit board against the chip alone. Our choice; the data sheet's own figure is 1."""
CONVERTER_SPAN_V = 0.04
"""HX711: +-20 mV at gain 128 and 5 V."""
CELL_V_PER_N = 0.010 / 1000.0
"""A common cell: 2 mV per volt at its rated load, here 1000 N (100 kg) at 5 V."""
LOAD_STEP_N = CONVERTER_SPAN_V / 2**24 / CELL_V_PER_N
"""HX711: 24 bits over the span."""
LOAD_OFFSET_N = 0.5
"""What a tare leaves. Our choice."""
LOAD_DRIFT_N_S = 0.005 * 1000.0 / 600.0
"""Half a percent of the range in ten minutes: a warm-up as users of the HX711 report it, and creep."""
CONVERTER_WEIGHTS = (0.125, 0.375, 0.375, 0.125)
"""HX711: a step takes four conversions to settle. The filter is not published; a third-order sinc filter has these
weights, and makes the reading a conversion and a half late."""
LOAD_LATENESS_S = 1e-3
"""A converter is asked whether it is ready some hundred times a second or more. Our choice."""


class Bno085Noise:
    """One motion chip: ``times`` says when it measures, ``read`` what it then says."""

    def __init__(self, seed: int, rate_hz: float = 100.0) -> None:
        self._random = draw = random.Random(f"{seed}:bno085")
        self._step_s = (1.0 + draw.gauss(0.0, CLOCK_ERROR)) / rate_hz
        self._accel_offset = _drawn(draw, ACCEL_OFFSET_M_S2)
        self._accel_scale = _drawn(draw, ACCEL_SCALE)
        self._gyro_offset = _drawn(draw, GYRO_OFFSET_RAD_S)
        self._gyro_scale = _drawn(draw, GYRO_SCALE)
        self._gyro_drift = _drawn(draw, GYRO_DRIFT_RAD_S2)
        self._tilt_error = _drawn(draw, QUATERNION_ERROR_RAD)
        self._heading_drift = draw.gauss(0.0, HEADING_DRIFT_RAD_S)

    def times(self, until_s: float) -> Iterator[float]:
        """Yield the moments in which the chip measures, in seconds."""
        for i in range(int(until_s / self._step_s)):
            yield i * self._step_s

    def read(self, sensor: str, t_s: float, truth: ImuTruth) -> ImuSample:
        """Return the sample of ``truth`` at ``t_s``; its own time is a little late."""
        accel = self._measured(
            truth.accel_m_s2, self._accel_offset, self._accel_scale, ACCEL_NOISE_M_S2, ACCEL_STEP_M_S2, ACCEL_END_M_S2
        )
        x, y, z = self._gyro_drift
        drifted = (self._gyro_offset[0] + x * t_s, self._gyro_offset[1] + y * t_s, self._gyro_offset[2] + z * t_s)
        gyro = self._measured(
            truth.gyro_rad_s, drifted, self._gyro_scale, GYRO_NOISE_RAD_S, GYRO_STEP_RAD_S, GYRO_END_RAD_S
        )
        full = max(map(abs, accel)) >= ACCEL_END_M_S2 or max(map(abs, gyro)) >= GYRO_END_RAD_S
        quality = Quality.SATURATED if full else Quality.GOOD
        return ImuSample(sensor, self._stamped(t_s), accel, gyro, self._turned(truth.quaternion_wxyz, t_s), quality)

    def _measured(self, true: Vector, offset: Vector, scale: Vector, noise: float, step: float, end: float) -> Vector:
        gauss = self._random.gauss
        x, y, z = (
            min(max(step * round((true[i] * (1.0 + scale[i]) + offset[i] + gauss(0.0, noise)) / step), -end), end)
            for i in range(3)
        )
        return x, y, z

    def _turned(self, true: Quaternion, t_s: float) -> Quaternion:
        """Return the orientation with a constant error of tilt and a slow one of heading, both small."""
        w, x, y, z = true
        a, b, c = self._tilt_error[0] / 2, self._tilt_error[1] / 2, self._heading_drift * t_s / 2
        # A turn by small angles about the world's axes, to first order.
        turned = (
            w - a * x - b * y - c * z,
            x + a * w + b * z - c * y,
            y + b * w + c * x - a * z,
            z + c * w + a * y - b * x,
        )
        size = math.sqrt(sum(part * part for part in turned))
        w, x, y, z = (QUATERNION_STEP * round(part / size / QUATERNION_STEP) for part in turned)
        return w, x, y, z

    def _stamped(self, t_s: float) -> float:
        late_s = min(self._random.expovariate(1.0 / IMU_LATENESS_S), IMU_PAUSE_S)
        if self._random.random() < IMU_PAUSES:
            late_s = IMU_PAUSE_S
        return IMU_TIME_STEP_S * round((t_s + late_s) / IMU_TIME_STEP_S)


class Hx711Noise:
    """One load cell with its converter at 10 or 80 conversions per second. Raises KeyError for another rate."""

    def __init__(self, seed: int, rate_hz: int = 80) -> None:
        self._random = draw = random.Random(f"{seed}:hx711")
        self._step_s = (1.0 + draw.gauss(0.0, CLOCK_ERROR)) / rate_hz
        self._noise_n = BOARD_NOISE * CONVERTER_NOISE_V[rate_hz] / CELL_V_PER_N
        self._offset_n = draw.gauss(0.0, LOAD_OFFSET_N)
        self._drift_n_s = draw.uniform(-LOAD_DRIFT_N_S, LOAD_DRIFT_N_S)
        self._newest: deque[float] = deque(maxlen=len(CONVERTER_WEIGHTS))

    def times(self, until_s: float) -> Iterator[float]:
        """Yield the ends of the conversions, in seconds."""
        for i in range(int(until_s / self._step_s)):
            yield i * self._step_s

    def read(self, sensor: str, t_s: float, force_n: float) -> LoadSample:
        """Return the conversion that ends at ``t_s``; to be called for every one of them, in order."""
        if not self._newest:
            self._newest.extend([force_n] * len(CONVERTER_WEIGHTS))
        self._newest.append(force_n)
        settled = sum(share * value for share, value in zip(CONVERTER_WEIGHTS, self._newest, strict=True))
        value = settled + self._offset_n + self._drift_n_s * t_s + self._random.gauss(0.0, self._noise_n)
        late_s = min(self._random.expovariate(1.0 / LOAD_LATENESS_S), 0.4 * self._step_s)
        return LoadSample(sensor, t_s + late_s, LOAD_STEP_N * round(value / LOAD_STEP_N))


def _drawn(draw: random.Random, spread: float) -> Vector:
    """Return three numbers, each within twice the spread."""
    x, y, z = (max(-2 * spread, min(2 * spread, draw.gauss(0.0, spread))) for _ in range(3))
    return x, y, z
