"""Which day after a session an answer speaks of, and whether it came in time."""

from __future__ import annotations

from edge.history.facts import SessionFact
from edge.records import Moment, SymptomsTold

HOUR_S = 3600.0
NEXT_DAY_H = (12.0, 36.0)
SECOND_DAY_H = (36.0, 72.0)
"""Hours after a session in which an answer is the one of the next day, or of the second. Our choice: the source says
24 and 48 hours, and people come when they come. What is told later than this is still asked for and written down, but
nobody remembers which day it was: it may hold or lower, and shows nothing as settled."""
AFTER = (Moment.NEXT_DAY, Moment.SECOND_DAY)
RISE_LIMITS = {Moment.NEXT_DAY: "rise_24h", Moment.SECOND_DAY: "rise_48h"}
"""The limit of each day's rise over the session's start."""


def moment_after(hours: float) -> Moment | None:
    """Return which answer is due so many hours after a session, however late; None where it is too early."""
    if hours < NEXT_DAY_H[0]:
        return None
    return Moment.NEXT_DAY if hours < NEXT_DAY_H[1] else Moment.SECOND_DAY


def too_late(hours: float) -> bool:
    """Tell whether an answer so many hours after a session is about days that are long gone."""
    return hours >= SECOND_DAY_H[1]


def hours_after(session: SessionFact, at: float) -> float:
    """Return how many hours after the start of a session a moment (seconds since 1970 UTC) lies."""
    return (at - session.started_at) / HOUR_S


def came_late(session: SessionFact, told: SymptomsTold) -> bool:
    """Tell whether what was told of the days after a session was told when they were long gone."""
    return too_late(hours_after(session, told.at))
