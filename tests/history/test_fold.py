"""What records come to: facts that rules may look at, whatever order the records come in."""

import random
from datetime import date, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.history.fold import fold
from edge.model import Origin, StopReason, Verdict
from edge.prescription.row import Span
from edge.records import (
    Answered,
    FlagsAnswered,
    Form,
    Locked,
    Moment,
    RepCounted,
    RepEdit,
    RepEdited,
    SessionEnded,
    SessionStarted,
    SetDone,
    Severity,
    SymptomsTold,
    Unlocked,
)

SESSION, PATIENT = "session-1", "patient-1"
MORNING = 1_790_000_000.0


def started(session=SESSION, at=MORNING, **more):
    return SessionStarted(session, PATIENT, 3, at, **more)


def a_set(number=1, doubts=(), **more):
    return SetDone(
        SESSION, number, "goblet_squat", number, 3, 3, 12, "3.1.0", None, 0.0, 60.0, 3,
        StopReason.TARGET, Origin.SENSED, doubts, **more,
    )  # fmt: skip


def rep(number, confidence=0.9, speed=None):
    return RepCounted(
        SESSION, 1, number, number * 5.0, number * 5.0 + 4, 3.0, 1.0, 1.0, None, None, 80.0, "deg", None,
        Verdict.ON_TARGET, confidence, Origin.SENSED, mean_speed=speed,
    )  # fmt: skip


def only_set(*records):
    (session,) = fold([started(), *records]).sessions
    (one,) = session.sets
    return one


def test_a_set_tells_what_was_planned_done_and_answered():
    one = only_set(
        rep(1), rep(2), rep(3), Answered(SESSION, 1, "effort", 6), Answered(SESSION, 1, "symptom_reserve", 4),
        a_set(row="w1d1_2", load_used_kg=12.0, load_origin=Origin.SENSED, rpe_planned=(5, 6), on_tempo=1.0),
    )  # fmt: skip
    assert (one.row, one.reps_target, one.reps_verified, one.load_kg) == ("w1d1_2", 12, 3, 12.0)
    assert (one.rpe, one.rpe_target, one.reps_left_symptoms, one.on_tempo) == (6, Span(5, 6), 4, 1.0)
    assert one.trusted


def test_what_was_not_answered_is_unknown_and_not_zero():
    one = only_set(rep(1), a_set())
    assert (one.rpe, one.symptom_change, one.reps_left_symptoms, one.reps_by_hand, one.load_kg) == (None,) * 5


def test_zero_is_an_answer():
    one = only_set(Answered(SESSION, 1, "effort", 0), Answered(SESSION, 1, "reps_by_hand", 0), a_set())
    assert (one.rpe, one.reps_by_hand) == (0, 0)


def test_a_repetition_of_little_confidence_is_not_verified():
    assert only_set(rep(1), rep(2, confidence=0.3), rep(3), a_set()).reps_verified == 2


def test_an_edit_takes_a_repetition_back_and_a_later_one_gives_it_again():
    def edit(number, what):
        return RepEdited(SESSION, 1, 2, number, what, Origin.SELF_REPORTED, MORNING)

    assert only_set(rep(1), rep(2), edit(1, RepEdit.FALSE), a_set()).reps_verified == 1
    assert only_set(rep(1), rep(2), edit(2, RepEdit.AS_SENSED), edit(1, RepEdit.FALSE), a_set()).reps_verified == 2


def test_a_doubted_set_is_not_trusted_and_hand_counts_stand_apart():
    one = only_set(rep(1), Answered(SESSION, 1, "reps_by_hand", 9), a_set(doubts=("gap",)))
    assert (one.trusted, one.reps_verified, one.reps_by_hand) == (False, 1, 9)


def test_the_speed_lost_is_that_of_the_last_against_the_best():
    slower = only_set(rep(1, speed=80.0), rep(2, speed=100.0), rep(3, speed=70.0), a_set())
    assert slower.speed_loss == pytest.approx(0.3)
    assert only_set(rep(1, speed=80.0), rep(2, speed=100.0), a_set()).speed_loss is None


