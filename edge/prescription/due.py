"""What is due now: which session of the day it is, and its routine.

A plan that has run out leaves the mobility floor; where nobody knows the date, what is due is no more than before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil

from edge.history.facts import History, SessionFact
from edge.prescription.lines import Notice, Routine, routine
from edge.prescription.offers import HOUR_S, offer_taken, short
from edge.prescription.plan import Block, Prescription
from edge.prescription.position import WEEK, Hold, Now, Position, day_of, position, trained
from edge.prescription.row import Row


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


def _training_day(plan: Prescription, at: Position) -> int | None:
    """Return the training day that is next: the one after the last that was completed."""
    days = sorted({row.day for row in rows_of_week(plan, at.week) if row.day is not None})
    return days[at.done % len(days)] if days else None


def rows_of_week(plan: Prescription, week: int) -> list[Row]:
    return [row for row in plan.rows if row.weeks is None or week in row.weeks]


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
    rows = [row for row in rows_of_week(plan, at.week) if row.day in (None, day)]
    rows = [row for row in rows if number <= row.times_per_day]
    taken = offer_taken(history, now)
    if taken is Notice.GENTLER and plan.floor:
        return plan.floor, True, (taken,)
    if taken is Notice.SHORT:
        return short(plan, rows), False, (taken,)
    return rows, False, ()


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
    known = [day for session in history.sessions if (day := day_of(session)) is not None]
    return max([*known, *([now.day] if now.clock_trusted else [])], default=None)


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
    days = [day for session in sessions if (day := day_of(session)) is not None]
    done = days.count(now.day)
    missed = _missed(block, at, days, now.day)
    if done >= block.sessions_per_day:
        return _Today(done, missed, notices=(Notice.DONE_TODAY,))
    if not done and _rests(block, days, now.day):
        return _Today(done, missed, notices=(Notice.REST_DAY,))
    begun_at = max((session.started_at for session in sessions if day_of(session) == now.day), default=None)
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
    begun += sum(trained(one) and day_of(one) is None for one in at.recent)  # may have been on any of these days
    return max(asked - begun, 0)
