"""The two lines to an HX711: a word is clocked out of it by hardware, or by hand with every pulse timed.

The number of pulses of a word also chooses channel and gain of the next conversion. A pulse that stays high for
60 us switches the chip off in the middle of the word; when it wakes it settles, on channel A at gain 128.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from enum import Enum
from typing import Any, Protocol

from gpiozero import GPIOZeroError, InputDevice, OutputDevice, SPIDevice, SPISoftwareFallback

from drivers.base import SensorAbsent

LONGEST_PULSE_S = 60e-6

SPI_PINS = {"clock_pin": 11, "mosi_pin": 10, "miso_pin": 9, "select_pin": 8}
"""GPIO numbers of the Pi's SPI port 0; MOSI is the converter's clock, MISO its data. gpiozero drives no other port in
hardware, and of another makes one of software without a word."""

_DATA_PULSES = 24
_SPI_LOOK = [0x00]
# Of every received byte the four bits that follow a rising clock.
_NIBBLE = [(b >> 7 & 1) << 3 | (b >> 5 & 1) << 2 | (b >> 3 & 1) << 1 | b >> 1 & 1 for b in range(256)]


class ChannelGain(Enum):
    """Channel and gain, with the pulses after the data that choose them; A has the cell, B is for a second bridge."""

    A128 = 1
    B32 = 2
    A64 = 3


class LongPulse(Exception):  # noqa: N818 - reads as what happened
    """A pulse was too long: the word is worthless, and the chip was off for a moment."""


class LineLow(Exception):  # noqa: N818 - reads as what happened
    """The data line stays low after a word, where a converter lets it rise: there is none, or a broken wire."""


class Wires(Protocol):
    """The two lines to a converter."""

    def ready(self) -> bool:
        """Tell whether a conversion waits to be read."""

    def word(self) -> int:
        """Read a conversion as a signed count. Raises LongPulse or LineLow for one that is none."""

    def close(self) -> None:
        """Let go of the pins."""


class SpiWires:
    """An SPI port used as the converter's clock. Raises SensorAbsent where the port is not there.

    Alternating bits on MOSI make the pulses, as long as a bit of the port's clock (2 us at gpiozero's 500 kHz).
    """

    def __init__(self, pin_factory: Any, channel_gain: ChannelGain = ChannelGain.A128) -> None:
        try:
            with warnings.catch_warnings():
                # Software SPI on a Pi would bring back the long pulses this way is meant to avoid.
                warnings.simplefilter("error", SPISoftwareFallback)
                self._device = SPIDevice(pin_factory=pin_factory, **SPI_PINS)
        except (SPISoftwareFallback, GPIOZeroError, OSError) as exc:
            raise SensorAbsent(f"SPI port 0 cannot be used: enable it in the Pi's settings ({exc})") from exc
        self._transfer = self._device._spi.transfer
        self._word = [0xAA] * 6 + [0xA8 & 0xFF << 8 - 2 * channel_gain.value]

    def ready(self) -> bool:
        """Look at the data line while the clock line stays low."""
        return not self._transfer(_SPI_LOOK)[-1] & 1

    def word(self) -> int:
        """Read a conversion; the port's own clock keeps the pulses short."""
        count = 0
        *data, rest = self._transfer(self._word)
        for byte in data:
            count = count << 4 | _NIBBLE[byte]
        if not rest & 1:
            raise LineLow
        return _signed(count)

    def close(self) -> None:
        """Release the port."""
        self._device.close()


class PinWires:
    """Two plain pins, every pulse timed with ``perf`` (seconds)."""

    def __init__(
        self,
        pin_factory: Any,
        clock_pin: int,
        data_pin: int,
        channel_gain: ChannelGain = ChannelGain.A128,
        perf: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._perf = perf
        self._more_pulses = channel_gain.value
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

    def word(self) -> int:
        """Clock all the pulses even if one was too long: the chip cannot be asked for a bit again."""
        clock, data, perf = self._clock.pin, self._data.pin, self._perf
        count, longest_s = 0, 0.0
        for _ in range(_DATA_PULSES):
            rose_s = perf()
            clock.state = True
            bit = data.state
            clock.state = False
            longest_s = max(longest_s, perf() - rose_s)
            count = count << 1 | bool(bit)
        for _ in range(self._more_pulses):
            rose_s = perf()
            clock.state = True
            clock.state = False
            longest_s = max(longest_s, perf() - rose_s)
        if not data.state:
            raise LineLow
        if longest_s > LONGEST_PULSE_S:
            raise LongPulse
        return _signed(count)

    def close(self) -> None:
        """Release both pins."""
        self._clock.close()
        self._data.close()


def _signed(count: int) -> int:
    return count - 0x1000000 if count & 0x800000 else count
