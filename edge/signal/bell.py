"""Repetitions of a bell that is swung or thrown, each known at its end, the first one too.

Where a repetition ends is a fact of the exercise. One that starts with the way down (a swing) ends at the top, where
the thrown bell floats and the hand feels next to nothing: cos a of its weight where a pendulum turns at the angle a.
One that starts with the way up (a snatch) ends where the bell turns below: a hand has pulled it up and caught it
again, with a while between the two in which it was up there. Only what the hand feels is used; the mounting says
nothing.
"""

from __future__ import annotations

from collections import deque
from statistics import median
from typing import Protocol

from drivers.samples import Sample
from edge.model import Activity, Phase, PhaseSpan, Rep
from edge.signal.events import RepFinished, SignalEvent
from edge.signal.orientation import usable_accel
from edge.signal.profiles import BellProfile
from edge.signal.pulls import BELOW_S, GRAVITY, LAG_S, TURNED, USUAL_FROM, Feel, Pull, Pulls
from edge.signal.voice import Voiced

LIGHT = 0.8 * GRAVITY
"""A float lasts below. A bell that is lowered or carried feels more."""
AFTER_PULL_S = 0.5
"""What is thrown floats at once."""
WAY_S = 2.0
"""From the top down to the turn it takes less."""
LONGEST_ALOFT_S = 15.0
"""Nobody keeps a bell overhead for longer. Our choice."""
TURN_S = 0.35
"""A bell that was caught and is left to hang has come to rest by then."""
QUIET, QUIET_S = 0.25 * GRAVITY, 0.15
"""A bell held overhead feels its weight, give or take this."""
REST_S = 2.0
"""No pull for so long, and the screen shows rest."""
CONFIDENCE = 0.9
"""Pull and float leave little doubt, but nobody has seen where the bell was. Our choice."""
SPREAD_S = (0.15, 0.15, 0.15, 0.1)
"""What the four boundaries may be off: the end as measured on marked sets, the others by choice."""
OUT, HOLD, BACK, REST = range(4)
Edges = tuple[float, float, float, float]
"""Start, end of the way out, end of the hold, and end of a repetition, in seconds."""


class Ending(Protocol):
    """Finds where repetitions end; ``part`` is what the bell is doing now."""

    part: int

    def update(self, t_s: float, feel: float, pulls: Pulls, pull: Pull | None) -> Edges | None: ...


class Aloft:
    """Repetitions that end at the top: after a hard pull, gravity takes the upward speed of a bell that floats.

    The first one is over when it has taken ``least`` m/s, or the float is; later ones at half of what it takes in a
    usual float, which is where the bell is highest.
    """

    def __init__(self, least: float) -> None:
        self.part = REST
        self._least = least
        self._usual: deque[float] = deque(maxlen=USUAL_FROM)
        self._drive: Pull | None = None
        self._taken: float | None = None
        self._thrown = False
        self._t_s = 0.0
        self._last_end_s: float | None = None

    def update(self, t_s: float, feel: float, pulls: Pulls, pull: Pull | None) -> Edges | None:
        """Take what is felt in m/s^2 and the hard pull that has just ended; return a repetition that is over now."""
        dt_s, self._t_s = t_s - self._t_s, t_s
        if pull is not None:
            self._drive, self.part = pull, BACK
        if feel >= LIGHT or pulls.pulling:
            return self._fall(t_s)
        if self._taken is None:
            self._taken = 0.0
            self._thrown = self._drive is not None and t_s - (pulls.ended_s or 0.0) <= AFTER_PULL_S
        self._taken += (GRAVITY - feel) * dt_s
        half = median(self._usual) / 2 if self._usual else 0.0
        return self._top(t_s) if self._thrown and self._taken >= max(self._least, half) else None

    def _fall(self, t_s: float) -> Edges | None:
        """The float, if there was one, is over."""
        taken, self._taken = self._taken, None
        if taken is None or not self._thrown or taken < self._least:
            return None
        self._thrown = False
        self._usual.append(taken)
        edges = self._top(t_s)
        self.part = OUT
        return edges

    def _top(self, t_s: float) -> Edges | None:
        drive, self._drive = self._drive, None
        if drive is None:
            return None
        last_s = self._last_end_s
        from_top = last_s is not None and drive.turn_s - last_s <= WAY_S
        start_s = last_s if last_s is not None and from_top else drive.turn_s
        self.part, self._last_end_s = REST, t_s
        turn_s = max(drive.turn_s, start_s)
        return start_s, turn_s, turn_s, t_s


