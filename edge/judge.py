"""A finished repetition held against the plan, and the one cue that may follow it."""

from __future__ import annotations

from dataclasses import dataclass

from drivers.samples import STANDARD_GRAVITY_M_S2
from edge.model import Phase, PlannedExercise, Rep, Verdict

TEMPO_TOLERANCE = 0.25
"""Share of the target a phase may be off. Our default; published tempo trackers use 0.2."""
TEMPO_TOLERANCE_S = 0.4
"""A phase is never judged finer than this, in seconds: twice what the counter's boundaries may be off."""

GOOD = (Verdict.ON_TARGET, Verdict.NOT_JUDGED)


@dataclass(frozen=True, slots=True)
class JudgedRep:
    """A repetition with its verdict; ``phase`` is the one a tempo verdict speaks of."""

    rep: Rep
    verdict: Verdict
    phase: Phase | None = None

    @property
    def inside(self) -> bool:
        """True when nothing was found outside its tolerance."""
        return self.verdict in GOOD


def judge(rep: Rep, planned: PlannedExercise, *, sensed_load: bool) -> JudgedRep:
    """Return the repetition with the first verdict that applies: load before holds before pace.

    The load is judged only where a load cell gave ``peak_force_n``; a target of None is not judged.
    """
    load = _judge_load(rep, planned.load_kg) if sensed_load else None
    if load is not None and load is not Verdict.ON_TARGET:
        return JudgedRep(rep, load)
    paces = [_judge_phase(rep, phase, target_s) for phase, target_s in _targets(planned)]
    for phase, verdict in paces:
        if verdict is not Verdict.ON_TARGET:
            return JudgedRep(rep, verdict, phase)
    return JudgedRep(rep, Verdict.ON_TARGET if paces or load else Verdict.NOT_JUDGED)


def _judge_load(rep: Rep, load_kg: tuple[float, float] | None) -> Verdict | None:
    if load_kg is None or rep.peak_force_n is None:
        return None
    peak_kg = rep.peak_force_n / STANDARD_GRAVITY_M_S2
    if peak_kg > load_kg[1]:
        return Verdict.TOO_HEAVY
    return Verdict.TOO_LIGHT if peak_kg < load_kg[0] else Verdict.ON_TARGET


def _targets(planned: PlannedExercise) -> list[tuple[Phase, float]]:
    tempo = planned.tempo
    pauses_first = (
        (Phase.BOTTOM, tempo.bottom_s),
        (Phase.TOP, tempo.top_s),
        (Phase.ECCENTRIC, tempo.eccentric_s),
        (Phase.CONCENTRIC, tempo.concentric_s),
    )
    return [(phase, target_s) for phase, target_s in pauses_first if target_s is not None]


def _judge_phase(rep: Rep, phase: Phase, target_s: float) -> tuple[Phase, Verdict]:
    took_s = rep.duration_of(phase)
    slack_s = max(TEMPO_TOLERANCE_S, TEMPO_TOLERANCE * target_s)
    if took_s is None or abs(took_s - target_s) <= slack_s:
        return phase, Verdict.ON_TARGET
    if took_s > target_s:
        return phase, Verdict.TOO_SLOW
    return phase, Verdict.SHORT_HOLD if phase in (Phase.BOTTOM, Phase.TOP) else Verdict.TOO_FAST


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
