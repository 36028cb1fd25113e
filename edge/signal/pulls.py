"""Hard pulls of a hand on a bell, told from everything else that a hand does to it.

A sensor on the bell feels the hand. Wherever the arm turns a swung bell round, the hand pulls with about twice its
weight and more: 3 - 2 cos a times the weight at the bottom of a pendulum let go at the angle a. Lifting a bell,
carrying it and putting it down do not, and a knock gives it no speed.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from statistics import median

from drivers.samples import STANDARD_GRAVITY_M_S2, Vector
from edge.signal.filters import Smoother
from edge.signal.vectors import dot, size_of, unit

GRAVITY = STANDARD_GRAVITY_M_S2
TAU_S = 0.04
"""Each of two low-passes in a row: a knock of 20 ms loses four fifths of its height, a pull of 350 ms a twentieth."""
LAG_S = 2 * TAU_S
HEAVY = 1.5 * GRAVITY
"""A pull begins here: above walking, and above lifting without a jerk."""
EBB = 0.7
"""Share of its peak below which a pull is over: between catching and driving an arm may never quite let go."""
TURNED = 0.15 * GRAVITY
"""Rise above the lightest moment that tells that the bell has turned. Well above noise: our choice."""
LEAST_M_S = 2.0
"""Speed that a pull has to change: turning a bell round takes 2.6 m/s and more, setting it down with a knock 1.2."""
BELOW_S = 0.9
"""From pull to pull below, an arm turns the bell round in 0.6 to 0.8 s; over the top gravity alone brings it back,
which takes a second and more."""
LIKE = 0.5
"""Share of the usual pull, in excess of the weight, below which a pull is handling. Our choice."""
SAME_SIDE = 0.87
"""Cosine of 30 degrees: a bell hangs from its handle, so all pulls of a set come from one side, within 8 degrees."""
USUAL_FROM = 8


@dataclass(slots=True)
class Pull:
    """One pull: when the bell turned before it, when it was strongest, its peak in m/s^2 and its direction there.

    ``given`` is the change of speed that it made, in m/s.
    """

    turn_s: float
    peak_s: float
    peak: float
    direction: Vector
    given: float = 0.0


class Feel:
    """The smoothed acceleration in m/s^2, late by ``LAG_S``."""

    def __init__(self) -> None:
        self.vector: Vector = (0.0, 0.0, 0.0)
        self._axes = [Smoother(TAU_S) for _ in range(6)]

    def update(self, t_s: float, accel: Vector) -> float:
        """Take one reading in m/s^2 and return the size of what is felt."""
        first, second = self._axes[:3], self._axes[3:]
        x, y, z = accel
        self.vector = (
            second[0].update(t_s, first[0].update(t_s, x)),
            second[1].update(t_s, first[1].update(t_s, y)),
            second[2].update(t_s, first[2].update(t_s, z)),
        )
        return size_of(self.vector)


class Pulls:
    """Finds hard pulls; ``hard`` is the smallest peak in m/s^2.

    A pull of less than half the usual excess, or from another side than those before it, is none. Two in a row that
    agree on another side make that the usual one: the sensor was moved.
    """

    def __init__(self, hard: float) -> None:
        self.ended_s: float | None = None
        """When the last pull ended, hard or not."""
        self.lightest_s, self.lightest = -math.inf, math.inf
        """The least that was felt since then."""
        self._hard = hard
        self._t_s = 0.0
        self._pull: Pull | None = None
        self._peaks: deque[float] = deque(maxlen=USUAL_FROM)
        self._side: Vector | None = None
        self._odd: Vector | None = None

    @property
    def pulling(self) -> bool:
        """Whether a pull, hard or not, is under way."""
        return self._pull is not None

    def update(self, t_s: float, feel: float, vector: Vector) -> Pull | None:
        """Take what is felt at ``t_s``, its size and as a vector; return a hard pull that is over now, else None."""
        pull, dt_s, self._t_s = self._pull, t_s - self._t_s, t_s
        if pull is None:
            if feel < self.lightest:
                self.lightest_s, self.lightest = t_s, feel
            elif feel >= HEAVY and feel - self.lightest >= TURNED:
                turn_s = self.lightest_s if t_s - self.lightest_s < BELOW_S else t_s
                self._pull = Pull(turn_s, t_s, feel, vector)
            return None
        pull.given += (feel - GRAVITY) * dt_s
        if feel > pull.peak:
            pull.peak_s, pull.peak, pull.direction = t_s, feel, vector
        if feel > EBB * pull.peak:
            return None
        self._pull, self.ended_s = None, t_s
        self.lightest_s, self.lightest = t_s, feel
        return pull if self._is_hard(pull) else None

    def _is_hard(self, pull: Pull) -> bool:
        usual = median(self._peaks) - GRAVITY if self._peaks else 0.0
        if pull.given < LEAST_M_S or pull.peak - GRAVITY < max(self._hard - GRAVITY, LIKE * usual):
            return False
        if not self._is_usual_side(unit(pull.direction)):
            return False
        self._peaks.append(pull.peak)
        return True

    def _is_usual_side(self, direction: Vector) -> bool:
        odd, self._odd = self._odd, None
        known = [side for side in (self._side, odd) if side is not None]
        if known and all(dot(direction, side) < SAME_SIDE for side in known):
            self._odd = direction
            return False
        self._side = direction
        return True
