"""The buttons do what a touch does, the light says how the station is, the buzzer stands in for a speaker."""

from dataclasses import replace
from itertools import pairwise
from types import SimpleNamespace

import pygame
import pytest

from display.app import SETTLE_S, App
from display.gallery.states import PLAN, at
from display.parts import Button, Key, SensorState
from display.shapes import AgendaView, ChangeView, ReadyView, SetView, StoppedView
from display.station_info import StationInfo, Sync
from drivers.clock import SimulatedClock
from drivers.controls import Controls, ControlsConfig, Name, Status
from drivers.emulation.controls import EmulatedPanel
from drivers.emulation.rig import EmulatedHardware
from drivers.factory import parse_sensors
from drivers.patient import VirtualPatient
from drivers.shelf import Trouble
from edge.presses import first_stop
from edge.records import Locked, Moment, Severity
from edge.session import Action, Finding, Mixup, Pressed, Screen, SetResult, Sound
from edge.session.asking import Asking, about_symptoms
from edge.session.opening import no_questions
from edge.wiring import BEEPS, FRAME_S, StationRun, status_of

CONFIG = ControlsConfig(green_pin=17, white_pin=27, red_pin=22, led_pin=23, buzzer_pin=24)
PAINT_EVERY = 4
SENSORS = parse_sensors(
    {
        "thigh": {"chip": "bno08x", "place": "thigh", "bus": "i2c-1", "address": 0x4A},
        "band": {
            "chip": "hx711", "place": "band", "bus": "spi-0", "zero_count": 0, "newton_per_count": 0.0005,
        },
    },
    "station.toml",
)  # fmt: skip


class KeeperLooks:
    problem, online, backlog, behind_s, repaired = None, True, 0, 0.0, False

    def __init__(self):
        self.saved = []

    def start(self):
        pass

    def stop(self, _drain_s):
        pass

    def save(self, records, wait_s=0.0):
        self.saved += records


class House:
    """A station with emulated sensors and controls, a headless screen, and frames that go by."""

    def __init__(self, silent=False):
        self.clock = SimulatedClock(1000.0)
        self._count = 0
        patient = VirtualPatient(1)
        hardware = EmulatedHardware(SENSORS, patient.imu, lambda _place, t_s: patient.force_n(t_s), self.clock)
        self.panel = EmulatedPanel(hardware.pin_factory, CONFIG)
        self.controls = Controls(CONFIG, hardware.pin_factory, self.clock)
        self.app = App(headless=True, clock=self.clock.now)
        self.keeper, self.heard = KeeperLooks(), []
        self.run = StationRun(
            SENSORS, hardware, self.clock, self.app, self.heard.append, lambda _station: self.keeper,
            controls=self.controls, silent=lambda: silent, opening=no_questions, trials=False, band_checks=False,
        )  # fmt: skip

    def __enter__(self):
        self.run.__enter__()
        self.run.station.take_plan(PLAN)
        self.frames(3.0)
        return self

    def __exit__(self, *_error):
        self.clock.close()
        self.run.__exit__(None, None, None)
        self.controls.close()

    def frames(self, seconds):
        until_s, shown = self.clock.now() + seconds, None
        while self.clock.now() < until_s - 1e-9:
            frame_s = min(self.clock.now() + FRAME_S, until_s)
            while self.clock.now() < frame_s - 1e-9:
                self.clock.advance(frame_s)
            self._count += 1
            # Painted by the frames that went by, not by the real time they took.
            self.run._drawn_at = float("inf") if self._count % PAINT_EVERY else float("-inf")
            shown = self.run.frame()
        return shown

    def push(self, name):
        self.panel.press(name)
        self.frames(0.15)
        self.panel.release(name)
        return self.frames(2.0)


@pytest.fixture
def house():
    with House() as house:
        yield house


def test_the_three_buttons_lead_through_a_set_like_touches(house):
    assert isinstance(house.frames(0.1), AgendaView)
    assert isinstance(house.push(Name.GREEN), ReadyView)
    assert isinstance(house.push(Name.GREEN), SetView)
    assert isinstance(house.push(Name.RED), StoppedView)
    assert not isinstance(house.push(Name.WHITE), StoppedView)  # the reason was answered


