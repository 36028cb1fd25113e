"""Cycles cut out of the course of the acceleration, and how much they resemble one another."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from drivers.samples import Vector
from edge.signal.course import Course
from edge.signal.turns import RETURNED, Turns, apart

Floats = NDArray[np.float64]

WAITING = 0.25
"""Share of the way out that counts as still waiting at the near end: pauses differ, movements do not."""
SHAPE = 8
"""Points to which each of the two ways of a cycle is resampled, so that the far end lies in the middle of all."""
SHORTEST_S, LONGEST_S = 0.6, 14.0
LEAST_SIZE, MOST_SIZE = 0.35, 2.5
"""Shares of the usual size between which a further cycle counts: people tire, and putting a weight down is larger."""
LEAST_PERIOD, MOST_PERIOD = 0.35, 3.0
"""The same for its length."""
ELSEWHERE = 0.4
"""Share of the usual size by which the mean of a further cycle may lie elsewhere, than usual or than the last time: a
hand that puts a weight down may make the same curve, but from another posture, while who tires drifts bit by bit."""
ROUNDS = 5
"""Rounds of Weiszfeld's iteration for the geometric median; for a handful of cycles a few are enough. Our choice."""


@dataclass(frozen=True, slots=True, eq=False)
class Cycle:
    """One way out and back; ``size`` is the way in m/s^2, ``end_s`` is when half of it was undone.

    ``far`` is the number of a step, ``near_at`` and ``far_at`` are the ends of the way in m/s^2. ``shape``
    (6 * SHAPE,) is its course around its mean ``place`` (3,), both in m/s^2.
    """

    start_s: float
    far_s: float
    end_s: float
    far: int
    near_at: Vector
    far_at: Vector
    size: float
    shape: Floats
    place: Floats

    @property
    def period_s(self) -> float:
        """Seconds from leaving the near end to half of the way back."""
        return self.end_s - self.start_s


def cut(course: Course, turns: Turns) -> Cycle:
    """Return the cycle that was just told by ``turns``, without the waiting before it."""
    size = apart(turns.near_at, turns.far_at)
    start = end = turns.far
    while start > max(turns.near, course.oldest) and apart(course[start], turns.near_at) > WAITING * size:
        start -= 1
    while end < course.newest and apart(course[end], turns.far_at) < RETURNED * size:
        end += 1
    out, back = course.between(start, turns.far), course.between(turns.far, end)
    curve = np.concatenate((_resampled(np.array(out)), _resampled(np.array(back))))
    place = curve.mean(axis=0)
    times_s = course.time_s(start), course.time_s(turns.far), course.time_s(end)
    return Cycle(*times_s, turns.far, turns.near_at, turns.far_at, size, (curve - place).ravel(), place)


def _resampled(rows: Floats) -> Floats:
    """Return ``SHAPE`` rows (SHAPE, 3) spread evenly over ``rows`` (n, 3), the last one left out."""
    at = np.arange(SHAPE) * ((len(rows) - 1) / SHAPE)
    before = at.astype(int)
    share = (at - before)[:, None]
    after = np.minimum(before + 1, len(rows) - 1)
    result: Floats = rows[before] * (1 - share) + rows[after] * share
    return result


def likeness(a: Floats, b: Floats) -> float:
    """Return the correlation of two shapes, in all three axes together."""
    size = math.sqrt(float(a @ a) * float(b @ b))
    return float(a @ b) / size if size else 0.0


def middle(rows: Floats) -> Floats:
    """Return the geometric median of ``rows`` (n, k): as robust as a median, and it turns with the axes."""
    guess: Floats = rows.mean(axis=0)
    for _ in range(ROUNDS):
        weights = 1.0 / (np.sqrt(((rows - guess) ** 2).sum(axis=1)) + 1e-6)
        guess = weights @ rows / weights.sum()
    return guess


class Usual:
    """What some cycles, in the order of time, have in common."""

    def __init__(self, cycles: Sequence[Cycle]) -> None:
        self.size = float(np.median([cycle.size for cycle in cycles]))
        self._period_s = float(np.median([cycle.period_s for cycle in cycles]))
        self._shape = middle(np.array([cycle.shape for cycle in cycles]))
        self._places = middle(np.array([cycle.place for cycle in cycles])), cycles[-1].place

    def fits(self, cycle: Cycle, least: float) -> bool:
        """Return whether a cycle is one more of them; ``least`` is the likeness it needs."""
        return (
            LEAST_SIZE * self.size <= cycle.size <= MOST_SIZE * self.size
            and SHORTEST_S <= cycle.period_s <= LONGEST_S
            and LEAST_PERIOD * self._period_s <= cycle.period_s <= MOST_PERIOD * self._period_s
            and min(float(np.linalg.norm(cycle.place - place)) for place in self._places) <= ELSEWHERE * self.size
            and likeness(cycle.shape, self._shape) >= least
        )
