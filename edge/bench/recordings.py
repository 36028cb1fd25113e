"""How well recorded sets are counted: the table of the published counters, for groups of any kind.

The measures are those of the shared recordings' own scorer. A set is exact when the count is the label's; MAE and
bias are the mean absolute and the mean signed error of the count; an end is found when a report lies within 1.5 s
of its mark and was not used before, and ``end ms`` is the mean distance of those. Over groups a macro mean is taken,
in which groups of fewer than ten sets stand together as one.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from drivers.replay import UNREADABLE, RecordingError
from edge.bench.figure import Note, Result
from edge.config import SettingsError
from edge.signal.score import count_reps

Row = Mapping[str, str]

MATCH_S = 1.5
FEW = 10
POOLED = "few"
HEAD = f"{'':34}{'sets':>6}{'exact %':>9}{'+-1 %':>8}{'MAE':>8}{'bias':>8}{'end ms':>8}{'found %':>9}"


@dataclass(frozen=True, slots=True)
class Outcome:
    """One set: what was done, what was counted, and how far found ends lie from their marks."""

    row: Row
    true: int
    counted: int
    marked: int
    off_s: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Score:
    """The measures of a group of sets; the ends are None where nobody marked them."""

    name: str
    sets: int
    exact: float
    within_one: float
    mae: float
    bias: float
    end_ms: float | None = None
    found: float | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON; shares are percent."""
        return {field: getattr(self, field) for field in self.__slots__}

    def as_text(self) -> str:
        """Return a row of the table under ``HEAD``."""
        ends = (
            "-" if self.end_ms is None else f"{self.end_ms:.0f}",
            "-" if self.found is None else f"{self.found:.0f}",
        )
        return (
            f"{self.name[:33]:34}{self.sets:6d}{self.exact:9.1f}{self.within_one:8.1f}{self.mae:8.2f}"
            f"{self.bias:+8.2f}{ends[0]:>8}{ends[1]:>9}"
        )


def _session(row: Row) -> str:
    """Return the sitting a set belongs to: the log it was typed into, else the person and the day."""
    log = re.search(r"_([a-z]+_[a-z]+-\d+)_\d+\.", row["file"])
    day = re.search(r"_(\d{8})T", row["file"])
    return log.group(1) if log else f"{row['participant']} {day.group(1)}" if day else row["participant"]


def _source(row: Row) -> str:
    return row["file"].split("_")[0]


GROUPS: Mapping[str, Callable[[Row], str]] = {
    "source": _source,
    "person": lambda row: row["participant"],
    "session": _session,
    "exercise": lambda row: row["exercise"],
}


def figures(folder: Path, by: str, *, unknown: bool = False) -> Iterator[Result]:
    """Yield a row per group and the macro mean over them, or a note where there is no such folder.

    ``unknown`` hides the names of exercises and places: every set is counted by the generic class.

    Raises SettingsError for a grouping there is not, RecordingError for a folder that is not what it should be.
    """
    if by not in GROUPS:
        raise SettingsError(f"unknown grouping {by!r}; there are: {', '.join(GROUPS)}")
    manifest = folder / "manifest.csv"
    if not manifest.is_file():
        yield Note(f"recordings: no {manifest}, so nothing was counted; --folder names another place")
        return
    outcomes = list(_outcomes(folder, manifest, unknown))
    groups: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        groups.setdefault(GROUPS[by](outcome.row), []).append(outcome)
    yield Note(HEAD)
    for name in sorted(groups):
        yield score(name, groups[name])
    yield macro(groups)
    yield score("all sets", outcomes)


def _outcomes(folder: Path, manifest: Path, unknown: bool) -> Iterator[Outcome]:
    with manifest.open(newline="", encoding="utf-8") as lines:
        rows = sorted(csv.DictReader(lines), key=lambda row: row["file"])
    for row in rows:
        yield _outcome(folder, row, unknown)


def _outcome(folder: Path, row: Row, unknown: bool) -> Outcome:
    try:
        with np.load(folder / row["file"], allow_pickle=False) as arrays:
            t, accel, gyro = (np.asarray(arrays[key], dtype=float) for key in ("t", "accel", "gyro"))
            marks = np.asarray(arrays["rep_end"], dtype=float) if "rep_end" in arrays else np.zeros(0)
    except (*UNREADABLE, KeyError) as exc:
        raise RecordingError(f"{row['file']} cannot be read, expected t, accel and gyro ({exc})") from exc
    meta: dict[str, Any] = {"has_accel": accel.shape[-1] == 3, "has_gyro": gyro.shape[-1] == 3}
    if not unknown:
        meta |= {"exercise": row["exercise"], "sensor_location": row["sensor_location"]}
    ends = count_reps(t, accel, gyro, meta)
    return Outcome(row, int(row["true_reps"]), len(ends), len(marks), tuple(match(marks.tolist(), ends)))


def match(marks: Sequence[float], ends: Sequence[float]) -> list[float]:
    """Return how far each mark, in the order of time, is from the nearest end not yet used, in seconds.

    >>> match([1.0, 2.0, 2.25, 9.0], [1.25, 2.0, 5.0])
    [0.25, 0.0]
    """
    free, found = list(ends), []
    for mark in sorted(marks):
        nearest = min(free, key=lambda end: abs(end - mark), default=None)
        if nearest is not None and abs(nearest - mark) <= MATCH_S:
            free.remove(nearest)
            found.append(abs(nearest - mark))
    return found


def score(name: str, outcomes: Sequence[Outcome]) -> Score:
    """Return the measures of a group."""
    off = np.array([outcome.counted - outcome.true for outcome in outcomes])
    marked = sum(outcome.marked for outcome in outcomes)
    ends = [off_s for outcome in outcomes for off_s in outcome.off_s]
    return Score(
        name,
        len(outcomes),
        100.0 * float(np.mean(off == 0)),
        100.0 * float(np.mean(np.abs(off) <= 1)),
        float(np.mean(np.abs(off))),
        float(np.mean(off)),
        1e3 * float(np.mean(ends)) if ends else None,
        100.0 * len(ends) / marked if marked else None,
    )


def macro(groups: Mapping[str, Sequence[Outcome]]) -> Score:
    """Return the mean over groups, those of fewer than ``FEW`` sets pooled into one."""
    large = [list(group) for group in groups.values() if len(group) >= FEW]
    few = [outcome for group in groups.values() if len(group) < FEW for outcome in group]
    scores = [score(POOLED, group) for group in [*large, few] if group]
    means = (float(np.mean([getattr(one, key) for one in scores])) for key in ("exact", "within_one", "mae", "bias"))
    return Score("MACRO (few pooled)", sum(one.sets for one in scores), *means)
