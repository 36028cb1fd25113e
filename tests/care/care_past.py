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


def told(session_id, moment, back=2, leg=1, **more):
    return SymptomsTold(session_id, moment, 0.0, back=back, leg=leg, **more)


def one_set(**more):
    held = {
        "exercise": "goblet_squat", "row": "squat", "set_of_exercise": 1, "reps_target": 10, "reps_verified": 10,
        "stopped": StopReason.TARGET, "trusted": True, "load_kg": 8.0, "load_origin": Origin.SENSED,
        "rpe_target": Span(5, 6), "rpe": 5, "on_tempo": 0.9,
    }  # fmt: skip
    return SetFact(**(held | more))


def one_session(day, hour=9.0, *, after=2, sets=None, ended=StopReason.TARGET, worst=None, trusted=True, **more):
    """Return a session; ``after`` is the pain of the next day, None where nobody told."""
    session_id = f"session-{day:%m%d}-{int(hour * 60):04d}"
    symptoms = {Moment.START: told(session_id, Moment.START), Moment.END: told(session_id, Moment.END)}
    if worst is not None:
        symptoms[Moment.WORST] = told(session_id, Moment.WORST, back=worst)
    if after is not None:
        symptoms[Moment.NEXT_DAY] = told(session_id, Moment.NEXT_DAY, back=after)
    return SessionFact(
        session_id, day, moment_of(day, hour).timestamp(), trusted, 1, tuple(sets or (one_set(),)),
        symptoms=more.get("symptoms", symptoms), ended=ended, sets_planned=1,
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
