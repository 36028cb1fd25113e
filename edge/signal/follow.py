"""Further cycles like the first ones: each finished movement is compared with what the newest counted ones share."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from edge.signal.alike import Cycle, Usual, cut
from edge.signal.course import Course
from edge.signal.turns import Turns

SWING = 0.45
"""Share of the usual size that makes a turning point."""
STILL_LIKE = 0.2
"""Likeness a further cycle needs: tired arms change the curve, while its size, length and place stay."""
MEMORY = 8
"""Counted cycles that make what is usual: enough to outvote a bad one, few enough to follow a change."""


class Follower:
    """Counts on from the first like cycles on the course they were found on."""

    def __init__(self, course: Course, cycles: Sequence[Cycle], floor: float) -> None:
        self.course = course
        self._floor = floor
        self._cycles = deque(cycles, maxlen=MEMORY)
        self._usual = Usual(self._cycles)
        self._turns = Turns(course, cycles[-1].far)
        self.last_end_s = cycles[-1].end_s
        self._show(cycles[-1])

    def update(self) -> Cycle | None:
        """Take the newest step and return the cycle that ended with it, if it counts."""
        if not self._turns.update(max(self._floor, SWING * self._usual.size)):
            return None
        cycle = cut(self.course, self._turns)
        if not self._usual.fits(cycle, STILL_LIKE):
            return None
        self.last_end_s = cycle.end_s
        self._cycles.append(cycle)
        self._usual = Usual(self._cycles)
        self._show(cycle)
        return cycle

    def _show(self, cycle: Cycle) -> None:
        self._near, self._way = cycle.near_at, tuple(f - n for f, n in zip(cycle.far_at, cycle.near_at, strict=True))

    @property
    def size(self) -> float:
        """The usual way out in m/s^2."""
        return self._usual.size

    @property
    def height(self) -> float:
        """How far it is on the straight way from near to far of the cycle counted last, in shares of it."""
        now, near, way = self.course[self.course.newest], self._near, self._way
        along = sum((v - n) * w for v, n, w in zip(now, near, way, strict=True))
        return along / sum(w * w for w in way)
