"""A virtual patient: a simulated athlete with the true answer beside it.

One joint turns about one axis, out and back along minimum-jerk paths (Flash and Hogan, J Neurosci 1985), with slow
sway and physiological tremor on top; how much less perfect a person is can be asked for (``drivers/realism.py``).
Turn rate and acceleration are the exact derivatives of the same angle, so a filter under test meets signals that
agree with one another. Ideal values come out of here: a sensor's noise, offsets and quantisation belong to the sensor
that reads them (``drivers/noise.py``).
"""

from __future__ import annotations

import math
import random
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, replace
from threading import Lock

from drivers.idle import STANDING_DEG, Stretch, adjusting, handling, sitting, standing, walking
from drivers.motion import SMOOTH, Course, Rings, Shape, Step, Steps, Wave, bump, swing, waves, way
from drivers.realism import Realism, contact, corrections, shape_of, tremor_bands
from drivers.samples import STANDARD_GRAVITY_M_S2, Quaternion, Vector

CHANGE_OF_POSTURE_S = 1.5
"""Time to sit down or stand up between two exercises, and the time spent still after it."""
_SPREAD = 0.08
_NO_STEPS, _NO_RINGS = Steps(), Rings()
_NOWHERE: Course = (0.0, 0.0, 0.0)
_FOREVER_S = math.inf


@dataclass(frozen=True, slots=True)
class ImuTruth:
    """What an ideal motion sensor would read: specific force, turn rate, and orientation to the world (z up)."""

    accel_m_s2: Vector
    gyro_rad_s: Vector
    quaternion_wxyz: Quaternion


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
    """How an exercise moves: thigh angle above the horizontal at the start, its travel, whether a band pulls, and
    whether the way back ends on a seat."""

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
SHARE = {"thigh": 1.0, "trunk": 0.4, "wrist": 0.15}
"""How much of the movement a sensor at that place takes part in; a place not listed only sways."""
GAIT_SHARE = {"thigh": 1.0, "trunk": 0.1, "wrist": 0.9, "bell": 0.2, "bar": 0.1}
"""How much of a thigh's swing it feels while walking: an arm swings nearly as far, a carried bell some 7 degrees."""
LEAN_SHARE = {"thigh": 1.0, "trunk": 1.3, "wrist": 1.3, "bell": 0.3, "bar": 0.3}
"""How much of a thigh's bend it feels when a bell is put down or picked up: the hand turns further than the leg."""


@dataclass(frozen=True, slots=True)
class _Planned:
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


class _Bout:
    """Repetitions from ``start_s`` on, drawn one after the other from the bout's own random numbers."""

    def __init__(
        self,
        seed: str,
        exercise: str,
        start_s: float,
        pace: Pace,
        *,
        peak_n: float,
        off_deg: float,
        realism: Realism | None,
    ) -> None:
        self.exercise = exercise
        self.end_s = _FOREVER_S
        self._random = random.Random(seed)
        self._realism = realism
        self._manner = random.Random(f"{seed}:manner")
        self._pace = pace
        self._peak_n = peak_n
        self.planned = [self._draw(start_s, MOVEMENTS[exercise].start_deg + off_deg)]
        self.starts = [start_s]

    def plan_until(self, t_s: float) -> None:
        """Every repetition that starts by ``t_s`` is drawn, unless the bout is over by then."""
        while self.planned[-1].next_start_s <= t_s and self.planned[-1].next_start_s < self.end_s:
            last = self.planned[-1]
            off = last.rested.total
            from_deg = last.rest_deg + (last.far_deg - last.rest_deg) * off
            self.planned.append(self._draw(last.next_start_s, from_deg, off))
            self.starts.append(last.next_start_s)

    def stop(self, t_s: float) -> None:
        """No repetition starts at ``t_s`` or later; one in progress is completed."""
        self.plan_until(t_s)
        self.end_s = min(self.end_s, t_s)
        keep = sum(start < self.end_s for start in self.starts)
        del self.planned[keep:], self.starts[keep:]

    @property
    def off_deg(self) -> float:
        """How far from the start posture the last repetition comes to rest."""
        last = self.planned[-1]
        rest_deg = last.rest_deg + (last.far_deg - last.rest_deg) * last.rested.total
        return rest_deg - MOVEMENTS[self.exercise].start_deg

    def at(self, t_s: float) -> _Planned:
        """Return the newest repetition begun by ``t_s``, which is not before the first one's start."""
        self.plan_until(t_s)
        return self.planned[bisect_right(self.starts, t_s) - 1]

    def _draw(self, start_s: float, from_deg: float, from_stretch: float = 0.0) -> _Planned:
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
        plan = _Planned(rep, end_s + rest_s, from_deg, far_deg, rest_deg, peak_n, from_stretch)
        return plan if self._realism is None else self._as_a_person(plan, self._realism)

    def _as_a_person(self, plan: _Planned, realism: Realism) -> _Planned:
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


