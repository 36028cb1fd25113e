"""The coach in a session: what is decided before the first set, what is eased between sets, what stays."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge import records
from edge.coach.dose import first_dose, read_dose
from edge.coach.dosed import dosed
from edge.coach.effort import Effort
from edge.coach.guess import Guess
from edge.coach.rule_file import shipped
from edge.coach.terms import terms_of
from edge.history.fold import Fold
from edge.library import Kit, exercise
from edge.model import Origin, Phase, PhaseSpan, Rep, StopReason
from edge.prescription.plan import CoachMode, Prescription
from edge.prescription.row import Role, Row, Span
from edge.records import (
    Decided,
    Locked,
    Moment,
    Nudged,
    PlanReceipt,
    Reached,
    SessionStarted,
    SetDone,
    Severity,
    Standing,
    SymptomsTold,
    key,
)
from edge.session import (
    Action,
    Bells,
    BellsChanged,
    Consult,
    Consulted,
    Counted,
    DueChanged,
    LookBack,
    OpenSession,
    PlanArrived,
    Pressed,
    Recognised,
    Save,
    Screen,
    SensorChanged,
    SessionState,
    Started,
    advance,
)
from edge.session.advised import nudge_changed
from edge.session.coaching import advise
from edge.session.events import NudgeChanged
from edge.session.looking_back import look_back
from edge.session.opening import Now, check_in
from edge.session.reminding import remind
from edge.station import Station
from edge.tempo import parse_tempo

FIRST = datetime(2026, 9, 1, 9, tzinfo=UTC)
BELLS = tuple(0.5 * k for k in range(8, 48))
SQUAT = Row(
    "squat", "goblet_squat", 1, sets=Span.of(3), reps=Span(8, 12), rpe=(Span.of(7),) * 3, tempo=parse_tempo("3.1.0"),
    load_kg=(8.0, 16.0), rest_s=20,
)  # fmt: skip
PLAN = Prescription(
    1, "patient-0001", "station-0001", "Ana", "2026-09-01T08:00:00Z", (SQUAT,), coach=CoachMode.APPLY,
    kit={Kit.KETTLEBELL: BELLS, Kit.CHAIR: ()},
)  # fmt: skip


class Clinic:
    """A patient over days: sessions driven by hand through the pure session, with the engine's answers."""

    def __init__(self, plan=PLAN):
        self.fold, self.saved, self.wall = Fold(UTC), [], FIRST.timestamp()
        self.state, self.t_s, self.number = SessionState(), 0.0, 0
        self.plan = plan
        self.tell(PlanArrived(0.0, plan, self.wall, self.now().due(plan)))
        for place in ("thigh", "band"):
            self.tell(SensorChanged(0.0, place, True))

    def now(self):
        return Now(self.wall, UTC, True, self.fold.history())

    def tell(self, event):
        self.state, effects = advance(self.state, event)
        for effect in effects:
            match effect:
                case Save(record):
                    self.fold.take(record)
                    self.saved.append(record)
                case OpenSession():
                    self.number += 1
                    name = f"session-{self.number:04d}"
                    now = self.now()
                    self.tell(Started(self.t_s, name, self.wall, check_in(now, name), now.day))
                case Consult():
                    advice = advise(self.state.plan, self.state.due, self.now(), self.state.session_id)
                    self.tell(Consulted(self.t_s, self.state.session_id, advice))
                case LookBack():
                    said, found = look_back(self.plan, self.state.due, self.now(), self.state.session_id)
                    self.tell(Recognised(self.t_s, self.state.session_id, found, said))

    def wait(self, seconds):
        self.t_s += seconds
        self.wall += seconds

    def press(self, action, value=None):
        self.wait(1)
        self.tell(Pressed(self.t_s, action, value))

    def open(self, pain=1, distal=0):
        """Begin a session and answer all that is asked before it."""
        self.tell(DueChanged(self.t_s, self.plan.version, self.now().due(self.plan)))
        self.press(Action.MAIN)
        self.answer(pain, distal)

    def answer(self, pain, distal=0):
        while self.state.screen in (Screen.ASKING, Screen.TOLD):
            question = self.state.asking.question
            if self.state.screen is Screen.TOLD or question is None:
                self.press(Action.MAIN)
                continue
            value = {"back": pain, "leg": 0, "distal": distal, "tolerable": 1}.get(question.name, 0)
            self.press(Action.ANSWER, value)
            self.press(Action.MAIN)

    def do_set(self, effort=5, pain_change=0, reps=None, bell=None):
        """Do the set that is due with the bell that is asked for, and answer."""
        band = self.state.planned.load_kg
        kg = bell if bell is not None else band[0] if band else None
        if kg is not None:
            self.tell(BellsChanged(self.t_s, Bells(tuple(sorted({*BELLS, kg})), unseen=None).left(kg)))
        asked = self.state.planned.reps if reps is None else reps
        self.press(Action.MAIN)
        assert self.state.screen is Screen.SET
        for _ in range(asked):
            self.wait(6)
            self.tell(Counted(self.t_s, squat(self.t_s - 5.1)))
        if self.state.screen is Screen.SET:
            self.press(Action.STOP)
            self.press(Action.REASON, "tired")
        if effort is not None:
            self.press(Action.EFFORT, effort)
        if pain_change is not None:
            self.press(Action.PAIN_CHANGE, pain_change)

    def go_on(self):
        self.press(Action.MAIN)

    def session(self, pain=1, worst=1, days=1, **answers):
        """A whole session, and then some days."""
        self.open(pain)
        while self.state.open:
            self.do_set(**answers)
            self.answer(worst)
            self.go_on() if self.state.open else None
            self.answer(worst)
        self.press(Action.MAIN)
        self.wait(days * 86_400)

    def decided(self):
        return [one for one in self.saved if isinstance(one, Decided)]

    def sets(self):
        return [one for one in self.saved if isinstance(one, SetDone)]


