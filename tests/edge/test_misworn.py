"""The get-ready screen with sensors that are not where they belong: no set begins, and once put right it may."""

from dataclasses import replace

import pytest

from display.parts import SensorState
from display.shapes import ReadyView
from display.station_info import StationInfo
from display.view.by_screen import view
from drivers import base
from drivers.identity import Finding, Mixup
from drivers.samples import ImuSample
from drivers.worn import Worn
from edge import records
from edge.history.facts import History
from edge.live import Live
from edge.prescription.due import due
from edge.prescription.plan import Prescription
from edge.prescription.position import UNKNOWN
from edge.prescription.row import one_dose
from edge.session import Action, Pressed, Screen, SessionState, WornChanged, advance
from edge.station import Station
from edge.tempo import parse_tempo

PLACES = {"thigh-imu": "thigh", "back-imu": "trunk", "band-cell": "band"}
UP, OUT, SIDE = (0.0, 9.81, 0.0), (0.0, 0.0, 9.81), (9.81, 0.0, 0.0)
STANDING = {"thigh-imu": UP, "back-imu": SIDE}
POSES = {name: tuple(part / 9.81 for part in up) for name, up in STANDING.items()}
SWAPPED = {"thigh-imu": SIDE, "back-imu": UP}
SITTING = {"thigh-imu": OUT, "back-imu": SIDE}
INFO = StationInfo(tuple((place, SensorState.OK) for place in PLACES.values()))


def plan(*exercises):
    lines = [one_dose(n, key, 1, 5, parse_tempo("normal"), None, 20.0) for n, key in enumerate(exercises, 1)]
    return Prescription(1, "p-0001-aaaa", "station-0001", "Ana", "2026-11-21", tuple(lines))


class Rig:
    """A station whose sensors lie on a table, as told."""

    def __init__(self, *exercises, poses=POSES):
        self.saved, self.t_s, self.lying, self.shakes, self.one_chip = [], 0.0, STANDING, False, False
        self.station = Station(
            PLACES, self.saved.extend, lambda _s: None, lambda: 1.8e9, lambda: "session-0001", worn=Worn(poses)
        )
        self.station.take_plan(plan(*(exercises or ("goblet_squat",))))
        self.wait(0.1)

    @property
    def state(self):
        return self.station.state

    def press(self, action=Action.MAIN):
        self.station.press(Pressed(self.t_s, action))

    def wait(self, seconds):
        """Frames of 30 ms with samples every 10 ms."""
        for n in range(round(seconds * 100)):
            self.t_s = round(self.t_s + 0.01, 3)
            for number, (name, up) in enumerate(self.lying.items()):
                shake = 3.0 * (n % 20 < 10) if self.shakes else 0.001 * (n % 7)
                accel = (up[0] + shake, up[1] + (0 if self.one_chip else 0.01 * number), up[2])
                self.station.take_sample(ImuSample(name, self.t_s, accel, (0.001 * (n % 5), 0.0, 0.0)))
            if n % 3 == 2:
                healths = [base.Health(name, base.SensorState.LIVE, 0.0, 100.0) for name in PLACES]
                self.station.step(self.t_s, healths)

    def shown(self):
        found = view(self.state, Live(), INFO)
        assert isinstance(found, ReadyView)
        return found

    def can_begin(self):
        """Press, and tell whether a set began."""
        self.press()
        return self.state.screen is Screen.SET


def test_swapped_sensors_block_the_set_until_they_are_put_right_and_the_screen_says_what_to_do():
    rig = Rig()
    rig.press()
    rig.lying = SWAPPED
    rig.wait(1.6)
    assert not rig.can_begin()
    assert rig.shown().instruction == ("Swap the thigh and back sensors.", "Then stand still.")
    assert [(line.label, line.word) for line in rig.shown().sensors] == [
        ("Thigh sensor", "Check"), ("Back sensor", "Check"), ("Band sensor", "Ready"),
    ]  # fmt: skip
    begin = rig.shown().buttons[-1]
    assert (begin.text, begin.enabled) == ("Check the sensors", False)
    rig.lying = STANDING
    rig.wait(1.6)
    assert rig.shown().instruction == ("Hold the bell at your chest.", "Stand tall.")
    assert rig.can_begin()


