"""Raw recordings of a whole session: every sample of every sensor, in the order the station saw them.

A trace is an ``.npz`` file in the format of the shared recordings: ``t`` (n,) s from 0, and ``accel`` (n, 3) m/s^2,
``gyro`` (n, 3) rad/s or ``force`` (n, 1) of its first motion sensor, or its first sensor where none moves;
``force_unit`` is "N" where that one is calibrated. Beside them stand keys of our own:

=============================  ======================================================================================
``sensors``, ``places``        (k,) names; the arrays of sensor i > 0 have the prefix ``s<i>.``
``t0``                         what to add to every ``t`` for the station's monotonic seconds; a whole number, so that
                               nothing is rounded
``quaternion``, ``linear``     (n, 4) w, x, y, z and (n, 3) m/s^2, where the sensor gave them
``quality``                    (n,) flags of ``drivers.samples.Quality``
``order``                      (n,) the sample's place in the sequence of all samples; after a jump some were lost
``mark``, ``mark_t``,          (m,) what the station did (a word for the machine), when, and before which sample
``mark_order``
=============================  ======================================================================================

Parts that a sample did not have are NaN. Numbers are as narrow as they can be without a loss.
"""

from __future__ import annotations

import math
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from heapq import merge
from operator import itemgetter
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from drivers.base import DriverError
from drivers.samples import ImuSample, LoadSample, Quality, Sample

Arrays = dict[str, NDArray[Any]]

_WIDTHS = {"accel": 3, "gyro": 3, "quaternion": 4, "linear": 3}
_FIELDS = {"accel": "accel_m_s2", "gyro": "gyro_rad_s", "quaternion": "quaternion_wxyz", "linear": "linear_m_s2"}


class RecordingError(DriverError, ValueError):
    """A file that is not a usable recording; the message names the file, the key, and what was expected."""


UNREADABLE = (
    OSError,
    ValueError,
    EOFError,
    MemoryError,  # a header that claims more numbers than fit
    RuntimeError,  # an encrypted member, or (NotImplementedError) an unknown compression
    zipfile.BadZipFile,
    zlib.error,
)
"""What zipfile and numpy raise for the damaged archives that were tried."""


@dataclass(frozen=True, slots=True)
class Mark:
    """Something the station did at ``t_s``, in a few words for a machine."""

    t_s: float
    text: str


@dataclass(frozen=True, slots=True)
class Layout:
    """The sensors of a trace as (name, place); the first one has the keys without a prefix."""

    sensors: tuple[tuple[str, str], ...]
    t0_s: float

    def prefix(self, index: int) -> str:
        """Return what stands before the keys of a sensor."""
        return f"s{index}." if index else ""


def layout_for(sensors: Sequence[tuple[str, str]], samples: Iterable[Sample]) -> Layout:
    """Return the layout of a trace that begins with ``samples``: a motion sensor first, times from a whole second."""
    moving = {sample.sensor for sample in samples if isinstance(sample, ImuSample)}
    first_s = min((sample.t_s for sample in samples), default=0.0)
    in_order = sorted(sensors, key=lambda sensor: sensor[0] not in moving)  # stable: otherwise as configured
    return Layout(tuple(in_order), math.floor(first_s))


def pack(layout: Layout, numbered: Sequence[tuple[int, Sample]], marks: Sequence[tuple[int, Mark]]) -> Arrays:
    """Return the arrays of a stretch of a trace: samples, and marks, each with its place in the sequence."""
    arrays: Arrays = {
        "sensors": np.array([name for name, _ in layout.sensors], dtype=str),
        "places": np.array([place for _, place in layout.sensors], dtype=str),
        "t0": np.array(layout.t0_s),
    }
    for index, (name, _) in enumerate(layout.sensors):
        rows = [(order, sample) for order, sample in numbered if sample.sensor == name]
        if rows:
            arrays |= {layout.prefix(index) + key: values for key, values in _columns(rows, layout.t0_s).items()}
    if "force" in arrays and not np.any(arrays["quality"] & Quality.UNCALIBRATED):
        arrays["force_unit"] = np.array("N")
    if marks:
        arrays["mark"] = np.array([mark.text for _, mark in marks], dtype=str)
        arrays["mark_t"] = np.array([mark.t_s - layout.t0_s for _, mark in marks])
        arrays["mark_order"] = np.array([order for order, _ in marks], dtype=np.uint32)
    return arrays