def squat(start_s):
    spans = (
        PhaseSpan(Phase.ECCENTRIC, start_s, start_s + 3),
        PhaseSpan(Phase.BOTTOM, start_s + 3, start_s + 4),
        PhaseSpan(Phase.CONCENTRIC, start_s + 4, start_s + 5),
    )
    return Rep(1, start_s, start_s + 5, spans, 85.0, "deg", None, None, 0.9)


def with_mode(mode):
    return Clinic(replace(PLAN, coach=mode))


def test_good_days_bring_more_repetitions_and_the_screen_says_why():
    clinic = Clinic()
    for _ in range(2):
        clinic.session()
    clinic.open()
    step = next(one for one in clinic.decided() if one.before != one.after)
    assert (step.rule, step.standing, step.before["reps"]) == ("reps_up", Standing.APPLIED, 8)
    assert clinic.state.planned.reps > 8
    assert "good days" in clinic.state.whys["squat"]


def test_every_decision_is_written_once_with_what_it_looked_at():
    clinic = Clinic()
    for _ in range(14):
        clinic.session()
    ids = [one.decision_id for one in clinic.decided()]
    assert len(ids) == len(set(ids)) > 1
    assert all(one.inputs["plan_version"] == 1 and one.told and one.sentence for one in clinic.decided())


def test_the_clinics_rules_decide_and_every_decision_names_them():
    clinic = Clinic()
    for _ in range(2):
        clinic.session()
    clinic.open()
    mine = replace(shipped(), version="clinic-7")
    before = clinic.wall
    past = replace(clinic.now().history, decisions=())
    now = Now(before, UTC, True, past)
    for rules, version in ((None, shipped().version), (mine, "clinic-7")):
        made = advise(clinic.state.plan, clinic.state.due, now, clinic.state.session_id, rules).decided
        assert made
        assert {one.rules_version for one in made} == {version}


