"""What is due now: where the patient is in the programme, which session of the day it is, and its routine.

A week goes by when its sessions were done, never by the calendar alone. A date can only hold somebody back: a week
lasts seven days at least, days away take the programme back, and a plan that has run out leaves the mobility floor.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from math import ceil, inf

from edge.history.aftermath import AFTER, RISE_LIMITS, came_late
from edge.history.facts import History, SessionFact
from edge.model import StopReason
from edge.prescription.limits import Limits
from edge.prescription.lines import Notice, Routine, minutes, routine
from edge.prescription.plan import Block, Prescription
from edge.prescription.row import Row
from edge.records import Moment, SymptomsTold

HOUR_S = 3600.0
OFFERS = {"gentler": Notice.GENTLER, "slot_missed": Notice.SHORT}
"""Offers that change what is due for one session, once the patient has taken them: nudges by their kind."""
TAKEN = "accepted"
OFFER_STANDS_H = 12.0
"""An offer that was taken is for today. Our choice."""
SHORT_MIN = 5.0
"""How long the short version takes: as long as the nudge says. At least one exercise is left."""
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


@dataclass(frozen=True, slots=True)
class Due:
    """What is due. ``routine`` is what would be done if the patient began now, due or not.

    ``session`` counts today's sessions from 1 and is None where nothing is due now; ``next_at`` is then when it will
    be in seconds since 1970 UTC, None where not today. ``done_today``, ``missed`` (sessions of this week's days gone
    by that were not begun) and ``away_days`` (at least so many in a row) are None where the clock does not tell.
    """

    week: int
    day: int | None
    block: Block
    routine: Routine
    session: int | None = None
    next_at: float | None = None
    done_today: int | None = None
    missed: int | None = None
    away_days: int | None = None
    hold: Hold | None = None

    @property
    def now(self) -> bool:
        """Whether a session is due now."""
        return self.session is not None


def due(plan: Prescription, history: History, now: Now) -> Due:
    """Return what is due now under ``plan``, given what was done."""
    sessions = tuple(one for one in history.sessions if plan.began <= one.plan_version <= plan.version)
    at = position(plan, sessions, now)
    day = _training_day(plan, at)
    today = _today(plan, at, sessions, now)
    number = (today.done or 0) + 1
    rows, gentle, why = _rows(plan, history, at, day, number, now)
    notices = (*why, *_progress_notices(plan, at, now), *today.notices)
    nothing = not rows or Notice.LOCKED in why
    return Due(
        week=at.week,
        day=day,
        block=plan.block_of(at.week),
        routine=routine(plan, rows, gentle=gentle, notices=notices, first_week=_first_week(history, now)),
        session=None if nothing or today.notices else number,
        next_at=today.next_at,
        done_today=today.done,
        missed=today.missed,
        away_days=at.away(now.known_day),
        hold=at.hold,
    )


def in_first_week(first: date, day: date) -> bool:
    """Tell whether a day is one of the seven that begin with the patient's first session."""
    return day - first < WEEK


def _first_week(history: History, now: Now) -> bool:
    """Tell whether today may be in the first week; where nobody knows the date, it is, which asks for no more."""
    if not history.sessions or now.known_day is None:
        return True
    return in_first_week(history.sessions[0].day, now.known_day)


# ---- where in the programme ---------------------------------------------------------------------------------


def position(plan: Prescription, sessions: Iterable[SessionFact], now: Now = UNKNOWN) -> Position:
    """Return where in the programme the sessions have brought the patient by ``now``."""
    at = Position()
    for session in sessions:
        day = _day(session)
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


def offer_taken(history: History, now: Now) -> Notice | None:
    """Return which offer the patient has taken for the session that comes; None where none stands.

    It ends with the next session in which something is done. Where nobody knows the time it stands: it asks for less.
    """
    since = max((one.started_at for one in history.sessions if trained(one)), default=0.0)
    taken = [one for one in history.nudges if one.what in OFFERS and one.answered == TAKEN and one.at > since]
    standing = [one for one in taken if not now.clock_trusted or now.at - one.at < OFFER_STANDS_H * HOUR_S]
    return OFFERS[standing[-1].what] if standing else None


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


def _training_day(plan: Prescription, at: Position) -> int | None:
    """Return the training day that is next: the one after the last that was completed."""
    days = sorted({row.day for row in _of_week(plan, at.week) if row.day is not None})
    return days[at.done % len(days)] if days else None


def _of_week(plan: Prescription, week: int) -> list[Row]:
    return [row for row in plan.rows if row.weeks is None or week in row.weeks]


# ---- what is to be done -------------------------------------------------------------------------------------


