"""Statistics that a few wild values do not move: spread, the error of a median, and a trend with its uncertainty."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

TO_SD = 1.4826
"""Times the median absolute deviation is the standard deviation of a normal spread (Hampel, JASA 1974)."""
MEDIAN_COSTS = 1.2533
"""Root of pi / 2: a median is that much less exact than a mean, for a normal spread."""
TREND_FROM = 8
"""Points a trend needs: below that the normal approximation of Kendall's S is poor (Kendall 1975 asks for 10)."""
AT_95 = 1.96


def spread(values: Floats) -> float:
    """Return the standard deviation of ``values``, shape (n,), as their median absolute deviation gives it.

    >>> spread(np.array([1.0, 2.0, 3.0, 4.0, 1000.0]))
    1.4826
    """
    return TO_SD * float(np.median(np.abs(values - np.median(values))))


def median_error(values: Floats) -> float:
    """Return the standard error of the median of ``values``, shape (n,)."""
    return MEDIAN_COSTS * spread(values) / math.sqrt(len(values))


@dataclass(frozen=True, slots=True)
class Trend:
    """``slope`` per unit of time with its 95 % interval; ``level`` is the fitted value at time 0.

    ``p_value`` is that of no trend at all.
    """

    slope: float
    low: float
    high: float
    p_value: float
    level: float

    @property
    def real(self) -> bool:
        """True when chance makes such a trend less than once in twenty times."""
        return self.p_value < 0.05


def trend(t: Floats, values: Floats) -> Trend | None:
    """Return the trend of ``values`` over times ``t``, both of shape (n,); None below ``TREND_FROM`` times.

    The slope is the median of the slopes of all pairs (Theil 1950; Sen, JASA 1968, who gives the interval too), the
    test that of Mann (1945) and Kendall (1975) with their correction for ties and for continuity.
    """
    if len(np.unique(t)) < TREND_FROM:
        return None
    i, j = np.triu_indices(len(t), 1)
    run = t[j] - t[i]
    slopes = np.sort((values[j] - values[i])[run != 0] / run[run != 0])
    slope = float(np.median(slopes))
    s = float(np.sign(slopes).sum())
    sd = math.sqrt(_variance_of_s(len(t), t, values))
    reach = AT_95 * sd
    low = slopes[max(math.floor((len(slopes) - reach) / 2), 0)]
    high = slopes[min(math.ceil((len(slopes) + reach) / 2), len(slopes) - 1)]
    z = (abs(s) - 1) / sd if sd and s else 0.0
    return Trend(slope, float(low), float(high), math.erfc(z / math.sqrt(2)), float(np.median(values - slope * t)))


def _variance_of_s(n: int, *columns: Floats) -> float:
    """Return the variance of Kendall's S without a trend, less what ties in either column take away."""
    ties = [count for column in columns for count in np.unique(column, return_counts=True)[1].tolist()]
    return max(_term(n) - sum(_term(count) for count in ties), 0.0) / 18


def _term(n: int) -> float:
    return n * (n - 1) * (2 * n + 5)
