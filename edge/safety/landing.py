"""Watches the dock's cell during a set: a bell that comes down hard on it was dropped.

Whatever lands presses for a moment with more than its weight, the more the faster it came; a hand that puts a bell
down takes that away. A converter's reading is the mean over its conversion, so that even ten a second feel a fall of
10 cm. That is arithmetic: no bell was dropped on a real dock, and one that falls beside it is not felt at all.
"""

from __future__ import annotations

from drivers.samples import STANDARD_GRAVITY_M_S2, LoadSample, Quality
from edge.records import Happened
from edge.safety.force import UNUSABLE, Happening

HARD = 2.0
"""A landing presses with so many times the weight that then stands there: 12 kg from 10 cm, felt over 0.1 s, with 2.4
times its own. Our choice."""
SETTLES_S = 0.6
"""After so long it stands still, or was taken away again: a bell rings for a third of a second."""
LEAST_N = 2.0 * STANDARD_GRAVITY_M_S2
"""What is lighter is no bell."""


class LandingWatch:
    """One set beside a dock. Constant memory; what was told is never taken back."""

    def __init__(self) -> None:
        self._stood_n: float | None = None
        self._came_s: float | None = None
        self._peak_n = 0.0
        self._full = False

    def feed(self, sample: LoadSample) -> tuple[Happening, ...]:
        """Return a hard landing once it is known what stands there; the value is its peak over what stood before."""
        if sample.quality & UNUSABLE:
            return ()
        stood_n = sample.force_n if self._stood_n is None else self._stood_n
        over_n = sample.force_n - stood_n
        if self._came_s is None:
            if over_n < LEAST_N:
                self._stood_n = sample.force_n
                return ()
            self._came_s, self._peak_n, self._full = sample.t_s, 0.0, False
        self._peak_n = max(self._peak_n, over_n)
        self._full = self._full or bool(sample.quality & Quality.SATURATED)
        if sample.t_s - self._came_s < SETTLES_S:
            return ()
        self._stood_n, self._came_s = sample.force_n, None
        if over_n < LEAST_N or not (self._full or self._peak_n >= HARD * over_n):
            return ()
        return (Happening(Happened.BELL_DROPPED, self._peak_n, sample.t_s),)
