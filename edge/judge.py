"""A finished repetition held against the plan, and the one cue that may follow it.

Nothing is said against a repetition that its measurement cannot bear out: a miss has to be larger than what the
boundaries may be off, and a repetition the counter is not sure of is not judged at all.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

from drivers.samples import STANDARD_GRAVITY_M_S2
from edge.model import Phase, PlannedExercise, Rep, Verdict

TEMPO_TOLERANCE = 0.25
"""Share of the target a phase may be off. Our default; published tempo trackers use 0.2."""
TEMPO_TOLERANCE_S = 0.4
"""A phase is never judged finer than this, in seconds: twice what the counter's boundaries may be off."""
LEAST_CONFIDENCE = 0.5
"""Even odds: a repetition that is no surer than this is not judged. Our choice."""
SURE = 2.0
"""Standard deviations of a duration that a miss has to exceed: 19 in 20 for a normal error."""

GOOD = (Verdict.ON_TARGET, Verdict.NOT_JUDGED)


class Matter(StrEnum):
    """What a verdict speaks of."""

    PHASE = "phase"
    LOAD = "load"
    CONFIDENCE = "confidence"
    CALIBRATION = "calibration"
    """The sensor's calibration has expired; there are no numbers to this."""


@dataclass(frozen=True, slots=True)
class Why:
    """The numbers behind a verdict: ``measured`` against ``target``, give or take ``tolerance``.

    Seconds for a phase, which ``phase`` names; kilograms for a load; for the confidence the share wanted. ``spread``
    is what the measured value may be off (``SURE`` standard deviations), 0 where nobody says.
    """

    matter: Matter
    measured: float
    target: float
    tolerance: float = 0.0
    spread: float = 0.0
    phase: Phase | None = None

    @property
    def missed_by(self) -> float:
        """How far outside the tolerance it is, with its sign; 0 inside."""
        off = self.measured - self.target
        return math.copysign(max(abs(off) - self.tolerance, 0.0), off)

    @property
    def certain(self) -> bool:
        """True when the miss, or else the tolerance, is larger than what the measured value may be off."""
        return (abs(self.missed_by) or self.tolerance) >= self.spread


@dataclass(frozen=True, slots=True)
class JudgedRep:
    """A repetition with its verdict; ``phase`` is the one a tempo verdict speaks of.

    ``why`` holds the numbers behind a verdict other than on target; None where nothing was asked for.
    """

    rep: Rep
    verdict: Verdict
    phase: Phase | None = None
    why: Why | None = None

    @property
    def inside(self) -> bool:
        """True when nothing was found outside its tolerance."""
        return self.verdict in GOOD


def judge(rep: Rep, planned: PlannedExercise, *, sensed_load: bool, calibrated: bool = True) -> JudgedRep:
    """Return the repetition with the first verdict that applies: load before holds before pace.

    The load is judged only where a load cell gave ``peak_force_n``; a target of None is not judged, nor is a phase
    whose boundaries are too uncertain for its tolerance. A pause at the start posture may be longer than asked: a
    breath between two repetitions is nobody's fault. A sensor that is not ``calibrated`` any more judges nothing:
    feedback from it would teach the wrong thing.
    """
    if not calibrated:
        return JudgedRep(rep, Verdict.NOT_JUDGED, why=Why(Matter.CALIBRATION, 0.0, 0.0))
    if rep.confidence <= LEAST_CONFIDENCE:
        return JudgedRep(rep, Verdict.NOT_JUDGED, why=Why(Matter.CONFIDENCE, rep.confidence, LEAST_CONFIDENCE))
    load = _load(rep, planned.load_kg) if sensed_load else None
    if load is not None and load.missed_by:
        return JudgedRep(rep, Verdict.TOO_HEAVY if load.missed_by > 0 else Verdict.TOO_LIGHT, why=load)
    paces = [pace for phase, target_s in _targets(rep, planned) if (pace := _pace(rep, phase, target_s)) is not None]
    told = [pace for pace in paces if pace.certain]
    for pace in told:
        if pace.missed_by:
            return JudgedRep(rep, _verdict(pace), pace.phase, pace)
    if told or load:
        return JudgedRep(rep, Verdict.ON_TARGET)
    return JudgedRep(rep, Verdict.NOT_JUDGED, why=paces[0] if paces else None)


