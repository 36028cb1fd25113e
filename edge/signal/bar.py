"""Repetitions as ways up and down, in metres: for a sensor on a bar or on a hand that holds it.

A repetition leaves the near end, turns or rests at the far end, and comes back: down and up or up and down, as the
exercise says. It is known at its end. Hands on a bar hardly turn while they lift it, so a movement that turns the
sensor far, or that ends in another posture than the ones before, is handling.

Samples that begin in the middle of a movement began within a repetition: its way out was before the first of them,
and its way back alone counts.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from statistics import median

import numpy as np

from drivers.samples import ImuSample, Sample, Vector
from edge.model import Activity, Phase, PhaseSpan, Rep
from edge.signal.events import PartialRep, RepFinished, SignalEvent
from edge.signal.height import Height
from edge.signal.measures import measure
from edge.signal.orientation import usable_accel
from edge.signal.phases import date
from edge.signal.profiles import BarProfile
from edge.signal.vectors import angle_deg
from edge.signal.voice import Voiced

SWING = 0.4
"""Share of the usual way that tells a turn from a ripple: heavy weights stall on the way."""
RETURNED = 0.4
"""Share of the way out that the way back has to undo. Sums that begin in mid-movement are off at first."""
FADED = 0.1
"""Share of its peak to which the speed has to fall when the way back ends: 0.08 s early in a way of a second."""
TURNED = 0.3
"""Share of the way back by which it goes out again, without a pause between two repetitions."""
STROKE = 0.2
"""A way back in one stroke has half the length that its peak speed would make in its time (8/15 on a minimum-jerk
path). Height that is lost bit by bit, while walking, has less than a tenth."""
SHORTEST_S = 0.6
LONGEST_S = 15.0
"""Of a way out with its hold, or of a way back; a drift takes longer. Our choice."""
UNDER_WAY_S = 3.0
"""Samples that begin within a repetition see its way back begin by then."""
LEAD_IN_S = 3.0
"""How much of the past is kept at the near end, to find where a slow movement began."""
USUAL_FROM = 8
CONFIDENCE, HALF_SEEN = 0.9, 0.6
"""Of a way out and back, and of a way back alone. Our choice."""
SPREAD_S = (1.0, 0.5, 1.0, 0.3)
"""What the four boundaries are off, root mean square, on virtual lifts of 2 to 5 s: the spring turns early,
and a pause at either end is not told from a slow way. Without pauses each is early by 0.2 s."""
OUT, HOLD, BACK, REST = range(4)


@dataclass(frozen=True, slots=True)
class Place:
    """Where it was at a time: the distance in m, out being positive, and the direction of gravity in sensor axes."""

    t_s: float
    y_m: float
    posture: Vector


@dataclass(frozen=True, slots=True)
class Trip:
    """A way out and back; ``near`` is None where the way out was not seen; ``past`` has rows of t_s, y_m, speed."""

    near: Place | None
    far: Place
    end: Place
    past: list[tuple[float, float, float]]

    @property
    def size_m(self) -> float:
        """Length of the way back."""
        return self.far.y_m - self.end.y_m

    @property
    def stroke(self) -> float:
        """The way back's length, in shares of what its peak speed would make in its time."""
        peak_m_s = max((row[2] for row in self.past if self.far.t_s <= row[0] <= self.end.t_s), default=0.0)
        reach_m = peak_m_s * (self.end.t_s - self.far.t_s)
        return self.size_m / reach_m if reach_m else 0.0


