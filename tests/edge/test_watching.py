"""The load cell of a set is watched through its emulated converter: from the wire to the sound."""

from itertools import pairwise
from math import cos, pi

import pytest

from drivers.base import Health, SensorState
from drivers.emulation.faults import Fault, Kind
from drivers.load_cell import PHASES_OFF, SNAP_OFF
from drivers.samples import ImuSample, LoadSample
from edge.library import exercise
from edge.model import StopReason
from edge.prescription.limits import Limits
from edge.prescription.plan import Prescription
from edge.prescription.row import one_dose
from edge.records import Happened
from edge.session import Action, Screen, Sound
from edge.tempo import parse_tempo
from edge.watching import Watching
from edge.wiring import _too_slow

LIMIT_N = 12.0 * 9.80665 * 1.2


class Pull:
    """A station on its emulated load cell, in the first set of a band row; ``force_n`` says what hangs on it."""

    def __init__(self, emulated_house, force_n, faults=()):
        self.house = emulated_house(faults=faults)
        self.heard = []
        self.house.body.force_n = lambda t_s: force_n(t_s - self.began_s) if self.began_s else 0.0
        self.began_s = 0.0
        self.house.station._play = lambda sound: self.heard.append((sound, self.house.clock.now()))
        row = one_dose(1, "band_row", 2, 8, parse_tempo("2.1.0"), (8.0, 12.0), 20.0)
        self.house.station.take_plan(Prescription(1, "p-0001-aaaa", "station-0001", "Ana", "2026-11-21", (row,)))
        self.house.wait(1.0)
        for _ in range(2):
            self.house.press(Action.MAIN)
        assert self.house.state.screen is Screen.SET
        self.began_s = self.house.clock.now()

    def wait(self, seconds):
        self.house.wait(seconds)
        return self

    def heard_at(self, sound):
        return [round(t_s - self.began_s, 3) for what, t_s in self.heard if what is sound]

    @property
    def incidents(self):
        return [record.what for record in self.house.of_kind("incident")]


@pytest.fixture
def pull(emulated_house):
    made = []

    def make(force_n, faults=()):
        made.append(Pull(emulated_house, force_n, faults))
        return made[-1]

    yield make
    for one in made:
        one.house.stop()


def test_too_much_force_is_heard_within_a_tenth_of_a_second_of_its_second_reading(pull):
    one = pull(lambda t_s: 100.0 if t_s < 1.0 else LIMIT_N + 10.0).wait(2.5)
    (at_s,) = one.heard_at(Sound.ALARM)
    assert 1.0 <= at_s <= 1.0 + 2 / 80 + 0.1
    assert one.incidents == [Happened.OVER_FORCE]


def test_the_second_time_ends_the_set(pull):
    one = pull(lambda t_s: LIMIT_N + 20.0 if 1.0 < t_s < 1.5 or t_s > 2.0 else 80.0).wait(3.0)
    assert one.house.state.guard.telling.rule == "over_force_again"
    (done,) = one.house.of_kind("set")
    assert done.stop_reason is StopReason.SAFETY


def test_below_the_alarm_and_over_the_band_a_low_tone_is_heard_once_a_second(pull):
    one = pull(lambda t_s: 130.0 if t_s > 0.5 else 50.0).wait(4.4)
    assert one.incidents == []
    tones = one.heard_at(Sound.OVER_LOAD)
    assert len(tones) == 4
    assert all(later - sooner >= 0.99 for sooner, later in pairwise(tones))


def test_single_wild_words_never_alarm(pull):
    spikes = Fault(Kind.GLITCH, "band", 0.0, 30.0, size=0.03, seed=5)
    one = pull(lambda t_s: 90.0 + 20.0 * (t_s % 2.0 > 1.0), [spikes]).wait(8.0)
    assert one.incidents == []
    assert one.heard_at(Sound.ALARM) == []
    assert sum(one.house.watchdog.health()["band"].errors.values()) > 0, "there were wild words"