class VirtualPatient:
    """Performs repetitions on request and knows exactly which; safe to ask from several threads.

    Time is whatever clock the caller uses. Random numbers are drawn when a repetition is planned, so what happens
    does not depend on how often it is looked at. Without ``realism`` every way is a minimum-jerk path.
    """

    def __init__(self, seed: int, realism: Realism | None = None) -> None:
        self._seed = seed
        self._realism = realism
        self._lock = Lock()
        self._newest_s = -math.inf
        self._bouts: list[_Bout] = []
        self._posture: str | None = None
        self._posture_deg = MOVEMENTS["sit_to_stand"].start_deg
        self._postures = Steps()
        self._pitch_shifts = Steps()
        self._roll_shifts = Steps()
        self._handling = Steps()
        self._gait = Steps()
        self._lean = Steps()
        self._heave = Steps()
        self._jolts = Rings()
        self._fidgets = 0
        self._idled = 0
        self._mounts: dict[str, Quaternion] = {}
        draw = random.Random(f"{seed}:body")
        self._pitch_waves = waves(draw, _swaying(0.004, tremor=0.0002))
        self._roll_waves = waves(draw, _swaying(0.004, tremor=0.0001))
        self._force_waves = waves(draw, _swaying(0.2, tremor=0.05))
        self._slack_n = draw.uniform(2.0, 5.0)
        self._pull_waves: tuple[Wave, ...] = ()
        if realism is not None:
            self._tremble(realism, random.Random(f"{seed}:tremor"))

    def prepare(self, exercise: str, t_s: float) -> None:
        """The start posture of ``exercise`` is taken up: from the very beginning if nobody has looked yet."""
        with self._lock:
            self._take_posture(exercise, t_s)

    def begin(self, exercise: str, t_s: float, pace: Pace, peak_force_n: float = 100.0) -> None:
        """Repetitions follow one another from ``t_s`` until :meth:`finish`.

        Where the patient was seen in another posture before, it changes posture first and the first repetition
        starts two times ``CHANGE_OF_POSTURE_S`` later; ``truth`` tells. Raises KeyError for an unknown exercise.
        """
        with self._lock:
            ready_s = max(self._take_posture(exercise, t_s), t_s)
            seed = f"{self._seed}:bout:{len(self._bouts)}"
            off_deg = self._bouts[-1].off_deg if self._bouts else 0.0
            bout = _Bout(seed, exercise, ready_s, pace, peak_n=peak_force_n, off_deg=off_deg, realism=self._realism)
            self._bouts.append(bout)

    def finish(self, t_s: float) -> None:
        """A repetition in progress at ``t_s`` is completed, then the start posture is kept."""
        with self._lock:
            self._finish(t_s)

    def fidget(self, t_s: float, duration_s: float) -> None:
        """Between ``t_s`` and ``t_s + duration_s`` there are small shifts and handling that are no repetitions."""
        with self._lock:
            draw = random.Random(f"{self._seed}:fidget:{self._fidgets}")
            self._fidgets += 1
            pitch, roll, handling = [], [], []
            while duration_s > 0.8:
                length_s = min(duration_s, draw.uniform(0.8, 2.5))
                pitch += bump(t_s, length_s, draw.choice((-6.0, 6.0)) * draw.uniform(0.2, 1.0))
                roll += bump(t_s, length_s, draw.choice((-10.0, 10.0)) * draw.uniform(0.2, 1.0))
                handling += bump(t_s, length_s, 9.0 * draw.uniform(0.2, 1.0))
                t_s, duration_s = t_s + length_s, duration_s - length_s
            self._pitch_shifts.add(pitch)
            self._roll_shifts.add(roll)
            self._handling.add(handling)

    def stand(self, t_s: float, duration_s: float) -> None:
        """The patient stands there and shifts its weight."""
        self._idle(standing, t_s, duration_s, "goblet_squat")

    def sit(self, t_s: float, duration_s: float) -> None:
        """The patient sits, fidgets, and crosses its legs now and then; hands rest on the band."""
        self._idle(sitting, t_s, duration_s, "sit_to_stand")

    def walk(self, t_s: float, duration_s: float) -> None:
        """The patient walks about, with stops."""
        self._idle(walking, t_s, duration_s, "goblet_squat")

    def handle(self, t_s: float, duration_s: float) -> None:
        """The patient puts a bell down and picks it up a few times, some steps away each time."""
        self._idle(handling, t_s, duration_s, "goblet_squat")

    def adjust_band(self, t_s: float, duration_s: float) -> None:
        """The patient takes in the slack of a band, lets go and grips it anew."""
        self._idle(adjusting, t_s, duration_s, None)

    def imu(self, place: str, t_s: float) -> ImuTruth:
        """Return what an ideal sensor at ``place`` reads at ``t_s``, in its own axes.

        m/s^2 with gravity, rad/s. The mounting is a random rotation, the same for one seed and place.
        """
        with self._lock:
            self._newest_s = max(self._newest_s, t_s)
            mount = self._mounts.get(place) or self._mount(place)
            pitch = self._pitch(t_s, place)
            wave = swing(self._roll_waves, t_s)
            shift = self._roll_shifts.at(t_s)
            weight = STANDARD_GRAVITY_M_S2 + self._heave.at(t_s)[2]
        return _sensor_reading(
            mount, pitch, (wave[0] + math.radians(shift[0]), wave[1] + math.radians(shift[1])), weight
        )

    def force_n(self, t_s: float) -> float:
        """Return the pull on the band in newtons at ``t_s``: slack, handling, and what the repetitions add."""
        with self._lock:
            self._newest_s = max(self._newest_s, t_s)
            handling, _, _ = self._handling.at(t_s)
            wave, _, _ = swing(self._force_waves, t_s)
            pull_n, stretch = self._pull(t_s)
        # A taut band carries the tremor of the arms, a slack one hardly any of it.
        return self._slack_n + handling + pull_n + wave * (0.3 + stretch)

    def reps_performed(self, t_s: float) -> int:
        """Return how many repetitions have ended by ``t_s``."""
        with self._lock:
            return len(self._ended(t_s))

    def truth(self) -> tuple[TrueRep, ...]:
        """Return the repetitions that ended by the newest time anyone has asked about, in order."""
        with self._lock:
            return tuple(self._ended(self._newest_s))

    def _ended(self, t_s: float) -> list[TrueRep]:
        self._newest_s = max(self._newest_s, t_s)
        for bout in self._bouts:
            bout.plan_until(t_s)
        return [plan.rep for bout in self._bouts for plan in bout.planned if plan.rep.end_s <= t_s]

    def _finish(self, t_s: float) -> float:
        if self._bouts:
            self._bouts[-1].stop(t_s)
            if not self._bouts[-1].planned:
                self._bouts.pop()
        return self._bouts[-1].planned[-1].rep.end_s if self._bouts else t_s

    def _take_posture(self, exercise: str, t_s: float) -> float:
        """Return when the patient is ready; the change of posture before that is planned."""
        goal_deg = MOVEMENTS[exercise].start_deg
        busy_until_s = self._finish(t_s)
        if self._posture is None and t_s > self._newest_s == -math.inf:
            self._posture, self._posture_deg = exercise, goal_deg
            return t_s
        change_deg = goal_deg - self._posture_deg - self._postures.total
        self._posture = exercise
        if abs(change_deg) < 1.0:
            return busy_until_s
        start_s = max(t_s, busy_until_s)
        self._postures.add([Step(start_s, start_s + CHANGE_OF_POSTURE_S, change_deg)])
        return start_s + 2 * CHANGE_OF_POSTURE_S

    def _mount(self, place: str) -> Quaternion:
        draw = random.Random(f"{self._seed}:mount:{place}")
        parts = [draw.gauss(0.0, 1.0) for _ in range(4)]
        size = math.sqrt(sum(part * part for part in parts))
        self._mounts[place] = (parts[0] / size, parts[1] / size, parts[2] / size, parts[3] / size)
        return self._mounts[place]

    def _bout_at(self, t_s: float) -> _Bout | None:
        return next((bout for bout in reversed(self._bouts) if bout.starts[0] <= t_s), None)

    def _tremble(self, realism: Realism, draw: random.Random) -> None:
        """The tremor of a person takes the place of the plain one."""
        tremor = tremor_bands(realism.tremor_hz, realism.tremor_rad)
        self._pitch_waves = self._pitch_waves[:2] + waves(draw, tremor)
        self._roll_waves = self._roll_waves[:2] + waves(draw, tremor)
        self._pull_waves = waves(draw, tremor_bands((0.5, 3.0), realism.unsteady))
        self._pull_waves += waves(draw, tremor_bands(realism.tremor_hz, realism.force_tremor))

    def _idle(
        self,
        activity: Callable[[random.Random, float, float], Stretch],
        t_s: float,
        duration_s: float,
        posture: str | None,
    ) -> None:
        """Repetitions are over; ``activity`` fills the time once the ``posture`` of that exercise is taken up."""
        with self._lock:
            ready_s = t_s if posture is None else max(self._take_posture(posture, t_s), t_s)
            draw = random.Random(f"{self._seed}:{activity.__name__}:{self._idled}")
            self._idled += 1
            stretch = activity(draw, ready_s, t_s + duration_s - ready_s)
            self._pitch_shifts.add(stretch.pitch)
            self._roll_shifts.add(stretch.roll)
            self._gait.add(stretch.gait)
            self._lean.add(stretch.lean)
            self._heave.add(stretch.heave)
            self._jolts.add(stretch.jolts)
            self._handling.add(stretch.pull)

    def _pitch(self, t_s: float, place: str) -> Course:
        """Return the segment's angle above the horizontal in rad, and its first and second derivative."""
        bout = self._bout_at(t_s)
        travel = ring = _NOWHERE
        if bout:
            plan = bout.at(t_s)
            travel, ring = _travelled(plan, t_s), plan.landing.at(t_s)
            rest = MOVEMENTS[bout.exercise].start_deg
            travel = (travel[0] - rest, travel[1], travel[2])
        share, gait_share, lean_share = SHARE.get(place, 0.0), GAIT_SHARE.get(place, 0.0), LEAN_SHARE.get(place, 0.0)
        posture, shift = self._postures.at(t_s), self._pitch_shifts.at(t_s)
        gait, lean, jolt = self._gait.at(t_s), self._lean.at(t_s), self._jolts.at(t_s)
        wave = swing(self._pitch_waves, t_s)
        angle, rate, change = (
            math.radians(share * travel[i] + posture[i] + shift[i] + gait_share * gait[i] + lean_share * lean[i])
            + wave[i]
            + ring[i]
            + jolt[i]
            for i in range(3)
        )
        return math.radians(self._posture_deg) + angle, rate, change

    def _pull(self, t_s: float) -> tuple[float, float]:
        """Return the band's pull above slack in N and how far it is stretched, from 0 to 1."""
        bout = self._bout_at(t_s)
        if bout is None or not MOVEMENTS[bout.exercise].pulls_band:
            return 0.0, 0.0
        plan = bout.at(t_s)
        stretch = _stretch(plan, t_s)
        steadiness = 1.0 + swing(self._pull_waves, t_s)[0]
        # Elastic tubing stiffens as it is stretched; the linear and quadratic shares are our choice.
        return (plan.peak_n - self._slack_n) * stretch * (0.7 + 0.3 * stretch) * steadiness, stretch


