"""Prescriptions as they travel: read and checked in one place, for the panel that writes and the station that obeys.

A plan that breaks a rule is refused whole, with one sentence; whoever holds the last good one keeps it.
"""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from edge.library import exercise
from edge.model import PlannedExercise, Prescription
from edge.records import Id
from edge.tempo import parse_tempo

HEAVIEST_KG = 100.0
"""No plan may ask for more: far above any band or bell of the rigs. Our limit."""


class PlanError(ValueError):
    """A prescription that cannot be used; the message names the key, the value and what was expected."""


class _Line(Struct, forbid_unknown_fields=True):
    exercise: Annotated[str, Meta(max_length=40)]
    sets: Annotated[int, Meta(ge=1, le=10)]
    reps: Annotated[int, Meta(ge=1, le=50)]
    tempo: Annotated[str, Meta(max_length=40)]
    load_kg: tuple[float, float] | None
    rest_s: Annotated[float, Meta(ge=5, le=600)]


class _Plan(Struct, forbid_unknown_fields=True):
    version: Annotated[int, Meta(ge=1, le=1_000_000)]
    patient_id: Id
    station_id: Id
    first_name: Annotated[str, Meta(min_length=1, max_length=40)]
    issued_at: Annotated[str, Meta(min_length=10, max_length=40)]
    exercises: Annotated[list[_Line], Meta(min_length=1, max_length=20)]


_decoder = msgspec.json.Decoder(_Plan)


def parse_prescription(payload: bytes | str) -> Prescription:
    """Read a plan from JSON. Raises PlanError with one sentence for anything that is not a usable plan."""
    try:
        plan = _decoder.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as exc:
        raise PlanError(f"prescription refused: {exc}") from None
    lines = tuple(_planned(order, line) for order, line in enumerate(plan.exercises, 1))
    return Prescription(plan.version, plan.patient_id, plan.station_id, plan.first_name, plan.issued_at, lines)


def _planned(order: int, line: _Line) -> PlannedExercise:
    try:
        known = exercise(line.exercise)
        tempo = parse_tempo(line.tempo)
    except ValueError as exc:
        raise PlanError(f"prescription refused: exercises[{order - 1}]: {exc}") from None
    if line.load_kg is not None and not 0 <= line.load_kg[0] <= line.load_kg[1] <= HEAVIEST_KG:
        raise PlanError(
            f"prescription refused: exercises[{order - 1}] load_kg is {list(line.load_kg)}; "
            f"expected [low, high] with 0 <= low <= high <= {HEAVIEST_KG:g}"
        )
    return PlannedExercise(order, known.key, line.sets, line.reps, tempo, line.load_kg, line.rest_s)


def write_prescription(plan: Prescription) -> str:
    """Return the plan as the JSON that :func:`parse_prescription` reads back to an equal plan."""
    return msgspec.json.encode(
        _Plan(
            plan.version,
            plan.patient_id,
            plan.station_id,
            plan.first_name,
            plan.issued_at,
            [
                _Line(line.exercise, line.sets, line.reps, line.tempo.text, line.load_kg, line.rest_s)
                for line in plan.exercises
            ],
        )
    ).decode()
