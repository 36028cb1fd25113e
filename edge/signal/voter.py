"""One way of seeing cycles: through a box, and beside it through a coarser one, until the first like ones are found.

Two smoothings are searched side by side, because what tells the repetitions of a curl apart from one another melts
them into one another in a slow press, and the jerks of that press look like repetitions under the other.
"""

from __future__ import annotations

import math
from collections import deque

from drivers.samples import Vector
from edge.signal.alike import LONGEST_S, Cycle
from edge.signal.course import STEP_S, Box, Course, mean_of
from edge.signal.follow import Follower
from edge.signal.ladder import Ladder
from edge.signal.profiles import CycleProfile


class Voter:
    """Counts like cycles; ``scale`` makes both boxes of the class shorter or longer."""

    def __init__(self, profile: CycleProfile, scale: float) -> None:
        self.follower: Follower | None = None
        self._smooth_s = profile.smooth_s * scale
        self._coarse_s = None if profile.coarse_s is None else profile.coarse_s * scale
        self._floor, self._first = profile.floor, profile.first
        self._box = Box(self._smooth_s)
        self._newest: deque[Vector] = deque(maxlen=max(1, round((self._coarse_s or 0.0) / STEP_S)))
        self._ladders: list[Ladder] = []
        self._half_back_s = -math.inf

    @property
    def pending(self) -> int:
        """Cycles in a row that look like one another but not enough to be counted yet."""
        return max((ladder.pending() for ladder in self._ladders), default=0)

    def update(self, t_s: float, felt: Vector, walked_s: float) -> list[Cycle] | None:
        """Take what is felt and return the cycles that it makes count; None between two steps.

        ``walked_s`` is until when the person walked: what follows has to be earned anew. So it has after a rest that
        is longer than any repetition, since what moves later is no longer the same set.
        """
        mean = self._box.update(t_s, felt)
        if mean is None:
            return None
        self._lay(t_s, mean)
        follower = self.follower
        if follower is not None and follower.last_end_s < max(walked_s, t_s - LONGEST_S):
            follower = self.follower = None
        one = follower.update() if follower else None
        counted = [] if one is None else [one]
        if one is not None:
            self._half_back_s = one.end_s
        since_s = max(walked_s, self._half_back_s)
        looks = [(ladder, ladder.update(since_s)) for ladder in self._ladders]
        found = max(((look, ladder) for ladder, look in looks if look), key=lambda one: one[0][0], default=None)
        if found is not None:
            (_, cycles), ladder = found
            counted += cycles
            self._half_back_s = cycles[-1].end_s
            self.follower = Follower(ladder.course, cycles, self._floor)
        return counted

    def _lay(self, t_s: float, mean: Vector) -> None:
        """Continue the courses; a mean tells about the middle of its box."""
        middle_s = t_s - self._smooth_s / 2
        self._newest.append(mean)
        means = [(middle_s, mean)]
        if self._coarse_s is not None:
            means.append((middle_s - self._coarse_s / 2, mean_of(list(self._newest))))
        if not self._ladders:
            self._ladders = [Ladder(Course(*one), self._floor, self._first) for one in means]
            return
        for ladder, one in zip(self._ladders, means, strict=True):
            ladder.course.append(*one)
