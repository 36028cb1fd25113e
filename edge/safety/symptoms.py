"""What the patient's answers about symptoms mean: green, amber, red or unknown, and which rules they fire.

Back and leg are held apart and each against its own start. An answer that was not given is never 0: in a session it
is waited for, after a session it counts as above the last one. "Not bearable" outranks every number. The limits are
those of a pain-monitoring model (Thomee 1997, Silbernagel 2007) made for tendons and knees; for the leg pain of
sciatica nobody has validated them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from itertools import pairwise

from edge.prescription.limits import Limits
from edge.records import Moment, SymptomsTold
from edge.safety.table import Action, Finding, found

PARTS = ("back", "leg")
MOST = 10
QUESTIONS: Mapping[Moment, tuple[str, ...]] = {
    Moment.START: ("back", "leg", "distal"),
    Moment.RESUMED: ("back", "leg", "weaker"),
    Moment.WORST: ("back", "leg", "distal", "weaker", "tolerable"),
    Moment.TESTED: ("change", "back", "leg", "weaker"),
    Moment.NEXT_DAY: ("back", "leg", "weaker", "tolerable"),
    Moment.SECOND_DAY: ("back", "leg", "weaker", "tolerable"),
}
"""What is asked at each moment, and has to be answered. Our choice: as few taps as the rules can do with."""
AFTER_A_SET = ("back", "leg", "weaker")
"""What of it is asked where a set or a test has hurt: in the middle of a session only what decides what is next."""
TREND_SESSIONS = 3
UNANSWERED = ("symptoms_unanswered", "later_unanswered", "later_waits")


class Zone(StrEnum):
    """What all answers of a moment come to."""

    GREEN = "green"
    AMBER = "amber"
    RED = "red"
    UNKNOWN = "unknown"


def zone(findings: Iterable[Finding]) -> Zone:
    """Return the zone: red before unknown, because a red answer needs no other to be red."""
    keys = {one.rule.key: one.rule.action for one in findings}
    if any(action is Action.STOP and key not in UNANSWERED for key, action in keys.items()):
        return Zone.RED
    if any(key in UNANSWERED for key in keys):
        return Zone.UNKNOWN
    return Zone.AMBER if any(action is not Action.CONTINUE for action in keys.values()) else Zone.GREEN


def in_session(
    start: SymptomsTold | None, told: SymptomsTold | None, limits: Limits, asked: Sequence[str] | None = None
) -> tuple[Finding, ...]:
    """Return the rules that fire for answers in a session; ``told`` is ``start`` itself at its beginning.

    None for either means that nobody was asked, or nobody answered: the session waits. ``asked`` is what was asked,
    where that is not all of the moment's ``QUESTIONS``.
    """
    if start is None or told is None:
        return (found("symptoms_unanswered", missing="all"),)
    findings = _missing(told, questions_of(told) if asked is None else asked, "symptoms_unanswered")
    findings += [one for part in PARTS for one in _score(part, start, told, limits)]
    if told.weaker:
        findings.append(found("weaker", moment=told.moment))
    if told.tolerable is False:
        findings.append(found("not_bearable", moment=told.moment))
    return (*findings, *_spread(told, limits))


def questions_of(told: SymptomsTold) -> tuple[str, ...]:
    """Return what has to be answered at the moment of an answer; how much only of a test that hurt more."""
    unhurt = told.moment is Moment.TESTED and told.change != 1
    return ("change",) if unhurt else QUESTIONS[told.moment]


def _missing(told: SymptomsTold, questions: Sequence[str], rule: str) -> list[Finding]:
    # A leg without symptoms is not asked how far they reach.
    asked = [name for name in questions if not (name == "distal" and told.leg == 0)]
    names = [name for name in asked if getattr(told, name) is None]
    return [found(rule, moment=told.moment, missing=" ".join(names))] if names else []


def _score(part: str, start: SymptomsTold, told: SymptomsTold, limits: Limits) -> list[Finding]:
    before, now = getattr(start, part), getattr(told, part)
    if now is None:
        return []  # already fired as missing, which is stricter than anything below
    facts = {"part": part, "score": now, "start": before, "moment": str(told.moment)}
    ceiling = limits["pain_ceiling" if part == "back" else "leg_pain_ceiling"]
    findings = []
    if now >= limits["pain_red"]:
        findings.append(found("pain_red", **facts))
    if now > ceiling or now >= limits["pain_amber"]:
        findings.append(found("pain_amber", **facts))
    if before is None:
        return [*findings, found("symptoms_unanswered", **facts)]
    if now - before >= limits["pain_rise_red"]:
        findings.append(found("pain_rise_red", **facts))
    if now - before > limits["pain_rise"]:
        findings.append(found("pain_rise_amber", **facts))
    return findings


def _spread(told: SymptomsTold, limits: Limits) -> list[Finding]:
    if told.distal != 1:
        return []
    findings = [found("distal_noted")] if limits["distal_action"] < 1 else [found("distal_spread")]
    return findings + ([found("distal_regress")] if limits["distal_action"] >= 2 else [])


def later(
    start: SymptomsTold | None,
    last: SymptomsTold | None,
    told: SymptomsTold | None,
    moment: Moment,
    limits: Limits,
    *,
    late: bool = False,
) -> tuple[Finding, ...]:
    """Return the rules that fire for what was told 24 or 48 hours after a session, an answer that is due by now.

    ``start`` and ``last`` are the first and the last answers of that session. Where a score is missing it is taken
    as one above the last one; a missing answer about weakness is waited for. What was told ``late`` holds whatever it
    says: its scores are of no day in particular, and only its plain words can ask for less.
    """
    told = told or SymptomsTold(_session(start, last), moment, 0.0)
    findings = _missing(told, [name for name in QUESTIONS[moment] if name != "weaker"], "later_unanswered")
    findings += _missing(told, ["weaker"], "symptoms_unanswered")
    for part in PARTS:
        scored = _later_score(part, start, last, told, limits)
        findings += [one for one in scored if one.rule.action is Action.HOLD or not late]
    if late:
        findings.append(found("later_late", moment=moment))
    if told.weaker:
        findings.append(found("weaker", moment=moment))
    if told.tolerable is False:
        findings.append(found("not_bearable_later", moment=moment))
    return (*findings, *_spread(told, limits))


def _session(*told: SymptomsTold | None) -> str:
    return next((one.session_id for one in told if one is not None), "unknown-session")


def _later_score(
    part: str, start: SymptomsTold | None, last: SymptomsTold | None, told: SymptomsTold, limits: Limits
) -> list[Finding]:
    before, now = getattr(start, part, None), getattr(told, part)
    answered = now is not None
    if not answered:
        known = [value for one in (last, start) if (value := getattr(one, part, None)) is not None]
        now = min(known[0] + 1, MOST) if known else None
    facts = {"part": part, "score": now, "answered": answered, "start": before, "moment": str(told.moment)}
    if before is None or now is None:
        return [found("later_unanswered", **facts)]
    rise, findings = now - before, []
    if told.moment is Moment.NEXT_DAY:
        if rise > limits["rise_24h"]:
            findings.append(found("later_raised", **facts))
        if rise >= limits["rise_24h_regress"]:
            findings.append(found("later_high", **facts))
    elif rise > limits["rise_48h"]:
        findings += [found("later_raised", **facts), found("still_raised", **facts)]
    return findings


def too_early() -> tuple[Finding, ...]:
    """Return that the next day's answer is not due yet: nothing goes up before it."""
    return (found("later_waits"),)


def leg_trend(starts: Sequence[SymptomsTold]) -> tuple[Finding, ...]:
    """Return that the leg gets worse from session to session; ``starts`` are the check-ins, oldest first.

    Fires where leg pain rose at each of the last three check-ins, or reached further down at both of the last two. A
    score that is missing is taken as above the one before it.
    """
    newest = list(starts)[-TREND_SESSIONS:]
    scores = [-1] if not newest else [newest[0].leg or 0]
    for one in newest[1:]:
        scores.append(min(scores[-1] + 1, MOST) if one.leg is None else one.leg)
    rising = len(scores) == TREND_SESSIONS and all(b > a for a, b in pairwise(scores))
    told = any(one.leg is not None for one in newest[1:])
    spreading = len(newest) >= 2 and all(one.distal == 1 for one in newest[-2:])
    return (found("leg_trend", leg=scores[-1]),) if (rising and told) or spreading else ()
