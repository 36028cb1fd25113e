"""Tempo as people write it: ``3.1.0``, ``3-1-1-0``, ``3.1.X``, ``x.1.x``, "slow and controlled", "5 s hold".

The order is eccentric, pause, concentric, pause. A 0 (or a small x) means "at your own speed": that part is not
judged; it is not a target of zero seconds. A capital X in the concentric place means "as fast as you can with
control" and is not judged either. A pause alone may be written in words; where they do not say which of the two
pauses is meant, it is the one at the far end of the movement, which the exercise knows.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

LONGEST_PHASE_S = 20.0
"""Longest phase a plan may ask for; longer isometric work is a hold, not a tempo. Our limit."""

SLOW = "slow and controlled"
WORDS = ("normal", SLOW)
"""Tempos without a number: the source programmes give none, so nothing is judged."""

BOTTOM_WORDS = ("bottom", "chest", "box", "bench")
TOP_WORDS = ("top",)
"""Where a pause in words may be: at the end of the eccentric part or of the concentric part. A bell or bar on the
chest and a seat on a box or bench are ends of a lowering."""

_PART = re.compile(r"[0-9]{1,3}(\.[0-9])?|[xX]")
_NUMBER = r"(?P<seconds>[0-9]{1,3}(\.[0-9])?)[ -]?(s|sec|secs|second|seconds)"
_PAUSE = re.compile(
    rf"({_NUMBER} (pause|hold)|(pause|hold) {_NUMBER.replace('seconds>', 'after>')})"
    rf"( (at|on|in) the (?P<place>{'|'.join(BOTTOM_WORDS + TOP_WORDS)}))?( (each|every|per) rep)?"
)


class TempoError(ValueError):
    """A tempo that cannot be read; the message names the value and what was expected."""


@dataclass(frozen=True, slots=True)
class Tempo:
    """Seconds per phase, None where it is not judged; ``text`` is what the clinician wrote.

    ``hold_s`` is the pause at the far end of the movement, for an exercise not known here; :meth:`placed` makes it
    the bottom or the top pause. ``fast`` says that the concentric part is wanted as fast as possible.
    """

    text: str
    eccentric_s: float | None = None
    bottom_s: float | None = None
    concentric_s: float | None = None
    top_s: float | None = None
    hold_s: float | None = None
    fast: bool = False

    @property
    def judged(self) -> bool:
        """True when at least one phase has a target."""
        return any(part is not None for part in (*self.parts, self.hold_s))

    @property
    def parts(self) -> tuple[float | None, float | None, float | None, float | None]:
        """The four digits: eccentric, bottom, concentric and top."""
        return self.eccentric_s, self.bottom_s, self.concentric_s, self.top_s

    @property
    def paced(self) -> bool:
        """True when the concentric part is held back on purpose, by its number or by the words for slow."""
        return self.concentric_s is not None or self.text == SLOW

    def placed(self, *, starts_concentric: bool) -> Tempo:
        """Return the same tempo with the pause at the far end put where it is in such an exercise.

        >>> parse_tempo("5 s hold").placed(starts_concentric=True).top_s
        5.0
        """
        if self.hold_s is None:
            return self
        if starts_concentric:
            return replace(self, top_s=self.hold_s, hold_s=None)
        return replace(self, bottom_s=self.hold_s, hold_s=None)


UNSAID = Tempo("")
"""Where a plan says nothing of tempo: not even that it should be normal."""


def parse_tempo(text: str) -> Tempo:
    """Read a tempo. Raises TempoError for anything that is not one.

    >>> parse_tempo("3.1.0").eccentric_s, parse_tempo("3.1.0").concentric_s
    (3.0, None)
    >>> parse_tempo("x.1.x").bottom_s, parse_tempo("1 s pause on the chest").bottom_s
    (1.0, 1.0)
    """
    clean = " ".join(text.split())
    if clean.lower() in WORDS:
        return Tempo(clean.lower())
    pause = _PAUSE.fullmatch(clean.lower())
    if pause:
        return _pause_only(clean, pause)
    parts = clean.split("-") if "-" in clean else clean.split(".")
    if len(parts) not in (3, 4) or not all(_PART.fullmatch(part) for part in parts):
        raise TempoError(
            f"tempo {text[:40]!r} cannot be read: write seconds as 3.1.0 or 3-1-1-0, "
            f"x for a part that is not judged, a pause alone as 1 s pause, or one of: {', '.join(WORDS)}"
        )
    eccentric_s, bottom_s, concentric_s, *rest = (_seconds(part, clean) for part in parts)
    # Fast down is nothing anybody asks for: X.1.X is x.1.x with the capitals left on.
    fast = parts[2] == "X" and parts[0] != "X"
    return Tempo(clean, eccentric_s, bottom_s, concentric_s, top_s=rest[0] if rest else None, fast=fast)


def _pause_only(clean: str, pause: re.Match[str]) -> Tempo:
    seconds = _seconds(pause["seconds"] or pause["after"], clean)
    if pause["place"] is None:
        return Tempo(clean, hold_s=seconds)
    return Tempo(clean, top_s=seconds) if pause["place"] in TOP_WORDS else Tempo(clean, bottom_s=seconds)


def _seconds(part: str, text: str) -> float | None:
    if part in ("x", "X"):
        return None
    value = float(part)
    if value > LONGEST_PHASE_S:
        raise TempoError(f"tempo {text[:40]!r} asks for {value:g} s in one part: at most {LONGEST_PHASE_S:g} s")
    return value or None
