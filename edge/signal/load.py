"""How hard a band is pulled beyond its slack."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from drivers.samples import LoadSample, Sample, Vector
from edge.signal.filters import Slope, Smoother

Floats = NDArray[np.float64]

SMOOTHING_S = 0.02
SLOPE_S = 0.08
"""Long enough to see past converter noise, short beside the 0.3 s in which a fast pull rises."""

HITCH_FROM, HITCH_UNTIL, HITCH_PART = 0.15, 0.85, 0.1
"""Shares of the range: a way is looked at between the first two, where it is neither setting off nor stopping, and in
parts of the third."""
HITCH_NEAR = 0.05
"""A way begins where it was last this near to its start, as a share of the range. Well above an unsteady hand."""
HITCH_S = 0.5
"""A part that takes less is no stop. Our choice."""
LEAST_S = 1 / 80
"""A part cannot be seen to take less than one conversion."""


def hitch(t_s: Floats, shift: Floats) -> float:
    """Return how many times as long as usual the slowest part of a way took, 0 where nothing took long.

    ``t_s`` and ``shift`` have shape (n,): a movement whose far end is where ``shift``, above 0 there, is largest. The
    speed of one way, however slow, falls to about a half where it falters (Vallbo and Wessberg, J Physiol 1993), and
    no part of it takes more than twice as long; slack is taken in with pulls and stops between them. Where samples
    are missing the way is taken to have gone on evenly: that nobody saw a movement is no stop.

    >>> t = np.linspace(0.0, 4.0, 401)
    >>> evenly, twice = 25.0 * t, 50.0 * (np.clip(t, 0.0, 1.0) + np.clip(t - 3.0, 0.0, 1.0))
    >>> round(hitch(t, evenly), 1), round(hitch(t, twice), 1)
    (0.0, 11.0)
    """
    arrived = int(np.argmax(shift))
    near = np.flatnonzero(shift[: arrived + 1] <= HITCH_NEAR * shift[arrived])
    begun = int(near[-1]) if len(near) else 0
    t_s, gone = t_s[begun : arrived + 1], np.maximum.accumulate(shift[begun : arrived + 1]) / float(shift[arrived])
    shares = np.arange(HITCH_FROM, HITCH_UNTIL + HITCH_PART / 2, HITCH_PART)
    took_s = np.diff(np.interp(shares, gone, t_s))
    slowest_s = float(took_s.max())
    return slowest_s / max(float(np.median(took_s)), LEAST_S) if slowest_s > HITCH_S else 0.0


class Pull:
    """Newtons above the slack, which is whatever hung on the cell when :meth:`anchor` was last called."""

    def __init__(self) -> None:
        self.unit = "N"
        self.knows_speed = False
        self.direction: Vector = (0.0, 0.0, 0.0)
        self.axis: Vector = (0.0, 0.0, 0.0)
        self.weight = 0.0
        self.shift = 0.0
        self.speed = 0.0
        self.signal = 0.0
        self._slack_n = 0.0
        self.reset()

    def reset(self) -> None:
        """Nothing before the next sample matters any more, except where the slack was."""
        self._smooth = Smoother(SMOOTHING_S)
        self._slope = Slope(SLOPE_S)

    @staticmethod
    def takes(sample: Sample) -> bool:
        """Return whether the sample is a force that can be used."""
        return isinstance(sample, LoadSample) and math.isfinite(sample.force_n)

    def update(self, sample: Sample) -> None:
        """``signal`` and ``shift`` in N and ``speed`` in N/s, never negative, are those of this sample."""
        if isinstance(sample, LoadSample):
            self.signal = sample.force_n
            self.speed = abs(self._slope.update(sample.t_s, self._smooth.update(sample.t_s, self.signal)))
            self.shift = self.signal - self._slack_n

    def anchor(self, share: float = 1.0) -> None:
        """The slack moves this share of the way to the present force."""
        self._slack_n += share * (self.signal - self._slack_n)
        self.shift = self.signal - self._slack_n

    @property
    def reach(self) -> float:
        """The shift itself: a pull has one way to go."""
        return self.shift

    def reach_from(self, posture: tuple[float, ...]) -> float:
        """Return how far the present force is from one remembered, more or less."""
        return abs(self.signal - posture[0])

    def face(self, axis: Vector | None) -> None:
        """A pull has no axis."""

    @property
    def posture(self) -> tuple[float, ...]:
        """The present force, to be remembered for :meth:`anchor_at`."""
        return (self.signal,)

    def anchor_at(self, posture: tuple[float, ...]) -> None:
        """The slack is a force remembered."""
        self._slack_n = posture[0]
        self.shift = self.signal - self._slack_n
