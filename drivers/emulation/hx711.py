"""An HX711 load cell converter that answers on two of gpiozero's mock pins, fed by a force as a function of time."""

from __future__ import annotations

import random
from typing import Any

from gpiozero.pins.mock import MockFactory

from drivers.clock import Clock
from drivers.config import SensorConfig
from drivers.emulation.bridge import Bridge, Force, Pace
from drivers.emulation.faults import NO_FAULTS, FaultScript, Kind
from drivers.emulation.pins import QuietPin, Stopwatch
from drivers.emulation.wiring import Wiring
from drivers.guard import USUAL_NEWTON_PER_COUNT
from drivers.hx711 import wire_pins
from drivers.hx711_wires import ChannelGain

# Data sheet: 50 nV rms at 10 conversions a second and 90 nV at 80, gain 128; one count is 2.33 nV at 5 V supply.
NOISE_COUNTS = {10: 21.0, 80: 39.0}
SETTLING_CONVERSIONS = 4
"""Conversions after power-up or another gain until the output is right (data sheet: 50 ms at 80 SPS)."""
POWER_DOWN_AFTER_S = 60e-6
LONG_PULSE_S = 200e-6
"""What a scheduler that looks elsewhere for a moment makes of a pulse."""

_DATA_PULSES = 24
_AFTER_PULSES = {_DATA_PULSES + choice.value: choice for choice in ChannelGain}
_GAIN = {ChannelGain.A128: 128, ChannelGain.B32: 32, ChannelGain.A64: 64}


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

    Conversions happen by ``clock``; one that is not fetched is replaced by the next. Pulses are as long as the
    ``stopwatch`` says that times them; without one they take no time, as when hardware makes them. ``noise`` scales
    the converter's noise. The cell is on the channel of ``channel_gain``, and there
    ``count = zero_count + force / newton_per_count``. Acts out STUCK and SILENCE (the data line stays high), UNPLUG,
    SELF_RESET (silent while it settles), LONG_PULSE, RATE_DROP, and what a :class:`Bridge` can have.
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
        channel_gain: ChannelGain = ChannelGain.A128,
        seed: int = 0,
        noise: float = 1.0,
        stopwatch: Stopwatch | None = None,
        name: str = "",
        faults: FaultScript = NO_FAULTS,
    ) -> None:
        rng = random.Random(seed)
        self._bridge = Bridge(
            force,
            newton_per_count=newton_per_count,
            zero_count=zero_count,
            sigma=NOISE_COUNTS[sample_rate_hz] * noise,
            seed=seed,
            name=name,
            faults=faults,
        )
        self._name = name
        self._faults = faults
        self._clock = clock
        self._rate_hz = sample_rate_hz
        self._wired = channel_gain
        self._stopwatch = stopwatch
        self._rose_s = 0.0
        self._stretched = random.Random(f"{seed}:{name}:pulses")
        # The chip's own oscillator knows nothing of the host's clock.
        self._phase_s = rng.random() / sample_rate_hz
        self._pace = Pace(sample_rate_hz, name, faults)
        self._was_off = False
        self._resets_s = sorted(faults.begin_s + fault.start_s for fault in faults.of(name, Kind.SELF_RESET))
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
        elif self._stopwatch is not None:
            self._stretch(self._stopwatch)
            if self._stopwatch() - self._rose_s > POWER_DOWN_AFTER_S:
                self._power_up()

    def _power_up(self, silent: int = 0) -> None:
        """Start anew; of the conversions that do not count yet, so many are not even shown."""
        self._pace.restart(self._clock.now() + self._phase_s + silent / self._rate_hz)
        self._choice = ChannelGain.A128
        self._chosen_at = 0
        self._word: int | None = None
        self._pulses = 0
        self._level = True

    def _rise(self) -> None:
        if self._stopwatch is not None:
            self._rose_s = self._stopwatch()
        if self._pulses == 0 or self._pulses > _DATA_PULSES:
            self._convert()
        if self._word is None:
            return  # clocked while it converts: DOUT stays high, the host reads ones
        self._pulses += 1
        if self._pulses <= _DATA_PULSES:
            self._level = bool(self._word >> (_DATA_PULSES - self._pulses) & 1)
        else:
            self._level = True

    def _stretch(self, stopwatch: Stopwatch) -> None:
        """Let the first pulse of a word last too long, now and then, while that is the fault."""
        if self._pulses != 1:
            return
        fault = self._faults.active(self._name, Kind.LONG_PULSE, self._clock.now())
        if fault and self._stretched.random() < fault.size:
            stopwatch.passed(LONG_PULSE_S)

    def _convert(self) -> None:
        """Make the newest conversion that is due the one to fetch."""
        now_s = self._clock.now()
        before = self._pace.done
        if self._is_off(now_s) or not self._pace.done_by(now_s):
            return
        if self._faults.active(self._name, Kind.STUCK, now_s) or self._faults.active(self._name, Kind.SILENCE, now_s):
            return
        choice = _AFTER_PULSES.get(min(self._pulses, max(_AFTER_PULSES)), self._choice)
        if choice is not self._choice:
            self._choice, self._chosen_at = choice, before
        self._word = self._bridge.word(self._pace.done_s, self._share()) & 0xFFFFFF
        self._pulses = 0
        self._level = False

    def _share(self) -> float:
        """Return what is left of the cell's signal: on the wrong channel none, at another gain more or less of it."""
        if self._choice.name[0] != self._wired.name[0]:
            return 0.0
        settled = min(1.0, (self._pace.done - self._chosen_at) / (SETTLING_CONVERSIONS + 1))
        return settled * _GAIN[self._choice] / _GAIN[self._wired]

    def _is_off(self, now_s: float) -> bool:
        """Tell whether the cable is out; power coming back, or a brown-out, starts the chip anew."""
        while self._resets_s and self._resets_s[0] <= now_s:
            del self._resets_s[0]
            self._power_up(SETTLING_CONVERSIONS)
        off = self._faults.active(self._name, Kind.UNPLUG, now_s) is not None
        if off and not self._was_off:
            self._level, self._word, self._pulses = True, None, 0
        if self._was_off and not off:
            self._power_up()
        self._was_off = off
        return off


def wire(config: SensorConfig, to: Wiring) -> EmulatedHx711:
    """Connect an emulated chip where the configuration says that one is."""
    clock_pin, data_pin = wire_pins(config)
    return EmulatedHx711(
        to.pin_factory,
        clock_pin,
        data_pin,
        force=to.force,
        clock=to.clock,
        newton_per_count=float(config.settings.get("newton_per_count", USUAL_NEWTON_PER_COUNT)),
        zero_count=int(config.settings.get("zero_count", 0)),
        sample_rate_hz=config.whole("sample_rate_hz"),
        channel_gain=ChannelGain[str(config.settings["channel_gain"])],
        seed=to.seed,
        noise=to.noise,
        # An SPI port makes its pulses itself, and they are never long.
        stopwatch=to.stopwatch if config.bus == "gpio" else None,
        name=config.name,
        faults=to.faults,
    )
