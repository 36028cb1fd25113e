"""A recorded set counted as if it happened now: the answer of ``steadyrig replay``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from drivers.replay import Recording, RecordingError, load_recording
from edge.library import Exercise
from edge.model import Phase, Rep
from edge.signal.events import Reason, RepFinished
from edge.signal.pipeline import Pipeline, counter_for
from edge.signal.profiles import exercise_at, exercise_for
from edge.signal.trust import HOLE_S

SENSOR = "recorded"
WHY = {
    Reason.RESET: "the sensor restarted",
    Reason.FROZEN: "the sensor stood still",
    Reason.STUCK_AXIS: "one axis of the sensor stood still",
    Reason.REPEATED: "the sensor repeated itself",
    Reason.IMPLAUSIBLE: "the sensor said what cannot be",
    Reason.NOT_A_NUMBER: "the sensor gave no numbers",
    Reason.CLOCK: "the sensor's clock went back",
    Reason.SAMPLES_LOST: "samples are missing where the clock shows no hole",
}
"""What is said about a reason; holes are told one by one."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """What the counter found in a file. Times are seconds from the recording's start.

    ``holes`` are (start, length) of stretches without a sample; ``reasons`` say why repetitions may have gone unseen.
    Where there is one of either, the count is uncertain. ``doubts`` belong to the repetitions, in their order.
    """

    file: str
    exercise: str
    reps: tuple[Rep, ...]
    holes: tuple[tuple[float, float], ...]
    reasons: tuple[Reason, ...] = ()
    doubts: tuple[tuple[Reason, ...], ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {
            "file": self.file,
            "exercise": self.exercise,
            "count": len(self.reps),
            "uncertain": bool(self.reasons),
            "reasons": list(self.reasons),
            "holes": [{"start_s": round(start_s, 3), "length_s": round(long_s, 3)} for start_s, long_s in self.holes],
            "reps": [
                _plain(rep) | {"doubts": list(doubts)} for rep, doubts in zip(self.reps, self.doubts, strict=True)
            ],
        }

    def as_text(self) -> str:
        """Return a table a person can read."""
        lines = [f"{self.file}: {len(self.reps)} repetitions of {self.exercise}", _HEAD]
        holes = [
            f"uncertain: no sample for {long_s:.1f} s from {start_s:.1f} s; what happened there cannot be known"
            for start_s, long_s in self.holes
        ]
        others = [f"uncertain: {WHY[reason]}" for reason in self.reasons if reason in WHY]
        return "\n".join(lines + [_row(rep) for rep in self.reps] + holes + others)


_PHASES = (Phase.ECCENTRIC, Phase.BOTTOM, Phase.CONCENTRIC, Phase.TOP)
_HEAD = "  no   start     end  " + "".join(f"{phase:>11}" for phase in _PHASES) + "       range  confidence"

_FORMATS = {"m": ".2f", "raw": ".3g"}
"""A way is told in centimetres; of what size the numbers of an unknown unit are nobody knows."""


def _plain(rep: Rep) -> dict[str, Any]:
    def rounded(value: float | None) -> float | None:
        return None if value is None else round(value, 3)

    return {
        "number": rep.number,
        "start_s": rounded(rep.start_s),
        "end_s": rounded(rep.end_s),
        "phases": {f"{span.phase}_s": rounded(span.duration_s) for span in rep.spans},
        "pause_before_s": rounded(rep.pause_before_s),
        "range": rounded(rep.range_value),
        "range_unit": rep.range_unit,
        "peak_force_n": rounded(rep.peak_force_n),
        "confidence": rounded(rep.confidence),
    }


def _row(rep: Rep) -> str:
    spent = (rep.duration_of(phase) for phase in _PHASES)
    phases = "".join(f"{'-' if took_s is None else f'{took_s:.2f} s':>11}" for took_s in spent)
    measured = f"{rep.range_value:{_FORMATS.get(rep.range_unit, '.1f')}} {rep.range_unit}"
    return f"{rep.number:4d} {rep.start_s:6.2f}s {rep.end_s:6.2f}s{phases}  {measured:>10}  {rep.confidence:10.2f}"


def exercise_named(name: str | None) -> Exercise:
    """Return the exercise of that name, a generic one for no name. Raises UnknownExercise."""
    return exercise_for(name) if name else exercise_at("generic", "")


def replay_file(path: Path, exercise_name: str | None) -> Replayed:
    """Count a recording, with a generic profile for no name. Raises RecordingError or UnknownExercise."""
    exercise = exercise_named(exercise_name)
    recording = load_recording(path)
    _require_signal(path, recording, exercise)
    pipeline = Pipeline(exercise)
    events = (event for sample in recording.samples(SENSOR, SENSOR) for event in pipeline.feed(sample))
    finished = [event for event in events if isinstance(event, RepFinished)]
    holes = tuple(_holes(recording))
    # A hole before the counter was ready hides what happened as well.
    reasons = dict.fromkeys(((Reason.GAP,) if holes else ()) + pipeline.unseen)
    return Replayed(
        path.name,
        exercise.key,
        tuple(event.rep for event in finished),
        holes,
        tuple(reasons),
        tuple(event.doubts for event in finished),
    )


def _require_signal(path: Path, recording: Recording, exercise: Exercise) -> None:
    counter = counter_for(exercise)
    # All signals share one time base: the first samples tell what there is.
    if not any(counter.takes(sample) for sample in islice(recording.samples(SENSOR, SENSOR), 2)):
        key = "force" if exercise.driver == "force" else "accel"
        raise RecordingError(f"{path.name}: no '{key}'; {exercise.key} is counted from it")


def _holes(recording: Recording) -> Iterator[tuple[float, float]]:
    steps = np.diff(recording.t_s)
    for i in np.flatnonzero(steps > HOLE_S):
        yield float(recording.t_s[i]), float(steps[i])
