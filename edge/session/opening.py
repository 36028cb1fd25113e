"""What is known when a session opens: the patient's own date, whether to believe it, and what to ask first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, tzinfo

from edge.history.facts import History
from edge.records import Moment
from edge.session.asking import Question, about_symptoms
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

    @property
    def day(self) -> str:
        """The patient's own date, as 2026-09-21."""
        return datetime.fromtimestamp(self.wall, self.zone).date().isoformat()

    @property
    def trusted(self) -> bool:
        """False where the clock may be wrong: nobody set it, or it is behind what was written down before."""
        newest = max((session.started_at for session in self.history.sessions), default=0.0)
        return self.sure and self.wall >= newest


Opening = Callable[[Now, str], tuple[Question, ...]]
"""Which questions come before the first set of the session with this id."""


def no_questions(_now: Now, _session_id: str) -> tuple[Question, ...]:
    """Ask nothing."""
    return ()


def check_in(now: Now, session_id: str) -> tuple[Question, ...]:
    """Ask how it was since the last session, where that is due, and how it is now."""
    since = follow_up_due(now.history, now.wall, clock_trusted=now.trusted)
    return (*since, *about_symptoms(Moment.START, session_id))
