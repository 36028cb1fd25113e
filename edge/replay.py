"""A recorded set counted as if it happened now: the answer of ``steadyrig replay``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from drivers.replay import Recording, RecordingError, load_recording
from edge.library import Exercise
from edge.model import Phase, Rep
from edge.signal.profiles import exercise_at, exercise_for
from edge.signal.replay import replay

SENSOR = "recorded"
HOLE_S = 0.5
"""A longer step in time is a hole: what happened in it cannot be known."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """What the counter found in a file. Times are seconds from the recording's start.

    ``holes`` are (start, length) of stretches without a sample; where there is one, the count is uncertain.
    """

    file: str
    exercise: str
    reps: tuple[Rep, ...]
    holes: tuple[tuple[float, float], ...]

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {
            "file": self.file,
            "exercise": self.exercise,
            "count": len(self.reps),
            "uncertain": bool(self.holes),
            "holes": [{"start_s": round(start_s, 3), "length_s": round(long_s, 3)} for start_s, long_s in self.holes],
            "reps": [_plain(rep) for rep in self.reps],
        }

    def as_text(self) -> str:
        """Return a table a person can read."""
        lines = [f"{self.file}: {len(self.reps)} repetitions of {self.exercise}", _HEAD]
        holes = [
            f"uncertain: no sample for {long_s:.1f} s from {start_s:.1f} s; what happened there cannot be known"
            for start_s, long_s in self.holes
        ]
        return "\n".join(lines + [_row(rep) for rep in self.reps] + holes)


_PHASES = (Phase.ECCENTRIC, Phase.BOTTOM, Phase.CONCENTRIC, Phase.TOP)
_HEAD = "  no   start     end  " + "".join(f"{phase:>11}" for phase in _PHASES) + "       range  confidence"


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
    measured = f"{rep.range_value:.1f} {rep.range_unit}"
    return f"{rep.number:4d} {rep.start_s:6.2f}s {rep.end_s:6.2f}s{phases}  {measured:>10}  {rep.confidence:10.2f}"


def replay_file(path: Path, exercise_name: str | None) -> Replayed:
    """Count a recording, with a generic profile for no name. Raises RecordingError or UnknownExercise."""
    exercise = exercise_for(exercise_name) if exercise_name else exercise_at("generic", "")
    recording = load_recording(path)
    _require_signal(path, recording, exercise)
    reps = replay(recording.samples(SENSOR, SENSOR), exercise)
    return Replayed(path.name, exercise.key, tuple(reps), tuple(_holes(recording)))


def _require_signal(path: Path, recording: Recording, exercise: Exercise) -> None:
    key, signal = ("force", recording.force) if exercise.driver == "force" else ("accel", recording.accel_m_s2)
    if signal is None:
        raise RecordingError(f"{path.name}: no '{key}'; {exercise.key} is counted from it")


def _holes(recording: Recording) -> Iterator[tuple[float, float]]:
    steps = np.diff(recording.t_s)
    for i in np.flatnonzero(steps > HOLE_S):
        yield float(recording.t_s[i]), float(steps[i])
