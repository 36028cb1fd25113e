"""A set of a virtual patient as a recording: the true repetitions stand in the file beside what the sensors said."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from drivers.patient import MOVEMENTS, Pace, TrueRep
from drivers.replay import NEWTON
from drivers.samples import ImuSample, LoadSample, Sample
from edge.bench.bodies import performed
from edge.config import SettingsError
from edge.library import Exercise, UnknownExercise, exercise
from edge.model import Phase
from edge.tempo import Tempo, TempoError, parse_tempo

UNSAID_WAY_S, UNSAID_PAUSE_S, LEAST_REST_S = 1.0, 0.0, 0.5
"""What the patient does where the tempo says nothing; some rest is needed for a start posture to be one."""


def record_set(out: Path, exercise_name: str, tempo: str, reps: int, seed: int) -> tuple[TrueRep, ...]:
    """Write a set to ``out`` in the format ``steadyrig replay`` reads, and return the repetitions really done.

    Keys: t (n,) in s, accel (n, 3) in m/s^2 and gyro (n, 3) in rad/s, or force (n, 1) in N, as force_unit says;
    rep_start and rep_end (k,) in s are the truth. Raises UnknownExercise, or SettingsError for a tempo or file that
    cannot be used.
    """
    known = exercise(exercise_name)
    if known.key not in MOVEMENTS:
        raise UnknownExercise(f"the virtual patient cannot do {known.key!r}; it can do {', '.join(MOVEMENTS)}")
    try:
        pace = pace_of(parse_tempo(tempo), known)
    except TempoError as exc:
        raise SettingsError(f"--tempo: {exc}") from None
    truth, samples = performed(known, pace, reps, seed)
    try:
        with out.open("wb") as file:
            starts, ends = ([getattr(rep, name) for rep in truth] for name in ("start_s", "end_s"))
            np.savez(file, allow_pickle=False, **_arrays(samples), force_unit=NEWTON, rep_start=starts, rep_end=ends)
    except OSError as exc:
        raise SettingsError(f"{out}: {exc.strerror}; expected a file that can be written") from None
    return truth


def pace_of(tempo: Tempo, known: Exercise) -> Pace:
    """Return the tempo as the exercise runs through it: out, hold, back and the rest in the start posture."""
    seconds = {
        Phase.ECCENTRIC: tempo.eccentric_s,
        Phase.BOTTOM: tempo.bottom_s,
        Phase.CONCENTRIC: tempo.concentric_s,
        Phase.TOP: tempo.top_s,
    }
    out, hold, back = known.phases
    return Pace(
        seconds[out] or UNSAID_WAY_S,
        seconds[hold] or UNSAID_PAUSE_S,
        seconds[back] or UNSAID_WAY_S,
        max(seconds[known.rest_phase] or 0.0, LEAST_REST_S),
    )


def _arrays(samples: list[Sample]) -> dict[str, NDArray[np.float64]]:
    keys: dict[str, list[object]] = {"t": [sample.t_s for sample in samples]}
    for sample in samples:
        match sample:
            case ImuSample():
                keys.setdefault("accel", []).append(sample.accel_m_s2)
                keys.setdefault("gyro", []).append(sample.gyro_rad_s)
            case LoadSample():
                keys.setdefault("force", []).append((sample.force_n,))
    return {key: np.array(values, dtype=np.float64) for key, values in keys.items()}
