"""A whole station's hardware, emulated: every configured sensor on its own bus, address and pins."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

from drivers.clock import Clock
from drivers.config import SensorConfig, bus_number
from drivers.emulation.bno085 import BOOT_S, EmulatedBno085, ImuTruth
from drivers.emulation.faults import NO_FAULTS, FaultScript, Kind
from drivers.emulation.hx711 import EmulatedHx711
from drivers.emulation.i2c import EmulatedI2C
from drivers.emulation.pins import QuietFactory
from drivers.hx711 import wire_pins

PlacedMotion = Callable[[str, float], ImuTruth]
"""What happens at a place on the body at a time in seconds on the clock."""
PlacedForce = Callable[[str, float], float]
"""Newtons at a place at a time in seconds on the clock."""

_TYPICAL_NEWTON_PER_COUNT = 0.0005


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
        seed: int = 0,
        noise: float = 1.0,
        faults: FaultScript = NO_FAULTS,
    ) -> None:
        configs = tuple(configs)
        self._faults = faults
        self._places = {config.name: config.place for config in configs}
        self.pin_factory = QuietFactory()
        self.chips: dict[str, EmulatedBno085] = {}
        self.cells: dict[str, EmulatedHx711] = {}
        self._buses: dict[int, EmulatedI2C] = {}
        wire = {"bno08x": partial(self._wire_motion, motion), "hx711": partial(self._wire_cell, force)}
        for index, config in enumerate(configs):
            wire[config.chip](config, clock, seed + index, noise)

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

    def _felt_by(self, name: str, motion: PlacedMotion) -> Callable[[float], ImuTruth]:
        """Return the motion of a sensor's place, or of another one's while the two are swapped."""
        place = self._places[name]
        if not self._faults.of(name, Kind.SWAP):
            return partial(motion, place)

        def felt(t_s: float) -> ImuTruth:
            swap = self._faults.active(name, Kind.SWAP, t_s)
            return motion(self._places[swap.other] if swap else place, t_s)

        return felt

    def _wire_cell(self, force: PlacedForce, config: SensorConfig, clock: Clock, seed: int, noise: float) -> None:
        clock_pin, data_pin = wire_pins(config)
        self.cells[config.name] = EmulatedHx711(
            self.pin_factory,
            clock_pin,
            data_pin,
            force=partial(force, config.place),
            clock=clock,
            newton_per_count=float(config.settings.get("newton_per_count", _TYPICAL_NEWTON_PER_COUNT)),
            zero_count=int(config.settings.get("zero_count", 0)),
            sample_rate_hz=config.whole("sample_rate_hz"),
            seed=seed,
            noise=noise,
        )
