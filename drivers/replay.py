"""Recordings of real movements, played through the same door as a live sensor."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import isnan
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from drivers.base import Health
from drivers.clock import Clock
from drivers.samples import ImuSample, LoadSample, Quality, Sample, Vector
from drivers.traces import UNREADABLE, Arrays, RecordingError, Trace, checked, is_trace, join, part_files
from drivers.vitals import Vitals

__all__ = [
    "UNREADABLE",
    "Recording",
    "RecordingError",
    "ReplaySource",
    "Trace",
    "load_recording",
    "load_trace",
]

Array = NDArray[np.float64]

_KEYS = ("t", "accel", "gyro", "force")
NEWTON = "N"


@dataclass(frozen=True, slots=True, eq=False)
class Recording:
    """Signals over one time base: ``t_s`` (n,) seconds, never falling; the rest None where not recorded.

    ``accel_m_s2`` (n, 3) includes gravity, ``gyro_rad_s`` is (n, 3), ``force`` (n, k) in ``force_unit``,
    which is None where the file does not say. In a recorded session a row of NaN is a part that its sample lacked.
    """

    t_s: Array
    accel_m_s2: Array | None
    gyro_rad_s: Array | None
    force: Array | None
    force_unit: str | None = None

    def samples(self, imu_name: str, load_name: str, start_s: float = 0.0, force_column: int = 0) -> Iterator[Sample]:
        """Yield every sample in the order of time, its first at ``start_s``.

        Forces that are not said to be newtons are flagged UNCALIBRATED.
        """
        known = Quality.GOOD if self.force_unit == NEWTON else Quality.UNCALIBRATED
        offset_s = start_s - float(self.t_s[0])
        accel, gyro = _rows(self.accel_m_s2), _rows(self.gyro_rad_s)
        force = None if self.force is None else self.force[:, force_column].tolist()
        for index, t_s in enumerate(self.t_s.tolist()):
            now_s = t_s + offset_s
            if accel or gyro:
                yield ImuSample(imu_name, now_s, accel[index] if accel else None, gyro[index] if gyro else None)
            if force:
                yield LoadSample(load_name, now_s, force[index], known)


def load_recording(path: str | Path) -> Recording:
    """Return the recording in an ``.npz`` file; keys other than t, accel, gyro, force and force_unit do not matter.

    Raises RecordingError when the file is not what the format says.
    """
    path = Path(path)
    try:
        arrays = _read(path)
    except FileNotFoundError as exc:
        raise RecordingError(f"{path.name} does not exist, expected a recording in .npz format.") from exc
    except UNREADABLE as exc:
        raise RecordingError(f"{path.name} cannot be read, expected a recording in .npz format ({exc}).") from exc
    return _checked(path.name, arrays)


def _read(path: Path) -> dict[str, NDArray[Any]]:
    loaded = np.load(path, allow_pickle=False)
    if isinstance(loaded, np.ndarray):  # a lone .npy
        return {}
    with loaded:
        wanted = (*_KEYS, "force_unit", *(("t0",) if is_trace(loaded.files) else ()))
        arrays = {key: loaded[key] for key in wanted if key in loaded.files}
    if raw := [key for key, array in arrays.items() if not isinstance(array, np.ndarray)]:
        raise ValueError(f"its member {raw[0]!r} is no array")
    return arrays


def load_trace(path: str | Path) -> Trace | None:
    """Return the session recorded in a file, or in a folder of its parts; None for a file that is no such thing.

    Raises RecordingError for what cannot be read or does not fit together.
    """
    path = Path(path)
    try:
        arrays = _read_parts(path) if path.is_dir() else _read_trace(path)
    except FileNotFoundError as exc:
        raise RecordingError(f"{path.name} does not exist, expected a recording in .npz format.") from exc
    except UNREADABLE as exc:
        raise RecordingError(f"{path.name} cannot be read, expected a recording in .npz format ({exc}).") from exc
    return None if arrays is None else checked(path.name, arrays)


def _read_trace(path: Path) -> Arrays | None:
    loaded = np.load(path, allow_pickle=False)
    if isinstance(loaded, np.ndarray):  # a lone .npy
        return None
    with loaded:
        return {key: loaded[key] for key in loaded.files} if is_trace(loaded.files) else None


def _read_parts(folder: Path) -> Arrays:
    read = [_read_trace(part) for part in part_files(folder)]
    parts = [part for part in read if part is not None]
    if not parts:
        raise ValueError("it holds no part of a session")
    return {key: join(parts, key) for key in dict.fromkeys(key for part in parts for key in part)}


def _checked(file: str, arrays: dict[str, NDArray[Any]]) -> Recording:
    t_s = _signal(file, "t", arrays.get("t"), 1)
    if t_s is None:
        raise RecordingError(f"{file} has no key t, expected the times in seconds.")
    if len(t_s) == 0:
        raise RecordingError(f"{file} key t is empty, expected at least one sample.")
    if np.any(np.diff(t_s) < 0):
        raise RecordingError(f"{file} key t falls, expected times in ascending order.")
    parts = {key: _signal(file, key, arrays.get(key), 2, holes="t0" in arrays) for key in _KEYS[1:]}
    for key, part in parts.items():
        _check_shape(file, key, part, len(t_s))
    if all(part is None for part in parts.values()):
        raise RecordingError(f"{file} has no signal, expected at least one of accel, gyro and force.")
    unit = arrays.get("force_unit")
    return Recording(t_s, parts["accel"], parts["gyro"], parts["force"], None if unit is None else str(unit))


def _signal(file: str, key: str, raw: NDArray[Any] | None, dimensions: int, *, holes: bool = False) -> Array | None:
    """Return a key's numbers, or None when it is absent or has no columns; with ``holes``, rows may be NaN."""
    if raw is None:
        return None
    if raw.dtype.kind not in "fiu":
        raise RecordingError(f"{file} key {key} has type {raw.dtype}, expected numbers.")
    if raw.ndim != dimensions:
        raise RecordingError(f"{file} key {key} has {raw.ndim} dimensions, expected {dimensions}.")
    if dimensions == 2 and raw.shape[1] == 0:
        return None
    values: Array = raw.astype(np.float64)
    if not np.all(np.isfinite(values) | (holes & np.isnan(values))):
        raise RecordingError(f"{file} key {key} holds NaN or infinity, expected finite numbers.")
    return values


