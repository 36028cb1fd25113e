"""One row of a plan: changed, or put in with an exercise that the patient's kit allows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from flask import Flask, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from edge.library import Exercise, Purpose, exercises
from edge.prescription.amend import added, companions, put, suggested
from edge.prescription.kit import fits
from edge.prescription.plan import Prescription
from edge.prescription.row import Role, Row, Span
from edge.programme import PlanError, parse_prescription, write_prescription
from sync.panel import typed_rows
from sync.panel.db import connection
from sync.panel.desk import Desk, desk
from sync.panel.plan_changes import when
from sync.panel.plans import SAY_SAME, present_plan, say_overtaken, sentence, typed_fields
from sync.panel.typed_rows import Typed

SHELVES = {
    Purpose.TRAINING: "Training",
    Purpose.MODIFICATION: "To ease symptoms",
    Purpose.TASK: "Tasks of work and daily life",
    Purpose.ACTIVITY: "For minutes, or outside",
}


def init_app(app: Flask) -> None:
    """``app`` lets a clinician change a row of a plan and add one."""
    app.add_url_rule("/patients/<id:patient_id>/plan/rows/<name>", "change", change, methods=["GET", "POST"])
    app.add_url_rule("/patients/<id:patient_id>/plan/add", "add_row", add, methods=["GET", "POST"])


def possible(plan: Prescription, *but: str) -> Mapping[str, list[Exercise]]:
    """Return the exercises that the kit owned allows, by what they are for and by name; ``but`` are there anyway."""
    shelves: dict[str, list[Exercise]] = {title: [] for title in SHELVES.values()}
    for one in sorted(exercises().values(), key=lambda each: each.name):
        if fits(one.key, plan.kit) or one.key in but:
            shelves[SHELVES[one.purpose]].append(one)
    return shelves


# ---- a row that is there ------------------------------------------------------------------------------------


def change(patient_id: str, name: str) -> ResponseReturnValue:
    """Show the form for one row, or check it and keep it in the draft."""
    here = desk(patient_id)
    line = here.plan().row(name) or abort(404)
    if request.method == "GET":
        return _form(here, line, typed_rows.written(line), {})
    typed = typed_fields(typed_rows.FIELDS, typed_rows.written(line))
    if not here.same_form():
        return _overtaken(here, line)
    plan, errors = checked(here.plan(), line, typed)
    if plan is None or (fault := here.keep(plan)):
        return _form(here, line, typed, errors or {"form": fault}), 422
    return _to_draft(patient_id)


def _to_draft(patient_id: str) -> ResponseReturnValue:
    return redirect(url_for("plan", patient_id=patient_id, _anchor="changes"), 303)


def _overtaken(here: Desk, line: Row) -> ResponseReturnValue:
    # Numbers typed for an older plan could undo what somebody else has just decided: none of them is kept.
    connection().rollback()
    present = present_plan(connection(), here.row) or abort(409)
    now_planned = here.plan().row(line.name) or line
    return _form(here, now_planned, typed_rows.written(now_planned), {"form": say_overtaken(present)}), 409


def checked(plan: Prescription, line: Row, typed: Typed) -> tuple[Prescription | None, dict[str, str]]:
    """Return the plan with the typed values in ``line``, or None and one sentence for each field that is wrong."""
    changed, errors = typed_rows.read(plan, line, typed)
    new = put(plan, typed_rows.credited(line, changed))
    _check(new, errors)
    if not errors and changed == line:
        errors["form"] = SAY_SAME
    return (None, errors) if errors else (new, {})


def _check(plan: Prescription, errors: dict[str, str]) -> None:
    """Note in ``errors`` what is wrong with a plan as a whole, where no field was."""
    if errors:
        return
    try:
        parse_prescription(write_prescription(plan))
    except PlanError as exc:
        errors["form"] = sentence(str(exc).removeprefix("prescription refused: "))


# ---- a row that is not there yet ----------------------------------------------------------------------------


def add(patient_id: str) -> ResponseReturnValue:
    """Show the exercises there are, then the form for the chosen one; or check it and keep the row in the draft."""
    here = desk(patient_id)
    plan = here.plan()
    key, weeks, day = _chosen(plan)
    if key is None:
        return _choice(here, weeks, day)
    line = suggested(plan, key, weeks, day)
    if request.method == "GET":
        return _form(here, line, typed_rows.written(line), {}, new=True)
    typed = typed_fields(typed_rows.FIELDS, typed_rows.written(line))
    if not here.same_form():
        return _form(here, line, typed, {"form": _say_added_elsewhere(here)}, new=True), 409
    row, errors = typed_rows.read(plan, line, typed)
    new = added(plan, typed_rows.credited(line, row))
    _check(new, errors)
    if errors or (fault := here.keep(new)):
        return _form(here, line, typed, errors or {"form": fault}, new=True), 422
    return _to_draft(patient_id)


def _say_added_elsewhere(here: Desk) -> str:
    return (
        f"Not saved: this form was opened on another version of the plan; plan {here.base} is being changed now. "
        "What you typed is still here. Check it, then send it again."
    )


def _chosen(plan: Prescription) -> tuple[str | None, Span | None, int | None]:
    """Return the exercise chosen by the address, None where it is none the kit allows, and its weeks and day."""
    key, held = request.args.get("exercise", ""), {(row.weeks, row.day) for row in plan.rows}
    found = exercises().get(key)
    text = request.args.get("weeks", ""), request.args.get("day", "")
    here = next((one for one in held if _as_text(*one) == text), (None, None))
    return (key if found and fits(key, plan.kit) else None), *here


def _as_text(weeks: Span | None, day: int | None) -> tuple[str, str]:
    return typed_rows.span_text(weeks), str(day or "")


def _choice(here: Desk, weeks: Span | None, day: int | None) -> ResponseReturnValue:
    plan = here.plan()
    shelves = possible(plan)
    return render_template(
        "add.html",
        row=here.row,
        plan=plan,
        shelves=shelves,
        left_out=len(exercises()) - sum(map(len, shelves.values())),
        place=dict(zip(("weeks", "day"), _as_text(weeks, day), strict=True)),
        when=when(weeks, day),
    )


# ---- the form -----------------------------------------------------------------------------------------------


def _form(here: Desk, line: Row, typed: Typed, errors: Mapping[str, str], *, new: bool = False) -> str:
    plan = here.plan()
    in_force = here.in_force.row(line.name) if here.in_force and not new else None
    return render_template(
        "change.html",
        row=here.row,
        here=here,
        line=line,
        new=new,
        held=typed_rows.written(in_force) if in_force else {},
        held_row=in_force,
        shelves=possible(plan, line.exercise, *line.alternatives, typed["exercise"]),
        roles={} if line.role is Role.BACK_OFF else typed_rows.ROLES,
        sides=typed_rows.SIDES,
        labels=typed_rows.LABELS | dict.fromkeys(typed_rows.ALTERNATIVES, "Alternative"),
        alternatives=typed_rows.ALTERNATIVES,
        typed=typed,
        said={**typed, "load_low_kg": f"{typed['load_low_kg'] or 'empty'} to {typed['load_high_kg'] or 'empty'}"},
        errors=errors,
        weeks=plan.weeks,
        ceiling_kg=plan.ceiling_kg(line),
        plan_ceiling_kg=plan.ceiling_kg(replace(line, ceiling_kg=None)),
        plan_rpe_cap=plan.effort_cap(replace(line, rpe_cap=None)),
        follow=companions(plan, line),
    )
