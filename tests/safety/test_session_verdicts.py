"""The rule table in a session: what it says to answers, and that nothing unanswered is milder."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from display.shapes import ToldView
from display.station_info import StationInfo
from display.view.by_screen import view
from edge.history.facts import History, SessionFact, SetFact
from edge.live import Live
from edge.model import StopReason
from edge.prescription.limits import Limits
from edge.prescription.plan import Prescription
from edge.prescription.row import one_dose
from edge.records import FlagsAnswered, Form, Locked, Moment, SessionEnded, SymptomsTold
from edge.safety.table import table
from edge.session import Action, PlanArrived, Pressed, Save, Screen, SessionState, Started, Tick, advance
from edge.session.asking import about_flags, about_symptoms
from edge.tempo import parse_tempo

TODAY = "session-of-today"
MORNING = 1_790_000_000.0
DAY = "2026-09-21"
LEVEL = {"back": 2, "leg": 2, "distal": 0, "weaker": 0, "tolerable": 1}


def plan(**limits):
    row = one_dose(1, "sit_to_stand", 3, 5, parse_tempo("normal"), None, 20.0)
    return Prescription(
        1, "patient-0001", "station-0001", "Ana", "2026-09-01T08:00:00Z", (row,), limits=Limits(limits)
    )  # fmt: skip


class Visit:
    """A patient in front of the station, with questions before and after."""

    def __init__(self, history=None, day=DAY, of=None):
        self.state, self.saved, self.t_s = SessionState(usable={"thigh": True}), [], 0.0
        self.tell(PlanArrived(0.0, of or plan(), MORNING))
        questions = about_symptoms(Moment.START, TODAY)
        self.tell(Started(0.0, TODAY, MORNING, questions, day=day, history=history or History()))

    def tell(self, event):
        self.state, effects = advance(self.state, event)
        self.saved += [effect.record for effect in effects if isinstance(effect, Save)]

    def press(self, action, value=None):
        self.t_s += 1.0
        self.tell(Pressed(self.t_s, action, value))
        return self

    def answer(self, **answers):
        """Answer all that is asked now: as given, else as on a quiet day; None is left open."""
        asked = self.state.asking.question
        group = asked.group
        while self.state.screen is Screen.ASKING and (asked := self.state.asking.question) and asked.group == group:
            value = answers.get(asked.name, LEVEL.get(asked.name, 0))
            if value is not None:
                self.press(Action.ANSWER, value)
            self.press(Action.MAIN if value is not None else Action.SKIP)
        return self

    def do_set(self, reason=StopReason.TIRED, pain_change=None):
        self.press(Action.MAIN).press(Action.STOP).press(Action.REASON, reason.value)
        if pain_change is not None:
            self.press(Action.PAIN_CHANGE, pain_change)
        return self

    def of_kind(self, kind):
        return [record for record in self.saved if isinstance(record, kind)]

    @property
    def says(self):
        assert self.state.screen is Screen.TOLD
        shown = view(self.state, Live(), StationInfo())
        assert isinstance(shown, ToldView)
        return " ".join(shown.lines)


def test_a_quiet_check_in_leads_to_the_first_set():
    visit = Visit().answer()
    assert visit.state.screen is Screen.READY
    assert visit.state.guard.verdicts[-1].may_go_up


def test_strong_pain_at_the_start_ends_the_session_before_any_load_and_asks_for_warning_signs():
    visit = Visit().answer(back=7)
    assert visit.says == table().rules["pain_red"].screen
    (ended,) = visit.of_kind(SessionEnded)
    assert (ended.stop_reason, ended.sets_done) == (StopReason.PAIN, 0)
    visit.press(Action.MAIN)
    assert visit.state.asking.question.group is Form.FULL


def test_pain_above_the_ceiling_trains_on_and_nothing_goes_up():
    visit = Visit().answer(back=6)
    assert visit.says == table().rules["pain_amber"].screen
    visit.press(Action.MAIN)
    assert visit.state.screen is Screen.READY
    assert not visit.state.guard.verdict_on("sit_to_stand", Limits()).may_go_up


def test_the_clinicians_limit_decides_and_not_the_default():
    assert Visit().answer(back=4).state.screen is Screen.READY
    assert Visit(of=plan(pain_ceiling=3)).answer(back=4).says == table().rules["pain_amber"].screen


def test_what_is_left_open_is_asked_again_and_no_set_begins_before_it():
    visit = Visit().answer(leg=None)
    assert visit.says == table().rules["symptoms_unanswered"].screen
    for action in (Action.SKIP, Action.BACK, Action.UNCOUNTED):
        visit.press(action)
    assert visit.state.screen is Screen.TOLD
    visit.press(Action.MAIN)
    assert [one.name for one in visit.state.asking.questions] == ["leg"]
    visit.answer(leg=8)
    assert visit.says == table().rules["pain_red"].screen


def test_who_stops_instead_of_answering_ends_the_session_and_keeps_what_was_said():
    visit = Visit().answer(leg=None).press(Action.STOP)
    assert visit.state.screen is Screen.SUMMARY
    (told,) = visit.of_kind(SymptomsTold)
    assert (told.back, told.leg) == (2, None)


def test_a_steep_rise_after_a_set_ends_the_session():
    visit = Visit().answer().do_set(pain_change=1)
    visit.answer(leg=6)
    assert visit.says == table().rules["pain_rise_red"].screen
    assert visit.of_kind(SessionEnded)[0].stop_reason is StopReason.PAIN


def test_a_small_rise_after_a_set_goes_on_and_is_kept():
    visit = Visit().answer().do_set(pain_change=1)
    visit.answer(leg=5)
    assert visit.says == table().rules["pain_rise_amber"].screen
    visit.press(Action.MAIN)
    assert visit.state.screen is Screen.REST
    assert "pain_more" in visit.state.guard.verdict_on("sit_to_stand", Limits()).keys


def test_the_same_after_a_set_leaves_the_way_up_open_and_no_answer_closes_it():
    same, open_ = (Visit().answer().do_set(pain_change=change) for change in (0, None))
    assert same.state.guard.verdict_on("sit_to_stand", Limits()).may_go_up
    assert open_.state.guard.verdict_on("sit_to_stand", Limits()).keys == ("set_unanswered",)


def test_more_pain_in_two_sets_asks_for_a_little_less_and_the_rest_says_so():
    visit = Visit().answer()
    for _ in range(2):
        visit.do_set(pain_change=1).answer(back=2, leg=3)
        if visit.state.screen is Screen.TOLD:
            visit.press(Action.MAIN)
        rest = view(visit.state, Live(), StationInfo())
        visit.tell(Tick(visit.t_s + 60.0))
    assert visit.state.guard.verdict_on("sit_to_stand", Limits()).goes_down
    assert table().rules["pain_more"].screen in rest.result or table().rules["pain_repeats"].screen in rest.result


@pytest.mark.parametrize("where", ["after a set", "at the end"])
def test_new_weakness_stops_and_asks_for_warning_signs_at_once_and_a_yes_locks(where):
    visit = Visit().answer()
    if where == "after a set":
        visit.do_set(pain_change=1)
    else:
        visit.do_set().press(Action.STOP)
    visit.answer(weaker=1)
    assert visit.says == table().rules["weaker"].screen
    visit.press(Action.MAIN)
    assert visit.state.asking.question.group is Form.FULL
    visit.press(Action.ANSWER, 1).press(Action.MAIN)
    assert visit.state.screen is Screen.LOCKED
    kinds = [type(record) for record in visit.saved]
    assert kinds.index(Locked) < kinds.index(FlagsAnswered)
    assert kinds.count(SessionEnded) == 1


def test_no_to_every_warning_sign_leads_to_the_summary_and_no_further_set():
    visit = Visit().answer().do_set(pain_change=1)
    visit.answer(weaker=1).press(Action.MAIN).answer()
    (asked,) = visit.of_kind(FlagsAnswered)
    assert (asked.form, asked.yes) == (Form.FULL, ())
    assert visit.state.screen is Screen.SUMMARY


def test_warning_signs_that_were_asked_today_are_asked_again_under_another_name():
    visit = Visit()
    visit.tell(Tick(1.0))
    state = SessionState(usable={"thigh": True})
    visit.state = state
    visit.tell(PlanArrived(2.0, plan(), MORNING))
    questions = (*about_flags(Form.FULL, ("saddle_numb",), TODAY), *about_symptoms(Moment.START, TODAY))
    visit.tell(Started(2.0, TODAY, MORNING, questions, day=DAY))
    visit.answer().answer(back=9).press(Action.MAIN).answer()
    first, second = visit.of_kind(FlagsAnswered)
    assert first.asked_id != second.asked_id


def test_not_bearable_at_the_end_is_said_even_where_every_score_is_low():
    visit = Visit().answer().do_set().press(Action.STOP)
    visit.answer(back=0, leg=0, tolerable=0)
    assert visit.says == table().rules["not_bearable"].screen


def session(day, leg, sets=1):
    told = SymptomsTold(f"session-{day}", Moment.START, MORNING, back=1, leg=leg)
    done = SetFact("sit_to_stand", "sit_to_stand", 1, 5, 5, StopReason.TARGET, True)
    at = MORNING - (21 - day) * 86_400.0
    return SessionFact(f"session-{day}", date(2026, 9, day), at, True, 1, (done,) * sets, {Moment.START: told})


def test_leg_pain_that_grows_from_session_to_session_is_asked_about_within_the_visit():
    visit = Visit(History(sessions=(session(19, 1), session(20, 2)))).answer(leg=3)
    assert visit.says == table().rules["leg_trend"].screen
    visit.press(Action.MAIN)
    assert visit.state.asking.question.group is Form.FULL
    visit.answer()
    assert visit.state.screen is Screen.READY
    assert not visit.state.guard.verdict_on("sit_to_stand", Limits()).may_go_up


def test_a_next_day_that_nobody_answered_holds():
    visit = Visit(History(sessions=(session(20, 2),))).answer()
    assert not visit.state.guard.verdicts[-1].may_go_up
    assert "later_unanswered" in visit.state.guard.verdicts[-1].keys


def test_a_session_cut_off_is_measured_from_its_start_where_that_is_known():
    visit = Visit()
    visit.answer(back=1)
    visit.state = visit.state.asked(about_symptoms(Moment.RESUMED, TODAY), Screen.READY)
    visit.answer(back=5)
    assert visit.says == table().rules["pain_rise_red"].screen


SCORES = st.one_of(st.none(), st.integers(0, 10))


def severity(state):
    """3 for a session that ended or waits, 2 for one that holds, 0 for one that may go up."""
    if state.screen is Screen.SUMMARY or (state.screen is Screen.TOLD and state.guard.telling.over):
        return 3
    if state.screen is Screen.TOLD and state.guard.telling.rule == "symptoms_unanswered":
        return 3
    return 0 if state.guard.verdict_on("sit_to_stand", Limits()).may_go_up else 2


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 10), st.integers(0, 10), st.sampled_from((-1, 0, 1)), st.sampled_from(("back", "leg", "distal"))
)
def test_leaving_a_question_open_is_never_milder_than_any_answer(back, leg, distal, missing):
    answers = {"back": back, "leg": leg, "distal": distal}
    told = Visit().answer(**answers)
    open_ = Visit().answer(**{**answers, missing: None})
    if missing == "distal" and leg == 0:
        return  # it is not asked
    assert severity(open_.state) >= severity(told.state)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10), st.integers(0, 10), st.integers(1, 4), st.sampled_from(("back", "leg")))
def test_more_pain_at_the_start_is_never_milder(back, leg, more, part):
    less = {"back": back, "leg": leg}
    worse = {**less, part: min(less[part] + more, 10)}
    assert severity(Visit().answer(**worse).state) >= severity(Visit().answer(**less).state)
