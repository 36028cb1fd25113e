"""A movement under way: how far it has gone, how fast, and whether it has turned again."""

from __future__ import annotations

from dataclasses import dataclass

from drivers.samples import Vector
from edge.signal.elsewhere import Elsewhere
from edge.signal.orientation import Posture
from edge.signal.phases import Boundaries
from edge.signal.shift import Shift

HALF = 0.55
"""A low point counts as a return when it lies below this share of the range."""
RISEN_AGAIN = 0.12
"""Share of the range by which it must rise after a low point for that to be a turn without a pause."""
RETURNING = 0.9
"""Below this share of the range it is on its way back."""


@dataclass(slots=True)
class UnderWay:
    """A repetition in progress: extremes so far."""

    opened_s: float
    elsewhere: Elsewhere
    far: float
    direction: Vector
    low: float
    low_s: float
    far_posture: Posture
    low_posture: Posture
    top_speed: float = 0.0
    back_speed: float = 0.0
    faced: bool = False
    peak_force_n: float | None = None
    ending: Boundaries | None = None
    judged: bool = False
    beyond: bool = False
    """Whether the sensor was at the end of its range: it went at least as far."""

    @classmethod
    def begun(cls, t_s: float, shift: Shift, floor: float) -> UnderWay:
        """Return a movement that has just passed the floor of its class."""
        here = shift.posture
        return cls(t_s, Elsewhere(floor), shift.shift, shift.direction, shift.shift, t_s, here, here)

    def is_returning(self, shift: float) -> bool:
        """Tell whether it has left the far end."""
        return shift < RETURNING * self.far

    def follow(self, t_s: float, where: Shift, shift: float, pace: float, force_n: float | None) -> None:
        """Keep the extremes; the speed of the way back is counted from the newest far end."""
        if shift >= self.far:
            self.far, self.direction, self.low = shift, where.direction, shift
            self.back_speed, self.ending, self.far_posture = 0.0, None, where.posture
        self.top_speed = max(self.top_speed, pace)
        if self.is_returning(shift):
            self.back_speed = max(self.back_speed, pace)
        if shift <= self.low:
            self.low, self.low_s = shift, t_s
            self.low_posture = where.posture
        if force_n is not None:
            self.peak_force_n = force_n if self.peak_force_n is None else max(self.peak_force_n, force_n)

    def has_turned(self, shift: float) -> bool:
        """Tell whether it is on the way out again from a low point without a pause.

        The less of the way back was gone, the more of a rise it takes.
        """
        return self.low <= HALF * self.far and shift - self.low > max(RISEN_AGAIN * self.far, 0.5 * self.low)
