"""What the station measures: the patient's own activities by name, and which outcome measures it asks for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from flask import Flask, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from edge.prescription.plan import LONGEST_OWN, MOST_OWN, TESTS, Prescription
from edge.programme import PlanError, parse_prescription, write_prescription
from sync.panel.desk import Desk, desk
from sync.panel.plans import SAY_SAME, say_overtaken, sentence, typed_fields
from sync.panel.typed_rows import Typed
from sync.panel.words import asked, measure_name

OWN = tuple(f"own_{number}" for number in range(1, MOST_OWN + 1))


def init_app(app: Flask) -> None:
    """``app`` lets a clinician say what is measured."""
    app.add_url_rule("/patients/<id:patient_id>/plan/measures", "measures", change, methods=["GET", "POST"])


def change(patient_id: str) -> ResponseReturnValue:
    """Show what is measured, or check it and keep it in the draft."""
    here = desk(patient_id)
    plan = here.plan()
    if request.method == "GET":
        return _form(here, _written(plan), {})
    typed = typed_fields((*OWN, *TESTS))
    if not here.same_form() and here.present:
        return _form(here, _written(plan), {"form": say_overtaken(here.present)}), 409
    changed, errors = with_measures(plan, typed)
    if changed is None or (fault := here.keep(changed)):
        return _form(here, typed, errors or {"form": fault}), 422
    return redirect(url_for("plan", patient_id=patient_id, _anchor="changes"), 303)


def _form(here: Desk, typed: Typed, errors: Mapping[str, str]) -> str:
    return render_template(
        "measures.html",
        row=here.row,
        here=here,
        plan=here.plan(),
        own=OWN,
        tests=[(key, measure_name(key)) for key in TESTS],
        longest_own=LONGEST_OWN,
        typed=typed,
        errors=errors,
        labels={key: f"Activity {number}" for number, key in enumerate(OWN, 1)},
    )


def _written(plan: Prescription) -> dict[str, str]:
    names = dict(zip(OWN, plan.own_activities, strict=False))
    return {
        **{key: names.get(key, "") for key in OWN},
        **{key: "on" if key in asked(plan) else "" for key in TESTS},
    }


def with_measures(plan: Prescription, typed: Typed) -> tuple[Prescription | None, dict[str, str]]:
    """Return the plan with what is to be measured, or None and one sentence for each field that is wrong.

    An activity stays in its place: its results are told apart by its wording.
    """
    errors: dict[str, str] = {}
    for key in OWN:
        if len(typed[key]) > LONGEST_OWN:
            errors[key] = f"Write at most {LONGEST_OWN} characters: one line of the station's screen."
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