def test_a_session_that_was_left_and_begun_again_decides_nothing_twice():
    clinic = Clinic()
    clinic.session()
    clinic.session(worst=4)
    clinic.open()
    dose, made = clinic.state.planned, [one.rule for one in clinic.decided()]
    assert made, "else nothing is shown"
    clinic.press(Action.STOP)
    clinic.press(Action.MAIN)
    assert clinic.state.screen is Screen.AGENDA
    clinic.open()
    assert clinic.state.screen is Screen.READY
    assert [one.rule for one in clinic.decided()] == made
    assert clinic.state.planned == dose


def test_a_band_keeps_the_width_of_the_plans_band_and_its_upper_end():
    row = replace(SQUAT, name="row", exercise="band_row", load_kg=(10.0, 14.0))
    plan = replace(PLAN, rows=(row,), kit={Kit.BAND: (), Kit.CHAIR: ()})
    today = Clinic(plan).now().due(plan)
    terms = terms_of(plan, today, clock_trusted=True)
    for kg, band in ((9.0, (9.0, 13.0)), (11.0, (11.0, 14.0)), (10.0, (10.0, 14.0))):
        dose = replace(first_dose(row), load_kg=kg, reps=9)
        (line,) = dosed(today.routine, plan, terms, {"row": dose}).lines
        assert (line.load_kg, line.reps) == (band, 9)


@pytest.mark.parametrize("mode", [CoachMode.OFF, CoachMode.SHADOW])
def test_a_shadow_and_a_coach_that_is_off_change_nothing(mode):
    """HZ-14 at session level: what was asked for in every set is the plan's, whatever was decided."""
    clinic, plain = with_mode(mode), with_mode(CoachMode.OFF)
    for one in (clinic, plain):
        for answers in ({}, {}, {}, {"effort": 10}, {"worst": 8}, {"pain_change": 1, "effort": None}, {}):
            one.session(**answers)
    assert [one for one in clinic.saved if not isinstance(one, Decided)] == [
        one for one in plain.saved if not isinstance(one, Decided)
    ]
    assert {one.standing for one in clinic.decided()} == (set() if mode is CoachMode.OFF else {Standing.SHADOW})
    assert {one.reps_planned for one in clinic.sets()} == {8}


def test_a_proposal_waits_for_the_clinician_and_changes_nothing_meanwhile():
    clinic = with_mode(CoachMode.PROPOSE)
    for _ in range(6):
        clinic.session()
    steps = [one for one in clinic.decided() if one.before != one.after]
    assert {one.standing for one in steps} == {Standing.PROPOSED}
    assert len(steps) == 1, "one waits: a second one is not asked for"
    assert {one.reps_planned for one in clinic.sets()} == {8}
    assert clinic.state.whys == {}


def test_a_session_that_was_too_much_is_answered_with_less_and_said_so():
    clinic = with_mode(CoachMode.PROPOSE)
    clinic.session()
    clinic.session(worst=8, pain_change=1, days=2)
    clinic.open(pain=1)
    eased = [one for one in clinic.decided() if one.standing is Standing.APPLIED and "only_in" not in one.after][-1]
    assert (eased.rule, clinic.state.planned.range_share) == ("spike", eased.after["range_share"])
    assert clinic.state.planned.range_share < 1
    assert clinic.state.whys["squat"].startswith("Easier today.")


def test_a_hard_set_makes_the_next_one_lighter_and_only_for_today():
    clinic = Clinic()
    clinic.open()
    clinic.do_set(effort=10)
    clinic.go_on()
    (advice,) = [one for one in clinic.decided() if "only_in" in one.after]
    assert advice.rule == "set_effort"
    assert clinic.state.planned.load_kg == (7.0, 7.0)
    while not clinic.state.finished:
        clinic.do_set()
        clinic.go_on() if not clinic.state.finished else None
    clinic.go_on()
    clinic.answer(1)
    clinic.press(Action.MAIN)
    clinic.wait(86_400)
    clinic.open()
    assert clinic.state.planned.load_kg == SQUAT.load_kg


