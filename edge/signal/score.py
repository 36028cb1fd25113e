"""The counter as a plain function on arrays, for scoring it on recordings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from drivers.samples import ImuSample, LoadSample, Quality, Vector
from edge.signal.profiles import GENERIC, BarProfile, BellProfile, exercise_at, profile_of, recorded_exercise
from edge.signal.replay import replay

Floats = NDArray[np.float64]


def count_reps(t: Floats, accel: Floats, gyro: Floats, meta: Mapping[str, Any]) -> list[float]:
    """Return the end of each repetition in seconds, counted one sample at a time.

    ``t`` (n,) in s, ``accel`` (n, 3) in m/s^2 with gravity, ``gyro`` (n, 3) in rad/s. Of ``meta`` only
    ``exercise`` and ``sensor_location`` are used, ``has_accel`` and ``has_gyro``, which tell zeros from nothing
    measured, and where neither was, the first column of ``force`` (n, k), of unknown unit. A name never heard of goes
    by the place, or gets the generic class.
    """
    exercise = exercise_at(str(meta.get("exercise", "")), str(meta.get("sensor_location", "")))
    felt = accel if meta.get("has_accel", True) else None
    force = meta.get("force")
    if felt is None and not meta.get("has_gyro", True) and force is not None:
        pulled = replace(recorded_exercise(exercise.key, GENERIC), driver="force")
        return [rep.end_s for rep in replay(_pulls(t, force[:, 0]), pulled)]
    if felt is None and isinstance(profile_of(exercise), BarProfile | BellProfile):
        # Heights and pulls are felt; to a gyroscope alone the movement is an unknown one.
        exercise = recorded_exercise(exercise.key, GENERIC)
    turned = gyro if meta.get("has_gyro", True) else None
    return [rep.end_s for rep in replay(_samples(t, felt, turned), exercise)]


def _samples(t: Floats, accel: Floats | None, gyro: Floats | None) -> Iterator[ImuSample]:
    for t_s, felt, turned in zip(t.tolist(), _rows(accel, len(t)), _rows(gyro, len(t)), strict=True):
        yield ImuSample("recording", t_s, felt, turned)


def _pulls(t: Floats, force: Floats) -> Iterator[LoadSample]:
    for t_s, pull in zip(t.tolist(), force.tolist(), strict=True):
        yield LoadSample("recording", t_s, pull, Quality.UNCALIBRATED)


def _rows(values: Floats | None, n: int) -> list[Vector] | list[None]:
    return [None] * n if values is None else [(x, y, z) for x, y, z in values.tolist()]
