"""The engine with a body in front of it: samples in, records out, in the right order."""

from dataclasses import replace

import pytest

from drivers.base import Health, SensorState
from drivers.patient import Pace, VirtualPatient
from drivers.samples import ImuSample, LoadSample
from edge import records
from edge.model import Activity
from edge.prescription.plan import Prescription
from edge.prescription.row import one_dose
from edge.session import Action, Pressed, Screen, Sound
from edge.signal.events import Reason
from edge.station import Station
from edge.tempo import parse_tempo

PLACES = {"thigh-imu": "thigh", "band-cell": "band"}
PACE = Pace(out_s=2.0, hold_s=1.0, back_s=1.2, rest_s=1.0)
WALL = 1_800_000_000.0


def plan(exercise, reps, sets=1):
    line = one_dose(1, exercise, sets, reps, parse_tempo("2.1.0"), None, 20.0)
    return Prescription(1, "p-0001-aaaa", "station-0001", "Ana", "2026-11-21", (line,))


class Rig:
    """A station on a table: time, samples and presses by hand."""

    def __init__(self, exercise, reps=3, seed=5, sets=1):
        self.saved, self.played = [], []
        self.station = Station(PLACES, self.saved.extend, self.played.append, lambda: WALL, lambda: "session-0001")
        self.patient = VirtualPatient(seed)
        self.patient.prepare(exercise, 0.0)
        self.exercise, self.t_s = exercise, 0.0
        self.states = dict.fromkeys(PLACES, SensorState.LIVE)
        self.station.take_plan(plan(exercise, reps, sets))
        self.wait(0.1)
        self.press(Action.MAIN)

    def press(self, action, value=None):
        self.station.press(Pressed(self.t_s, action, value))

    def wait(self, seconds, silent=False):
        """Let time pass in frames of 30 ms with samples every 10 ms."""
        for _ in range(round(seconds / 0.03)):
            for _ in range(3):
                self.t_s = round(self.t_s + 0.01, 3)
                if not silent:
                    self._sample()
            healths = [Health(name, state, 0.0, 100.0) for name, state in self.states.items()]
            self.station.step(self.t_s, healths)

    def _sample(self):
        truth = self.patient.imu("thigh", self.t_s)
        self.station.take_sample(ImuSample("thigh-imu", self.t_s, truth.accel_m_s2, truth.gyro_rad_s))
        self.station.take_sample(LoadSample("band-cell", self.t_s, self.patient.force_n(self.t_s)))

    def of_kind(self, kind):
        return [r for r in self.saved if records.kind(r) == kind]


@pytest.mark.parametrize(
    "exercise", ["goblet_squat", "sit_to_stand", "kettlebell_deadlift", "band_row", "band_press"]
)
def test_a_set_is_counted_timed_traced_and_closed(exercise):
    rig = Rig(exercise)
    rig.patient.fidget(rig.t_s, 1.0)
    rig.wait(1.5)
    rig.press(Action.MAIN)
    rig.wait(2.0)
    rig.patient.begin(exercise, rig.t_s, PACE)
    while rig.station.state.screen is Screen.SET and rig.t_s < 60:
        rig.wait(0.09)
    truth = rig.patient.truth()
    reps = rig.of_kind("rep")
    (ended,) = rig.of_kind("set")
    assert (len(reps), ended.reps_counted, ended.stop_reason) == (3, 3, "target")
    began_s = rig.station.state.set_start_s
    for rep, true in zip(reps, truth, strict=False):
        assert rep.start_s + began_s == pytest.approx(true.start_s, abs=0.25)
        assert rep.end_s + began_s == pytest.approx(true.end_s, abs=0.25)
    assert rig.played == [Sound.REP, Sound.LAST_REP, Sound.REP, Sound.SET_DONE] or Sound.CORRECTION in rig.played
    (trace,) = rig.of_kind("trace_chunk")
    assert len(trace.values) * trace.step_s == pytest.approx(ended.ended_s - ended.started_s, abs=0.3)


def test_a_repetition_is_saved_within_a_frame_of_being_known():
    rig = Rig("goblet_squat", reps=1)
    rig.wait(1)
    rig.press(Action.MAIN)
    rig.wait(1.5)
    rig.patient.begin("goblet_squat", rig.t_s, PACE)
    while not rig.of_kind("rep") and rig.t_s < 30:
        rig.wait(0.03)
    assert rig.t_s - rig.patient.truth()[0].end_s < 0.3


def test_standing_still_counts_nothing():
    rig = Rig("goblet_squat")
    rig.wait(1)
    rig.press(Action.MAIN)
    rig.wait(30)
    assert rig.of_kind("rep") == []
    assert rig.station.live().activity is Activity.RESTING


