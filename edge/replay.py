"""A recorded set counted as if it happened now: the answer of ``steadyrig replay``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from drivers.replay import load_recording
from edge.model import Phase, Rep
from edge.signal.profiles import exercise_for
from edge.signal.replay import replay

SENSOR = "recorded"


@dataclass(frozen=True, slots=True)
class Replayed:
    """What the counter found in a file. Times are seconds from the recording's start."""

    file: str
    exercise: str
    reps: tuple[Rep, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {
            "file": self.file,
            "exercise": self.exercise,
            "count": len(self.reps),
            "reps": [_plain(rep) for rep in self.reps],
        }

    def as_text(self) -> str:
        """Return a table a person can read."""
        lines = [f"{self.file}: {len(self.reps)} repetitions of {self.exercise}", _HEAD]
        return "\n".join(lines + [_row(rep) for rep in self.reps])


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


def replay_file(path: Path, exercise_name: str) -> Replayed:
    """Count a recording. Raises RecordingError or UnknownExercise, each one sentence."""
    exercise = exercise_for(exercise_name)
    recording = load_recording(path)
    reps = replay(recording.samples(SENSOR, SENSOR), exercise)
    return Replayed(path.name, exercise.key, tuple(reps))
