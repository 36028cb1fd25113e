"""How hard a band is pulled beyond its slack."""

from __future__ import annotations

import math

from drivers.samples import LoadSample, Sample, Vector
from edge.signal.filters import Slope, Smoother

SMOOTHING_S = 0.02
SLOPE_S = 0.08
"""Long enough to see past converter noise, short beside the 0.3 s in which a fast pull rises."""


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
