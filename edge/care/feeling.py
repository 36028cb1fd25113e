"""How the patient is, as far as anybody said: calm, raised, or never told.

Nothing is praised, offered or reminded of over pain. A raised state lasts until the patient says that it is over:
no answer is no good news.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum

from edge.history.aftermath import AFTER, RISE_LIMITS
from edge.history.facts import History, SessionFact
from edge.model import StopReason
from edge.records import Moment, SymptomsTold


class Feeling(StrEnum):
    """How the patient is, after what was told last."""

    NOT_TOLD = "not_told"
    CALM = "calm"
    RAISED = "raised"


def in_order(session: SessionFact) -> Iterator[SymptomsTold]:
    """Yield what was told around a session, the earliest first."""
    return iter(sorted(session.symptoms.values(), key=lambda told: told.at))


def signs(told: SymptomsTold, start: SymptomsTold | None, limits: Mapping[str, float]) -> dict[str, bool]:
    """Return what was answered, each with whether it is above what the clinician allows; the rest is left out.

    Above begins where the safety rules (``edge.safety.symptoms``) leave green: pain over its ceiling, or risen
    from the session's start; after a day and after two days the smaller rises of those rules apply.
    """
    rise = limits[RISE_LIMITS.get(told.moment, "pain_rise")]
    at_start = (None, None) if start is None or start is told else (start.back, start.leg)
    pains = (
        ("back", told.back, at_start[0], limits["pain_ceiling"]),
        ("leg", told.leg, at_start[1], limits["leg_pain_ceiling"]),
    )
    answered = {
        name: score > ceiling or score >= limits["pain_amber"] or (before is not None and score - before > rise)
        for name, score, before, ceiling in pains
        if score is not None
    }
    if told.weaker is not None:
        answered["weaker"] = told.weaker
    if told.tolerable is not None:
        answered["not_tolerable"] = not told.tolerable
    if told.distal is not None:
        answered["distal"] = told.distal == 1 and limits["distal_action"] >= 1
    return answered


def hurt(session: SessionFact, limits: Mapping[str, float]) -> bool:
    """Return whether a session, or what was told of it afterwards, went above the clinician's limits."""
    start = session.symptoms.get(Moment.START)
    told = (any(signs(one, start, limits).values()) for one in in_order(session))
    return stopped_for_pain(session) or bool(session.incidents) or any(told)


def within_tolerance(session: SessionFact, limits: Mapping[str, float]) -> bool:
    """Return whether a session is known to have stayed within the limits, the next day included."""
    after = session.symptoms.get(Moment.NEXT_DAY)
    told = after is not None and (after.back is not None or after.leg is not None)
    return told and session.ended is StopReason.TARGET and not hurt(session, limits)


def stopped_for_pain(session: SessionFact) -> bool:
    """Return whether the session, or a set of it, ended for pain."""
    return session.ended is StopReason.PAIN or any(one.stopped is StopReason.PAIN for one in session.sets)


def feeling(history: History, limits: Mapping[str, float]) -> Feeling:
    """Return how the patient is now. A lock counts as raised.

    Answers count in the order in which they were told. A sign that was raised stays so until the same question is
    answered well; what a set was stopped for is over with the first calm answer after that session.
    """
    if history.lock is not None:
        return Feeling.RAISED
    now: dict[str, bool] = {}
    for _, answered in sorted(_answers(history, limits), key=lambda answer: answer[0]):
        if answered and not any(answered.values()):
            now.pop("stopped", None)
        now |= answered
    return Feeling.RAISED if any(now.values()) else Feeling.CALM if now else Feeling.NOT_TOLD


def _answers(history: History, limits: Mapping[str, float]) -> Iterator[tuple[float, dict[str, bool]]]:
    """Yield when something was told, and its signs; a stop for pain comes after all that was told that day."""
    for session in history.sessions:
        start, ends_at = session.symptoms.get(Moment.START), session.started_at
        for told in in_order(session):
            if told.moment not in AFTER:
                ends_at = max(ends_at, told.at)
            yield told.at, signs(told, start, limits)
        if stopped_for_pain(session):
            yield ends_at, {"stopped": True}
