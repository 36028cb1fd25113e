"""Holds: a posture, or a pull on a band, that is taken up, kept for a while and left again.

The counter is armed by a start posture that is kept. Whatever then lies further away than the floor of the class and
is kept in its turn is a hold. Sway and tremor stay inside a margin around the held posture; that posture follows a
slow drift, and how far it has wandered is told. Who leaves it for a moment stops the clock and may come back; who
stays away has ended the hold. Only where the sensor was, not how fast it turned, decides: hands and planks tremble.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass

import numpy as np

from drivers.samples import Sample, Vector
from edge.model import Activity, Measures, Phase, PhaseSpan, Rep
from edge.signal.events import RepFinished, SignalEvent
from edge.signal.phases import date
from edge.signal.place import Place
from edge.signal.profiles import HoldProfile
from edge.signal.voice import Voiced

ARMING_S = 0.6
NEAR = 0.5
"""Share of the floor within which it is the start posture, and of the sway within which a new posture settles."""
FOLLOW_S = 4.0
"""Time constant with which the start and the held posture follow the person: slow beside taking a posture up."""
SETTLE_S = 1.5
"""The same while a posture settles: two degrees per second make three of distance, the margin of a trunk."""
FORGET_S = 35.0
"""So long after a hole the start posture known before it is waited for; then the person is somewhere else."""
SETTLED_S = 0.5
"""Back within the floor for so long, the way back is over."""
BACK_S = 5.0
"""So long the way back may take; who is elsewhere by then has gone another way."""
LOOK_BACK_S = 8.0
"""How much of the past is kept to find where a slow movement really began."""
MARGIN_S = 1.0
"""How far the dated beginning of a hold may lie from the first moment at which the posture was kept."""
SHORTEST_S = 0.1
SMOOTHING_S = 0.2
"""Box over which a movement is averaged before it is dated: two periods of a physiological tremor (8 to 12 Hz)."""
INTERRUPTED, DRIFTED, CUT_SHORT = 0.8, 0.8, 0.5
"""Factors of the confidence: the clock was stopped once or more, the posture at the end is not the one at the start,
the sensor was lost. Our choice."""


@dataclass(frozen=True, slots=True)
class Hold:
    """What a repetition cannot say about a finished hold; ``number`` is the repetition's.

    ``held_s`` is the time the posture was kept, without the ``interruptions`` of ``interrupted_s`` together.
    ``drift`` is how far the posture wandered from the first moment to the last, in the unit of the range.
    """

    number: int
    held_s: float
    interruptions: int
    interrupted_s: float
    drift: float


@dataclass(slots=True)
class _Kept:
    """A hold in progress. ``away_s`` is since when it has been left, ``back_s`` since when it is within the floor."""

    start_s: float
    began_s: float
    first: Vector
    posture: Vector
    away_s: float | None = None
    back_s: float | None = None
    interruptions: int = 0
    interrupted_s: float = 0.0
    samples: int = 0
    sway_squared: float = 0.0
    peak_force_n: float | None = None


class HoldCounter(Voiced):
    """Counts holds of one :class:`Place`; ``phases`` are the way out, the hold, the way back and the rest between."""

    def __init__(self, profile: HoldProfile, place: Place, phases: tuple[Phase, Phase, Phase, Phase]) -> None:
        super().__init__()
        self.reps = 0
        self.unit = place.unit
        self.takes = place.takes
        self.last: Hold | None = None
        self._profile = profile
        self._place = place
        self._phases = phases
        self._start: Vector | None = None
        self._now: Vector = (0.0, 0.0, 0.0)
        self._t_s: float | None = None
        self._usual = 2 * profile.floor
        self._lost_s: float | None = None
        self._last_end_s: float | None = None
        self._reset()

    def _reset(self) -> None:
        self._kept: _Kept | None = None
        self._past: deque[tuple[float, float]] = deque()
        self._settling: tuple[float, Vector] | None = None

    @property
    def held_s(self) -> float:
        """Seconds the present posture has been kept, interruptions left out; 0 while none is.

        It runs before the hold is known to be one, and goes back to 0 where it becomes none.
        """
        kept, t_s = self._kept, self._t_s
        if t_s is None:
            return 0.0
        if kept is None:
            settling = self._settling if self.activity is Activity.MOVING else None
            return t_s - settling[0] if settling and t_s - settling[0] >= ARMING_S else 0.0
        return max((t_s if kept.away_s is None else kept.away_s) - kept.began_s - kept.interrupted_s, 0.0)

    @property
    def drift(self) -> float:
        """How far the held posture has wandered since the hold began, in ``unit``; 0 while none is held."""
        return self._place.apart(self._kept.posture, self._kept.first) if self._kept else 0.0

    @property
    def signal(self) -> float:
        """How far it is from the start posture, in ``unit``."""
        return self._place.apart(self._now, self._start) if self._start else 0.0

    @property
    def position(self) -> float:
        """0 in the start posture, 1 in the posture held last, clipped to 0..1.2."""
        return min(self.signal / self._usual, 1.2)

    def step(self, sample: Sample, force_n: float | None) -> list[SignalEvent]:
        """Take the next usable sample and return what follows from it."""
        t_s = sample.t_s
        self._now = self._place.at(sample)
        dt_s = t_s - self._t_s if self._t_s is not None else 0.0
        self._t_s = t_s
        self._past.append((t_s, self.signal))
        while self._past[0][0] < t_s - LOOK_BACK_S:
            self._past.popleft()
        if self._kept is not None:
            self._keep(self._kept, t_s, min(dt_s, MARGIN_S), force_n)
        elif self.activity in (Activity.ARMING, Activity.BLIND):
            self._arm(t_s, dt_s)
        elif self.activity is Activity.RESTING:
            self._rest(t_s, dt_s)
        else:
            self._take_up(t_s, dt_s)
        return self._voice.said()

    def _arm(self, t_s: float, dt_s: float) -> None:
        """After a hole it has to be the start posture known from before: the person may still be holding."""
        self._voice.become(t_s, Activity.ARMING)
        waiting = self._lost_s is not None and t_s - self._lost_s < FORGET_S
        if self._kept_for(t_s, dt_s, NEAR * self._profile.floor) < ARMING_S or (waiting and not self._is_near()):
            return
        self._start, self._lost_s = self._now, None
        self._past.clear()
        self._be_ready(t_s)

    def _kept_for(self, t_s: float, dt_s: float, within: float) -> float:
        """Return for how long the present posture has been kept; leaving it starts a new one."""
        since_s, posture = self._settling or (t_s, self._now)
        if self._place.apart(self._now, posture) > within:
            since_s, posture = t_s, self._now
        # The first moment within reach of the posture is not yet its middle.
        self._settling = (since_s, self._place.between(posture, self._now, min(dt_s / SETTLE_S, 1.0)))
        return t_s - since_s

    def _is_near(self) -> bool:
        return self.signal <= NEAR * self._profile.floor

    def _be_ready(self, t_s: float) -> None:
        self._settling = None
        self._voice.become(t_s, Activity.RESTING)
        self._voice.show(t_s, self._phases[3])

    def _rest(self, t_s: float, dt_s: float) -> None:
        if self._is_near() and self._start is not None:
            self._start = self._place.between(self._start, self._now, min(dt_s / FOLLOW_S, 1.0))
        elif self.signal > self._profile.floor:
            self._voice.become(t_s, Activity.MOVING)
            self._voice.show(t_s, self._phases[0])

    def _take_up(self, t_s: float, dt_s: float) -> None:
        settled = self._kept_for(t_s, dt_s, NEAR * self._profile.sway) >= self._profile.settle_s
        if self._is_near():
            self._be_ready(t_s)
        elif settled and self._profile.far is not None and self.signal > self._profile.far:
            # Too far for this exercise: the person lies, sits or stands somewhere else now.
            self._start = None
            self._settling = None
            self._voice.become(t_s, Activity.ARMING)
        elif settled and self._settling is not None and self.signal > self._profile.floor:
            self._begin(t_s, self._settling[0])

    def _begin(self, t_s: float, settled_s: float) -> None:
        start_s, arrived_s = _dated(list(self._past))
        began_s = min(max(arrived_s, settled_s - MARGIN_S), settled_s + MARGIN_S, t_s)
        if self._last_end_s is not None:
            start_s = max(start_s, self._last_end_s)
        began_s = max(began_s, start_s)
        self._kept = _Kept(start_s, began_s, self._now, self._now)
        self._settling = None
        self._usual = max(self.signal, self._profile.floor)
        self._voice.become(t_s, Activity.HOLDING)
        self._voice.show(t_s, self._phases[1])

    def _keep(self, kept: _Kept, t_s: float, dt_s: float, force_n: float | None) -> None:
        off = self._place.apart(self._now, kept.posture)
        if off > self._profile.sway:
            if kept.away_s is None:
                kept.away_s = t_s - dt_s
                self._voice.become(t_s, Activity.MOVING)
                self._voice.show(t_s, self._phases[2])
            if self.signal > self._profile.floor:
                kept.back_s = None
            elif kept.back_s is None:
                kept.back_s = t_s
            away_s, is_back = t_s - kept.away_s, kept.back_s is not None and t_s - kept.back_s >= SETTLED_S
            if away_s > self._profile.pause_s and (is_back or away_s > BACK_S):
                self._end(kept, t_s)
            return
        if kept.away_s is not None and t_s - kept.away_s > self._profile.pause_s:
            self._end(kept, t_s)
            return
        if kept.away_s is not None:
            kept.interruptions += 1
            kept.interrupted_s += t_s - kept.away_s
            kept.away_s = kept.back_s = None
        self._voice.become(t_s, Activity.HOLDING)
        self._voice.show(t_s, self._phases[1])
        kept.posture = self._place.between(kept.posture, self._now, min(dt_s / FOLLOW_S, 1.0))
        kept.samples += 1
        kept.sway_squared += off * off
        if force_n is not None:
            kept.peak_force_n = force_n if kept.peak_force_n is None else max(kept.peak_force_n, force_n)

    def _end(self, kept: _Kept, t_s: float, *, cut_short: bool = False) -> None:
        away_s = t_s if kept.away_s is None else kept.away_s
        left_s, end_s = (t_s, t_s) if cut_short else self._left(kept, away_s, t_s)
        held_s = left_s - kept.began_s - kept.interrupted_s
        drift = self._place.apart(kept.posture, kept.first)
        self._kept = None
        self._past.clear()
        certainty = self._profile.certainty * (CUT_SHORT if cut_short else 1.0)
        certainty *= INTERRUPTED if kept.interruptions else 1.0
        certainty *= DRIFTED if drift > self._profile.sway else 1.0
        rep = self._rep(kept, left_s, end_s, certainty)
        self.last = Hold(self.reps, held_s, kept.interruptions, kept.interrupted_s, drift)
        self._voice.say(RepFinished(t_s, rep))
        if not cut_short:
            self._be_ready(t_s)

    def _left(self, kept: _Kept, away_s: float, t_s: float) -> tuple[float, float]:
        """Return when the posture was really left and the way back was over, the latter ``t_s`` at the latest."""
        rows = [(-when, shift) for when, shift in self._past if when >= away_s - MARGIN_S]
        end_s, left_s = (-when for when in _dated(rows[::-1]))
        left_s = max(min(left_s, away_s), away_s - MARGIN_S, kept.began_s + SHORTEST_S)
        return left_s, max(min(end_s, t_s), left_s)

    def _rep(self, kept: _Kept, left_s: float, end_s: float, certainty: float) -> Rep:
        out, hold, back, _ = self._phases
        spans = (
            PhaseSpan(out, kept.start_s, kept.began_s),
            PhaseSpan(hold, kept.began_s, left_s),
            PhaseSpan(back, left_s, end_s),
        )
        sway = math.sqrt(kept.sway_squared / kept.samples) if kept.samples else None
        pause_s = None if self._last_end_s is None else kept.start_s - self._last_end_s
        self._last_end_s = end_s
        self.reps += 1
        return Rep(
            number=self.reps,
            start_s=kept.start_s,
            end_s=end_s,
            spans=spans,
            range_value=self._usual,
            range_unit=self.unit,
            peak_force_n=kept.peak_force_n,
            pause_before_s=pause_s,
            confidence=certainty,
            measures=Measures(hold_sway=sway, peak_force_n=kept.peak_force_n),
        )

    def blind(self, t_s: float) -> list[SignalEvent]:
        """What was held until the hole is told, with less confidence; a hole is not bridged.

        A hole no longer than an interruption may be is one, if the posture is still the same after it.
        """
        kept, last_s = self._kept, self._t_s if self._t_s is not None else t_s
        if kept is not None and kept.away_s is None:
            kept.away_s = last_s
        if kept is not None and kept.away_s is not None and t_s - kept.away_s > self._profile.pause_s:
            self._end(kept, last_s, cut_short=True)
        self._lost_s = t_s if self._start else None
        self._settling = None
        self._past.clear()
        self._place.reset()
        self._voice.become(t_s, Activity.BLIND)
        return self._voice.said()


def _dated(rows: list[tuple[float, float]]) -> tuple[float, float]:
    """Return when a way out began and arrived; ``rows`` are (t_s, shift) up to a moment when it has arrived.

    The dating wants a movement out and back: the mirror image is the way back.
    """
    t_s, shift = (np.array(column) for column in zip(*rows, strict=True))
    if len(t_s) < 5 or shift.max() <= 0.0:
        return float(t_s[0]), float(t_s[-1])
    step_s = float(np.median(np.diff(t_s)))
    when = np.concatenate([t_s, 2 * t_s[-1] + step_s - t_s[::-1]])
    width = max(round(SMOOTHING_S / step_s), 1)
    way = np.concatenate([np.full(width, shift[0]), shift, shift[::-1], np.full(width, shift[0])])
    smooth = np.convolve(way, np.full(width, 1 / width), "same")[width:-width]
    marks = date(when, smooth, turning=True)
    return marks.start_s, marks.out_end_s
