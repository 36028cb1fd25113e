"""A whole station's hardware, emulated: every configured sensor on its own bus, address and pins."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from drivers.clock import Clock
from drivers.config import SensorConfig, bus_number
from drivers.emulation import hx711
from drivers.emulation.bno085 import EmulatedBno085, ImuTruth
from drivers.emulation.faults import NO_FAULTS, FaultScript
from drivers.emulation.i2c import EmulatedI2C
from drivers.emulation.pins import QuietFactory, Stopwatch
from drivers.emulation.wiring import PlacedForce, PlacedMuscle, Wiring, at_rest

PlacedMotion = Callable[[str, float], ImuTruth]
"""What happens at a place on the body at a time in seconds on the clock."""
_WIRES: dict[str, Callable[[SensorConfig, Wiring], Any]] = {
    "hx711": hx711.wire,
}
"""How an emulated chip of each kind is connected: one line per kind."""


class EmulatedHardware:
    """The buses of a station without hardware; the drivers cannot tell the difference.

    ``chips`` and ``cells`` hold the emulated parts by sensor name, for whoever wants to disturb them.
    """

    def __init__(
        self,
        configs: Iterable[SensorConfig],
        motion: PlacedMotion,
        force: PlacedForce,
        clock: Clock,
        *,
        muscle: PlacedMuscle = at_rest,
        seed: int = 0,
        noise: float = 1.0,
        faults: FaultScript = NO_FAULTS,
    ) -> None:
        self.pin_factory = QuietFactory()
        self.perf = Stopwatch()
        self.chips: dict[str, EmulatedBno085] = {}
        self.cells: dict[str, Any] = {}
        self._buses: dict[int, EmulatedI2C] = {}
        for index, config in enumerate(configs):
            if config.chip == "bno08x":
                self._wire_motion(motion, config, clock, seed + index, noise)
                continue
            to = Wiring(self.pin_factory, self.i2c, self.perf, force, muscle, clock, seed + index, noise, faults)
            self.cells[config.name] = _WIRES[config.chip](config, to)

    def i2c(self, bus_number: int) -> EmulatedI2C:
        """Return an I2C bus; one without sensors is simply empty."""
        return self._buses.setdefault(bus_number, EmulatedI2C())

    def _wire_motion(self, motion: PlacedMotion, config: SensorConfig, clock: Clock, seed: int, noise: float) -> None:
        chip = EmulatedBno085(partial(motion, config.place), clock, config.whole("address"), seed, noise)
        self.chips[config.name] = chip
        self.i2c(bus_number(config.bus)).attach(chip)