def _rows(
    plan: Prescription, history: History, at: Position, day: int | None, number: int, now: Now
) -> tuple[Sequence[Row], bool, tuple[Notice, ...]]:
    """Return the rows of today's session of that number, whether they are the mobility floor, and why."""
    if history.lock is not None:
        return (), False, (Notice.LOCKED,)
    fallback = _fallback(plan, history, at, now)
    if fallback is Notice.PLAN_OVER:
        return (), True, (fallback,)
    if fallback is not None:
        return plan.floor, True, (fallback,)
    rows = [row for row in _of_week(plan, at.week) if row.day in (None, day)]
    rows = [row for row in rows if number <= row.times_per_day]
    taken = offer_taken(history, now)
    if taken is Notice.GENTLER and plan.floor:
        return plan.floor, True, (taken,)
    if taken is Notice.SHORT:
        return short(plan, rows), False, (taken,)
    return rows, False, ()


def short(plan: Prescription, rows: Sequence[Row]) -> Sequence[Row]:
    """Return the first rows of a session that take no more than a few minutes together, at least one."""
    ordered = sorted(rows, key=lambda row: row.order)
    fitting = [n for n in range(1, len(ordered) + 1) if minutes(routine(plan, ordered[:n]).lines) <= SHORT_MIN]
    return ordered[: max(fitting, default=1)]


def _fallback(plan: Prescription, history: History, at: Position, now: Now) -> Notice | None:
    """Return why the plan itself is not to be trained by, None where it is."""
    latest = _latest_day(history, now)
    if plan.valid_until is not None and latest is not None and latest > plan.valid_until:
        over = latest > plan.valid_until + timedelta(days=plan.limits["grace_days"])
        return Notice.PLAN_OVER if over else Notice.PLAN_OVER_GENTLE
    if plan.valid_from is not None and now.known_day is not None and now.known_day < plan.valid_from:
        return Notice.PLAN_LATER
    return Notice.AWAY_ASK if at.asked is not None else None


def _latest_day(history: History, now: Now) -> date | None:
    """Return the latest day that is known to have come; a clock set back does not make a plan valid again."""
    known = [day for session in history.sessions if (day := _day(session)) is not None]
    return max([*known, *([now.day] if now.clock_trusted else [])], default=None)


def _day(session: SessionFact) -> date | None:
    return session.day if session.clock_trusted else None


def _progress_notices(plan: Prescription, at: Position, now: Now) -> tuple[Notice, ...]:
    block = plan.block_of(at.week)
    finished = (
        plan.weeks > 1 and at.week == plan.weeks and at.done >= ceil(block.done_share * block.sessions_per_week)
    )
    said = (
        (Notice.AWAY_REGRESSED, at.regressed and at.asked is None),
        (Notice.HELD, at.hold is not None),
        (Notice.FINISHED, finished),
        (Notice.CLOCK, not now.clock_trusted),
    )
    return tuple(notice for notice, true in said if true)


# ---- today --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Today:
    """What is known of today: sessions begun, sessions missed before, and why none is due now."""

    done: int | None = None
    missed: int | None = None
    next_at: float | None = None
    notices: tuple[Notice, ...] = ()


def _today(plan: Prescription, at: Position, sessions: Sequence[SessionFact], now: Now) -> _Today:
    """Look at today's sessions. With a clock nobody trusts one is always due: the same dose again raises none."""
    if now.known_day is None:
        return _Today()
    block = plan.block_of(at.week)
    sessions = [session for session in sessions if trained(session)]
    days = [day for session in sessions if (day := _day(session)) is not None]
    done = days.count(now.day)
    missed = _missed(block, at, days, now.day)
    if done >= block.sessions_per_day:
        return _Today(done, missed, notices=(Notice.DONE_TODAY,))
    if not done and _rests(block, days, now.day):
        return _Today(done, missed, notices=(Notice.REST_DAY,))
    begun_at = max((session.started_at for session in sessions if _day(session) == now.day), default=None)
    next_at = None if begun_at is None else begun_at + plan.limits["slot_gap_h"] * HOUR_S
    if next_at is not None and now.at < next_at:
        return _Today(done, missed, next_at, (Notice.WAIT,))
    return _Today(done, missed)


def _rests(block: Block, days: Sequence[date], today: date) -> bool:
    """Tell whether the block wants a free day today: too near to the last one, or enough days in the last seven."""
    before = {day for day in days if day < today}
    near = any((today - day).days <= block.rest_days for day in before)
    return near or len({day for day in before if today - day < WEEK}) >= block.days_per_week


def _missed(block: Block, at: Position, days: Sequence[date], today: date) -> int:
    """Return how many sessions of this week's days gone by were not begun."""
    if at.since is None or today < at.since:
        return 0
    gone = min((today - at.since).days, 7)
    asked = min(gone * block.sessions_per_day, block.sessions_per_week)
    if block.days_per_week < 7:  # free days are the patient's to place: missed is what the week cannot hold any more
        asked = max(block.sessions_per_week - (7 - gone) * block.sessions_per_day, 0)
    begun = sum(at.since <= day < today for day in days)
    begun += sum(trained(one) and _day(one) is None for one in at.recent)  # may have been on any of these days
    return max(asked - begun, 0)