def test_in_the_rest_white_points_and_green_does_it(house):
    ends_s = house.clock.now() + 90.0
    house.run.station.state = at(Screen.REST, rest_ends_s=ends_s, done=(SetResult("band_row", (), 8),), effort=5)
    house.frames(2.0)
    for _ in range(5):
        shown = house.push(Name.WHITE)
    assert [button.id for button in shown.buttons if button.pointed] == ["pain_less"]
    house.push(Name.GREEN)
    assert house.run.station.state.pain_change == -1
    assert house.run.station.state.screen is Screen.REST


def test_white_changes_the_exercise_for_today_and_green_takes_the_change(house):
    house.push(Name.GREEN)
    assert isinstance(house.push(Name.WHITE), ChangeView)
    house.push(Name.WHITE)
    assert isinstance(house.push(Name.GREEN), ReadyView)
    assert house.run.station.state.planned.exercise == "band_pull_apart"


def test_one_long_press_is_one_press(house):
    house.panel.press(Name.GREEN)
    assert isinstance(house.frames(3.0), ReadyView)


def test_a_press_right_after_the_screen_changed_was_meant_for_the_one_before(house):
    house.panel.press(Name.GREEN)
    house.frames(0.1)
    house.panel.release(Name.GREEN)
    house.frames(0.1)
    house.panel.press(Name.GREEN)
    assert isinstance(house.frames(SETTLE_S + 0.5), ReadyView)


def test_stop_takes_effect_in_the_next_frame_and_others_pressed_with_it_do_not(house):
    house.push(Name.GREEN)
    house.push(Name.GREEN)
    for name in Name:
        house.panel.press(name)
    house.frames(2 * FRAME_S)
    assert house.run.station.state.screen is Screen.STOPPED
    house.frames(5.0)
    assert house.run.station.state.screen is Screen.STOPPED  # nothing answered the question why


def test_while_stop_is_held_a_touch_does_not_count(house):
    house.panel.press(Name.RED)
    house.frames(1.0)
    start = next(target.box for target in house.app._targets if target.button.id == "start")
    house.app.touch(start[0] + 5, start[1] + 5)
    assert isinstance(house.frames(1.0), AgendaView)
    house.panel.release(Name.RED)
    house.frames(0.5)
    house.app.touch(start[0] + 5, start[1] + 5)
    assert isinstance(house.frames(1.0), ReadyView)


def test_the_light_is_steady_then_slow_in_a_set(house):
    def lit(seconds):
        shown = []
        for _ in range(round(seconds / FRAME_S)):
            house.frames(FRAME_S)
            shown.append(house.panel.lit)
        return sum(one != other for one, other in pairwise(shown))

    assert house.panel.lit
    assert lit(2.0) == 0
    house.push(Name.GREEN)
    house.push(Name.GREEN)
    assert lit(4.0) in (3, 4, 5)
    house.keeper.problem = "disk full"
    assert lit(4.0) in (15, 16, 17)


def test_a_recording_that_is_off_is_on_the_screen_and_the_set_goes_on(house):
    house.run._recorder = SimpleNamespace(trouble=Trouble.DISK_FULL)
    assert house.frames(0.1).header.note == "Recording is off: disk full"
    house.push(Name.GREEN)
    assert isinstance(house.push(Name.GREEN), SetView)


RED_LEADS_TO = {
    Screen.LOCKED: Screen.LOCKED,
    Screen.NO_PLAN: Screen.NO_PLAN,
    Screen.AGENDA: Screen.AGENDA,
    Screen.ASKING: Screen.SUMMARY,
    Screen.TEST_OFFER: Screen.SUMMARY,
    Screen.TESTING: Screen.TEST_STOPPED,
    Screen.TEST_HANDS: Screen.TEST_STOPPED,
    Screen.TEST_ENTRY: Screen.TEST_STOPPED,
    Screen.TEST_STOPPED: Screen.SUMMARY,  # pain ends the session
    Screen.TEST_RESULT: Screen.SUMMARY,
    Screen.TEST_RATING: Screen.SUMMARY,
    Screen.LOG: Screen.AGENDA,
    Screen.READY: Screen.SUMMARY,
    Screen.TRIAL: Screen.READY,
    Screen.SET: Screen.STOPPED,
    Screen.LOST: Screen.STOPPED,
    Screen.UNCOUNTED: Screen.STOPPED,
    Screen.TIMED: Screen.STOPPED,
    Screen.RESUME: Screen.SUMMARY,
    Screen.CHANGE: Screen.SUMMARY,
    Screen.FIX: Screen.SUMMARY,
    Screen.BY_HAND: Screen.STOPPED,
    Screen.STOPPED: Screen.SUMMARY,  # pain ends the session
    Screen.REST: Screen.SUMMARY,
    Screen.TOLD: Screen.SUMMARY,
    Screen.BAND_CHECK: Screen.SUMMARY,
    Screen.SUMMARY: Screen.SUMMARY,
    Screen.LOCKED: Screen.LOCKED,
}