def _columns(rows: Sequence[tuple[int, Sample]], t0_s: float) -> Arrays:
    columns: Arrays = {
        "t": np.array([sample.t_s - t0_s for _, sample in rows]),
        "order": np.array([order for order, _ in rows], dtype=np.uint32),
        "quality": np.array([int(sample.quality) for _, sample in rows], dtype=np.uint16),
    }
    if isinstance(rows[0][1], LoadSample):
        columns["force"] = _narrow(np.array([[cast(LoadSample, sample).force_n] for _, sample in rows]))
        return columns
    for key, field in _FIELDS.items():
        nothing = (math.nan,) * _WIDTHS[key]
        values = [getattr(sample, field) or nothing for _, sample in rows]
        if any(value is not nothing for value in values):
            columns[key] = _narrow(np.array(values))
    return columns


def _narrow(values: NDArray[np.float64]) -> NDArray[Any]:
    """Return the values in half the space where that loses nothing, as with a chip's fixed-point numbers."""
    narrow = values.astype(np.float32)
    return narrow if np.array_equal(narrow.astype(np.float64), values, equal_nan=True) else values


def join(parts: Sequence[Mapping[str, NDArray[Any]]], key: str) -> NDArray[Any]:
    """Return one key of a trace from its consecutive parts; what a part lacks is NaN for each of its times."""
    if key in ("sensors", "places", "t0", "force_unit"):
        return next(part[key] for part in parts if key in part)
    prefix, _, name = key.rpartition(".")
    clock = f"{prefix}.t" if prefix else "t"
    pieces = []
    for part in parts:
        if key in part:
            pieces.append(part[key])
        elif name in _WIDTHS and clock in part:
            pieces.append(np.full((len(part[clock]), _WIDTHS[name]), math.nan, dtype=np.float32))
    return np.concatenate(pieces)


@dataclass(frozen=True, slots=True, eq=False)
class Trace:
    """A recorded session. ``arrays`` are those of the file."""

    file: str
    arrays: Mapping[str, NDArray[Any]]

    @property
    def sensors(self) -> tuple[tuple[str, str], ...]:
        """Name and place of every sensor."""
        return tuple(zip(self.arrays["sensors"].tolist(), self.arrays["places"].tolist(), strict=True))

    @property
    def begin_s(self) -> float:
        """Monotonic time of the trace's zero."""
        return float(self.arrays["t0"])

    @property
    def lost(self) -> int:
        """How many samples the station saw that did not get into the file."""
        orders = [self.arrays[prefix + "order"] for prefix in self._prefixes()]
        seen = sum(len(order) for order in orders)
        return max((int(order[-1]) + 1 for order in orders), default=0) - seen

    def samples(self, start_s: float | None = None) -> Iterator[Sample]:
        """Yield every sample in the order the station saw them, the first second at ``start_s``."""
        return (item for item in self.events(start_s) if not isinstance(item, Mark))

    def events(self, start_s: float | None = None) -> Iterator[Sample | Mark]:
        """Yield samples and marks in the order in which they happened."""
        t0_s = self.begin_s if start_s is None else start_s
        tracks: list[Iterator[tuple[tuple[int, int], Sample | Mark]]] = [self._marks(t0_s)]
        for (name, _), prefix in zip(self.sensors, self._prefixes(every=True), strict=True):
            if prefix + "t" in self.arrays:
                tracks.append(self._track(name, prefix, t0_s))
        return map(itemgetter(1), merge(*tracks, key=itemgetter(0)))

    def _prefixes(self, *, every: bool = False) -> list[str]:
        prefixes = [f"s{index}." if index else "" for index in range(len(self.arrays["sensors"]))]
        return [prefix for prefix in prefixes if every or prefix + "t" in self.arrays]

    def _marks(self, t0_s: float) -> Iterator[tuple[tuple[int, int], Mark]]:
        if "mark" in self.arrays:
            columns = (self.arrays[key].tolist() for key in ("mark_order", "mark_t", "mark"))
            for order, t_s, text in zip(*columns, strict=True):
                yield (order, 0), Mark(t_s + t0_s, text)

    def _track(self, name: str, prefix: str, t0_s: float) -> Iterator[tuple[tuple[int, int], Sample]]:
        """Yield one sensor's samples, each with its place: after the marks that were made before it."""
        times, orders, qualities = (self.arrays[prefix + key].tolist() for key in ("t", "order", "quality"))
        if prefix + "force" in self.arrays:
            for t_s, order, quality, row in zip(
                times, orders, qualities, self.arrays[prefix + "force"].tolist(), strict=True
            ):
                yield (order, 1), LoadSample(name, t_s + t0_s, row[0], Quality(quality))
            return
        parts = {field: self._parts(prefix + key) for key, field in _FIELDS.items()}
        for index, (t_s, order, quality) in enumerate(zip(times, orders, qualities, strict=True)):
            values = {field: rows[index] if rows else None for field, rows in parts.items()}
            yield (order, 1), ImuSample(name, t_s + t0_s, quality=Quality(quality), **values)

    def _parts(self, key: str) -> list[Any]:
        """Return a part's rows as tuples, None where it was missing; empty where it was never there."""
        if key not in self.arrays:
            return []
        values = self.arrays[key].astype(np.float64)
        return [
            None if absent else tuple(row)
            for row, absent in zip(values.tolist(), np.isnan(values[:, 0]).tolist(), strict=True)
        ]


