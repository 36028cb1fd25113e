"""What an emulated chip is connected to: the station's buses on one side, what really happens on the other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from drivers.clock import Clock
from drivers.emulation.bno085 import ImuTruth
from drivers.emulation.faults import FaultScript
from drivers.emulation.i2c import EmulatedI2C
from drivers.emulation.pins import QuietFactory, Stopwatch


@dataclass(frozen=True, slots=True, kw_only=True)
class Wiring:
    """Buses, truth and conditions for one chip.

    ``motion`` is what an ideal motion sensor reads, ``force`` is in newtons, and ``muscle`` a share of its board's
    range, 0 to 1, each at the chip's place at a time in seconds on the clock; ``seed`` is its own, ``noise`` scales
    its errors.
    """

    pin_factory: QuietFactory
    i2c: Callable[[int], EmulatedI2C]
    stopwatch: Stopwatch
    motion: Callable[[float], ImuTruth]
    force: Callable[[float], float]
    muscle: Callable[[float], float]
    clock: Clock
    seed: int
    noise: float
    faults: FaultScript
