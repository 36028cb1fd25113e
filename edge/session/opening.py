"""What is known when a session opens: the patient's own date, whether to believe it, and what to ask first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, tzinfo

from edge.history.cut_off import CutOff
from edge.history.facts import History, SessionFact
from edge.prescription.due import Due, due
from edge.prescription.limits import Limits
from edge.prescription.plan import Prescription
from edge.prescription.position import Now as At
from edge.records import FlagsAnswered, Form, Moment
from edge.safety.flags import Asked, complete, form_due, to_ask
from edge.safety.symptoms import Zone, in_session, leg_trend, zone
from edge.session.asking import Question, about_flags, about_symptoms
from edge.session.checkin import follow_up_due


@dataclass(frozen=True, slots=True)
class Now:
    """A moment as the station sees it: ``wall`` is seconds since 1970 UTC, ``zone`` the patient's.

    ``sure`` is True where the clock was set by a network or a battery; ``history`` is what happened before.
    """

    wall: float
    zone: tzinfo | None
    sure: bool
    history: History
    limits: Limits = field(default_factory=Limits)

    @property
    def day(self) -> str:
        """The patient's own date, as 2026-09-21."""
        return datetime.fromtimestamp(self.wall, self.zone).date().isoformat()

    def due(self, plan: Prescription) -> Due:
        """Return what of a plan is due."""
        return due(plan, self.history, At(self.wall, date.fromisoformat(self.day), self.trusted))

    def without(self, session_id: str) -> Now:
        """Return the same moment as if that session had not been."""
        sessions = tuple(one for one in self.history.sessions if one.session_id != session_id)
        return replace(self, history=replace(self.history, sessions=sessions))

    @property
    def trusted(self) -> bool:
        """False where the clock may be wrong: nobody set it, or it is behind what was written down before."""
        known = [session.started_at for session in self.history.sessions if session.clock_trusted]
        newest = max(known, default=0.0)
        return self.sure and self.wall >= newest


SOON_S = 4 * 3600.0
"""So long after a cut a session may go on past midnight. Our choice."""
MOST_S = 43_200.0
"""A session's own time jumps by no more than half a day, however long the power was gone: records end at 24 hours."""

Opening = Callable[[Now, str], tuple[Question, ...]]
"""Which questions come before the first set of the session with this id."""


def no_questions(_now: Now, _session_id: str) -> tuple[Question, ...]:
    """Ask nothing."""
    return ()


def check_in(now: Now, session_id: str) -> tuple[Question, ...]:
    """Ask for warning signs, where that is due; how it was since the last session; and how it is now."""
    since = follow_up_due(now.history, now.wall, clock_trusted=now.trusted)
    return (*_flags(now, session_id), *since, *about_symptoms(Moment.START, session_id))


def _flags(now: Now, session_id: str) -> tuple[Question, ...]:
    form = form_due(
        date.fromisoformat(now.day) if now.trusted else None,
        [Asked(one.form, _day(one, now), complete(one, now.history.cleared_flags)) for one in now.history.asked],
        now.limits,
        last_session=now.history.sessions[-1].day if now.history.sessions else None,
        red_since=_red_since(now),
    )
    return (
        ()
        if form is None
        else about_flags(form, [one.name for one in to_ask(form, now.history.cleared_flags)], session_id)
    )


def _day(asked: FlagsAnswered, now: Now) -> date | None:
    """Return the day on which a form was answered, None where the clock of that session could not be trusted."""
    for session in reversed(now.history.sessions):
        if asked.asked_id == f"{session.session_id}-{asked.form}":
            return session.day if session.clock_trusted else None
    return datetime.fromtimestamp(asked.at, now.zone).date()


def _red_since(now: Now) -> bool:
    """Whether a session was red, or the leg got worse and worse, since the questions were last asked in full."""
    full_at = max((one.at for one in now.history.asked if one.form is not Form.SHORT), default=0.0)
    since = [session for session in now.history.sessions if session.started_at > full_at]
    starts = [told for session in since if (told := session.symptoms.get(Moment.START)) is not None]
    return bool(leg_trend(starts)) or any(_red(session, now.limits) for session in since)


def _red(session: SessionFact, limits: Limits) -> bool:
    start = session.symptoms.get(Moment.START)
    asked = (Moment.START, Moment.WORST, Moment.RESUMED, Moment.TESTED)
    told = [one for one in session.symptoms.values() if one.moment in asked]
    return any(zone(in_session(start, one, limits)) is Zone.RED for one in told)


def may_go_on(cut: CutOff, now: Now) -> bool:
    """Tell whether a session may be offered again: on the same day or soon after, as far as the clock is known.

    One in which no set was begun starts anew instead: its questions were not all asked.
    """
    if not cut.sets and cut.begun is None:
        return False
    if not (now.trusted and cut.started.clock_trusted):
        return True
    return cut.started.day == now.day or now.wall - cut.started.started_at - cut.last_s <= SOON_S


def elapsed_s(cut: CutOff, now: Now) -> float:
    """Return the session's own time as of now; without a clock to trust, the time that is known to have passed."""
    if not (now.trusted and cut.started.clock_trusted):
        return cut.last_s
    return max(cut.last_s, min(now.wall - cut.started.started_at, MOST_S))
