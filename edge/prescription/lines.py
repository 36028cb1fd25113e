"""The day's routine: rows of the plan as lines with one dose each, and the load of back-off sets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import floor

from edge.library import exercise
from edge.model import Phase, PlannedExercise
from edge.prescription.kit import fitted_rows
from edge.prescription.plan import Prescription
from edge.prescription.row import Role, Row, Side, Span
from edge.prescription.starting import starting_load

NOMINAL_PHASE_S = 1.5
"""For the guess how long a routine takes, where the tempo gives no seconds. Our guess."""


class Notice(StrEnum):
    """Why the routine is not the plan's own, or not due now. The screen has a sentence for each."""

    LOCKED = "locked"
    PLAN_OVER = "plan_over"
    """The plan and its grace have run out: nothing is offered."""
    PLAN_OVER_GENTLE = "plan_over_gentle"
    """The plan has run out: the gentle routine only, until the clinic renews it."""
    PLAN_LATER = "plan_later"
    """The plan begins on a later day: the gentle routine until then."""
    AWAY_ASK = "away_ask"
    """So long without a session that the clinic is asked: the gentle routine until it has written a new plan."""
    AWAY_REGRESSED = "away_regressed"
    """So many days without a session that the block before is taken up again."""
    GENTLER = "gentler"
    """The patient took the offer of the gentle routine, for one session."""
    SHORT = "short"
    """The patient took the offer of a short version, for one session."""
    CLOCK = "clock"
    """The clock cannot be trusted: only completed sessions bring the programme on."""
    DONE_TODAY = "done_today"
    REST_DAY = "rest_day"
    WAIT = "wait"
    """The gap since the last session is too short."""
    HELD = "held"
    """The block's time is over, and what has to be true before the next one is not."""
    FINISHED = "finished"
    """The programme's last week is over: it is repeated until the clinic writes a new plan."""
    LEFT_OUT = "left_out"
    """Something needs kit that is not owned."""


@dataclass(frozen=True, slots=True)
class Routine:
    """What is to be done: ``lines`` in order. ``left_out`` are rows without their kit; ``gentle`` marks the floor."""

    lines: tuple[PlannedExercise, ...] = ()
    notices: tuple[Notice, ...] = ()
    gentle: bool = False
    left_out: tuple[str, ...] = ()
    first_week: bool = False
    """Its effort is held under the first week's cap as well."""

    @property
    def notice(self) -> Notice | None:
        """The notice that matters most, None where there is none."""
        return next((one for one in Notice if one in self.notices), None)


def routine(
    plan: Prescription,
    rows: Sequence[Row],
    *,
    gentle: bool = False,
    notices: Iterable[Notice] = (),
    first_week: bool = False,
) -> Routine:
    """Return the rows as a routine: filtered by the kit owned, one line per exercise and side."""
    kept, left_out = fitted_rows(plan, tuple(sorted(rows, key=lambda row: (row.order, row.role is Role.BACK_OFF))))
    lines = tuple(line for row in kept for line in lines_of(plan, row, first_week=first_week))
    said = (*notices, *((Notice.LEFT_OUT,) if left_out else ()))
    return Routine(lines, said, gentle, left_out, first_week)


def lines_of(plan: Prescription, row: Row, *, first_week: bool = False) -> Iterator[PlannedExercise]:
    """Yield the lines of a row: each exercise that belongs to it, left and then right where it has sides.

    The dose is the low end of the row's ranges of sets and repetitions; who earns more climbs from there. The effort
    is held under the plan's caps.
    """
    choices = exercise(row.exercise).choices if row.free_choice else row.alternatives
    for key in (row.exercise, *row.together):
        known, written = exercise(key), plan.row(row.name)
        stands_in = row.load_kg is None and written is not None and key not in (written.exercise, *written.together)
        cap = floor(plan.effort_cap(row, key, first_week=first_week))
        for side in (Side.LEFT, Side.RIGHT) if row.per_side else (None,):
            yield PlannedExercise(
                order=row.order,
                exercise=key,
                sets=row.sets.low,
                reps=None if row.reps is None else row.reps.low,
                tempo=row.tempo.placed(starts_concentric=known.starts_with is Phase.CONCENTRIC),
                load_kg=starting_load(plan, row.name, key) if stands_in else row.load_kg,
                rest_s=row.rest_s,
                row=row.name,
                rpe=tuple(None if one is None else capped(one, cap) for one in row.rpe[: row.sets.low]),
                hold_s=row.hold_s,
                duration_min=row.duration_min,
                side=side,
                role=row.role,
                load_drop_pct=row.load_drop_pct,
                choices=choices,
                note=row.note,
            )


def capped(effort: Span, cap: int) -> Span:
    """Return an effort that is nowhere above the cap.

    >>> capped(Span(8, 9), 8)
    Span(low=8, high=8)
    """
    return Span(min(effort.low, cap), min(effort.high, cap))


def back_off_kg(
    top_kg: float | None, drop_pct: tuple[float, float], weights_kg: Sequence[float] = ()
) -> float | None:
    """Return the load of back-off sets after a top set: lighter by the drop, rounded down to a weight there is.

    The heaviest of ``weights_kg`` that is lighter by at least the smaller drop; without weights to choose from, the
    middle of the drop in steps of half a kilogram. None where the top set's load is not known, or no weight is light
    enough. The drop is the sources' 10 to 15 %; rounding down is ours.

    >>> back_off_kg(20.0, (10, 15)), back_off_kg(12.0, (10, 15), (4, 8, 12)), back_off_kg(None, (10, 15))
    (17.5, 8, None)
    """
    if top_kg is None:
        return None
    low_pct, high_pct = drop_pct
    if weights_kg:
        most_kg = top_kg * (1 - low_pct / 100)
        return max((kg for kg in weights_kg if kg <= most_kg + 1e-9), default=None)
    return floor(top_kg * (1 - (low_pct + high_pct) / 200) * 2 + 1e-9) / 2


def minutes(lines: Iterable[PlannedExercise]) -> float:
    """Guess how long a routine takes, from its tempos, holds, times and rests."""
    return sum(_line_s(line) for line in lines) / 60


def _line_s(line: PlannedExercise) -> float:
    if line.duration_min is not None:
        set_s = line.duration_min * 60
    elif line.reps is None:
        set_s = line.hold_s or GUESSED_SET_S
    else:
        set_s = line.reps * _rep_s(line)
    return line.sets * (set_s + line.rest_s)


GUESSED_SET_S = 40.0
"""A set to an effort, as long as about a dozen repetitions. Our guess."""


def _rep_s(line: PlannedExercise) -> float:
    parts = (line.tempo.eccentric_s, line.tempo.concentric_s)
    moving_s = sum(NOMINAL_PHASE_S if part is None else part for part in parts)
    return moving_s + (line.tempo.bottom_s or 0.0) + (line.tempo.top_s or 0.0) + (line.hold_s or 0.0)
