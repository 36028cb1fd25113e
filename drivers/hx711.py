"""The HX711 load cell converter as a source of samples, over gpiozero.

Two ways to clock it. Preferred: an SPI port's data line drives PD_SCK, so that hardware times the pulses
(MOSI to PD_SCK, MISO to DOUT, the SPI clock stays unconnected). Otherwise two plain pins, where every pulse is
timed, because one that stays high for 60 us switches the chip off in the middle of a word.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from gpiozero import GPIOZeroError, InputDevice, OutputDevice, SPIDevice, SPISoftwareFallback

from drivers.base import ConfigError, Health, SensorAbsent
from drivers.clock import Clock
from drivers.config import (
    CAPACITY_KG,
    ChipKind,
    Hardware,
    Key,
    SensorConfig,
    bus_number,
    is_numbered_bus,
    is_whole,
    missing,
    refuse,
)
from drivers.samples import LoadSample, Quality, Sample
from drivers.vitals import Vitals

SETTLING_CONVERSIONS = 4
"""Conversions to distrust after power-up (data sheet: 400 ms at 10 SPS, 50 ms at 80 SPS)."""
LONGEST_PULSE_S = 60e-6
GIVE_UP_S = 2.0
"""A converter that is never ready for this long is opened again."""

SPI_PINS = {
    0: {"clock_pin": 11, "mosi_pin": 10, "miso_pin": 9, "select_pin": 8},
    1: {"clock_pin": 21, "mosi_pin": 20, "miso_pin": 19, "select_pin": 16},
}
"""GPIO numbers of the Pi's SPI ports; MOSI is the converter's clock, MISO its data."""

_DATA_PULSES = 24
_COUNT_MAX = 0x7FFFFF
_COUNT_MIN = -0x800000
_ALL_ONES = -1
# Alternating bits make 24 pulses, the last byte one more: gain 128 on channel A.
_SPI_WORD = [0xAA] * 6 + [0x80]
_SPI_LOOK = [0x00]
# Of every received byte the four bits that follow a rising clock.
_NIBBLE = [(b >> 7 & 1) << 3 | (b >> 5 & 1) << 2 | (b >> 3 & 1) << 1 | b >> 1 & 1 for b in range(256)]


@dataclass(frozen=True, slots=True)
class LoadCalibration:
    """A straight line from counts to newtons: ``force_n = (count - zero_count) * newton_per_count``."""

    zero_count: int
    newton_per_count: float

    def force_n(self, count: int) -> float:
        """Return the force behind a count, pull positive."""
        return (count - self.zero_count) * self.newton_per_count


RAW_COUNTS = LoadCalibration(zero_count=0, newton_per_count=1.0)
"""Stands in where a cell was never calibrated; its samples say so."""


class Wires(Protocol):
    """The two lines to a converter."""

    def ready(self) -> bool:
        """Tell whether a conversion waits to be read."""

    def word(self) -> int | None:
        """Read a conversion as a signed count; None when a pulse was too long and the word cannot be trusted."""

    def close(self) -> None:
        """Let go of the pins."""


class SpiWires:
    """An SPI port used as the converter's clock. Raises SensorAbsent where the port is not there."""

    def __init__(self, pin_factory: Any, port: int) -> None:
        try:
            with warnings.catch_warnings():
                # Software SPI on a Pi would bring back the long pulses this way is meant to avoid.
                warnings.simplefilter("error", SPISoftwareFallback)
                self._device = SPIDevice(pin_factory=pin_factory, **SPI_PINS[port])
        except (SPISoftwareFallback, GPIOZeroError, OSError) as exc:
            raise SensorAbsent(f"SPI port {port} cannot be used: enable it in the Pi's settings ({exc})") from exc
        self._transfer = self._device._spi.transfer

    def ready(self) -> bool:
        """Look at the data line while the clock line stays low."""
        return not self._transfer(_SPI_LOOK)[-1] & 1

    def word(self) -> int | None:
        """Read a conversion; the port's own clock keeps the pulses short."""
        count = 0
        for byte in self._transfer(_SPI_WORD)[:6]:
            count = count << 4 | _NIBBLE[byte]
        return _signed(count)

    def close(self) -> None:
        """Release the port."""
        self._device.close()


