"""Which bell was taken from the dock: weighed by the emulated cell, told before the set, written down after it."""

from dataclasses import replace

import pytest

from display.station_info import StationInfo
from display.view.by_screen import view
from drivers.bell_watch import BellWatch
from drivers.clock import SimulatedClock
from drivers.dock_config import DockConfig
from drivers.emulation.bell_rack import PAUSE_S, BellRack
from drivers.emulation.faults import Fault, FaultScript, Kind
from drivers.emulation.rig import EmulatedHardware
from drivers.factory import build_watchdog, parse_sensors
from drivers.patient import VirtualPatient
from edge import records
from edge.live import Live
from edge.model import Origin, StopReason
from edge.prescription.lines import routine
from edge.prescription.plan import Prescription
from edge.prescription.row import one_dose
from edge.records import Happened
from edge.session import (
    Action,
    BellNotice,
    Bells,
    BellsChanged,
    Play,
    Pressed,
    Save,
    Screen,
    SessionState,
    Sound,
    Unseen,
    advance,
    bell_notice,
)
from edge.station import Station
from edge.tempo import parse_tempo

SENSORS = parse_sensors(
    {
        "thigh": {"chip": "bno08x", "place": "thigh", "bus": "i2c-1", "address": 0x4A},
        "shelf": {
            "chip": "nau7802", "place": "dock", "bus": "i2c-3", "sample_rate_hz": 10,
            "zero_count": 84_000, "newton_per_count": 0.0005,
        },
    },
    "the test's rig",
)  # fmt: skip
ON_THE_BELL = parse_sensors(
    {"bell": {"chip": "bno08x", "place": "bell", "bus": "i2c-3", "address": 0x4A}}, "the test's rig"
)
"""What the kettlebell rig may have beside its own sensors."""
RIG = (12.0, 16.0)
START_S = 1000.0


def plan(load_kg=(12.0, 12.0), exercise="goblet_squat", sets=3):
    line = one_dose(1, exercise, sets, 8, parse_tempo("3.1.0"), load_kg, 20.0)
    return Prescription(1, "p-0001-aaaa", "station-0001", "Ana", "2026-11-21", (line,))


class Room:
    """A station with a dock; whoever trains there takes bells and puts them back."""

    def __init__(self, load_kg=(12.0, 12.0), faults=(), sensors=SENSORS):
        self.clock, self.rack, self.body = SimulatedClock(START_S, 1.8e9), BellRack(RIG), VirtualPatient(3)
        self.body.prepare("goblet_squat", START_S)
        self.falls_at_s = float("inf")
        hardware = EmulatedHardware(
            sensors, self.feels, lambda _place, t_s: self.rack.force_n(t_s), self.clock,
            faults=FaultScript(tuple(faults), START_S),
        )  # fmt: skip
        self.saved, self.heard = [], []
        self.station = Station(
            {sensor.name: sensor.place for sensor in sensors}, self.saved.extend, self.heard.append, self.clock.wall,
            lambda: "session-0001", bells=BellWatch(DockConfig("shelf", RIG)),
        )  # fmt: skip
        self.watchdog = build_watchdog(sensors, hardware, self.clock, self.station.take_sample)
        self.watchdog.start()
        self.station.take_plan(plan(load_kg))
        self.wait(3.0)
        self.press(Action.MAIN)
        self.wait(0.1)

    def wait(self, seconds):
        end_s = self.clock.now() + seconds
        while self.clock.now() < end_s:
            frame_s = self.clock.now() + 1 / 30
            while self.clock.now() < frame_s:
                self.clock.advance(frame_s)
            self.watchdog.look()
            self.station.step(self.clock.now(), self.watchdog.health().values())

    def feels(self, place, t_s):
        """What a sensor feels; one on the bell feels nothing while it falls, and then the floor."""
        truth, since_s = self.body.imu(place, t_s), t_s - self.falls_at_s
        if place != "bell" or not 0.0 <= since_s < 0.43:
            return truth
        return replace(truth, accel_m_s2=(0.0, 0.0, 0.2 if since_s < 0.4 else 75.0))

    def hold(self, kg):
        while not self.rack.hold(kg, self.clock.now()):
            self.wait(PAUSE_S + 0.1)

    def press(self, action, value=None):
        self.station.press(Pressed(self.clock.now(), action, value))

    def seen(self):
        return view(self.station.state, self.station.live(), StationInfo())

    def told(self):
        """The bell's line among the sensors, and what is asked for above them."""
        return [(line.label, line.word) for line in self.seen().sensors[1:2]], self.seen().instruction

    def do_set(self):
        """Begin a set and stop it; return what the record says of the bell."""
        self.press(Action.MAIN)
        self.wait(1.0)
        assert self.station.state.screen is Screen.SET
        self.press(Action.STOP)
        self.press(Action.REASON, "tired")
        (done,) = (r for r in self.saved if records.kind(r) == "set" and r.number == self.station.state.set_number)
        return done.load_used_kg, done.load_origin

    def close(self):
        self.clock.close()
        self.watchdog.stop()


