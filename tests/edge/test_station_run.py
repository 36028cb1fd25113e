"""A whole station on the real clock, with parts of its hardware missing or hanging."""

import threading
import time

import pytest

from display.app import App
from display.parts import SensorState
from display.shapes import AgendaView, ReadyView
from drivers.clock import SystemClock
from drivers.emulation.rig import EmulatedHardware
from drivers.factory import parse_sensors
from drivers.patient import VirtualPatient
from drivers.recorder import Recorder
from drivers.replay import load_trace
from edge.config import RecorderTable
from edge.prescription.plan import Prescription
from edge.prescription.row import one_dose
from edge.programme import write_prescription
from edge.records import PlanReceipt
from edge.services.station import make_recorder
from edge.session import Action, Pressed
from edge.session.opening import no_questions
from edge.tempo import parse_tempo
from edge.wiring import FRAME_S, StationRun
from sync.journal import Journal, StoredItem
from sync.keeper import Keeper
from sync.loopback import LoopbackHub
from sync.signing import load_signer, load_verifier, new_key_pair, sign

STATION, PATIENT = "station-0001", "p-0001-aaaa"
SENSORS = parse_sensors(
    {
        "thigh": {"chip": "bno08x", "place": "thigh", "bus": "i2c-1", "address": 0x4A},
        "shank": {"chip": "bno08x", "place": "shank", "bus": "i2c-3", "address": 0x4B},
        "band": {"chip": "hx711", "place": "band", "bus": "spi-0"},
        "seat": {"chip": "hx711", "place": "seat", "bus": "gpio", "clock_pin": 5, "data_pin": 6},
    },
    "the test's rig",
)
PLAN = Prescription(
    1, PATIENT, STATION, "Ana", "2026-11-21T09:00:00Z",
    (
        one_dose(1, "goblet_squat", 1, 3, parse_tempo("2.1.0"), None, 20.0),
        one_dose(2, "band_row", 1, 3, parse_tempo("2.1.0"), None, 20.0),
    ),
)  # fmt: skip


class Hung:
    """An I2C bus whose reads block in the thread that asks, while ``hang`` is set."""

    def __init__(self, bus):
        self._bus = bus
        self.hang, self.blocked, self.release = threading.Event(), threading.Event(), threading.Event()

    def __getattr__(self, name):
        return getattr(self._bus, name)

    def readfrom_into(self, *args, **kwargs):
        if self.hang.is_set():
            self.blocked.set()
            self.release.wait()
        return self._bus.readfrom_into(*args, **kwargs)


class House:
    """A station's files with a stored plan, and its run with only the ``present`` sensors plugged in."""

    def __init__(self, folder, present):
        self.clock = SystemClock()
        private, public = new_key_pair(folder / "keys")
        self.path, self.verifier = folder / "journal.db", load_verifier(public)
        text = write_prescription(PLAN)
        journal = Journal(self.path)
        receipt = PlanReceipt(1, "delivered", 1.8e9, "")
        journal.store_item("plan", StoredItem(1, text, sign(load_signer(private), text)), receipt, 0.0, 1.8e9)
        journal.close()
        body = VirtualPatient(1)
        body.prepare("goblet_squat", self.clock.now())
        plugged = [sensor for sensor in SENSORS if sensor.name in present]
        self.hardware = EmulatedHardware(plugged, body.imu, lambda _place, t_s: body.force_n(t_s), self.clock)
        self.run = None

    def start(self, recorder=None):
        self.run = StationRun(
            SENSORS, self.hardware, self.clock, App(headless=True), lambda _sound: None, self._keeper, drain_s=0.0,
            recorder=recorder, opening=no_questions, trials=False, band_checks=False,
        )  # fmt: skip
        return self.run

    def _keeper(self, station):
        return Keeper(
            lambda: Journal(self.path), LoopbackHub().transport(), STATION, PATIENT, self.verifier,
            now=self.clock.now, wall=self.clock.wall, on_plan=station.take_plan, on_past=station.take_past,
            on_lock=station.take_lock, on_clear=station.clear_lock,
        )  # fmt: skip

    def frames(self, until, patience_s):
        """Do frames at the station's pace; return the views and the longest time between two."""
        views, gaps, last_s = [], [], time.monotonic()
        give_up_s = last_s + patience_s
        while last_s < give_up_s and not (views and until(views[-1])):
            views.append(self.run.frame())
            gaps.append(time.monotonic() - last_s)
            time.sleep(FRAME_S)
            gaps[-1], last_s = time.monotonic() - last_s, time.monotonic()
        return views, max(gaps)

    def press(self, action):
        self.run.station.press(Pressed(self.clock.now(), action))


