"""Turning points of a vector: where it came furthest from its last turning point before it went back.

These are the two-level turning points of fatigue counting (ASTM E1049) with the distance of two vectors in place of
the difference of two numbers. No axis has to be found for them, so neither the mounting nor what the hand did before
the set has a say in it.
"""

from __future__ import annotations

import math

from drivers.samples import Vector
from edge.signal.course import Course

RETURNED = 0.5
"""Share of the way out that has to be undone before a cycle is told: less may be a wobble at the far end, and to wait
for more loses the last one of whoever puts the weight down early. The next turning point dates the near end anew."""


def apart(a: Vector, b: Vector) -> float:
    """Return the distance of two vectors."""
    x, y, z = a[0] - b[0], a[1] - b[1], a[2] - b[2]
    return math.sqrt(x * x + y * y + z * z)


class Turns:
    """Follows a course and tells when it went from ``near`` to ``far`` and half of the way back.

    ``number`` counts the turning points, ``far`` being the newest of them.
    """

    def __init__(self, course: Course, far: int) -> None:
        self.number = 0
        self.near = self.far = self._furthest = far
        self.near_at = self.far_at = self._furthest_at = course[far]
        self._size = self._away = 0.0
        self._course = course
        self._told = True
        for step in range(far + 1, course.newest + 1):
            self._reach(step)

    def _reach(self, step: int) -> bool:
        value = self._course[step]
        away = apart(value, self.far_at)
        if away <= self._away:
            return False
        self._furthest, self._furthest_at, self._away = step, value, away
        return True

    def update(self, least: float) -> bool:
        """Take the newest step; a turning point needs ``least`` m/s^2 on either side. Tells a cycle once."""
        step = self._course.newest
        if not self._reach(step) and self._away >= least:
            value = self._course[step]
            if apart(value, self._furthest_at) >= least:
                self._turn(step, value)
        if self._told or self._away < RETURNED * self._size:
            return False
        self._told = True
        # Who stays at the far end for longer than can be looked back on has not made a repetition.
        return self.far >= self._course.oldest

    def _turn(self, step: int, value: Vector) -> None:
        self.number += 1
        self.near, self.near_at = self.far, self.far_at
        self.far, self.far_at, self._size = self._furthest, self._furthest_at, self._away
        # Every step since the turning point was closer to it than the one that gave it away.
        self._furthest, self._furthest_at, self._away = step, value, apart(value, self.far_at)
        self._told = False
