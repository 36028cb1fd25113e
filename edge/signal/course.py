"""The newest course of the smoothed acceleration, in steps that are numbered from the first one on."""

from __future__ import annotations

from collections import deque

from drivers.samples import Vector

STEP_S = 0.08
"""The smoothed signal is looked at 12.5 times a second: enough for movements of half a second and more."""
KEPT = 375
"""Steps that can be looked back on, 30 s: twice the longest repetition."""
AT_ONCE = 25
"""Steps that are forgotten together."""


class Box:
    """Mean of the vectors of the newest ``length_s`` seconds, given out every ``STEP_S``."""

    def __init__(self, length_s: float) -> None:
        self._length_s = length_s
        self._past: deque[tuple[float, Vector]] = deque()
        self._next_s: float | None = None

    def update(self, t_s: float, value: Vector) -> Vector | None:
        """Return the mean when a step is due, else None."""
        self._past.append((t_s, value))
        while self._past[0][0] < t_s - self._length_s:
            self._past.popleft()
        if self._next_s is not None and t_s < self._next_s:
            return None
        self._next_s = (t_s if self._next_s is None else self._next_s) + STEP_S
        return mean_of([vector for _, vector in self._past])


class Course:
    """Vectors and the times they tell about; the oldest are forgotten, the numbers of the others stay."""

    def __init__(self, t_s: float, value: Vector) -> None:
        self.oldest = 0
        self._t_s = [t_s]
        self._values = [value]

    def append(self, t_s: float, value: Vector) -> None:
        """Add the next step."""
        self._t_s.append(t_s)
        self._values.append(value)
        if len(self._values) >= KEPT + AT_ONCE:
            del self._t_s[:AT_ONCE], self._values[:AT_ONCE]
            self.oldest += AT_ONCE

    @property
    def newest(self) -> int:
        """Number of the newest step."""
        return self.oldest + len(self._values) - 1

    def __getitem__(self, step: int) -> Vector:
        """Return the value of a step that is not forgotten yet."""
        return self._values[step - self.oldest]

    def time_s(self, step: int) -> float:
        """Return the time of a step that is not forgotten yet."""
        return self._t_s[step - self.oldest]

    def between(self, first: int, last: int) -> list[Vector]:
        """Return the values from ``first`` to ``last``, both included."""
        return self._values[first - self.oldest : last + 1 - self.oldest]


def mean_of(vectors: list[Vector]) -> Vector:
    """Return the mean of some vectors."""
    n = len(vectors)
    x = y = z = 0.0
    for a, b, c in vectors:
        x, y, z = x + a, y + b, z + c
    return x / n, y / n, z / n
