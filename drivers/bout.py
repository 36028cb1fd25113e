"""Repetitions of one exercise, one after the other, each drawn when its time comes."""

from __future__ import annotations

import math
import random
from bisect import bisect_right
from dataclasses import dataclass, replace

from drivers.idle import STANDING_DEG
from drivers.motion import SMOOTH, Course, Rings, Shape, Steps, way
from drivers.realism import Realism, contact, corrections, shape_of

_SPREAD = 0.08
_NO_STEPS, _NO_RINGS = Steps(), Rings()
_FOREVER_S = math.inf


@dataclass(frozen=True, slots=True)
class TrueRep:
    """One repetition as it was really performed: out until ``out_end_s``, held, and back until ``end_s``."""

    exercise: str
    start_s: float
    out_end_s: float
    hold_end_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class Pace:
    """Mean seconds of the three parts of a repetition and of the rest that follows it."""

    out_s: float
    hold_s: float
    back_s: float
    rest_s: float


@dataclass(frozen=True, slots=True)
class Movement:
    """How an exercise moves: thigh angle above the horizontal at the start, its travel, whether a band pulls.

    ``lands`` tells that the way back ends on a seat.
    """

    start_deg: float
    travel_deg: float
    pulls_band: bool = False
    lands: bool = False


MOVEMENTS = {
    "sit_to_stand": Movement(start_deg=4.0, travel_deg=80.0, lands=True),
    "goblet_squat": Movement(start_deg=STANDING_DEG, travel_deg=-75.0),
    "kettlebell_deadlift": Movement(start_deg=STANDING_DEG, travel_deg=-36.0),
    "band_row": Movement(start_deg=4.0, travel_deg=0.0, pulls_band=True),
    "band_press": Movement(start_deg=86.0, travel_deg=0.0, pulls_band=True),
}


@dataclass(frozen=True, slots=True)
class Planned:
    """A repetition with its numbers drawn: where it starts from, how far it goes and where it comes to rest.

    ``held`` and ``rested`` are small changes of place in shares of the travel, in the hold and in the rest.
    """

    rep: TrueRep
    next_start_s: float
    from_deg: float
    far_deg: float
    rest_deg: float
    peak_n: float
    from_stretch: float = 0.0
    out: Shape = SMOOTH
    back: Shape = SMOOTH
    held: Steps = _NO_STEPS
    rested: Steps = _NO_STEPS
    landing: Rings = _NO_RINGS

    def angle_deg(self, t_s: float) -> Course:
        """Return the angle in degrees, and its first two derivatives."""
        rep, travel = self.rep, self.far_deg - self.rest_deg
        if t_s <= rep.hold_end_s:
            base, goal = self.from_deg, self.far_deg
            path, off = way(t_s, rep.start_s, rep.out_end_s, self.out), self.held.at(t_s)
        else:
            base, goal = self.far_deg + travel * self.held.total, self.rest_deg
            path, off = way(t_s, rep.hold_end_s, rep.end_s, self.back), self.rested.at(t_s)
        size = goal - base
        return (
            base + size * path[0] + travel * off[0],
            size * path[1] + travel * off[1],
            size * path[2] + travel * off[2],
        )

    def stretch(self, t_s: float) -> float:
        """Return how far the band is stretched, 0 at slack and 1 at the far end."""
        rep, start = self.rep, self.from_stretch
        out = start + (1.0 - start) * way(t_s, rep.start_s, rep.out_end_s, self.out)[0]
        back = (1.0 + self.held.total) * way(t_s, rep.hold_end_s, rep.end_s, self.back)[0]
        return out + self.held.at(t_s)[0] - back + self.rested.at(t_s)[0]

    @property
    def end_deg(self) -> float:
        """The angle in which it leaves the body."""
        return self.rest_deg + (self.far_deg - self.rest_deg) * self.rested.total


class Bout:
    """Repetitions from ``start_s`` on, drawn one after the other from the bout's own random numbers.

    The first goes on from where the one ``before`` it left the body.
    """

    def __init__(
        self,
        seed: str,
        exercise: str,
        start_s: float,
        pace: Pace,
        *,
        peak_n: float,
        before: Planned | None,
        realism: Realism | None,
    ) -> None:
        self.exercise = exercise
        self.end_s = _FOREVER_S
        self._random = random.Random(seed)
        self._realism = realism
        self._manner = random.Random(f"{seed}:manner")
        self._pace = pace
        self._peak_n = peak_n
        off_deg = before.end_deg - MOVEMENTS[before.rep.exercise].start_deg if before else 0.0
        stretch = before.rested.total if before else 0.0
        self.planned = [self._draw(start_s, MOVEMENTS[exercise].start_deg + off_deg, stretch)]
        self.starts = [start_s]

    def plan_until(self, t_s: float) -> None:
        """Every repetition that starts by ``t_s`` is drawn, unless the bout is over by then."""
        while self.planned[-1].next_start_s <= t_s and self.planned[-1].next_start_s < self.end_s:
            last = self.planned[-1]
            self.planned.append(self._draw(last.next_start_s, last.end_deg, last.rested.total))
            self.starts.append(last.next_start_s)

    def stop(self, t_s: float) -> None:
        """No repetition starts at ``t_s`` or later; one in progress is completed."""
        self.plan_until(t_s)
        self.end_s = min(self.end_s, t_s)
        keep = sum(start < self.end_s for start in self.starts)
        del self.planned[keep:], self.starts[keep:]

    def at(self, t_s: float) -> Planned:
        """Return the newest repetition begun by ``t_s``, which is not before the first one's start."""
        self.plan_until(t_s)
        return self.planned[bisect_right(self.starts, t_s) - 1]

    def _draw(self, start_s: float, from_deg: float, from_stretch: float) -> Planned:
        move = MOVEMENTS[self.exercise]
        out_s, hold_s, back_s, rest_s = (
            mean * self._around_one()
            for mean in (self._pace.out_s, self._pace.hold_s, self._pace.back_s, self._pace.rest_s)
        )
        out_end_s = start_s + out_s
        end_s = out_end_s + hold_s + back_s
        rep = TrueRep(self.exercise, start_s, out_end_s, out_end_s + hold_s, end_s)
        far_deg = move.start_deg + move.travel_deg * self._around_one(0.06)
        rest_deg = move.start_deg + (self._random.uniform(-1.5, 1.5) if move.travel_deg else 0.0)
        peak_n = self._peak_n * self._around_one(0.06)
        plan = Planned(rep, end_s + rest_s, from_deg, far_deg, rest_deg, peak_n, from_stretch)
        return plan if self._realism is None else self._as_a_person(plan, self._realism)

    def _as_a_person(self, plan: Planned, realism: Realism) -> Planned:
        """Return the repetition with the manner of a body added; its times stay what they are."""
        rep, draw = plan.rep, self._manner
        out_s, back_s = rep.out_end_s - rep.start_s, rep.end_s - rep.hold_end_s
        landing = [contact(draw, realism, rep.hold_end_s, rep.end_s)] if MOVEMENTS[self.exercise].lands else []
        return replace(
            plan,
            out=shape_of(draw, realism, out_s),
            back=shape_of(draw, realism, back_s),
            held=Steps(corrections(draw, realism, out_s, rep.out_end_s, rep.hold_end_s)),
            rested=Steps(corrections(draw, realism, back_s, rep.end_s, plan.next_start_s)),
            landing=Rings(landing),
        )

    def _around_one(self, spread: float = _SPREAD) -> float:
        return 1.0 + spread * max(-2.0, min(2.0, self._random.gauss(0.0, 1.0)))
