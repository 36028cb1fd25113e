"""A start posture somewhere else: the posture that is left and come back to while a movement seems under way.

Who turns over on the mat, or whose sensor slips, rests somewhere else from then on, and that rest looks like a hold
that does not end. Nobody in a hold strays by as much as the way there was: who leaves a standstill by that much and
comes back to it rests there and has done a repetition.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from edge.signal.orientation import Posture
from edge.signal.shift import Shift

SETTLED_S = 0.5
BACK = 0.25
"""Back within this share of the way out."""
REMEMBERED = 4
"""Standstills kept: the new start, the far end, and a stop on either way between them."""

Row = tuple[float, float, float, float]


@dataclass(slots=True)
class Standstill:
    """A posture kept for a moment, ``away`` from the start posture, the farthest reach from it, and the way since.

    A row of ``course`` is the time, the reach from here, the speed and the weight.
    """

    posture: Posture
    away: float
    far: float = 0.0
    course: list[Row] = field(default_factory=list)


class Elsewhere:
    """Remembers the standstills of a movement; ``floor`` is the smallest range that can be a repetition."""

    def __init__(self, floor: float) -> None:
        self._floor = floor
        self._kept: deque[Standstill] = deque(maxlen=REMEMBERED)

    def update(self, t_s: float, still_s: float, shift: Shift) -> Standstill | None:
        """Return the standstill that was left and has been come back to with this sample, None in all other cases.

        ``still_s`` is for how long it has been still.
        """
        for stop in self._kept:
            reach = shift.reach_from(stop.posture)
            stop.far = max(stop.far, reach)
            stop.course.append((t_s, reach, shift.speed, shift.weight))
        if still_s < SETTLED_S:
            return None
        for stop in self._kept:
            if stop.far >= max(self._floor, stop.away) and stop.course[-1][1] <= BACK * stop.far:
                return stop
        if self._kept and self._kept[-1].far < self._floor:
            # Still the same standstill, or one next to it.
            self._kept.pop()
        self._kept.append(Standstill(shift.posture, shift.reach))
        return None
