"""A whole station's hardware, emulated: every configured sensor on its own bus, address and pins."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from drivers.clock import Clock
from drivers.config import SensorConfig, bus_number
from drivers.emulation import hx711, mcp3008, nau7802
from drivers.emulation.bno085 import BOOT_S, EmulatedBno085, ImuTruth
from drivers.emulation.faults import NO_FAULTS, FaultScript, Kind
from drivers.emulation.i2c import EmulatedI2C
from drivers.emulation.pins import QuietFactory, Stopwatch
from drivers.emulation.wiring import Wiring

PlacedMotion = Callable[[str, float], ImuTruth]
"""What happens at a place on the body at a time in seconds on the clock."""
PlacedForce = Callable[[str, float], float]
"""Newtons at a place at a time in seconds on the clock."""
PlacedMuscle = Callable[[str, float], float]
"""Share of its range that a muscle's board gives at a place, 0 to 1, at a time in seconds on the clock."""
T = TypeVar("T")

_WIRES: dict[str, Callable[[SensorConfig, Wiring], Any]] = {
    "hx711": hx711.wire,
    "nau7802": nau7802.wire,
    "emg": mcp3008.wire,
}
"""How an emulated chip of each kind is connected: one line per kind. One that is not here is absent."""


def at_rest(_place: str, _t_s: float) -> float:
    """Return what an envelope board gives while the muscle rests: its offset."""
    return 0.02


class EmulatedHardware:
    """The buses of a station without hardware; the drivers cannot tell the difference.

    ``chips`` and ``cells`` hold the emulated parts by sensor name, for whoever wants to disturb them; ``faults``
    says what goes wrong with which sensor, and when.
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
        configs = tuple(configs)
        self._faults = faults
        self._places = {config.name: config.place for config in configs}
        self.pin_factory = QuietFactory()
        self.perf = Stopwatch()
        self.chips: dict[str, EmulatedBno085] = {}
        self.cells: dict[str, Any] = {}
        self._buses: dict[int, EmulatedI2C] = {}
        for index, config in enumerate(configs):
            if config.chip == "bno08x":
                self._wire_motion(motion, config, clock, seed + index, noise)
                continue
            to = Wiring(
                pin_factory=self.pin_factory,
                i2c=self.i2c,
                stopwatch=self.perf,
                motion=self._felt_by(config.name, motion),
                force=self._felt_by(config.name, force),
                muscle=self._felt_by(config.name, muscle),
                clock=clock,
                seed=seed + index,
                noise=noise,
                faults=faults,
            )
            wire = _WIRES.get(config.chip)
            if wire is not None:  # a kind without an emulated chip is absent, as one that is unplugged
                self.cells[config.name] = wire(config, to)

    def i2c(self, bus_number: int) -> EmulatedI2C:
        """Return an I2C bus; one without sensors is simply empty."""
        return self._buses.setdefault(bus_number, EmulatedI2C())

    def renew(self, bus: str) -> None:
        """Nothing to forget: an emulated bus has no handle that could hang, only chips."""

    def _wire_motion(self, motion: PlacedMotion, config: SensorConfig, clock: Clock, seed: int, noise: float) -> None:
        chip = EmulatedBno085(
            self._felt_by(config.name, motion),
            clock,
            config.whole("address"),
            seed,
            noise,
            name=config.name,
            faults=self._faults,
            boot_s=BOOT_S,
            pins=self.pin_factory,
            int_pin=config.optional_whole("int_pin"),
            reset_pin=config.optional_whole("reset_pin"),
        )
        self.chips[config.name] = chip
        self.i2c(bus_number(config.bus)).attach(chip)

    def _felt_by(self, name: str, quantity: Callable[[str, float], T]) -> Callable[[float], T]:
        """Return what happens at a sensor's place, or at another one's while the two are swapped."""
        place = self._places[name]
        if not self._faults.of(name, Kind.SWAP):
            return lambda t_s: quantity(place, t_s)

        def felt(t_s: float) -> T:
            swap = self._faults.active(name, Kind.SWAP, t_s)
            return quantity(self._places[swap.other] if swap else place, t_s)

        return felt
