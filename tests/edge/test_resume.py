"""A power cut in a session: nothing is lost, nothing is doubled, and nothing goes on before the patient was asked."""

import os
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from session_run import SESSION, WALL, SessionRun, plan, row

from display.shapes import AskingView, ResumeView
from display.station_info import StationInfo
from display.view.by_screen import view
from drivers.base import Health, SensorState
from edge import records
from edge.history.fold import fold
from edge.live import Live
from edge.model import StopReason
from edge.records import (
    Form,
    Locked,
    Moment,
    PlanReceipt,
    RepCounted,
    SessionEnded,
    SessionStarted,
    SetBegun,
    SetDone,
    Severity,
)
from edge.session import Action, Pressed, Save, Screen
from edge.session.asking import about_symptoms
from edge.station import Station

ROWS = (row("goblet_squat", sets=2), row("chest_press_machine", sets=1, order=2), row("sit_to_stand", 1, 2, order=3))
DAY = "2027-01-15"  # that of WALL
CALM = {"back": 2, "leg": 1, "distal": 0, "weaker": 0, "tolerable": 1}


def begun():
    """A session with its first questions answered."""
    return answer(SessionRun(*ROWS).start(about_symptoms(Moment.START, SESSION)))


def answer(run, **said):
    told = CALM | said
    while run.screen is Screen.ASKING:
        run.press(Action.ANSWER, told[run.state.asking.question.name])
        run.press()
    return run


class AfterTheCut(SessionRun):
    """The station that starts again on the journal that was left; ``gone_s`` later, if it knows the time."""

    def __init__(self, past, gone_s=60.0, sure=True, the_plan=None, lock=None, places=("thigh",)):
        self.past, self.t_s, self.effects = list(past), 50.0, []
        self.wall = WALL + 1000.0 + gone_s
        station = Station(
            {place: place for place in places}, self._save, lambda _sound: None, lambda: self.wall,
            lambda: "session-0002", sure_of_time=lambda: sure,
        )  # fmt: skip
        if lock is not None:
            station.take_lock(lock)
        station.take_past(self.past)
        station.take_plan(the_plan or plan(*ROWS))
        station.step(self.t_s, [Health(place, SensorState.LIVE, 0.0, 100.0) for place in places])
        self.state, self.station = station.state, station

    def _save(self, new):
        self.effects += [Save(record) for record in new]

    def everything(self):
        return self.past + self.saved()


def to_the_end(run):
    """Do what is asked on every screen until nothing is left."""
    for _ in range(200):
        match run.screen:
            case Screen.ASKING:
                answer(run)
            case Screen.SET:
                run.do_reps(1)
            case Screen.SUMMARY | Screen.AGENDA:
                return run
            case Screen.STOPPED:
                run.press(Action.REASON, "tired")
            case _:
                run.press()
    raise AssertionError(f"stuck on {run.screen}")


def check(everything, counted):
    """No key twice, no counted repetition lost, every set that began ended, and the session ended once."""
    of_session = [record for record in everything if not isinstance(record, PlanReceipt)]
    keys = Counter(records.key(record) for record in of_session)
    assert [key for key, times in keys.items() if times > 1] == []
    assert counted <= set(keys)
    begun_sets = {one.number for one in everything if isinstance(one, SetBegun)}
    assert begun_sets <= {one.number for one in everything if isinstance(one, SetDone)}
    starts, ends = (
        [one.session_id for one in everything if isinstance(one, kind)] for kind in (SessionStarted, SessionEnded)
    )
    assert starts == ends


# ---- what is asked, and what is offered ----


def test_the_first_thing_is_the_question_how_the_patient_is():
    run = begun()
    run.do_set()
    back = AfterTheCut(run.saved())
    screen = view(back.state, Live(), StationInfo())
    assert isinstance(screen, AskingView)
    assert screen.header.title == "We stopped. How are you?"
    assert [one.name for one in back.state.asking.questions] == ["back", "leg", "weaker"]
    assert "leave_open" not in [button.id for button in screen.buttons]
    back.wait(1500)
    assert back.screen is Screen.ASKING


def test_then_the_patient_decides_and_goes_on_at_the_same_set():
    run = begun()
    run.do_set()
    back = answer(AfterTheCut(run.saved()))
    screen = view(back.state, Live(), StationInfo())
    assert isinstance(screen, ResumeView)
    assert screen.lines == ("1 set is done and kept.", "Next: Goblet squat, set 2 of 2")
    back.press()
    assert (back.screen, back.state.planned.exercise, back.state.set_of_exercise) == (Screen.READY, "goblet_squat", 2)
    assert back.saved("symptoms")[0].moment is Moment.RESUMED


