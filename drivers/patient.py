"""A virtual patient: a simulated athlete with the true answer beside it.

One joint turns about one axis, out and back along minimum-jerk paths (Flash and Hogan, J Neurosci 1985), with slow
sway and physiological tremor on top. Turn rate and acceleration are the exact derivatives of the same angle, so a
filter under test meets signals that agree with one another. Ideal values come out of here: a sensor's noise,
offsets and quantisation belong to the sensor that reads them.
"""

from __future__ import annotations

import math
import random
from bisect import bisect_right
from dataclasses import dataclass
from threading import Lock

from drivers.samples import STANDARD_GRAVITY_M_S2, Quaternion, Vector

CHANGE_OF_POSTURE_S = 1.5
"""Time to sit down or stand up between two exercises, and the time spent still after it."""
_SPREAD = 0.08
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
    """How an exercise moves: thigh angle above the horizontal at the start, its travel, and whether a band pulls."""

    start_deg: float
    travel_deg: float
    pulls_band: bool = False


MOVEMENTS = {
    "sit_to_stand": Movement(start_deg=4.0, travel_deg=80.0),
    "goblet_squat": Movement(start_deg=86.0, travel_deg=-75.0),
    "kettlebell_deadlift": Movement(start_deg=86.0, travel_deg=-36.0),
    "band_row": Movement(start_deg=4.0, travel_deg=0.0, pulls_band=True),
    "band_press": Movement(start_deg=86.0, travel_deg=0.0, pulls_band=True),
}
SHARE = {"thigh": 1.0, "trunk": 0.4, "wrist": 0.15}
"""How much of the movement a sensor at that place takes part in; a place not listed only sways."""


@dataclass(frozen=True, slots=True)
class _Step:
    """A smooth change of one quantity by ``change`` units between two times; it stays changed afterwards."""

    start_s: float
    end_s: float
    change: float


@dataclass(frozen=True, slots=True)
class _Planned:
    """A repetition with its numbers drawn: where it starts from, how far it goes and where it comes to rest."""

    rep: TrueRep
    next_start_s: float
    from_deg: float
    far_deg: float
    rest_deg: float
    peak_n: float


@dataclass(frozen=True, slots=True)
class _Wave:
    """A sine of ``size`` (rad or N) at ``rate_rad_s`` with a phase in radians."""

    size: float
    rate_rad_s: float
    phase: float


class _Bout:
    """Repetitions from ``start_s`` on, drawn one after the other from the bout's own random numbers."""

    def __init__(
        self, seed: str, exercise: str, start_s: float, pace: Pace, *, peak_n: float, off_deg: float
    ) -> None:
        self.exercise = exercise
        self.end_s = _FOREVER_S
        self._random = random.Random(seed)
        self._pace = pace
        self._peak_n = peak_n
        self.planned = [self._draw(start_s, MOVEMENTS[exercise].start_deg + off_deg)]
        self.starts = [start_s]

    def plan_until(self, t_s: float) -> None:
        """Every repetition that starts by ``t_s`` is drawn, unless the bout is over by then."""
        while self.planned[-1].next_start_s <= t_s and self.planned[-1].next_start_s < self.end_s:
            last = self.planned[-1]
            self.planned.append(self._draw(last.next_start_s, last.rest_deg))
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
        return self.planned[-1].rest_deg - MOVEMENTS[self.exercise].start_deg

    def at(self, t_s: float) -> _Planned:
        """Return the newest repetition begun by ``t_s``, which is not before the first one's start."""
        self.plan_until(t_s)
        return self.planned[bisect_right(self.starts, t_s) - 1]

    def _draw(self, start_s: float, from_deg: float) -> _Planned:
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
        return _Planned(rep, end_s + rest_s, from_deg, far_deg, rest_deg, peak_n)

    def _around_one(self, spread: float = _SPREAD) -> float:
        return 1.0 + spread * max(-2.0, min(2.0, self._random.gauss(0.0, 1.0)))


