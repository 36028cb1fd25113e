"""A session on emulated chips, recorded raw: counted anew from the file, it is the same session."""

import json
import time

import pytest
from typer.testing import CliRunner

from drivers.clock import SimulatedClock
from drivers.emulation.rig import EmulatedHardware
from drivers.factory import build_watchdog, parse_sensors
from drivers.patient import Pace, VirtualPatient
from drivers.recorder import Recorder
from drivers.replay import load_recording, load_trace
from drivers.shelf import Shelf
from drivers.traces import Mark
from edge import records
from edge.__main__ import app
from edge.model import PlannedExercise, Prescription
from edge.rawlog import Deed, Done, read
from edge.rerun import Rerun
from edge.session import Action, Pressed, Screen
from edge.station import Station
from edge.tempo import parse_tempo

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
PLAN = Prescription(
    1, "p-0001-aaaa", "station-0001", "Ana", "2026-11-21",
    (
        PlannedExercise(1, "goblet_squat", 1, 3, parse_tempo("normal"), None, 5.0),
        PlannedExercise(2, "band_row", 1, 2, parse_tempo("normal"), None, 5.0),
    ),
)  # fmt: skip
START_S = 1000.25


class House:
    """A station on emulated chips whose clock the test turns, frame by frame."""

    def __init__(self, folder):
        self.clock = SimulatedClock(START_S, 1.8e9)
        self.body = VirtualPatient(3)
        self.body.prepare("goblet_squat", START_S)
        self.hardware = EmulatedHardware(
            SENSORS, self.body.imu, lambda _place, t_s: self.body.force_n(t_s), self.clock, seed=3
        )
        self.saved = []
        self.recorder = Recorder(folder, 50.0, [(sensor.name, sensor.place) for sensor in SENSORS], part_s=0.05)
        self.station = Station(
            {sensor.name: sensor.place for sensor in SENSORS},
            self.saved.extend, lambda _sound: None, self.clock.wall, lambda: "session-0001", self.recorder,
        )  # fmt: skip
        self.watchdog = build_watchdog(SENSORS, self.hardware, self.clock, self.station.take_sample)

    def press(self, action):
        self.station.press(Pressed(self.clock.now(), action))

    def wait(self, seconds, until=lambda: False):
        end_s = self.clock.now() + seconds
        while self.clock.now() < end_s and not until():
            frame_s = self.clock.now() + 1 / 30
            while self.clock.now() < frame_s:
                self.clock.advance(frame_s)
            self.station.step(self.clock.now(), self.watchdog.health().values())

    def wait_for(self, screen):
        self.wait(90.0, lambda: self.station.state.screen is screen)
        assert self.station.state.screen is screen

    def train(self):
        """Squats with a chip that restarts on the way, then rows."""
        self.station.take_plan(PLAN)
        self.wait(2.0)
        self.press(Action.MAIN)
        self.wait(0.5)
        self.press(Action.MAIN)
        self.wait(1.5)
        self.body.begin("goblet_squat", self.clock.now(), PACE)
        self.wait(60.0, lambda: len(self.station.state.reps) == 1)
        self.wait(0.8)
        self.hardware.chips["thigh"].reset()
        self.wait_for(Screen.LOST)
        self.body.finish(self.clock.now())
        self.wait(6.0)
        self.press(Action.MAIN)
        self.wait(2.0)
        self.body.begin("goblet_squat", self.clock.now(), PACE)
        self.wait_for(Screen.REST)
        self.body.finish(self.clock.now())
        self.press(Action.MAIN)
        self.body.prepare("band_row", self.clock.now())
        self.wait(5.0)
        self.press(Action.MAIN)
        self.wait(2.0)
        self.body.begin("band_row", self.clock.now(), PACE, 90.0)
        self.wait_for(Screen.REST)
        self.press(Action.MAIN)
        assert self.station.state.screen is Screen.SUMMARY

    def reps(self):
        """Set, start, end, range and confidence of every repetition that was written down."""
        return [
            (r.set_number, r.start_s, r.end_s, r.range_value, r.confidence)
            for r in self.saved
            if isinstance(r, records.RepCounted)
        ]


