"""Steps of a walk, from the rhythm of one motion sensor worn anywhere.

Two rhythms are followed side by side. A leg or a swinging arm turns to and fro once per stride, which is two steps:
the turn rate along the direction in which it varies most (the mid-swing peaks of Aminian et al., J Biomech 2002,
without their fixed axis). A trunk, or a hand that is kept still, rises and falls once per step: the size of the
acceleration (Zijlstra and Hof, Gait Posture 2003, likewise). A rhythm is walking once several cycles in a row are
alike; they are announced together, every further step one by one, and a rhythm that stops is a pause. A step is a
repetition, so that whatever shows, stores or replays repetitions does so for a walk as well.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass

from drivers.samples import ImuSample, Sample, Vector
from edge.model import Activity, Phase, PhaseSpan, Rep
from edge.signal.events import ActivityChanged, RepFinished, SignalEvent
from edge.signal.filters import Smoother
from edge.signal.orientation import unit, usable_accel
from edge.signal.profiles import WalkProfile

SLOW_S = 1.0
"""What changes more slowly than this is posture, or turning round at the end of the corridor."""
SIZE_S = 2.0
"""Over how long the size of a rhythm is felt: two or three steps."""
AXIS_S = 4.0
"""Over how long the direction of the swing is felt: long beside the two seconds of turning round."""
TURN = 1.1
"""Multiple of the standard deviation that makes a turning point; from a low to a high of a sine it is 2.8 of them."""
EVEN = 0.3
"""How far the periods of the first cycles may lie from their median. Strides of patients vary by some 2 to 10 %
(Hausdorff, J Neuroeng Rehabil 2005), and a limp makes every second step longer."""
STRONG = 0.4
"""Share of the median size that every cycle needs: the other leg is felt less than one's own."""
FALTER = 0.5, 1.6
"""Shares of the usual period between which a later cycle is one more; a turn round shortens or lengthens a step."""
TWO = 2.4
"""Up to this share of the usual period a turning point was missed inside a walk, and the cycle is two."""
SILENCE = 2.0
"""Usual periods without a turning point after which the walk has stopped."""
LOW_PASS_S = 0.05
"""Time constant of a low-pass, twice in a row for the bounce: a heel's ring is gone, the step is not."""
CONFIDENCE = 0.8
"""A rhythm is weaker evidence than a posture left and taken up again. Our choice."""
ALIVE = 0.15
"""Standard deviation of the bounce in m/s^2 below which a limb swings and no foot comes down."""
WITHOUT_TURNING = 0.5
"""The same without a gyroscope: a limb may then have told of its own steps only, half of them."""
BOTH_FEET = 2
"""Steps in one swing of a limb."""
PATIENCE = 2
"""So many times the cycles of the bounce have to be alike where the sensor swings too: a limb feels every second
step less, and its swing knows better."""


@dataclass(frozen=True, slots=True)
class Beat:
    """One cycle of a rhythm between two low points, and how far it went in the rhythm's own unit."""

    start_s: float
    end_s: float
    size: float

    @property
    def period_s(self) -> float:
        """Length of the cycle."""
        return self.end_s - self.start_s


class Beats:
    """Cycles between low points that lie at least ``TURN`` standard deviations, and ``floor``, below the highs."""

    def __init__(self, floor: float) -> None:
        self._floor = floor
        self._power = Smoother(SIZE_S)
        self._rising = False
        self._low = self._high = (0.0, 0.0)
        self._from: tuple[float, float] | None = None
        self.deviation = 0.0

    def update(self, t_s: float, y: float) -> Beat | None:
        """Return the cycle whose last low point is now known to have been one, else None."""
        self.deviation = math.sqrt(self._power.update(t_s, y * y))
        swing = max(self._floor, TURN * self.deviation)
        if self._rising:
            if y > self._high[1]:
                self._high = (t_s, y)
            elif self._high[1] - y >= swing:
                self._rising, self._low = False, (t_s, y)
        elif y < self._low[1]:
            self._low = (t_s, y)
        elif y - self._low[1] >= swing:
            self._rising, begun, high = True, self._from, self._high[1]
            self._high, self._from = (t_s, y), self._low
            if begun is not None:
                return Beat(begun[0], self._low[0], high - (begun[1] + self._low[1]) / 2)
        return None


