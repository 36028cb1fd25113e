"""Where the patient is in the programme: the week, what was done in it, and why the next one does not begin yet.

A week goes by when its sessions were done, never by the calendar alone. A date can only hold somebody back: a week
lasts seven days at least, and days away take the programme back.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from math import ceil, inf

from edge.history.aftermath import AFTER, RISE_LIMITS, came_late
from edge.history.facts import SessionFact
from edge.model import StopReason
from edge.prescription.limits import Limits
from edge.prescription.plan import Block, Prescription
from edge.records import Moment, SymptomsTold

WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Now:
    """The moment: seconds since 1970 UTC, the patient's own date, and whether the clock can be trusted at all."""

    at: float
    day: date
    clock_trusted: bool

    @property
    def known_day(self) -> date | None:
        """The date, None where nobody knows it for sure."""
        return self.day if self.clock_trusted else None


UNKNOWN = Now(0.0, date(1970, 1, 1), clock_trusted=False)
"""A moment of which nothing is known."""


class Hold(StrEnum):
    """Why the next block does not begin yet."""

    SESSIONS = "sessions"
    """Too few of the week's sessions were done."""
    TOLERANCE = "tolerance"
    """The last sessions were not within tolerance, or nobody said so."""
    NEXT_DAY = "next_day"
    """What was answered the day after was not within tolerance, or nobody answered."""


@dataclass(frozen=True, slots=True)
class Position:
    """Where in the programme: the week, and what was done in it.

    ``since`` is the day on which the week began, None where no clock could be trusted; ``last`` the last day of a
    session that is known, ``version`` that session's plan. ``asked`` is the plan version under which somebody was
    away so long that the clinic is asked. ``recent`` are the sessions of this block, oldest first. ``undated``
    sessions came after ``last``, on days that nobody knows.
    """

    week: int = 1
    done: int = 0
    since: date | None = None
    last: date | None = None
    version: int = 0
    asked: int | None = None
    regressed: bool = False
    hold: Hold | None = None
    recent: tuple[SessionFact, ...] = ()
    undated: int = 0

    def away(self, day: date | None) -> int | None:
        """Return for how many days in a row there was no session by ``day``, at the least; None where nobody knows.

        Sessions without a date lie anywhere between: the longest gap is no shorter than all of them even.
        """
        gap = _gap(self.last, day)
        return None if gap is None else ceil(gap / (self.undated + 1))


def position(plan: Prescription, sessions: Iterable[SessionFact], now: Now = UNKNOWN) -> Position:
    """Return where in the programme the sessions have brought the patient by ``now``."""
    at = Position()
    for session in sessions:
        day = day_of(session)
        at = _on(plan, at, day, session.plan_version, session.started_at)
        at = replace(
            at,
            recent=(*at.recent, session),
            since=at.since or day,
            last=day or at.last,
            version=session.plan_version,
            undated=0 if day is not None else at.undated + 1,
        )
        if completed(session) and not was_gentle(plan, session):
            at = replace(at, done=at.done + 1, regressed=False)
    return _on(plan, at, now.known_day, plan.version)


def completed(session: SessionFact) -> bool:
    """Tell whether a session came to its end; one that was stopped or cut off brings no programme on."""
    return session.ended is StopReason.TARGET


def was_gentle(plan: Prescription, session: SessionFact) -> bool:
    """Tell whether only the gentle routine was done: it is a session of its day, and brings no programme on."""
    gentle = {row.name for row in plan.floor} - {row.name for row in plan.rows}
    return bool(session.sets) and all(one.row in gentle for one in session.sets)


def trained(session: SessionFact) -> bool:
    """Tell whether anything was done; one that was left at the questions is no session of the day."""
    return any(one.stopped is not StopReason.SKIPPED for one in session.sets)


def _on(plan: Prescription, at: Position, day: date | None, version: int, known_at: float = inf) -> Position:
    """Return the position on a day, before anything is done on it, by what was told until ``known_at``."""
    if at.asked is not None and version > at.asked:
        at = replace(at, asked=None)
    away = at.away(day)
    if away is not None and away >= plan.limits["missed_days_regress"]:
        ask = away >= plan.limits["missed_days_ask"] and version <= at.version
        return _back(plan, at, at.version if ask else at.asked)
    if (_gap(at.last, day) or 0) >= plan.limits["missed_days_regress"]:
        return at  # trained in between, nobody knows when: neither a week away nor, by a step of the clock, a new one
    return _forward(plan, at, day, known_at)


