"""Repetitions as like cycles of the smoothed acceleration, for sensors that feel more than a change of posture.

The smoothed acceleration is followed along the direction in which it varies most, so the mounting does not matter.
Nothing is said until enough cycles in a row resemble their own median in all three axes; direction and side are
fixed then, those cycles are announced together, and every further cycle has to resemble them. A cycle is a rise and
a return that are large beside the noise: the two-level turning points of fatigue counting (ASTM E1049).
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from drivers.samples import Sample, Vector
from edge.model import Activity, Phase, PhaseSpan, Rep
from edge.signal.events import ActivityChanged, PhaseBegan, RepFinished, SignalEvent
from edge.signal.orientation import usable_accel
from edge.signal.profiles import CycleProfile

Floats = NDArray[np.float64]

STEP_S = 0.08
"""The smoothed signal is looked at 12.5 times a second: enough for movements of half a second and more."""
LOOK_EVERY = 5
"""Steps between two searches for the first cycles."""
AWAY = 0.35
"""Share of the usual range from which the screen shows that the near end has been left."""
LIKE = 0.5
"""Correlation with the median cycle, in all three axes together, that the first cycles need."""
STILL_LIKE = 0.3
"""The same for every later cycle."""
LEAST_SHARE = 0.35
"""Share of the median range, and of the median period, below which a later cycle does not count. A cycle found before
the first like ones must not be as many times larger either: that is a weight being taken, not lifted."""
SHORTEST_S, LONGEST_S = 0.6, 14.0
WAITING = 0.1
"""Share of the range that counts as still waiting at the near end: pauses differ, movements do not."""
SHAPE = 16
"""Points to which a cycle is resampled before it is compared."""
CONFIDENCE = 0.7
"""A cycle of acceleration is weaker evidence than a posture left and taken up again. Our choice."""
RETURNED = 0.5
"""Share of the rise that has to be undone before a low point ends the cycle."""


@dataclass(frozen=True, slots=True)
class Cycle:
    """Step numbers of the start, the far end and the end, and the range between them in m/s^2."""

    start: int
    far: int
    end: int
    size: float


class Box:
    """Mean of the vectors of the newest ``length_s`` seconds, given out every ``STEP_S``."""

    def __init__(self, length_s: float) -> None:
        self._length_s = length_s
        self._past: deque[tuple[float, Vector]] = deque()
        self._next_s: float | None = None

    def update(self, t_s: float, value: Vector) -> Vector | None:
        """Return the mean when a step is due, else None."""
        self._past.append((t_s, value))
        while self._past[0][0] < t_s - self._length_s:
            self._past.popleft()
        if self._next_s is not None and t_s < self._next_s:
            return None
        self._next_s = (t_s if self._next_s is None else self._next_s) + STEP_S
        n = len(self._past)
        x = y = z = 0.0
        for _, (a, b, c) in self._past:
            x, y, z = x + a, y + b, z + c
        return x / n, y / n, z / n


def turning_points(values: list[float], swing: float) -> list[int]:
    """Return the indices of highs and lows in turn, each followed by a way back of at least ``swing``.

    The last one is the extreme reached so far.

    >>> turning_points([0.0, 1.0, 0.9, 3.0, 0.0, 0.1], 1.0)
    [0, 3, 4]
    """
    low = high = 0
    found: list[int] = []
    rising: bool | None = None
    for i, value in enumerate(values):
        if rising is not False and value > values[high]:
            high = i
        if rising is not True and value < values[low]:
            low = i
        if rising is not False and values[high] - value >= swing:
            found.append(high)
            rising, low = False, i
        elif rising is not True and value - values[low] >= swing:
            found.append(low)
            rising, high = True, i
    if found:
        found.append(high if rising else low)
    return found


def cycles_of(values: list[float], swing: float, side: int) -> list[Cycle]:
    """Return the finished rises and returns on one side: +1 upward from the low points, -1 the other way."""
    points = turning_points([side * value for value in values], swing)
    if len(points) < 3:
        return []
    first = 0 if side * values[points[1]] > side * values[points[0]] else 1
    found = []
    for a, b, c in zip(points[first::2], points[first + 1 :: 2], points[first + 2 :: 2], strict=False):
        rise, back = abs(values[b] - values[a]), abs(values[b] - values[c])
        if back >= RETURNED * rise:
            found.append(Cycle(a, b, c, (rise + back) / 2))
    return found


def main_axis(x: Floats) -> Floats:
    """Return the unit vector (3,) along which the rows of ``x`` (n, 3) vary most."""
    centred = x - x.mean(axis=0)
    vectors = np.linalg.eigh(centred.T @ centred)[1]
    return np.array(vectors[:, 2].tolist())


def shape_of(x: Floats, axis: Floats) -> Floats:
    """Return the course of a cycle (n, 3) as (3 * SHAPE,) values around their mean, without the waiting at its ends.

    ``axis`` (3,) points to the far end, which lies between the two ends.
    """
    y = x @ axis
    far = int(np.argmax(y))
    left = np.flatnonzero(y[: far + 1] <= y[0] + WAITING * (y[far] - y[0]))
    right = np.flatnonzero(y[far:] <= y[-1] + WAITING * (y[far] - y[-1]))
    x = x[left[-1] if len(left) else 0 : far + (right[0] if len(right) else len(x)) + 1]
    at = np.linspace(0.0, len(x) - 1.0, SHAPE)
    index = np.arange(len(x))
    course = np.stack([np.interp(at, index, x[:, i]) for i in range(3)])
    shape: Floats = (course - course.mean(axis=1, keepdims=True)).ravel()
    return shape


def likeness(a: Floats, b: Floats) -> float:
    """Return the correlation of two shapes."""
    size = float(np.linalg.norm(a) * np.linalg.norm(b))
    return float(a @ b) / size if size else 0.0


class Search:
    """Looks for the first like cycles in the newest ``window_s`` seconds of smoothed acceleration.

    Taking hold of a weight turns the wrist further than lifting it does, and sets the direction for as long as the
    window holds it. Where the profile names a shortest window, that one and the one between are looked at as well,
    and the window whose cycles are most alike decides.
    """

    def __init__(self, profile: CycleProfile) -> None:
        self._profile = profile
        shortest_s = profile.shortest_window_s
        lengths_s = (math.sqrt(profile.window_s * shortest_s), shortest_s) if shortest_s else ()
        self._lengths = [round(length_s / STEP_S) for length_s in lengths_s]
        self._steps = 0
        self.t_s: deque[float] = deque(maxlen=round(profile.window_s / STEP_S))
        self.x: deque[Vector] = deque(maxlen=round(profile.window_s / STEP_S))

    def update(self, t_s: float, x: Vector) -> Track | None:
        """Return what is to be followed once enough cycles resemble one another, else None."""
        self.t_s.append(t_s)
        self.x.append(x)
        self._steps += 1
        if self._steps % LOOK_EVERY or len(self.x) < 2 * LOOK_EVERY:
            return None
        whole, when = np.array(self.x), np.array(self.t_s)
        looks = [self._look(whole)]
        looks += [self._look(whole[-length:]) for length in self._lengths if length < len(whole)]
        score, length, cycles, towards = max(looks, key=lambda one: one[:2])
        return Track(self._profile, towards, whole[-length:], when[-length:], cycles) if score > 0 else None

    def _look(self, window: Floats) -> tuple[float, int, list[Cycle], Floats]:
        """Return how alike the newest cycles of a window are, the window's length, the cycles and their axis."""
        axis = main_axis(window)
        y = (window @ axis).tolist()
        low, high = np.percentile(y, (10, 90))
        swing = max(self._profile.floor, self._profile.swing * float(high - low))
        found = [self._like(window, cycles_of(y, swing, side), side * axis) for side in (1, -1)]
        score, cycles, towards = max(found, key=lambda one: (one[0], one[1][-1].end if one[1] else 0))
        return score, len(window), cycles, towards

    def _like(self, window: Floats, cycles: list[Cycle], axis: Floats) -> tuple[float, list[Cycle], Floats]:
        """Return how alike the newest cycles are (0: not enough), those cycles, and the axis."""
        newest = cycles[-self._profile.first :]
        if len(newest) < self._profile.first:
            return 0.0, [], axis
        shapes = [shape_of(window[cycle.start : cycle.end + 1], axis) for cycle in newest]
        middle = np.median(shapes, axis=0)
        sizes = np.array([cycle.size for cycle in newest])
        periods = np.array([cycle.end - cycle.start for cycle in newest]) * STEP_S
        alike = min(likeness(shape, middle) for shape in shapes)
        even = float(sizes.min() / sizes.max())
        if alike < LIKE or even < LEAST_SHARE or periods.min() < SHORTEST_S or periods.max() > LONGEST_S:
            return 0.0, [], axis
        usual = float(np.median(sizes))
        earlier = [
            cycle
            for cycle in cycles[: -self._profile.first]
            if LEAST_SHARE * usual <= cycle.size <= usual / LEAST_SHARE
            and SHORTEST_S <= (cycle.end - cycle.start) * STEP_S <= LONGEST_S
            and likeness(shape_of(window[cycle.start : cycle.end + 1], axis), middle) >= STILL_LIKE
        ]
        return alike * even + 1.0 / (1.0 + float(np.std(periods) / np.mean(periods))), earlier + newest, axis


