"""From the sensors named in ``station.toml`` to sources and readers.

Every table under ``[sensors]`` is one sensor; its name is the table's::

    [sensors.thigh]
    chip = "bno08x"            # which driver: a key of CHIPS
    place = "thigh"            # where it is worn or mounted
    bus = "i2c-1"
    address = 0x4A             # 0x4A or 0x4B
    reports = "accel gyro game_rotation"   # "accel" and any of the others; "linear" is one more
    rate_hz = 100              # 10 to 400 samples a second
    int_pin = 17               # GPIO of the INT line, which makes times exact; may be left out
    reset_pin = 4              # GPIO of the RST line, which restarts a chip that was lost; may be left out
    dynamic_calibration = true # whether the chip goes on calibrating itself while it is worn

    [sensors.band]
    chip = "hx711"
    place = "band"
    bus = "spi-0"              # an SPI port used as the clock; or "gpio" with clock_pin and data_pin
    sample_rate_hz = 80        # 80 or 10, as the board's RATE pin is wired
    channel_gain = "A128"      # or "A64", "B32"
    capacity_kg = 100          # the load the cell is made for, as printed on it; 100 if left out

    [sensors.bell_dock]
    chip = "nau7802"           # has one address: two of them need two buses
    place = "bell_dock"
    bus = "i2c-3"
    sample_rate_hz = 80        # 10, 20, 40, 80 or 320
    gain = 128                 # 1 to 128
    channel = 1                # or 2

    [sensors.left_glute]
    chip = "emg"               # an envelope board on an MCP3008
    place = "left_glute"       # a place of its own
    bus = "spi-0"
    device = 0                 # 0 or 1, the chip select
    channel = 0                # 0 to 7
    sample_rate_hz = 100       # 100 to 500

A cell's zero and span come from the file that `steadyrig calibrate` writes; ``zero_count`` and ``newton_per_count``,
together, serve where there is no such file, as in a demo.

A new kind of sensor is one new module with a ``CHIP``, and one line in ``_MODULES``. The file's other top-level
tables belong to others.
"""

from __future__ import annotations

import threading
import time
import tomllib
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from drivers.base import ConfigError, DriverError, SensorAbsent, Source
from drivers.budget import Budget, budgets, parse_buses, refuse_full
from drivers.calibration.files import NOTHING
from drivers.calibration.rig import Calibrations, Watched, calibrated
from drivers.clock import Clock
from drivers.config import ChipKind, Hardware, Key, SensorConfig, Setting, bus_number, missing, refuse
from drivers.reader import Sink
from drivers.watchdog import Lease, LeasedHardware, Watchdog

_MODULES = (
    "bno08x",
    "hx711",
    "nau7802",
    "emg",
)
"""The kinds of sensor, each a module of this package with a ``CHIP``, called in ``station.toml`` as the module is."""


def _kind(module: str) -> ChipKind:
    kind: ChipKind = import_module(f"drivers.{module}").CHIP
    return kind


INSTALL = "in the checkout run .venv/bin/pip install -e '.[pi]'"
CHIPS: dict[str, ChipKind] = {module: _kind(module) for module in _MODULES}

_CHIP = Key(f"one of {', '.join(CHIPS)}", lambda value: isinstance(value, str) and value in CHIPS)
_PLACE = Key('a word such as "thigh"', lambda value: isinstance(value, str) and bool(value.strip()))


class PiHardware:
    """The buses of the Raspberry Pi this runs on, opened when first needed."""

    def __init__(self) -> None:
        self._i2c: dict[int, Any] = {}
        self._pins: Any = None
        self._lock = threading.Lock()  # the pins are shared by every reader thread; a bus belongs to one

    def i2c(self, bus_number: int) -> Any:
        """Return the I2C bus ``/dev/i2c-N``. Raises SensorAbsent where the Pi has none by that number."""
        try:
            from adafruit_extended_bus import ExtendedI2C  # noqa: PLC0415 - only a Pi has it
        except ImportError as exc:
            raise DriverError(f"The I2C library is not installed: {INSTALL}.") from exc
        handle = self._i2c.get(bus_number)
        if handle is None:
            try:
                # Without a lock: a bus that hangs while it is opened must not hold up the others.
                handle = self._i2c[bus_number] = ExtendedI2C(bus_number)
            except (OSError, ValueError) as exc:
                raise SensorAbsent(f"/dev/i2c-{bus_number} cannot be opened: enable I2C on the Pi ({exc})") from exc
        return handle

    def renew(self, bus: str) -> None:
        """Forget the handle of an I2C bus. Pins have one owner at a time and are free once that one lets go."""
        if bus.startswith("i2c-"):
            self._i2c.pop(bus_number(bus), None)

    @property
    def pin_factory(self) -> Any:
        """Return gpiozero's lgpio pins; never another library's, whose timing is unknown."""
        try:
            from gpiozero.pins.lgpio import LGPIOFactory  # noqa: PLC0415 - only a Pi has it
        except ImportError as exc:
            raise DriverError(f"The GPIO library is not installed: {INSTALL}.") from exc
        with self._lock:
            if self._pins is None:
                self._pins = LGPIOFactory()
            return self._pins

    def perf(self) -> float:
        """Return ``time.perf_counter()``."""
        return time.perf_counter()


def load_sensors(path: str | Path) -> tuple[SensorConfig, ...]:
    """Return the sensors of a ``station.toml``. Raises ConfigError naming what is wrong in it."""
    tables = _load(path)
    return parse_sensors(tables.get("sensors"), Path(path).name, tables.get("buses"))


