"""How living things move from one place to another: smooth ways, waves and the ringing after a bump.

Everything is a function of time with its exact first and second derivative, so that angle, turn rate and
acceleration of a virtual patient agree with one another.
"""

from __future__ import annotations

import math
import random
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass

Course = tuple[float, float, float]
"""A quantity, its rate per second and the change of that rate."""

LONGEST_RING_S = 0.6
"""A ring is over after this long: six of the longest time constants drawn, a quarter of a percent is left."""


_HALF = 8.0 / 15.0
"""Way of half a minimum-jerk path as a share of its length times its greatest speed: 0.5 / (0.5 * 15 / 8)."""


@dataclass(frozen=True, slots=True)
class Shape:
    """How the speed runs on one way: it rises for a share of the time, is even, and falls for a share of the time.

    Rise and fall are the halves of a minimum-jerk path; half and half is that path. In the even part the speed dips
    ``falters`` times by the share ``hesitation``, 0 to below 1.
    """

    rise: float = 0.5
    fall: float = 0.5
    hesitation: float = 0.0
    falters: int = 1


SMOOTH = Shape()


def way(t_s: float, start_s: float, end_s: float, shape: Shape = SMOOTH) -> Course:
    """Return a way from 0 to 1, by default a minimum-jerk path (Flash and Hogan, J Neurosci 1985).

    >>> way(0.5, 0.0, 1.0)
    (0.5, 1.875, 0.0)
    """
    if t_s <= start_s:
        return 0.0, 0.0, 0.0
    if t_s >= end_s:
        return 1.0, 0.0, 0.0
    length_s = end_s - start_s
    x = (t_s - start_s) / length_s
    value, rate, change = _bell(x) if shape is SMOOTH else _shaped(x, shape)
    return value, rate / length_s, change / (length_s * length_s)


def _bell(x: float) -> Course:
    left = 1.0 - x
    return (
        x * x * x * (10.0 - 15.0 * x + 6.0 * x * x),
        30.0 * x * x * left * left,
        60.0 * x * left * (1.0 - 2.0 * x),
    )


def _shaped(x: float, shape: Shape) -> Course:
    """Return the way at the share ``x`` of its time; speeds are in shares of the greatest one, ``top``."""
    rise, fall = shape.rise, shape.fall
    even = max(1.0 - rise - fall, 0.0)
    top = 1.0 / (_HALF * (rise + fall) + even * (1.0 - shape.hesitation / 2))
    if x < rise:
        value, rate, change = _bell(x / rise / 2)
        return 2 * _HALF * rise * top * value, top * _HALF * rate, top * _HALF * change / (2 * rise)
    if 1.0 - x <= fall or not even:
        value, rate, change = _bell((1.0 - x) / fall / 2)
        return 1.0 - 2 * _HALF * fall * top * value, top * _HALF * rate, -top * _HALF * change / (2 * fall)
    turn = math.tau * shape.falters / even
    since, dip = x - rise, shape.hesitation / 2
    return (
        top * (_HALF * rise + since * (1.0 - dip) + dip * math.sin(turn * since) / turn),
        top * (1.0 - dip + dip * math.cos(turn * since)),
        -top * dip * turn * math.sin(turn * since),
    )


@dataclass(frozen=True, slots=True)
class Step:
    """A smooth change of one quantity by ``change`` units between two times; it stays changed afterwards."""

    start_s: float
    end_s: float
    change: float


class Steps:
    """Steps of one quantity, however many: looking one up costs the same after an hour as at the start."""

    def __init__(self, steps: Iterable[Step] = ()) -> None:
        self._steps: list[Step] = []
        self.add(steps)

    def add(self, steps: Iterable[Step]) -> None:
        """These happen as well."""
        self._steps = sorted([*self._steps, *steps], key=lambda step: step.start_s)
        self._starts = [step.start_s for step in self._steps]
        self._longest_s = max((step.end_s - step.start_s for step in self._steps), default=0.0)
        self._before = [0.0]
        for step in self._steps:
            self._before.append(self._before[-1] + step.change)

    @property
    def total(self) -> float:
        """What all of them together come to."""
        return self._before[-1]

    def at(self, t_s: float) -> Course:
        """Return what they amount to at ``t_s``."""
        value = rate = change = 0.0
        i = bisect_right(self._starts, t_s)
        while i and self._starts[i - 1] >= t_s - self._longest_s:
            i -= 1
            step = self._steps[i]
            share = way(t_s, step.start_s, step.end_s)
            value += step.change * share[0]
            rate += step.change * share[1]
            change += step.change * share[2]
        return self._before[i] + value, rate, change


def bump(t_s: float, length_s: float, size: float) -> list[Step]:
    """Return a change by ``size`` and back again."""
    half_s = length_s / 2
    return [Step(t_s, t_s + half_s, size), Step(t_s + half_s, t_s + length_s, -size)]


@dataclass(frozen=True, slots=True)
class Wave:
    """A sine of ``size`` units at ``rate_rad_s`` with a phase in radians."""

    size: float
    rate_rad_s: float
    phase: float


def waves(draw: random.Random, bands: Iterable[tuple[float, float, float]]) -> tuple[Wave, ...]:
    """Return a sine for every band (lowest and highest Hz, size), each drawn at random in size, rate and phase."""
    return tuple(
        Wave(size * draw.uniform(0.6, 1.2), math.tau * draw.uniform(low, high), draw.uniform(0.0, math.tau))
        for low, high, size in bands
    )


def swing(these: Iterable[Wave], t_s: float) -> Course:
    """Return the sum of the waves."""
    value = rate = change = 0.0
    for wave in these:
        angle = wave.rate_rad_s * t_s + wave.phase
        sine = wave.size * math.sin(angle)
        value += sine
        rate += wave.size * wave.rate_rad_s * math.cos(angle)
        change -= wave.rate_rad_s * wave.rate_rad_s * sine
    return value, rate, change


@dataclass(frozen=True, slots=True)
class Ring:
    """What a bump at ``start_s`` leaves: a sine of ``size`` units that dies away with ``fade_s``."""

    start_s: float
    size: float
    rate_rad_s: float
    fade_s: float


class Rings:
    """Rings in the order of time."""

    def __init__(self, rings: Iterable[Ring] = ()) -> None:
        self._rings: list[Ring] = []
        self.add(rings)

    def add(self, rings: Iterable[Ring]) -> None:
        """These happen as well."""
        self._rings = sorted([*self._rings, *rings], key=lambda ring: ring.start_s)
        self._starts = [ring.start_s for ring in self._rings]

    def at(self, t_s: float) -> Course:
        """Return what is still ringing at ``t_s``; the rate jumps where a bump happens, as it does in life."""
        value = rate = change = 0.0
        i = bisect_right(self._starts, t_s)
        while i and self._starts[i - 1] > t_s - LONGEST_RING_S:
            i -= 1
            ring = self._rings[i]
            since_s, w, fade = t_s - ring.start_s, ring.rate_rad_s, 1.0 / ring.fade_s
            size = ring.size * math.exp(-since_s * fade)
            sine, cosine = math.sin(w * since_s), math.cos(w * since_s)
            value += size * sine
            rate += size * (w * cosine - fade * sine)
            change += size * ((fade * fade - w * w) * sine - 2.0 * fade * w * cosine)
        return value, rate, change
