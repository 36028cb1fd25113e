"""What was done away from the station, as it is being told."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from edge.records import Logged


class Page(StrEnum):
    """Which of its three questions is on the screen."""

    WHAT = "what"
    MINUTES = "minutes"
    EFFORT = "effort"


@dataclass(frozen=True, slots=True)
class Logbook:
    """``today`` is what was told of today so far. The entry under way has an id, a day, and what was said of it.

    ``offset_s`` leads from the session's time to the wall clock, as it was when the entry was begun.
    """

    today: tuple[Logged, ...] = ()
    entry_id: str = ""
    day: str = ""
    offset_s: float = 0.0
    page: Page = Page.WHAT
    what: str = ""
    minutes: int | None = None
    effort: int | None = None

    def minutes_of(self, what: str) -> float | None:
        """Return the minutes told of an activity today, None where it was not ticked off."""
        mine = [one.minutes or 0.0 for one in self.today if one.what == what]
        return sum(mine) if mine else None