def test_after_an_easy_set_the_next_one_is_not_heavier():
    clinic = Clinic()
    clinic.open()
    before = clinic.state.planned
    clinic.do_set(effort=1)
    clinic.go_on()
    assert clinic.state.planned == before


def test_advice_may_end_the_line_and_then_the_session():
    clinic = Clinic(replace(PLAN, rows=(replace(SQUAT, sets=Span.of(2), rpe=(), load_kg=None),)))
    clinic.open()
    clinic.do_set(reps=3)
    clinic.go_on()
    assert clinic.state.finished
    assert (clinic.state.screen, clinic.state.rest_ends_s) == (Screen.REST, None)


def test_no_answer_and_no_set_raise_anything():
    clinic = Clinic()
    for _ in range(6):
        clinic.session(effort=None, pain_change=None)
    assert {one.reps_planned for one in clinic.sets()} == {8}
    assert not [one for one in clinic.decided() if one.before != one.after and one.rule != "set_guess"]


def test_a_new_plan_version_wins_over_what_was_decided():
    clinic = Clinic()
    for _ in range(4):
        clinic.session()
    clinic.plan = replace(PLAN, version=2)
    clinic.tell(PlanArrived(clinic.t_s, clinic.plan, clinic.wall, clinic.now().due(clinic.plan)))
    clinic.open()
    assert clinic.state.planned.reps == first_dose(SQUAT).reps


def test_a_weighed_exercise_in_anothers_place_begins_with_the_lightest_bell():
    today = Clinic().now().due(PLAN)
    terms = terms_of(PLAN, today, clock_trusted=True)
    dose = replace(first_dose(SQUAT), exercise="goblet_box_squat", load_kg=12.0)
    (line,) = dosed(today.routine, PLAN, terms, {"squat": dose}).lines
    assert (line.exercise, line.load_kg, line.instead_of) == ("goblet_box_squat", (4.0, 4.0), "goblet_squat")


def test_what_stands_in_for_an_exercise_has_not_its_load():
    made = replace(PLAN, rows=(replace(SQUAT, load_kg=(8.0, 8.0)),), coach=CoachMode.PROPOSE)
    clinic = Clinic(made)
    for _ in range(4):
        clinic.session(worst=8, pain_change=1, days=2)
    line = clinic.now().due(made).routine.lines[0]
    clinic.open()
    if clinic.state.planned.exercise != line.exercise:
        assert clinic.state.planned.load_kg is None
        assert clinic.state.planned.exercise in exercise(line.exercise).easier


# ---- back-off sets ------------------------------------------------------------------------------------------

TOP = replace(SQUAT, name="top", sets=Span.of(1), rpe=(Span.of(8),), load_kg=(12.0, 20.0))
BACK = replace(
    TOP, name="back", sets=Span.of(2), rpe=(), load_kg=None, role=Role.BACK_OFF, load_drop_pct=(10.0, 15.0)
)  # fmt: skip


@pytest.mark.parametrize("mode", list(CoachMode))
def test_back_off_sets_are_lighter_than_the_top_set_that_was_done(mode):
    clinic = Clinic(replace(PLAN, rows=(TOP, BACK), coach=mode))
    clinic.open()
    clinic.do_set(bell=20.0)
    clinic.go_on()
    assert clinic.state.planned.row == "back"
    assert clinic.state.planned.load_kg == (18.0, 18.0)


def test_without_a_top_set_that_was_weighed_the_plans_lighter_end_counts():
    clinic = Clinic(replace(PLAN, rows=(TOP, BACK)))
    clinic.open()
    clinic.tell(BellsChanged(clinic.t_s, Bells((), unseen=None)))
    clinic.press(Action.MAIN)
    for _ in range(8):
        clinic.wait(6)
        clinic.tell(Counted(clinic.t_s, squat(clinic.t_s - 5.1)))
    clinic.go_on()
    assert clinic.state.planned.load_kg == (10.5, 10.5)


