"""What the station measures: the patient's own activities by name, and which outcome measures it asks for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from flask import Flask, abort, render_template, request
from flask.typing import ResponseReturnValue

from edge.care.outcomes import measures
from edge.prescription.plan import LONGEST_OWN, MOST_OWN, TESTS, Prescription
from edge.programme import PlanError, parse_prescription, write_prescription
from sync.panel import queries
from sync.panel.db import connection
from sync.panel.plans import (
    LONGEST_REASON,
    SAY_SAME,
    PresentPlan,
    check_reason,
    present_plan,
    say_overtaken,
    sentence,
    to_plan,
    typed_fields,
    write,
)
from sync.panel.queries import Found
from sync.panel.typed_rows import Typed

OWN = tuple(f"own_{number}" for number in range(1, MOST_OWN + 1))


def init_app(app: Flask) -> None:
    """``app`` lets a clinician say what is measured."""
    app.add_url_rule("/patients/<id:patient_id>/plan/measures", "measures", change, methods=["GET", "POST"])


def change(patient_id: str) -> ResponseReturnValue:
    """Show what is measured, or check it and write the next version of the plan."""
    row = queries.one_patient(connection(), patient_id) or abort(404)
    present = present_plan(connection(), row) or abort(404)
    if request.method == "GET":
        return _form(row, present, _written(present.plan), {})
    typed = typed_fields((*OWN, *TESTS))
    if request.form.get("base_version") != str(present.newest.number):
        shown = {**_written(present.plan), "reason": typed["reason"]}
        return _form(row, present, shown, {"form": say_overtaken(present)}), 409
    plan, errors = with_measures(present.plan, typed)
    if plan is None:
        return _form(row, present, typed, errors), 422
    if not write(plan, present.newest.number, typed["reason"]):
        connection().rollback()
        now = present_plan(connection(), row) or present
        return _form(row, now, _written(now.plan), {"form": say_overtaken(now)}), 409
    return to_plan(patient_id)


def _form(row: Found, present: PresentPlan, typed: Typed, errors: Mapping[str, str]) -> str:
    return render_template(
        "measures.html",
        row=row,
        present=present,
        own=OWN,
        tests=[(key, "Own activities" if key == "function" else measures()[key].label) for key in TESTS],
        longest_own=LONGEST_OWN,
        typed=typed,
        errors=errors,
        longest=LONGEST_REASON,
    )


def asked(plan: Prescription) -> tuple[str, ...]:
    """Return the measures a station asks for under a plan."""
    return tuple(key for key in TESTS if (key in plan.tests if plan.tests is not None else measures()[key].at_home))


def _written(plan: Prescription) -> dict[str, str]:
    names = dict(zip(OWN, plan.own_activities, strict=False))
    return {
        **{key: names.get(key, "") for key in OWN},
        **{key: "on" if key in asked(plan) else "" for key in TESTS},
        "reason": "",
    }


def with_measures(plan: Prescription, typed: Typed) -> tuple[Prescription | None, dict[str, str]]:
    """Return the plan with what is to be measured, or None and one sentence for each field that is wrong.

    An activity stays in its place: its results are told apart by its wording.
    """
    errors: dict[str, str] = {}
    for key in OWN:
        if len(typed[key]) > LONGEST_OWN:
            errors[key] = f"Write at most {LONGEST_OWN} characters: one line of the station's screen."
    check_reason(typed, errors)
    tests = tuple(key for key in TESTS if typed[key] == "on")
    own = tuple(typed[key] for key in OWN if typed[key])
    new = replace(plan, own_activities=own, tests=plan.tests if tests == asked(plan) else tests)
    if not errors and new == plan:
        errors["form"] = SAY_SAME
    if not errors:
        try:
            parse_prescription(write_prescription(new))
        except PlanError as exc:
            errors["form"] = sentence(str(exc))
    return (None, errors) if errors else (new, {})
