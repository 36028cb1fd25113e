"""The counter as a plain function on arrays, for scoring it on recordings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from drivers.samples import ImuSample, Vector
from edge.signal.profiles import exercise_at
from edge.signal.replay import replay

Floats = NDArray[np.float64]


def count_reps(t: Floats, accel: Floats, gyro: Floats, meta: Mapping[str, Any]) -> list[float]:
    """Return the end of each repetition in seconds, counted one sample at a time.

    ``t`` (n,) in s, ``accel`` (n, 3) in m/s^2 with gravity, ``gyro`` (n, 3) in rad/s. Of ``meta`` only
    ``exercise``, ``sensor_location`` and ``has_gyro`` are used; a name never heard of gets the generic class.
    """
    exercise = exercise_at(str(meta.get("exercise", "")), str(meta.get("sensor_location", "")))
    samples = _samples(t, accel, gyro if meta.get("has_gyro", True) else None)
    return [rep.end_s for rep in replay(samples, exercise)]


def _samples(t: Floats, accel: Floats, gyro: Floats | None) -> Iterator[ImuSample]:
    turns = [None] * len(t) if gyro is None else gyro.tolist()
    for t_s, force, turn in zip(t.tolist(), accel.tolist(), turns, strict=True):
        yield ImuSample("recording", t_s, _vector(force), None if turn is None else _vector(turn))


def _vector(values: list[float]) -> Vector:
    x, y, z = values
    return x, y, z