class Follower:
    """Follows ways out and back on one side: ``side`` is 1 where out is up and -1 where it is down."""

    def __init__(self, side: int, *, under_way: bool) -> None:
        self.side = side
        self.part = OUT if under_way else REST
        self.here = self._near = self._far = self._end = Place(0.0, 0.0, (0.0, 0.0, 1.0))
        self._whole = not under_way
        self._begun = False
        self._pace = 0.0
        self._past: deque[tuple[float, float, float]] = deque()

    @property
    def height_m(self) -> float:
        """Distance from the near end."""
        return self.here.y_m - self._near.y_m

    def update(self, t_s: float, height: Height, swing_m: float, usual_m: float | None) -> Trip | None:
        """Take the next height and return a way out and back that is over now.

        ``swing_m`` is the least that makes a turn; ``usual_m`` the usual size of a trip, where that is known.
        """
        speed = self.side * height.speed_m_s
        self.here = here = Place(t_s, self.side * height.height_m, height.posture)
        if not self._begun:
            self._begun, self._near, self._far, self._end = True, here, here, here
        self._past.append((t_s, here.y_m, abs(speed)))
        if self.part == REST:
            self._wait(swing_m)
        elif self.part == BACK:
            return self._come_back(speed, usual_m)
        else:
            self._go_out(height.began_at_rest, speed, swing_m)
        return None

    def _wait(self, swing_m: float) -> None:
        here = self.here
        if here.y_m <= self._near.y_m:
            self._near = here
        while self._past[0][0] < here.t_s - LEAD_IN_S:
            self._past.popleft()
        if here.y_m - self._near.y_m >= swing_m:
            self._far, self.part, self._pace = here, OUT, 0.0

    def _go_out(self, began_at_rest: bool | None, speed: float, swing_m: float) -> None:
        here = self.here
        if here.y_m >= self._far.y_m:
            self._far = here
        self._pace = max(self._pace, speed)
        over_s = here.t_s - self._past[0][0]
        if over_s > LONGEST_S or (not self._whole and (began_at_rest or over_s > UNDER_WAY_S)):
            self._restart()
        elif self._far.y_m - here.y_m >= swing_m:
            self._end, self.part, self._pace = here, BACK, 0.0
        else:
            self.part = HOLD if self._whole and speed < FADED * self._pace else OUT

    def _come_back(self, speed: float, usual_m: float | None) -> Trip | None:
        here = self.here
        if here.y_m <= self._end.y_m:
            self._end = here
        self._pace = max(self._pace, -speed)
        fall = self._far.y_m - self._end.y_m
        rise = self._far.y_m - self._near.y_m if self._whole else 0.0
        turned = here.y_m - self._end.y_m >= TURNED * fall
        returned = fall >= RETURNED * (rise if usual_m is None else min(rise, usual_m))
        if returned and (turned or -speed <= FADED * self._pace):
            return self._arrive()
        if turned:
            self.part, self._pace = OUT, 0.0
            self._far = max(self._far, here, key=lambda place: place.y_m)
        elif here.t_s - self._past[0][0] > LONGEST_S:
            self._restart()
        return None

    def _arrive(self) -> Trip:
        trip = Trip(self._near if self._whole else None, self._far, self._end, list(self._past))
        self._near, self._whole, self.part = self._end, True, REST
        while self._past[0][0] < self._end.t_s:
            self._past.popleft()
        return trip

    def _restart(self) -> None:
        self._near, self._whole, self.part = self.here, True, REST


