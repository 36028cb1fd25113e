"""Sets that no sensor of the rig can tell: the patient counts, or the clock runs, and nothing is waited for."""

from dataclasses import replace

import pytest
from session_run import SESSION, SessionRun, row

from display.parts import SensorState
from display.shapes import ByHandView, ReadyView, SetView, TimedView, UncountedView
from display.station_info import StationInfo
from display.view.by_screen import view
from edge.live import Live
from edge.model import Origin, StopReason
from edge.prescription.plan import Prescription
from edge.prescription.row import Span, one_dose
from edge.session import Action, CountingLost, EndListening, Listen, Play, Screen, SensorChanged, Sound, SwitchedOff
from edge.signal.events import Reason
from edge.tempo import parse_tempo


def shown(run):
    return view(run.state, Live(), StationInfo((("thigh", SensorState.OK),)))


def by_hand(reps=10):
    return SessionRun(row("chest_press_machine", reps=reps)).start()


def walk(minutes=25.0):
    return SessionRun(row("walk", sets=1, reps=None, duration_min=minutes)).start()


def stretch(hold_s=30.0, sets=2):
    return SessionRun(row("piriformis_stretch", sets=sets, reps=None, hold_s=hold_s)).start()


def heard(effects):
    return [effect.sound for effect in effects if isinstance(effect, Play)]


# ---- the patient counts ----


def test_a_machine_without_a_sensor_is_never_waited_for():
    run = by_hand()
    screen = shown(run)
    assert isinstance(screen, ReadyView)
    begin = screen.buttons[-1]
    assert (begin.text, begin.enabled) == ("BEGIN", True)
    assert [line.label for line in screen.sensors] == ["Thigh sensor"]
    run.press()
    assert run.screen is Screen.UNCOUNTED
    assert isinstance(shown(run), UncountedView)
    assert shown(run).lines == ("10 reps", "Count for yourself. Then press DONE.")


def test_a_place_that_the_rig_lacks_is_counted_by_hand():
    run = SessionRun(row("band_row", reps=8), places=("thigh",)).start()
    run.press()
    assert run.screen is Screen.UNCOUNTED


def test_a_sensor_that_is_there_but_silent_is_waited_for_all_the_same():
    run = SessionRun(row("band_row", reps=8), places=("thigh", "band")).start()
    run(SensorChanged(run.t_s, "band", False))
    run.press()
    assert run.screen is Screen.READY


def test_nobody_is_ever_told_to_listen_for_it():
    run = by_hand()
    run.press()
    run.press(Action.STOP)
    run.press(Action.REASON, "tired")
    run.press()
    run.press()
    run(SwitchedOff(run.t_s + 1))
    assert [e for e in run.effects if isinstance(e, Listen | EndListening)] == []


@pytest.mark.parametrize(
    ("told", "reason"), [(10, StopReason.TARGET), (7, StopReason.OTHER), (None, StopReason.OTHER)]
)
def test_the_patients_own_number_is_written_down_as_the_patients_own(told, reason):
    run = by_hand()
    run.press()
    run.wait(30)
    run.press()
    assert isinstance(shown(run), ByHandView)
    assert (shown(run).question, shown(run).kept) == ("How many did you do?", "The plan says 10.")
    for _ in range(told or 0):
        run.press(Action.MORE)
    run.press()
    assert run.screen is Screen.REST
    (done,) = run.saved("set")
    assert (done.reps_counted, done.origin, done.stop_reason) == (0, Origin.SELF_REPORTED, reason)
    assert [answer.value for answer in run.saved("answer")] == ([] if told is None else [told])
    (fact,) = run.facts().sets
    assert (fact.reps_verified, fact.reps_by_hand, fact.trusted) == (0, told, False)


def test_not_known_is_no_zero():
    run = by_hand()
    run.press()
    run.press()
    run.press(Action.MORE)
    run.press(Action.FEWER)
    assert shown(run).number == "0"
    run.press(Action.FEWER)
    assert shown(run).number == "–"
    run.press()
    assert run.facts().sets[0].reps_by_hand is None