def is_trace(arrays: Iterable[str]) -> bool:
    """Tell whether a file with these keys is a trace of a session, not a recording of one sensor."""
    return {"sensors", "places", "t0"} <= set(arrays)


def checked(file: str, arrays: Mapping[str, NDArray[Any]]) -> Trace:
    """Return the trace in a file's arrays. Raises RecordingError for one that does not fit together."""
    names, places = arrays["sensors"], arrays["places"]
    if names.dtype.kind != "U" or names.ndim != 1 or names.shape != places.shape or places.dtype.kind != "U":
        raise RecordingError(f"{file} keys sensors and places do not name the same sensors.")
    if arrays["t0"].shape != () or arrays["t0"].dtype.kind not in "fiu":
        raise RecordingError(f"{file} key t0 has shape {arrays['t0'].shape}, expected one number of seconds.")
    trace = Trace(file, arrays)
    for prefix in trace._prefixes():
        _check_track(file, prefix, arrays)
    marks = [key for key in ("mark", "mark_t", "mark_order") if key in arrays]
    if marks and (len(marks) < 3 or len({arrays[key].shape for key in marks}) != 1):
        raise RecordingError(f"{file} keys mark, mark_t and mark_order do not fit together.")
    return trace


def _check_track(file: str, prefix: str, arrays: Mapping[str, NDArray[Any]]) -> None:
    count = len(arrays[prefix + "t"])
    widths = {"t": (), "order": (), "quality": (), "force": (1,), **{key: (w,) for key, w in _WIDTHS.items()}}
    for key, width in widths.items():
        part = arrays.get(prefix + key)
        needed = key in ("order", "quality")
        if (part is None and needed) or (part is not None and part.shape != (count, *width)):
            shape = "nothing" if part is None else part.shape
            raise RecordingError(
                f"{file} key {prefix}{key} has shape {shape}, expected {(count, *width)} to match t."
            )
        if part is not None and part.dtype.kind not in "fiu":
            raise RecordingError(f"{file} key {prefix}{key} has type {part.dtype}, expected numbers.")
    if prefix + "force" not in arrays and not any(prefix + key in arrays for key in _WIDTHS):
        raise RecordingError(f"{file} has no signal for key {prefix}t, expected one of accel, gyro and force.")


def part_files(folder: Path) -> list[Path]:
    """Return the parts of a trace that is not joined yet, oldest first."""
    return sorted(folder.glob("[0-9]*.npz"))