QUESTIONS = Asking(about_symptoms(Moment.START, "session-0001"))
LOCK = Locked("lock-0001", "patient-0001", Severity.EMERGENCY, ("saddle_numb",), 0.0)
ASKED = {
    Screen.ASKING: {"asking": QUESTIONS, "after_asking": Screen.READY},
    Screen.LOCKED: {"locks": (LOCK,)},
    Screen.FIX: {"done": (SetResult("band_row", (), 8),)},
}


@pytest.mark.parametrize("usable", [True, False])
@pytest.mark.parametrize("screen", Screen)
def test_on_every_screen_red_stops_what_goes_on_and_leaves_nothing_out(house, screen, usable):
    now_s = house.clock.now()
    shown = at(screen, line=1, **ASKED.get(screen, {}))
    house.run.station.state = replace(shown, now_s=now_s, active_s=now_s)
    if not usable:
        house.run.station.state = replace(house.run.station.state, misworn=(Finding(Mixup.TURNED, ("thigh",)),))
        house.run.station._rig._worn.look = lambda *_args, **_kwargs: (Finding(Mixup.TURNED, ("thigh",)),)
    house.frames(2.0)
    house.push(Name.RED)
    assert house.run.station.state.screen is RED_LEADS_TO[screen]
    assert not [record for record in house.keeper.saved if getattr(record, "stop_reason", "") == "skipped"]


def test_red_counts_however_shortly_before_the_screen_changed(house):
    house.push(Name.GREEN)
    house.push(Name.GREEN)
    house.run.station.press(Pressed(house.clock.now(), Action.STOP))
    house.run.station.press(Pressed(house.clock.now(), Action.REASON, "tired"))
    house.panel.press(Name.RED)
    house.frames(2 * FRAME_S)
    assert house.run.station.state.screen is Screen.SUMMARY


def sounded(house):
    heard = []
    for _ in range(30):
        house.frames(FRAME_S)
        heard.append(house.panel.sounding)
    return any(heard)


@pytest.mark.parametrize(("silent", "buzzes"), [(True, True), (False, False)])
def test_the_buzzer_repeats_stop_where_there_is_no_speaker(silent, buzzes):
    with House(silent) as house:
        house.push(Name.GREEN)
        house.push(Name.GREEN)
        house.panel.press(Name.RED)
        assert sounded(house) is buzzes
        assert Sound.STOP in house.heard


def test_every_sound_that_must_be_repeated_is():
    assert set(Sound) - set(BEEPS) == {Sound.CORRECTION, Sound.OVER_LOAD}


@pytest.mark.parametrize(
    ("screen", "sensor", "sync", "status"),
    [
        (Screen.AGENDA, SensorState.OK, Sync.SENT, Status.READY),
        (Screen.READY, SensorState.WAITING, Sync.SAVED_HERE, Status.READY),
        (Screen.SET, SensorState.OK, Sync.SENT, Status.LISTENING),
        (Screen.SET, SensorState.LOST, Sync.SENT, Status.FAULT),
        (Screen.REST, SensorState.OK, Sync.NOT_SAVED, Status.FAULT),
    ],
)
def test_a_fault_comes_before_everything_the_light_says(screen, sensor, sync, status):
    assert status_of(screen, StationInfo((("thigh", sensor),), sync)) is status


def test_stop_is_first_and_alone_among_the_presses_of_a_frame():
    start, stop = Button("start", "START", Action.MAIN), Button("stop", "STOP", Action.STOP)
    assert first_stop([start, stop, start]) == [stop]
    assert first_stop([stop, stop]) == [stop]
    assert first_stop([start, start]) == [start, start]
    assert first_stop([]) == []


def test_a_button_pressed_for_the_app_is_the_one_that_is_seen():
    app = App(headless=True, clock=lambda: 0.0)
    try:
        app.press(Key.GREEN)
        assert app.presses() == []  # nothing is shown yet
    finally:
        app.close()
        pygame.quit()