def test_the_day_is_the_patients_own():
    late_in_utc = 1_790_000_000.0 - 1_790_000_000.0 % 86_400 + 23 * 3600
    east = timezone(timedelta(hours=10))
    utc_day = fold([started(at=late_in_utc)]).sessions[0].day
    assert fold([started(at=late_in_utc)], east).sessions[0].day == utc_day + timedelta(days=1)
    assert fold([started(at=late_in_utc, day="2026-09-01")], east).sessions[0].day == date(2026, 9, 1)


def test_only_the_clearance_of_that_lock_opens_it_and_the_gravest_stays_in_front():
    grave = Locked("lock-0001", PATIENT, Severity.EMERGENCY, ("saddle",), MORNING)
    later = Locked("lock-0002", PATIENT, Severity.SEE_CLINICIAN, ("fever",), MORNING + 60)
    assert fold([grave, later]).lock == grave
    assert fold([grave, later, Unlocked("lock-0001", MORNING + 99, "Dr A")]).lock == later
    assert fold([Unlocked("lock-0002", MORNING + 99, "Dr A"), later]).lock is None


def test_the_forms_that_were_answered_are_kept_in_order():
    def form(kind, at):
        return FlagsAnswered(f"asked-{at:08.0f}", PATIENT, kind, at, (), ("saddle",))

    full, short = form(Form.FULL, MORNING), form(Form.SHORT, MORNING + 9)
    assert fold([short, full]).asked == (full, short)


RECORDS = [
    started(), started("session-2", MORNING + 86_400), rep(1), rep(2, 0.2), a_set(),
    Answered(SESSION, 1, "effort", 7), SymptomsTold(SESSION, Moment.START, MORNING, back=3, leg=0),
    SessionEnded(SESSION, MORNING + 600, 1, 3, StopReason.TIRED),
    Locked("lock-0001", PATIENT, Severity.EMERGENCY, ("saddle",), MORNING),
    Unlocked("lock-0001", MORNING + 99, "Dr A"),
]  # fmt: skip


@given(st.randoms(use_true_random=False))
def test_the_order_of_delivery_changes_nothing(order: random.Random):
    shuffled = list(RECORDS)
    order.shuffle(shuffled)
    assert fold(shuffled) == fold(RECORDS)


def test_a_session_that_was_cut_off_has_no_end():
    (session,) = fold([started(), a_set()]).sessions
    assert session.ended is None
    assert session.symptoms == {}


def test_the_day_after_is_asked_about_once_and_holds_for_all_sessions_of_the_day():
    told = SymptomsTold("session-2", Moment.NEXT_DAY, MORNING + 86_400, back=2)
    morning, noon = started(day="2026-09-21"), started("session-2", MORNING + 3600, day="2026-09-21")
    earlier = started("session-0", MORNING - 86_400, day="2026-09-20")
    sessions = fold([earlier, morning, noon, told]).sessions
    assert [Moment.NEXT_DAY in session.symptoms for session in sessions] == [False, True, True]


def test_of_what_was_told_more_than_once_the_worst_stands():
    first = SymptomsTold(SESSION, Moment.WORST, MORNING, back=6, leg=None, tolerable=True, set_number=2)
    second = SymptomsTold(SESSION, Moment.WORST, MORNING + 60, back=3, leg=1, weaker=False, set_number=3)
    (session,) = fold([started(), first, second]).sessions
    worst = session.symptoms[Moment.WORST]
    assert (worst.back, worst.leg, worst.weaker, worst.tolerable) == (6, 1, False, True)


def test_a_session_with_a_clock_put_back_stays_where_it_was_and_hides_nothing():
    days = [started(f"session-{n}", MORNING + n * 86_400) for n in range(3)]
    put_back = started("session-9", MORNING - 86_400, clock_trusted=False)
    last = started("session-3", MORNING + 3 * 86_400)
    order = [one.session_id for one in fold([*days, put_back, last]).sessions]
    assert order == ["session-0", "session-1", "session-2", "session-9", "session-3"]
