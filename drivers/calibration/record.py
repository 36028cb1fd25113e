"""What is kept of a calibration: the figures, how good they are, for which wiring, since when and until when.

Nothing says who did it. A muscle's reference is of one person, named by the pseudonymous id alone.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated

from msgspec import Meta, Struct

from drivers.config import SensorConfig, Setting
from drivers.muscle import Reference

VALID_DAYS = 90
"""How long a calibration holds. Ours: cells creep with use and weather, and a season is a habit that can be kept."""
CLOCK_SLACK = timedelta(days=1)
"""A record dated further ahead than this was made by another clock."""

CAPACITY_KG = 100.0
"""What a cell is made for where ``station.toml`` does not say: the S-type cells of our rigs."""

MUSCLE_VALID_DAYS = 1
"""How long a muscle's reference holds: until the electrodes are put on anew, which is every day. Ours."""

WIRING_KEYS = ("address", "clock_pin", "data_pin", "device", "channel", "gain", "channel_gain")
"""Settings that say which cell or chip is meant; changed, another one may be there and the calibration is void."""
WIRING_DEFAULTS: Mapping[str, Mapping[str, Setting]] = {"hx711": {"channel_gain": "A128"}}
"""What a chip does where its settings leave these out."""
USUAL_GAIN = 128.0

Share = Annotated[float, Meta(ge=0, le=1)]
Axes = tuple[float, float, float]
Moment = Annotated[datetime, Meta(tz=True)]
Count = Annotated[int, Meta(ge=-0x800000, le=0x7FFFFF)]


class LoadRecord(Struct, frozen=True, forbid_unknown_fields=True, tag="load", tag_field="kind", kw_only=True):
    """The calibration of a load cell.

    ``reference_zero_count`` is the zero of the first calibration with weights: later tares are held against it.
    ``spread_n`` is the standard deviation of the empty cell, ``back_kg`` how far the zero moved under the weight;
    ``repeated_share`` and ``linear_share`` are None where that was not checked. ``made_at`` dates the weights,
    ``tared_at`` the zero.
    """

    sensor: str
    rig: str
    wiring: dict[str, Setting]
    made_at: Moment
    tared_at: Moment
    valid_days: Annotated[int, Meta(ge=1, le=366)] = VALID_DAYS
    capacity_kg: Annotated[float, Meta(gt=0)]
    weight_kg: Annotated[float, Meta(gt=0)]
    zero_count: Count
    reference_zero_count: Count
    newton_per_count: Annotated[float, Meta(gt=-1, lt=1)]
    spread_n: Annotated[float, Meta(ge=0)]
    back_kg: float
    repeated_share: Share | None = None
    linear_share: Share | None = None
    warming_up: bool = False

    def __post_init__(self) -> None:
        """Refuse what no measurement gives. Raises ValueError."""
        _refuse_unreal(self.newton_per_count, self.spread_n, self.capacity_kg, self.weight_kg, self.back_kg)
        if self.newton_per_count == 0:
            raise ValueError("newton_per_count is 0")


class PoseRecord(Struct, frozen=True, forbid_unknown_fields=True, tag="pose", tag_field="kind", kw_only=True):
    """The still pose of a motion sensor: ``up`` is the unit vector against gravity in the sensor's axes."""

    sensor: str
    rig: str
    wiring: dict[str, Setting]
    made_at: Moment
    valid_days: Annotated[int, Meta(ge=1, le=366)] = VALID_DAYS
    up: Axes
    gyro_bias_rad_s: Axes
    spread_m_s2: Annotated[float, Meta(ge=0)]

    def __post_init__(self) -> None:
        """Refuse what no measurement gives. Raises ValueError."""
        _refuse_unreal(*self.up, *self.gyro_bias_rad_s, self.spread_m_s2)
        if abs(math.hypot(*self.up) - 1.0) > 1e-6:
            raise ValueError("up is not a unit vector")


class MuscleRecord(Struct, frozen=True, forbid_unknown_fields=True, tag="muscle", tag_field="kind", kw_only=True):
    """A muscle's reference contraction: of one person (``patient``, pseudonymous) at one ``place``, site and side.

    Levels are shares of the converter's range: at rest (mean and standard deviation), and the mean plateau of
    ``efforts`` contractions, which differ by ``spread_share`` of it.
    """

    sensor: str
    rig: str
    wiring: dict[str, Setting]
    patient: str
    place: str
    made_at: Moment
    valid_days: Annotated[int, Meta(ge=1, le=366)] = MUSCLE_VALID_DAYS
    rest_level: Share
    rest_sd: Annotated[float, Meta(gt=0, le=1)]
    full_level: Share
    efforts: Annotated[int, Meta(ge=1, le=10)]
    spread_share: Annotated[float, Meta(ge=0)]

    def __post_init__(self) -> None:
        """Refuse what no measurement gives. Raises ValueError."""
        _refuse_unreal(self.rest_level, self.rest_sd, self.full_level, self.spread_share)
        if not self.reference.begins < self.full_level:
            raise ValueError("full_level is no more than rest")

    @property
    def reference(self) -> Reference:
        """What levels are read beside."""
        return Reference(self.rest_level, self.rest_sd, self.full_level)


Record = LoadRecord | PoseRecord | MuscleRecord


def wiring(config: SensorConfig) -> dict[str, Setting]:
    """Return what tells this sensor from another without a serial number: chip, bus, address, pins, channel, gain."""
    known = {**WIRING_DEFAULTS.get(config.chip, {}), **config.settings}
    return {"chip": config.chip, "bus": config.bus, **{key: known[key] for key in WIRING_KEYS if key in known}}


def capacity_kg(config: SensorConfig) -> float:
    """Return the load that a configured cell is made for."""
    return float(config.settings.get("capacity_kg", CAPACITY_KG))


def gain(config: SensorConfig) -> float:
    """Return the converter's gain: the number in ``gain`` or at the end of ``channel_gain``."""
    said = wiring(config).get("gain") or wiring(config).get("channel_gain") or USUAL_GAIN
    return float(str(said).lstrip("AB"))


def moment(wall_s: float) -> datetime:
    """Return seconds since 1970 as a date in UTC, to the second."""
    return datetime.fromtimestamp(math.floor(wall_s), UTC)


def expires_at(record: Record) -> datetime:
    """Return when the calibration ends to hold."""
    return record.made_at + timedelta(days=record.valid_days)


def doubts(record: Record, wall_s: float) -> tuple[str, ...]:
    """Return in words why a readable calibration should not be leant on any more; empty while it holds."""
    now = moment(wall_s)
    if record.made_at > now + CLOCK_SLACK:
        return (f"calibrated on {record.made_at:%Y-%m-%d}, which is still to come: set the clock",)
    if now >= expires_at(record):
        return (f"calibration expired on {expires_at(record):%Y-%m-%d}: {again(record.sensor)}",)
    return ()


def again(sensor: str) -> str:
    """Return the way out of every doubt."""
    return f"run steadyrig calibrate {sensor}"


def _refuse_unreal(*figures: float) -> None:
    # TOML knows nan and inf, and comparisons with nan let it pass.
    if not all(map(math.isfinite, figures)):
        raise ValueError("a figure is not finite")