def _gap(last: date | None, day: date | None) -> int | None:
    """Days between two dates; None where one is not known, or the clock ran backwards."""
    return None if last is None or day is None or day < last else (day - last).days


def _back(plan: Prescription, at: Position, asked: int | None) -> Position:
    """Return to the beginning of the block before, or of the first one."""
    blocks = plan.blocks
    here = blocks.index(plan.block_of(at.week))
    week = blocks[max(here - 1, 0)].weeks.low
    return Position(week=week, last=at.last, undated=at.undated, version=at.version, asked=asked, regressed=True)


def _forward(plan: Prescription, at: Position, day: date | None, known_at: float) -> Position:
    """Begin the next week, if this one is over by its sessions and, where it is known, by its days."""
    if at.week >= plan.weeks or not _week_over(plan, at, day):
        return replace(at, hold=None)
    block = plan.block_of(at.week)
    if at.week < block.weeks.high:
        return replace(at, week=at.week + 1, done=0, since=day, hold=None)
    hold = block_hold(plan, block, at.recent, known_at)
    if hold is not None:
        return replace(at, hold=hold)
    return replace(at, week=at.week + 1, done=0, since=day, hold=None, regressed=False, recent=())


def _week_over(plan: Prescription, at: Position, day: date | None) -> bool:
    block = plan.block_of(at.week)
    if day is None or at.since is None:
        # Nobody knows how many days it has been: every session of the week has to be done.
        return at.done >= block.sessions_per_week
    return at.done >= ceil(block.done_share * block.sessions_per_week) and day - at.since >= WEEK


def block_hold(
    plan: Prescription, block: Block, sessions: Sequence[SessionFact], known_at: float = inf
) -> Hold | None:
    """Return why the block is not to be left yet, None where nothing speaks against it. Not answered holds.

    Only answers that were given before ``known_at`` (seconds since 1970 UTC) are looked at: one that came later began
    no block on the day before.
    """
    last = [one for one in sessions if completed(one)][-block.settled_sessions :]
    if len(last) < block.settled_sessions:
        return Hold.SESSIONS
    if not all(tolerated(one, plan.limits) for one in last):
        return Hold.TOLERANCE
    return None if _settled(sessions, plan.limits, known_at) else Hold.NEXT_DAY


def tolerated(session: SessionFact, limits: Limits) -> bool:
    """Tell whether symptoms stayed under the ceilings; what was not answered did not."""
    worst = session.symptoms.get(Moment.WORST)
    return (
        worst is not None
        and worst.tolerable is not False
        and not worst.weaker
        and worst.back is not None
        and worst.back <= limits["pain_ceiling"]
        and worst.leg is not None
        and worst.leg <= limits["leg_pain_ceiling"]
    )


def _settled(sessions: Sequence[SessionFact], limits: Limits, known_at: float) -> bool:
    """Tell whether the newest answers of the days after were within the allowed rise over their session's start.

    One that came late shows no day as settled; it speaks against that like any other.
    """
    for session in reversed(sessions):
        start = session.symptoms.get(Moment.START)
        told = [one for when in AFTER if (one := session.symptoms.get(when)) is not None and one.at <= known_at]
        if not all(_rise_allowed(start, one, limits[RISE_LIMITS[one.moment]]) for one in told):
            return False
        if not all(came_late(session, one) for one in told):
            return True
    return False


def _rise_allowed(before: SymptomsTold | None, after: SymptomsTold, allowed: float) -> bool:
    if before is None or after.tolerable is False or after.weaker:
        return False
    pairs = ((before.back, after.back), (before.leg, after.leg))
    return all(was is not None and now is not None and now - was <= allowed for was, now in pairs)


def day_of(session: SessionFact) -> date | None:
    """Return the day of a session, None where its clock could not be trusted."""
    return session.day if session.clock_trusted else None