def _swaying(sway: float, tremor: float) -> list[tuple[float, float, float]]:
    """Bands of two slow sines of postural sway and one of physiological tremor (8 to 12 Hz)."""
    return [(0.15, 0.4, sway), (0.4, 0.9, sway / 3), (8.0, 12.0, tremor)]


def _travelled(plan: _Planned, t_s: float) -> Course:
    """Return the angle of a planned repetition in degrees, and its first two derivatives."""
    rep, travel = plan.rep, plan.far_deg - plan.rest_deg
    if t_s <= rep.hold_end_s:
        base, size, path = plan.from_deg, plan.far_deg - plan.from_deg, way(t_s, rep.start_s, rep.out_end_s, plan.out)
        off = plan.held.at(t_s)
    else:
        base = plan.far_deg + travel * plan.held.total
        size, path = plan.rest_deg - base, way(t_s, rep.hold_end_s, rep.end_s, plan.back)
        off = plan.rested.at(t_s)
    return (
        base + size * path[0] + travel * off[0],
        size * path[1] + travel * off[1],
        size * path[2] + travel * off[2],
    )


def _stretch(plan: _Planned, t_s: float) -> float:
    """Return how far the band is stretched, 0 at slack and 1 at the far end."""
    rep, start = plan.rep, plan.from_stretch
    out = start + (1.0 - start) * way(t_s, rep.start_s, rep.out_end_s, plan.out)[0]
    back = (1.0 + plan.held.total) * way(t_s, rep.hold_end_s, rep.end_s, plan.back)[0]
    return out + plan.held.at(t_s)[0] - back + plan.rested.at(t_s)[0]


