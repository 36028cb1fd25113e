"""When a nudge is followed: a share of sessions begun for each part of the day, with how sure it is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

FROM_H, UNTIL_H, BLOCK_H = 6, 21, 3
BLOCKS = tuple(range(FROM_H, UNTIL_H, BLOCK_H))
"""Parts of the day by their first hour. Our choice: early, morning, noon, afternoon, evening."""
ENOUGH = 10
"""Nudges before a time is preferred. Our choice."""
FADES = 0.98
"""A nudge counts for half after about five weeks of one a day: people change. Our choice."""
DRAWS, SEED = 2000, 1


@dataclass(frozen=True, slots=True)
class Best:
    """The part of the day from ``from_h``: the share of nudges followed there with its 80 % interval.

    ``sure`` is the probability that no other part is better; ``n`` the nudges ever seen.
    """

    from_h: int
    share: float
    low: float
    high: float
    sure: float
    n: int


@dataclass(frozen=True, slots=True)
class Hours:
    """Beta-Bernoulli for each part of the day, from a flat prior. Constant memory.

    >>> hours = Hours()
    >>> for _ in range(10):
    ...     hours = hours.learned(7, followed=True).learned(19, followed=False)
    >>> hours.best(range(6, 21)).from_h
    6
    """

    followed: tuple[float, ...] = (0.0,) * len(BLOCKS)
    left: tuple[float, ...] = (0.0,) * len(BLOCKS)
    n: int = 0

    def learned(self, hour: float, *, followed: bool) -> Hours:
        """Return it with one more nudge at an hour from 0 to 24; one at night belongs to no part of the day."""
        if not FROM_H <= hour < UNTIL_H:
            return self
        at = int(hour - FROM_H) // BLOCK_H
        return replace(
            self,
            followed=tuple(FADES * one + (followed and i == at) for i, one in enumerate(self.followed)),
            left=tuple(FADES * one + (not followed and i == at) for i, one in enumerate(self.left)),
            n=self.n + 1,
        )

    def best(self, allowed: Iterable[int]) -> Best | None:
        """Return the part with the highest share of those whose first hour is allowed; None until enough was seen."""
        open_hours = set(allowed)
        parts = [i for i, hour in enumerate(BLOCKS) if hour in open_hours]
        if self.n < ENOUGH or not parts:
            return None
        a, b = np.array(self.followed)[parts] + 1, np.array(self.left)[parts] + 1
        draws = np.random.default_rng(SEED).beta(a, b, (DRAWS, len(parts)))
        at = int(np.argmax(a / (a + b)))
        low, high = np.quantile(draws[:, at], (0.1, 0.9)).tolist()
        sure = float((draws.argmax(axis=1) == at).mean())
        return Best(BLOCKS[parts[at]], float(a[at] / (a[at] + b[at])), low, high, sure, self.n)