class PinWires:
    """Two plain pins, every pulse timed with ``perf`` (seconds)."""

    def __init__(
        self, pin_factory: Any, clock_pin: int, data_pin: int, perf: Callable[[], float] = time.perf_counter
    ) -> None:
        self._perf = perf
        self._clock = OutputDevice(clock_pin, pin_factory=pin_factory)
        try:
            # Pulled up, a line without a converter looks busy for ever instead of ready with a zero.
            self._data = InputDevice(data_pin, pull_up=True, pin_factory=pin_factory)
        except GPIOZeroError:
            self._clock.close()
            raise

    def ready(self) -> bool:
        """Look at the data line."""
        return not self._data.pin.state

    def word(self) -> int | None:
        """Clock 25 pulses (gain 128, channel A); all of them, because the chip cannot be asked for a bit again."""
        clock, data, perf = self._clock.pin, self._data.pin, self._perf
        count, longest_s = 0, 0.0
        for _ in range(_DATA_PULSES):
            rose_s = perf()
            clock.state = True
            bit = data.state
            clock.state = False
            longest_s = max(longest_s, perf() - rose_s)
            count = count << 1 | bool(bit)
        rose_s = perf()
        clock.state = True
        clock.state = False
        longest_s = max(longest_s, perf() - rose_s)
        return _signed(count) if longest_s <= LONGEST_PULSE_S else None

    def close(self) -> None:
        """Release both pins."""
        self._clock.close()
        self._data.close()


class Hx711:
    """An HX711 that yields one :class:`LoadSample` per conversion.

    ``open_wires`` returns the lines. A sample's time is that of noticing the conversion, up to ``period_s``
    after it was made. Without a calibration the "force" is the bare count, flagged UNCALIBRATED.
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
        self.period_s = 1.0 / sample_rate_hz
        self._open_wires = open_wires
        self._clock = clock
        self._calibration = calibration or RAW_COUNTS
        self._always = Quality.GOOD if calibration else Quality.UNCALIBRATED
        self._wires: Wires | None = None
        self._vitals = Vitals(name)
        self._settling = 0
        self._gap = Quality.GOOD

    def open(self) -> None:
        """Take the pins. Raises SensorAbsent where they cannot be had."""
        self.close()
        try:
            self._wires = self._open_wires()
        except (GPIOZeroError, OSError) as exc:
            raise SensorAbsent(f"{self.name}: no load cell converter on {self.bus} ({exc})") from exc
        self._vitals.opened(self._clock.now())
        self._settling = SETTLING_CONVERSIONS
        self._gap = Quality.GOOD

    def read(self, now_s: float) -> Sequence[Sample]:
        """Return the conversion that waits, if any. Raises SensorAbsent when none came for 2 s."""
        wires = self._wires
        if wires is None:
            raise SensorAbsent(f"{self.name}: read before it was opened")
        t_s = self._clock.now()
        if not wires.ready():
            if self._vitals.silent_s(now_s) > GIVE_UP_S:
                raise SensorAbsent(f"{self.name}: the converter on {self.bus} is never ready")
            return []
        count = wires.word()
        if count is None:
            # The chip was off for a moment: it settles anew, at the gain it has after power-up.
            self._settling = SETTLING_CONVERSIONS
            return self._drop("long_pulse")
        settling, self._settling = self._settling, max(0, self._settling - 1)
        if count == _ALL_ONES:
            return self._drop("all_ones")
        return [self._sample(t_s, count, Quality.SETTLING if settling else Quality.GOOD)]

    def health(self, now_s: float) -> Health:
        """Return how the converter is doing at ``now_s``."""
        return self._vitals.health(now_s)

    def close(self) -> None:
        """Release the pins."""
        if self._wires is not None:
            self._wires.close()
        self._wires = None
        self._vitals.closed()

    def _drop(self, kind: str) -> list[Sample]:
        self._vitals.errors[kind] += 1
        self._gap = Quality.GAP_BEFORE
        return []

    def _sample(self, t_s: float, count: int, quality: Quality) -> LoadSample:
        quality |= self._always | self._gap | self._missed(t_s)
        if count in (_COUNT_MAX, _COUNT_MIN):
            quality |= Quality.SATURATED
        self._gap = Quality.GOOD
        self._vitals.saw(t_s, count)
        return LoadSample(self.name, t_s, self._calibration.force_n(count), quality)

    def _missed(self, t_s: float) -> Quality:
        before_s = self._vitals.sample_s
        # Polling as often as the chip converts, the two drift past each other: two periods can be honest.
        late = before_s is not None and t_s - before_s > 2.5 * self.period_s
        return Quality.GAP_BEFORE if late else Quality.GOOD


def _signed(count: int) -> int:
    return count - 0x1000000 if count & 0x800000 else count


def _build(config: SensorConfig, hardware: Hardware, clock: Clock) -> Hx711:
    if config.bus == "gpio":
        clock_pin, data_pin = config.whole("clock_pin"), config.whole("data_pin")

        def open_wires() -> Wires:
            return PinWires(hardware.pin_factory, clock_pin, data_pin)
    else:
        port = bus_number(config.bus)

        def open_wires() -> Wires:
            return SpiWires(hardware.pin_factory, port)

    return Hx711(
        config.name,
        config.bus,
        open_wires,
        clock=clock,
        sample_rate_hz=config.whole("sample_rate_hz"),
        calibration=_calibration(config),
    )


def _calibration(config: SensorConfig) -> LoadCalibration | None:
    if "newton_per_count" not in config.settings:
        return None
    return LoadCalibration(config.whole("zero_count"), config.number("newton_per_count"))


def wire_pins(config: SensorConfig) -> tuple[int, int]:
    """Return the GPIO numbers of the converter's clock and data lines."""
    if config.bus == "gpio":
        return config.whole("clock_pin"), config.whole("data_pin")
    pins = SPI_PINS[bus_number(config.bus)]
    return pins["mosi_pin"], pins["miso_pin"]


