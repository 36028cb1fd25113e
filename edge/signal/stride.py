"""A step is no repetition: how a thigh that walks is told from one that exercises.

In walking a thigh swings by 30 to 45 degrees in about a second, stride after stride, and feels both feet strike the
ground (Perry, Gait Analysis, 1992). A repetition as small as that is not as quick, one as quick is not as small, and
neither strikes the ground on its way.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from edge.signal.filters import centred_mean

Floats = NDArray[np.float64]

LONGEST_S = 1.5
"""A stride of slow walkers, 0.8 per second, and the uncertainty of both its ends."""
STRIKE_M_S2 = 1.0
"""Least size of a foot strike as a thigh feels it: several times the noise of a chip and of a tremor."""
AROUND_S = 0.2
"""A strike is over sooner than this."""


def struck(t_s: Floats, weight: Floats, start_s: float, end_s: float) -> bool:
    """Return whether a foot struck the ground between two times.

    The arrays have shape (n,): times, and the size of the acceleration in m/s^2.
    """
    if len(t_s) < 3:
        return False
    knock = weight - centred_mean(t_s, weight, AROUND_S)
    first, last = np.searchsorted(t_s, (start_s, end_s))
    return bool(last > first and float(knock[first:last].max()) >= STRIKE_M_S2)
