"""What a row of the fault table is: what is done, what is measured, and how far each figure may go."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from drivers.emulation.faults import Kind


class NotRun(Exception):  # noqa: N818 - reads as what happened
    """A row cannot be tried; the message says why. Never a pass."""


class Verdict(StrEnum):
    """How a row came out."""

    PASS = "PASS"  # noqa: S105 - no password
    FAIL = "FAIL"
    NOT_RUN = "not run"


@dataclass(frozen=True, slots=True)
class Limit:
    """One figure of a row and how far it may go: ``most``, or ``least``; neither for one that only stands beside."""

    figure: str
    unit: str = ""
    most: float | None = None
    least: float | None = None

    def holds(self, value: float) -> bool:
        """Tell whether a measured value keeps the limit; one that is no number never does."""
        if math.isnan(value):
            return False
        return (self.most is None or value <= self.most) and (self.least is None or value >= self.least)

    @property
    def words(self) -> str:
        """The limit as it is spoken; empty where there is none."""
        if self.most is not None:
            return f"at most {self.most:g} {self.unit}".rstrip()
        return f"at least {self.least:g} {self.unit}".rstrip() if self.least is not None else ""


class Trials:
    """The seeds of a row's trials, in order: the same for the same ``seed`` and row, however many are wanted.

    ``tell`` is called with the number of each trial before it begins.
    """

    def __init__(self, row: str, seed: int, count: int, tell: Callable[[int], None] = lambda _number: None) -> None:
        self.row = row
        self.seed = seed
        self.count = count
        self._tell = tell

    def __iter__(self) -> Iterator[tuple[int, random.Random]]:
        """Yield each trial's number from 0, and a source of random numbers of its own."""
        for number in range(self.count):
            self._tell(number + 1)
            yield number, random.Random(f"{self.seed}:{self.row}:{number}")


Figures = Mapping[str, float]
"""Measured values by the name of their figure; infinity for what never happened."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the fault table.

    ``title`` says in plain words what is done, ``kinds`` which faults that takes. ``run`` does the trials and returns
    a value for each of ``limits``, or raises NotRun. ``trials`` are few enough for a look, ``promised`` as many as
    the limit is meant for, ``least`` as few as try every variant of it.
    """

    id: str
    title: str
    kinds: tuple[Kind, ...]
    limits: tuple[Limit, ...]
    run: Callable[[Trials], Figures]
    trials: int = 5
    promised: int = 1000
    least: int = 1


@dataclass(frozen=True, slots=True)
class Result:
    """How a row came out: ``figures`` where it was run, ``reason`` where it was not or broke."""

    row: Row
    seed: int
    trials: int
    verdict: Verdict
    figures: Figures
    reason: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON; a figure that never came to pass is null."""
        return {
            "id": self.row.id,
            "title": self.row.title,
            "faults": [str(kind) for kind in self.row.kinds],
            "verdict": str(self.verdict),
            "reason": self.reason,
            "seed": self.seed,
            "trials": self.trials,
            "trials_promised": self.row.promised,
            "figures": [
                {
                    "figure": limit.figure,
                    "value": _finite(self.figures[limit.figure]),
                    "unit": limit.unit,
                    "at_most": limit.most,
                    "at_least": limit.least,
                    "holds": limit.holds(self.figures[limit.figure]),
                }
                for limit in self.row.limits
                if limit.figure in self.figures
            ],
        }


def run_row(row: Row, seed: int, trials: int | None = None, tell: Callable[[int], None] = lambda _n: None) -> Result:
    """Do the trials of a row and judge it; a row that breaks has failed."""
    count = trials or row.trials
    try:
        figures = row.run(Trials(row.id, seed, count, tell))
    except NotRun as exc:
        return Result(row, seed, 0, Verdict.NOT_RUN, {}, str(exc))
    except Exception as exc:  # whatever breaks a trial is a finding, and the other rows are still to be tried
        return Result(row, seed, count, Verdict.FAIL, {}, f"{type(exc).__name__}: {exc}")
    held = all(limit.holds(figures[limit.figure]) for limit in row.limits)
    return Result(row, seed, count, Verdict.PASS if held else Verdict.FAIL, figures)


def _finite(value: float) -> float | None:
    return round(value, 4) if math.isfinite(value) else None