class Track:
    """Follows further cycles along a fixed axis (3,), pointing to the far end, and tells which are like the first."""

    def __init__(self, profile: CycleProfile, axis: Floats, x: Floats, t_s: Floats, cycles: list[Cycle]) -> None:
        self._profile = profile
        self._axis: tuple[float, ...] = tuple(axis.tolist())
        self._shapes = deque((shape_of(x[c.start : c.end + 1], axis) for c in cycles), maxlen=8)
        self._sizes = deque((c.size for c in cycles), maxlen=12)
        self._periods = deque(((c.end - c.start) * STEP_S for c in cycles), maxlen=8)
        self.first = [(float(t_s[c.start]), float(t_s[c.far]), float(t_s[c.end]), c.size) for c in cycles]
        rest = slice(cycles[-1].end, None)
        self._t_s: list[float] = t_s[rest].tolist()
        self._x: list[Vector] = [(a, b, c) for a, b, c in x[rest].tolist()]
        self._y: list[float] = (x[rest] @ axis).tolist()
        self._far = int(np.argmax(self._y))

    @property
    def height(self) -> float:
        """How far along the axis it is from the near end, in shares of the usual range."""
        return (self._y[-1] - self._y[0]) / float(np.median(self._sizes))

    @property
    def y(self) -> float:
        """The newest value along the axis in m/s^2."""
        return self._y[-1]

    def update(self, t_s: float, x: Vector) -> tuple[float, float, float, float] | None:
        """Return start, far end and end in s and the range of a cycle that ended and counts, else None."""
        a, b, c = self._axis
        y = a * x[0] + b * x[1] + c * x[2]
        self._t_s.append(t_s)
        self._x.append(x)
        self._y.append(y)
        if y > self._y[self._far]:
            self._far = len(self._y) - 1
        rise = self._y[self._far] - self._y[0]
        swing = max(self._profile.floor, self._profile.swing * float(np.median(self._sizes)))
        if rise < swing:
            if y <= self._y[0] or t_s - self._t_s[0] > LONGEST_S:
                self._forget(len(self._y) - 1)
            return None
        low = self._far + min(range(len(self._y) - self._far), key=self._y[self._far :].__getitem__)
        back = self._y[self._far] - self._y[low]
        if back >= RETURNED * rise and low <= len(self._y) - 3:
            return self._end(low, (rise + back) / 2)
        if t_s - self._t_s[0] > LONGEST_S:
            self._forget(len(self._y) - 1)
        return None

    def _end(self, low: int, size: float) -> tuple[float, float, float, float] | None:
        cycle = (self._t_s[0], self._t_s[self._far], self._t_s[low], size)
        shape = shape_of(np.array(self._x[: low + 1]), np.array(self._axis))
        self._forget(low)
        period_s = cycle[2] - cycle[0]
        alike = likeness(shape, np.median(self._shapes, axis=0))
        usual_s, usual = float(np.median(self._periods)), float(np.median(self._sizes))
        if alike < STILL_LIKE or size < LEAST_SHARE * usual or period_s < LEAST_SHARE * usual_s:
            return None
        self._shapes.append(shape)
        self._sizes.append(size)
        self._periods.append(period_s)
        return cycle

    def _forget(self, before: int) -> None:
        del self._t_s[:before], self._x[:before], self._y[:before]
        self._far = max(range(len(self._y)), key=self._y.__getitem__)


