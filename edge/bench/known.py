"""Known ways of counting repetitions, written down plainly from their descriptions: yardsticks, not rivals.

Each has the signature of :class:`Known`: samples go in one at a time, and once a second it says how many repetitions
its window or its state amounts to. They keep what their papers keep; none of them tells phases or ends.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Mapping
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from drivers.samples import Vector

Floats = NDArray[np.float64]

WINDOW_S = 20.0
"""Long enough for four repetitions of five seconds."""
AGAIN_S = 1.0
"""A window is looked at once a second: sooner, the cost grows, later, the count comes late."""


class Known(Protocol):
    """A way of counting that takes accelerations and knows a number."""

    count: int

    def update(self, t_s: float, accel: Vector) -> None:
        """Take the next sample, in m/s^2."""


class _Window:
    """The newest ``WINDOW_S`` seconds, counted anew every ``AGAIN_S``."""

    def __init__(self, rate_hz: float) -> None:
        self.count = 0
        self._rate_hz = rate_hz
        self._past: deque[Vector] = deque(maxlen=int(WINDOW_S * rate_hz))
        self._next_s = 0.0

    def update(self, t_s: float, accel: Vector) -> None:
        """Take the next sample; ``count`` is that of the window."""
        self._past.append(accel)
        if t_s >= self._next_s and len(self._past) > 2 * self._rate_hz:
            self._next_s = t_s + AGAIN_S
            self.count = self._counted(np.array(self._past))

    def _counted(self, window: Floats) -> int:
        raise NotImplementedError


class RecofitAutocorrelation(_Window):
    """RecoFit (Morris et al., CHI 2014): principal component, peaks thinned by the autocorrelation's period."""

    def _counted(self, window: Floats) -> int:
        signal = _smoothed(_main_component(window), round(0.25 * self._rate_hz))
        lags = _autocorrelation(signal)
        shortest, longest = round(0.5 * self._rate_hz), min(len(lags) - 1, round(8.0 * self._rate_hz))
        period = shortest + int(np.argmax(lags[shortest:longest]))
        return len(_peaks(signal, 0.75 * period, 0.5 * float(np.percentile(signal, 90))))


class PrincipalAxisPeaks(_Window):
    """The principal axis and its peaks above a share of the range, kin to RecoLift (2015)."""

    def _counted(self, window: Floats) -> int:
        signal = _smoothed(_main_component(window), round(0.5 * self._rate_hz))
        low, high = np.percentile(signal, (10, 90))
        return len(_peaks(signal, 0.5 * self._rate_hz, float(low + 0.6 * (high - low))))


class ButterworthExtrema:
    """A low-pass and the highs of the norm, kin to the smartphone on the weight stack of Viecelli et al. (2020).

    Two poles at 1 Hz by the bilinear transform of the Butterworth prototype (Oppenheim and Schafer); a high counts
    where it lies above the running mean.
    """

    def __init__(self, rate_hz: float) -> None:
        self.count = 0
        k = math.tan(math.pi * 1.0 / rate_hz)
        norm = 1.0 / (1.0 + math.sqrt(2.0) * k + k * k)
        self._b = k * k * norm
        self._a = (2.0 * (k * k - 1.0) * norm, (1.0 - math.sqrt(2.0) * k + k * k) * norm)
        self._x = self._y = (0.0, 0.0)
        self._mean = 0.0

    def update(self, t_s: float, accel: Vector) -> None:
        """Take the next sample; ``count`` is that of everything so far."""
        x = math.sqrt(accel[0] * accel[0] + accel[1] * accel[1] + accel[2] * accel[2])
        x1, x2 = self._x
        y1, y2 = self._y
        y = self._b * (x + 2.0 * x1 + x2) - self._a[0] * y1 - self._a[1] * y2
        self._mean += 0.001 * (y - self._mean)
        if y2 < y1 >= y and y1 > self._mean:
            self.count += 1
        self._x, self._y = (x, x1), (y, y1)


def _main_component(window: Floats) -> Floats:
    """Return the samples (n, 3) along the direction in which they vary most, (n,), around zero."""
    centred = window - window.mean(axis=0)
    component: Floats = centred @ np.linalg.eigh(centred.T @ centred)[1][:, 2]
    return component


def _smoothed(signal: Floats, width: int) -> Floats:
    return np.convolve(signal, np.full(width, 1.0 / width), "same")


def _autocorrelation(signal: Floats) -> Floats:
    """Return the autocorrelation for every lag, by the Fourier transform."""
    n = len(signal)
    spectrum = np.fft.rfft(signal, 2 * n)
    return np.fft.irfft(spectrum * spectrum.conj())[:n]


def _peaks(signal: Floats, apart: float, least: float) -> list[int]:
    """Return the indices of the highs above ``least``, the highest first, none closer to another than ``apart``."""
    highs = np.flatnonzero((signal[1:-1] >= signal[:-2]) & (signal[1:-1] > signal[2:]) & (signal[1:-1] > least)) + 1
    kept: list[int] = []
    for high in highs[np.argsort(-signal[highs])].tolist():
        if all(abs(high - other) >= apart for other in kept):
            kept.append(high)
    return kept


KNOWN: Mapping[str, Callable[[float], Known]] = {
    "RecoFit autocorrelation": RecofitAutocorrelation,
    "principal axis and peaks": PrincipalAxisPeaks,
    "Butterworth and extrema": ButterworthExtrema,
}
"""By name, made from the rate of the samples in Hz."""
BEST_KNOWN = "RecoFit autocorrelation"
"""The one of these three that counts most of the shared recordings exactly: 39 % over their sources. The best offline
counter known, an autocorrelation with long lags over the whole set, counts 54 % exactly, 84 % within one, and is off
by 0.92 on average; it is not among them."""
