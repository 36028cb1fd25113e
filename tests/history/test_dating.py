"""Row F20 in the facts: what was told by a wrong clock moves with its session, what a right one told stays."""

from edge.history.fold import fold
from edge.records import BandChecked, ClockFixed, FlagsAnswered, Form, Happened, Incident, Moment, SessionStarted
from edge.records import SymptomsTold as Told

SESSION, OFFSET_S, WRONG = "session-0001", 1_780_000_000.0, 500.0
FIXED = ClockFixed(SESSION, OFFSET_S, "2026-05-28", OFFSET_S + 9000.0)
BEGUN = SessionStarted(SESSION, "patient-0001", 1, WRONG, "1970-01-01", clock_trusted=False)
TOLD = (
    Told(SESSION, Moment.START, WRONG + 5.0, back=2),
    Told(SESSION, Moment.NEXT_DAY, OFFSET_S + 90_000.0, back=3),
    Incident(SESSION, 1, 1, Happened.OVER_FORCE, 400.0, "N", WRONG + 60.0),
    FlagsAnswered(f"{SESSION}-short", "patient-0001", Form.SHORT, WRONG + 2.0, (), ("saddle",)),
    FlagsAnswered("session-0009-short", "patient-0001", Form.SHORT, OFFSET_S + 99_000.0, (), ("saddle",)),
    BandChecked(f"{SESSION}-band-1", "first", True, WRONG + 30.0),
)


def test_f20_what_was_told_moves_with_its_session():
    for records in ((BEGUN, *TOLD, FIXED), (FIXED, *reversed(TOLD), BEGUN)):
        history = fold(records)
        (session,) = history.sessions
        start = OFFSET_S + WRONG
        assert (session.started_at, session.clock_trusted) == (start, True)
        assert session.symptoms[Moment.START].at == start + 5.0
        assert session.symptoms[Moment.NEXT_DAY].at == OFFSET_S + 90_000.0, "told by a clock that was right"
        assert [one.at for one in session.incidents] == [start + 60.0]
        assert [one.at for one in history.asked] == [start + 2.0, OFFSET_S + 99_000.0]
        assert [one.at for one in history.bands] == [start + 30.0]


def test_f20_a_session_whose_clock_was_right_stays_where_it_is():
    begun = SessionStarted(SESSION, "patient-0001", 1, OFFSET_S, "2026-05-27")
    (session,) = fold([begun, FIXED]).sessions
    assert (session.started_at, session.day.isoformat()) == (OFFSET_S, "2026-05-27")


def test_f20_nothing_moves_without_a_word_of_it():
    (session,) = fold([BEGUN, *TOLD]).sessions
    assert (session.started_at, session.clock_trusted) == (WRONG, False)
    assert session.symptoms[Moment.START].at == WRONG + 5.0
