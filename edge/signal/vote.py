"""The median of several counts, as they run.

One smoothing melts two quick repetitions into one, another splits a slow one in two, and which of them is wrong
differs from set to set. The median follows most of them without anybody having to know which one is right.
"""

from __future__ import annotations

from collections import deque

from edge.signal.alike import Cycle

LEAD = 12
"""Cycles by which one count may run ahead of the others: what it says beyond that is not remembered. Our choice."""


class Vote:
    """Tells the n-th cycle once more than half of the ``voters`` have counted n."""

    def __init__(self, voters: int) -> None:
        self._most = voters // 2 + 1
        self._ahead: list[deque[Cycle]] = [deque(maxlen=LEAD) for _ in range(voters)]
        self._behind = [0] * voters

    @property
    def pending(self) -> int:
        """Cycles that one of them has counted and the others have not yet."""
        return max(map(len, self._ahead))

    def forget(self) -> None:
        """Begin anew: what one counted in another set says nothing about this one."""
        for ahead in self._ahead:
            ahead.clear()
        self._behind = [0] * len(self._behind)

    def add(self, voter: int, cycle: Cycle) -> Cycle | None:
        """Take a cycle that a voter counted and return the one that is known with it.

        It is dated by the last of those who made the majority.
        """
        if self._behind[voter]:
            self._behind[voter] -= 1
            return None
        self._ahead[voter].append(cycle)
        if sum(map(bool, self._ahead)) < self._most:
            return None
        known = []
        for number, ahead in enumerate(self._ahead):
            if ahead:
                known.append(ahead.popleft())
            else:
                self._behind[number] += 1
        return max(known, key=lambda one: one.end_s)