class Rhythm:
    """The newest beats of one kind, each worth ``steps``, and whether they are those of a walk."""

    def __init__(self, steps: int, profile: WalkProfile) -> None:
        self.steps = steps
        self._first = round(profile.first) // steps
        self._shortest_s = 60.0 * steps / profile.fastest
        self._longest_s = 60.0 * steps / profile.slowest
        self._beats: deque[Beat] = deque(maxlen=PATIENCE * self._first)

    @property
    def period_s(self) -> float:
        """Median period of the newest beats; there has to be one."""
        periods = sorted(beat.period_s for beat in self._beats)
        return periods[len(periods) // 2]

    def hear(self, beat: Beat) -> None:
        """Nobody is known to walk: keep the beat, and those before it only if it follows them at once."""
        if self._beats and beat.start_s > self._beats[-1].end_s:
            self._beats.clear()
        self._beats.append(beat)

    def begun(self, *, doubtful: bool) -> list[Beat]:
        """Return the beats with which a walk has begun; twice as many are needed where that is doubtful."""
        count = (PATIENCE if doubtful else 1) * self._first
        newest = list(self._beats)[-count:]
        return newest if len(newest) == count and self._alike(newest) else []

    def _alike(self, beats: list[Beat]) -> bool:
        usual_s = sorted(beat.period_s for beat in beats)[len(beats) // 2]
        usual = sorted(beat.size for beat in beats)[len(beats) // 2]
        even = all(abs(beat.period_s - usual_s) <= EVEN * usual_s for beat in beats)
        strong = all(STRONG * usual <= beat.size <= usual / STRONG for beat in beats)
        return even and strong and self._shortest_s <= usual_s <= self._longest_s

    def go_on(self, beat: Beat) -> list[Beat]:
        """Return what a beat during a walk adds to it: itself, or two where a turning point was missed."""
        pace = beat.period_s / self.period_s
        if not FALTER[0] <= pace <= TWO:
            return []
        middle_s = (beat.start_s + beat.end_s) / 2
        halves = [Beat(beat.start_s, middle_s, beat.size), Beat(middle_s, beat.end_s, beat.size)]
        more = [beat] if pace <= FALTER[1] else halves
        self._beats.extend(more)
        return more

    def silent(self, t_s: float) -> bool:
        """Return whether a walk has stopped."""
        return t_s - self._beats[-1].end_s > SILENCE * self.period_s + self._shortest_s

    def stop(self) -> None:
        """Nothing before now matters any more."""
        self._beats.clear()


class Swing:
    """Turn rate in deg/s along the direction in which it varies most, found as the samples come in.

    One step of the power method per sample on a running covariance; the sign is carried over. Every moment weighs by
    its speed and not by the square of it, so that turning round does not take the direction over.
    """

    def __init__(self) -> None:
        self._fast = [Smoother(LOW_PASS_S) for _ in range(3)]
        self._slow = [Smoother(SLOW_S) for _ in range(3)]
        self._covariance = [Smoother(AXIS_S) for _ in range(6)]
        self._axis: Vector | None = None

    def update(self, t_s: float, gyro: Vector) -> float:
        """Return the turn rate at ``t_s``; ``gyro`` is in rad/s."""
        x, y, z = (self._fast[i].update(t_s, gyro[i]) for i in range(3))
        x, y, z = (value - self._slow[i].update(t_s, value) for i, value in enumerate((x, y, z)))
        size = math.sqrt(x * x + y * y + z * z) or 1.0
        products = (x * x / size, y * y / size, z * z / size, x * y / size, x * z / size, y * z / size)
        xx, yy, zz, xy, xz, yz = (self._covariance[i].update(t_s, value) for i, value in enumerate(products))
        if self._axis is None:
            if not x and not y and not z:
                return 0.0
            self._axis = unit((x, y, z))
        a, b, c = self._axis
        self._axis = unit((xx * a + xy * b + xz * c, xy * a + yy * b + yz * c, xz * a + yz * b + zz * c))
        a, b, c = self._axis
        return math.degrees(a * x + b * y + c * z)


class Bounce:
    """Size of the acceleration around its slow mean in m/s^2, with the impact of the heel melted into the step."""

    def __init__(self) -> None:
        self._smooth = [Smoother(LOW_PASS_S), Smoother(LOW_PASS_S)]
        self._slow = Smoother(SLOW_S)

    def update(self, t_s: float, accel: Vector) -> float:
        """Return the bounce at ``t_s``."""
        value = math.sqrt(accel[0] * accel[0] + accel[1] * accel[1] + accel[2] * accel[2])
        for smooth in self._smooth:
            value = smooth.update(t_s, value)
        return value - self._slow.update(t_s, value)


class WalkCounter:
    """Counts steps; ``phases`` names the two halves of a step as for every repetition, the screen is shown none.

    ``activity`` is RESTING while the person stands, MOVING while walking.
    """

    unit = "m/s2"
    phase: Phase | None = None
    position = 0.0

    def __init__(self, profile: WalkProfile, phases: tuple[Phase, Phase, Phase, Phase]) -> None:
        self.activity = Activity.ARMING
        self.reps = 0
        self.signal = 0.0
        self._profile = profile
        self._phases = phases
        self._events: list[SignalEvent] = []
        self._last_end_s: float | None = None
        self._turns = False
        self._reset()

    def _reset(self) -> None:
        self._swing, self._bounce = Swing(), Bounce()
        self._swings, self._bounces = Beats(self._profile.swing), Beats(self._profile.bounce)
        self._limb = Rhythm(BOTH_FEET, self._profile)
        self._body = Rhythm(1, self._profile)
        self._leader: Rhythm | None = None

    @staticmethod
    def takes(sample: Sample) -> bool:
        """Return whether the sample is an acceleration that can be used."""
        return usable_accel(sample) is not None

    @property
    def cadence_per_min(self) -> float | None:
        """Steps per minute as they are now; None while nobody walks."""
        return None if self._leader is None else 60.0 * self._leader.steps / self._leader.period_s

    def step(self, sample: Sample, force_n: float | None) -> list[SignalEvent]:
        """Take the next usable sample and return what follows from it."""
        self._events = []
        accel = usable_accel(sample)
        if not isinstance(sample, ImuSample) or accel is None:
            return self._events
        t_s = sample.t_s
        if self.activity is not Activity.MOVING:
            self._become(t_s, Activity.RESTING)
        self.signal = self._bounce.update(t_s, accel)
        self._turns = sample.gyro_rad_s is not None
        if sample.gyro_rad_s is not None:
            self._listen(t_s, self._limb, self._swings.update(t_s, self._swing.update(t_s, sample.gyro_rad_s)))
        self._listen(t_s, self._body, self._bounces.update(t_s, self.signal))
        if self._leader is not None and self._leader.silent(t_s):
            self._leader.stop()
            self._leader = None
            self._become(t_s, Activity.RESTING)
        return self._events

    def _listen(self, t_s: float, rhythm: Rhythm, beat: Beat | None) -> None:
        if beat is None:
            return
        if rhythm is self._leader:
            beats = rhythm.go_on(beat)
        else:
            rhythm.hear(beat)
            beats = [] if self._leader else self._begin(t_s, rhythm)
        for one in beats:
            self._count(t_s, one, rhythm.steps)

    def _begin(self, t_s: float, rhythm: Rhythm) -> list[Beat]:
        """Nobody follows a limb that turns without any weight coming down on a foot."""
        swinging = TURN * self._swings.deviation > self._profile.swing
        if rhythm is self._limb and self._bounces.deviation < ALIVE:
            return []
        beats = rhythm.begun(doubtful=rhythm is self._body and swinging)
        if beats:
            self._leader = rhythm
            self._become(t_s, Activity.MOVING)
        return beats

    def _count(self, t_s: float, beat: Beat, steps: int) -> None:
        if self._last_end_s is not None and beat.start_s < self._last_end_s - beat.period_s / 4:
            return
        length_s = beat.period_s / steps
        for i in range(steps):
            self._step(t_s, beat.start_s + i * length_s, beat.start_s + (i + 1) * length_s, beat.size)

    def _step(self, t_s: float, start_s: float, end_s: float, size: float) -> None:
        start_s = max(start_s, self._last_end_s or start_s)
        middle_s = (start_s + end_s) / 2
        out, hold, back, _ = self._phases
        spans = (
            PhaseSpan(out, start_s, middle_s),
            PhaseSpan(hold, middle_s, middle_s),
            PhaseSpan(back, middle_s, end_s),
        )
        pause_s = None if self._last_end_s is None else start_s - self._last_end_s
        self.reps += 1
        self._last_end_s = end_s
        certainty = CONFIDENCE if self._turns else WITHOUT_TURNING
        rep = Rep(self.reps, start_s, end_s, spans, size, self.unit, None, pause_s, certainty)
        self._events.append(RepFinished(t_s, rep))

    def blind(self, t_s: float) -> list[SignalEvent]:
        """Counting stops; steps in a hole are not made up, and walking has to be recognised anew."""
        self._events = []
        self._reset()
        self._last_end_s = None
        self._become(t_s, Activity.BLIND)
        return self._events

    def _become(self, t_s: float, activity: Activity) -> None:
        if self.activity is not activity:
            self.activity = activity
            self._events.append(ActivityChanged(t_s, activity))