def test_enough_for_today_ends_it():
    run = begun()
    run.do_set()
    back = answer(AfterTheCut(run.saved()))
    back.press(Action.STOP)
    (end,) = back.saved("session_end")
    assert (end.sets_done, end.sets_planned, end.stop_reason) == (1, 4, StopReason.OTHER)


@pytest.mark.parametrize("said", [{"weaker": 1}, {"back": 9}, {"leg": 7}])
def test_a_red_answer_or_new_weakness_ends_it(said):
    run = begun()
    run.do_set()
    back = answer(AfterTheCut(run.saved()), **said)
    assert (back.screen, back.state.open) == (Screen.TOLD, False)
    assert len(back.saved("session_end")) == 1


def test_a_set_that_was_cut_off_keeps_its_repetitions_and_is_offered_again():
    run = begun()
    run.do_set()
    run.press()
    run.press()
    run.do_reps(2)
    back = AfterTheCut(run.saved())
    (cut,) = back.saved("set")
    assert (cut.number, cut.reps_counted, cut.stop_reason, cut.doubts) == (2, 2, StopReason.TECHNICAL, ("cut_off",))
    assert (cut.exercise, cut.row, cut.reps_planned, cut.set_of_exercise) == ("goblet_squat", "goblet_squat", 3, 2)
    answer(back).press()
    assert back.state.set_of_exercise == 2
    back.do_set()
    assert [(r.number, r.set_of_exercise) for r in back.saved("set")] == [(2, 2), (3, 2)]
    to_the_end(back)
    (end,) = back.saved("session_end")
    assert (end.sets_done, end.sets_planned, end.stop_reason) == (4, 4, StopReason.TARGET)


@pytest.mark.parametrize(("version", "reps"), [(1, 5), (2, 3)])
def test_after_a_cut_the_dose_is_that_of_the_sets_before_it_unless_the_plan_is_another(version, reps):
    run = begun()
    run.press()
    run.do_reps(2)
    past = [replace(one, reps_planned=5) if isinstance(one, SetBegun) else one for one in run.saved()]
    back = AfterTheCut(past, the_plan=plan(*ROWS, version=version))
    assert [line.reps for line in back.state.routine.lines] == [reps, 3, 2]


def test_a_cut_set_is_no_proof_of_anything():
    run = begun()
    run.press()
    run.do_reps(2)
    back = AfterTheCut(run.saved())
    (fact,) = fold(back.everything()).sessions[0].sets
    assert (fact.reps_verified, fact.trusted) == (2, False)


# ---- when it is not offered ----


@pytest.mark.parametrize(
    ("gone_h", "sure", "offered"),
    [(0.1, True, True), (7.0, True, True), (17.0, True, False), (100.0, True, False), (100.0, False, True)],
)
def test_it_is_offered_on_the_same_day_or_soon_after_as_far_as_the_clock_is_known(gone_h, sure, offered):
    run = begun()
    run.do_set()
    back = AfterTheCut(run.saved(), gone_h * 3600, sure)
    assert (back.screen is Screen.ASKING) is offered
    assert len(back.saved("session_end")) == (0 if offered else 1)


def test_an_old_session_ends_when_it_was_last_heard_of():
    run = begun()
    run.press()
    run.do_reps(2)
    back = AfterTheCut(run.saved(), 3 * 86_400.0)
    (end,) = back.saved("session_end")
    assert (end.ended_at, end.stop_reason, end.sets_done) == (
        pytest.approx(WALL + 12.0, abs=0.2),
        StopReason.TECHNICAL,
        1,
    )
    assert back.saved("set")[0].reps_counted == 2
    assert back.screen is Screen.AGENDA


def test_only_the_newest_of_several_is_offered():
    older = SessionStarted("session-0000", "p-0001-aaaa", 1, WALL - 600, DAY)
    run = begun()
    run.do_set()
    back = AfterTheCut([older, *run.saved()])
    assert [end.session_id for end in back.saved("session_end")] == ["session-0000"]
    assert back.state.session_id == SESSION


def test_a_session_in_which_nothing_was_begun_starts_anew_with_all_its_questions():
    back = AfterTheCut(begun().saved())
    assert (back.screen, len(back.saved("session_end"))) == (Screen.AGENDA, 1)


def test_a_session_that_ended_is_left_alone():
    run = to_the_end(begun())
    back = AfterTheCut(run.saved())
    assert (back.screen, back.saved("session_end"), back.saved("set")) == (Screen.AGENDA, [], [])


def test_behind_a_lock_nothing_goes_on():
    run = begun()
    run.press()
    lock = Locked("lock-00001", "p-0001-aaaa", Severity.SEE_CLINICIAN, (str(Form.SHORT),), WALL)
    back = AfterTheCut(run.saved(), lock=lock)
    assert (back.screen, len(back.saved("session_end"))) == (Screen.LOCKED, 1)


