"""An MCP3008 converter that answers an SPI port pin by pin, its inputs given as functions of time.

Protocol of its data sheet (Microchip, DS21295): selected, it waits for a start bit, takes the kind of reading and
the channel, one bit each time the clock rises, leaves the line alone for a clock, and puts out a null bit and ten
bits of the reading, each as the clock falls.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from drivers.clock import Clock
from drivers.config import SensorConfig
from drivers.emg import port_pins
from drivers.emulation.faults import NO_FAULTS, FaultScript, Kind
from drivers.emulation.pins import HeardPin, QuietFactory, SharedPin
from drivers.emulation.wiring import Wiring

STEPS = 1023
NOISE_STEPS = 1.5
"""Of converter and board together, in steps; our choice."""
_ADDRESS_BITS = 4
_DATA_BITS = 10
_FLOATING = None


@dataclass(slots=True)
class Input:
    """What one of the eight inputs is connected to: ``level`` is a share of full scale at a time on the clock.

    Acts out SATURATION, FREEZE and GLITCH; UNPLUG and SILENCE take the whole chip away.
    """

    level: Callable[[float], float]
    name: str = ""
    faults: FaultScript = NO_FAULTS
    noise: float = 1.0
    seed: int = 0
    _draw: random.Random | None = None
    _last: int = 0

    def reading(self, t_s: float) -> int:
        """Return the ten bits of a reading."""
        if self._draw is None:
            self._draw = random.Random(self.seed)
        if self.faults.active(self.name, Kind.FREEZE, t_s):
            return self._last
        level = self.level(t_s)
        if self.faults.active(self.name, Kind.SATURATION, t_s):
            level = 1.0
        noisy = level * STEPS + self._draw.gauss(0.0, NOISE_STEPS) * self.noise
        self._last = max(0, min(STEPS, round(noisy)))
        glitch = self.faults.active(self.name, Kind.GLITCH, t_s)
        return self._draw.randint(0, STEPS) if glitch and self._draw.random() < glitch.size else self._last

    def away(self, t_s: float) -> bool:
        """Tell whether the board with the chip on it is unplugged or silent."""
        return any(self.faults.active(self.name, kind, t_s) for kind in (Kind.UNPLUG, Kind.SILENCE))


class EmulatedMcp3008:
    """The chip as seen from its four pins; ``inputs`` by channel, an open one reads 0."""

    def __init__(
        self, factory: QuietFactory, clock_pin: int, mosi_pin: int, miso_pin: int, select_pin: int, clock: Clock
    ) -> None:
        self.inputs: dict[int, Input] = {}
        self._time = clock
        self._mosi = factory.pin(mosi_pin)
        self._selected = False
        self._begin()
        factory.pin(clock_pin, pin_class=HeardPin).listeners.append(self._clocked)
        factory.pin(select_pin, pin_class=HeardPin).listeners.append(self._select)
        factory.pin(miso_pin, pin_class=SharedPin).drivers.append(self._level)

    def _begin(self) -> None:
        self._started = False
        self._address: list[int] = []
        self._coming: deque[int | None] = deque()
        self._line: int | None = _FLOATING

    def _select(self, level: bool) -> None:
        self._selected = not level
        self._begin()

    def _clocked(self, rising: bool) -> None:
        if not self._selected:
            return
        if not rising:
            self._line = self._coming.popleft() if self._coming else _FLOATING
        elif not self._started:
            self._started = bool(self._mosi.state)
        elif len(self._address) < _ADDRESS_BITS:
            self._address.append(int(self._mosi.state))
            if len(self._address) == _ADDRESS_BITS:
                self._coming = self._answer()

    def _answer(self) -> deque[int | None]:
        single, *channel = self._address
        number = channel[0] << 2 | channel[1] << 1 | channel[2]
        source = self.inputs.get(number)
        now_s = self._time.now()
        if any(one.away(now_s) for one in self.inputs.values()):
            return deque()
        # Differential readings are not emulated: an open pair reads 0.
        value = source.reading(now_s) if source and single else 0
        bits = [value >> shift & 1 for shift in range(_DATA_BITS - 1, -1, -1)]
        return deque([_FLOATING, 0, *bits])

    def _level(self) -> int | None:
        return self._line if self._selected else _FLOATING


def wire(config: SensorConfig, to: Wiring) -> EmulatedMcp3008:
    """Connect an emulated board to the chip the configuration names; channels of one chip share it."""
    pins = port_pins(config.whole("device"))
    select = to.pin_factory.pin(pins["select_pin"], pin_class=HeardPin)
    chip = select.chip or EmulatedMcp3008(to.pin_factory, **pins, clock=to.clock)
    select.chip = chip
    chip.inputs[config.whole("channel")] = Input(to.muscle, config.name, to.faults, to.noise, to.seed)
    return chip
