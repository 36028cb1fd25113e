"""The search for the first like cycles: many guesses side by side at how large a movement has to be to be one.

How large the turning points of an exercise are is not known before it begins, and what came before it, taking hold of
a weight, is often larger. So a ladder of sizes is followed at the same time, each step of it as far above the last as
keeps one of them between a third and a half of any movement. The first that strings together cycles which are enough
alike is believed.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from edge.signal.alike import LONGEST_S, SHORTEST_S, Cycle, Usual, cut, middle
from edge.signal.course import Course
from edge.signal.turns import Turns

RATIO = 1.6
RUNGS = 7
"""From the floor of the class up to 17 times as much: beyond the range of gravity."""
MOST = 6
"""Cycles that are compared with one another at once."""
EARN = 0.4
"""Likeness from which a cycle speaks for the others, and which none may fall below; what is above adds up."""
EVIDENCE = 0.75
"""Sum at which cycles are believed: three of likeness 0.65, or five of 0.55."""
EVEN = 0.4
"""The smallest of them against the largest."""
SPREAD = 0.35
"""Standard deviation of their lengths against the mean."""
ELSEWHERE = 0.7
"""How far the mean of one may lie from that of all, as a share of their size: more than while counting, because the
posture is still being found."""
EARLIER, OTHER_SIDE = 0.5, 0.4
"""Likeness at which a cycle before them counts too, and at which the other side of the movement is as good."""
SWAY_M_S3 = 0.15
"""Size of a cycle over its length that is no more than sway: a wrist that tilts by 3.5 degrees there and back in 4 s.
The slowest repetition, 20 degrees in 14 s, has 0.24. Our choice."""
IDLE = 3.0
"""Periods after which a row of cycles is over."""
SLACK_S = 0.25
"""By how much a cycle may begin before the last counted one ended: another rung dates both a little differently."""


class Rung:
    """Cycles of at least one size, those from even and those from odd turning points apart."""

    def __init__(self, course: Course, least: float) -> None:
        self.turns = Turns(course, course.newest)
        self.least = least
        self._last = [0, 0]
        self._chains: list[deque[Cycle]] = [deque(maxlen=2 * MOST), deque(maxlen=2 * MOST)]

    def add(self, cycle: Cycle) -> None:
        """Take the cycle that ended with the newest turning point."""
        side = self.turns.number % 2
        if self._last[side] != self.turns.number - 2:
            self._chains[side].clear()
        self._last[side] = self.turns.number
        self._chains[side].append(cycle)

    def newest(self, since_s: float) -> list[Cycle]:
        """Return the cycles in a row that end with the newest one and begin after a time."""
        return [cycle for cycle in self._chains[self.turns.number % 2] if cycle.start_s >= since_s]

    def other_side(self, since_s: float) -> list[Cycle]:
        """Return the same for those that ended half a cycle ago."""
        side = (self.turns.number - 1) % 2
        if self._last[side] != self.turns.number - 1:
            return []
        return [cycle for cycle in self._chains[side] if cycle.start_s >= since_s]


class Ladder:
    """All rungs on one course; cycles count from ``first`` in a row on."""

    def __init__(self, course: Course, floor: float, first: int) -> None:
        self.course = course
        self._first = first
        self._rungs = [Rung(course, floor * RATIO**k) for k in range(RUNGS)]
        self._cut: dict[tuple[int, int], Cycle] = {}
        self._seen: deque[list[Cycle]] = deque(maxlen=RUNGS)

    def update(self, since_s: float) -> tuple[float, list[Cycle]] | None:
        """Take the newest step and return like cycles that begin after ``since_s``, and how alike they are."""
        since_s -= SLACK_S
        best: tuple[float, list[Cycle]] | None = None
        for rung in self._rungs:
            if not rung.turns.update(rung.least):
                continue
            rung.add(self._cycle(rung.turns))
            chain = rung.newest(since_s)
            if chain in self._seen:
                continue
            self._seen.append(chain)
            found = first_like(chain, self._first)
            if found is not None and (best is None or found[0] > best[0]):
                best = found[0], earliest_side(found[1], rung.other_side(since_s))
        return best

    def _cycle(self, turns: Turns) -> Cycle:
        """Return the cycle that ended; rungs that see the same turning points share it."""
        ends = turns.near, turns.far
        cycle = self._cut.get(ends)
        if cycle is None:
            cycle = cut(self.course, turns)
            while len(self._cut) >= 2 * RUNGS:
                del self._cut[next(iter(self._cut))]
            self._cut[ends] = cycle
        return cycle

    def pending(self) -> int:
        """Return the most cycles of about one size that any rung has seen in a row up to now."""
        now_s = self.course.time_s(self.course.newest)
        rows = (alike_in_size(rung.newest(-math.inf)) for rung in self._rungs)
        return max((len(row) for row in rows if row and now_s - row[-1].end_s < IDLE * row[-1].period_s), default=0)


def alike_in_size(chain: Sequence[Cycle]) -> list[Cycle]:
    """Return the newest cycles in a row that differ in nothing that plain numbers tell."""
    row: list[Cycle] = []
    for cycle in reversed(chain):
        sizes = [other.size for other in (*row, cycle)]
        if min(sizes) < EVEN * max(sizes) or not SHORTEST_S <= cycle.period_s <= LONGEST_S:
            break
        row.insert(0, cycle)
    return row


def first_like(chain: Sequence[Cycle], first: int) -> tuple[float, list[Cycle]] | None:
    """Return the newest cycles of a row if they are enough alike, with those before that fit, and how alike."""
    row = alike_in_size(chain)[-MOST:]
    best = max((evidence(row[-count:]), count) for count in range(first, len(row) + 1)) if len(row) >= first else None
    if best is None or best[0] < EVIDENCE:
        return None
    sure = list(chain[-best[1] :])
    usual = Usual(sure)
    for cycle in reversed(chain[: -best[1]]):
        if not usual.fits(cycle, EARLIER):
            break
        sure.insert(0, cycle)
    return best[0] / best[1], sure


def evidence(cycles: Sequence[Cycle]) -> float:
    """Return how much some cycles in a row speak for one another; 0 where something speaks against it."""
    periods = np.array([cycle.period_s for cycle in cycles])
    if periods.std() > SPREAD * periods.mean():
        return 0.0
    if float(np.median([cycle.size / cycle.period_s for cycle in cycles])) < SWAY_M_S3:
        return 0.0
    pauses = np.array([later.start_s - one.end_s for one, later in pairwise(cycles)])
    if pauses.max() > IDLE * periods.mean():
        return 0.0
    shapes = np.array([cycle.shape for cycle in cycles])
    others = shapes.sum(axis=0) - shapes
    sizes = np.sqrt((shapes**2).sum(axis=1))
    alike = (shapes * others).sum(axis=1) / (sizes * np.sqrt((others**2).sum(axis=1)) + 1e-9)
    if alike.min() < EARN:
        return 0.0
    places = np.array([cycle.place for cycle in cycles])
    away = np.sqrt(((places - middle(places)) ** 2).sum(axis=1)).max()
    if away > ELSEWHERE * float(np.median([cycle.size for cycle in cycles])):
        return 0.0
    return float((alike - EARN).sum())


def earliest_side(cycles: list[Cycle], other: list[Cycle]) -> list[Cycle]:
    """Return the same number of cycles from the other turning points if they are as good and began earlier.

    A movement to and fro is one of both sides; which one began tells where the repetitions begin.
    """
    other = other[-len(cycles) :]
    if len(other) < len(cycles) or other[0].start_s >= cycles[0].start_s:
        return cycles
    usual = Usual(other)
    return other if all(usual.fits(cycle, OTHER_SIDE) for cycle in other) else cycles