# ---- what hangs on a set ------------------------------------------------------------------------------------


def test_a_set_says_its_tempo_its_effort_and_its_load():
    clinic = Clinic()
    clinic.open()
    clinic.do_set()
    (done,) = clinic.sets()
    assert (done.on_tempo, done.rpe_planned, done.load_used_kg, done.feedback) == (1.0, (7, 7), 8.0, True)


def test_feedback_fades_and_a_set_without_it_is_written_down():
    clinic = with_mode(CoachMode.OFF)
    for _ in range(10):
        clinic.session()
    fed = [one.feedback for one in clinic.sets()]
    assert all(fed[:9])
    assert False in fed[12:]
    share = sum(fed[-9:]) / 9
    assert 0.1 < share < 0.9


@pytest.mark.parametrize("mode", [CoachMode.PROPOSE, CoachMode.APPLY, CoachMode.SHADOW, CoachMode.OFF])
def test_a_guess_beside_the_patients_word_is_said_once_kept_for_the_clinician_and_changes_no_dose(mode, monkeypatch):
    clinic = with_mode(mode)
    clinic.open()
    dose = clinic.state.planned
    monkeypatch.setattr(Effort, "guess", lambda _self, one: Guess(8.2, 0.5, 20) if one.rpe == 6 else None)
    clinic.do_set(effort=6)
    clinic.go_on()
    kept = [one for one in clinic.decided() if one.rule == "set_felt_less"]
    assert [one.standing for one in kept] == {
        CoachMode.OFF: [], CoachMode.SHADOW: [Standing.SHADOW],
    }.get(mode, [Standing.APPLIED])  # fmt: skip
    assert all((read_dose(one.after), one.inputs["said"]) == (read_dose(one.before), 6) for one in kept)
    says = {"squat": "You said 6. Tempo says more like 8."}
    assert clinic.state.whys == (says if mode in (CoachMode.PROPOSE, CoachMode.APPLY) else {})
    assert clinic.state.planned == dose
    clinic.do_set(effort=5)
    clinic.go_on()
    assert clinic.state.whys == {}, "of the set that was just done"


def test_a_set_does_not_teach_what_is_guessed_of_it(monkeypatch):
    clinic, taught = with_mode(CoachMode.PROPOSE), []
    monkeypatch.setattr(Effort, "learned", lambda self, one: taught.append(one) or self)
    clinic.open()
    for number in range(2):
        clinic.do_set(effort=6)
        clinic.go_on()
        assert len([one for one in taught if one.rpe is not None]) == number
        taught.clear()


# ---- recognition and nudges -----------------------------------------------------------------------------------


def test_the_first_session_is_recognised_once_in_one_line():
    clinic = Clinic()
    clinic.open()
    while not clinic.state.finished:
        clinic.do_set()
        clinic.go_on() if not clinic.state.finished else None
    clinic.go_on()
    clinic.answer(1)
    assert clinic.state.screen is Screen.SUMMARY
    assert clinic.state.recognition == "Your first session is done."
    reached = [one.what for one in clinic.saved if isinstance(one, Reached)]
    assert "first_session" in reached
    assert len(reached) == len(set(reached))


def test_nothing_is_recognised_over_pain():
    clinic = Clinic()
    clinic.open(pain=1)
    clinic.do_set()
    clinic.press(Action.STOP)
    clinic.answer(9)
    assert (clinic.state.recognition, [one for one in clinic.saved if isinstance(one, Reached)]) == ("", [])


def nudge(clinic):
    return remind(clinic.plan, clinic.now().due(clinic.plan), clinic.now(), clinic.state.nudge)


def shown(clinic):
    found, questions = nudge(clinic)
    clinic.tell(NudgeChanged(clinic.t_s, found, clinic.wall, questions))
    return found


