"""Samples that are missing where the clock shows no hole, told by what is left: a cut in the signal.

Where a packet is lost and the rest is joined, the acceleration jumps within one sample from one stretch of motion to
another, and both stretches are smooth. An impact is no such thing: its steps mostly come in company. One jump proves
nothing; a link that loses packets does so again and again, often at the even spacing of its packets.
"""

from __future__ import annotations

import math
from collections import deque
from itertools import pairwise

from drivers.samples import Vector

AROUND = 6
"""Steps on either side that a jump is held against."""
JUMP_M_S2 = 1.0
"""A smaller jump is no evidence: a tenth of gravity, far beyond noise and tremor."""
LONE = 2.0
"""A jump is at least this many times the largest step around it."""
REACH = 1000
"""Samples within which the jumps have to lie: 10 s at 100 a second. Whoever walks has a heel strike that looks like a
cut about every 5 s."""
CLEAR, CLEAR_JUMPS = 3.5, 3
"""So many jumps so many times as large need no even spacing. In 327 sets of movements the third largest is at most
2.8 times as large, in four with lost packets at least 4.5 times."""
EVEN, EVEN_JUMPS = 40, 4
"""So many jumps are evenly spaced if their distances have a common divisor of so many samples: three random numbers
have one in 0.03 % of all cases (the sum of 1 / (zeta(3) d^3) over d from 40 on; Cesaro 1881)."""


class Splices:
    """Looks for cuts in an acceleration, whichever way the sensor is strapped on. It answers ``AROUND`` samples late.

    >>> splices = Splices()
    >>> cut = [(0.3 * (i % 50), 0.0, 9.8) for i in range(160)]
    >>> [i for i, accel in enumerate(cut) if splices.update(accel)]
    [156]
    """

    def __init__(self) -> None:
        self._number = 0
        self._jumps: deque[tuple[int, bool]] = deque()
        self.restart()

    def restart(self) -> None:
        """What comes next need not follow from what was before; jumps found so far still count."""
        self._last: Vector | None = None
        self._steps: deque[float] = deque(maxlen=2 * AROUND + 1)

    def update(self, accel: Vector) -> bool:
        """Take the next acceleration in m/s^2; return whether it makes clear that samples are missing."""
        last, self._last = self._last, accel
        self._number += 1
        if last is None:
            return False
        x, y, z = accel[0] - last[0], accel[1] - last[1], accel[2] - last[2]
        steps = self._steps
        steps.append(math.sqrt(x * x + y * y + z * z))
        if len(steps) <= 2 * AROUND or steps[AROUND] < JUMP_M_S2:
            return False
        return self._is_evidence(sorted(steps))

    def _is_evidence(self, steps: list[float]) -> bool:
        """``steps`` in m/s^2 from the smallest to the largest, the jump and what is around it."""
        jump, around = self._steps[AROUND], steps[-2]
        # A value that is held and then changes, as from a slower chip, stands alone without anything being cut.
        held = steps[AROUND] == 0.0
        if held or jump < steps[-1] or jump < LONE * around:
            return False
        jumps = self._jumps
        jumps.append((self._number, jump >= CLEAR * around))
        while jumps[0][0] <= self._number - REACH:
            jumps.popleft()
        return sum(clear for _, clear in jumps) >= CLEAR_JUMPS or self._are_even()

    def _are_even(self) -> bool:
        newest = [number for number, _ in self._jumps][-EVEN_JUMPS:]
        return len(newest) == EVEN_JUMPS and math.gcd(*(b - a for a, b in pairwise(newest))) >= EVEN
