"""Recursive filters and moving windows on plain floats: one value in, one value out; one mean for arrays."""

from __future__ import annotations

from collections import deque

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


class Smoother:
    """First-order low-pass with time constant ``tau_s``; uneven sampling is fine, the first value starts it."""

    def __init__(self, tau_s: float) -> None:
        self._tau_s = tau_s
        self._t_s = 0.0
        self._value: float | None = None

    def update(self, t_s: float, value: float) -> float:
        """Return the smoothed value at ``t_s``.

        >>> smoother = Smoother(1.0)
        >>> smoother.update(0.0, 2.0), smoother.update(1.0, 4.0)
        (2.0, 3.0)
        """
        if self._value is None:
            self._value = value
        else:
            dt_s = t_s - self._t_s
            self._value += (value - self._value) * dt_s / (self._tau_s + dt_s)
        self._t_s = t_s
        return self._value


class Slope:
    """Change per second across the newest ``span_s`` seconds."""

    def __init__(self, span_s: float) -> None:
        self._span_s = span_s
        self._past: deque[tuple[float, float]] = deque()

    def update(self, t_s: float, value: float) -> float:
        """Return the slope up to ``t_s``; 0 at the first value.

        >>> slope = Slope(1.0)
        >>> [slope.update(t, 3.0 * t) for t in (0.0, 0.5, 1.0)]
        [0.0, 3.0, 3.0]
        """
        past = self._past
        past.append((t_s, value))
        while len(past) > 2 and past[1][0] <= t_s - self._span_s:
            past.popleft()
        then_s, then = past[0]
        return (value - then) / (t_s - then_s) if t_s > then_s else 0.0


class Stillness:
    """For how long a speed has stayed under a limit."""

    def __init__(self, limit: float) -> None:
        self._limit = limit
        self._since_s: float | None = None

    def update(self, t_s: float, speed: float) -> float:
        """Return the seconds of stillness up to ``t_s``; 0 while moving.

        >>> still = Stillness(1.0)
        >>> still.update(0.0, 0.5), still.update(0.4, 0.5), still.update(0.5, 2.0)
        (0.0, 0.4, 0.0)
        """
        if speed >= self._limit:
            self._since_s = None
            return 0.0
        if self._since_s is None:
            self._since_s = t_s
        return t_s - self._since_s


def centred_mean(t_s: Floats, values: Floats, over_s: float) -> Floats:
    """Return the mean of ``values`` (n,) over about ``over_s`` seconds around each, which is not late."""
    step_s = float(np.median(np.diff(t_s)))
    half = round(over_s / step_s / 2)
    if half < 1:
        return values
    padded = np.concatenate([np.repeat(values[0], half), values, np.repeat(values[-1], half)])
    return np.convolve(padded, np.full(2 * half + 1, 1 / (2 * half + 1)), "valid")


def median_of_three(values: Floats) -> Floats:
    """Return the median of each of ``values`` (n,) and its two neighbours: a single wild value is gone.

    An end takes the median of the three that are nearest; fewer than three are returned as they are.

    >>> median_of_three(np.array([80.0, 1.0, 2.0, 90.0, 3.0])).tolist()
    [2.0, 2.0, 2.0, 3.0, 3.0]
    """
    if len(values) < 3:
        return values
    inner: Floats = np.median(np.stack([values[:-2], values[1:-1], values[2:]]), axis=0)
    return np.concatenate([inner[:1], inner, inner[-1:]])