_LEVER_M = 0.25
"""Distance of the sensor from the joint it turns about."""


def _sensor_reading(
    mount: Quaternion, pitch_motion: Course, roll_motion: tuple[float, float], weight_m_s2: float
) -> ImuTruth:
    """Turn the segment's motion into a reading: weight, then the lever's tangential and centripetal parts.

    The segment points along its x axis; pitch lifts that axis, roll turns about it. Motions are the angle in rad
    and its derivatives; roll is slow and small, so that its part in the acceleration is left out.
    """
    pitch, rate, change = pitch_motion
    roll, roll_rate = roll_motion
    sin_p, cos_p, sin_r, cos_r = math.sin(pitch), math.cos(pitch), math.sin(roll), math.cos(roll)
    g = weight_m_s2
    tangential = _LEVER_M * change
    force = (
        g * sin_p - _LEVER_M * rate * rate,
        g * cos_p * sin_r + tangential * sin_r,
        g * cos_p * cos_r + tangential * cos_r,
    )
    turn = (roll_rate, -rate * cos_r, rate * sin_r)
    lift = (math.cos(pitch / 2), 0.0, -math.sin(pitch / 2), 0.0)
    own = (math.cos(roll / 2), math.sin(roll / 2), 0.0, 0.0)
    return ImuTruth(_turned_back(mount, force), _turned_back(mount, turn), _product(_product(lift, own), mount))


def _product(a: Quaternion, b: Quaternion) -> Quaternion:
    return (
        a[0] * b[0] - a[1] * b[1] - a[2] * b[2] - a[3] * b[3],
        a[0] * b[1] + a[1] * b[0] + a[2] * b[3] - a[3] * b[2],
        a[0] * b[2] - a[1] * b[3] + a[2] * b[0] + a[3] * b[1],
        a[0] * b[3] + a[1] * b[2] - a[2] * b[1] + a[3] * b[0],
    )


def _turned_back(q: Quaternion, v: Vector) -> Vector:
    """Return ``v`` seen from a frame turned by ``q``."""
    w, x, y, z = q
    tx = 2.0 * (z * v[1] - y * v[2])
    ty = 2.0 * (x * v[2] - z * v[0])
    tz = 2.0 * (y * v[0] - x * v[1])
    return (
        v[0] + w * tx + (z * ty - y * tz),
        v[1] + w * ty + (x * tz - z * tx),
        v[2] + w * tz + (y * tx - x * ty),
    )