def _claims(config: SensorConfig) -> frozenset[int]:
    """Every pin that is taken: of an SPI port also those left unconnected, since the port drives them."""
    if config.bus == "gpio":
        return frozenset(wire_pins(config))
    return frozenset(SPI_PINS[bus_number(config.bus)].values())


def _check(config: SensorConfig, where: str) -> None:
    for key in ("clock_pin", "data_pin"):
        if (key in config.settings) != (config.bus == "gpio"):
            if config.bus == "gpio":
                raise missing(f"{where}.{key}", 'a GPIO number, because bus is "gpio"')
            raise ConfigError(f'{where}.{key} is given, expected only with bus "gpio", not {config.bus!r}.')
    if config.bus == "gpio" and config.settings["clock_pin"] == config.settings["data_pin"]:
        raise refuse(f"{where}.data_pin", config.settings["data_pin"], "another pin than clock_pin")
    for key, other in (("zero_count", "newton_per_count"), ("newton_per_count", "zero_count")):
        if key not in config.settings and other in config.settings:
            raise missing(f"{where}.{key}", f"a number, because {other} is given")


def _is_bus(value: object) -> bool:
    return value == "gpio" or (is_numbered_bus("spi-")(value) and bus_number(str(value)) in SPI_PINS)


_PIN = Key("a GPIO number from 0 to 27", lambda value: is_whole(value) and value in range(28), optional=True)

CHIP = ChipKind(
    buses=Key('"spi-0", "spi-1" or "gpio"', _is_bus),
    keys={
        "clock_pin": _PIN,
        "data_pin": _PIN,
        "sample_rate_hz": Key("10 or 80", lambda value: is_whole(value) and value in (10, 80), default=80),
        "zero_count": Key(
            "a whole number from -8388608 to 8388607",
            lambda value: is_whole(value) and value in range(_COUNT_MIN, _COUNT_MAX + 1),
            optional=True,
        ),
        "newton_per_count": Key(
            "a number other than 0, below 1",
            lambda value: isinstance(value, float) and 0 < abs(value) < 1,
            optional=True,
        ),
        "capacity_kg": CAPACITY_KG,
    },
    build=_build,
    claims=_claims,
    check=_check,
    calibrates="load",
)
