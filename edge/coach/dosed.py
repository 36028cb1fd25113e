"""The day's routine with the doses in force: what the coach may change of it, and nothing above the plan."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from math import floor

from edge.coach.dose import Dose, first_dose
from edge.coach.terms import Terms
from edge.history.facts import SetFact
from edge.library import exercise
from edge.model import Phase, PlannedExercise, StopReason
from edge.prescription.lines import Routine, back_off_kg, capped
from edge.prescription.plan import CoachMode, Prescription
from edge.prescription.row import Role, Row
from edge.prescription.starting import loads_of, starting_load
from edge.tempo import UNSAID, parse_tempo

ACTS = (CoachMode.PROPOSE, CoachMode.APPLY)
"""Modes in which a dose may differ from the plan's."""


def dosed(routine: Routine, plan: Prescription, terms: Terms, doses: Mapping[str, Dose]) -> Routine:
    """Return the routine with today's ``doses``, by row; a line whose dose is the plan's own stays as it is.

    A row whose dose has no sets is left out. The gentle routine is nobody's to change.
    """
    if terms.mode not in ACTS or routine.gentle:
        return routine
    rows = {row.name: row for row in terms.rows}
    lines = []
    for line in routine.lines:
        row, dose = rows.get(line.row), doses.get(line.row)
        if row is None or dose is None or dose == first_dose(row):
            lines.append(line)
        elif dose.sets:
            lines.append(_dosed(line, plan, row, dose, first_week=routine.first_week))
    return replace(routine, lines=tuple(lines))


def _dosed(line: PlannedExercise, plan: Prescription, row: Row, dose: Dose, *, first_week: bool) -> PlannedExercise:
    """Return one line with its dose. Exercises that belong together share the numbers, each with its own tempo."""
    key = dose.exercise if line.exercise == row.exercise else line.exercise
    known = exercise(key)
    tempo = row.tempo if dose.tempo == row.tempo.text else parse_tempo(dose.tempo) if dose.tempo else UNSAID
    cap = floor(plan.effort_cap(row, key, first_week=first_week))
    return replace(
        line,
        exercise=key,
        sets=dose.sets,
        reps=dose.reps,
        tempo=tempo.placed(starts_concentric=known.starts_with is Phase.CONCENTRIC),
        load_kg=_load(line, dose) if dose.exercise == row.exercise else starting_load(plan, row.name, key),
        rpe=tuple(None if one is None else capped(one, cap) for one in row.rpe[: dose.sets]),
        hold_s=dose.hold_s,
        duration_min=dose.duration_min,
        range_share=dose.range_share,
        instead_of=line.instead_of if key == line.exercise else line.instead_of or line.exercise,
    )


def _load(line: PlannedExercise, dose: Dose) -> tuple[float, float] | None:
    """Return the band of the load: of a pull as wide as the plan's, under its upper end; of a weight that one weight.

    The plan's first weight leaves its band open.
    """
    if dose.load_kg is None or line.load_kg is None:
        return None
    low, high = line.load_kg
    if exercise(line.exercise).driver == "force":
        return dose.load_kg, max(dose.load_kg, min(high, dose.load_kg + high - low))
    return line.load_kg if dose.load_kg == low else (dose.load_kg, dose.load_kg)


def backed_off(routine: Routine, plan: Prescription, done: Iterable[SetFact]) -> Routine:
    """Return the routine with the load of its back-off sets, which follows from the last top set ``done``.

    That is what was really lifted, at most what was planned, or the lower end of what was planned where nobody knows.
    Lines whose top set is not done yet, or had no load, stay as they are.
    """
    done = tuple(done)
    lines: list[PlannedExercise] = []
    for line in routine.lines:
        top = next((one for one in reversed(lines) if one.order == line.order and one.load_drop_pct is None), None)
        lines.append(line if top is None or line.role is not Role.BACK_OFF else _lighter(line, top, done, plan))
    return replace(routine, lines=tuple(lines))


def _lighter(
    line: PlannedExercise, top: PlannedExercise, done: Sequence[SetFact], plan: Prescription
) -> PlannedExercise:
    drop_pct, band = line.load_drop_pct, top.load_kg
    tops = [one for one in done if one.row == top.row and one.stopped is not StopReason.SKIPPED]
    if drop_pct is None or band is None or not tops:
        return line
    if exercise(line.exercise).driver == "force":
        low_pct, high_pct = drop_pct
        return replace(line, load_kg=(band[0] * (1 - high_pct / 100), band[1] * (1 - low_pct / 100)))
    used_kg = tops[-1].load_kg
    top_kg = band[0] if used_kg is None else min(used_kg, band[1])
    lighter_kg = back_off_kg(top_kg, drop_pct, loads_of(line.exercise, plan.kit or {}))
    return line if lighter_kg is None else replace(line, load_kg=(lighter_kg, lighter_kg))
