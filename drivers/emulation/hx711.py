"""An HX711 load cell converter that answers on two of gpiozero's mock pins, fed by a force as a function of time."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from typing import Any

from gpiozero.pins.mock import MockFactory

from drivers.clock import Clock
from drivers.emulation.pins import QuietPin

COUNT_MAX = 0x7FFFFF
COUNT_MIN = -0x800000

# Data sheet: 50 nV rms at 10 conversions a second and 90 nV at 80, gain 128; one count is 2.33 nV at 5 V supply.
NOISE_COUNTS = {10: 21.0, 80: 39.0}
SETTLING_CONVERSIONS = 4
"""Conversions after power-up until the output is right (data sheet: 400 ms at 10 SPS, 50 ms at 80 SPS)."""
POWER_DOWN_AFTER_S = 60e-6

_DATA_PULSES = 24
_GAIN_AFTER_PULSES = {25: 128, 26: 32, 27: 64}
_NOISE_ROWS = 4099
# A conversion due at this very moment is ready: times are sums of floats.
_ROUNDING = 1e-6

Force = Callable[[float], float]
"""Newtons on the cell at a time in seconds on the clock."""


class _ClockPin(QuietPin):
    """The pin wired to PD_SCK."""

    def __init__(self, factory: Any, info: Any, chip: EmulatedHx711) -> None:
        self._chip = chip
        super().__init__(factory, info)

    def _set_state(self, value: float) -> None:
        state = bool(value)
        if state != self._state:
            self._state = state
            self._chip.clock_edge(state)


class _DataPin(QuietPin):
    """The pin wired to DOUT: whatever the chip drives at the moment of looking."""

    def __init__(self, factory: Any, info: Any, chip: EmulatedHx711) -> None:
        self._chip = chip
        super().__init__(factory, info)

    def _get_state(self) -> bool:
        return self._chip.data_level()


class EmulatedHx711:
    """The chip as seen from its two pins.

    Conversions happen by ``clock``; one that is not fetched is replaced by the next. ``pulse_clock`` tells how
    long a clock pulse lasts, in seconds; without it pulses take no time, because a busy computer would power
    the chip down by chance. ``noise`` scales the converter's noise. The input is at gain 128:
    ``count = zero_count + force / newton_per_count``.
    """

    def __init__(
        self,
        factory: MockFactory,
        clock_pin: int,
        data_pin: int,
        *,
        force: Force,
        clock: Clock,
        newton_per_count: float = 0.0005,
        zero_count: int = 0,
        sample_rate_hz: int = 80,
        seed: int = 0,
        noise: float = 1.0,
        pulse_clock: Callable[[], float] | None = None,
    ) -> None:
        rng = random.Random(seed)
        sigma = NOISE_COUNTS[sample_rate_hz] * noise
        self._noise = [rng.gauss(0.0, sigma) for _ in range(_NOISE_ROWS)]
        self._noise_index = 0
        self._force = force
        self._clock = clock
        self._count_per_newton = 1.0 / newton_per_count
        self._zero_count = zero_count
        self._rate_hz = sample_rate_hz
        self._pulse_clock = pulse_clock
        self._rose_s = 0.0
        # The chip's own oscillator knows nothing of the host's clock.
        self._phase_s = rng.random() / sample_rate_hz
        self._power_up()
        factory.pin(clock_pin, pin_class=_ClockPin, chip=self)
        factory.pin(data_pin, pin_class=_DataPin, chip=self)

    def data_level(self) -> bool:
        """Return the level of DOUT: high while converting, low when ready, a bit of the word while clocked."""
        if self._pulses == 0 or self._pulses > _DATA_PULSES:
            self._convert()
        return self._level

    def clock_edge(self, rising: bool) -> None:
        """Take an edge on PD_SCK."""
        if rising:
            self._rise()
        elif self._pulse_clock is not None and self._pulse_clock() - self._rose_s > POWER_DOWN_AFTER_S:
            self._power_up()

    def _power_up(self) -> None:
        self._awake_s = self._clock.now() + self._phase_s
        self._gain = 128
        self._converted = 0
        self._word: int | None = None
        self._pulses = 0
        self._level = True

    def _rise(self) -> None:
        if self._pulse_clock is not None:
            self._rose_s = self._pulse_clock()
        if self._pulses == 0 or self._pulses > _DATA_PULSES:
            self._convert()
        if self._word is None:
            return  # clocked while it converts: DOUT stays high, the host reads ones
        self._pulses += 1
        if self._pulses <= _DATA_PULSES:
            self._level = bool(self._word >> (_DATA_PULSES - self._pulses) & 1)
        elif self._pulses in _GAIN_AFTER_PULSES:
            self._gain = _GAIN_AFTER_PULSES[self._pulses]
            self._level = True

    def _convert(self) -> None:
        """Make the newest conversion that is due the one to fetch."""
        done = math.floor((self._clock.now() - self._awake_s) * self._rate_hz + _ROUNDING)
        if done <= self._converted:
            return
        self._converted = done
        self._word = self._count(self._awake_s + done / self._rate_hz) & 0xFFFFFF
        self._pulses = 0
        self._level = False

    def _count(self, t_s: float) -> int:
        """Return what the converter makes of the force at a moment, with its noise and its settling."""
        self._noise_index = (self._noise_index + 1) % _NOISE_ROWS
        settled = min(1.0, self._converted / (SETTLING_CONVERSIONS + 1))
        bridge = 0.0 if self._gain == 32 else self._zero_count + self._force(t_s) * self._count_per_newton
        count = bridge * settled * self._gain / 128 + self._noise[self._noise_index]
        return max(COUNT_MIN, min(COUNT_MAX, round(count)))