@pytest.fixture
def enter():
    rooms = []

    def entered(*args, **kwargs):
        rooms.append(Room(*args, **kwargs))
        return rooms[-1]

    yield entered
    for room in rooms:
        room.close()


SETUP = ("Hold the bell at your chest.", "Stand tall.")


def test_the_planned_bell_is_awaited_then_seen_and_written_down_as_sensed(enter):
    room = enter()
    assert room.told() == ([("12 kg bell", "Waiting")], SETUP)
    room.hold(12.0)
    assert room.told() == ([("12 kg bell", "Taken")], SETUP)
    assert room.do_set() == (12.0, Origin.SENSED)


def test_a_heavier_bell_is_told_before_the_set_and_can_be_changed(enter):
    room = enter()
    room.hold(16.0)
    asked = ("16 kg taken, the plan says 12 kg.", "Please change the bell.")
    assert room.told() == ([("16 kg bell", "Heavy")], asked)
    assert room.heard == [Sound.CORRECTION]
    room.hold(12.0)
    assert room.told() == ([("12 kg bell", "Taken")], SETUP)
    assert room.do_set() == (12.0, Origin.SENSED)


def test_a_heavier_bell_that_is_kept_is_written_down_and_the_plan_stays_what_it_was(enter):
    room = enter()
    room.hold(16.0)
    assert room.do_set() == (16.0, Origin.SENSED)
    assert room.station.state.planned.load_kg == (12.0, 12.0)


def test_a_bell_changed_for_a_heavier_one_within_the_set_is_the_sets_bell(enter):
    room = enter()
    room.hold(12.0)
    room.press(Action.MAIN)
    room.wait(0.5)
    room.hold(16.0)
    room.hold(12.0)
    room.press(Action.STOP)
    room.press(Action.REASON, "tired")
    (done,) = (r for r in room.saved if records.kind(r) == "set")
    assert (done.load_used_kg, done.load_origin) == (16.0, Origin.SENSED)


def test_a_lighter_bell_is_told_and_is_fine(enter):
    room = enter(load_kg=(16.0, 20.0))
    room.hold(12.0)
    assert room.told() == ([("12 kg bell", "Lighter")], ("12 kg taken, the plan says 16–20 kg.", "Lighter is fine."))
    assert room.heard == []
    assert room.do_set() == (12.0, Origin.SENSED)


def test_a_bell_nobody_saw_is_nobodys_or_the_patients_word(enter):
    room = enter()
    assert room.do_set() == (None, None)
    room.press(Action.MAIN)
    room.press(Action.BELL, 12.0)
    assert room.told() == ([("12 kg bell", "By hand")], SETUP)
    assert room.do_set() == (12.0, Origin.SELF_REPORTED)


def test_a_silent_dock_says_that_it_can_not_tell_and_holds_up_nothing(enter):
    room = enter(faults=[Fault(Kind.SILENCE, "shelf", 4.0, 1e6)])
    room.hold(16.0)
    room.wait(5.0)
    assert room.told() == ([("Bells", "Unsure")], ("The dock can not tell your bell.", "Take 12 kg."))
    room.press(Action.BELL, 16.0)  # only what the plan asks for can be said
    assert room.station.state.bell_by_hand is None
    assert room.do_set() == (None, None)


def test_without_a_load_in_the_plan_nothing_is_said_of_bells(enter):
    room = enter(load_kg=None)
    room.hold(16.0)
    assert room.told() == ([], SETUP)
    assert room.do_set() == (None, None)


# ---- the session alone ----


