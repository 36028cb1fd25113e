"""One sample in, events out: the counter a station runs, and the one a recording is replayed through.

Time comes from the samples alone. Nothing looks ahead and nothing depends on how samples are grouped, so whatever
was said after n samples is what is said when only those n exist.
"""

from __future__ import annotations

from typing import Protocol

from drivers.samples import LoadSample, Quality, Sample
from edge.library import Exercise
from edge.model import Activity, Phase
from edge.signal.cycles import CycleCounter
from edge.signal.events import SignalEvent
from edge.signal.hold import HoldCounter, Inclination, Tension
from edge.signal.load import Pull
from edge.signal.orientation import Tilt
from edge.signal.profiles import CycleProfile, HoldProfile, WalkProfile, profile_of, rises_first
from edge.signal.reps import PostureCounter
from edge.signal.walk import WalkCounter

HOLE_S = 0.5
"""A longer gap between two samples hides what happened: nothing is counted across it."""


class Counter(Protocol):
    """What every way of counting offers; the properties are those of :class:`Pipeline`."""

    unit: str
    activity: Activity
    phase: Phase | None
    reps: int

    @property
    def position(self) -> float: ...
    @property
    def signal(self) -> float: ...
    def takes(self, sample: Sample) -> bool: ...
    def step(self, sample: Sample, force_n: float | None) -> list[SignalEvent]: ...
    def blind(self, t_s: float) -> list[SignalEvent]: ...


def counter_for(exercise: Exercise) -> Counter:
    """Return the way of counting that fits the exercise's class of movement."""
    profile = profile_of(exercise)
    phases = (*exercise.phases, exercise.rest_phase)
    if isinstance(profile, CycleProfile):
        return CycleCounter(profile, phases)
    if isinstance(profile, HoldProfile):
        return HoldCounter(profile, Tension() if profile.unit == "N" else Inclination(), phases)
    if isinstance(profile, WalkProfile):
        return WalkCounter(profile, phases)
    shift = Pull() if profile.unit == "N" else Tilt()
    return PostureCounter(profile, shift, phases, rises_first(exercise))


class Pipeline:
    """Counts the repetitions of one exercise from the samples of one place; constant memory, strictly causal."""

    def __init__(self, exercise: Exercise) -> None:
        self.force_n: float | None = None
        self._counter = counter_for(exercise)
        self._newest_s: float | None = None

    def feed(self, sample: Sample) -> list[SignalEvent]:
        """Take the next sample and return what became known with it, oldest first.

        A sample the counter cannot use (another kind of sensor, no acceleration, a converter still settling, a
        value that is no number, a time not after the last one's) changes nothing. A hole of more than
        ``HOLE_S`` or a restarted chip blinds the counter until the start posture has been seen again.
        """
        if isinstance(sample, LoadSample):
            self.force_n = sample.force_n
        if sample.quality & Quality.SETTLING or not self._counter.takes(sample):
            return []
        last_s = self._newest_s
        if last_s is not None and sample.t_s <= last_s:
            return []
        self._newest_s = sample.t_s
        if last_s is not None and (sample.t_s - last_s > HOLE_S or sample.quality & Quality.RESET_BEFORE):
            return self._counter.blind(sample.t_s)
        return self._counter.step(sample, self.force_n)

    @property
    def activity(self) -> Activity:
        """What the counter sees right now."""
        return self._counter.activity

    @property
    def phase(self) -> Phase | None:
        """The phase the screen may show; None while none is known."""
        return self._counter.phase

    @property
    def position(self) -> float:
        """0 in the start posture, 1 at the far end as known so far, clipped to 0..1.2."""
        return self._counter.position

    @property
    def reps(self) -> int:
        """Repetitions counted so far; never falls."""
        return self._counter.reps

    @property
    def signal(self) -> float | None:
        """The driving signal in ``signal_unit``, for the stored trace; None before the first sample."""
        return None if self._newest_s is None else self._counter.signal

    @property
    def signal_unit(self) -> str:
        """Unit of :attr:`signal`."""
        return self._counter.unit