class BarCounter(Voiced):
    """Counts ways up and down; ``phases`` are the out, hold, back and rest phases.

    ``rises`` says whether the way out goes up. Where that is not known, the first repetition from rest shows it.
    """

    unit = "m"

    def __init__(
        self, profile: BarProfile, phases: tuple[Phase, Phase, Phase, Phase], rises: bool | None = None
    ) -> None:
        super().__init__()
        self.reps = 0
        self._profile = profile
        self._phases = phases
        self._sides = (1, -1) if rises is None else (1 if rises else -1,)
        self._sizes: deque[float] = deque(maxlen=USUAL_FROM)
        self._near: Vector | None = None
        self._odd: Vector | None = None
        self._reset(under_way=rises is not None)

    def _reset(self, *, under_way: bool) -> None:
        self._height = Height(self._profile.slowest_s)
        self._followers = [Follower(side, under_way=under_way) for side in self._sides]
        self._last_end_s: float | None = None

    @property
    def signal(self) -> float:
        """The height in m."""
        return self._height.height_m

    @property
    def position(self) -> float:
        """0 at the near end, 1 at the usual far end, clipped to 0..1.2."""
        return min(max(self._followers[0].height_m / (self._usual_m or 2 * self._profile.floor), 0.0), 1.2)

    @property
    def _usual_m(self) -> float | None:
        return median(self._sizes) if self._sizes else None

    @staticmethod
    def takes(sample: Sample) -> bool:
        """Return whether the sample is an acceleration that can be used."""
        return usable_accel(sample) is not None

    def step(self, sample: Sample, force_n: float | None) -> list[SignalEvent]:
        """Take the next usable sample and return what follows from it."""
        accel = usable_accel(sample)
        if not isinstance(sample, ImuSample) or accel is None:
            return []
        self._height.update(sample, accel)
        usual_m = self._usual_m
        swing_m = max(self._profile.floor, SWING * (usual_m or 0.0))
        for follower in self._followers:
            trip = follower.update(sample.t_s, self._height, swing_m, usual_m)
            if trip is not None and self._counts(sample.t_s, trip):
                self._count(sample.t_s, trip, force_n)
                self._sides, self._followers = (follower.side,), [follower]
                break
        self._show(sample.t_s, self._followers[0].part)
        return self._voice.said()

    def blind(self, t_s: float) -> list[SignalEvent]:
        """What was under way is dropped: nobody knows where the bar is now."""
        self._reset(under_way=False)
        self._voice.become(t_s, Activity.BLIND)
        return self._voice.said()

    def _counts(self, t_s: float, trip: Trip) -> bool:
        start = trip.near or trip.far
        usual_m = self._usual_m
        start_s = trip.near.t_s if trip.near else trip.past[0][0]
        if trip.end.t_s - start_s < SHORTEST_S or trip.stroke < STROKE:
            return False
        if angle_deg(start.posture, trip.far.posture) > self._profile.tilt or not self._ends_as_usual(
            trip.end.posture
        ):
            return False
        if usual_m is not None and trip.size_m < self._profile.partial * usual_m:
            self._voice.say(PartialRep(t_s, trip.size_m / usual_m))
            return False
        return True

    def _ends_as_usual(self, posture: Vector) -> bool:
        """Return whether it ended in the usual posture; two odd ones in a row that agree are the new usual."""
        odd, self._odd = self._odd, None
        known = [near for near in (self._near, odd) if near is not None]
        if known and all(angle_deg(posture, near) > self._profile.tilt for near in known):
            self._odd = posture
            return False
        self._near = posture
        return True

    def _count(self, t_s: float, trip: Trip, force_n: float | None) -> None:
        start_s, out_s, hold_s, end_s = edges = self._edges(trip)
        spans = (
            PhaseSpan(self._phases[OUT], start_s, out_s),
            PhaseSpan(self._phases[HOLD], out_s, hold_s),
            PhaseSpan(self._phases[BACK], hold_s, end_s),
        )
        pause_s = None if self._last_end_s is None else start_s - self._last_end_s
        self.reps += 1
        self._last_end_s = end_s
        self._sizes.append(trip.size_m)
        past = np.array(trip.past)
        rep = Rep(
            number=self.reps,
            start_s=start_s,
            end_s=end_s,
            spans=spans,
            range_value=trip.size_m,
            range_unit=self.unit,
            peak_force_n=force_n,
            pause_before_s=pause_s,
            confidence=HALF_SEEN if trip.near is None else CONFIDENCE,
            edge_spread_s=SPREAD_S,
            measures=measure(past[:, 0], past[:, 1], past[:, 2], None, None, edges),
        )
        self._voice.say(RepFinished(t_s, rep))

    def _edges(self, trip: Trip) -> tuple[float, float, float, float]:
        """Return start, end of the way out, end of the hold and end in seconds."""
        past = np.array(trip.past)
        end_s = trip.end.t_s
        if trip.near is None:
            return float(past[0, 0]), trip.far.t_s, trip.far.t_s, end_s
        # Each way is measured from its own end: the spring lets the two drift apart.
        t_s, y, _ = past[past[:, 0] <= end_s].T
        ground = np.where(t_s <= trip.far.t_s, trip.near.y_m, trip.end.y_m)
        marks = date(t_s, np.maximum(y - ground, 0.0) / (trip.far.y_m - ground), turning=True)
        first_s = float(t_s[0]) if self._last_end_s is None else self._last_end_s
        start_s = min(max(marks.start_s, first_s), trip.far.t_s)
        out_s = min(max(marks.out_end_s, start_s), end_s)
        return start_s, out_s, min(max(marks.hold_end_s, out_s), end_s), end_s

    def _show(self, t_s: float, part: int) -> None:
        activity = {HOLD: Activity.HOLDING, REST: Activity.RESTING}.get(part, Activity.MOVING)
        self._voice.become(t_s, activity)
        self._voice.show(t_s, self._phases[part])