class Below:
    """Repetitions that end at the bottom: a hard pull up, a while aloft, and a hard pull that catches."""

    def __init__(self) -> None:
        self.part = REST
        self._drive: Pull | None = None
        self._catch: Pull | None = None
        self._quiet_s: float | None = None
        self._held: tuple[float, float] | None = None

    def update(self, t_s: float, feel: float, pulls: Pulls, pull: Pull | None) -> Edges | None:
        """Take what is felt in m/s^2 and the hard pull that has just ended; return a repetition that is over now."""
        if pull is not None:
            self._take(pull)
        elif self._catch is not None and pulls.ended_s is not None:
            if pulls.pulling or feel >= pulls.lightest + TURNED or t_s - pulls.ended_s >= TURN_S:
                return self._bottom(pulls.lightest_s)
        elif self._drive is not None and not pulls.pulling:
            self._look_up(t_s, feel)
        return None

    def _take(self, pull: Pull) -> None:
        """Over the top it takes longer from one pull to the next than below: that tells a catch from a drive."""
        if self._drive is not None and BELOW_S <= pull.peak_s - self._drive.peak_s <= LONGEST_ALOFT_S:
            self._catch, self.part = pull, BACK
        else:
            self._drive, self._held, self._quiet_s, self.part = pull, None, None, OUT

    def _look_up(self, t_s: float, feel: float) -> None:
        """Note for how long the bell rests overhead."""
        if abs(feel - GRAVITY) >= QUIET:
            self._quiet_s = None
            return
        self._quiet_s = t_s if self._quiet_s is None else self._quiet_s
        if t_s - self._quiet_s >= QUIET_S:
            self._held = (self._held[0] if self._held else self._quiet_s), t_s
            self.part = HOLD

    def _bottom(self, t_s: float) -> Edges | None:
        drive, catch, self._drive, self._catch, self.part = self._drive, self._catch, None, None, REST
        if drive is None or catch is None:
            return None
        up_s, down_s = self._held or (catch.turn_s, catch.turn_s)
        return drive.turn_s, up_s, down_s, t_s


class BellCounter(Voiced):
    """Counts swings and throws; ``phases`` are the out, hold, back and rest phases.

    ``rises`` says whether a repetition starts with the way up; where that is not known it is taken to.
    """

    unit = "m/s2"

    def __init__(
        self, profile: BellProfile, phases: tuple[Phase, Phase, Phase, Phase], rises: bool | None = None
    ) -> None:
        super().__init__()
        self.reps = 0
        self.signal = 0.0
        self._profile = profile
        self._phases = phases
        self._ends_aloft = rises is False
        self._reset()

    def _reset(self) -> None:
        self._feel = Feel()
        self._pulls = Pulls(self._profile.pull)
        self._ending: Ending = Aloft(self._profile.throw) if self._ends_aloft else Below()
        self._peak = 0.0
        self._last_end_s: float | None = None

    @property
    def position(self) -> float:
        """0 where repetitions end, 1 on the way: nobody feels where the bell is in between."""
        return 0.0 if self.phase in (None, self._phases[REST]) else 1.0

    @staticmethod
    def takes(sample: Sample) -> bool:
        """Return whether the sample is an acceleration that can be used."""
        return usable_accel(sample) is not None

    def step(self, sample: Sample, force_n: float | None) -> list[SignalEvent]:
        """Take the next usable sample and return what follows from it."""
        accel = usable_accel(sample)
        if accel is None:
            return []
        self.signal = self._feel.update(sample.t_s, accel)
        self._peak = max(self._peak, self.signal)
        # What is felt now was so a little earlier.
        then_s = sample.t_s - LAG_S
        pull = self._pulls.update(then_s, self.signal, self._feel.vector)
        edges = self._ending.update(then_s, self.signal, self._pulls, pull)
        if edges is not None:
            self._count(sample.t_s, edges, force_n)
        self._show(sample.t_s, then_s)
        return self._voice.said()

    def blind(self, t_s: float) -> list[SignalEvent]:
        """What was under way is dropped."""
        self._reset()
        self._voice.become(t_s, Activity.BLIND)
        return self._voice.said()

    def _count(self, t_s: float, edges: Edges, force_n: float | None) -> None:
        last_s = self._last_end_s
        start_s, out_s, hold_s, end_s = (edge if last_s is None else max(edge, last_s) for edge in edges)
        if end_s <= start_s:
            return
        spans = (
            PhaseSpan(self._phases[OUT], start_s, out_s),
            PhaseSpan(self._phases[HOLD], out_s, hold_s),
            PhaseSpan(self._phases[BACK], hold_s, end_s),
        )
        pause_s = None if last_s is None else start_s - last_s
        self.reps += 1
        self._last_end_s = end_s
        peak, self._peak = self._peak, 0.0
        rep = Rep(self.reps, start_s, end_s, spans, peak, self.unit, force_n, pause_s, CONFIDENCE, SPREAD_S)
        self._voice.say(RepFinished(t_s, rep))

    def _show(self, t_s: float, then_s: float) -> None:
        part, ended_s = self._ending.part, self._pulls.ended_s
        if part != HOLD and (ended_s is None or then_s - ended_s > REST_S) and not self._pulls.pulling:
            part = REST
        activity = {HOLD: Activity.HOLDING, REST: Activity.RESTING}.get(part, Activity.MOVING)
        self._voice.become(t_s, activity)
        self._voice.show(t_s, self._phases[part])
