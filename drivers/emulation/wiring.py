"""What an emulated chip is connected to: the station's buses on one side, what really happens on the other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from drivers.clock import Clock
from drivers.emulation.faults import NO_FAULTS, FaultScript
from drivers.emulation.i2c import EmulatedI2C
from drivers.emulation.pins import QuietFactory, Stopwatch

PlacedForce = Callable[[str, float], float]
"""Newtons at a place at a time in seconds on the clock."""
PlacedMuscle = Callable[[str, float], float]
"""Share of its input range that a muscle's board gives at a place, 0 to 1, at a time in seconds on the clock."""


def at_rest(_place: str, _t_s: float) -> float:
    """Return what an envelope board gives while the muscle rests: its offset."""
    return 0.02


@dataclass(frozen=True, slots=True)
class Wiring:
    """Buses, truth and conditions for one chip; ``seed`` is its own."""

    pin_factory: QuietFactory
    i2c: Callable[[int], EmulatedI2C]
    stopwatch: Stopwatch
    force: PlacedForce
    muscle: PlacedMuscle
    clock: Clock
    seed: int = 0
    noise: float = 1.0
    faults: FaultScript = NO_FAULTS

    def force_at(self, place: str) -> Callable[[float], float]:
        """Return the newtons at a place as a function of time."""
        return partial(self.force, place)

    def muscle_at(self, place: str) -> Callable[[float], float]:
        """Return a muscle's share of its board's range at a place as a function of time."""
        return partial(self.muscle, place)