class VirtualPatient:
    """Performs repetitions on request and knows exactly which; safe to ask from several threads.

    Time is whatever clock the caller uses. Random numbers are drawn when a repetition is planned, so what happens
    does not depend on how often it is looked at.
    """

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._lock = Lock()
        self._newest_s = -math.inf
        self._bouts: list[_Bout] = []
        self._posture: str | None = None
        self._posture_deg = MOVEMENTS["sit_to_stand"].start_deg
        self._postures: list[_Step] = []
        self._pitch_shifts: list[_Step] = []
        self._roll_shifts: list[_Step] = []
        self._handling: list[_Step] = []
        self._fidgets = 0
        self._mounts: dict[str, Quaternion] = {}
        draw = random.Random(f"{seed}:body")
        self._pitch_waves = _waves(draw, sway_rad=0.004, tremor_rad=0.0002)
        self._roll_waves = _waves(draw, sway_rad=0.004, tremor_rad=0.0001)
        self._force_waves = _waves(draw, sway_rad=0.2, tremor_rad=0.05)
        self._slack_n = draw.uniform(2.0, 5.0)

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
            self._bouts.append(_Bout(seed, exercise, ready_s, pace, peak_n=peak_force_n, off_deg=off_deg))

    def finish(self, t_s: float) -> None:
        """A repetition in progress at ``t_s`` is completed, then the start posture is kept."""
        with self._lock:
            self._finish(t_s)

    def fidget(self, t_s: float, duration_s: float) -> None:
        """Between ``t_s`` and ``t_s + duration_s`` there are small shifts and handling that are no repetitions."""
        with self._lock:
            draw = random.Random(f"{self._seed}:fidget:{self._fidgets}")
            self._fidgets += 1
            while duration_s > 0.8:
                length_s = min(duration_s, draw.uniform(0.8, 2.5))
                self._pitch_shifts += _bump(t_s, length_s, draw.choice((-6.0, 6.0)) * draw.uniform(0.2, 1.0))
                self._roll_shifts += _bump(t_s, length_s, draw.choice((-10.0, 10.0)) * draw.uniform(0.2, 1.0))
                self._handling += _bump(t_s, length_s, 9.0 * draw.uniform(0.2, 1.0))
                t_s, duration_s = t_s + length_s, duration_s - length_s

    def imu(self, place: str, t_s: float) -> ImuTruth:
        """Return what an ideal sensor at ``place`` reads at ``t_s``, in its own axes.

        m/s^2 with gravity, rad/s. The mounting is a random rotation, the same for one seed and place.
        """
        with self._lock:
            self._newest_s = max(self._newest_s, t_s)
            mount = self._mounts.get(place) or self._mount(place)
            pitch = self._pitch(t_s, SHARE.get(place, 0.0))
            wave = _sum(self._roll_waves, t_s)
            shift = _moved(self._roll_shifts, t_s)
        return _sensor_reading(mount, pitch, (wave[0] + math.radians(shift[0]), wave[1] + math.radians(shift[1])))

    def force_n(self, t_s: float) -> float:
        """Return the pull on the band in newtons at ``t_s``: slack, handling, and what the repetitions add."""
        with self._lock:
            self._newest_s = max(self._newest_s, t_s)
            handling, _, _ = _moved(self._handling, t_s)
            wave, _, _ = _sum(self._force_waves, t_s)
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
        change_deg = goal_deg - self._posture_deg - sum(step.change for step in self._postures)
        self._posture = exercise
        if abs(change_deg) < 1.0:
            return busy_until_s
        start_s = max(t_s, busy_until_s)
        self._postures.append(_Step(start_s, start_s + CHANGE_OF_POSTURE_S, change_deg))
        return start_s + 2 * CHANGE_OF_POSTURE_S

    def _mount(self, place: str) -> Quaternion:
        draw = random.Random(f"{self._seed}:mount:{place}")
        parts = [draw.gauss(0.0, 1.0) for _ in range(4)]
        size = math.sqrt(sum(part * part for part in parts))
        self._mounts[place] = (parts[0] / size, parts[1] / size, parts[2] / size, parts[3] / size)
        return self._mounts[place]

    def _bout_at(self, t_s: float) -> _Bout | None:
        return next((bout for bout in reversed(self._bouts) if bout.starts[0] <= t_s), None)

    def _pitch(self, t_s: float, share: float) -> tuple[float, float, float]:
        """Return the segment's angle above the horizontal in rad, and its first and second derivative."""
        bout = self._bout_at(t_s)
        travel = _travelled(bout.at(t_s), t_s) if bout else (0.0, 0.0, 0.0)
        if bout:
            rest = MOVEMENTS[bout.exercise].start_deg
            travel = (travel[0] - rest, travel[1], travel[2])
        posture = _moved(self._postures, t_s)
        shift = _moved(self._pitch_shifts, t_s)
        wave = _sum(self._pitch_waves, t_s)
        angle, rate, change = (math.radians(share * travel[i] + posture[i] + shift[i]) + wave[i] for i in range(3))
        return math.radians(self._posture_deg) + angle, rate, change

    def _pull(self, t_s: float) -> tuple[float, float]:
        """Return the band's pull above slack in N and how far it is stretched, from 0 to 1."""
        bout = self._bout_at(t_s)
        if bout is None or not MOVEMENTS[bout.exercise].pulls_band:
            return 0.0, 0.0
        plan = bout.at(t_s)
        rep = plan.rep
        stretch = _path(t_s, rep.start_s, rep.out_end_s)[0] - _path(t_s, rep.hold_end_s, rep.end_s)[0]
        # Elastic tubing stiffens as it is stretched; the linear and quadratic shares are our choice.
        return (plan.peak_n - self._slack_n) * stretch * (0.7 + 0.3 * stretch), stretch


