from __future__ import annotations

import math
from dataclasses import dataclass

import pytest

from drivers.bno08x import Bno08x
from drivers.clock import SimulatedClock
from drivers.emulation.bno085 import EmulatedBno085
from drivers.emulation.faults import FaultScript
from drivers.emulation.i2c import EmulatedI2C


@dataclass(frozen=True)
class Truth:
    accel_m_s2: tuple = (0.0, 0.0, 9.80665)
    gyro_rad_s: tuple = (0.0, 0.0, 0.0)
    quaternion_wxyz: tuple = (1.0, 0.0, 0.0, 0.0)


def swing(t_s):
    """A limb that turns about its x axis; every part of it changes with time."""
    angle = math.sin(t_s)
    return Truth(
        (0.0, 9.80665 * math.sin(angle), 9.80665 * math.cos(angle)),
        (math.cos(t_s), 0.0, 0.0),
        (math.cos(angle / 2), math.sin(angle / 2), 0.0, 0.0),
    )


class Bench:
    """One emulated motion sensor, its driver, and a clock to turn; faults count from ``start_s``."""

    def __init__(self, motion=swing, noise=0.0, start_s=1000.0, faults=(), chip=None, **settings):
        self.clock = SimulatedClock(start_s)
        script = FaultScript(tuple(faults), begin_s=start_s)
        self.chip = EmulatedBno085(
            motion, self.clock, seed=7, noise=noise, name="thigh", faults=script, **(chip or {})
        )
        self.bus = EmulatedI2C(self.chip)
        self.source = Bno08x("thigh", "i2c-1", lambda: self.bus, address=0x4A, clock=self.clock, **settings)

    def wait(self, seconds):
        self.clock.advance(self.clock.now() + seconds)

    def read(self):
        return list(self.source.read(self.clock.now()))

    def run(self, seconds):
        """Read every 10 ms for a while."""
        samples = []
        for _ in range(round(seconds / 0.01)):
            self.wait(0.01)
            samples += self.read()
        return samples

    def health(self):
        return self.source.health(self.clock.now())


@pytest.fixture
def bench():
    return Bench


@pytest.fixture
def truth():
    return Truth