@pytest.fixture(scope="module")
def session(tmp_path_factory):
    """The house after a session, and the file it was recorded in."""
    folder = tmp_path_factory.mktemp("traces")
    house = House(folder)
    house.recorder.start()
    house.watchdog.start()
    try:
        house.train()
    finally:
        house.clock.close()
        house.watchdog.stop()
    assert house.recorder.stop()
    (path,) = Shelf(folder, 0).recordings()
    return house, path


def test_a_recorded_session_replays_to_the_identical_repetitions(session):
    house, path = session
    trace = load_trace(path)
    assert trace.lost == 0
    rerun = Rerun(trace)
    again = [
        (
            one.number, round(rep.start_s - one.start_s, 3), round(rep.end_s - one.start_s, 3),
            round(rep.range_value, 3), round(rep.confidence, 3),
        )
        for one, rep in rerun.run()
    ]  # fmt: skip
    assert again == house.reps()
    assert [len(one.reps) for one in rerun.sets] == [3, 2]
    written = [r for r in house.saved if isinstance(r, records.SetDone)]
    assert [set(one.doubts) <= set(r.doubts) for one, r in zip(rerun.sets, written, strict=True)] == [True, True]
    assert "reset" in rerun.sets[0].doubts


def test_without_the_pause_that_was_made_it_would_be_another_session(session):
    _, path = session
    trace = load_trace(path)
    deeds = [read(item).deed for item in trace.events() if isinstance(item, Mark)]
    assert deeds == [Deed.LISTEN, Deed.PAUSE, Deed.RESUME, Deed.END, Deed.LISTEN, Deed.END]


def test_the_command_counts_a_session_set_by_set(session):
    house, path = session
    said = json.loads(CliRunner().invoke(app, ["replay", str(path), "--json"]).stdout)
    assert [(one["exercise"], one["planned"], one["count"]) for one in said["sets"]] == [
        ("goblet_squat", 3, 3),
        ("band_row", 2, 2),
    ]
    assert [rep["start_s"] for one in said["sets"] for rep in one["reps"]] == [rep[1] for rep in house.reps()]
    assert said["samples_lost"] == 0
    text = CliRunner().invoke(app, ["replay", str(path)]).stdout
    assert "set 1: 3 of 3 repetitions, goblet_squat, uncertain: reset" in text


def test_the_whole_session_is_also_one_long_recording_of_its_first_motion_sensor(session):
    _, path = session
    recording = load_recording(path)
    assert recording.accel_m_s2.shape == (len(recording.t_s), 3)
    said = CliRunner().invoke(app, ["replay", str(path), "--exercise", "goblet_squat", "--json"])
    assert json.loads(said.stdout)["exercise"] == "goblet_squat"


def test_a_session_is_replayed_at_its_own_pace(session):
    _, path = session
    trace = load_trace(path)
    first_s = next(iter(trace.events())).t_s
    began_s, told = time.monotonic(), []

    class EnoughError(Exception):
        pass

    def wait(t_s):
        if t_s - first_s > 0.5:
            raise EnoughError
        time.sleep(max(0.0, began_s + t_s - first_s - time.monotonic()))
        told.append(t_s)

    with pytest.raises(EnoughError):
        list(Rerun(trace).run(wait))
    assert 0.45 <= time.monotonic() - began_s < 2.0
    assert len(told) > 50


@pytest.mark.parametrize("text", ["listen 1 goblet_squat", "listen x goblet_squat 3", "dance 1", "", "pause"])
def test_a_word_of_another_version_is_passed_over(text):
    assert read(Mark(1.0, text)) is None


def test_what_was_done_reads_as_it_was_told():
    assert read(Mark(1.0, "listen 2 band_row 8")) == Done(1.0, Deed.LISTEN, 2, "band_row", 8)
    assert read(Mark(2.0, "resume 2")) == Done(2.0, Deed.RESUME, 2)
