"""The session, event by event: what the patient sees next and what is written down."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from display.station_info import StationInfo
from display.view.by_screen import view
from edge import records
from edge.live import Live
from edge.model import Phase, PhaseSpan, Rep, StopReason
from edge.prescription.plan import Prescription
from edge.prescription.row import one_dose
from edge.session import (
    Action,
    Counted,
    CountingLost,
    EndListening,
    Listen,
    OpenSession,
    Pause,
    PlanArrived,
    Pressed,
    Resume,
    Save,
    Screen,
    SensorChanged,
    SessionState,
    Started,
    SwitchedOff,
    Tick,
    advance,
)
from edge.signal.events import Reason
from edge.tempo import parse_tempo

WALL = 1_800_000_000.0


def line(exercise="goblet_squat", sets=2, reps=3, order=1):
    return one_dose(order, exercise, sets, reps, parse_tempo("3.1.0"), None, 20.0)


def plan(version=1, *lines):
    return Prescription(version, "p-0001-aaaa", "station-0001", "Ana", "2026-11-21", lines or (line(),))


def squat(start_s):
    spans = (
        PhaseSpan(Phase.ECCENTRIC, start_s, start_s + 3),
        PhaseSpan(Phase.BOTTOM, start_s + 3, start_s + 4),
        PhaseSpan(Phase.CONCENTRIC, start_s + 4, start_s + 5),
    )
    return Rep(1, start_s, start_s + 5, spans, 85.0, "deg", None, None, 0.9)


class Run:
    """A session driven by hand; keeps the effects in order."""

    def __init__(self, first_plan=None):
        self.state, self.effects, self.t_s = SessionState(), [], 100.0
        if first_plan:
            self(PlanArrived(self.t_s, first_plan, WALL))

    def __call__(self, event):
        self.state, effects = advance(self.state, event)
        self.effects.extend(effects)
        return effects

    def press(self, action, value=None):
        return self(Pressed(self.t_s, action, value))

    def start(self):
        self.press(Action.MAIN)
        self(Started(self.t_s, "session-0001", WALL))
        self(SensorChanged(self.t_s, "thigh", True))
        return self

    def do_reps(self, count):
        for _ in range(count):
            self.t_s += 6
            self(Counted(self.t_s, squat(self.t_s - 5.1)))

    def do_set(self, reps=3):
        self.press(Action.MAIN)
        self.do_reps(reps)

    def saved(self, kind=None):
        found = [e.record for e in self.effects if isinstance(e, Save)]
        return [r for r in found if kind is None or records.kind(r) == kind]


def test_without_a_plan_nothing_can_be_started():
    run = Run()
    assert run.press(Action.MAIN) == ()
    assert run.state.screen is Screen.NO_PLAN


def test_the_whole_routine_from_agenda_to_summary():
    run = Run(plan())
    assert run.state.screen is Screen.AGENDA
    assert run.press(Action.MAIN) == (OpenSession(),)
    run.start()
    run.do_set()
    assert run.state.screen is Screen.REST
    run.t_s += 20
    run(Tick(run.t_s))
    assert run.state.screen is Screen.READY
    run.do_set()
    assert (run.state.screen, run.state.finished, run.state.rest_ends_s) == (Screen.REST, True, None)
    run.press(Action.MAIN)
    assert run.state.screen is Screen.SUMMARY
    assert [r.reps_counted for r in run.saved("set")] == [3, 3]
    (end,) = run.saved("session_end")
    assert (end.sets_done, end.sets_planned, end.stop_reason) == (2, 2, StopReason.TARGET)
    run.press(Action.MAIN)
    assert run.state.screen is Screen.AGENDA


def test_every_repetition_is_saved_before_its_sound():
    run = Run(plan()).start()
    run.press(Action.MAIN)
    run.t_s += 6
    save, sound = run(Counted(run.t_s, squat(run.t_s - 5.1)))
    assert records.key(save.record) == "session-0001/1/rep/1"
    assert save.record.start_s == pytest.approx(0.9)
    assert (save.record.eccentric_s, save.record.bottom_s, save.record.concentric_s) == (3.0, 1.0, 1.0)
    assert sound.sound == "rep"


def test_a_set_does_not_start_before_its_sensor_is_usable():
    run = Run(plan()).start()
    run(SensorChanged(run.t_s, "thigh", False))
    run.press(Action.MAIN)
    assert run.state.screen is Screen.READY
    run(SensorChanged(run.t_s, "thigh", True))
    assert [type(e) for e in run.press(Action.MAIN)] == [Save, Listen]


def test_repetitions_outside_a_set_are_not_counted():
    run = Run(plan()).start()
    run.do_reps(5)
    assert run.saved("rep") == []


def test_stop_keeps_the_repetitions_and_asks_why():
    run = Run(plan()).start()
    run.press(Action.MAIN)
    run.do_reps(2)
    assert EndListening("session-0001", 1) in run.press(Action.STOP)
    assert run.state.screen is Screen.STOPPED
    run.press(Action.REASON, "tired")
    (ended,) = run.saved("set")
    assert (ended.reps_counted, ended.stop_reason, run.state.screen) == (2, StopReason.TIRED, Screen.REST)


def test_pain_ends_the_session():
    run = Run(plan()).start()
    run.press(Action.MAIN)
    run.do_reps(1)
    run.press(Action.STOP)
    run.press(Action.REASON, "pain")
    assert run.state.screen is Screen.SUMMARY
    assert run.saved("session_end")[0].stop_reason is StopReason.PAIN


def test_an_unknown_reason_is_no_reason():
    run = Run(plan()).start()
    run.press(Action.MAIN)
    run.press(Action.STOP)
    run.press(Action.REASON, "bored")
    assert run.state.screen is Screen.STOPPED


def test_zero_and_not_answered_are_different():
    run = Run(plan()).start()
    run.do_set()
    assert run.state.pain_change is None
    run.press(Action.PAIN_CHANGE, 0)
    assert run.state.pain_change == 0
    assert [(a.question, a.value) for a in run.saved("answer")] == [("pain_change", 0)]


def test_the_first_answer_stays():
    run = Run(plan()).start()
    run.do_set()
    run.press(Action.EFFORT, 5)
    run.press(Action.EFFORT, 9)
    assert [a.value for a in run.saved("answer")] == [5]


def test_a_plan_that_arrives_in_a_set_is_taken_when_the_set_ends():
    run = Run(plan(1)).start()
    run.press(Action.MAIN)
    run.do_reps(1)
    run(PlanArrived(run.t_s, plan(2, line(reps=5)), WALL + 10))
    assert (run.state.plan.version, run.state.planned.reps) == (1, 3)
    run.do_reps(2)
    assert (run.state.screen, run.state.plan.version, run.state.planned.reps) == (Screen.REST, 2, 5)
    assert run.saved("set")[0].plan_version == 1
    assert [r.plan_version for r in run.saved("receipt")] == [1, 2]


@pytest.mark.parametrize("version", [1, 2])
def test_only_a_newer_plan_is_taken(version):
    run = Run(plan(2))
    run(PlanArrived(run.t_s, plan(version, line(reps=50)), WALL))
    assert run.state.planned.reps == 3
    assert len(run.saved("receipt")) == 1


def test_a_new_plan_keeps_the_place():
    run = Run(plan(1, line(sets=3), line("sit_to_stand", order=2))).start()
    run.do_set()
    run(PlanArrived(run.t_s, plan(2, line(sets=3, reps=4), line("sit_to_stand", order=2)), WALL))
    assert (run.state.line, run.state.set_of_exercise, run.state.planned.reps) == (0, 2, 4)
    run(PlanArrived(run.t_s, plan(3, line(sets=1), line("sit_to_stand", order=2)), WALL))
    assert run.state.planned.exercise == "sit_to_stand"


def test_a_shorter_plan_during_get_ready_leaves_nothing_to_start():
    run = Run(plan(1, line(sets=1), line("sit_to_stand", order=2))).start()
    run.do_set()
    run.press(Action.MAIN)
    assert run.state.screen is Screen.READY
    run(PlanArrived(run.t_s, plan(2, line(sets=1)), WALL))
    assert (run.state.screen, run.state.finished) == (Screen.REST, True)


def test_a_new_plan_neither_skips_nor_repeats_an_exercise():
    first = plan(1, line("sit_to_stand", 1), line("goblet_squat", 1, order=2), line("band_row", 1, order=3))
    run = Run(first).start()
    run.do_set()
    without = plan(2, line("goblet_squat", 1), line("band_row", 1, order=2))
    run(PlanArrived(run.t_s, without, WALL))
    assert run.state.planned.exercise == "goblet_squat"
    turned = plan(3, line("band_row", 1), line("sit_to_stand", 1, order=2), line("goblet_squat", 1, order=3))
    run(PlanArrived(run.t_s, turned, WALL))
    assert run.state.planned.exercise == "band_row"
    run(SensorChanged(run.t_s, "band", True))
    run.press(Action.MAIN)
    run.do_set()
    assert run.state.planned.exercise == "goblet_squat"


@pytest.mark.parametrize("press_first", [False, True])
def test_a_plan_without_what_was_left_ends_the_rest_without_a_set(press_first):
    run = Run(plan(1, line(sets=1), line("sit_to_stand", order=2))).start()
    run.do_set()
    if press_first:
        run.press(Action.MAIN)
    run(PlanArrived(run.t_s, plan(2, line(sets=1)), WALL))
    run.t_s += 500
    run(Tick(run.t_s))
    assert (run.state.screen, run.state.finished, run.state.rest_ends_s) == (Screen.REST, True, None)
    run.press(Action.MAIN)
    assert run.state.screen is Screen.SUMMARY


def test_a_patient_who_walks_away_leaves_an_ended_session():
    run = Run(plan()).start()
    run.press(Action.MAIN)
    run.do_reps(1)
    run.t_s += 1799
    run(Tick(run.t_s))
    assert run.state.screen is Screen.SET
    run.t_s += 2
    run(Tick(run.t_s))
    assert run.state.screen is Screen.AGENDA
    assert [r.stop_reason for r in run.saved("set") + run.saved("session_end")] == [StopReason.TECHNICAL] * 2


def test_a_plan_that_waits_is_not_called_in_use_when_the_station_is_switched_off():
    run = Run(plan(1)).start()
    run.press(Action.MAIN)
    run(PlanArrived(run.t_s, plan(2), WALL))
    run(SwitchedOff(run.t_s))
    assert [r.plan_version for r in run.saved("receipt")] == [1]


@pytest.mark.parametrize(("action", "value"), [(Action.EFFORT, 11), (Action.EFFORT, -1), (Action.PAIN_CHANGE, 2)])
def test_an_answer_outside_its_limits_is_none(action, value):
    run = Run(plan()).start()
    run.do_set()
    assert run.press(action, value) == ()


@pytest.mark.parametrize("stopped_first", [False, True])
def test_switched_off_in_a_set_everything_done_is_written_down(stopped_first):
    run = Run(plan()).start()
    run.press(Action.MAIN)
    run.do_reps(2)
    if stopped_first:
        run.press(Action.STOP)
    run(SwitchedOff(run.t_s + 1))
    (ended,) = run.saved("set")
    assert (ended.reps_counted, ended.stop_reason) == (2, StopReason.TECHNICAL)
    (end,) = run.saved("session_end")
    assert (end.sets_done, end.sets_planned, end.stop_reason) == (1, 2, StopReason.TECHNICAL)
    assert EndListening("session-0001", 1) in run.effects


def test_a_lost_sensor_pauses_the_set_until_the_patient_goes_on():
    run = Run(plan()).start()
    run.press(Action.MAIN)
    run.do_reps(1)
    assert run(SensorChanged(run.t_s, "thigh", False)) == ()
    pause, _sound = run(CountingLost(run.t_s, Reason.GAP, False))
    assert (pause, run.state.screen) == (Pause("session-0001", 1), Screen.LOST)
    run.do_reps(1)
    assert len(run.state.reps) == 1
    assert run.press(Action.MAIN) == ()
    assert run(SensorChanged(run.t_s, "thigh", True)) == ()
    assert run.state.screen is Screen.LOST
    assert run.press(Action.MAIN) == (Resume("session-0001", 1),)
    run.do_reps(2)
    assert [(r.reps_counted, r.doubts) for r in run.saved("set")] == [(3, ("gap",))]


def test_a_doubt_belongs_to_its_own_set():
    run = Run(plan()).start()
    run.press(Action.MAIN)
    run(CountingLost(run.t_s, Reason.RESET, True))
    run.press(Action.MAIN)
    run.do_reps(3)
    run.press(Action.MAIN)
    run.do_set()
    assert [r.doubts for r in run.saved("set")] == [("reset", "rep_cut_off"), ()]


@pytest.mark.parametrize("presses", [(), (Action.UNCOUNTED,), (Action.UNCOUNTED, Action.MAIN, Action.MORE)])
def test_switched_off_while_a_sensor_is_lost_the_set_is_written_down_without_a_number_nobody_confirmed(presses):
    run = Run(plan()).start()
    run.press(Action.MAIN)
    run.do_reps(2)
    run(CountingLost(run.t_s, Reason.GAP, False))
    for action in presses:
        run.press(action)
    run(PlanArrived(run.t_s, plan(2), WALL))
    assert run.state.plan.version == 1
    run(SwitchedOff(run.t_s + 1))
    (ended,) = run.saved("set")
    assert (ended.reps_counted, ended.stop_reason) == (2, StopReason.TECHNICAL)
    assert run.saved("answer") == []
    assert run.state.done[-1].by_hand is None
    assert EndListening("session-0001", 1) in run.effects


def test_switched_off_on_the_agenda_there_is_nothing_to_write():
    run = Run(plan())
    assert run(SwitchedOff(run.t_s)) == ()


def test_switched_off_before_the_last_answer_the_session_was_done():
    run = Run(plan(1, line(sets=1))).start()
    run.do_set()
    run(SwitchedOff(run.t_s))
    assert run.saved("session_end")[0].stop_reason is StopReason.TARGET


events = st.one_of(
    st.builds(Tick, st.floats(0, 1e4)),
    st.builds(
        Pressed,
        st.floats(0, 1e4),
        st.sampled_from(Action),
        st.one_of(st.none(), st.integers(-1, 10), st.sampled_from(["pain", "tired", "other", "target", "x"])),
    ),
    st.builds(SwitchedOff, st.floats(0, 1e4)),
    st.builds(Started, st.floats(0, 1e4), st.just("session-0002"), st.just(WALL)),
    st.builds(Counted, st.floats(0, 1e4), st.floats(0, 1e4).map(squat)),
    st.builds(SensorChanged, st.floats(0, 1e4), st.just("thigh"), st.booleans()),
    st.builds(CountingLost, st.floats(0, 1e4), st.sampled_from(Reason), st.booleans()),
    st.builds(
        PlanArrived,
        st.floats(0, 1e4),
        st.builds(
            lambda v, n: plan(v, *(line(reps=r, order=i + 1) for i, r in enumerate(n))),
            st.integers(1, 9),
            st.lists(st.integers(1, 3), min_size=1, max_size=3),
        ),
        st.just(WALL),
    ),
)


@settings(max_examples=300)
@given(st.lists(events, max_size=80))
def test_whatever_happens_there_is_a_screen_and_records_are_valid_and_named_once(happened):
    run = Run(plan()).start()
    for event in happened:
        run(event)
        assert view(run.state, Live(t_s=run.state.now_s), StationInfo())
        if isinstance(event, Counted):
            assert len(run.state.reps) <= 50
    session = "session-0001"
    saved = [r for r in run.saved() if not isinstance(r, records.PlanReceipt) and r.session_id == session]
    for record in saved:
        msgspec.json.decode(msgspec.json.encode(record), type=records.Record)
    keys = [records.key(r) for r in saved]
    assert len(keys) == len(set(keys))
