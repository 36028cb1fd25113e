"""What a sensor says: one reading with its own time, unit and quality."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntFlag

Vector = tuple[float, float, float]
Quaternion = tuple[float, float, float, float]

STANDARD_GRAVITY_M_S2 = 9.80665
"""Conventional value of gravity (ISO 80000-3); also turns kilograms shown to people into newtons."""


class Quality(IntFlag):
    """What is wrong with a sample; zero means nothing known is wrong."""

    GOOD = 0
    GAP_BEFORE = 1
    """Samples are missing between this one and the one before it."""
    RESET_BEFORE = 2
    """The chip restarted since the sample before; heading and settling start anew."""
    LOW_ACCURACY = 4
    """The chip itself reports accuracy 0 (unreliable)."""
    SATURATED = 8
    """The value is at the end of the range: read it as "at least"."""
    UNCALIBRATED = 16
    """No valid calibration stands behind the unit."""
    SETTLING = 32
    """Taken while the converter still settles after power-up or a change of gain."""
    WARMING_UP = 64
    """Taken while cell and converter still warm up: the zero may move."""
    DRIFTED = 128
    """The zero has moved further than can be put right without letting go of the load."""
    EXPIRED = 256
    """The calibration behind the unit has expired: nothing is to be decided by it."""


@dataclass(frozen=True, slots=True)
class ImuSample:
    """One instant of a motion sensor.

    ``t_s`` is seconds on the station's monotonic clock, of the measurement and not of the reading.
    ``accel_m_s2`` includes gravity (about +9.81 upward at rest); ``gyro_rad_s`` is the turn rate; both are
    (x, y, z) in the sensor's own axes. ``quaternion_wxyz`` is the chip's game rotation vector,
    ``linear_m_s2`` its acceleration without gravity. A part that the sensor did not deliver is None, never zeros.
    """

    sensor: str
    t_s: float
    accel_m_s2: Vector | None
    gyro_rad_s: Vector | None = None
    quaternion_wxyz: Quaternion | None = None
    quality: Quality = Quality.GOOD
    linear_m_s2: Vector | None = None


@dataclass(frozen=True, slots=True)
class LoadSample:
    """One conversion of a load cell: ``force_n`` in newtons, pull positive, at ``t_s`` monotonic seconds."""

    sensor: str
    t_s: float
    force_n: float
    quality: Quality = Quality.GOOD


@dataclass(frozen=True, slots=True)
class MuscleSample:
    """One reading of a muscle's envelope board: ``level`` is its share of the converter's range, 0 to 1.

    It means something only beside a reference contraction of the same person, electrode and day: ``activation`` is
    the share of it, 0 at rest, and ``onset_s`` when the activity under way began, None at rest. Without a reference
    both are None and the sample is UNCALIBRATED. SATURATED: the board can give no more.
    """

    sensor: str
    t_s: float
    level: float
    quality: Quality = Quality.GOOD
    activation: float | None = None
    onset_s: float | None = None


Sample = ImuSample | LoadSample | MuscleSample