# ---- to an effort ----


def test_a_set_to_an_effort_ends_when_the_patient_says_so():
    run = SessionRun(row("bench_dip", sets=1, reps=None, rpe=(Span.of(9),))).start()
    run.press()
    run.do_reps(12)
    screen = shown(run)
    assert isinstance(screen, SetView)
    assert (screen.count, screen.of_reps, screen.segments[12:]) == ("12", "", ())
    done = next(button for button in screen.buttons if button.id == "done")
    run.press(done.action)
    (ended,) = run.saved("set")
    assert (ended.reps_counted, ended.reps_planned, ended.stop_reason) == (12, None, StopReason.TARGET)
    assert EndListening(SESSION, 1) in run.effects


def test_a_set_with_a_number_of_repetitions_has_no_way_to_be_done_early_but_stop():
    run = SessionRun(row("goblet_squat")).start()
    run.press()
    run.do_reps(1)
    run.press()
    assert run.screen is Screen.SET
    assert [button.id for button in shown(run).buttons] == ["stop"]


# ---- by the clock ----


def test_a_walk_shows_the_minutes_left_and_a_pace_to_talk_at():
    run = walk()
    run.press()
    run.wait(60)
    screen = shown(run)
    assert isinstance(screen, TimedView)
    assert (screen.time, screen.unit, screen.line) == (
        "24:00", "minutes", "Go at a pace at which you can still talk."
    )  # fmt: skip


def test_a_walk_goes_on_until_the_patient_says_it_is_done():
    run = walk(1.0)
    run.press()
    run.wait(59)
    assert heard(run.effects) == []
    run.wait(61)
    assert (run.screen, heard(run.effects)) == (Screen.TIMED, [Sound.SET_DONE])
    run.press()
    (done,) = run.saved("set")
    assert (done.ended_s - done.started_s, done.stop_reason) == (120.0, StopReason.TARGET)
    assert (done.origin, done.reps_planned) == (Origin.SELF_REPORTED, None)


def test_a_walk_that_is_cut_short_keeps_its_time():
    run = walk()
    run.press()
    run.wait(600)
    run.press()
    (done,) = run.saved("set")
    assert (done.ended_s - done.started_s, done.stop_reason) == (600.0, StopReason.OTHER)
    assert run.facts().sets[0].lasted_s == 600.0


def test_nobody_is_taken_to_have_left_during_a_long_walk():
    run = walk(45.0)
    run.press()
    run.wait(45 * 60 + 1700)
    assert run.screen is Screen.TIMED
    run.wait(200)
    assert run.screen is Screen.AGENDA
    assert [r.stop_reason for r in run.saved("set")] == [StopReason.TECHNICAL]
    assert len(run.saved("session_end")) == 1


def test_a_hold_leaves_time_to_take_the_posture_up_and_ends_by_itself():
    run = stretch()
    run.press()
    assert (shown(run).title, shown(run).time) == ("Take your position", "5")
    run.wait(5)
    assert (shown(run).title, shown(run).time, heard(run.effects)) == ("Keep going", "30", [Sound.REP])
    run.wait(30)
    assert (run.screen, heard(run.effects)) == (Screen.REST, [Sound.REP, Sound.SET_DONE])
    (done,) = run.saved("set")
    assert (done.ended_s - done.started_s, done.stop_reason) == (30.0, StopReason.TARGET)


def test_stop_in_a_hold_asks_why():
    run = stretch()
    run.press()
    run.wait(2)
    run.press(Action.STOP)
    run.press(Action.REASON, "pain")
    (done,) = run.saved("set")
    assert (done.ended_s - done.started_s, done.stop_reason) == (0.0, StopReason.PAIN)