def ready(bells, load_kg=(12.0, 12.0), exercise="goblet_squat"):
    prescribed = plan(load_kg, exercise)
    return SessionState(
        now_s=1.0, screen=Screen.READY, plan=prescribed, routine=routine(prescribed, prescribed.rows),
        session_id="session-0001", bells=bells, usable={"thigh": True, "band": True},
    )  # fmt: skip


WATCHED = Bells(RIG, unseen=None)


@pytest.mark.parametrize(
    ("bells", "notice"),
    [
        (None, None),
        (Bells(RIG), BellNotice.UNSEEN),
        (WATCHED, BellNotice.AWAITED),
        (WATCHED.left(12.0), BellNotice.AS_PLANNED),
        (WATCHED.left(16.0), BellNotice.HEAVIER),
        (WATCHED.left(16.0).left(12.0), BellNotice.SEVERAL),
        (WATCHED.left(16.0).left(12.0).came(16.0), BellNotice.AS_PLANNED),
        (Bells(RIG, (16.0,), Unseen.STRANGE), BellNotice.UNSEEN),
    ],
)
def test_what_is_to_be_said(bells, notice):
    assert bell_notice(ready(bells)) is notice


def test_two_bells_in_the_hands_are_nobodys_guess():
    state, _ = advance(ready(WATCHED.left(16.0).left(12.0)), Pressed(2.0, Action.MAIN))
    state, _ = advance(state, Pressed(3.0, Action.STOP))
    _, effects = advance(state, Pressed(4.0, Action.REASON, "tired"))
    (done,) = (effect.record for effect in effects if isinstance(effect, Save))
    assert (done.load_used_kg, done.load_origin) == (None, None)


def test_a_band_needs_no_bell():
    assert bell_notice(ready(WATCHED.left(16.0), exercise="band_row")) is None


def test_a_bell_that_stays_too_heavy_is_heard_once_and_changes_no_screen():
    state, effects = advance(ready(WATCHED), BellsChanged(2.0, WATCHED.left(16.0)))
    assert effects == (Play(Sound.CORRECTION),)
    state, effects = advance(state, BellsChanged(3.0, Bells(RIG, (16.0,), None)))
    assert (effects, state.screen) == ((), Screen.READY)
    assert view(state, Live(), StationInfo()).buttons[-1].enabled  # a notice, not a gate


def test_a_bell_that_falls_on_its_dock_is_noticed_by_the_rigs_own_cell_and_the_second_ends_the_set(enter):
    room = enter()
    room.hold(12.0)
    room.press(Action.MAIN)
    room.wait(1.0)
    for number in (1, 2):
        standing_n, at_s = room.rack.force_n(room.clock.now()), room.clock.now() + 0.5
        room.rack.force_n = lambda t_s, n=standing_n, s=at_s: n + falls_n(t_s - s)
        room.wait(2.0)
        incidents = [record for record in room.saved if records.kind(record) == "incident"]
        assert [one.what for one in incidents] == [Happened.BELL_DROPPED] * number
        assert incidents[-1].unit == "N"
        room.rack.force_n = lambda _t_s, n=standing_n: n  # picked up again
        room.wait(2.0)
    (done,) = (record for record in room.saved if records.kind(record) == "set")
    assert done.stop_reason is StopReason.SAFETY


def test_a_bell_that_is_let_go_is_noticed_where_a_sensor_is_fixed_to_it(enter):
    room = enter(sensors=(*SENSORS, *ON_THE_BELL))
    room.hold(12.0)
    room.press(Action.MAIN)
    room.wait(1.0)
    room.falls_at_s = room.clock.now() + 1.0
    room.wait(2.5)
    (one,) = [record for record in room.saved if records.kind(record) == "incident"]
    assert (one.what, one.unit) == (Happened.BELL_DROPPED, "m/s2")


def test_a_bell_that_is_put_on_its_dock_in_the_middle_of_a_set_is_no_incident(enter):
    room = enter()
    room.hold(12.0)
    room.press(Action.MAIN)
    room.wait(1.0)
    room.hold(None)
    room.wait(2.0)
    assert not [record for record in room.saved if records.kind(record) == "incident"]


def falls_n(since_s):
    """12 kg out of a fall: the dock takes it up within two readings, then it stands."""
    return 0.0 if since_s < 0.0 else 12.0 * 9.80665 * (3.0 if since_s < 0.2 else 1.0)