def test_the_day_after_the_agenda_asks_how_it_was_and_yes_leads_to_the_questions():
    clinic = Clinic()
    clinic.session()
    one = shown(clinic)
    assert one.what == "check_in_24h"
    clinic.press(Action.NUDGE)
    assert (clinic.state.screen, clinic.state.open) == (Screen.ASKING, False)
    clinic.answer(1)
    assert clinic.state.screen is Screen.AGENDA
    told = [record for record in clinic.saved if isinstance(record, Nudged)]
    assert [record.answered for record in told] == ["shown", "accepted"]
    assert Moment.NEXT_DAY in clinic.now().history.sessions[-1].symptoms


def test_a_nudge_is_written_down_once_however_long_it_stands():
    clinic = Clinic()
    clinic.session()
    for _ in range(3):
        shown(clinic)
        clinic.wait(60)
    assert [one.answered for one in clinic.saved if isinstance(one, Nudged)] == ["shown"]
    assert clinic.state.nudge is not None


def test_no_nudge_on_a_clock_that_nobody_trusts():
    clinic = Clinic()
    clinic.session()
    now = replace(clinic.now(), sure=False)
    assert remind(clinic.plan, now.due(clinic.plan), now, None) == (None, ())


def test_a_nudge_appears_on_no_other_screen_than_the_agenda():
    clinic = Clinic()
    clinic.session()
    found, questions = nudge(clinic)
    clinic.open()
    state, effects = nudge_changed(clinic.state, NudgeChanged(clinic.t_s, found, clinic.wall, questions))
    assert (state.nudge, effects) == (None, ())


# ---- HZ-14 ------------------------------------------------------------------------------------------------------

ANSWERS = st.fixed_dictionaries(
    {
        "effort": st.none() | st.integers(1, 10),
        "pain_change": st.none() | st.sampled_from([-1, 0, 1]),
        "pain": st.integers(0, 10),
        "worst": st.integers(0, 10),
        "days": st.sampled_from([1, 1, 2, 3, 8, 15]),
    }
)


@settings(max_examples=12, deadline=None)
@given(st.lists(ANSWERS, min_size=1, max_size=7), st.sampled_from([CoachMode.PROPOSE, CoachMode.APPLY]))
def test_nothing_that_is_asked_for_ever_passes_the_plan(days, mode):
    """HZ-14: whatever is answered, every line of every set stays within the clinician's row."""
    clinic = with_mode(mode)
    for one in days:
        clinic.open(one["pain"])
        for _ in range(9):
            if clinic.state.screen is not Screen.READY:
                break
            line = clinic.state.planned
            assert line.sets <= SQUAT.sets.high
            assert line.reps <= SQUAT.reps.high
            assert line.load_kg is None or line.load_kg[1] <= SQUAT.load_kg[1]
            assert line.range_share <= 1
            clinic.do_set(one["effort"], one["pain_change"])
            clinic.answer(one["worst"])
            clinic.go_on()
            clinic.answer(one["worst"])
        if clinic.state.screen is Screen.SUMMARY:
            clinic.press(Action.MAIN)
        clinic.wait(one["days"] * 86_400)
    held = [one for one in clinic.saved if isinstance(one, SetDone)]
    assert all(one.plan_version == 1 and one.stop_reason in StopReason for one in held)
    assert len([one for one in clinic.saved if isinstance(one, SessionStarted)]) == clinic.number
    assert date.fromisoformat(clinic.now().day) >= FIRST.date() + timedelta(days=0)


# ---- the station ------------------------------------------------------------------------------------------------


