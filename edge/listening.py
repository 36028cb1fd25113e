"""One set's ear: the counter of the exercise, what the screen shows of it, and the trace that is kept."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from math import isfinite

from drivers.samples import STANDARD_GRAVITY_M_S2, Sample
from edge.library import Exercise
from edge.live import Live
from edge.model import Activity, Rep
from edge.records import TraceChunk
from edge.records.packing import pack
from edge.session import Listen
from edge.signal.events import PhaseBegan, Reason, RepFinished, SignalEvent
from edge.signal.functional import Look
from edge.signal.pipeline import Pipeline
from edge.signal.trial import Trial, trial_of
from edge.signal.trust import HOLE_S

TRACE_STEP_S = 0.04
"""A stored trace has 25 values a second: enough to see a boundary to 40 ms, small enough to send."""
PART_LENGTH = 1000
NAMES = 8
"""As many reasons as a record of a set has room for."""
RECENT_S = 4.0
"""As much of the past as the road on the screen is wide."""
UNDER_WAY = (Activity.MOVING, Activity.HOLDING)
"""What the counter sees while a repetition has begun and is not over."""


class Listening:
    """Counts one set, or its trial: ``listen`` says which.

    ``trial`` is what was shown before. Times of the trace are seconds from ``start_s``.
    """

    def __init__(self, listen: Listen, start_s: float, trial: Trial | None = None) -> None:
        self._listen = listen
        self._start_s = start_s
        self._pipeline = Pipeline(listen.exercise, trial)
        self._shown: list[Rep] = []
        self._phase_start_s = start_s
        self._now_s = start_s
        self._recent: deque[tuple[float, float]] = deque()
        self._parts: list[tuple[float, list[float]]] = []
        self._next_s = start_s
        self._heard_s = start_s
        self._deaf_until_s = float("-inf")
        self._patient_until_s = start_s
        self._paused = False
        self.lost: Reason | None = None
        """Why the counter is blind, so that counting must not go on by itself; None while it sees."""
        self.mid_rep = False
        """Whether a repetition was under way when the counter last saw."""

    @property
    def place(self) -> str:
        """The sensor place that gives the repetitions."""
        return self._listen.exercise.place

    @property
    def exercise(self) -> Exercise:
        """The exercise that is counted."""
        return self._listen.exercise

    @property
    def is_test(self) -> bool:
        """Whether an outcome test is listened to: what is heard goes to it and is not kept."""
        return self._listen.test

    def look(self, t_s: float) -> Look:
        """Return what the counter shows at ``t_s``, as a test wants to see it in every frame."""
        pipeline = self._pipeline
        return Look(t_s, pipeline.activity, pipeline.phase, pipeline.position)

    @property
    def is_trial(self) -> bool:
        """Whether what is counted here belongs to no set."""
        return self._listen.trial

    def trial(self) -> Trial | None:
        """Return what the repetitions heard so far tell of this person; None where they were too few or not alike."""
        try:
            return trial_of(self._shown, self._pipeline.axis)
        except ValueError:
            return None

    @property
    def force_kg(self) -> float | None:
        """What the load cell of the set reads now; None while paused, and without a cell."""
        force_n = None if self._paused else self._pipeline.force_n
        return None if force_n is None else force_n / STANDARD_GRAVITY_M_S2

    @property
    def unseen(self) -> tuple[str, ...]:
        """Names of why repetitions may have gone unseen so far; empty for a count that is certain."""
        return tuple(map(str, self._pipeline.unseen[:NAMES]))

    def feed(self, sample: Sample) -> Sequence[SignalEvent]:
        """Take one sample of the right place and return what the counter made of it; nothing while paused."""
        if self._paused or sample.t_s <= self._deaf_until_s:
            return ()
        events = self._pipeline.feed(sample)
        self._now_s = sample.t_s
        if self._pipeline.activity is Activity.BLIND:
            self._look_blind(sample.t_s)
        else:
            self._heard_s, self.lost = sample.t_s, None
            self.mid_rep = self._pipeline.activity in UNDER_WAY or self._pipeline.pending > 0
        for event in events:
            if isinstance(event, PhaseBegan):
                self._phase_start_s = event.t_s
            elif isinstance(event, RepFinished) and self.is_trial:
                self._shown.append(event.rep)
        if sample.t_s >= self._next_s:
            self._keep(sample.t_s)
        return events

    def support(self, sample: Sample) -> None:
        """Take one sample of another place: it never counts, and may make a repetition more certain or less."""
        if not self._paused:
            self._pipeline.support(sample)

    def tick(self, t_s: float) -> Sequence[SignalEvent]:
        """Let the frame's time pass; a silent sensor is told by this alone."""
        if self._paused:
            return ()
        said = self._pipeline.tick(t_s)
        if self._pipeline.activity is Activity.BLIND and t_s - self._heard_s > HOLE_S:
            self._look_blind(t_s)
        return said

    def pause(self) -> None:
        """Hear nothing from now on, whatever the sensor says."""
        self._paused = True

    def resume(self, t_s: float) -> None:
        """Hear again from ``t_s`` on. The counter has to see the start posture anew, and gets the time to."""
        # No repetition may reach across a pause: what is heard next is too late to follow from what was heard last.
        self._deaf_until_s = self._heard_s + HOLE_S
        self._patient_until_s = max(t_s, self._deaf_until_s) + HOLE_S
        self._paused, self.lost, self.mid_rep = False, None, False

    def _look_blind(self, t_s: float) -> None:
        if t_s > self._patient_until_s:
            self.lost = self._pipeline.reason or Reason.GAP

    def _keep(self, t_s: float) -> None:
        """Keep one value of the trace; a hole in time begins a new part."""
        self._recent.append((t_s, self._pipeline.position))
        while self._recent and self._recent[0][0] < t_s - RECENT_S:
            self._recent.popleft()
        late = t_s - self._next_s > 2 * TRACE_STEP_S
        self._next_s = t_s + TRACE_STEP_S if late else self._next_s + TRACE_STEP_S
        value = self._pipeline.signal
        if value is None or not isfinite(value):
            return
        if late or not self._parts or len(self._parts[-1][1]) >= PART_LENGTH:
            self._parts.append((max(t_s - self._start_s, 0.0), []))
        self._parts[-1][1].append(round(value, 2))

    def live(self) -> Live:
        """Return what the screen may show now."""
        if self._paused:
            return Live(t_s=self._now_s, activity=Activity.BLIND, trusted=False, reason=self.lost, uncertain=True)
        return Live(
            t_s=self._now_s,
            activity=self._pipeline.activity,
            phase=self._pipeline.phase,
            phase_start_s=self._phase_start_s,
            position=self._pipeline.position,
            force_kg=self.force_kg,
            recent=tuple(self._recent),
            pending=self._pipeline.pending,
            trusted=self._pipeline.trusted,
            reason=self._pipeline.reason,
            uncertain=self._pipeline.uncertain,
        )

    def trace(self) -> list[TraceChunk]:
        """Return the trace of the driving signal, in parts without holes."""
        unit = self._pipeline.signal_unit
        return [
            TraceChunk(
                session_id=self._listen.session_id,
                set_number=self._listen.set_number,
                name="force" if unit == "N" else "angle",
                unit=unit,
                part=part,
                start_s=round(start_s, 3),
                step_s=TRACE_STEP_S,
                count=len(values),
                packed=pack(values),
            )
            for part, (start_s, values) in enumerate(self._parts)
        ]
