"""A plan changed by hand: rows put in, taken out and moved, a new row's first dose, two people's changes joined.

Everything here is a function from plan to plan; nothing is checked that :func:`edge.programme.check` checks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from itertools import count
from typing import TypeVar

from edge.library import Exercise, Measured, Purpose, exercise
from edge.prescription.limits import Limits, thresholds
from edge.prescription.plan import Prescription
from edge.prescription.programmes import programmes
from edge.prescription.row import Role, Row, Span

LONGEST_NAME = 40
ROLES = {
    Purpose.MODIFICATION: Role.MODIFICATION,
    Purpose.TRAINING: Role.MAIN,
    Purpose.TASK: Role.TASK,
    Purpose.ACTIVITY: Role.CLOSER,
}
LIGHT = Span(5, 6)
"""Effort of a row no source doses: the source's programmes begin their first sets at 5 to 6."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Group:
    """The rows that are done together: of the same weeks and training day, in the order they are done."""

    weeks: Span | None
    day: int | None
    rows: tuple[Row, ...]


def groups(plan: Prescription) -> tuple[Group, ...]:
    """Return the plan's rows by weeks and day, the earliest first; rows of every week or day come first."""
    found: dict[tuple[Span | None, int | None], list[Row]] = {}
    for row in sorted(plan.rows, key=_when):
        found.setdefault((row.weeks, row.day), []).append(row)
    return tuple(Group(weeks, day, tuple(rows)) for (weeks, day), rows in found.items())


def _when(row: Row) -> tuple[tuple[int, ...], int, int, bool]:
    weeks = tuple(row.weeks) if row.weeks else ()
    return weeks, row.day or 0, row.order, row.role is Role.BACK_OFF


def _place(row: Row) -> tuple[Span | None, int | None, int]:
    return row.weeks, row.day, row.order


def companions(plan: Prescription, row: Row) -> tuple[Row, ...]:
    """Return the back-off sets that hang on a row; none where it is one itself."""
    if row.role is Role.BACK_OFF:
        return ()
    return tuple(one for one in plan.rows if one.role is Role.BACK_OFF and _place(one) == _place(row))


# ---- rows -------------------------------------------------------------------------------------------------


def put(plan: Prescription, row: Row) -> Prescription:
    """Return the plan with a row in place of the one of its name, or beside the others where there is none.

    Its back-off sets follow it to another week or day.
    """
    held = plan.row(row.name)
    if held is None:
        return _sorted(plan, (*plan.rows, row))
    moved = {row.name: row}
    if _place(held) != _place(row):
        for one in companions(plan, held):
            moved[one.name] = replace(one, weeks=row.weeks, day=row.day, order=row.order)
    return _sorted(plan, (moved.get(one.name, one) for one in plan.rows))


def without(plan: Prescription, name: str) -> Prescription:
    """Return the plan without a row, and without the back-off sets that hang on it."""
    row = plan.row(name)
    gone = {name} if row is None else {name, *(one.name for one in companions(plan, row))}
    return _sorted(plan, (one for one in plan.rows if one.name not in gone))


def moved(plan: Prescription, name: str, steps: int) -> Prescription:
    """Return the plan with a row done ``steps`` places later in its group, earlier where that is negative.

    Back-off sets go with their top set. At either end nothing moves.
    """
    row = plan.row(name)
    if row is None:
        return plan
    mine = next(group for group in groups(plan) if row in group.rows)
    places = [[row] for row in mine.rows if row.role is not Role.BACK_OFF]
    for one in mine.rows:
        if one.role is Role.BACK_OFF:
            next(place for place in places if place[0].order == one.order).append(one)
    here = next(number for number, place in enumerate(places) if row in place)
    there = here + steps
    if not 0 <= there < len(places):
        return plan
    orders = list(_rising(place[0].order for place in places))
    places.insert(there, places.pop(here))
    new = {one.name: replace(one, order=order) for order, place in zip(orders, places, strict=True) for one in place}
    return _sorted(plan, (new.get(one.name, one) for one in plan.rows))


def _rising(orders: Iterable[int]) -> Iterator[int]:
    """Yield the orders, each at least one more than the last: two rows of the same order had none."""
    last = 0
    for order in orders:
        last = max(order, last + 1)
        yield last


def _sorted(plan: Prescription, rows: Iterable[Row]) -> Prescription:
    return replace(plan, rows=tuple(sorted(rows, key=_when)))


# ---- a new row --------------------------------------------------------------------------------------------


