"""One line of a programme or a prescription, in every form a dose can take.

The forms are those of the source programmes: effort that rises from set to set, ranges of sets, repetitions or
effort, sets to an effort without a number of repetitions, holds, timed walks, several times a day, per side,
back-off sets after a drop of load, alternatives, combined entries and free choice.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from edge.tempo import UNSAID, Tempo


class Side(StrEnum):
    """Which side of the body does a set."""

    LEFT = "left"
    RIGHT = "right"


class Role(StrEnum):
    """What a row is for; openers, main work, accessories and the closing walk come in this order."""

    OPENER = "opener"
    MAIN = "main"
    BACK_OFF = "back_off"
    """Lighter sets after the top set of the row before it, which has the same order."""
    ACCESSORY = "accessory"
    TASK = "task"
    """Practice of an occupational task."""
    CLOSER = "closer"
    MODIFICATION = "modification"
    """To ease symptoms: may be dropped where it does not help."""


@dataclass(frozen=True, slots=True)
class Span:
    """A whole number, or a range of them with both ends inside.

    >>> Span(10, 15), Span.of(12)
    (Span(low=10, high=15), Span(low=12, high=12))
    """

    low: int
    high: int

    def __post_init__(self) -> None:
        """Refuse a range that runs backwards."""
        if self.low > self.high:
            raise ValueError(f"range [{self.low}, {self.high}] runs backwards: expected [low, high]")

    @classmethod
    def of(cls, value: int) -> Span:
        """Return the range that holds one number."""
        return cls(value, value)

    def __contains__(self, value: float) -> bool:
        """Tell whether a value lies inside."""
        return self.low <= value <= self.high

    def __iter__(self) -> Iterator[int]:
        """Yield both ends."""
        return iter((self.low, self.high))


@dataclass(frozen=True, slots=True)
class Row:
    """A prescribed line.

    ``name`` is unique in its plan and stays when the line is changed: history hangs on it. ``weeks`` are those of the
    programme in which it is due, None for all; ``day`` is its training day of the week, None for every day.
    ``reps`` is None where the row goes to an effort or by time. ``rpe`` has one entry per set, as many as ``sets``
    may be at most; it is empty where no effort is prescribed. ``tempo`` is ``UNSAID`` where nothing is said of it.
    ``hold_s`` is how long each repetition is held, or the one hold where ``reps`` is None. ``load_kg`` is the
    clinician's band (low, high), None where none is set;
    ``load_drop_pct`` is how much lighter, in percent, back-off sets are than the top set. ``exercise`` may be
    replaced by one of ``alternatives``; those in ``together`` belong to the same line; where it is ``free_choice``
    any exercise of its group is meant. ``ceiling_kg`` is the heaviest load this line may ever come to, None where the
    plan's ``ceiling_kg`` limit rules; ``rpe_cap`` likewise its highest effort. ``category`` is the class of a symptom
    modification. ``ours`` names the fields that no source gives.
    """

    name: str
    exercise: str
    order: int
    weeks: Span | None = None
    day: int | None = None
    sets: Span = Span(1, 1)
    reps: Span | None = None
    rpe: tuple[Span | None, ...] = ()
    tempo: Tempo = UNSAID
    hold_s: float | None = None
    duration_min: float | None = None
    times_per_day: int = 1
    per_side: bool = False
    load_kg: tuple[float, float] | None = None
    load_drop_pct: tuple[float, float] | None = None
    ceiling_kg: float | None = None
    rpe_cap: int | None = None
    rest_s: float = 60.0
    role: Role = Role.MAIN
    alternatives: tuple[str, ...] = ()
    together: tuple[str, ...] = ()
    free_choice: bool = False
    category: str = ""
    note: str = ""
    source: str = ""
    ours: frozenset[str] = frozenset()


def one_dose(
    order: int,
    exercise: str,
    sets: int,
    reps: int,
    tempo: Tempo,
    load_kg: tuple[float, float] | None,
    rest_s: float,
) -> Row:
    """Return the plainest row there is: the same repetitions in every set, named after its exercise."""
    return Row(
        exercise, exercise, order, sets=Span.of(sets), reps=Span.of(reps), tempo=tempo, load_kg=load_kg, rest_s=rest_s
    )