def test_the_station_itself_asks_the_coach_between_the_check_in_and_the_first_set():
    clinic, saved = Clinic(), []
    for _ in range(2):
        clinic.session()
    station = Station(
        {"thigh": "thigh"}, saved.extend, lambda _sound: None, lambda: clinic.wall, lambda: "session-new1",
        opening=check_in, zone=UTC,
    )  # fmt: skip
    station.take_past(tuple(clinic.saved))
    station.take_plan(PLAN)
    station.step(1.0, ())
    station.press(Pressed(1.0, Action.MAIN))
    assert station.state.screen is Screen.ASKING
    assert not [one for one in saved if isinstance(one, Decided)], "not before the answers are there"
    while station.state.screen is Screen.ASKING:
        name = station.state.asking.question.name
        station.press(Pressed(2.0, Action.ANSWER, {"back": 1, "tolerable": 1}.get(name, 0)))
        station.press(Pressed(2.0, Action.MAIN))
    (made,) = [one for one in saved if isinstance(one, Decided)]
    assert (made.rule, station.state.planned.reps) == ("reps_up", 9)
    kinds = [type(one) for one in saved]
    assert kinds.index(SymptomsTold) < kinds.index(Decided)


def test_the_station_shows_a_nudge_on_its_agenda_and_none_while_locked():
    clinic, saved = Clinic(), []
    clinic.session()
    station = Station(
        {"thigh": "thigh"}, saved.extend, lambda _sound: None, lambda: clinic.wall, lambda: "session-new1", zone=UTC
    )
    station.take_past(tuple(clinic.saved))
    station.take_plan(PLAN)
    station.step(1.0, ())
    assert station.state.nudge.what == "check_in_24h"
    station.take_lock(Locked("lock-0001", PLAN.patient_id, Severity.SEE_CLINICIAN, (), clinic.wall))
    for second in range(2, 200, 30):
        station.step(float(second), ())
    assert station.state.screen is Screen.LOCKED
    assert len([one for one in saved if isinstance(one, Nudged)]) == 1


def test_every_record_of_many_sessions_has_a_key_of_its_own():
    clinic = Clinic()
    for answers in ({}, {}, {}, {"effort": 10}, {"worst": 8, "pain_change": 1}, {"effort": None}, {}, {}):
        clinic.session(**answers)
    keys = [key(one) for one in clinic.saved if not isinstance(one, PlanReceipt)]
    assert len(keys) == len(set(keys))


MEASURES = ("chair_stand", "five_times", "walk_2min", "walk_10m", "function_1", "global_change", "odi", "rmdq")


@cache
def before_the_third():
    """Two good sessions, and a third whose check-in is over: the coach has something to decide."""
    clinic = Clinic()
    for _ in range(2):
        clinic.session()
    clinic.open()
    now = clinic.now()
    return clinic, replace(now, history=replace(now.history, decisions=()))


def ago(days):
    return before_the_third()[0].wall - days * 86_400


OUTCOMES = st.lists(
    st.builds(
        lambda what, days, value, origin, practice: records.Tested(
            f"test-{what.replace('_', '-')}-{days:03}", what, value, "", origin, practice, ago(days)
        ),
        st.sampled_from(MEASURES), st.integers(0, 60), st.floats(0, 400), st.sampled_from(Origin), st.booleans(),
    ),
    max_size=12,
)  # fmt: skip
ENTRIES = st.lists(
    st.builds(
        lambda what, days, minutes, effort: records.Logged(
            f"entry-{what.replace('_', '-')}-{days:03}", what,
            datetime.fromtimestamp(ago(days), UTC).date().isoformat(), minutes, ago(days), effort=effort,
        ),
        st.sampled_from(("walk", "outdoor_play", "goblet_squat")), st.integers(0, 60), st.none() | st.floats(0, 600),
        st.integers(0, 10),
    ),
    max_size=12,
)  # fmt: skip


@given(OUTCOMES, ENTRIES)
def test_no_outcome_test_and_no_logged_activity_ever_changes_a_dose(tests, logged):
    clinic, before = before_the_third()
    after = replace(before, history=replace(before.history, tests=tuple(tests), logged=tuple(logged)))
    due, session_id = clinic.state.due, clinic.state.session_id
    assert after.due(clinic.plan) == before.due(clinic.plan)
    advice = advise(clinic.plan, due, before, session_id)
    assert any(one.before != one.after for one in advice.decided)
    assert advise(clinic.plan, due, after, session_id) == advice
