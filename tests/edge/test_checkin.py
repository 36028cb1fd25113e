"""How the patient is asked, before and after, and what becomes of what was not answered."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from display.parts import Key
from display.station_info import StationInfo
from display.view.asking import asking_view
from edge.history.fold import fold
from edge.model import Origin, StopReason
from edge.prescription.lines import routine
from edge.prescription.plan import Prescription
from edge.prescription.row import one_dose
from edge.records import FlagsAnswered, Form, Moment, SessionEnded, SessionStarted, SetDone, SymptomsTold
from edge.session import Action, PlanArrived, Pressed, Save, Screen, SessionState, Started, Tick, advance
from edge.session.asking import CHOICES, about_flags, about_symptoms
from edge.session.checkin import follow_up_due
from edge.session.opening import Now
from edge.tempo import parse_tempo

BEFORE, TODAY = "session-of-before", "session-of-today"
MORNING = 1_790_000_000.0
HOUR = 3600.0
PLAN = Prescription(
    1, "patient-0001", "station-0001", "Ana", "2026-09-01T08:00:00Z",
    (one_dose(1, "sit_to_stand", 1, 5, parse_tempo("normal"), None, 20.0),),
)  # fmt: skip


class Visit:
    """A patient in front of the station: presses, and what is written down."""

    def __init__(self, questions):
        self.state, self.saved, self.t_s = SessionState(usable={"thigh": True}), [], 0.0
        self.tell(PlanArrived(0.0, PLAN, MORNING))
        self.tell(Started(0.0, TODAY, MORNING, tuple(questions)))

    def tell(self, event):
        self.state, effects = advance(self.state, event)
        self.saved += [effect.record for effect in effects if isinstance(effect, Save)]

    def press(self, action, value=None):
        self.t_s += 1.0
        self.tell(Pressed(self.t_s, action, value))

    def answer(self, *values):
        for value in values:
            if value is not None:
                self.press(Action.ANSWER, value)
            self.press(Action.MAIN if value is not None else Action.SKIP)

    def told(self):
        return [record for record in self.saved if isinstance(record, SymptomsTold)]


def test_back_and_leg_are_asked_apart_and_written_down_together():
    visit = Visit(about_symptoms(Moment.START, TODAY))
    assert visit.state.screen is Screen.ASKING
    visit.answer(3, 0)
    (told,) = visit.told()
    assert (told.moment, told.back, told.leg, told.distal) == (Moment.START, 3, 0, None)
    assert visit.state.screen is Screen.READY


def test_nothing_is_chosen_beforehand_and_nothing_goes_on_without_an_answer():
    visit = Visit(about_symptoms(Moment.START, TODAY))
    for _ in range(3):
        visit.press(Action.MAIN)
    assert (visit.state.screen, visit.state.asking.chosen, visit.told()) == (Screen.ASKING, None, [])


def test_a_question_left_open_is_not_zero():
    visit = Visit(about_symptoms(Moment.START, TODAY))
    visit.answer(None, 4, None)
    visit.press(Action.STOP)
    (told,) = visit.told()
    assert (told.back, told.leg, told.distal) == (None, 4, None)


def test_when_every_question_is_left_open_nothing_is_written_down_and_nothing_begins():
    visit = Visit(about_symptoms(Moment.START, TODAY))
    visit.answer(None, None, None)
    assert visit.told() == []
    assert visit.state.screen is Screen.TOLD


def test_what_was_left_open_is_asked_again_and_written_down_once():
    visit = Visit(about_symptoms(Moment.START, TODAY))
    visit.answer(2, None, None)
    visit.press(Action.MAIN)
    assert [one.name for one in visit.state.asking.questions] == ["leg", "distal"]
    visit.answer(0)
    (told,) = visit.told()
    assert (told.back, told.leg, told.distal) == (2, 0, None)
    assert visit.state.screen is Screen.READY


def test_a_choice_can_be_changed_until_next_is_pressed():
    visit = Visit(about_symptoms(Moment.START, TODAY))
    for value in (7, 2):
        visit.press(Action.ANSWER, value)
    visit.press(Action.MAIN)
    visit.answer(0)
    assert visit.told()[0].back == 2


@given(st.integers() | st.text() | st.none())
def test_an_answer_the_question_does_not_know_changes_nothing(value):
    visit = Visit(about_symptoms(Moment.START, TODAY))
    visit.press(Action.ANSWER, value)
    assert visit.state.asking.chosen == (value if value in range(11) and isinstance(value, int) else None)


def test_one_button_walks_through_all_answers():
    visit = Visit(about_symptoms(Moment.START, TODAY))
    walked = []
    for _ in range(12):
        (white,) = (one for one in asking_view(visit.state, StationInfo()).buttons if one.key is Key.WHITE)
        visit.press(white.action, white.value)
        walked.append(visit.state.asking.chosen)
    assert walked == [*range(11), 0]


def test_a_leg_without_symptoms_is_not_asked_how_far_they_reach():
    questions = about_symptoms(Moment.START, TODAY)
    with_none, with_some = Visit(questions), Visit(questions)
    with_none.answer(2, 0)
    with_some.answer(2, 1)
    assert with_none.state.screen is Screen.READY
    assert with_some.state.asking.question.name == "distal"


def test_the_next_day_is_told_of_the_session_before():
    visit = Visit((*about_symptoms(Moment.NEXT_DAY, BEFORE), *about_symptoms(Moment.START, TODAY)))
    visit.answer(2, 3, 0, 1, 2, 3, 1)
    after, start = visit.told()
    assert (after.session_id, after.moment, after.weaker, after.tolerable) == (BEFORE, Moment.NEXT_DAY, False, True)
    assert start.distal == 1
    assert (start.session_id, start.moment) == (TODAY, Moment.START)
    assert visit.state.told == (start,)


def test_a_red_flag_question_cannot_be_left_open():
    visit = Visit(about_flags(Form.SHORT, ("saddle", "bladder"), TODAY))
    visit.answer(None)
    assert visit.state.asking.question.name == "saddle"
    visit.answer(0, 0)
    assert visit.state.screen is Screen.READY


def test_a_yes_to_a_red_flag_locks_in_the_same_step_and_nothing_else_is_asked():
    visit = Visit(
        (*about_flags(Form.SHORT, ("short_saddle", "short_legs"), TODAY), *about_symptoms(Moment.START, TODAY))
    )
    visit.answer(1)
    assert visit.state.screen is Screen.LOCKED
    kinds = [type(record).__name__ for record in visit.saved]
    assert kinds.index("Locked") < kinds.index("FlagsAnswered") < kinds.index("SessionEnded")
    for action in Action:
        for value in (None, 0, 1):
            visit.press(action, value)
    visit.tell(Tick(1e6))
    assert visit.state.screen is Screen.LOCKED


def test_all_noes_are_written_down_and_training_goes_on():
    visit = Visit(about_flags(Form.SHORT, ("saddle", "bladder"), TODAY))
    visit.answer(0, 0)
    (asked,) = [record for record in visit.saved if isinstance(record, FlagsAnswered)]
    assert (asked.form, asked.yes, asked.no) == (Form.SHORT, (), ("saddle", "bladder"))
    assert visit.state.screen is Screen.READY


def test_stop_leaves_the_questions_and_with_them_the_session():
    visit = Visit(about_flags(Form.SHORT, ("saddle",), TODAY))
    visit.press(Action.STOP)
    assert any(isinstance(record, SessionEnded) for record in visit.saved)
    assert visit.state.screen is Screen.SUMMARY


def after_a_set(visit):
    visit.answer(1, 0)
    visit.press(Action.MAIN)
    visit.press(Action.STOP)
    visit.press(Action.REASON, StopReason.PAIN.value)


def test_a_session_ends_with_the_question_how_it_was():
    visit = Visit(about_symptoms(Moment.START, TODAY))
    after_a_set(visit)
    assert visit.state.screen is Screen.ASKING
    visit.answer(6, 7, 1, 0, 0)
    worst = visit.told()[-1]
    assert (worst.moment, worst.back, worst.leg, worst.distal) == (Moment.WORST, 6, 7, 1)
    assert (worst.weaker, worst.tolerable) == (False, False)
    assert visit.state.screen is Screen.TOLD
    visit.press(Action.STOP)
    assert visit.state.screen is Screen.SUMMARY


def test_whoever_walks_away_from_the_last_questions_has_answered_those_that_were():
    visit = Visit(about_symptoms(Moment.START, TODAY))
    after_a_set(visit)
    visit.answer(6)
    visit.press(Action.STOP)
    worst = visit.told()[-1]
    assert (worst.back, worst.leg, worst.tolerable) == (6, None, None)


def test_a_session_is_ended_once_even_if_nobody_answers_the_last_questions():
    visit = Visit(about_symptoms(Moment.START, TODAY))
    after_a_set(visit)
    visit.tell(Tick(10_000.0))
    assert visit.state.screen is Screen.AGENDA
    assert sum(isinstance(record, SessionEnded) for record in visit.saved) == 1


def test_more_pain_after_a_set_is_asked_about_at_once_and_the_rest_goes_on():
    visit = Visit(about_symptoms(Moment.START, TODAY))
    visit.answer(1, 0)
    visit.press(Action.MAIN)
    visit.press(Action.STOP)
    visit.press(Action.REASON, StopReason.TIRED.value)
    visit.press(Action.PAIN_CHANGE, 1)
    assert visit.state.asking.question.name == "back"
    visit.answer(3, 2, 0)
    worst = visit.told()[-1]
    assert (worst.back, worst.leg, worst.weaker, worst.set_number) == (3, 2, False, 1)
    assert visit.state.screen is Screen.REST


@given(st.lists(st.tuples(st.sampled_from(Action), st.sampled_from((None, *range(-1, 11)))), max_size=40))
def test_whatever_is_pressed_an_answer_is_written_once_and_as_it_was_chosen(presses):
    visit = Visit((*about_symptoms(Moment.NEXT_DAY, BEFORE), *about_flags(Form.SHORT, ("saddle",), TODAY)))
    for action, value in presses:
        visit.press(action, value)
        question = visit.state.asking.question
        if question is not None and visit.state.asking.chosen is not None:
            assert visit.state.asking.chosen in CHOICES[question.kind]
    told = visit.told()
    assert len({(one.session_id, one.moment, one.set_number) for one in told}) == len(told)


def history(hours_ago, *told, trusted=True, sets=1):
    started = SessionStarted(BEFORE, "patient-0001", 1, MORNING - hours_ago * HOUR, clock_trusted=trusted)
    done = SetDone(
        BEFORE, 1, "sit_to_stand", 1, 1, 1, 5, "normal", None, 0.0, 30.0, 5, StopReason.TARGET, Origin.SENSED
    )  # fmt: skip
    return fold([started, *(done,) * min(sets, 1), *told], UTC)


@pytest.mark.parametrize(
    ("hours", "moment"),
    [
        (5, None),
        (11.9, None),
        (20, Moment.NEXT_DAY),
        (35, Moment.NEXT_DAY),
        (48, Moment.SECOND_DAY),
        (80, Moment.SECOND_DAY),
    ],
)
def test_how_it_was_afterwards_is_asked_about_24_and_48_hours_later(hours, moment):
    due = follow_up_due(history(hours), MORNING, clock_trusted=True)
    assert {question.group for question in due} == ({moment} if moment else set())
    assert all(question.session_id == BEFORE for question in due)


def test_what_was_answered_is_not_asked_again():
    told = SymptomsTold(BEFORE, Moment.NEXT_DAY, MORNING, back=2)
    assert follow_up_due(history(20, told), MORNING, clock_trusted=True) == ()


def test_where_nobody_knows_the_hours_nobody_asks_about_them():
    assert follow_up_due(history(20), MORNING, clock_trusted=False) == ()
    assert follow_up_due(history(20, trusted=False), MORNING, clock_trusted=True) == ()


def test_who_comes_late_is_asked_once_and_told_how_long_it_was():
    due = follow_up_due(history(96), MORNING, clock_trusted=True)
    assert {question.late_days for question in due} == {4}
    visit = Visit(due)
    assert asking_view(visit.state, StationInfo()).header.title == "4 days since last time"
    visit.answer(2, 1, 0, 1)
    (told,) = visit.told()
    assert (told.session_id, told.moment, told.at) == (BEFORE, Moment.SECOND_DAY, MORNING + visit.t_s), (
        "its true time"
    )
    assert follow_up_due(history(96, told), MORNING, clock_trusted=True) == ()


def test_who_answered_on_the_next_day_is_not_asked_again_when_both_are_long_gone():
    told = SymptomsTold(BEFORE, Moment.NEXT_DAY, MORNING - 72 * HOUR, back=2)
    assert follow_up_due(history(96, told), MORNING, clock_trusted=True) == ()


def test_a_visit_without_a_set_does_not_hide_the_session_before_it():
    left_at_once = SessionStarted(TODAY, "patient-0001", 1, MORNING - HOUR)
    due = follow_up_due(history(40, left_at_once), MORNING, clock_trusted=True)
    assert {one.session_id for one in due} == {BEFORE}


def test_a_session_without_a_set_has_no_aftermath():
    assert follow_up_due(history(20, sets=0), MORNING, clock_trusted=True) == ()


def test_the_session_says_whose_day_it_was_and_whether_the_clock_was_sure():
    today = routine(PLAN, PLAN.rows)
    state = SessionState(usable={"thigh": True}, screen=Screen.AGENDA, plan=PLAN, routine=today)
    day = datetime.fromtimestamp(MORNING, UTC).date().isoformat()
    _, (save, *_) = advance(state, Started(0.0, TODAY, MORNING, day=day, clock_trusted=False))
    assert (save.record.day, save.record.clock_trusted) == (day, False)


def test_a_clock_behind_the_past_is_not_believed_and_one_doubtful_session_far_ahead_spoils_no_other():
    def now(*sessions):
        return Now(MORNING, UTC, True, fold(sessions, UTC))

    ahead = MORNING + 400 * 24 * HOUR
    assert now(SessionStarted(BEFORE, "patient-0001", 1, MORNING - HOUR)).trusted
    assert not now(SessionStarted(BEFORE, "patient-0001", 1, ahead)).trusted
    assert now(SessionStarted(BEFORE, "patient-0001", 1, ahead, clock_trusted=False)).trusted