def test_a_plank_is_held_before_its_sensor_where_there_is_one():
    plank = row("plank", sets=1, reps=None, hold_s=30.0)
    sensed, by_clock = SessionRun(plank, places=("trunk",)).start(), SessionRun(plank, places=("thigh",)).start()
    sensed.press()
    by_clock.press()
    assert (sensed.screen, by_clock.screen) == (Screen.SET, Screen.TIMED)
    assert next(e for e in sensed.effects if isinstance(e, Listen)).reps == 1
    assert sensed.state.tempo.bottom_s == 30.0 or sensed.state.tempo.top_s == 30.0
    sensed.do_reps(1)
    assert (sensed.screen, sensed.saved("set")[0].reps_planned) == (Screen.REST, None)


def test_holds_without_a_sensor_are_counted_by_the_patient():
    run = SessionRun(row("sphinx_pose", reps=10, hold_s=5.0)).start()
    run.press()
    assert shown(run).lines[0] == "10 holds of 5 s"


def test_a_lost_sensor_is_no_matter_to_a_set_that_has_none():
    run = by_hand()
    run.press()
    run(CountingLost(run.t_s, Reason.GAP, False))
    assert run.screen is Screen.UNCOUNTED


# ---- sides ----


def test_each_side_is_named_before_and_in_its_set():
    run = SessionRun(row("clamshell", sets=1, reps=2, per_side=True)).start()
    assert shown(run).header.note == "Left side, set 1 of 1"
    run.press()
    assert shown(run).header.note == "Left, 1 of 1"
    run.do_reps(2)
    assert shown(run).header.note == "Next: Clamshell, right, 1 of 1"
    run.press()
    assert shown(run).header.note == "Right side, set 1 of 1"
    run.do_set(2)
    assert [str(done.side) for done in run.saved("set")] == ["left", "right"]


def test_a_set_that_begins_is_written_down_with_its_row():
    run = SessionRun(row("clamshell", sets=1, reps=2, per_side=True)).start()
    run.press()
    (begun,) = run.saved("set_begun")
    assert (begun.number, begun.row, str(begun.side), begun.reps_planned) == (1, "clamshell", "left", 2)


def test_where_no_sensor_sees_steps_a_walk_says_nothing_of_them():
    run = SessionRun(row("walk", sets=1, reps=None, duration_min=1.0), places=("band",)).start()
    run.press()
    assert shown(run).seen == ""
    assert not [e for e in run.effects if isinstance(e, Listen)]


@pytest.mark.parametrize("way", [Action.MAIN, Action.STOP])
def test_whoever_ends_a_walk_ends_the_listening(way):
    run = walk()
    run.press()
    assert [e.test for e in run.effects if isinstance(e, Listen)] == [True]
    run.press(way)
    assert [e.test for e in run.effects if isinstance(e, EndListening)] == [True], "no recording of a set"
    assert run.saved("rep") == []


def test_the_thigh_sensor_tells_whether_somebody_walks_and_counts_no_step(emulated_house):
    house = emulated_house()
    try:
        dose = one_dose(1, "walk", 1, 1, parse_tempo("normal"), None, 20.0)
        walking = replace(dose, reps=None, duration_min=2.0)
        house.station.take_plan(Prescription(1, "p-0001-aaaa", "station-0001", "Ana", "2026-11-21", (walking,)))
        house.wait(1.0)
        for _ in range(2):
            house.press(Action.MAIN)
        assert house.state.screen is Screen.TIMED

        def seen():
            return view(house.state, house.station.live(), StationInfo()).seen

        house.wait(8.0)
        assert seen() == "No walking seen"
        house.body.walk(house.clock.now(), 50.0)
        house.wait(40.0, until=lambda: seen() == "Walking seen")
        assert seen() == "Walking seen"
        house.body.stand(house.clock.now(), 30.0)
        house.wait(60.0, until=lambda: seen() == "No walking seen")
        assert seen() == "No walking seen"
        house.press(Action.MAIN)
        assert (house.of_kind("rep"), house.of_kind("trace")) == ([], [])
        (done,) = house.of_kind("set")
        assert (done.reps_counted, done.origin) == (0, Origin.SELF_REPORTED)
    finally:
        house.stop()
