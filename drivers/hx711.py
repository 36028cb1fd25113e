"""The HX711 load cell converter as a source of samples, over gpiozero.

Two ways to clock it. Preferred: an SPI port's data line drives PD_SCK, so that hardware times the pulses
(MOSI to PD_SCK, MISO to DOUT, the SPI clock stays unconnected). Otherwise two plain pins, where every pulse is
timed, because one that stays high for 60 us switches the chip off in the middle of a word.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from gpiozero import GPIOZeroError

from drivers.base import ConfigError, Health, SensorAbsent
from drivers.cadence import LOOKS_PER_CONVERSION
from drivers.clock import Clock
from drivers.config import (
    ChipKind,
    Hardware,
    Key,
    SensorConfig,
    is_whole,
    missing,
    refuse,
)
from drivers.hx711_wires import SPI_PINS, ChannelGain, LineLow, LongPulse, PinWires, SpiWires, Wires
from drivers.load_cell import (
    CELL_KEYS,
    GIVE_UP_S,
    LoadCalibration,
    LoadCell,
    calibration_of,
    check_calibration,
)
from drivers.samples import Sample

__all__ = ["CHIP", "Hx711", "LoadCalibration", "PinWires", "SpiWires", "wire_pins"]


class Hx711:
    """An HX711 that yields one :class:`LoadSample` per conversion.

    ``open_wires`` returns the lines. The chip is looked at ``LOOKS_PER_CONVERSION`` times per conversion, and a
    sample is dated between two looks. Without a calibration the "force" is the bare count, flagged UNCALIBRATED.
    """

    def __init__(
        self,
        name: str,
        bus: str,
        open_wires: Callable[[], Wires],
        *,
        clock: Clock,
        sample_rate_hz: int = 80,
        calibration: LoadCalibration | None = None,
    ) -> None:
        self.name = name
        self.bus = bus
        self.period_s = 1.0 / (LOOKS_PER_CONVERSION * sample_rate_hz)
        self._open_wires = open_wires
        self._clock = clock
        self._wires: Wires | None = None
        self._cell = LoadCell(name, sample_rate_hz, calibration)

    def open(self) -> None:
        """Take the pins. Raises SensorAbsent where they cannot be had."""
        self.close()
        try:
            self._wires = self._open_wires()
        except (GPIOZeroError, OSError) as exc:
            raise SensorAbsent(f"{self.name}: no load cell converter on {self.bus} ({exc})") from exc
        self._cell.opened(self._clock.now())

    def read(self, now_s: float) -> Sequence[Sample]:
        """Return the samples that are known by now. Raises SensorAbsent when no conversion came for 2 s."""
        wires, cell = self._wires, self._cell
        if wires is None:
            raise SensorAbsent(f"{self.name}: read before it was opened")
        if cell.silent_s(now_s) > GIVE_UP_S:
            raise SensorAbsent(f"{self.name}: the converter on {self.bus} is never ready")
        t_s = self._clock.now()
        if not wires.ready():
            cell.idle(t_s)
            return []
        try:
            count = wires.word()
        except LongPulse:
            cell.spoilt(t_s, "long_pulse")
            cell.begin()
        except LineLow:
            cell.vitals.errors["line_low"] += 1
        else:
            return cell.found(t_s, count)
        return []

    def health(self, now_s: float) -> Health:
        """Return how the converter is doing at ``now_s``."""
        return self._cell.health(now_s)

    def close(self) -> None:
        """Release the pins."""
        if self._wires is not None:
            self._wires.close()
        self._wires = None
        self._cell.vitals.closed()


def _build(config: SensorConfig, hardware: Hardware, clock: Clock) -> Hx711:
    channel_gain = ChannelGain[str(config.settings["channel_gain"])]
    if config.bus == "gpio":
        clock_pin, data_pin = wire_pins(config)

        def open_wires() -> Wires:
            return PinWires(hardware.pin_factory, clock_pin, data_pin, channel_gain, hardware.perf)
    else:

        def open_wires() -> Wires:
            return SpiWires(hardware.pin_factory, channel_gain)

    return Hx711(
        config.name,
        config.bus,
        open_wires,
        clock=clock,
        sample_rate_hz=config.whole("sample_rate_hz"),
        calibration=calibration_of(config),
    )


def wire_pins(config: SensorConfig) -> tuple[int, int]:
    """Return the GPIO numbers of the converter's clock and data lines."""
    if config.bus == "gpio":
        return config.whole("clock_pin"), config.whole("data_pin")
    return SPI_PINS["mosi_pin"], SPI_PINS["miso_pin"]


def _claims(config: SensorConfig) -> frozenset[int]:
    """Every pin that is taken: of an SPI port also those left unconnected, since the port drives them."""
    if config.bus == "gpio":
        return frozenset(wire_pins(config))
    return frozenset(SPI_PINS.values())


def _check(config: SensorConfig, where: str) -> None:
    for key in ("clock_pin", "data_pin"):
        if (key in config.settings) != (config.bus == "gpio"):
            if config.bus == "gpio":
                raise missing(f"{where}.{key}", 'a GPIO number, because bus is "gpio"')
            raise ConfigError(f'{where}.{key} is given, expected only with bus "gpio", not {config.bus!r}.')
    if config.bus == "gpio" and config.settings["clock_pin"] == config.settings["data_pin"]:
        raise refuse(f"{where}.data_pin", config.settings["data_pin"], "another pin than clock_pin")
    check_calibration(config, where)


_PIN = Key("a GPIO number from 0 to 27", lambda value: is_whole(value) and value in range(28), optional=True)

CHIP = ChipKind(
    buses=Key('"spi-0" or "gpio"', lambda value: value in ("spi-0", "gpio")),
    keys={
        "clock_pin": _PIN,
        "data_pin": _PIN,
        "sample_rate_hz": Key("10 or 80", lambda value: is_whole(value) and value in (10, 80), default=80),
        "channel_gain": Key(
            f"one of {', '.join(ChannelGain.__members__)}",
            lambda value: isinstance(value, str) and value in ChannelGain.__members__,
            default="A128",
        ),
        **CELL_KEYS,
    },
    build=_build,
    claims=_claims,
    check=_check,
    calibrates="load",
)