def test_what_was_seen_before_the_screen_came_is_enough_no_press_is_quicker():
    rig = Rig()
    rig.lying = SWAPPED
    rig.wait(1.6)
    rig.press()
    rig.wait(0.03)
    assert not rig.can_begin()


def test_right_worn_sensors_block_nothing_standing_sitting_or_moving():
    for lying, shakes in ((STANDING, False), (SITTING, False), (STANDING, True), (SWAPPED, True)):
        rig = Rig()
        rig.lying, rig.shakes = lying, shakes
        rig.press()
        rig.wait(3.0)
        assert rig.state.misworn == (), (lying, shakes)
        assert rig.can_begin()


def test_upside_down_is_to_be_put_on_again():
    rig = Rig()
    rig.press()
    rig.lying = {**STANDING, "thigh-imu": (0.0, -9.81, 0.0)}
    rig.wait(1.6)
    assert rig.shown().instruction == ("Put the thigh sensor on again.", "Then stand still.")
    assert not rig.can_begin()


def test_a_mistake_that_does_not_concern_the_exercise_is_shown_and_blocks_nothing():
    rig = Rig()
    rig.press()
    rig.lying = {**STANDING, "back-imu": (-9.81, 0.0, 0.0)}
    rig.wait(1.6)
    assert rig.state.misworn == (Finding(Mixup.TURNED, ("trunk",)),)
    assert [line.word for line in rig.shown().sensors] == ["Ready", "Check", "Ready"]
    assert rig.can_begin()


@pytest.mark.parametrize("poses", [POSES, {}])
@pytest.mark.parametrize("exercise", ["goblet_squat", "sit_to_stand"])
def test_one_chip_under_two_names_blocks_whatever_is_calibrated(exercise, poses):
    rig = Rig(exercise, poses=poses)
    rig.press()
    rig.one_chip, rig.lying = True, dict.fromkeys(STANDING, OUT)
    rig.wait(1.0)
    assert rig.shown().instruction == ("Two sensors say the same.", "Call the clinic.")
    assert not rig.can_begin()


def test_without_a_calibrated_pose_nothing_is_said():
    rig = Rig(poses={})
    rig.press()
    rig.lying = SWAPPED
    rig.wait(3.0)
    assert rig.can_begin()


class TestSeated:
    def test_a_pose_is_not_found_wrong_where_the_exercise_begins_seated(self):
        rig = Rig("sit_to_stand")
        rig.press()
        rig.lying = SWAPPED
        rig.wait(3.0)
        assert rig.can_begin()

    def test_what_was_found_standing_stays_when_that_exercise_is_left_out_until_it_is_put_right(self):
        rig = Rig("goblet_squat", "sit_to_stand")
        rig.press()
        rig.lying = SWAPPED
        rig.wait(1.6)
        rig.press(Action.SKIP)
        rig.wait(1.6)
        assert rig.state.exercise.key == "sit_to_stand"
        assert not rig.can_begin()
        rig.lying = STANDING
        rig.wait(1.6)
        assert rig.can_begin()


def test_a_set_left_out_because_of_it_says_so():
    rig = Rig("goblet_squat", "band_row")
    rig.press()
    rig.lying = SWAPPED
    rig.wait(1.6)
    rig.press(Action.SKIP)
    (left_out,) = (record for record in rig.saved if records.kind(record) == "set")
    assert (left_out.stop_reason, left_out.doubts) == ("skipped", ("misworn",))


def test_a_running_set_is_left_alone():
    rig = Rig()
    rig.press()
    rig.wait(1.6)
    assert rig.can_begin()
    rig.lying = SWAPPED
    rig.wait(3.0)
    assert rig.state.screen is not Screen.READY
    assert rig.state.misworn == ()


def test_the_session_takes_each_word_for_the_whole_truth():
    finding = Finding(Mixup.TURNED, ("thigh",))
    squat = plan("goblet_squat")
    routine = due(squat, History(), UNKNOWN).routine
    ready = SessionState(screen=Screen.READY, plan=squat, routine=routine, usable={"thigh": True})
    blocked, effects = advance(ready, WornChanged(1.0, (finding,)))
    assert (blocked.sensor_usable, blocked.mixup, effects) == (False, finding, ())
    free, _ = advance(blocked, WornChanged(2.0, ()))
    assert free == replace(ready, now_s=2.0)
    assert free.sensor_usable