def load_budgets(path: str | Path) -> list[Budget]:
    """Return what the sensors of a ``station.toml`` ask of each I2C bus, be it too much.

    Raises ConfigError naming anything else that is wrong in it.
    """
    tables, name = _load(path), Path(path).name
    return budgets(_parse_all(tables.get("sensors"), name), CHIPS, parse_buses(tables.get("buses"), name))


def _load(path: str | Path) -> Mapping[str, Any]:
    path = Path(path)
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as exc:
        raise ConfigError(
            f"{path.name} cannot be read, expected a station's configuration ({exc.strerror})."
        ) from exc
    except (ValueError, RecursionError) as exc:
        raise ConfigError(f"{path.name} is not valid TOML: {exc}.") from exc


def parse_sensors(tables: object, source_name: str, buses: object = None) -> tuple[SensorConfig, ...]:
    """Return the sensors described by the ``[sensors]`` table of the file called ``source_name``.

    ``buses`` is its ``[buses]`` table, if it has one. Raises ConfigError, in one sentence, for the first thing that
    cannot be; a bus that its sensors would keep too busy is one.
    """
    configs = _parse_all(tables, source_name)
    for budget in budgets(configs, CHIPS, parse_buses(buses, source_name)):
        refuse_full(budget, source_name)
    return configs


def _parse_all(tables: object, source_name: str) -> tuple[SensorConfig, ...]:
    if not isinstance(tables, Mapping) or not tables:
        raise missing(f"{source_name}: [sensors]", "a table for each sensor, such as [sensors.thigh]")
    configs = tuple(_parse_sensor(name, table, f"{source_name}: sensors.{name}") for name, table in tables.items())
    _refuse_shared_wires(configs, source_name)
    return configs


def build_sources(
    configs: Iterable[SensorConfig], hardware: Hardware, clock: Clock, calibrations: Calibrations | None = None
) -> list[Source]:
    """Return a source for each sensor; none is opened yet.

    With ``calibrations``, sensors use what was found for them, and their health says what is to be known of it.
    """
    if calibrations is None:
        return [CHIPS[config.chip].build(config, hardware, clock) for config in configs]
    return [_calibrated_source(config, hardware, clock, calibrations) for config in configs]


def _calibrated_source(config: SensorConfig, hardware: Hardware, clock: Clock, calibrations: Calibrations) -> Source:
    found = calibrations.get(config.name, NOTHING)
    source = CHIPS[config.chip].build(calibrated(config, found), hardware, clock)
    return Watched(source, config, found, clock) if config.calibrates else source


def build_watchdog(
    configs: Iterable[SensorConfig],
    hardware: Hardware,
    clock: Clock,
    sink: Sink,
    calibrations: Calibrations | None = None,
) -> Watchdog:
    """Return what reads every sensor, one reader per bus, and replaces a reader that hangs; not started yet."""

    def maker(members: Sequence[SensorConfig]) -> Callable[[Lease], list[Source]]:
        return lambda lease: build_sources(members, LeasedHardware(hardware, lease), clock, calibrations)

    by_bus: dict[str, list[SensorConfig]] = {}
    for config in configs:
        by_bus.setdefault(config.bus, []).append(config)
    makers = {bus: maker(members) for bus, members in by_bus.items()}
    return Watchdog(makers, clock, sink, hardware.renew)


def _parse_sensor(name: str, table: object, where: str) -> SensorConfig:
    if not isinstance(table, Mapping):
        raise refuse(where, table, "a table with chip, place and bus")
    chip = str(_value(table, "chip", _CHIP, where))
    kind = CHIPS[chip]
    known = {"chip": _CHIP, "place": _PLACE, "bus": kind.buses, **kind.keys}
    for key in table:
        if key not in known:
            raise ConfigError(f"{where}.{key} is not a key of a {chip}, expected one of {', '.join(known)}.")
    settings = {key: _value(table, key, rule, where) for key, rule in kind.keys.items()}
    config = SensorConfig(
        name=name,
        chip=chip,
        place=str(_value(table, "place", _PLACE, where)),
        bus=str(_value(table, "bus", kind.buses, where)),
        settings={key: value for key, value in settings.items() if value is not None},
        calibrates=kind.calibrates,
    )
    kind.check(config, where)
    return config


def _value(table: Mapping[str, Any], key: str, rule: Key, where: str) -> Setting | None:
    if key not in table:
        if rule.default is None and not rule.optional:
            raise missing(f"{where}.{key}", rule.expected)
        return rule.default
    value: Setting = table[key]
    if not rule.accepts(value):
        raise refuse(f"{where}.{key}", value, rule.expected)
    return value


def _refuse_shared_wires(configs: Iterable[SensorConfig], source_name: str) -> None:
    owners: dict[Hashable, tuple[str, str]] = {}
    for config in configs:
        kind = CHIPS[config.chip]
        uses = [(claim, config.name) for claim in kind.claims(config)]
        # What a kind of chip shares belongs to the kind, whichever sensor comes first.
        uses += [(claim, f"any {config.chip}") for claim in kind.shares(config)]
        for claim, user in sorted(uses, key=str):
            other, owner = owners.setdefault(claim, (config.name, user))
            if owner != user:
                raise ConfigError(
                    f"{source_name}: sensors.{config.name} uses {_words(claim)} on bus {config.bus!r}, "
                    f"expected one that sensors.{other} does not use."
                )


def _words(claim: Hashable) -> str:
    if isinstance(claim, str):
        return claim
    return f"address 0x{claim[1]:02X}" if isinstance(claim, tuple) else f"GPIO {claim}"
