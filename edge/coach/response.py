"""How the symptoms answered a session: the zone it was in, and what the next two days said.

Zones and questions are those of ``edge.safety.symptoms``. What was not answered is unknown, never zero, and never a
ground for more.
"""

from __future__ import annotations

from collections.abc import Iterable

from edge.history.aftermath import AFTER, NEXT_DAY_H, RISE_LIMITS, came_late, hours_after
from edge.history.facts import SessionFact
from edge.prescription.limits import Limits
from edge.records import Moment, SymptomsTold
from edge.safety.symptoms import PARTS, QUESTIONS, Zone, in_session
from edge.safety.symptoms import zone as zone_of

DURING = (Moment.WORST, Moment.RESUMED)
FROM_BEST = (Zone.GREEN, Zone.UNKNOWN, Zone.AMBER, Zone.RED)
"""Unknown lies above green: it may hold, never raise."""


def worst_of(zones: Iterable[Zone]) -> Zone:
    """Return the worst of some zones, unknown where there is none."""
    return max(zones, key=FROM_BEST.index, default=Zone.UNKNOWN)


def zone(session: SessionFact, limits: Limits) -> Zone:
    """Return the worst zone of what was told of a session itself: its start and its worst moment are asked for."""
    asked = [Moment.START, Moment.WORST, *(one for one in DURING if one in session.symptoms)]
    return worst_of(_zone_then(session, when, limits) for when in asked)


def zone_at_start(session: SessionFact, limits: Limits) -> Zone:
    """Return the zone of what was told when a session began: all there is before its first set."""
    return _zone_then(session, Moment.START, limits)


def _zone_then(session: SessionFact, when: Moment, limits: Limits) -> Zone:
    start, told = session.symptoms.get(Moment.START), session.symptoms.get(when)
    found = zone_of(in_session(start, told, limits))
    # Without a start there is no rise, but a score can be too high by itself.
    alone = zone_of(in_session(told, told, limits)) if told is not None and start is None else found
    return worst_of((found, alone))


def start_of(session: SessionFact, part: str) -> int | None:
    """Return the score a session began with, None where it was not answered."""
    told = session.symptoms.get(Moment.START)
    return None if told is None else _score(told, part)


def _score(told: SymptomsTold, part: str) -> int | None:
    return told.back if part == "back" else told.leg


def rise(session: SessionFact, moment: Moment) -> int | None:
    """Return how far the worse of back and leg is above the session's start; None where either is not known.

    A score that is known to have risen counts although the other is missing: it can only hold or lower.
    """
    told = session.symptoms.get(moment)
    # Given sooner it is about another moment, or a clock was turned.
    if told is None or (moment in AFTER and hours_after(session, told.at) < NEXT_DAY_H[0]):
        return None
    pairs = [(_score(told, part), start_of(session, part)) for part in PARTS]
    rises = [now - start for now, start in pairs if now is not None and start is not None]
    if len(rises) < len(PARTS) and max(rises, default=0) <= 0:
        return None
    return max(rises)


def complete(session: SessionFact, moment: Moment) -> bool:
    """Tell whether everything asked at a moment afterwards was answered, and the scores it is held against."""
    told = session.symptoms.get(moment)
    if told is None or any(start_of(session, part) is None for part in PARTS):
        return False
    return all(getattr(told, name) is not None for name in QUESTIONS[moment] if name != "distal" or told.leg != 0)


def spiked(session: SessionFact, limits: Limits) -> bool:
    """Tell whether a session was too much: red while it lasted, or the days after it said so.

    FIELD 4.1: three points or more after 24 hours, or still raised after 48. "Bearable?" answered with no outranks
    the numbers (S2-17). What was not answered, or scored long after, is no spike: it holds, elsewhere.
    """
    rises = {one: rise(session, one) for one in AFTER if _on_its_day(session, one)}
    next_day, second_day = rises.get(Moment.NEXT_DAY), rises.get(Moment.SECOND_DAY)
    return (
        (next_day is not None and next_day >= limits["rise_24h_regress"])
        or (second_day is not None and second_day > limits["rise_48h"])
        or any(_plainly_worse(session.symptoms[one]) for one in AFTER if one in session.symptoms)
        or zone(session, limits) is Zone.RED
    )


def _on_its_day(session: SessionFact, moment: Moment) -> bool:
    return moment in session.symptoms and not came_late(session, session.symptoms[moment])


def _plainly_worse(told: SymptomsTold) -> bool:
    return told.weaker is True or told.tolerable is False


def settled(session: SessionFact, limits: Limits) -> bool | None:
    """Tell whether the symptoms had settled by the next day; None where that was not answered in full.

    Progress waits for the answer of 24 hours at least (S2-17): where it is missing that of 48 hours serves, which has
    a stricter limit. One of the two that speaks against it is enough; one that came late can do no more than that.
    """
    told = [one for one in AFTER if one in session.symptoms]
    changes = {one: rise(session, one) for one in told}
    raised = any(change is not None and change > limits[RISE_LIMITS[one]] for one, change in changes.items())
    if raised or spiked(session, limits) or any((session.symptoms[one].distal or 0) > 0 for one in told):
        return False
    told = [one for one in told if _on_its_day(session, one)]
    full = [one for one in told if changes[one] is not None and complete(session, one)]
    return True if full and full == told else None


def further_down(sessions: Iterable[SessionFact]) -> bool:
    """Tell whether symptoms reached further down the leg at any moment of these sessions."""
    return any((told.distal or 0) > 0 for one in sessions for told in one.symptoms.values())