def _load(rep: Rep, load_kg: tuple[float, float] | None) -> Why | None:
    if load_kg is None or rep.peak_force_n is None:
        return None
    low_kg, high_kg = load_kg
    peak_kg = rep.peak_force_n / STANDARD_GRAVITY_M_S2
    return Why(Matter.LOAD, peak_kg, (low_kg + high_kg) / 2, (high_kg - low_kg) / 2)


def _targets(rep: Rep, planned: PlannedExercise) -> list[tuple[Phase, float]]:
    """Return the phases with a target, pauses first; a pause at the far end is the one inside the repetition."""
    tempo = planned.tempo
    far = next((span.phase for span in rep.spans if span.phase in (Phase.BOTTOM, Phase.TOP)), None)
    pauses_first = (
        (far, tempo.hold_s),
        (Phase.BOTTOM, tempo.bottom_s),
        (Phase.TOP, tempo.top_s),
        (Phase.ECCENTRIC, tempo.eccentric_s),
        (Phase.CONCENTRIC, tempo.concentric_s),
    )
    return [(phase, target_s) for phase, target_s in pauses_first if phase is not None and target_s is not None]


def _pace(rep: Rep, phase: Phase, target_s: float) -> Why | None:
    """Return a phase against its target; None where this repetition does not show how long it was."""
    tolerance_s = max(TEMPO_TOLERANCE_S, TEMPO_TOLERANCE * target_s)
    took_s = rep.duration_of(phase)
    if took_s is not None:
        return Why(Matter.PHASE, took_s, target_s, tolerance_s, _spread_s(rep, phase), phase)
    if phase not in (Phase.BOTTOM, Phase.TOP) or rep.pause_before_s is None:
        return None
    rested_s = min(rep.pause_before_s, target_s)
    return Why(Matter.PHASE, rested_s, target_s, tolerance_s, _spread_s(rep, None), phase)


def _spread_s(rep: Rep, phase: Phase | None) -> float:
    """Return what a duration may be off: its two boundaries, taken as independent. None is the pause before."""
    edges = rep.edge_spread_s
    if len(edges) != len(rep.spans) + 1:
        return 0.0
    if phase is None:
        # The end of the repetition before is not known here; it is dated the way this one's is.
        return SURE * math.hypot(edges[0], edges[-1])
    at = [span.phase for span in rep.spans].index(phase)
    return SURE * math.hypot(edges[at], edges[at + 1])


def _verdict(pace: Why) -> Verdict:
    if pace.missed_by > 0:
        return Verdict.TOO_SLOW
    return Verdict.SHORT_HOLD if pace.phase in (Phase.BOTTOM, Phase.TOP) else Verdict.TOO_FAST


@dataclass(frozen=True, slots=True)
class Cue:
    """What to tell the patient after a repetition; Verdict.ON_TARGET is praise."""

    verdict: Verdict
    phase: Phase | None = None


@dataclass(frozen=True, slots=True)
class CueMemory:
    """What to ``say`` after the last repetition, and what was due before: a correction running, good reps running."""

    say: Cue | None = None
    correction: Cue | None = None
    due: int = 0
    good: int = 0

    def after(self, judged: JudgedRep) -> CueMemory:
        """Return the memory after one more repetition.

        The same correction is given twice running, then at every third repetition; praise at every third
        good one (design guide, section 3).
        """
        if judged.inside:
            good = self.good + 1
            praise = judged.verdict is Verdict.ON_TARGET and good % 3 == 0
            return CueMemory(say=Cue(Verdict.ON_TARGET) if praise else None, good=good)
        cue = Cue(judged.verdict, judged.phase)
        due = self.due + 1 if cue == self.correction else 1
        return CueMemory(say=cue if due <= 2 or due % 3 == 0 else None, correction=cue, due=due)
