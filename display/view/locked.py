"""Training is locked, as it is seen: what the gravest lock asks for; every word of it is on the station."""

from __future__ import annotations

from display.parts import Header
from display.shapes import LockedView
from display.station_info import StationInfo
from display.words import say
from edge.records import Severity
from edge.safety.flags import locked_words
from edge.session import SessionState


def locked_view(state: SessionState, station: StationInfo) -> LockedView:
    """Return the screen."""
    gravest = min((lock.severity for lock in state.locks), key=tuple(Severity).index, default=Severity.EMERGENCY)
    words = locked_words(gravest, station.clinic_number, station.emergency_number)
    return LockedView(
        header=Header(say("locked.header"), say(f"sync.{station.sync}")),
        title=_in_two(words.title),
        lines=words.lines,
        kept=say("locked.kept"),
    )


def _in_two(text: str) -> tuple[str, ...]:
    """Return a sentence in two lines of about the same length."""
    words_of = text.split()
    cut = min(range(1, len(words_of)), key=lambda k: abs(len(" ".join(words_of[:k])) - len(text) / 2), default=0)
    return (" ".join(words_of[:cut]), " ".join(words_of[cut:])) if cut else (text,)
