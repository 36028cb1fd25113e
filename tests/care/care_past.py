"""A patient's past, in as few words as a test needs."""

import random
from datetime import UTC, date, datetime, timedelta

from edge.history.facts import SessionFact, SetFact
from edge.model import Origin, StopReason
from edge.prescription.row import Span
from edge.records import Locked, Moment, Severity, SymptomsTold

FIRST = date(2026, 10, 5)  # a Monday


def moment_of(day, hour=9.0):
    """Return the UTC time at an hour of a day."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(hours=hour)


HOURS = {Moment.START: 0.0, Moment.WORST: 0.25, Moment.NEXT_DAY: 24.0, Moment.SECOND_DAY: 48.0}


def told(session_id, moment, began_at=0.0, back=2, leg=1, **more):
    """Return what was told at the usual hour after the beginning of a session."""
    return SymptomsTold(session_id, moment, began_at + 3600 * HOURS[moment], back=back, leg=leg, **more)


def one_set(**more):
    held = {
        "exercise": "goblet_squat", "row": "squat", "set_of_exercise": 1, "reps_target": 10, "reps_verified": 10,
        "stopped": StopReason.TARGET, "trusted": True, "load_kg": 8.0, "load_origin": Origin.SENSED,
        "rpe_target": Span(5, 6), "rpe": 5, "on_tempo": 0.9,
    }  # fmt: skip
    return SetFact(**(held | more))


def one_session(
    day,
    hour=9.0,
    *,
    after=2,
    sets=None,
    ended=StopReason.TARGET,
    worst=None,
    second=None,
    trusted=True,
    answers=None,
):
    """Return a session; ``after`` is the pain of the next day, None where nobody told; ``answers`` are whole ones."""
    session_id, at = f"session-{day:%m%d}-{int(hour * 60):04d}", moment_of(day, hour).timestamp()
    pains = {Moment.START: 2, Moment.WORST: worst, Moment.NEXT_DAY: after, Moment.SECOND_DAY: second}
    symptoms = {m: told(session_id, m, at, back=pain) for m, pain in pains.items() if pain is not None}
    symptoms |= {m: told(session_id, m, at, **said) for m, said in (answers or {}).items()}
    return SessionFact(
        session_id, day, at, trusted, 1, tuple(sets or (one_set(),)), symptoms=symptoms, ended=ended,
        sets_planned=1,
    )  # fmt: skip


def a_lock():
    return Locked("lock-0001", "patient-0001", Severity.EMERGENCY, ("saddle",), 0.0)


def a_month(seed, days=30):
    """Return a month of a patient who trains, rests, hurts, does not answer and comes back, as the seed tells."""
    chance = random.Random(seed)
    sessions = []
    away = chance.randrange(days)
    for number in (n for n in range(days) if not away <= n < away + 8):
        day = FIRST + timedelta(days=number)
        for slot in range(3):
            if chance.random() < 0.45:
                continue
            pain = chance.choice((0, 1, 2, 2, 3, 3, 4, 6, 8))
            sessions.append(one_session(
                day, 8.5 + 4 * slot,
                after=chance.choice((None, 1, 2, 3, pain)),
                worst=chance.choice((None, pain)),
                ended=chance.choice((StopReason.TARGET,) * 5 + (StopReason.PAIN, StopReason.TIRED, None)),
                trusted=chance.random() < 0.9,
                sets=tuple(
                    one_set(
                        rpe=chance.choice((None, 3, 4, 5, 7)), trusted=chance.random() < 0.9,
                        reps_verified=chance.choice((10, 10, 10, 7)), feedback=chance.random() < 0.6,
                        load_kg=chance.choice((8.0, 8.0, 10.0)), on_tempo=chance.choice((None, 0.5, 0.8, 1.0)),
                        exercise=chance.choice(("goblet_squat", "band_row")),
                    )
                    for _ in range(2)
                ),
            ))  # fmt: skip
    return tuple(sessions)
