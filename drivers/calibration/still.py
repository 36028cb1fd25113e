"""Is a sensor left alone? One look at a few seconds of samples, or the reason why they are of no use."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from drivers.samples import LoadSample, Quality

MEASURE_S = 2.0
"""How long a look lasts: 160 conversions at 80 a second average the noise down to a thirteenth; 20 at 10 do by 4."""
LEAST_SAMPLES = 12
"""A look at 10 conversions a second has 20; with fewer than these the sensor was gone for a good part of it."""
STILL_SHARE = 0.0003
"""The most a cell may waver (standard deviation), as a share of its rated load. Ours: 0.03 kg on a 100 kg cell, six
times a good converter's noise; 10 kg that swing by 5 degrees waver by 0.04 kg and weigh 0.2 % too much."""


class Why(StrEnum):
    """Why a step of a calibration is refused; :class:`Refusal` says by how much."""

    TOO_FEW = "too_few"
    """Samples are missing. Value and limit: how many there were, and how many are needed."""
    STUCK = "stuck"
    """Every sample is the same: no real sensor is that quiet."""
    SATURATED = "saturated"
    """The reading is at the end of its range: overloaded, or a wire of the bridge is off."""
    MOVING = "moving"
    """It swings, turns, or somebody touches it. Value and limit: kg for a cell, degrees or m/s^2 for a pose."""
    LOADED = "loaded"
    """It reads more than a forgotten cable: something hangs on it. Value and limit in kg."""
    UNCONFIRMED = "unconfirmed"
    """There is no earlier zero to hold this one against: somebody must say that nothing hangs on it."""
    ZERO_FAR_OFF = "zero_far_off"
    """No healthy bridge without a load is so far from balance. Value and limit: percent of the converter's range."""
    TOO_LIGHT = "too_light"
    """The weight is too small a part of what the cell is made for. Value and limit in kg."""
    TOO_HEAVY = "too_heavy"
    """The weight is more than the cell is made for. Value and limit in kg."""
    NO_CHANGE = "no_change"
    """The reading hardly changed: is the weight on the hook? Value and limit in mV/V at the rated load."""
    TOO_SENSITIVE = "too_sensitive"
    """The reading changed more than any cell's would: is the number of kg right? Value and limit as above."""
    NOT_BACK = "not_back"
    """Without the weight it does not return to its zero. Value and limit in kg."""
    NOT_REPEATED = "not_repeated"
    """The same weight reads otherwise the second time. Value and limit in percent of the weight."""
    NOT_LINEAR = "not_linear"
    """Another weight does not read what it should. Value and limit in percent of that weight."""
    NOT_GRAVITY = "not_gravity"
    """At rest it does not measure gravity. Value and limit in m/s^2 of difference."""
    LOOSE = "loose"
    """A muscle at rest reads the end of the range: an electrode or a wire is off."""
    NOT_AT_REST = "not_at_rest"
    """The muscle works, or the electrodes pick up hum. Value and limit in percent of the range."""
    CUT_OFF = "cut_off"
    """The effort is cut off at the end of the range: the board's gain is too high."""
    WEAK = "weak"
    """The effort hardly differs from the rest. Value and limit in percent of the range."""
    NOT_HELD = "not_held"
    """The effort was too short. Value and limit in seconds."""
    WAVERING = "wavering"
    """The effort was not steady. Value and limit in percent of it."""
    EFFORTS_APART = "efforts_apart"
    """The efforts differ too much from one another. Value and limit in percent of their mean."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A step that did not pass: the reason, what was found, and what would have passed."""

    why: Why
    value: float = 0.0
    limit: float = 0.0


@dataclass(frozen=True, slots=True)
class Still:
    """A cell at rest: mean and standard deviation in counts, over ``samples`` conversions."""

    mean_count: float
    spread_count: float
    samples: int
    warming_up: bool = False


def look(samples: Sequence[LoadSample], limit_count: float, kg_per_count: float) -> Still | Refusal:
    """Return the level of an uncalibrated cell, whose samples carry bare counts, or why there is none.

    ``limit_count`` is the standard deviation that still passes; ``kg_per_count`` only serves to tell it in kg.
    Conversions from the settling after power-up are left out.
    """
    if any(sample.quality & Quality.SATURATED for sample in samples):
        return Refusal(Why.SATURATED)
    counts = [sample.force_n for sample in samples if not sample.quality & Quality.SETTLING]
    if len(counts) < LEAST_SAMPLES:
        return Refusal(Why.TOO_FEW, len(counts), LEAST_SAMPLES)
    mean = math.fsum(counts) / len(counts)
    spread = math.sqrt(math.fsum((count - mean) ** 2 for count in counts) / (len(counts) - 1))
    if spread == 0.0:
        return Refusal(Why.STUCK)
    if not spread <= limit_count:  # not-a-number is no rest either
        return Refusal(Why.MOVING, spread * kg_per_count, limit_count * kg_per_count)
    return Still(mean, spread, len(counts), any(sample.quality & Quality.WARMING_UP for sample in samples))
