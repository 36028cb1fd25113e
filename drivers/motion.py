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


@dataclass(frozen=True, slots=True)
class Shape:
    """How the speed of one way differs from a minimum-jerk path.

    ``skew`` is 1 for a peak of speed in the middle, see :func:`skew_for`. ``hesitation`` is the share of the speed
    lost where the way falters, 0 to below 1, which it does ``falters`` times; a single one in the middle flattens
    the bell into the even speed of a slow lowering.
    """

    skew: float = 1.0
    hesitation: float = 0.0
    falters: int = 1


SMOOTH = Shape()


def skew_for(peak: float) -> float:
    """Return the skew that puts the peak of speed at this share of the way's time, between 0.3 and 0.7.

    Time runs through x / (x + k (1 - x)); the speed is then proportional to x^2 (1-x)^2 / (x + k (1-x))^6, and
    setting the derivative of its logarithm to zero gives k.

    >>> skew_for(0.5)
    1.0
    """
    lean = (1.0 - 2.0 * peak) / (3.0 * peak * (1.0 - peak))
    return (1.0 - lean * peak) / (1.0 + lean * (1.0 - peak))


def way(t_s: float, start_s: float, end_s: float, shape: Shape = SMOOTH) -> Course:
    """Return a way from 0 to 1: a minimum-jerk path (Flash and Hogan, J Neurosci 1985) in the shape's own time.

    >>> way(0.5, 0.0, 1.0)
    (0.5, 1.875, 0.0)
    """
    if t_s <= start_s:
        return 0.0, 0.0, 0.0
    if t_s >= end_s:
        return 1.0, 0.0, 0.0
    length_s = end_s - start_s
    x, dx, ddx = (t_s - start_s) / length_s, 1.0, 0.0
    if shape is not SMOOTH:
        x, dx, ddx = _own_time(x, shape)
    left = 1.0 - x
    slope = 30.0 * x * x * left * left
    return (
        x * x * x * (10.0 - 15.0 * x + 6.0 * x * x),
        slope * dx / length_s,
        (60.0 * x * left * (1.0 - 2.0 * x) * dx * dx + slope * ddx) / (length_s * length_s),
    )


def _own_time(x: float, shape: Shape) -> Course:
    """Return how far the way's own time has run at the share ``x`` of its length, and its derivatives."""
    turn = math.tau * shape.falters
    u = x + shape.hesitation / turn * math.sin(turn * x)
    du = 1.0 + shape.hesitation * math.cos(turn * x)
    ddu = -turn * shape.hesitation * math.sin(turn * x)
    k = shape.skew
    below = u + k * (1.0 - u)
    slope = k / (below * below)
    bend = -2.0 * k * (1.0 - k) / (below * below * below)
    return u / below, slope * du, bend * du * du + slope * ddu


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
