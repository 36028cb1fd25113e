"""What can be done with the kit owned: a row is replaced by something that fits, or left out; never made harder."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from edge.library import exercise
from edge.prescription.plan import KitOwned, Prescription
from edge.prescription.row import Role, Row, Span

REPLACED_RPE = 6
"""Highest effort asked of an exercise that stands in for another: the sources' programmes begin at 5 to 6."""


def fits(key: str, kit: KitOwned | None) -> bool:
    """Tell whether the kit owned is enough for an exercise; nobody knows what is owned where it is None."""
    return kit is None or exercise(key).possible_with(frozenset(kit))


def fitted(row: Row, kit: KitOwned | None) -> Row | None:
    """Return the row as it can be done: as it is, with another exercise, or None where nothing fits.

    An alternative of the row comes before an easier exercise. What stands in has not the row's load, which is
    not its own: ``edge.prescription.starting`` has one. Of exercises that belong together only those that fit remain.
    """
    together = tuple(key for key in row.together if fits(key, kit))
    if fits(row.exercise, kit):
        alternatives = tuple(key for key in row.alternatives if fits(key, kit))
        return replace(row, together=together, alternatives=alternatives)
    for key in row.alternatives:
        if fits(key, kit):
            return replace(row, exercise=key, together=together, alternatives=(), load_kg=None)
    if together:
        return replace(row, exercise=together[0], together=together[1:], alternatives=(), load_kg=None)
    lighter = next((key for key in easier(row.exercise) if fits(key, kit)), None)
    if lighter is None:
        return None
    rpe = tuple(None if one is None else _at_most(one, REPLACED_RPE) for one in row.rpe)
    return replace(row, exercise=lighter, alternatives=(), load_kg=None, rpe=rpe)


def easier(key: str) -> Iterator[str]:
    """Yield the regressions of an exercise, the nearest first, each once."""
    level, seen = [key], {key}
    while level:
        level = [other for one in level for other in exercise(one).easier if other not in seen]
        seen.update(level)
        yield from level


def _at_most(span: Span, highest: int) -> Span:
    return Span(min(span.low, highest), min(span.high, highest))


def fitted_rows(plan: Prescription, rows: tuple[Row, ...]) -> tuple[tuple[Row, ...], tuple[str, ...]]:
    """Return the rows as they can be done, and the names of those that were left out for want of kit.

    Back-off sets follow their top set: they are left out where it was replaced, because their load hangs on it.
    """
    done: list[Row] = []
    left_out: list[str] = []
    replaced: set[tuple[int | None, int]] = set()
    for row in rows:
        place = (row.day, row.order)
        now = None if row.role is Role.BACK_OFF and place in replaced else fitted(row, plan.kit)
        if now is None:
            left_out.append(row.name)
        else:
            done.append(now)
        if now is None or now.exercise != row.exercise:
            replaced.add(place)
    return tuple(done), tuple(left_out)
