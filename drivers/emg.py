"""How active a muscle is: a surface-EMG board that makes its own envelope, on one channel of an MCP3008.

The chip sits on an SPI port by chip select, beside others of its kind; not beside an HX711, which turns the port's
data line into its clock. With the reference that `steadyrig calibrate` keeps of this person's muscle every sample
tells the relative activation, and since when the muscle is active; without one only the level, which means nothing by
itself.
"""

from __future__ import annotations

import warnings
from collections.abc import Hashable, Sequence
from typing import Any

from gpiozero import MCP3008, GPIOZeroError, SPISoftwareFallback

from drivers.base import Health, SensorAbsent
from drivers.clock import Clock
from drivers.config import ChipKind, Hardware, Key, SensorConfig, is_whole
from drivers.hx711_wires import SPI_PINS
from drivers.muscle import Onset, Reference
from drivers.samples import MuscleSample, Quality, Sample
from drivers.vitals import STALE_AFTER_S, Vitals

BUS = "spi-0"
"""The one port that gpiozero drives in hardware."""
SELECT_PINS = (8, 7)
"""GPIO numbers of its chip selects, by device."""
FULL_SCALE = 1023
SATURATED_FROM = 0.99
"""Share of the range from which the board is at its end: amplifiers stop a little short of it."""
SAME_LEVEL_S = 30.0
"""So long the same level to the last of 1023 steps, and nothing is connected; a muscle at rest may be quieter than a
step for a while. Our choice."""
_NULL_BIT = 0b100
"""Of the second byte received: the chip pulls it low before its ten bits; where there is no chip, it floats high."""


class _NobodyAnswers(OSError):  # noqa: N818 - reads as what happened
    """The null bit was not there."""


class _Converter(MCP3008):  # type: ignore[misc]  # gpiozero publishes no types
    """gpiozero's converter, which would take a port without a chip for a full scale."""

    def _read(self) -> int:
        words = self._spi.transfer(self._send())
        if words[-2] & _NULL_BIT:
            raise _NobodyAnswers("nothing answers on the SPI port")
        value: int = self._words_to_int(words[-2:], self._bits)
        return value


class Emg:
    """One channel that yields a :class:`MuscleSample` each time it is read."""

    def __init__(
        self,
        name: str,
        bus: str,
        hardware: Hardware,
        *,
        device: int,
        channel: int,
        rate_hz: int,
        clock: Clock,
        reference: Reference | None = None,
    ) -> None:
        self.name = name
        self.bus = bus
        self.period_s = 1.0 / rate_hz
        self._hardware = hardware
        self._device = device
        self._channel = channel
        self._clock = clock
        self._converter: _Converter | None = None
        self._vitals = Vitals(name, rate_hz, frozen_after_s=SAME_LEVEL_S)
        self._gap = False
        self._reference = reference
        self._onset = Onset(reference) if reference else None

    def open(self) -> None:
        """Take the channel. Raises SensorAbsent where port or chip are not there."""
        self.close()
        try:
            self._converter = self._connected(self._hardware.pin_factory)
            self._converter.raw_value  # noqa: B018 - reading is how to find out whether somebody answers
        except (SPISoftwareFallback, GPIOZeroError, OSError) as exc:
            self.close()
            raise SensorAbsent(f"{self.name}: no converter on {self.bus}, device {self._device} ({exc})") from exc
        self._vitals.opened(self._clock.now())

    def read(self, now_s: float) -> Sequence[Sample]:
        """Return the level now. Raises SensorAbsent when nobody has answered for half a second."""
        converter = self._converter
        if converter is None:
            raise SensorAbsent(f"{self.name}: read before it was opened")
        t_s = self._clock.now()
        try:
            raw = int(converter.raw_value)
        except OSError as exc:
            self._vitals.errors["no_answer"] += 1
            self._gap = True
            if self._vitals.silent_s(now_s) > STALE_AFTER_S:
                raise SensorAbsent(f"{self.name}: the converter on {self.bus} is gone ({exc})") from exc
            return []
        return [self._sample(t_s, raw)]

    def health(self, now_s: float) -> Health:
        """Return how the channel is doing at ``now_s``."""
        return self._vitals.health(now_s)

    def close(self) -> None:
        """Let go of the channel."""
        if self._converter is not None:
            self._converter.close()
        self._converter = None
        self._vitals.closed()

    def _connected(self, pin_factory: Any) -> _Converter:
        with warnings.catch_warnings():
            # Software SPI would work here, but that it is needed says that the port is not switched on.
            warnings.simplefilter("error", SPISoftwareFallback)
            return _Converter(channel=self._channel, pin_factory=pin_factory, **port_pins(self._device))

    def _sample(self, t_s: float, raw: int) -> MuscleSample:
        level, quality = raw / FULL_SCALE, Quality.GOOD if self._reference else Quality.UNCALIBRATED
        before_s = self._vitals.sample_s
        if self._gap or (before_s is not None and t_s - before_s > 1.5 * self.period_s):
            quality |= Quality.GAP_BEFORE
        self._gap = False
        if level >= SATURATED_FROM:
            quality |= Quality.SATURATED
        self._vitals.saw(t_s, raw)
        if self._reference is None or self._onset is None:
            return MuscleSample(self.name, t_s, level, quality)
        share, onset_s = self._reference.share(level), self._onset.feed(t_s, level)
        return MuscleSample(self.name, t_s, level, quality, share, onset_s)


def _build(config: SensorConfig, hardware: Hardware, clock: Clock) -> Emg:
    return Emg(
        config.name,
        config.bus,
        hardware,
        device=config.whole("device"),
        channel=config.whole("channel"),
        rate_hz=config.whole("sample_rate_hz"),
        clock=clock,
        reference=_reference(config),
    )


def _reference(config: SensorConfig) -> Reference | None:
    """Return the reference that ``drivers/calibration/rig.py`` put there; no file can say it, it is of one person."""
    if "full_level" not in config.settings:
        return None
    return Reference(config.number("rest_level"), config.number("rest_sd"), config.number("full_level"))


def port_pins(device: int) -> dict[str, int]:
    """Return the GPIO numbers of the port's lines for a device on it."""
    return {**SPI_PINS, "select_pin": SELECT_PINS[device]}


def _shares(config: SensorConfig) -> frozenset[Hashable]:
    """Name the port's pins: chips of this kind take turns on them, and its driver holds every select."""
    return frozenset({*port_pins(config.whole("device")).values(), *SELECT_PINS})


def _claims(config: SensorConfig) -> frozenset[Hashable]:
    return frozenset({f"channel {config.whole('channel')} of device {config.whole('device')}"})


def _from(low: int, high: int, default: int | None = None) -> Key:
    def accepts(value: object) -> bool:
        return is_whole(value) and value in range(low, high + 1)

    return Key(f"a whole number from {low} to {high}", accepts, default)


CHIP = ChipKind(
    buses=Key(f'"{BUS}"', lambda value: value == BUS),
    keys={
        "device": _from(0, len(SELECT_PINS) - 1, default=0),
        "channel": _from(0, 7),
        "sample_rate_hz": _from(100, 500, default=100),
    },
    build=_build,
    claims=_claims,
    shares=_shares,
    calibrates="muscle",
)
