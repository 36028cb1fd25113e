"""Values that come again although a living sensor never says exactly the same twice for long.

In 327 recorded sets of five kinds of chip, from 1 mg of resolution to 24 bits and rests included, one axis repeats
for at most 0.2 s and all axes together for 0.02 s; that is what makes a repeated value worth a doubt.
"""

from __future__ import annotations

import math
from operator import eq

from edge.signal.events import Reason

FROZEN_S = 2.0
"""All values the same for so long: frozen. Our choice, and what the drivers take for frozen."""
TURNING_S, TURNING_REPEATS, TURNING_RAD_S = 0.25, 4, 0.1
"""A turn rate beyond the last figure is added up to an angle: it is not believed for longer than the first, nor for
more repeats than the second says where the rate is low."""
COARSE_N, COARSE_FROZEN_S = 0.1, 10.0
"""A load cell whose smallest step so far is larger than the first is coarser than a converter's noise. It may rest on
one value, though not for the second: no hand and no band keeps so even. Our choice."""
CLIPPED_REPEATS, CLIPPED_M_S2, CLIPPED_RAD_S = 2, 15.0, 4.3
"""Three equal values in a row are the end of the range where rest alone, with 1 g and no turn, cannot be the cause.
The smallest range of common gyroscopes is 250 degrees, or 4.3 rad, per second."""
ECHO, ECHO_REACH = 8, 32
"""So many different samples in a row that came before, from as far back as a chip's or a bus's buffer holds."""
ACCEL_AXES = 3


class Repeats:
    """Follows the values of one sensor: three of acceleration and perhaps three of turn rate, or one force.

    >>> repeats = Repeats()
    >>> [i for i in range(5) if repeats.update(float(i), (0.1, 0.2, 9.8))]
    [2, 3, 4]
    """

    def __init__(self) -> None:
        self._smallest_n = math.inf
        self._varied: list[bool] = []
        self.restart()

    def restart(self) -> None:
        """What comes next need not follow from what was before."""
        self._last: tuple[float, ...] = ()
        self._last_s = 0.0
        self._repeats: list[int] = []
        self._since_s: list[float] = []
        self._repeating = False
        self._number = 0
        self._seen: dict[tuple[float, ...], int] = {}
        self._lag = self._echoed = 0

    def update(self, t_s: float, values: tuple[float, ...]) -> Reason | None:
        """Return why ``values`` (m/s^2 and rad/s, or N) at ``t_s`` are nothing new, or clipped; mostly None."""
        if len(values) != len(self._last):
            self._begin(values)
        found = Reason.REPEATED if self._echoes(values) else None
        if True in map(eq, values, self._last):
            found = self._same(t_s, values) or found
        elif self._repeating and self._number > 1:
            self._repeats, self._varied = [0] * len(values), [True] * len(values)
            self._repeating = False
        if len(values) == 1 and values != self._last and self._number > 1:
            self._smallest_n = min(self._smallest_n, abs(values[0] - self._last[0]))
        self._last, self._last_s = values, t_s
        return found

    def _begin(self, values: tuple[float, ...]) -> None:
        self.restart()
        self._last = (math.nan,) * len(values)
        self._repeats = [0] * len(values)
        self._since_s = [0.0] * len(values)
        # Whether all of them vary is looked at once.
        self._repeating = True
        if len(self._varied) != len(values):
            self._varied = [False] * len(values)

    def _echoes(self, values: tuple[float, ...]) -> bool:
        """Return whether a stretch of samples is being told a second time."""
        number, seen = self._number, self._seen
        self._number = number + 1
        before = seen.pop(values, None)
        seen[values] = number
        if len(seen) > ECHO_REACH:
            del seen[next(iter(seen))]
        if before is None:
            self._lag = self._echoed = 0
            return False
        lag = number - before
        self._echoed = self._echoed + 1 if lag == self._lag else 1
        self._lag = lag
        # Values repeated on the spot, or swinging between a few, are a matter of resolution.
        return self._echoed >= ECHO <= lag

    def _same(self, t_s: float, values: tuple[float, ...]) -> Reason | None:
        """Return what follows from the axes that did not change."""
        self._repeating = True
        stuck = clipped = turning = False
        for axis, value in enumerate(values):
            if value != self._last[axis]:
                self._repeats[axis], self._varied[axis] = 0, True
                continue
            if not self._repeats[axis]:
                self._since_s[axis] = self._last_s
            self._repeats[axis] += 1
            kept_s = t_s - self._since_s[axis]
            clipped = clipped or self._is_clipped(axis, value)
            turning = turning or self._is_turning(axis, value, kept_s)
            # An axis that never varied may be one that the chip does not have.
            stuck = stuck or (kept_s >= FROZEN_S and self._varied[axis])
        if values == self._last and (turning or t_s - max(self._since_s) >= self._frozen_s):
            return Reason.FROZEN
        if len(values) > 1 and (stuck or turning):
            return Reason.STUCK_AXIS
        return Reason.SATURATED if clipped else None

    @property
    def _frozen_s(self) -> float:
        coarse = len(self._last) == 1 and self._smallest_n > COARSE_N
        return COARSE_FROZEN_S if coarse else FROZEN_S

    def _is_clipped(self, axis: int, value: float) -> bool:
        limit = CLIPPED_M_S2 if axis < ACCEL_AXES else CLIPPED_RAD_S
        return len(self._last) > 1 and self._repeats[axis] >= CLIPPED_REPEATS and abs(value) >= limit

    def _is_turning(self, axis: int, value: float, kept_s: float) -> bool:
        return (
            axis >= ACCEL_AXES
            and TURNING_RAD_S <= abs(value) < CLIPPED_RAD_S
            and kept_s >= TURNING_S
            and self._repeats[axis] >= TURNING_REPEATS
        )
