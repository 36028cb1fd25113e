"""Prescriptions as they travel: read and checked in one place, for the panel that writes and the station that obeys.

A plan that breaks a rule is refused whole, with one sentence; whoever holds the last good one keeps it.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from edge.library import Kit, Purpose, exercise
from edge.prescription.form import (
    HEAVIEST_KG,
    BlockForm,
    FormError,
    Load,
    Name,
    RowForm,
    block_form,
    blocks_of,
    check_order,
    convert,
    form_of,
    rows_of,
)
from edge.prescription.limits import Limits
from edge.prescription.plan import (
    LONGEST_OWN,
    MOST_OWN,
    TESTS,
    WHOLE,
    CoachMode,
    KitOwned,
    Prescription,
    ceiling_of,
)
from edge.prescription.programmes import is_gentle
from edge.prescription.row import Row
from edge.records import Id

__all__ = ["HEAVIEST_KG", "PlanError", "parse_prescription", "write_prescription"]


class PlanError(ValueError):
    """A prescription that cannot be used; the message names the key, the value and what was expected."""


_Scalar = bool | int | Annotated[float, Meta(ge=0, le=1e4)] | Annotated[str, Meta(max_length=80)] | None
_Own = Annotated[str, Meta(min_length=1, max_length=LONGEST_OWN)]
_Dose = Annotated[dict[Name, _Scalar], Meta(max_length=12)]


class _Plan(Struct, forbid_unknown_fields=True, omit_defaults=True):
    version: Annotated[int, Meta(ge=1, le=1_000_000)]
    patient_id: Id
    station_id: Id
    first_name: Annotated[str, Meta(min_length=1, max_length=40)]
    issued_at: Annotated[str, Meta(min_length=10, max_length=40)]
    rows: Annotated[list[RowForm], Meta(min_length=1, max_length=100)]
    programme: Annotated[str, Meta(max_length=40)] = ""
    began: Annotated[int, Meta(ge=1, le=1_000_000)] = 1
    valid_from: date | None = None
    valid_until: date | None = None
    blocks: Annotated[list[BlockForm], Meta(max_length=12)] = []
    floor: Annotated[list[RowForm], Meta(max_length=20)] = []
    activities: Annotated[list[Name], Meta(max_length=20)] = []
    own_activities: Annotated[list[_Own], Meta(max_length=MOST_OWN)] = []
    tests: Annotated[list[Name], Meta(max_length=len(TESTS))] | None = None
    kit: dict[Kit, Annotated[list[Load], Meta(max_length=40)]] | None = None
    limits: dict[Name, float] = {}
    coach: CoachMode = CoachMode.OFF
    over_pusher: bool = False
    doses: Annotated[dict[Name, _Dose], Meta(max_length=100)] = {}


def parse_prescription(payload: bytes | str) -> Prescription:
    """Read a plan from JSON. Raises PlanError with one sentence for anything that is not a usable plan."""
    try:
        plain = msgspec.json.decode(payload)
        if isinstance(plain, dict) and "exercises" in plain:
            raise FormError("exercises is a form of before; expected rows")
        plan = _prescription(convert(plain, _Plan))
        _check_texts(plain)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ValueError) as exc:
        raise PlanError(f"prescription refused: {exc}") from None
    return plan


def _check_texts(said: object) -> None:
    """Refuse signs that no screen and no page can show: of a text that is nothing else, nothing could be drawn."""
    match said:
        case str() if not said.isprintable():
            raise FormError(f"text is {said:.40}; expected signs that can be shown".encode("unicode_escape").decode())
        case list():
            for one in said:
                _check_texts(one)
        case dict():
            for one in said.values():
                _check_texts(one)


def _prescription(form: _Plan) -> Prescription:
    plan = Prescription(
        version=form.version,
        patient_id=form.patient_id,
        station_id=form.station_id,
        first_name=form.first_name,
        issued_at=form.issued_at,
        rows=rows_of(form.rows, "rows"),
        programme=form.programme,
        began=form.began,
        valid_from=form.valid_from,
        valid_until=form.valid_until,
        blocks=blocks_of(form.blocks) or (WHOLE,),
        floor=rows_of(form.floor, "floor"),
        activities=tuple(form.activities),
        own_activities=tuple(form.own_activities),
        tests=None if form.tests is None else tuple(form.tests),
        kit=None if form.kit is None else _owned(form.kit),
        limits=Limits(form.limits),
        coach=form.coach,
        over_pusher=form.over_pusher,
        doses=dict(form.doses),
    )
    check(plan)
    return plan


def _owned(kit: dict[Kit, list[float]]) -> KitOwned:
    return {item: tuple(sorted(weights)) for item, weights in kit.items()}


def check(plan: Prescription) -> None:
    """Refuse what no single row can tell. Raises FormError naming key, value and what was expected."""
    if plan.began > plan.version:
        raise FormError(f"began is {plan.began}; expected at most the version, {plan.version}")
    if plan.valid_from and plan.valid_until and plan.valid_from > plan.valid_until:
        raise FormError(f"valid_until is {plan.valid_until}; expected {plan.valid_from} or later")
    for number, row in enumerate(plan.rows):
        _check_row(plan, row, f"rows[{number}]")
    check_order(plan.rows)
    for number, row in enumerate(plan.floor):
        if not is_gentle(row):
            raise FormError(f"floor[{number}]: {row.name} is no gentle row; expected no load, and effort up to 5")
    for key in plan.activities:
        if exercise(key).purpose is not Purpose.ACTIVITY:
            raise FormError(f"activities is {key!r}; expected exercises whose purpose is activity")
    for name in plan.own_activities:
        if not name.isprintable() or name != " ".join(name.split()) or plan.own_activities.count(name) > 1:
            raise FormError(f"own_activities is {name!r}; expected one line of text, each activity once")
    for test in plan.tests or ():
        if test not in TESTS:
            raise FormError(f"tests is {test!r}; expected some of {', '.join(TESTS)}")


def _check_row(plan: Prescription, row: Row, where: str) -> None:
    if row.load_kg is not None and row.load_kg[1] > plan.ceiling_kg(row):
        raise FormError(
            f"{where}: load_kg is {list(row.load_kg)}; expected at most the ceiling, {plan.ceiling_kg(row):g} kg"
        )
    hard = ceiling_of(row.exercise)
    if row.ceiling_kg is not None and row.ceiling_kg > hard.max:
        raise FormError(f"{where}: ceiling_kg is {row.ceiling_kg:g}; expected at most {hard.max:g} kg with its kit")
    least = min(plan.block_of(week).sessions_per_day for week in row.weeks or (1, plan.weeks))
    if row.times_per_day > least:
        raise FormError(f"{where}: times_per_day is {row.times_per_day}; expected at most {least}, its block's")
    if row.weeks is not None and row.weeks.high > plan.weeks:
        raise FormError(f"{where}: weeks is {list(row.weeks)}; expected weeks 1 to {plan.weeks}")


def write_prescription(plan: Prescription) -> str:
    """Return the plan as the JSON that :func:`parse_prescription` reads back to an equal plan."""
    form = _Plan(
        version=plan.version,
        patient_id=plan.patient_id,
        station_id=plan.station_id,
        first_name=plan.first_name,
        issued_at=plan.issued_at,
        rows=[form_of(row) for row in plan.rows],
        programme=plan.programme,
        began=plan.began,
        valid_from=plan.valid_from,
        valid_until=plan.valid_until,
        blocks=[] if plan.blocks == (WHOLE,) else [block_form(block) for block in plan.blocks],
        floor=[form_of(row) for row in plan.floor],
        activities=list(plan.activities),
        own_activities=list(plan.own_activities),
        tests=None if plan.tests is None else list(plan.tests),
        kit=None if plan.kit is None else {item: list(weights) for item, weights in plan.kit.items()},
        limits=dict(plan.limits.changed),
        coach=plan.coach,
        over_pusher=plan.over_pusher,
        doses={name: dict(dose) for name, dose in plan.doses.items()},
    )
    return msgspec.json.encode(form).decode()
