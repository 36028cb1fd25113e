"""The right time of a session that began before anybody had set the clock, as a later record tells it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TypeVar

from msgspec import structs

from edge.history.facts import SessionFact
from edge.records import BandChecked, ClockFixed, FlagsAnswered, Incident, SymptomsTold

Told = TypeVar("Told", FlagsAnswered, BandChecked, SymptomsTold, Incident)
SAME_CLOCK_S = 12 * 3600.0
"""What was told so soon after the start was told by the same clock; answers about the day after were not. Our choice,
and the shortest time after which the day after is asked about."""


def later(told: Told, started_at: float, fixed: ClockFixed) -> Told:
    """Return what was told in a session at its right time; ``started_at`` is when that began by its own clock."""
    if not 0.0 <= told.at - started_at < SAME_CLOCK_S:
        return told
    return structs.replace(told, at=told.at + fixed.offset_s)


def dated(session: SessionFact, fixed: ClockFixed | None) -> SessionFact:
    """Return the session at its right time, if anybody said so; one that could be trusted keeps its own."""
    if fixed is None or session.clock_trusted:
        return session
    began = session.started_at
    return replace(
        session,
        day=date.fromisoformat(fixed.day),
        started_at=began + fixed.offset_s,
        clock_trusted=True,
        symptoms={moment: later(told, began, fixed) for moment, told in session.symptoms.items()},
        incidents=tuple(later(one, began, fixed) for one in session.incidents),
    )
