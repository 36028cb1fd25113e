"""A whole rig for an hour: two motion sensors at 100 Hz with three reports each and two load cells at 80 a second.

One thread reads them all in turn, on buses that take the time their bits need: harder than the station, where every
bus has a thread of its own. Simulated, so that an hour takes minutes; the short run looks at one minute.
"""

import heapq
import os
from itertools import pairwise

import pytest

from drivers.clock import LoneClock
from drivers.emulation.i2c import EmulatedI2C
from drivers.emulation.rig import EmulatedHardware
from drivers.factory import build_sources, parse_sensors
from drivers.patient import Pace, VirtualPatient
from drivers.samples import ImuSample, Quality

UNTIL_S = 3600.0 if os.environ.get("STEADYRIG_LONG") else 60.0
SETTLED_S = 1.0
"""Chips start and converters settle."""

MOTION = {"chip": "bno08x", "bus": "i2c-1", "int_pin": 17, "reset_pin": 4}
CELL = {"chip": "hx711", "sample_rate_hz": 80, "zero_count": 0, "newton_per_count": 0.0005}
RIG = {
    "thigh": {**MOTION, "place": "thigh", "address": 0x4A},
    "trunk": {**MOTION, "place": "trunk", "address": 0x4B, "int_pin": 27, "reset_pin": 22},
    "band": {**CELL, "place": "band", "bus": "spi-0"},
    "dock": {**CELL, "place": "dock", "bus": "gpio", "clock_pin": 5, "data_pin": 6},
}


class TimedHardware(EmulatedHardware):
    """Emulated hardware whose I2C bus is as slow as a real one."""

    def __init__(self, configs, motion, force, clock, **kwargs):
        self._timer = clock
        super().__init__(configs, motion, force, clock, **kwargs)

    def i2c(self, bus_number):
        if bus_number not in self._buses:
            self._buses[bus_number] = EmulatedI2C(clock=self._timer)
        return self._buses[bus_number]


def test_no_sample_is_lost():
    patient = VirtualPatient(seed=5)
    patient.begin("goblet_squat", 3.0, Pace(2.0, 0.5, 2.0, 1.0))
    configs, clock = parse_sensors(RIG, "station.toml"), LoneClock()
    hardware = TimedHardware(configs, patient.imu, lambda _place, t_s: patient.force_n(t_s), clock, seed=3)
    sources = build_sources(configs, hardware, clock)
    last_s, counts, steps, bad = {}, dict.fromkeys(RIG, 0), {name: [9.0, 0.0] for name in RIG}, []
    turns, at_start = [], None
    for number, source in enumerate(sources):
        source.open()
        heapq.heappush(turns, (0.0, number))
    while clock.now() < UNTIL_S:
        due_s, number = heapq.heappop(turns)
        clock.sleep_until(due_s)
        source = sources[number]
        if at_start is None and clock.now() >= SETTLED_S:
            at_start = [dict(one.health(clock.now()).errors) for one in sources]
        for sample in source.read(clock.now()):
            if sample.t_s < SETTLED_S:
                continue
            before_s = last_s.get(sample.sensor)
            last_s[sample.sensor] = sample.t_s
            counts[sample.sensor] += 1
            if before_s is not None:
                step_s = sample.t_s - before_s
                least, most = steps[sample.sensor]
                steps[sample.sensor] = [min(least, step_s), max(most, step_s)]
            whole = not isinstance(sample, ImuSample) or None not in (sample.gyro_rad_s, sample.quaternion_wxyz)
            if sample.quality & (Quality.GAP_BEFORE | Quality.RESET_BEFORE) or not whole:
                bad.append(sample)
        heapq.heappush(turns, (max(due_s + source.period_s, clock.now()), number))
    assert bad == []
    for name in ("thigh", "trunk"):
        assert counts[name] == pytest.approx(100 * (UNTIL_S - SETTLED_S), abs=2)
        assert steps[name] == pytest.approx([0.01, 0.01], abs=2.1e-4)
        assert hardware.chips[name].dropped == 0
    for name in ("band", "dock"):
        assert counts[name] == pytest.approx(80 * (UNTIL_S - SETTLED_S), abs=2)
        assert steps[name][1] < 2.0 / 80
    assert [source.health(clock.now()).errors for source in sources] == at_start
    assert hardware.i2c(1).busy_s / UNTIL_S < 0.44  # what the budget says, every report in a packet of its own
    for (_, before), (_, after) in pairwise(sorted(last_s.items())):
        assert abs(before - after) < 0.05  # all of them to the end