EVERYTHING = tuple(sensor.name for sensor in SENSORS)


@pytest.mark.parametrize("absent", [("thigh",), ("seat",), ("thigh", "band"), EVERYTHING])
def test_the_agenda_is_there_within_three_seconds_whatever_sensor_is_absent(tmp_path, absent):
    present = {sensor.name for sensor in SENSORS} - set(absent)
    house = House(tmp_path, present)
    began_s = time.monotonic()
    with house.start() as run:
        views, _ = house.frames(lambda view: isinstance(view, AgendaView), 10.0)
        took_s = time.monotonic() - began_s
        assert isinstance(views[-1], AgendaView)
        assert took_s <= 3.0
        assert views[-1].buttons[0].enabled
        house.press(Action.MAIN)

        def only_those_here_are_ready(view):
            usable = run.station.state.usable
            return isinstance(view, ReadyView) and {n for n, is_usable in usable.items() if is_usable} == present

        # An SPI port without a converter reads zeros, which are told from a load by never changing: 2 s.
        views, _ = house.frames(only_those_here_are_ready, 6.0)
        assert only_those_here_are_ready(views[-1])
        assert [line.state for line in views[-1].sensors].count(SensorState.OK) == len(present)


def test_a_bus_that_hangs_touches_neither_the_screen_nor_the_end(tmp_path):
    house = House(tmp_path, {sensor.name for sensor in SENSORS})
    hung = house.hardware._buses[1] = Hung(house.hardware._buses[1])
    house.hardware.renew = lambda _bus: hung.hang.clear()
    try:
        with house.start() as run:
            house.frames(lambda _view: all(run.station.state.usable.get(s.name) for s in SENSORS), 5.0)
            tries = []
            for _ in range(3):  # the machine may be busy with something else once; a screen that waits does so always
                _, quiet_gap_s = house.frames(lambda _view: False, 1.0)
                hung.hang.set()
                assert hung.blocked.wait(1.0)
                began_s = time.monotonic()
                _, lost_gap_s = house.frames(lambda _view: not run.station.state.usable["thigh"], 1.0)
                _, back_gap_s = house.frames(lambda _view: run.station.state.usable["thigh"], 5.0)
                assert run.station.state.usable["thigh"]
                assert time.monotonic() - began_s <= 5.0
                # 100 ms where the machine keeps its frames at all; one that waits for the bus waits 2 s.
                tries.append((max(lost_gap_s, back_gap_s), min(max(0.1, 3 * quiet_gap_s), 1.0)))
                hung.blocked.clear()
                if tries[-1][0] <= tries[-1][1]:
                    break
            assert any(longest_s <= allowed_s for longest_s, allowed_s in tries), tries
            hung.hang.set()
            assert hung.blocked.wait(1.0)
            ended_s = time.monotonic()
        assert time.monotonic() - ended_s <= 2.0
    finally:
        hung.release.set()


def test_a_session_is_on_the_disk_when_the_station_has_ended(tmp_path):
    house = House(tmp_path, set(EVERYTHING))
    recorder = Recorder(tmp_path / "traces", 50.0, [(sensor.name, sensor.place) for sensor in SENSORS])
    with house.start(recorder) as run:
        house.frames(lambda view: isinstance(view, AgendaView) and all(run.station.state.usable.values()), 5.0)
        house.press(Action.MAIN)
        house.frames(lambda _view: False, 0.4)
    (path,) = (tmp_path / "traces").glob("*.npz")
    assert run.station.state.session_id in path.name
    heard = {sample.sensor for sample in load_trace(path).samples()}
    assert heard >= {"thigh", "band"}


@pytest.mark.parametrize(("table", "recorded"), [(RecorderTable(), True), (RecorderTable(on=False), False)])
def test_recording_is_switched_on_and_off_in_the_settings(tmp_path, table, recorded):
    assert (make_recorder(table, tmp_path, SENSORS) is not None) is recorded
