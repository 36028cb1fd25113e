"""When a converter converts, told from when a host that looks now and then finds something new.

A conversion was made after the last look that found nothing and before the one that found it. Within these bounds
it is where the rhythm so far puts it, so that samples are dated better than the host looks.
"""

from __future__ import annotations

from collections import deque
from statistics import median

LOOKS_PER_CONVERSION = 2.5
"""A host that looks this often loses nothing to a converter whose own oscillator runs up to twice as fast as it is
named. No whole number, so that looks and conversions do not fall in step."""
MISSED = 1.5
"""From so many usual intervals on, a conversion is missing in between."""
INTERVALS = 7
"""The usual interval is the median of so many: three odd ones do not move it, and a new rate is known after four."""
RHYTHM = 64
"""The rhythm is taken over so many conversions: dated 5 ms wrong at both ends it is still right to 0.2 ms."""


class Cadence:
    """Dates conversions and notices missing ones, for a converter asked for ``rate_hz``."""

    def __init__(self, rate_hz: float) -> None:
        self._asked_s = 1.0 / rate_hz
        self.paused = False
        self._intervals_s: deque[float] = deque(maxlen=INTERVALS)
        self.restart()

    def restart(self) -> None:
        """The next conversion does not follow from those before; how often they come is still known."""
        self._idle_s: float | None = None
        self._watched_s = 0.0
        self._rhythm: deque[tuple[int, float]] = deque(maxlen=RHYTHM)

    def idle(self, now_s: float) -> None:
        """Nothing new was found at ``now_s``."""
        if self._away(now_s):
            self._watched_s = now_s
        self._idle_s = now_s

    def _away(self, now_s: float) -> bool:
        """Return whether the host has not looked for so long that a conversion may have come and been replaced."""
        return self._idle_s is None or now_s - self._idle_s >= self.interval_s

    def found(self, now_s: float) -> tuple[float, bool]:
        """A new conversion was found at ``now_s``; return when it was made, and whether any is missing before it.

        ``paused`` says of missing ones that the host looked all the while they should have come: the converter made
        none. A host that was away and is back has lost some, and which one is missing may turn out only at the next.
        """
        watched_s = now_s if self._away(now_s) else self._watched_s
        since_s, self._idle_s, self._watched_s = self._idle_s, now_s, now_s
        self.paused = False
        if not self._rhythm:
            made_s = now_s if since_s is None else (since_s + now_s) / 2
            self._rhythm.append((0, made_s))
            return made_s, False
        number, last_s = self._rhythm[-1]
        # A conversion that nobody fetched was replaced by the next: what is found is younger than a period.
        earliest_s = max(last_s if since_s is None else since_s, now_s - self._period_s)
        steps = max(1, round(((earliest_s + now_s) / 2 - last_s) / self._period_s))
        made_s = min(max(last_s + steps * self._period_s, earliest_s), now_s)
        if made_s <= last_s:  # the clock stands still: nothing can be dated
            made_s = now_s
        missing = made_s - last_s > MISSED * self.interval_s
        self.paused = missing and now_s - watched_s > MISSED * self.interval_s
        self._rhythm.append((number + steps, made_s))
        self._intervals_s.append(made_s - last_s)
        return made_s, missing

    @property
    def interval_s(self) -> float:
        """The usual time between two conversions that were found."""
        return median(self._intervals_s) if len(self._intervals_s) == INTERVALS else self._asked_s

    @property
    def rate_hz(self) -> float | None:
        """Conversions a second over the newest few; None while too few were found."""
        whole = len(self._intervals_s) == INTERVALS
        return INTERVALS / sum(self._intervals_s) if whole else None

    @property
    def _period_s(self) -> float:
        (first, first_s), (last, last_s) = self._rhythm[0], self._rhythm[-1]
        return (last_s - first_s) / (last - first) if last - first >= INTERVALS else self._asked_s
