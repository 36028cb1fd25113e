"""When somebody who sits down touches the seat, seen from the thigh.

The seat takes the hips first, while the thigh is still well up and turning; it goes on turning about the hips, more
slowly, until its underside meets the edge of the seat and it stops dead with a knock. The knock is sharp and easy to
find. The first touch is the moment before it at which the thigh began to be held back.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from edge.signal.filters import centred_mean, median_of_three

Floats = NDArray[np.float64]

KNOCK_M_S2 = 2.0
"""Least size of a knock: ten times what a tremor or a chip's noise makes, a third of what a sat-on chair does."""
AROUND_S = 0.2
"""A knock is over sooner than this; the mean over it is what the movement itself makes the sensor feel."""
DEAD_STOP = 0.25
"""Share of its greatest speed the thigh must have just before the knock. A controlled way down has less left by then,
and the seat is touched when the movement ends."""
JUST_BEFORE_S = 0.06
HELD_BACK = 0.7
"""Share of its greatest speed below which the thigh is held back. On a force plate's evidence; shares from 0.6 to 0.8
differ by 30 ms."""
TOUCH_SPREAD_S = 0.06
"""What the touch may be off. On one person's force plate 35 ms; other people and seats are given twice as much."""
PACE_S = 0.06
"""The turn rate is smoothed over this: soft tissue shakes faster."""


def touch_s(t_s: Floats, speed: Floats, weight: Floats, from_s: float, until_s: float) -> float | None:
    """Return when the seat was touched on a way down from ``from_s`` to ``until_s``, None for a soft landing.

    The arrays have shape (n,): times, turn rate (never negative) and size of the acceleration in m/s^2.
    """
    pace = centred_mean(t_s, speed, PACE_S)
    weight = median_of_three(weight)
    knock = weight - centred_mean(t_s, weight, AROUND_S)
    first, last = np.searchsorted(t_s, ((from_s + until_s) / 2, until_s))
    begin = int(np.searchsorted(t_s, from_s))
    if last - first < 3:
        return None
    at = int(first + np.argmax(knock[first:last]))
    before = max(int(np.searchsorted(t_s, t_s[at] - JUST_BEFORE_S)), begin)
    top = float(pace[begin : at + 1].max())
    if knock[at] < KNOCK_M_S2 or pace[before] < DEAD_STOP * top:
        return None
    fast = np.flatnonzero(pace[begin : at + 1] >= HELD_BACK * top)
    return float(t_s[begin + fast[-1]])