def _check_shape(file: str, key: str, part: Array | None, length: int) -> None:
    if part is None:
        return
    columns = "k" if key == "force" else "3"
    if len(part) != length or (key != "force" and part.shape[1] != 3):
        raise RecordingError(f"{file} key {key} has shape {part.shape}, expected ({length}, {columns}) to match t.")


def _rows(part: Array | None) -> list[Vector | None] | None:
    return None if part is None else [None if isnan(x) else (x, y, z) for x, y, z in part.tolist()]


class ReplaySource:
    """A recording or a recorded session as a source: it begins anew at every :meth:`open` and yields what is due.

    A session yields the samples of all its sensors, under their own names, in the order the station saw them.

    After its last sample it stays silent, as a sensor would.
    """

    def __init__(
        self,
        name: str,
        recording: Recording | Trace,
        clock: Clock,
        *,
        load_name: str = "force",
        bus: str = "replay",
        period_s: float = 0.01,
    ) -> None:
        self.name = name
        self.bus = bus
        self.period_s = period_s
        self._clock = clock
        self._begin: Callable[[float], Iterator[Sample]] = (
            recording.samples
            if isinstance(recording, Trace)
            else lambda start_s: recording.samples(name, load_name, start_s)
        )
        self._samples: Iterator[Sample] = iter(())
        self._next: Sample | None = None
        self._vitals = Vitals(name)

    @property
    def finished(self) -> bool:
        """Whether every sample was delivered."""
        return self._next is None

    def open(self) -> None:
        """Begin at the recording's first sample, now."""
        now_s = self._clock.now()
        self._samples = self._begin(now_s)
        self._next = next(self._samples, None)
        self._vitals.opened(now_s)

    def read(self, now_s: float) -> Sequence[Sample]:
        """Return the samples due by ``now_s``, oldest first."""
        due = []
        while self._next is not None and self._next.t_s <= now_s:
            due.append(self._next)
            self._vitals.saw(self._next.t_s, self._next)
            self._next = next(self._samples, None)
        return due

    def health(self, now_s: float) -> Health:
        """Return how the replay is doing at ``now_s``."""
        return self._vitals.health(now_s)

    def close(self) -> None:
        """Stop; the recording stays where it is."""
        self._next = None
        self._vitals.closed()
