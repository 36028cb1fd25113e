"""How the symptoms answered a session: the zone it was in, and what the next two days said.

Zones after the pain-monitoring model (Thomee 1997, Silbernagel 2007), with the clinician's cut-points. Back and leg
are told apart. What was not answered is unknown, never zero.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import IntEnum

from edge.history.facts import SessionFact
from edge.prescription.limits import Limits
from edge.records import Moment, SymptomsTold

SITES = ("back", "leg")
DURING = (Moment.WORST, Moment.RESUMED)
AFTER = (Moment.NEXT_DAY, Moment.SECOND_DAY)
PLAIN_DURING = ("weaker", "tolerable")
PLAIN_AFTER = ("tolerable",)
"""What has to be answered beside the scores, and how far down the leg it went where there is anything in the leg."""
NEXT_DAY_FROM_S = 12 * 3600.0
"""An answer "about the next day" given sooner is about another moment, or a clock was turned. Our choice."""


class Zone(IntEnum):
    """How a session was borne, from best to worst; unknown lies above green: it may hold, never raise."""

    GREEN = 0
    UNKNOWN = 1
    AMBER = 2
    RED = 3


def zone(session: SessionFact, limits: Limits) -> Zone:
    """Return the worst zone of what was told of the session itself: at its start and at its worst moment."""
    told = [session.symptoms[one] for one in (Moment.START, *DURING) if one in session.symptoms]
    zones = [_plain(one) for one in told]
    zones += [_score(one, site, session, limits) for one in told for site in SITES]
    scored = all(start_of(session, site) is not None and peak(session, site) is not None for site in SITES)
    plain = _answered([one for one in told if one.moment in DURING], PLAIN_DURING)
    return max([*zones, Zone.GREEN if scored and plain else Zone.UNKNOWN])


def _answered(told: Sequence[SymptomsTold], names: Sequence[str]) -> bool:
    """Tell whether each was answered at one of these moments; a leg without symptoms has none further down."""
    names = (*names, "distal") if any(one.leg != 0 for one in told) else names
    return all(any(getattr(one, name) is not None for one in told) for name in names)


def _plain(told: SymptomsTold) -> Zone:
    return Zone.RED if told.weaker or told.tolerable is False else Zone.GREEN


def _score(told: SymptomsTold, site: str, session: SessionFact, limits: Limits) -> Zone:
    score, start = _site(told, site), start_of(session, site)
    if score is None:
        return Zone.GREEN  # whether all of them are there is asked once, for the session
    rise = score - start if start is not None else 0
    if score >= limits["pain_red"] or rise >= limits["pain_rise_red"]:
        return Zone.RED
    ceiling = limits["pain_ceiling" if site == "back" else "leg_pain_ceiling"]
    if score > ceiling or score >= limits["pain_amber"] or rise > limits["pain_rise"]:
        return Zone.AMBER
    return Zone.GREEN


def _site(told: SymptomsTold, site: str) -> int | None:
    return told.back if site == "back" else told.leg


def start_of(session: SessionFact, site: str) -> int | None:
    """Return the score a session began with, None where it was not answered."""
    told = session.symptoms.get(Moment.START)
    return _site(told, site) if told else None


def peak(session: SessionFact, site: str) -> int | None:
    """Return the highest score told during or at the end of a session, None where there is none."""
    scores = [_site(session.symptoms[one], site) for one in DURING if one in session.symptoms]
    return max((one for one in scores if one is not None), default=None)


def rise(session: SessionFact, moment: Moment) -> int | None:
    """Return how far the worse of back and leg is above the session's start; None where either is not known.

    A score that is known to have risen counts although the other is missing: it can only hold or lower.
    """
    told = session.symptoms.get(moment)
    if told is None or (moment in AFTER and told.at - session.started_at < NEXT_DAY_FROM_S):
        return None
    pairs = [(_site(told, site), start_of(session, site)) for site in SITES]
    rises = [now - start for now, start in pairs if now is not None and start is not None]
    if len(rises) < len(SITES) and max(rises, default=0) <= 0:
        return None
    return max(rises)


def complete(session: SessionFact, moment: Moment) -> bool:
    """Tell whether everything about a moment afterwards was answered, and the scores it is held against."""
    told = session.symptoms.get(moment)
    scores = told is not None and all(
        _site(told, site) is not None and start_of(session, site) is not None for site in SITES
    )
    return told is not None and scores and _answered([told], PLAIN_AFTER)


def spiked(session: SessionFact, limits: Limits) -> bool:
    """Tell whether a session was too much: red while it lasted, or the days after it said so.

    FIELD 4.1: three points or more after 24 hours, or still raised after 48. "Bearable?" answered with no outranks
    the numbers (S2-17).
    """
    after = [session.symptoms[one] for one in AFTER if one in session.symptoms]
    next_day, second_day = rise(session, Moment.NEXT_DAY), rise(session, Moment.SECOND_DAY)
    return (
        zone(session, limits) is Zone.RED
        or any(_plain(one) is Zone.RED for one in after)
        or (next_day is not None and next_day >= limits["rise_24h_regress"])
        or (second_day is not None and second_day > limits["rise_48h"])
    )


def settled(session: SessionFact, limits: Limits) -> bool | None:
    """Tell whether the symptoms had settled by the next day; None where that was not answered in full.

    Progress waits for the answer of 24 hours at least (S2-17): where it is missing that of 48 hours serves, which has
    a stricter limit. One of the two that speaks against it is enough.
    """
    most = {Moment.NEXT_DAY: limits["rise_24h"], Moment.SECOND_DAY: limits["rise_48h"]}
    told = [one for one in AFTER if one in session.symptoms]
    changes = {one: rise(session, one) for one in told}
    raised = any(change is not None and change > most[one] for one, change in changes.items())
    if raised or spiked(session, limits) or any((session.symptoms[one].distal or 0) > 0 for one in told):
        return False
    full = [one for one in told if changes[one] is not None and complete(session, one)]
    return True if full and full == told else None


def further_down(sessions: Iterable[SessionFact]) -> bool:
    """Tell whether symptoms reached further down the leg at any moment of these sessions."""
    return any((told.distal or 0) > 0 for one in sessions for told in one.symptoms.values())


def zone_at_start(session: SessionFact, limits: Limits) -> Zone:
    """Return the zone of what was told when a session began: all there is before its first set."""
    told = session.symptoms.get(Moment.START)
    if told is None:
        return Zone.UNKNOWN
    known = Zone.GREEN if all(_site(told, site) is not None for site in SITES) else Zone.UNKNOWN
    return max([known, _plain(told), *(_score(told, site, session, limits) for site in SITES)])
