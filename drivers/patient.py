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
from collections.abc import Callable
from threading import Lock

from drivers.bout import MOVEMENTS, Bout, Pace, TrueRep
from drivers.idle import Stretch, adjusting, handling, sitting, standing, walking
from drivers.motion import Course, Rings, Step, Steps, Wave, bump, swing, waves
from drivers.reading import ImuTruth, random_mount, reading
from drivers.realism import UNSTEADY_HZ, Realism, tremor_bands
from drivers.samples import STANDARD_GRAVITY_M_S2, Quaternion

__all__ = ["CHANGE_OF_POSTURE_S", "MOVEMENTS", "ImuTruth", "Pace", "TrueRep", "VirtualPatient"]

CHANGE_OF_POSTURE_S = 1.5
"""Time to sit down or stand up between two exercises, and the time spent still after it."""
_NOWHERE: Course = (0.0, 0.0, 0.0)


SHARE = {"thigh": 1.0, "trunk": 0.4, "wrist": 0.15}
"""How much of the movement a sensor at that place takes part in; a place not listed only sways."""
GAIT_SHARE = {"thigh": 1.0, "trunk": 0.1, "wrist": 0.9, "bell": 0.2, "bar": 0.1}
"""How much of a thigh's swing it feels while walking: an arm swings nearly as far, a carried bell some 7 degrees."""
LEAN_SHARE = {"thigh": 1.0, "trunk": 1.3, "wrist": 1.3, "bell": 0.3, "bar": 0.3}
"""How much of a thigh's bend it feels when a bell is put down or picked up: the hand turns further than the leg."""


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
        self._bouts: list[Bout] = []
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
            last = self._bouts[-1].planned[-1] if self._bouts else None
            bout = Bout(seed, exercise, ready_s, pace, peak_n=peak_force_n, before=last, realism=self._realism)
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
        return reading(mount, pitch, (wave[0] + math.radians(shift[0]), wave[1] + math.radians(shift[1])), weight)

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
        self._mounts[place] = random_mount(random.Random(f"{self._seed}:mount:{place}"))
        return self._mounts[place]

    def _bout_at(self, t_s: float) -> Bout | None:
        return next((bout for bout in reversed(self._bouts) if bout.starts[0] <= t_s), None)

    def _tremble(self, realism: Realism, draw: random.Random) -> None:
        """The tremor of a person takes the place of the plain one."""
        tremor = tremor_bands(realism.tremor_hz, realism.tremor_rad)
        self._pitch_waves = self._pitch_waves[:2] + waves(draw, tremor)
        self._roll_waves = self._roll_waves[:2] + waves(draw, tremor)
        self._pull_waves = waves(draw, tremor_bands(UNSTEADY_HZ, realism.unsteady))
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
            travel, ring = plan.angle_deg(t_s), plan.landing.at(t_s)
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
        stretch = plan.stretch(t_s)
        steadiness = 1.0 + swing(self._pull_waves, t_s)[0]
        # Elastic tubing stiffens as it is stretched; the linear and quadratic shares are our choice.
        return (plan.peak_n - self._slack_n) * stretch * (0.7 + 0.3 * stretch) * steadiness, stretch


def _swaying(sway: float, tremor: float) -> list[tuple[float, float, float]]:
    """Bands of two slow sines of postural sway and one of physiological tremor (8 to 12 Hz)."""
    return [(0.15, 0.4, sway), (0.4, 0.9, sway / 3), (8.0, 12.0, tremor)]
