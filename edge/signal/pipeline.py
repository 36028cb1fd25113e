"""One sample in, events out: the counter a station runs, and the one a recording is replayed through.

Time comes from the samples alone. Nothing looks ahead and nothing depends on how samples are grouped, so whatever
was said after n samples is what is said when only those n exist.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace
from typing import Protocol

from drivers.samples import ImuSample, LoadSample, Quality, Sample, Vector
from edge.library import Exercise
from edge.model import Activity, Phase
from edge.signal.bar import BarCounter
from edge.signal.bell import BellCounter
from edge.signal.cycles import CycleCounter
from edge.signal.events import Reason, RepFinished, SignalEvent, TrustChanged
from edge.signal.fusion import Forces, Support
from edge.signal.hold import Hold, HoldCounter
from edge.signal.load import Pull
from edge.signal.orientation import Tilt
from edge.signal.place import Inclination, Tension
from edge.signal.profiles import (
    GENERIC,
    BarProfile,
    BellProfile,
    CycleProfile,
    HoldProfile,
    PostureProfile,
    WalkProfile,
    per_cycle,
    profile_of,
    rises_first,
)
from edge.signal.reps import PostureCounter
from edge.signal.trial import Trial
from edge.signal.trust import CONFIDENCE, HOLE_S, Trust
from edge.signal.unscaled import UnscaledForce
from edge.signal.walk import WalkCounter

UNARMED_S = 6.0
"""So long without a start posture that the patient is told to hold still: ten times what arming takes."""
HIDING, HIDING_TURNS = 1 / 4, 1 / 8
"""Share of a repetition from which on a hole in the samples may hide one, or the turn between two: of a force, which
is there again after the hole, and of an angle, which lacks what was turned in it. One hole at every place of a set
loses one from 0.28 on of pulls of 0.7 s and more, and from 0.13 on of squats of 1 s and more."""
QUICK_S = 1.5
"""Until one was counted a repetition is taken to last no less than this: the shortest tempo has two ways of a second.
Our choice."""
ONLY_COUNTED = 0.5
"""The confidence of a pull beyond the end of the range: it is counted and shown, and compared with nothing, since how
far it went is not known. Even odds are what comparisons ask more than."""
_UNARMED = (Activity.WAITING, Activity.ARMING, Activity.BLIND)


class Counter(Protocol):
    """What every way of counting offers; the properties are those of :class:`Pipeline`."""

    unit: str

    @property
    def reps(self) -> int: ...
    @property
    def activity(self) -> Activity: ...
    @property
    def phase(self) -> Phase | None: ...
    @property
    def position(self) -> float: ...
    @property
    def signal(self) -> float: ...
    def takes(self, sample: Sample) -> bool: ...
    def step(self, sample: Sample, force_n: float | None) -> list[SignalEvent]: ...
    def blind(self, t_s: float) -> list[SignalEvent]: ...


def counter_for(exercise: Exercise, trial: Trial | None = None) -> Counter:
    """Return the way of counting that fits the exercise's class of movement; only postures learn from a trial."""
    profile = profile_of(exercise)
    phases = (*exercise.phases, exercise.rest_phase)
    if isinstance(profile, CycleProfile):
        counter = UnscaledForce if exercise.driver == "force" else CycleCounter
        return counter(profile, phases, per_cycle(exercise))
    if isinstance(profile, BellProfile):
        return BellCounter(profile, phases, rises_first(exercise))
    if isinstance(profile, BarProfile):
        return BarCounter(profile, phases, rises_first(exercise))
    if isinstance(profile, HoldProfile):
        return HoldCounter(profile, Tension() if profile.unit == "N" else Inclination(), phases)
    if isinstance(profile, WalkProfile):
        return WalkCounter(profile, phases)
    shift = Pull() if profile.unit == "N" else Tilt()
    return PostureCounter(profile, shift, phases, rises_first(exercise), trial)


def learns_from_trial(exercise: Exercise) -> bool:
    """Tell whether repetitions shown before the set would teach its counter anything: only postures learn."""
    return isinstance(profile_of(exercise), PostureProfile)


def _unit_is_unknown(sample: Sample) -> bool:
    return isinstance(sample, LoadSample) and bool(sample.quality & Quality.UNCALIBRATED)


