"""What is left of a session that a power cut ended."""

from edge.history.cut_off import unfinished
from edge.model import Origin, StopReason, Verdict
from edge.records import Answered, RepCounted, SessionEnded, SessionStarted, SetBegun, SetDone

SESSION, OTHER = "session-1", "session-2"


def started(session=SESSION, at=1000.0):
    return SessionStarted(session, "patient-1", 3, at)


def begun(number, at_s):
    return SetBegun(SESSION, number, "goblet_squat", "squat", number, at_s)


def done(number, ended_s):
    return SetDone(
        SESSION, number, "goblet_squat", number, 3, 3, 12, "3.1.0", None, ended_s - 60, ended_s, 12,
        StopReason.TARGET, Origin.SENSED,
    )  # fmt: skip


def rep(set_number, number):
    return RepCounted(
        SESSION, set_number, number, number * 5.0, number * 5.0 + 4, 3.0, 1.0, 1.0, None, None, 80.0, "deg", None,
        Verdict.ON_TARGET, 0.9, Origin.SENSED,
    )  # fmt: skip


def test_a_session_with_an_end_is_not_cut_off():
    assert unfinished([started(), SessionEnded(SESSION, 2000.0, 0, 3, StopReason.OTHER)]) == ()


def test_the_open_set_is_known_with_the_repetitions_that_were_counted():
    (cut,) = unfinished([started(), begun(1, 5.0), rep(1, 1), done(1, 70.0), begun(2, 130.0), rep(2, 1), rep(2, 2)])
    assert [one.number for one in cut.sets] == [1]
    assert (cut.begun.number, [one.number for one in cut.reps]) == (2, [1, 2])
    assert cut.last_s == 130.0 + 14.0


def test_between_sets_nothing_is_open():
    (cut,) = unfinished([started(), begun(1, 5.0), rep(1, 1), done(1, 70.0), Answered(SESSION, 1, "effort", 5)])
    assert (cut.begun, cut.reps, cut.last_s) == (None, (), 70.0)
    assert [answer.value for answer in cut.answers] == [5]


def test_a_set_that_was_cut_before_its_first_repetition_is_known_too():
    (cut,) = unfinished([started(), begun(1, 5.0)])
    assert (cut.begun.number, cut.reps, cut.last_s) == (1, (), 5.0)


def test_every_session_without_an_end_is_found_oldest_first():
    assert [cut.started.session_id for cut in unfinished([started(), started(OTHER, 2000.0)])] == [SESSION, OTHER]
