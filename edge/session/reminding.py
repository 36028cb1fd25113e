"""What the idle agenda reminds of: one nudge at most, and none that the station could not follow up."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

from edge.care.nudges import SHOWN, Nudge, nudges_due, slots_of
from edge.care.testing import tests_due
from edge.history.facts import History
from edge.prescription.due import Due
from edge.prescription.lines import Notice
from edge.prescription.offers import OFFERS, short
from edge.prescription.plan import Prescription
from edge.records import Moment
from edge.session.asking import Question
from edge.session.checkin import follow_up_due
from edge.session.opening import Now

ABOUT = {"check_in_24h": Moment.NEXT_DAY, "check_in_48h": Moment.SECOND_DAY}
"""Nudges that ask, and what for."""


def remind(plan: Prescription, due: Due, now: Now, shown: Nudge | None) -> tuple[Nudge | None, tuple[Question, ...]]:
    """Return the nudge to be seen now, with the questions it leads to.

    The one that is ``shown`` stays while it fits, which its own record would otherwise forbid.
    """
    if not now.trusted:
        return None, ()
    zone = now.zone or datetime.fromtimestamp(now.wall).astimezone().tzinfo
    local = datetime.fromtimestamp(now.wall, zone)
    today = date.fromisoformat(now.day)
    count = plan.block_of(due.week).sessions_per_day if due.now else 0
    slots = slots_of(today, count, due.done_today or 0, plan.limits, local.tzinfo) if local.tzinfo else ()
    # A test belongs to a session: while none is due, nobody is reminded of it.
    tests = tests_due(plan, now.history, today, zone) if due.now else ()
    questions = follow_up_due(now.history, now.wall, clock_trusted=now.trusted)
    moment = questions[0].group if questions else None
    found = [
        one
        for one in nudges_due(local, _before(now, shown), slots, plan.limits, tests_due=tests)
        if ABOUT.get(one.what, moment) == moment and _makes_a_difference(one, plan, due)
    ]
    nudge = shown if shown in found else next(iter(found), None)
    return nudge, questions if nudge is not None and nudge.what in ABOUT else ()


def _makes_a_difference(nudge: Nudge, plan: Prescription, due: Due) -> bool:
    """Tell whether an offer of another routine has one to offer: something is due that is not it already."""
    if nudge.what not in OFFERS:
        return True
    if not due.now or due.routine.gentle or Notice.SHORT in due.routine.notices:
        return False
    if OFFERS[nudge.what] is Notice.GENTLER:
        return bool(plan.floor)
    rows = [row for row in plan.rows if row.name in {line.row for line in due.routine.lines}]
    return len(short(plan, rows)) < len(rows)


def _before(now: Now, shown: Nudge | None) -> History:
    """Return the history as it was before the nudge on the screen was shown."""
    if shown is None:
        return now.history
    kept = tuple(one for one in now.history.nudges if one.nudge_id != shown.nudge_id or one.answered != SHOWN)
    return replace(now.history, nudges=kept)
