"""Keeps wrong words of a load cell's converter out of its samples without hiding a pull or a band that snaps.

A word read from the converter can be wrong by itself: all ones, ones to its end, a single spike. Force cannot do
that. What a band does to a cell is its stiffness times how somebody moves, which bounds the force in two ways::

    step   how far it goes in a time dt            stiffness * speed * dt
    tip    how far it stands out of two others,    stiffness * acceleration / 2 * before * after
           ``before`` and ``after`` away in time

(A converter's own filter, four conversions long, makes both smaller yet.) So a word within a tip of the good one
before it is believed at once. One further away waits for the next, and is dropped where it stands out of both: at
most one conversion of delay, and a sample keeps its own time. One beyond every step a pull can make waits for two.
A band that snaps goes to zero and stays there: it is late by two conversions, 25 ms at 80 a second, and never hidden.
The first word after a hole waits for two as well: a wild one there could be anything.

At 10 conversions a second a tip of any height is possible: a hard pull can come and go within one. One conversion
alone is no repetition, though, and a wrong one must not become one. So above ``TIP_MOST_N`` it is dropped all the
same, and whoever uses this at so low a rate says that the shortest pulls are not seen. What lasts for two is.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace

STIFFEST_N_M = 2500.0
"""A heavy loop band pulls with some 600 N over half a metre, 1200 N/m; doubled up, twice that."""
FASTEST_M_S = 4.0
"""Hands and bars on a band: a fast row peaks near 2 m/s. Twice that, our choice."""
HARDEST_M_S2 = 50.0
"""A tug of five times gravity at the handle: our choice, beyond what an arm does against a band."""
TIP_LEAST_N, TIP_MOST_N = 5.0, 12.0
"""Far above a converter's noise; and less than the smallest pull that anybody would count. Our choice."""
RING_SHARE = 0.3
"""Of a leap, as far as what follows may swing back: a cell and its hook ring when a band is gone. Our choice; a wild
word stands out by all of its leap."""
USUAL_NEWTON_PER_COUNT = 0.0005
"""What a cell of some 200 kg gives; for one whose newtons are unknown."""
WITNESSES, WITNESSES_OF_A_LEAP = 1, 2
WAIT_MOST = 3
"""A word that no other vouches for within so many is dropped."""
SHORTEST_ONES = 8
"""From 2**8 - 1 on, ones to the end of a word look like a data line that rose in the middle of it."""
_END_OF_RANGE = 23


@dataclass(frozen=True, slots=True)
class Word:
    """A conversion as it was read, when it was made, and whether others are missing between it and the last."""

    t_s: float
    count: int
    gap: bool = False


def looks_broken(count: int) -> bool:
    """Tell whether a word is ones to its end, as when the data line rises or is let go in the middle of it.

    It may be true all the same; then its neighbours are near. The end of the range is not among them: it lasts.
    """
    return count == -1 or (count & (count + 1) == 0 and SHORTEST_ONES <= count.bit_length() < _END_OF_RANGE)


class Guard:
    """Takes words in order and lets the believable ones through; ``dropped`` counts the others.

    >>> guard = Guard(newton_per_count=1.0)
    >>> [[word.count for word in guard.take(Word(0.0125 * i, n))] for i, n in enumerate([5, 6, 7, 900, 8, 9])]
    [[], [], [5, 6, 7], [], [8], [9]]
    """

    def __init__(self, newton_per_count: float | None) -> None:
        self._n = abs(newton_per_count or USUAL_NEWTON_PER_COUNT)
        self.dropped = 0
        self.restart()

    def restart(self) -> None:
        """Nothing vouches for the next word, and words that still wait are forgotten."""
        self._good: Word | None = None
        self._waiting: deque[Word] = deque()
        self._gap = False

    def interrupt(self) -> None:
        """Words that wait are forgotten; the last good one still says where the force can be."""
        self._waiting.clear()

    def take(self, word: Word) -> list[Word]:
        """Return the words that are believed now, oldest first: this one, those that waited for it, or none."""
        self._waiting.append(word)
        passed = []
        while self._waiting:
            verdict = self._judge(self._waiting[0])
            if verdict is None:
                break
            first = self._waiting.popleft()
            if verdict:
                passed.append(replace(first, gap=True) if self._gap else first)
                self._good, self._gap = first, False
            else:
                self._gap = True
                self.dropped += 1
        return passed

    def _judge(self, word: Word) -> bool | None:
        """Return whether a word is believed; None while that cannot be told."""
        before = self._good
        # A word that looks broken vouches for none.
        after = [other for other in list(self._waiting)[1:] if not looks_broken(other.count)]
        if before is None or word.gap:
            # After a hole the force may be anywhere: only what comes next can tell.
            needed, rings_n = WITNESSES_OF_A_LEAP, 0.0
            wrong = len(after) >= needed and not self._leads_to(word, after[0], after[1])
        elif self._apart_n(before, word) <= self._tip_n(before, word, word):
            return True
        else:
            leaps = not self._follows(before, word)
            needed = WITNESSES_OF_A_LEAP if leaps else WITNESSES
            rings_n = RING_SHARE * self._apart_n(before, word) if leaps else 0.0
            wrong = not all(self._lies_between(before, word, other) for other in after)
        if wrong:
            return False
        # Nor does one that no pull reaches from here: then that one may be wrong, or this.
        if sum(self._follows(word, other, rings_n) for other in after) >= needed:
            return True
        return False if len(self._waiting) > WAIT_MOST else None

    def _apart_n(self, one: Word, other: Word) -> float:
        return abs(one.count - other.count) * self._n

    def _tip_n(self, before: Word, word: Word, after: Word) -> float:
        """Return how far a force may stand out of two others; of the one before alone where ``after`` is itself."""
        before_s = word.t_s - before.t_s
        after_s = after.t_s - word.t_s or before_s
        tip_n = 0.5 * STIFFEST_N_M * HARDEST_M_S2 * before_s * after_s
        return min(max(tip_n, TIP_LEAST_N), TIP_MOST_N)

    def _follows(self, one: Word, other: Word, rings_n: float = 0.0) -> bool:
        """Tell whether a pull, or a cell that rings, can go from one to the other."""
        step_n = STIFFEST_N_M * FASTEST_M_S * (other.t_s - one.t_s)
        return self._apart_n(one, other) <= max(step_n, TIP_MOST_N, rings_n)

    def _leads_to(self, word: Word, one: Word, other: Word) -> bool:
        """Tell whether a pull can go on from a word to two others: they bound where it came from."""
        slope = (other.count - one.count) / (other.t_s - one.t_s)
        off_n = abs(word.count - (one.count - slope * (one.t_s - word.t_s))) * self._n
        return off_n <= 2 * self._tip_n(word, one, other)

    def _lies_between(self, before: Word, word: Word, after: Word) -> bool:
        """Tell whether a word does not stand out of two others; one that looks broken gets no allowance."""
        ring = RING_SHARE * abs(word.count - before.count)
        reach = 0.0 if looks_broken(word.count) else max(self._tip_n(before, word, after) / self._n, ring)
        low, high = sorted((before.count, after.count))
        return low - reach <= word.count <= high + reach
