"""Tempo as people write it: ``3.1.0``, ``3-1-1-0``, ``3.1.X``, ``x.1.x``, "slow and controlled", "normal".

The order is eccentric, pause, concentric, pause. A 0 (or a small x) means "at your own speed": that part is not
judged; it is not a target of zero seconds. A capital X in the concentric place means "as fast as you can with
control" and is not judged either.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

LONGEST_PHASE_S = 20.0
"""Longest phase a plan may ask for; longer isometric work is a hold, not a tempo. Our limit."""

WORDS = ("normal", "slow and controlled")
"""Tempos without a number: the source programmes give none, so nothing is judged."""

_PART = re.compile(r"[0-9]{1,3}(\.[0-9])?|[xX]")


class TempoError(ValueError):
    """A tempo that cannot be read; the message names the value and what was expected."""


@dataclass(frozen=True, slots=True)
class Tempo:
    """Seconds per phase, None where it is not judged; ``text`` is what the clinician wrote."""

    text: str
    eccentric_s: float | None = None
    bottom_s: float | None = None
    concentric_s: float | None = None
    top_s: float | None = None

    @property
    def judged(self) -> bool:
        """True when at least one phase has a target."""
        return any(p is not None for p in (self.eccentric_s, self.bottom_s, self.concentric_s, self.top_s))


def parse_tempo(text: str) -> Tempo:
    """Read a tempo. Raises TempoError for anything that is not one.

    >>> parse_tempo("3.1.0").eccentric_s, parse_tempo("3.1.0").concentric_s
    (3.0, None)
    >>> parse_tempo("x.1.x").bottom_s
    1.0
    """
    clean = " ".join(text.split())
    if clean.lower() in WORDS:
        return Tempo(clean.lower())
    parts = clean.split("-") if "-" in clean else clean.split(".")
    if len(parts) not in (3, 4) or not all(_PART.fullmatch(part) for part in parts):
        raise TempoError(
            f"tempo {text[:40]!r} cannot be read: write seconds as 3.1.0 or 3-1-1-0, "
            f"x for a part that is not judged, or one of: {', '.join(WORDS)}"
        )
    seconds = [_seconds(part, text) for part in parts]
    return Tempo(clean, *seconds)


def _seconds(part: str, text: str) -> float | None:
    if part in ("x", "X"):
        return None
    value = float(part)
    if value > LONGEST_PHASE_S:
        raise TempoError(f"tempo {text[:40]!r} asks for {value:g} s in one part: at most {LONGEST_PHASE_S:g} s")
    return value or None
