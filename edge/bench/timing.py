"""How exact the counter is on bodies and chips as they are: counts, moments of report, phase durations."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from drivers.patient import MOVEMENTS, Pace, TrueRep
from drivers.realism import REALISTIC, Realism
from drivers.samples import Sample
from edge.bench.bodies import TEMPOS, named, performed
from edge.bench.figure import Figure
from edge.library import Exercise, exercises
from edge.signal.events import RepFinished
from edge.signal.pipeline import Pipeline

REPS = 4
SEEDS = (1, 2)
MATCH_S = 1.5
"""A report further than this from a true end is another repetition's."""
REPORT_MS, REPORT_95_MS = 150.0, 300.0
PHASE_MS, PHASE_95_MS = 50.0, 120.0


@dataclass(slots=True)
class Errors:
    """What was off in a number of sets, in milliseconds: reports after true ends, and durations of phases."""

    sets: int = 0
    miscounted: list[str] = field(default_factory=list)
    report_ms: list[float] = field(default_factory=list)
    first_ms: list[float] = field(default_factory=list)
    phase_ms: list[float] = field(default_factory=list)

    def add(self, name: str, truth: Sequence[TrueRep], found: Sequence[RepFinished]) -> None:
        """One more set; ``name`` is remembered where the count is wrong."""
        self.sets += 1
        if len(found) != len(truth):
            self.miscounted.append(f"{name}: {len(found)} for {len(truth)}")
        for number, true in enumerate(truth):
            event = min(found, key=lambda one: abs(one.rep.end_s - true.end_s), default=None)
            if event is None or abs(event.rep.end_s - true.end_s) > MATCH_S:
                continue
            late_ms = 1e3 * abs(event.t_s - true.end_s)
            self.report_ms.append(late_ms)
            if number == 0:
                self.first_ms.append(late_ms)
            parts = (true.out_end_s - true.start_s, true.hold_end_s - true.out_end_s, true.end_s - true.hold_end_s)
            self.phase_ms += [
                1e3 * abs(span.duration_s - part) for span, part in zip(event.rep.spans, parts, strict=True)
            ]

    def figures(self, name: str) -> Iterator[Figure]:
        """Yield the numbers beside the goals of the counter."""
        yield Figure(f"{name}: sets counted wrong of {self.sets}", len(self.miscounted), "sets", 0.0)
        for what, values, goal, goal_95 in (
            ("report off the true end", self.report_ms, REPORT_MS, REPORT_95_MS),
            ("first report off the true end", self.first_ms, REPORT_MS, REPORT_95_MS),
            ("phase duration error", self.phase_ms, PHASE_MS, PHASE_95_MS),
        ):
            if values:
                yield Figure(f"{name}: {what}, median", float(np.median(values)), "ms", goal)
                yield Figure(f"{name}: {what}, 95 %", float(np.percentile(values, 95)), "ms", goal_95)


def finished(exercise: Exercise, samples: Iterable[Sample]) -> list[RepFinished]:
    """Return the repetitions the counter reports, each with the time of its report."""
    pipeline = Pipeline(exercise)
    return [event for sample in samples for event in pipeline.feed(sample) if isinstance(event, RepFinished)]


def measure(
    sets: Iterable[tuple[Exercise, Pace, int]], reps: int = REPS, realism: Realism = REALISTIC
) -> dict[str, Errors]:
    """Return what is off in the sets (exercise, tempo, seed), for each kind of sensor and for all."""
    errors = {"limb": Errors(), "band": Errors(), "all": Errors()}
    for exercise, pace, seed in sets:
        truth, samples = performed(exercise, pace, reps, seed, realism)
        kind = "band" if exercise.driver == "force" else "limb"
        found = finished(exercise, samples)
        for which in (kind, "all"):
            errors[which].add(f"{exercise.key} {named(pace)} seed {seed}", truth, found)
    return errors


def performable() -> list[Exercise]:
    """Return the station's exercises that the virtual patient can do."""
    return [exercise for key, exercise in exercises().items() if key in MOVEMENTS]


def figures() -> Iterator[Figure]:
    """Yield what is off in every exercise of the station at each of the twenty tempos."""
    sets = [(exercise, pace, seed) for exercise in performable() for pace in TEMPOS for seed in SEEDS]
    for kind, errors in measure(sets).items():
        yield from errors.figures(kind)
