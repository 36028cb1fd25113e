"""Whether one plan could ask for more than another: what nobody knows the days of may only take away."""

from __future__ import annotations

from dataclasses import replace

from edge.coach.dose import Dose, first_dose, raises
from edge.coach.terms import starts_of
from edge.prescription.plan import CoachMode, Prescription
from edge.prescription.row import Row, Span

Number = float | None


def asks_more(before: Prescription, after: Prescription) -> bool:
    """Tell whether anything of ``after`` could ask for more than ``before`` did; in doubt it does."""
    settings = ("limits", "blocks", "kit", "programme", "began")
    if any(getattr(before, name) != getattr(after, name) for name in settings):
        return True
    if after.coach not in (before.coach, CoachMode.OFF) or (before.over_pusher and not after.over_pusher):
        return True
    held = {row.name: row for row in (*before.rows, *before.floor)}
    olds, news = starts_of(before), starts_of(after)
    return any(
        row.name not in held
        or _row_asks_more(held[row.name], row)
        or raises(_start(held[row.name], olds), _start(row, news))
        for row in (*after.rows, *after.floor)
    )


def _start(row: Row, starts: dict[str, Dose]) -> Dose:
    return starts.get(row.name) or first_dose(row)


def _row_asks_more(before: Row, after: Row) -> bool:
    told = replace(
        after,
        order=before.order,
        sets=before.sets,
        reps=before.reps,
        rpe=before.rpe,
        hold_s=before.hold_s,
        duration_min=before.duration_min,
        times_per_day=before.times_per_day,
        load_kg=before.load_kg,
        ceiling_kg=before.ceiling_kg,
        rpe_cap=before.rpe_cap,
        rest_s=before.rest_s,
        note=before.note,
        source=before.source,
        ours=before.ours,
    )
    if told != before or bool(after.rpe) is not bool(before.rpe) or after.rest_s < before.rest_s:
        return True
    old, new = _numbers(before), _numbers(after)
    efforts = zip(before.rpe, after.rpe, strict=False)  # fewer sets have fewer efforts
    return any(_more(was, now) for was, now in zip(old, new, strict=True)) or any(
        _more(_high(was), _high(now)) for was, now in efforts
    )


def _high(effort: Span | None) -> Number:
    return None if effort is None else effort.high


def _numbers(row: Row) -> tuple[Number, ...]:
    load_kg = row.load_kg or (None, None)
    reps = (None, None) if row.reps is None else (row.reps.low, row.reps.high)
    caps = (row.ceiling_kg, row.rpe_cap)
    return (*row.sets, *reps, *load_kg, *caps, row.hold_s, row.duration_min, row.times_per_day)


def _more(was: Number, now: Number) -> bool:
    """Tell whether a number went up; where one came or went, what is asked is another thing, and may be more."""
    if was is None or now is None:
        return was is not now
    return now > was