def test_a_reading_at_the_end_of_its_range_alarms_at_once(pull):
    end = Fault(Kind.SATURATION, "band", 2.0, 0.5)
    one = pull(lambda _t_s: 60.0, [end]).wait(2.0)
    assert Happened.SATURATED in one.incidents
    assert one.heard_at(Sound.ALARM)[0] <= 2.0 - 1.0 + 2 / 80 + 0.1


def test_a_band_that_lets_go_ends_the_set(pull):
    one = pull(lambda t_s: 0.0 if t_s > 2.0 else 20.0 + 90.0 * min(t_s, 1.0)).wait(2.5)
    assert one.incidents == [Happened.BAND_SNAP]
    assert one.house.state.guard.telling.rule == "band_snap"


def test_repetitions_within_the_load_alarm_nobody(pull):
    one = pull(lambda t_s: 15.0 + 50.0 * (1.0 - cos(2 * pi * t_s / 2.5))).wait(10.0)
    assert one.incidents == []
    assert len(one.house.of_kind("rep")) >= 2


def test_a_bell_is_watched_where_a_sensor_sits_on_it_and_a_band_is_not():
    watching = Watching(exercise("goblet_squat"), (8.0, 8.0), Limits())
    falling = [ImuSample("bell", k / 100, (0.0, 0.0, 0.3), (0.0, 0.0, 0.0)) for k in range(20)]
    landing = ImuSample("bell", 0.2, (0.0, 0.0, 80.0), (0.0, 0.0, 0.0))
    noticed = [one for sample in (*falling, landing) for one in watching.feed("bell", sample)]
    assert [one.what for one in noticed] == [Happened.BELL_DROPPED]
    assert not [one for k in range(4) for one in watching.feed("band", LoadSample("band", 1 + k / 80, 2000.0))]


@pytest.mark.parametrize(
    ("exercise_name", "place"), [("band_belt_squat", "thigh"), ("band_row", "wrist"), ("band_row", "thigh")]
)
def test_a_force_that_falls_right_after_the_limb_on_the_band_has_moved_is_no_snap(exercise_name, place):
    def noticed(turn_rad_s):
        watching = Watching(exercise(exercise_name), None, Limits())
        for k in range(240):
            t_s = k / 80
            turning = turn_rad_s if 2.4 < t_s < 2.5 else 0.5
            yield from watching.feed(place, ImuSample(place, t_s, (0.0, 0.0, 9.8), (turning, 0.0, 0.0)))
            yield from watching.feed("band", LoadSample("band", t_s, 0.0 if t_s > 2.5 else 100.0))

    assert [one.what for one in noticed(0.5)] == [Happened.BAND_SNAP]
    pulls = (exercise_name, place) != ("band_row", "thigh")  # the thigh holds no band in a row
    assert [one.what for one in noticed(8.0)] == ([] if pulls else [Happened.BAND_SNAP])


def test_the_cell_of_another_place_alarms_nobody():
    watching = Watching(exercise("band_row"), (8.0, 12.0), Limits())
    assert not [one for k in range(4) for one in watching.feed("seat", LoadSample("seat", k / 80, 800.0))]


def test_a_band_worn_at_a_belt_has_only_the_limit_of_the_rig():
    watching = Watching(exercise("band_belt_squat"), (8.0, 12.0), Limits())
    feed = [one for k in range(4) for one in watching.feed("band", LoadSample("band", k / 80, 400.0))]
    assert feed == []
    feed = [one for k in range(4) for one in watching.feed("band", LoadSample("band", 1 + k / 80, 950.0))]
    assert [one.what for one in feed] == [Happened.OVER_FORCE]


def test_a_cell_too_slow_for_a_snap_is_told_with_what_its_times_may_be_off():
    slow = Health("band", SensorState.LIVE, 0.0, 10.0, limits=(SNAP_OFF,))
    assert _too_slow(slow)
    assert PHASES_OFF / slow.rate_hz == pytest.approx(0.3)
    assert not _too_slow(Health("band", SensorState.LIVE, 0.0, 80.0))