def test_a_hole_in_the_signal_blinds_the_counter_and_splits_the_trace():
    rig = Rig("goblet_squat")
    rig.wait(1)
    rig.press(Action.MAIN)
    rig.wait(2)
    rig.wait(2, silent=True)
    rig.wait(0.3)
    assert rig.station.live().activity is Activity.BLIND
    rig.press(Action.MAIN)
    rig.wait(2)
    rig.press(Action.STOP)
    first, second = rig.of_kind("trace_chunk")
    assert first.start_s + len(first.values) * first.step_s < 2.2
    assert second.start_s > 3.9


def test_a_silent_sensor_is_told_within_half_a_second():
    rig = Rig("goblet_squat")
    rig.wait(1)
    rig.press(Action.MAIN)
    rig.wait(2)
    assert rig.station.live().trusted
    rig.wait(0.36, silent=True)
    assert rig.station.live().trusted
    rig.wait(0.12, silent=True)
    live = rig.station.live()
    assert (live.activity, live.reason, live.trusted) == (Activity.BLIND, Reason.GAP, False)
    assert not live.uncertain
    rig.wait(0.06, silent=True)
    assert rig.station.live().uncertain


def test_a_hole_is_written_down_with_its_set_and_forgotten_in_the_next():
    rig = Rig("goblet_squat", reps=2, sets=2)
    for silent in (True, False):
        rig.wait(1)
        while rig.station.state.screen is not Screen.SET:
            rig.press(Action.MAIN)
            rig.wait(0.3)
        rig.wait(2)
        rig.wait(1, silent=silent)
        rig.wait(1)
        if rig.station.state.screen is Screen.LOST:
            rig.press(Action.MAIN)
        rig.wait(1)
        rig.patient.begin("goblet_squat", rig.t_s, PACE)
        while rig.station.state.screen is Screen.SET and rig.t_s < 60:
            rig.wait(0.3)
        rig.patient.finish(rig.t_s)
        rig.wait(5)
    assert [record.doubts for record in rig.of_kind("set")] == [("gap",), ()]


def test_a_stopped_set_is_written_down_with_what_was_not_seen():
    rig = Rig("goblet_squat")
    rig.wait(1)
    rig.press(Action.MAIN)
    rig.wait(2)
    rig.wait(1, silent=True)
    rig.press(Action.STOP)
    rig.press(Action.REASON, "tired")
    assert [record.doubts for record in rig.of_kind("set")] == [("gap",)]


def test_a_load_cell_beside_the_counting_sensor_gives_a_repetition_its_force():
    rig = Rig("kettlebell_deadlift", reps=1)
    rig.wait(1)
    rig.press(Action.MAIN)
    rig.wait(2)
    rig.patient.force_n = lambda t_s: 160.0 if rig.station.live().position > 0.2 else 3.0
    rig.patient.begin("kettlebell_deadlift", rig.t_s, PACE)
    while not rig.of_kind("rep") and rig.t_s < 30:
        rig.wait(0.3)
    (rep,) = rig.of_kind("rep")
    assert (rep.peak_force_n, rep.mean_force_n) == (160.0, pytest.approx(100, abs=30))


def test_a_sensor_of_another_place_counts_nothing():
    rig = Rig("band_row")
    rig.wait(1)
    rig.press(Action.MAIN)
    rig.wait(1.5)
    rig.patient.begin("sit_to_stand", rig.t_s, PACE)
    rig.wait(12)
    assert rig.of_kind("rep") == []


def test_no_set_begins_while_the_sensor_is_lost():
    rig = Rig("band_row")
    rig.states["band-cell"] = SensorState.STALE
    rig.wait(0.3)
    rig.press(Action.MAIN)
    assert rig.station.state.screen is Screen.READY
    rig.states["band-cell"] = SensorState.LIVE
    rig.wait(0.3)
    rig.press(Action.MAIN)
    assert rig.station.state.screen is Screen.SET


def test_a_plan_that_comes_in_a_session_changes_what_is_left_of_it():
    rig = Rig("goblet_squat", sets=3)
    rig.press(Action.MAIN)
    assert rig.station.state.screen is Screen.SET
    rig.station.take_plan(replace(plan("goblet_squat", 5, 3), version=2))
    rig.wait(0.1)
    rig.press(Action.STOP)
    rig.press(Action.REASON, "tired")
    state = rig.station.state
    assert (state.plan.version, state.planned.reps, len(state.sets_left)) == (2, 5, 2)


def test_after_the_days_session_nothing_is_due_until_the_clock_has_gone_on():
    rig = Rig("goblet_squat")
    rig.press(Action.MAIN)
    rig.press(Action.STOP)
    rig.press(Action.REASON, "tired")
    rig.press(Action.MAIN)
    rig.press(Action.MAIN)
    rig.wait(0.1)
    state = rig.station.state
    assert (state.screen, state.may_start) == (Screen.AGENDA, False)
    rig.press(Action.MAIN)
    assert rig.station.state.screen is Screen.AGENDA
