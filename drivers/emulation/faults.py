"""What goes wrong with an emulated sensor, when, and how badly: a script the emulators act out.

A script is a TOML file, or a list in a test::

    [[fault]]
    kind = "nack"              # one of Kind
    sensor = "thigh"           # a sensor's name in station.toml
    start_s = 12.0             # seconds after the script begins
    duration_s = 1.0           # how long it lasts; left out or "inf": until the end
    size = 1.0                 # how bad: what it means stands beside each Kind
    seed = 7                   # of whatever is random in it

Every emulator asks :meth:`FaultScript.active` at its own moments, so the same script gives the same bytes.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from drivers.base import ConfigError
from drivers.config import missing, refuse


class Kind(StrEnum):
    """A way to fail. ``size`` is explained with each."""

    BIT_ERRORS = "bit_errors"
    """Bits of packets flip on the bus. Size: the share of packets with one flipped bit, 0 to 1."""
    NACK = "nack"
    """Nothing acknowledges (OSError 121). Size: the share of transfers, 0 to 1."""
    HANG = "hang"
    """The clock is stretched: a transfer blocks until the fault is over. Size: not used."""
    ENDLESS = "endless"
    """The chip claims to have more data for ever. Size: not used."""
    SILENCE = "silence"
    """It answers, but has no data. Size: not used."""
    FREEZE = "freeze"
    """It repeats its last value, with fresh times and sequence numbers. Size: not used."""
    SELF_RESET = "self_reset"
    """It restarts by itself, once, when the fault begins. Size: not used."""
    BAD_VALUE = "bad_value"
    """Impossible values: a quaternion that is none, accuracy 0. Size: the share of reports, 0 to 1."""
    GLITCH = "glitch"
    """Single wild words: -1, 2**n - 1, spikes. Size: the share of conversions, 0 to 1."""
    SATURATION = "saturation"
    """The reading is at the end of its range. Size: below 0 the lower end, otherwise the upper."""
    STUCK = "stuck"
    """The data line stays high: no conversion is ever ready. Size: not used."""
    LONG_PULSE = "long_pulse"
    """Clock pulses last too long, and the chip powers down. Size: the share of words, 0 to 1."""
    DRIFT = "drift"
    """The zero moves steadily. Size: newtons per ten minutes."""
    CREEP = "creep"
    """A load seems to grow while it stays. Size: share of the load after ten minutes, 0 to 1."""
    RATE_DROP = "rate_drop"
    """It delivers less often than asked. Size: the rate as a share of the asked one, 0 to 1."""
    UNPLUG = "unplug"
    """The cable is out; at the end it is plugged in again, and the chip starts from power-up. Size: not used."""
    SWAP = "swap"
    """This sensor moves like another one. ``other`` names it. Size: not used."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault of one sensor; times in seconds from the beginning of the script."""

    kind: Kind
    sensor: str
    start_s: float
    duration_s: float = math.inf
    size: float = 1.0
    seed: int = 0
    other: str = ""

    def covers(self, t_s: float) -> bool:
        """Tell whether the fault is on at ``t_s``."""
        return self.start_s <= t_s < self.start_s + self.duration_s


@dataclass(frozen=True, slots=True)
class FaultScript:
    """Faults against one clock: ``begin_s`` is the clock's time of the script's zero."""

    faults: tuple[Fault, ...] = ()
    begin_s: float = 0.0
    _by_kind: dict[tuple[str, Kind], tuple[Fault, ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Sort the faults by whom and what they concern: emulators ask for every byte."""
        by_kind: dict[tuple[str, Kind], tuple[Fault, ...]] = {}
        for fault in self.faults:
            key = fault.sensor, fault.kind
            by_kind[key] = (*by_kind.get(key, ()), fault)
        object.__setattr__(self, "_by_kind", by_kind)

    def active(self, sensor: str, kind: Kind, now_s: float) -> Fault | None:
        """Return the fault of this kind that is on at clock time ``now_s``, the first given where there are more."""
        for fault in self._by_kind.get((sensor, kind), ()):
            if fault.covers(now_s - self.begin_s):
                return fault
        return None

    def of(self, sensor: str, kind: Kind) -> tuple[Fault, ...]:
        """Return every fault of this kind that a sensor will ever have."""
        return self._by_kind.get((sensor, kind), ())

    def acted_out(self, sensor: str, now_s: float) -> tuple[str, ...]:
        """Return the kinds of fault a sensor has at clock time ``now_s``."""
        on = (fault for fault in self.faults if fault.sensor == sensor and fault.covers(now_s - self.begin_s))
        return tuple(dict.fromkeys(str(fault.kind) for fault in on))


NO_FAULTS = FaultScript()

_NUMBERS = ("start_s", "duration_s", "size")
_KEYS = ("kind", "sensor", "start_s", "duration_s", "size", "seed", "other")


def load_faults(path: str | Path, sensors: Iterable[str], begin_s: float = 0.0) -> FaultScript:
    """Return the script in a file. Raises ConfigError that names file, key, value and what was expected."""
    path = Path(path)
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as exc:
        raise ConfigError(f"{path.name} cannot be read, expected a fault script ({exc.strerror}).") from exc
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as exc:
        raise ConfigError(f"{path.name} is not valid TOML: {exc}.") from exc
    rows = tables.get("fault")
    if not isinstance(rows, list) or not rows:
        raise missing(f"{path.name}: fault", "at least one table [[fault]]")
    names = tuple(sensors)
    return FaultScript(
        tuple(_parse(row, f"{path.name}: fault {number}", names) for number, row in enumerate(rows, 1)), begin_s
    )


def _parse(row: object, where: str, sensors: tuple[str, ...]) -> Fault:
    if not isinstance(row, Mapping):
        raise refuse(where, row, "a table")
    for key in row:
        if key not in _KEYS:
            raise ConfigError(f"{where}.{key} is not a key of a fault, expected one of {', '.join(_KEYS)}.")
    for key in ("kind", "sensor", "start_s"):
        if key not in row:
            raise missing(f"{where}.{key}", {"kind": "a kind of fault", "sensor": "a sensor"}.get(key, "seconds"))
    if row["kind"] not in list(Kind):
        raise refuse(f"{where}.kind", row["kind"], f"one of {', '.join(Kind)}")
    for key in ("sensor", *(("other",) if "other" in row else ())):
        if row[key] not in sensors:
            raise refuse(f"{where}.{key}", row[key], f"one of {', '.join(sensors)}")
    if row["kind"] == Kind.SWAP and "other" not in row:
        raise missing(f"{where}.other", "the sensor it is swapped with")
    numbers = {key: _number(row[key], f"{where}.{key}") for key in _NUMBERS if key in row}
    seed = row.get("seed", 0)
    if not isinstance(seed, int) or isinstance(seed, bool):
        raise refuse(f"{where}.seed", seed, "a whole number")
    return Fault(Kind(row["kind"]), row["sensor"], seed=seed, other=row.get("other", ""), **numbers)


def _number(value: object, where: str) -> float:
    if value == "inf":
        return math.inf
    if isinstance(value, bool) or not isinstance(value, int | float) or math.isnan(value):
        raise refuse(where, value, 'a number, or "inf"')
    return float(value)
