"""What tests of a whole station share: emulated chips, a body, and a clock that the test turns frame by frame."""

import sys
from pathlib import Path

import pytest

from drivers.clock import SimulatedClock
from drivers.emulation.faults import FaultScript
from drivers.emulation.rig import EmulatedHardware
from drivers.factory import build_watchdog, parse_sensors
from drivers.patient import Pace, VirtualPatient
from edge import records
from edge.session import Pressed
from edge.station import Station

sys.path.append(str(Path(__file__).parent))  # session_run, which several tests share

SENSORS = parse_sensors(
    {
        "band": {
            "chip": "hx711", "place": "band", "bus": "spi-0", "zero_count": 84_000, "newton_per_count": 0.0005,
        },
        "thigh": {"chip": "bno08x", "place": "thigh", "bus": "i2c-1", "address": 0x4A},
    },
    "the test's rig",
)  # fmt: skip
PACE = Pace(out_s=1.2, hold_s=0.5, back_s=1.0, rest_s=0.6)
START_S = 1000.25


class House:
    """A station on emulated chips whose clock the test turns, frame by frame."""

    def __init__(self, recorder=None, faults=(), seed=3, **station):
        self.clock = SimulatedClock(START_S, 1.8e9)
        self.body = VirtualPatient(seed)
        self.body.prepare("goblet_squat", START_S)
        self.hardware = EmulatedHardware(
            SENSORS, self.body.imu, lambda _place, t_s: self.body.force_n(t_s), self.clock, seed=seed,
            faults=FaultScript(tuple(faults), START_S),
        )  # fmt: skip
        self.saved = []
        self.station = Station(
            {sensor.name: sensor.place for sensor in SENSORS},
            self.saved.extend, lambda _sound: None, self.clock.wall, lambda: "session-0001", recorder,
            **station,
        )  # fmt: skip
        self.watchdog = build_watchdog(SENSORS, self.hardware, self.clock, self.station.take_sample)
        self.watchdog.start()

    @property
    def state(self):
        return self.station.state

    def stop(self):
        self.clock.close()
        self.watchdog.stop()

    def press(self, action, value=None):
        self.station.press(Pressed(self.clock.now(), action, value))

    def wait(self, seconds, until=lambda: False):
        end_s = self.clock.now() + seconds
        while self.clock.now() < end_s and not until():
            frame_s = self.clock.now() + 1 / 30
            while self.clock.now() < frame_s:
                self.clock.advance(frame_s)
            self.watchdog.look()
            self.station.step(self.clock.now(), self.watchdog.health().values())

    def wait_for(self, screen, patience_s=90.0):
        self.wait(patience_s, lambda: self.state.screen is screen)
        assert self.state.screen is screen

    def begin(self, exercise="goblet_squat", peak_n=90.0):
        """Let the body do repetitions from now on."""
        self.body.begin(exercise, self.clock.now(), PACE, peak_n)

    def of_kind(self, kind):
        return [record for record in self.saved if records.kind(record) == kind]

    def reps(self):
        """Set, start, end, range and confidence of every repetition that was written down."""
        return [
            (r.set_number, r.start_s, r.end_s, r.range_value, r.confidence)
            for r in self.saved
            if isinstance(r, records.RepCounted)
        ]


@pytest.fixture(scope="session")
def emulated_house():
    """The class, to be made with what the test needs; stop it when done."""
    return House
