"""The moments at which the table is asked, each with everything that has to be known then.

No field has a default that stands for "all is well": who asks must say what is known, and None is "not known".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from edge.history.facts import SetFact
from edge.prescription.limits import Limits
from edge.records import Form, Incident, Locked, Moment, SymptomsTold
from edge.safety import band as bands
from edge.safety import sets, standing, symptoms
from edge.safety.table import Finding, Verdict, found
from edge.safety.table import verdict as of_findings


@dataclass(frozen=True, slots=True)
class FollowUp:
    """The question about a session 24 or 48 hours after it.

    ``start`` and ``last`` are its first and last answers. ``told`` is None where it was not answered; ``due`` is
    False where it is too early to ask, ``late`` True where it was told long after those days.
    """

    moment: Moment
    start: SymptomsTold | None
    last: SymptomsTold | None
    told: SymptomsTold | None
    due: bool = True
    late: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Beginning:
    """Before a session. ``starts`` are the check-ins of earlier sessions, oldest first, without this one.

    ``flags_due`` is the form that is due and not answered. ``today`` is None where no clock can be trusted.
    ``plan_last_day`` is None for a plan without an end.
    """

    locks: Sequence[Locked]
    flags_due: Form | None
    start: SymptomsTold | None
    starts: Sequence[SymptomsTold]
    follow_ups: Sequence[FollowUp]
    today: date | None
    has_plan: bool
    plan_last_day: date | None
    has_floor: bool
    newer_plan_waits: bool
    interrupted: bool
    asked_since: bool
    band: bands.Band | None


@dataclass(frozen=True, slots=True)
class Asked:
    """In a session, or at its end: what was told now, against its start.

    ``asked`` is what was asked, None for all of the moment's questions.
    """

    start: SymptomsTold | None
    told: SymptomsTold | None
    asked: Sequence[str] | None = None


@dataclass(frozen=True, slots=True)
class AfterSet:
    """A set is over. ``before`` are the earlier sets of the same exercise in this session."""

    done: SetFact
    before: Sequence[SetFact]
    incidents: Sequence[Incident]


@dataclass(frozen=True, slots=True)
class InSet:
    """In the middle of a set: what has happened in it so far."""

    incidents: Sequence[Incident]


Situation = Beginning | Asked | AfterSet | InSet | FollowUp


def verdict(situation: Situation, limits: Limits) -> Verdict:
    """Return what is to be done in a situation, and every reason, the strictest first."""
    return of_findings(findings(situation, limits))


def findings(situation: Situation, limits: Limits) -> tuple[Finding, ...]:
    """Return every rule that fires in a situation."""
    match situation:
        case Beginning():
            return _beginning(situation, limits)
        case Asked(start, told, asked):
            return symptoms.in_session(start, told, limits, asked)
        case AfterSet(done, before, happened):
            return (*sets.after_set(done, before, limits), *sets.incidents(happened))
        case InSet(happened):
            return sets.incidents(happened)
        case FollowUp(moment, start, last, told, due, late):
            return symptoms.later(start, last, told, moment, limits, late=late) if due else symptoms.too_early()


def _beginning(now: Beginning, limits: Limits) -> tuple[Finding, ...]:
    locked = tuple(found("locked", lock=one.lock_id, severity=str(one.severity)) for one in now.locks)
    due = (found("flags_due", form=str(now.flags_due)),) if now.flags_due is not None else ()
    starts = [*now.starts, *([now.start] if now.start is not None else [])]
    plan = standing.plan(
        now.plan_last_day, now.today, limits,
        has_plan=now.has_plan, has_floor=now.has_floor, newer_waits=now.newer_plan_waits,
    )  # fmt: skip
    return (
        *locked,
        *due,
        *symptoms.in_session(now.start, now.start, limits),
        *symptoms.leg_trend(starts),
        *(one for follow_up in now.follow_ups for one in findings(follow_up, limits)),
        *plan,
        *standing.cut_off(interrupted=now.interrupted, asked_since=now.asked_since),
        *(bands.band(now.band, now.today, limits) if now.band is not None else ()),
    )