def test_somebody_elses_session_is_not_taken_over():
    run = begun()
    run.do_set()
    stranger = records.SessionStarted(SESSION, "p-0002-bbbb", 1, WALL, DAY)
    back = AfterTheCut([stranger, *run.saved()[2:]])
    assert (back.screen, len(back.saved("session_end"))) == (Screen.AGENDA, 1)


def test_left_at_the_question_it_ends_by_itself():
    run = begun()
    run.do_set()
    back = AfterTheCut(run.saved())
    back.wait(1900)
    assert (back.screen, len(back.saved("session_end"))) == (Screen.AGENDA, 1)


# ---- what stays ----


def test_the_sessions_own_time_goes_on_as_the_clock_knows_it():
    run = begun()
    run.do_set()
    back = answer(AfterTheCut(run.saved(), 600.0))
    back.press()
    back.press()
    (again,) = back.saved("set_begun")
    assert again.started_s == pytest.approx(1600.0)
    blind = answer(AfterTheCut(run.saved(), 600.0, sure=False))
    blind.press()
    blind.press()
    assert blind.saved("set_begun")[0].started_s == pytest.approx(run.saved("set")[0].ended_s)


def test_what_was_swapped_and_left_out_stays_so():
    run = begun()
    for choice in ("swap:chair_squat", "fewer_sets"):
        run.press(Action.CHANGE)
        run.press(Action.CHOOSE, choice)
        run.press()
    run.press()
    run.do_reps(1)
    back = answer(AfterTheCut(run.saved()))
    back.press()
    assert (back.state.planned.exercise, back.state.planned.instead_of) == ("chair_squat", "goblet_squat")
    assert (back.state.set_of_exercise, back.state.sets_today, back.state.planned.load_kg) == (1, 1, None)


def test_what_was_put_right_stays_so():
    run = begun()
    run.do_set()
    for action in (Action.FIX, Action.FEWER, Action.MAIN):
        run.press(action)
    back = AfterTheCut(run.saved())
    assert len(back.state.done[0].counted) == 2


def test_what_was_said_of_symptoms_is_still_known():
    run = begun()
    run.do_set()
    back = AfterTheCut(run.saved())
    assert [one.moment for one in back.state.told] == [Moment.START]


# ---- at any point ----

PRESSES = ("main", "main", "main", "stop", "more_pain", "effort", "fix", "fewer", "more", "change", "choose")
DEEDS = st.lists(st.sampled_from(("rep",) * 6 + PRESSES), min_size=5, max_size=60)


def happen(run, deed):
    """Press what a patient might press there, whether it fits or not."""
    match deed:
        case "rep":
            run.do_reps(1)
        case "more_pain":
            run.press(Action.PAIN_CHANGE, 1)
        case "effort":
            run.press(Action.EFFORT, 5)
        case "choose":
            run.press(Action.CHOOSE, "fewer_sets")
        case "change" | "fix" | "fewer" | "more" | "stop" | "main":
            run.press(Action(deed))
    if run.screen is Screen.STOPPED:
        run.press(Action.REASON, "tired")


@settings(max_examples=400 if os.environ.get("STEADYRIG_LONG") else 150)
@given(before=DEEDS, between=DEEDS, first=st.integers(0, 60), second=st.integers(0, 60))
def test_cut_at_any_point_twice_nothing_is_lost_and_nothing_is_doubled(before, between, first, second):
    run = begun()
    for deed in before:
        happen(run, deed)
    left = run.saved()[: 1 + first]
    back = AfterTheCut(left)
    answer(back)
    for deed in between:
        happen(back, deed)
    left_again = back.everything()[: len(left) + second]
    counted = {records.key(one) for one in left_again if isinstance(one, RepCounted)}
    again = to_the_end(AfterTheCut(left_again, 120.0))
    check(again.everything(), counted)


def test_the_engine_itself_carries_on_after_the_answers():
    run = begun()
    run.do_set()
    back = AfterTheCut(run.saved())
    for said in (2, 1, 0):
        back.station.press(Pressed(back.t_s, Action.ANSWER, said))
        back.station.press(Pressed(back.t_s, Action.MAIN))
    assert back.station.state.screen is Screen.RESUME
    back.station.press(Pressed(back.t_s, Action.MAIN))
    back.station.press(Pressed(back.t_s, Action.MAIN))
    assert back.station.state.screen is Screen.SET
    back.station.switch_off(back.t_s + 1.0)
    check(back.everything(), {records.key(one) for one in run.saved("rep")})
