"""Phase boundaries of a finished movement, dated back to where motion really began or stopped.

A level on the way is crossed late: a true 3-1-1 movement read at 10 % of its range comes out as 2.6-1.8-0.8. A limb
gets up to speed and stops as one half of a minimum-jerk path, 16 x^2 (1 - x)^2 of its greatest speed (Flash and
Hogan, J Neurosci 1985). A slow way is no such path stretched: between its ends it runs evenly (Vallbo and Wessberg, J
Physiol 1993). So each end is found from its own steepness: from when the speed passes a fifth of its peak and when
nearly half. A force does not tell its speed: its ends are found by ``bends.py``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge.signal.bends import LEAD_S, ONSET, RISE, Bend, bend
from edge.signal.filters import centred_mean

Floats = NDArray[np.float64]

LEVEL = 0.2
"""Share of the peak speed: well above sway, low enough to lie close to the ends."""
STEEP = 0.45
"""A slow way falters down to about half its speed, and a share below that is passed at its ends only."""
PAD = 1.508
"""16 x^2 (1-x)^2 is 0.2 at x = 0.1283 and 0.45 at x = 0.2134: 0.1283 / (0.2134 - 0.1283) of the time between the
two."""
MOST = 0.1726
"""The same as a share of the time between the two passages of a whole path, 0.1283 / (1 - 2 * 0.1283): no end is
longer beside its way."""
SMOOTHING_S, TREMOR_SMOOTHING = 0.08, 0.1
"""A turn rate is taken over the longer of this time and this share of a way: a tremor at 5 Hz is as fast as a slow
way.
"""
EARLY = 0.1
"""For a force, whose beginning is clean: share of the peak speed below which its way back is fading."""
SHAPE_SPREAD = 0.1
"""What an end may differ from half a minimum-jerk path, as a share of the time it takes. Our estimate."""
SHORTEST_PAD_S = 0.1
"""That of a whole way of 0.8 s."""
LONGEST_PAUSE_S = 5.0
"""The longest hold a tempo plans."""
LEAST_S = 1e-3
"""No moment is known better than this."""
LATE, LATE_SPREAD = 1.5, 1.0
"""Sample steps a force is late, and what that may be off: a converter tells the mean of its last four conversions
(HX711 data sheet: a step takes four to settle), of which the middle is a conversion and a half old."""


@dataclass(frozen=True, slots=True)
class Boundaries:
    """Where the way out began and ended and the way back began and ended, in s, and what each may be off (1 SD)."""

    start_s: float
    out_end_s: float
    hold_end_s: float
    end_s: float
    spread_s: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)

    def ended(self, at_s: float, spread_s: float | None = None) -> Boundaries:
        """Return the same movement ended at ``at_s`` if that is sooner; half of what is cut off is in doubt."""
        if at_s >= self.end_s:
            return self
        end_s = max(at_s, self.start_s + 0.01)
        *first, last = self.spread_s
        doubt_s = math.hypot(last, (self.end_s - end_s) / 2) if spread_s is None else spread_s
        return Boundaries(
            self.start_s,
            min(self.out_end_s, end_s),
            min(self.hold_end_s, end_s),
            end_s,
            (first[0], first[1], first[2], doubt_s),
        )


@dataclass(frozen=True, slots=True)
class _Edge:
    t_s: float
    spread_s: float

    def with_(self, other: _Edge) -> _Edge:
        """Return what two estimates of the same moment say together, the surer one more; they may disagree."""
        mine, its = (max(one.spread_s, LEAST_S) ** -2 for one in (self, other))
        t_s = (mine * self.t_s + its * other.t_s) / (mine + its)
        return _Edge(t_s, math.hypot((mine + its) ** -0.5, (self.t_s - other.t_s) / 3))

    def towards(self, other: _Edge, share: float) -> _Edge:
        """Return a moment this share of the way to another one, as uncertain as both are."""
        t_s = self.t_s + share * (other.t_s - self.t_s)
        return _Edge(t_s, self.spread_s + share * (other.spread_s - self.spread_s))


@dataclass(frozen=True, slots=True)
class _Way:
    """One way from the start posture to the far end; ``arrived`` is the index at which it first reaches 0.9."""

    t_s: Floats
    height: Floats
    pace: Floats
    arrived: int
    noise: float

    def last_below(self, height: float) -> int:
        found = np.flatnonzero(self.height[: self.arrived + 1] < height)
        return int(found[-1]) if len(found) else 0

    def top(self, low: int, high: int) -> float:
        return max(float(self.pace[low : high + 1].max()), 1e-9)


def date(t_s: Floats, shift: Floats, *, turning: bool) -> Boundaries:
    """Return the boundaries of one movement out and back.

    ``t_s`` and ``shift`` have shape (n,) and begin in the start posture and end close to it. ``turning`` tells an
    angle that a gyroscope followed from a force, or an angle that is known less well.
    """
    # Who overshoots settles lower: the level of the pause counts, not its peak.
    far = float(np.percentile(shift[_first(shift >= 0.5 * shift.max()) : _last(shift >= 0.5 * shift.max()) + 1], 75))
    height = shift / far
    arrived, left = _first(height >= 0.9), _last(height >= 0.9)
    if turning:
        start, out_end, hold_end, end = _turned(t_s, shift, height, arrived, left)
    else:
        start, out_end, hold_end, end = _pulled(t_s, height, arrived, left)
    out_end, hold_end = _paused(out_end, hold_end)
    return Boundaries(
        min(start.t_s, out_end.t_s - 0.01),
        out_end.t_s,
        hold_end.t_s,
        max(end.t_s, hold_end.t_s + 0.01),
        (start.spread_s, out_end.spread_s, hold_end.spread_s, end.spread_s),
    )


def _paused(begin: _Edge, end: _Edge) -> tuple[_Edge, _Edge]:
    """Return the ends of a pause, drawn together by how likely there was none.

    To turn without a pause is as likely as to pause, for any time up to ``LONGEST_PAUSE_S`` (spike and slab; Mitchell
    and Beauchamp, J Am Stat Assoc 1988): two ends that may well be one moment are taken for it.
    """
    turn = begin.with_(end)
    if end.t_s <= begin.t_s:
        # Both estimates reach past the turn: it lies between them.
        return turn, turn
    doubt_s = max(math.hypot(begin.spread_s, end.spread_s), LEAST_S)
    odds = LONGEST_PAUSE_S / (math.sqrt(math.tau) * doubt_s) * math.exp(-(((end.t_s - begin.t_s) / doubt_s) ** 2) / 2)
    none = odds / (1.0 + odds)
    return begin.towards(turn, none), end.towards(turn, none)


def _turned(t_s: Floats, shift: Floats, height: Floats, arrived: int, left: int) -> tuple[_Edge, _Edge, _Edge, _Edge]:
    """Return the four ends of a movement whose speed was measured."""
    pace, noise = _limb_pace(t_s, shift, height)
    start, out_end = _of_limb(_Way(t_s, height, pace, arrived, noise))
    # The way back is a way out with time turned round.
    back = _Way(-t_s[::-1], height[::-1], pace[::-1], len(shift) - 1 - left, noise)
    end, hold_end = (_Edge(-edge.t_s, edge.spread_s) for edge in _of_limb(back))
    return start, out_end, hold_end, end


def _limb_pace(t_s: Floats, shift: Floats, height: Floats) -> tuple[Floats, float]:
    """Return the smoothed turn rate about the axis of the movement, and what it may be off."""
    over_s = max(SMOOTHING_S, TREMOR_SMOOTHING * _quick_s(t_s, height))
    # Signed until it is smoothed: a tremor to and fro cancels, the size of its speed would not.
    rate = np.gradient(shift, t_s)
    pace = centred_mean(t_s, rate, over_s)
    return np.abs(pace), float(np.std(rate - pace))


def _quick_s(t_s: Floats, height: Floats) -> float:
    """Return the time from a quarter to three quarters of the range, out or back, whichever was quicker."""
    out_s = t_s[_first(height >= 0.75)] - t_s[_first(height >= 0.25)]
    back_s = t_s[_last(height >= 0.25)] - t_s[_last(height >= 0.75)]
    return float(min(out_s, back_s))


def _of_limb(way: _Way) -> tuple[_Edge, _Edge]:
    """Return the near and the far end of a way whose speed was measured."""
    low = way.last_below(0.25)
    high = max(way.last_below(0.75), low)
    top = way.top(low, way.arrived)
    begin, begin_steep = (_crossing(way.t_s, way.pace, level * top, low, -1) for level in (LEVEL, STEEP))
    stop, stop_steep = (_crossing(way.t_s, way.pace, level * top, high, +1) for level in (LEVEL, STEEP))
    most_s = MOST * (stop - begin)
    near_pad_s, far_pad_s = min(most_s, PAD * (begin_steep - begin)), min(most_s, PAD * (stop - stop_steep))
    noise = way.noise / top
    return (
        _Edge(begin - near_pad_s, _spread_s(way, noise, near_pad_s)),
        _Edge(stop + far_pad_s, _spread_s(way, noise, far_pad_s)),
    )


def _pulled(t_s: Floats, height: Floats, arrived: int, left: int) -> tuple[_Edge, _Edge, _Edge, _Edge]:
    """Return the four ends of a movement of which only the force is known."""
    middle_s = float(t_s[arrived] + t_s[left]) / 2
    start, out_end = _of_pull(t_s, height, arrived, middle_s)
    end, hold_end = _of_pull(-t_s[::-1], height[::-1], len(t_s) - 1 - left, -middle_s)
    # One arm made all four: how unsteady it is at one end is known at the others.
    arm = sum((one.evidence for one in (start, out_end, hold_end, end)), np.zeros(1))
    step_s = float(np.median(np.diff(t_s)))

    def edge(one: Bend, way: int) -> _Edge:
        at_s, spread_s = one.dated(arm - one.evidence)
        return _Edge(way * at_s - LATE * step_s, math.hypot(spread_s, LATE_SPREAD * step_s))

    return edge(start, 1), edge(out_end, -1), edge(hold_end, 1), edge(end, -1)


def _of_pull(t_s: Floats, height: Floats, arrived: int, middle_s: float) -> tuple[Bend, Bend]:
    """Return the near and the far end of a way: where it bends off the slack and, turned round, off the hold."""

    def last_below(share: float) -> int:
        found = np.flatnonzero(height[: arrived + 1] < share)
        return int(found[-1]) if len(found) else 0

    quartiles_s = float(t_s[last_below(0.75)] - t_s[last_below(0.25)])
    near = (t_s >= t_s[last_below(ONSET)] - LEAD_S) & (t_s <= t_s[last_below(RISE)])
    far_s = max(min(middle_s, t_s[arrived] + LEAD_S), t_s[arrived])
    far = (t_s >= t_s[last_below(1.0 - RISE)]) & (t_s <= far_s)
    pull = height[far][::-1]
    return (
        bend(t_s[near], height[near], height[near], quartiles_s),
        bend(-t_s[far][::-1], 1.0 - pull, pull, quartiles_s),
    )


def _spread_s(way: _Way, noise: float, pad_s: float) -> float:
    """Return what an end may be off: ``noise`` (a share of the top speed) by the slope, and the unknown shape."""
    # A tremor can make an end look steeper than any limb stops.
    slope = (STEEP - LEVEL) / (max(pad_s, SHORTEST_PAD_S) / PAD)
    step_s = float(np.median(np.abs(np.diff(way.t_s))))
    return math.hypot(noise / slope, SHAPE_SPREAD * pad_s, step_s / 2)


def _first(where: NDArray[np.bool_]) -> int:
    """Return the first index that holds, 0 where none does."""
    return int(np.argmax(where))


def _last(where: NDArray[np.bool_]) -> int:
    """Return the last index that holds, the last of all where none does."""
    return len(where) - 1 - int(np.argmax(where[::-1]))


def _crossing(t_s: Floats, pace: Floats, level: float, index: int, step: int) -> float:
    """Return the time at which the pace falls below a level, walking from ``index`` in steps of +1 or -1."""
    while 0 <= index + step < len(pace) and pace[index] < level:
        index -= step
        if not 0 <= index < len(pace):
            return float(t_s[0] if step < 0 else t_s[-1])
    while 0 <= index + step < len(pace):
        here, there = pace[index], pace[index + step]
        if there < level:
            share = (here - level) / (here - there)
            return float(t_s[index] + share * (t_s[index + step] - t_s[index]))
        index += step
    return float(t_s[index])
