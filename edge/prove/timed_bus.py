"""Two motion sensors on a bus whose bits take their time."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from drivers.clock import LoneClock
from drivers.emulation.bno085 import EmulatedBno085
from drivers.emulation.faults import Fault, FaultScript, Kind
from drivers.emulation.i2c import EmulatedI2C
from drivers.factory import build_sources, parse_sensors
from drivers.patient import VirtualPatient
from drivers.realism import REALISTIC
from edge.prove.bench import SENSORS

BUS = {name: SENSORS[name] for name in ("thigh", "trunk")}
RATE_HZ = 100.0
BAUDRATES_HZ = (400_000, 100_000)
STARTED_S = 0.5
"""By then a chip has said who it is; at 100 kHz that alone takes 25 ms."""


def on_a_timed_bus(seed: int, baudrate_hz: int) -> tuple[float, float]:
    """Put two sensors, one of which never ends, on a bus whose bits take their time.

    Returns the longest read of either in seconds, and the share of its samples that the other one delivered.
    """
    clock, patient = LoneClock(), VirtualPatient(seed, REALISTIC)
    script = FaultScript((Fault(Kind.ENDLESS, "thigh", 1.0, 5.0),))
    configs = parse_sensors({name: {**BUS[name], "reports": "accel gyro"} for name in BUS}, "the bus on the bench")
    chips = [
        EmulatedBno085(
            partial(patient.imu, config.place), clock, config.whole("address"), name=config.name, faults=script
        )
        for config in configs
    ]
    bus = EmulatedI2C(*chips, clock=clock, baudrate_hz=baudrate_hz)
    sources = build_sources(configs, _OneBus(bus), clock)
    for source in sources:
        source.open()
    count, longest_s, due_s = 0, 0.0, clock.now()
    while clock.now() < 6.0:
        for source in sources:
            begun_s = clock.now()
            count += sum(sample.sensor == "trunk" and sample.t_s >= 1.0 for sample in source.read(begun_s))
            if begun_s > STARTED_S:
                longest_s = max(longest_s, clock.now() - begun_s)
        due_s = max(due_s + 1.0 / RATE_HZ, clock.now())
        clock.sleep_until(due_s)
    return longest_s, count / (5.0 * RATE_HZ)


@dataclass(frozen=True, slots=True)
class _OneBus:
    """Hardware that has one I2C bus and nothing else."""

    bus: EmulatedI2C
    pin_factory: None = None

    def i2c(self, _bus_number: int) -> EmulatedI2C:
        """Return the bus."""
        return self.bus

    def perf(self) -> float:
        """No pulse is timed here."""
        return 0.0

    def renew(self, _bus: str) -> None:
        """Nothing to forget."""
