"""Watches the load cell during a set: too much force, out of range, and a band that lets go.

An alarm needs two valid readings in a row, so that a single spike is none; at 80 readings a second the second one
comes 12.5 ms after the first. A snap needs that rate too: at 10 a second it is between two readings, and the watch
says so. It records what has happened. It cannot prevent an injury.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from drivers.samples import STANDARD_GRAVITY_M_S2, LoadSample, Quality
from edge.prescription.limits import Limits
from edge.records import Happened

IN_A_ROW = 2
LET_GO = 0.9
"""Below this share of the limit an excess is over, and the next one is another. Our choice."""
SNAP_RATE_HZ = 80.0
RATE_SLACK = 0.9
"""A converter's clock may run a few percent slow, and a reading may come late."""
RATE_OVER = 9
"""Readings whose distances tell the rate: the middle one is not moved by a lost reading."""
FLOOR_SHARE, FLOOR_N = 1 / 3, 15.0
"""A band that hangs nearly loose has nothing to release: a snap begins above this share of the set's highest force,
and above this force. Our choice."""
FOLLOWS = 0.5
"""A return falls faster and faster; a snap falls out of nothing. If the window before has fallen by this share of the
window's own fall, the force was on its way down already. Our choice."""
MOVED_RAD_S = 4.0
MOVED_WITHIN_S = 0.15
"""A hand that lets a band go moves first and the force follows; when a band snaps it is the other way round. Four
rad/s is faster than any limb of a slow repetition. Our choice."""
UNUSABLE = Quality.UNCALIBRATED | Quality.SETTLING


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that should not have happened, at ``t_s``, with the newtons that showed it."""

    what: Happened
    value_n: float
    t_s: float


def limit_n(planned_high_kg: float | None, limits: Limits) -> float:
    """Return the force that alarms: a share above the planned load, and never above the rig's own limit."""
    if planned_high_kg is None:
        return limits["rig_limit_n"]
    return min(planned_high_kg * STANDARD_GRAVITY_M_S2 * limits["over_force_share"], limits["rig_limit_n"])


class ForceWatch:
    """One set of an exercise with a load cell. Constant memory; what was told is never taken back."""

    def __init__(self, planned_high_kg: float | None, limits: Limits) -> None:
        self._limit_n = limit_n(planned_high_kg, limits)
        self._snap = _SnapWatch(limits["snap_drop"], limits["snap_within_s"])
        self._above = 0
        self._below = IN_A_ROW
        self._told = False

    def move(self, t_s: float, turn_rad_s: float) -> None:
        """Note how fast the pulling limb turns, where a motion sensor is worn."""
        self._snap.move(t_s, turn_rad_s)

    def feed(self, sample: LoadSample) -> tuple[Happening, ...]:
        """Return what this reading shows; readings without a unit, or while the converter settles, show nothing."""
        if sample.quality & UNUSABLE:
            return ()
        if sample.quality & Quality.SATURATED:
            return self._out_of_range(sample)
        happened = self._too_much(sample)
        if self._snap.feed(sample.t_s, sample.force_n):
            happened = (*happened, Happening(Happened.BAND_SNAP, self._snap.from_n, sample.t_s))
        return happened

    def _out_of_range(self, sample: LoadSample) -> tuple[Happening, ...]:
        self._below = 0
        if self._told:
            return ()
        self._told = True
        return (Happening(Happened.SATURATED, sample.force_n, sample.t_s),)

    def _too_much(self, sample: LoadSample) -> tuple[Happening, ...]:
        self._above = self._above + 1 if sample.force_n > self._limit_n else 0
        self._below = self._below + 1 if sample.force_n < LET_GO * self._limit_n else 0
        if self._below >= IN_A_ROW:
            self._told = False
        if self._told or self._above < IN_A_ROW:
            return ()
        self._told = True
        return (Happening(Happened.OVER_FORCE, sample.force_n, sample.t_s),)


class _SnapWatch:
    """Tells a fall of force that no movement explains; ``from_n`` is where the last one began."""

    def __init__(self, drop: float, within_s: float) -> None:
        self.from_n = 0.0
        self._left_share, self._within_s = 1.0 - drop, within_s
        self._newest: deque[tuple[float, float]] = deque(maxlen=48)
        self._highest_n = 0.0
        self._candidate: float | None = None
        self._fallen = False
        self._moved_s = float("-inf")

    @property
    def _too_slow(self) -> bool:
        """Whether readings come, as far as is known yet, too far apart to tell a snap from a movement."""
        times = [t_s for t_s, _ in self._newest][-RATE_OVER:]
        if len(times) < RATE_OVER:
            return True
        rate_hz = 1.0 / max(median(b - a for a, b in pairwise(times)), 1e-6)
        return rate_hz < RATE_SLACK * SNAP_RATE_HZ

    def move(self, t_s: float, turn_rad_s: float) -> None:
        if turn_rad_s >= MOVED_RAD_S and not self._fallen and self._candidate is None:
            self._moved_s = t_s

    def feed(self, t_s: float, force_n: float) -> bool:
        """Return True at the second low reading of a snap: one alone may be a spike."""
        self._highest_n = max(self._highest_n, force_n)
        floor_n = max(FLOOR_SHARE * self._highest_n, FLOOR_N)
        if self._fallen and force_n >= floor_n:
            self._fallen = False
        from_n, self._candidate = self._candidate, None
        confirmed = from_n is not None and force_n <= self._left_share * from_n
        if not self._fallen and not confirmed:
            self._candidate = self._fall(t_s, force_n, floor_n)
        self._newest.append((t_s, force_n))
        if confirmed and from_n is not None:
            self.from_n, self._fallen = from_n, True
        return confirmed

    def _fall(self, t_s: float, force_n: float, floor_n: float) -> float | None:
        """Return where the force fell from, if this reading lies below all that a movement explains."""
        window = [(s, n) for s, n in self._newest if s >= t_s - self._within_s]
        if not window or self._too_slow:
            return None
        high_s, high_n = max(window, key=lambda reading: reading[1])
        if high_n < floor_n or force_n > self._left_share * high_n or high_s - self._moved_s <= MOVED_WITHIN_S:
            return None
        before = [n for s, n in self._newest if high_s - self._within_s <= s < high_s]
        falling_n = max(before, default=high_n) - high_n
        return None if falling_n > FOLLOWS * (high_n - force_n) else high_n