class Pipeline:
    """Counts the repetitions of one exercise from the samples of one place; constant memory, strictly causal.

    Other sensors may be given beside it (:meth:`support`): they never count, but a repetition's confidence rises
    with what they saw and its force comes from them. ``trial`` is what repetitions shown before the set have told.
    """

    def __init__(self, exercise: Exercise, trial: Trial | None = None) -> None:
        self.force_n: float | None = None
        self._kind = LoadSample if exercise.driver == "force" else ImuSample
        self._exercise = exercise
        self._count_with(exercise, trial)
        self._unseen: dict[Reason, None] = {}
        self._longest_hole_s = 0.0
        self._shortest_rep_s = QUICK_S
        self._newest_s: float | None = None
        self._now_s = 0.0
        self._unarmed_s: float | None = None
        self._told_to_hold_still = False
        self._forces = Forces()
        self._supports: dict[str, Support] = {}

    @property
    def axis(self) -> Vector | None:
        """The axis of the movement as the counter knows it by now, for a trial; None where it has none."""
        return self._counter.axis if isinstance(self._counter, PostureCounter) else None

    def _count_with(self, exercise: Exercise, trial: Trial | None = None) -> None:
        self._counter = counter_for(exercise, trial)
        # Cycles are told in hindsight, from the first sample on; a posture has to be found first.
        self._arms = isinstance(profile_of(exercise), PostureProfile | HoldProfile)
        self._trust = Trust(self._counter.takes)

    def feed(self, sample: Sample) -> list[SignalEvent]:
        """Take the next sample and return what became known with it, oldest first.

        A sample that cannot be used (no acceleration, a converter still settling, a value that is no number, a time
        not after the last one's) changes nothing; one of the other kind is a :meth:`support`. A hole of more than
        ``HOLE_S`` or another reason that blinds stops the counter until the start posture has been seen again.
        """
        if not isinstance(sample, self._kind):
            self.support(sample)
            return []
        if self._newest_s is None and _unit_is_unknown(sample) and isinstance(self._counter, PostureCounter):
            # Newtons decide what a pull is; without them it is a movement nobody has named.
            self._count_with(replace(self._exercise, movement=GENERIC))
        self._now_s = sample.t_s
        trust = self._trust
        said: list[SignalEvent] = [*trust.feed(sample)]
        if trust.reasons and (said or trust.usable or trust.broken) and self._is_armed:
            self._remember(trust.reasons)
        if trust.usable:
            self._pass_over(sample.t_s)
            self._take_force(sample)
            force_n = self.force_n if self._kind is LoadSample else None
            said += map(self._looked_at, self._counter.step(sample, force_n))
        elif trust.broken:
            said += self._counter.blind(sample.t_s)
        return said + self._armed_yet(sample.t_s) if self._arms else said

    def tick(self, t_s: float) -> list[SignalEvent]:
        """Let the clock on the wall pass without a sample and return what that says; once per frame is enough.

        A silence is told within half a second of its beginning. What is counted does not depend on it.
        """
        self._now_s = t_s
        said = self._trust.tick(t_s)
        if self._trust.silent_s(t_s) > HOLE_S and self._is_armed:
            self._remember(self._trust.reasons)
        return [*said]

    def support(self, sample: Sample) -> None:
        """Take a sample of another sensor, at another place or of another kind."""
        self._now_s = sample.t_s
        support = self._supports.get(sample.sensor)
        if support is None:
            support = self._supports[sample.sensor] = Support()
        if support.feed(sample):
            self._take_force(sample)

    def _take_force(self, sample: Sample) -> None:
        """Keep a force in newtons; one of unknown unit is none."""
        if isinstance(sample, LoadSample) and not _unit_is_unknown(sample):
            self.force_n = sample.force_n
            self._forces.keep(sample.t_s, math.nan if sample.quality & Quality.SATURATED else sample.force_n)

    def _looked_at(self, event: SignalEvent) -> SignalEvent:
        """Return the event, a finished repetition with what else is known about it."""
        if not isinstance(event, RepFinished):
            return event
        self._shortest_rep_s = min(self._shortest_rep_s, event.rep.end_s - event.rep.start_s)
        self._doubt_holes()
        rep = self._forces.joined(event.rep, driving=self._kind is LoadSample)
        votes = [support.agrees(rep.start_s, rep.end_s) for support in self._supports.values()]
        doubts = self._trust.doubts(rep.start_s, rep.end_s)
        if True not in votes and False in votes:
            doubts = (*doubts, Reason.NO_SUPPORT)
        confidence = min(rep.confidence, *(CONFIDENCE[doubt] for doubt in doubts), 1.0)
        if self._kind is LoadSample and Reason.SATURATED in doubts:
            confidence = min(confidence, ONLY_COUNTED)
        if True in votes and not doubts:
            # Two sensors are wrong together half as often as one: our choice.
            confidence = (1.0 + confidence) / 2
        return replace(event, rep=replace(rep, confidence=confidence), doubts=doubts)

    def _pass_over(self, t_s: float) -> None:
        """Keep the longest time without a sample in which a repetition could have begun or been under way."""
        if self._newest_s is not None and self._is_armed and t_s - self._newest_s > self._longest_hole_s:
            self._longest_hole_s = t_s - self._newest_s
            self._doubt_holes()
        self._newest_s = t_s

    def _doubt_holes(self) -> None:
        """How long a repetition takes is known from the first that was counted: holes before it are judged then."""
        share = HIDING_TURNS if self._counter.unit == "deg" else HIDING
        if self._longest_hole_s > share * self._shortest_rep_s:
            self._remember([Reason.GAP])

    def _remember(self, reasons: Iterable[Reason]) -> None:
        self._unseen.update(dict.fromkeys(reason for reason in reasons if reason.hides))

    @property
    def _is_armed(self) -> bool:
        """Whether a movement now would be counted."""
        return not self._arms or self._counter.activity not in _UNARMED

    def _armed_yet(self, t_s: float) -> list[SignalEvent]:
        """Return that the start posture has not been found for a while, or that it now is."""
        if self._counter.activity not in _UNARMED or self._trust.blind:
            self._unarmed_s = None
        elif self._unarmed_s is None:
            self._unarmed_s = t_s
        late = self._unarmed_s is not None and t_s - self._unarmed_s >= UNARMED_S
        if late is self._told_to_hold_still:
            return []
        self._told_to_hold_still = late
        return [TrustChanged(t_s, not late, Reason.UNARMED)]

    @property
    def trusted(self) -> bool:
        """Whether nothing is wrong with the samples now."""
        return self.reason is None

    @property
    def reason(self) -> Reason | None:
        """What is wrong now, what blinds first; None while trusted."""
        otherwise = Reason.UNARMED if self._told_to_hold_still else None
        return min(self._trust.reasons, key=lambda reason: not reason.blinds, default=otherwise)

    @property
    def unseen(self) -> tuple[Reason, ...]:
        """Why repetitions may have gone unseen in this set, oldest first; never becomes shorter."""
        return tuple(self._unseen)

    @property
    def uncertain(self) -> bool:
        """Whether repetitions may have gone unseen while the counter was armed."""
        return bool(self._unseen)

    @property
    def pending(self) -> int:
        """Cycles seen that are not announced yet, because it takes more of them to be believed."""
        pending: int = getattr(self._counter, "pending", 0)
        return pending

    @property
    def activity(self) -> Activity:
        """What the counter sees right now."""
        return Activity.BLIND if self._trust.blind else self._counter.activity

    @property
    def phase(self) -> Phase | None:
        """The phase the screen may show; None while none is known."""
        return self._counter.phase

    @property
    def position(self) -> float:
        """0 in the start posture, 1 at the far end as known so far, clipped to 0..1.2."""
        return self._counter.position

    @property
    def held_s(self) -> float:
        """Seconds the present hold has been kept; 0 while none is, and where the exercise is none."""
        return self._counter.held_s if isinstance(self._counter, HoldCounter) else 0.0

    @property
    def last_hold(self) -> Hold | None:
        """What else is known of the hold counted last: its clock, its interruptions, its drift."""
        return self._counter.last if isinstance(self._counter, HoldCounter) else None

    @property
    def cadence_per_min(self) -> float | None:
        """Steps per minute now; None while nobody walks, and where the exercise is no walk."""
        return self._counter.cadence_per_min if isinstance(self._counter, WalkCounter) else None

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
