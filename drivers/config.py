"""What may stand in ``station.toml`` about a sensor, and the hardware a sensor is built on."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from drivers.base import ConfigError, Source
from drivers.clock import Clock

Setting = str | int | float


@dataclass(frozen=True, slots=True)
class SensorConfig:
    """One sensor as configured: ``settings`` holds what is particular to its chip, checked and completed.

    ``calibrates`` is what its kind of chip says: "load", "pose", "muscle", or nothing.
    """

    name: str
    chip: str
    place: str
    bus: str
    settings: Mapping[str, Setting]
    calibrates: str = ""

    def whole(self, key: str) -> int:
        """Return a setting that is known to be a whole number."""
        return int(self.settings[key])

    def optional_whole(self, key: str) -> int | None:
        """Return a setting that is a whole number where it is given."""
        return int(self.settings[key]) if key in self.settings else None

    def number(self, key: str) -> float:
        """Return a setting that is known to be a number."""
        return float(self.settings[key])


class Hardware(Protocol):
    """The buses of a station: those of a Raspberry Pi, or emulated ones."""

    def i2c(self, bus_number: int) -> Any:
        """Return the I2C bus; called when a sensor is opened, so that a missing bus is tried again."""

    @property
    def pin_factory(self) -> Any:
        """Return gpiozero's pin factory."""

    def perf(self) -> float:
        """Return seconds of a fine clock, for timing pulses on plain pins."""

    def renew(self, bus: str) -> None:
        """Forget the handle of a bus that hangs, so that the next sensor opened on it is given a fresh one."""


@dataclass(frozen=True, slots=True)
class Key:
    """A setting of a chip: its ``default`` (None: must be given, unless ``optional``) and what is accepted."""

    expected: str
    accepts: Callable[[object], bool]
    default: Setting | None = None
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Traffic:
    """Transfers of one kind on an I2C bus: what for, how many a second, bytes of each with its address."""

    what: str
    per_s: float
    byte_count: int


@dataclass(frozen=True, slots=True)
class ChipKind:
    """Everything the factory must know about a chip.

    ``buses`` accepts a bus name. ``check`` raises ConfigError for settings that do not fit together, given the
    configuration and the words that name its place in the file. ``claims`` names what no other sensor may use,
    ``shares`` what only sensors of the same kind may use with it.
    ``calibrates`` says how `steadyrig calibrate` treats it: "load" (zero and span of a cell; the settings then have
    zero_count, newton_per_count and capacity_kg), "pose" (a still pose), "muscle" (a person's reference contraction;
    they have sample_rate_hz), or not at all. ``traffic`` is what a sensor asks of its I2C bus at most
    (``drivers/budget.py``).
    """

    buses: Key
    keys: Mapping[str, Key]
    build: Callable[[SensorConfig, Hardware, Clock], Source]
    claims: Callable[[SensorConfig], frozenset[Hashable]]
    check: Callable[[SensorConfig, str], None] = lambda _config, _where: None
    calibrates: str = ""
    shares: Callable[[SensorConfig], frozenset[Hashable]] = lambda _config: frozenset()
    traffic: Callable[[SensorConfig], tuple[Traffic, ...]] = lambda _config: ()


def refuse(where: str, value: object, expected: str) -> ConfigError:
    """Return the error for a value that cannot be, in one sentence."""
    shown = f"0x{value:02X}" if "0x" in expected and isinstance(value, int) else repr(value)
    return ConfigError(f"{where} is {shown}, expected {expected}.")


def missing(where: str, expected: str) -> ConfigError:
    """Return the error for a key that must be there."""
    return ConfigError(f"{where} is missing, expected {expected}.")


def is_whole(value: object) -> bool:
    """Tell whether a TOML value is a whole number; true and false are not."""
    return isinstance(value, int) and not isinstance(value, bool)


def is_numbered_bus(prefix: str) -> Callable[[object], bool]:
    """Return a test for bus names such as ``i2c-1``."""

    def accepts(value: object) -> bool:
        # "i2c-01" would be the same bus as "i2c-1" under another name.
        return isinstance(value, str) and bool(re.fullmatch(re.escape(prefix) + "(0|[1-9][0-9]{0,2})", value))

    return accepts


CAPACITY_KG = Key(
    "a number of kg from 1 to 2000, as printed on the cell",
    lambda value: isinstance(value, int | float) and not isinstance(value, bool) and 1 <= value <= 2000,
    optional=True,
)
"""The load a cell is made for; left out, that of the rigs' usual cells, see ``drivers/calibration``."""


def bus_number(bus: str) -> int:
    """Return the number at the end of ``i2c-1`` or ``spi-0``."""
    return int(bus.rpartition("-")[2])
