"""Whether somebody walks, from any sensor that is carried: every step lifts the whole body and drops it on a foot.

The size of the acceleration goes up and down once per step wherever the sensor is worn (Zijlstra and Hof, Gait
Posture 2003). A repetition is slower, and what is as quick within one bounces less or not as often.
"""

from __future__ import annotations

import math

from drivers.samples import Vector
from edge.signal.walk import Beats, Bounce

BOUNCE_M_S2 = 2.0
"""Least way of the acceleration's size from low to high that is a step: a rise of 4 cm in half a second needs 3 to 6,
what moves within a repetition at this rhythm rarely as much."""
SHORTEST_S, LONGEST_S = 0.42, 0.75
"""A step when walking about: 1.5 to 2.2 a second, and a little more on either side for the uneven ones."""
IN_A_ROW = 3
"""Fewer at this rhythm may be a repetition with a jerk at either end."""


class Steps:
    """Tells until when somebody walked, whichever way the sensor is strapped on; ``last_s`` is -inf for never."""

    def __init__(self) -> None:
        self.last_s = -math.inf
        self._bounce = Bounce()
        self._beats = Beats(BOUNCE_M_S2)
        self._row = 0
        self._row_end_s = -math.inf

    def update(self, t_s: float, accel: Vector) -> None:
        """Take the next acceleration in m/s^2."""
        beat = self._beats.update(t_s, self._bounce.update(t_s, accel))
        if beat is None:
            return
        goes_on = beat.start_s <= self._row_end_s
        if beat.period_s < SHORTEST_S or beat.size < BOUNCE_M_S2:
            self._row = 0
        elif goes_on and beat.period_s <= LONGEST_S:
            self._row += 1
        else:
            # What is longer was still for most of it, and may have ended with the first step.
            self._row = 1
        self._row_end_s = beat.end_s
        if self._row >= IN_A_ROW:
            self.last_s = beat.end_s