def suggested(plan: Prescription, key: str, weeks: Span | None, day: int | None) -> Row:
    """Return a row of an exercise to begin from, at the end of its group and before a closing walk.

    The dose is that of the first programme that has the exercise, the plan's own first, as often a day as others of
    the group; where none has it, one of ours.
    """
    rows = next((group.rows for group in groups(plan) if (group.weeks, group.day) == (weeks, day)), ())
    template = _template(plan, key) or _ours(exercise(key))
    often = max((row.times_per_day for row in rows), default=1)
    return replace(
        template,
        name=fresh_name(plan, key),
        exercise=key,
        weeks=weeks,
        day=day,
        order=_order(rows, template.role),
        times_per_day=often,
        alternatives=(),
        together=(),
        category="",
        ours=template.ours - {"order", "times_per_day"},
    )


def _order(rows: Sequence[Row], role: Role) -> int:
    closing = [row.order for row in rows if row.role is Role.CLOSER]
    if closing and role is not Role.CLOSER:
        return min(closing)
    return max((row.order for row in rows), default=0) + 1


def added(plan: Prescription, row: Row) -> Prescription:
    """Return the plan with a new row; what came at its place or later in its group comes one later."""
    later = [one for one in plan.rows if (one.weeks, one.day) == (row.weeks, row.day) and one.order >= row.order]
    taken = any(one.order == row.order for one in later)
    made_room = {one.name: replace(one, order=one.order + 1) for one in later} if taken else {}
    return put(replace(plan, rows=tuple(made_room.get(one.name, one) for one in plan.rows)), row)


def fresh_name(plan: Prescription, key: str) -> str:
    """Return a name that no row of the plan has: the exercise's key, with a number where that is taken."""
    taken = {row.name for row in plan.rows}
    if key not in taken:
        return key
    numbered = (f"{key[: LONGEST_NAME - 4]}_{number}" for number in count(2))
    return next(name for name in numbered if name not in taken)


def _template(plan: Prescription, key: str) -> Row | None:
    """Return the programme row that doses an exercise, back-off sets left aside."""
    own = sorted(programmes().values(), key=lambda one: one.name != plan.programme)
    rows = (row for programme in own for row in programme.rows)
    return next((row for row in rows if row.exercise == key and row.role is not Role.BACK_OFF), None)


def _ours(known: Exercise) -> Row:
    """Return a light dose of an exercise that no programme has. All of it is ours."""
    row = Row(known.key, known.key, 1, sets=Span.of(2), per_side=known.per_side, role=ROLES[known.purpose])
    if known.measured is Measured.TIMED or known.purpose is Purpose.ACTIVITY:
        return replace(row, sets=Span.of(1), duration_min=10.0, ours=frozenset({"sets", "duration_min", "rest_s"}))
    if known.measured is Measured.HELD:
        return replace(row, hold_s=20.0, ours=frozenset({"sets", "hold_s", "rest_s"}))
    rpe = (LIGHT, LIGHT) if known.purpose in (Purpose.TRAINING, Purpose.TASK) else ()
    return replace(row, reps=Span.of(10), rpe=rpe, ours=frozenset({"sets", "reps", "rpe", "rest_s"}))


# ---- two people's changes ---------------------------------------------------------------------------------

WHOLE = (
    "kit", "floor", "blocks", "coach", "over_pusher", "valid_from", "valid_until", "activities", "own_activities",
    "tests",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Joined:
    """What came of two changes of one plan.

    ``lost`` names the rows, limits and fields of the plan where theirs stayed although mine had changed it too.
    """

    plan: Prescription
    lost: tuple[str, ...]


def joined(base: Prescription, mine: Prescription, theirs: Prescription) -> Joined:
    """Return ``theirs`` with what ``mine`` changed of ``base``; where both changed the same, theirs stays.

    A row is one thing, and so is each limit. The order that is not mine stays theirs.
    """
    lost: list[str] = []

    def taken(name: str, was: T, wanted: T, now: T) -> T:
        if wanted in (was, now):
            return now
        if now == was:
            return wanted
        lost.append(name)
        return now

    whole = {key: taken(key, getattr(base, key), getattr(mine, key), getattr(theirs, key)) for key in WHOLE}
    limits = {key: taken(key, base.limits[key], mine.limits[key], theirs.limits[key]) for key in theirs.limits}
    made = _rows_joined(base, mine, theirs, taken)
    changed = {key: value for key, value in limits.items() if value != thresholds()[key].default}
    return Joined(replace(made, limits=Limits(changed), **whole), tuple(lost))


def _rows_joined(
    base: Prescription,
    mine: Prescription,
    theirs: Prescription,
    taken: Callable[[str, Row | None, Row | None, Row | None], Row | None],
) -> Prescription:
    names = dict.fromkeys(row.name for plan in (theirs, mine) for row in plan.rows)
    made = theirs
    for name in names:
        row = taken(name, base.row(name), mine.row(name), theirs.row(name))
        if row is None:
            made = without(made, name)
        elif row != made.row(name):
            made = put(made, row)
    return made


def unlike(one: Row, other: Row) -> tuple[str, ...]:
    """Return the names of the fields in which two rows differ."""
    return tuple(each.name for each in fields(Row) if getattr(one, each.name) != getattr(other, each.name))