def _waves(draw: random.Random, sway_rad: float, tremor_rad: float) -> tuple[_Wave, ...]:
    """Two slow sines of postural sway and one of physiological tremor (8 to 12 Hz)."""
    bands = ((0.15, 0.4, sway_rad), (0.4, 0.9, sway_rad / 3), (8.0, 12.0, tremor_rad))
    return tuple(
        _Wave(size * draw.uniform(0.6, 1.2), math.tau * draw.uniform(low, high), draw.uniform(0.0, math.tau))
        for low, high, size in bands
    )


def _sum(waves: tuple[_Wave, ...], t_s: float) -> tuple[float, float, float]:
    """Return the sum of the waves and its first two derivatives."""
    value = rate = change = 0.0
    for wave in waves:
        angle = wave.rate_rad_s * t_s + wave.phase
        sine = wave.size * math.sin(angle)
        value += sine
        rate += wave.size * wave.rate_rad_s * math.cos(angle)
        change -= wave.rate_rad_s * wave.rate_rad_s * sine
    return value, rate, change


def _path(t_s: float, start_s: float, end_s: float) -> tuple[float, float, float]:
    """Return a minimum-jerk path from 0 to 1 and its first two derivatives (Flash and Hogan 1985)."""
    if t_s <= start_s:
        return 0.0, 0.0, 0.0
    if t_s >= end_s:
        return 1.0, 0.0, 0.0
    length_s = end_s - start_s
    x = (t_s - start_s) / length_s
    left = 1.0 - x
    return (
        x * x * x * (10.0 - 15.0 * x + 6.0 * x * x),
        30.0 * x * x * left * left / length_s,
        60.0 * x * left * (1.0 - 2.0 * x) / (length_s * length_s),
    )


def _travelled(plan: _Planned, t_s: float) -> tuple[float, float, float]:
    """Return the angle of a planned repetition in degrees, and its first two derivatives."""
    rep = plan.rep
    if t_s <= rep.hold_end_s:
        base, size, path = plan.from_deg, plan.far_deg - plan.from_deg, _path(t_s, rep.start_s, rep.out_end_s)
    else:
        base, size, path = plan.far_deg, plan.rest_deg - plan.far_deg, _path(t_s, rep.hold_end_s, rep.end_s)
    return base + size * path[0], size * path[1], size * path[2]


def _bump(t_s: float, length_s: float, size: float) -> list[_Step]:
    half_s = length_s / 2
    return [_Step(t_s, t_s + half_s, size), _Step(t_s + half_s, t_s + length_s, -size)]


def _moved(steps: list[_Step], t_s: float) -> tuple[float, float, float]:
    """Return what all the steps together amount to at ``t_s``, and its first two derivatives."""
    value = rate = change = 0.0
    for step in steps:
        if t_s > step.start_s:
            path = _path(t_s, step.start_s, step.end_s)
            value += step.change * path[0]
            rate += step.change * path[1]
            change += step.change * path[2]
    return value, rate, change


_LEVER_M = 0.25
"""Distance of the sensor from the joint it turns about."""


def _sensor_reading(
    mount: Quaternion, pitch_motion: tuple[float, float, float], roll_motion: tuple[float, float]
) -> ImuTruth:
    """Turn the segment's motion into a reading: gravity, then the lever's tangential and centripetal parts.

    The segment points along its x axis; pitch lifts that axis, roll turns about it. Motions are the angle in rad
    and its derivatives; roll is slow and small, so that its part in the acceleration is left out.
    """
    pitch, rate, change = pitch_motion
    roll, roll_rate = roll_motion
    sin_p, cos_p, sin_r, cos_r = math.sin(pitch), math.cos(pitch), math.sin(roll), math.cos(roll)
    g = STANDARD_GRAVITY_M_S2
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
