"""A number that was learned, with how sure it is; and the one way of learning numbers here.

Ridge regression in its Bayesian form (Bishop 2006, section 3.3, with unknown noise): a prior, then one update per
observation. What is kept never grows.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

SURE_TIMES = 1.28
"""Standard deviations to the value that is passed nine times in ten, for a normal spread."""


@dataclass(frozen=True, slots=True)
class Guess:
    """``value`` with its standard deviation, from ``n`` observations."""

    value: float
    sd: float
    n: int

    @property
    def low(self) -> float:
        """What it is at least, nine times in ten."""
        return self.value - SURE_TIMES * self.sd

    @property
    def high(self) -> float:
        """What it is at most, nine times in ten."""
        return self.value + SURE_TIMES * self.sd


@dataclass(frozen=True, slots=True)
class Line:
    """A line through observations: precision of its weights (k * k, row by row), precision times mean (k), noise.

    >>> line = Line.prior((0.0, 0.0), (10.0, 10.0), noise_sd=1.0, worth=1.0)
    >>> for x in range(10):
    ...     line = line.learned((1.0, float(x)), 2.0 * x)
    >>> round(line.guess((1.0, 4.0)).value, 1)
    8.0
    """

    precision: tuple[float, ...]
    shift: tuple[float, ...]
    worth: float
    squares: float
    n: int = 0

    @classmethod
    def prior(cls, mean: tuple[float, ...], sd: tuple[float, ...], noise_sd: float, worth: float) -> Line:
        """Return the line before the first observation; its noise is believed like ``worth`` observations."""
        spread = np.diag((noise_sd / np.array(sd)) ** 2)
        shift = spread @ np.array(mean)
        squares = worth * noise_sd**2 + float(np.array(mean) @ shift)
        return cls(tuple(spread.ravel().tolist()), tuple(shift.tolist()), worth, squares)

    def learned(self, x: tuple[float, ...], y: float) -> Line:
        """Return the line with one more observation; unchanged where it holds no number."""
        at = np.array(x)
        if not (np.isfinite(at).all() and math.isfinite(y)):
            return self
        precision = np.array(self.precision).reshape(len(x), -1) + np.outer(at, at)
        shift = np.array(self.shift) + at * y
        return replace(
            self,
            precision=tuple(precision.ravel().tolist()),
            shift=tuple(shift.tolist()),
            squares=self.squares + y * y,
            n=self.n + 1,
        )

    def guess(self, x: tuple[float, ...]) -> Guess:
        """Return what is to be expected at ``x`` and the spread of a single new observation there."""
        at, precision = np.array(x), np.array(self.precision).reshape(len(x), -1)
        weights = np.linalg.solve(precision, np.array(self.shift))
        left = max(self.squares - float(weights @ np.array(self.shift)), 1e-9)
        noise = left / (self.worth + self.n)
        doubt = float(at @ np.linalg.solve(precision, at))
        return Guess(float(weights @ at), math.sqrt(noise * (1 + doubt)), self.n)
