"""Which day after a session it is."""

from __future__ import annotations

from edge.records import Moment

NEXT_DAY_H = (12.0, 36.0)
SECOND_DAY_H = (36.0, 72.0)
"""Hours after a session in which an answer is the one of the next day, or of the second. Our choice: the source says
24 and 48 hours, and people come when they come. Later than this nobody remembers."""


def moment_after(hours: float) -> Moment | None:
    """Return which answer is due so many hours after a session; None where it is too early, or too late."""
    if NEXT_DAY_H[0] <= hours < NEXT_DAY_H[1]:
        return Moment.NEXT_DAY
    return Moment.SECOND_DAY if SECOND_DAY_H[0] <= hours < SECOND_DAY_H[1] else None
