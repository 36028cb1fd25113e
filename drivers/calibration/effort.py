"""The steps of a muscle's reference, each a pure judgement: a figure, or the reason why it is refused.

Levels are shares of the converter's range, 0 to 1. A strong contraction without pain will do: those below the most
one can do are as repeatable (Burden, J Electromyogr Kinesiol 2010, 20:1023).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from drivers.calibration.still import Refusal, Why
from drivers.muscle import REST_SDS, Reference
from drivers.samples import MuscleSample, Quality

REST_S = 4.0
EFFORT_S = 5.0
PLATEAU_S = 1.0
"""The highest mean over this long is an effort's height; efforts of three to five seconds, of which the best second
is taken, are usual. Our choice among the 0.5 to 2 s in common use."""
HELD_S = 2.5
"""An effort is above half of its height for at least this long: a twitch is none. Our choice."""
HALF = 0.5
PAUSE_S = 30.0
"""Between two efforts, so that the next is not a tired one. Our choice; for the most one can do a minute or more is
usual, this is less."""
EFFORTS = 3
APART_SHARE = 0.3
"""The three differ by less than this, largest from smallest, as a share of their mean. Our choice: the same person
repeats such efforts to 10 or 15 % within a day."""
CAME_SHARE = 0.8
"""Of the readings that were due: with fewer, board or chip were gone for a good part of the look."""
CUT_SHARE = 0.01
"""Of readings at the end of the range from which a height is only "at least". Our choice."""
QUIET_LEVEL, QUIET_SD = 0.25, 0.02
"""No board at rest stands higher or wavers more: its offset is a few hundredths, its noise a few thousandths. Our
choice."""
LEAST_SD = 0.001
"""The converter's own step is noise too, where the rest shows none."""
CLEAR = 5.0
"""The reference stands at least so many times as high above the rest as activity begins: a fifth of it is then still
seen. Our choice."""
LEAST_HEIGHT = 0.05
"""And at least so much of the range: fifty steps of the converter. Our choice."""
WAVER_SHARE = 0.25
"""Within its best second an effort's standard deviation is below this share of its height. Our choice."""


@dataclass(frozen=True, slots=True)
class Quiet:
    """A muscle at rest: mean and standard deviation of its level."""

    level: float
    sd: float

    @property
    def begins(self) -> float:
        """The level from which it is activity."""
        return self.level + REST_SDS * self.sd


def rest_of(samples: Sequence[MuscleSample], rate_hz: float) -> Quiet | Refusal:
    """Return how a muscle at rest reads, or why it was none: an end of the range is no rest, however quiet."""
    if refused := _too_few(samples, rate_hz * REST_S):
        return refused
    if _cut_off(samples):
        return Refusal(Why.LOOSE)
    levels = [sample.level for sample in samples]
    mean, sd = _mean_sd(levels)
    if mean > QUIET_LEVEL:
        return Refusal(Why.NOT_AT_REST, 100 * mean, 100 * QUIET_LEVEL)
    if sd > QUIET_SD:
        return Refusal(Why.NOT_AT_REST, 100 * sd, 100 * QUIET_SD)
    return Quiet(mean, max(sd, LEAST_SD))


def plateau_of(samples: Sequence[MuscleSample], rest: Quiet, rate_hz: float) -> float | Refusal:
    """Return the level that an effort was held at, or why it is no reference."""
    if refused := _too_few(samples, rate_hz * EFFORT_S):
        return refused
    if _cut_off(samples):
        return Refusal(Why.CUT_OFF)
    levels, wide = [sample.level for sample in samples], round(rate_hz * PLATEAU_S)
    totals = [0.0, *accumulate(levels)]
    best = max(range(len(levels) - wide + 1), key=lambda first: totals[first + wide] - totals[first])
    mean, sd = _mean_sd(levels[best : best + wide])
    height, least = mean - rest.level, max(CLEAR * (rest.begins - rest.level), LEAST_HEIGHT)
    if height < least:
        return Refusal(Why.WEAK, 100 * height, 100 * least)
    held_s = sum(level - rest.level > HALF * height for level in levels) / rate_hz
    if held_s < HELD_S:
        return Refusal(Why.NOT_HELD, held_s, HELD_S)
    if sd > WAVER_SHARE * height:
        return Refusal(Why.WAVERING, 100 * sd / height, 100 * WAVER_SHARE)
    return mean


def apart(plateaus: Sequence[float], rest: Quiet) -> float | Refusal:
    """Return by what share of their mean height the efforts differ, largest from smallest, or that it is too much."""
    heights = [plateau - rest.level for plateau in plateaus]
    share = (max(heights) - min(heights)) / (sum(heights) / len(heights))
    return share if share <= APART_SHARE else Refusal(Why.EFFORTS_APART, 100 * share, 100 * APART_SHARE)


def odd_one(plateaus: Sequence[float]) -> int:
    """Return which of the efforts is furthest from the middle one, to be done again."""
    middle = sorted(plateaus)[len(plateaus) // 2]
    return max(range(len(plateaus)), key=lambda index: abs(plateaus[index] - middle))


def reference_of(rest: Quiet, plateaus: Sequence[float]) -> Reference:
    """Return the reference: the rest, and the mean of the efforts."""
    return Reference(rest.level, rest.sd, sum(plateaus) / len(plateaus))


def _too_few(samples: Sequence[MuscleSample], due: float) -> Refusal | None:
    least = CAME_SHARE * due
    return Refusal(Why.TOO_FEW, len(samples), least) if len(samples) < least else None


def _cut_off(samples: Sequence[MuscleSample]) -> bool:
    return sum(bool(sample.quality & Quality.SATURATED) for sample in samples) > CUT_SHARE * len(samples)


def _mean_sd(levels: Sequence[float]) -> tuple[float, float]:
    mean = math.fsum(levels) / len(levels)
    return mean, math.sqrt(math.fsum((level - mean) ** 2 for level in levels) / (len(levels) - 1))