class CycleCounter:
    """Counts like cycles; ``phases`` are the out, hold, back and rest phases. Holds are not told apart."""

    def __init__(self, profile: CycleProfile, phases: tuple[Phase, Phase, Phase, Phase]) -> None:
        self.unit = "m/s2"
        self.activity = Activity.ARMING
        self.phase: Phase | None = None
        self.reps = 0
        self.signal = 0.0
        self._profile = profile
        self._phases = phases
        self._events: list[SignalEvent] = []
        self._reset()

    def _reset(self) -> None:
        self._box = Box(self._profile.smooth_s)
        self._search = Search(self._profile)
        self._track: Track | None = None
        self._last_end_s: float | None = None
        self.phase = None

    @staticmethod
    def takes(sample: Sample) -> bool:
        """Return whether the sample is an acceleration that can be used."""
        return usable_accel(sample) is not None

    @property
    def position(self) -> float:
        """0 at the near end of a cycle, 1 at its far end, clipped to 0..1.2; 0 until cycles are known."""
        return min(max(self._track.height, 0.0), 1.2) if self._track else 0.0

    def step(self, sample: Sample, force_n: float | None) -> list[SignalEvent]:
        """Take the next usable sample and return what follows from it."""
        self._events = []
        accel = usable_accel(sample)
        mean = self._box.update(sample.t_s, accel) if accel else None
        if mean is not None:
            # A mean tells about the middle of its box.
            self._take(sample.t_s, sample.t_s - self._profile.smooth_s / 2, mean, force_n)
        return self._events

    def blind(self, t_s: float) -> list[SignalEvent]:
        """Counting stops, and has to be earned again with first cycles."""
        self._events = []
        self._reset()
        self._become(t_s, Activity.BLIND)
        return self._events

    def _take(self, t_s: float, middle_s: float, mean: Vector, force_n: float | None) -> None:
        if self._track is None:
            self._become(t_s, Activity.ARMING)
            self._track = self._search.update(middle_s, mean)
            for cycle in self._track.first if self._track else ():
                self._count(t_s, cycle, force_n)
        else:
            cycle_now = self._track.update(middle_s, mean)
            if cycle_now is not None:
                self._count(t_s, cycle_now, force_n)
            self.signal = self._track.y
            self._show(t_s, self._track.height)

    def _count(self, t_s: float, cycle: tuple[float, float, float, float], force_n: float | None) -> None:
        start_s, far_s, end_s, size = cycle
        if self._last_end_s is not None:
            start_s = max(start_s, self._last_end_s)
        out, hold, back, _ = self._phases
        spans = (PhaseSpan(out, start_s, far_s), PhaseSpan(hold, far_s, far_s), PhaseSpan(back, far_s, end_s))
        pause_s = None if self._last_end_s is None else start_s - self._last_end_s
        self.reps += 1
        self._last_end_s = end_s
        rep = Rep(self.reps, start_s, end_s, spans, size, self.unit, force_n, pause_s, CONFIDENCE)
        self._events.append(RepFinished(t_s, rep))

    def _show(self, t_s: float, height: float) -> None:
        resting = height < AWAY and self.phase is not self._phases[0]
        self._become(t_s, Activity.RESTING if resting else Activity.MOVING)
        if resting or height >= AWAY:
            phase = self._phases[3] if resting else self._phases[0]
            if self.phase is not phase:
                self.phase = phase
                self._events.append(PhaseBegan(t_s, phase))

    def _become(self, t_s: float, activity: Activity) -> None:
        if self.activity is not activity:
            self.activity = activity
            self._events.append(ActivityChanged(t_s, activity))
