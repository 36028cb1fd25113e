"""A new plan from one of the programmes that are shipped."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Flask, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from edge.library import Kit
from edge.prescription.plan import Prescription
from edge.prescription.programmes import MODIFICATIONS, Programme, begin, programmes
from sync.panel import typed_kit
from sync.panel.desk import Desk, desk
from sync.panel.plan_limits import attempt, day_of
from sync.panel.plans import say_overtaken, today, typed_fields
from sync.panel.queries import Found
from sync.panel.typed_rows import Typed

SAY_PROGRAMME = "Choose one of the programmes."


def init_app(app: Flask) -> None:
    """``app`` lets a clinician begin a programme."""
    app.add_url_rule("/patients/<id:patient_id>/plan/start", "start", start, methods=["GET", "POST"])


def start(patient_id: str) -> ResponseReturnValue:
    """Show the programmes there are, or keep one as the draft of the next version, to be changed and signed."""
    here = desk(patient_id)
    if request.method == "GET":
        before = here.last()
        kit = before.kit if before else None
        return _start_form(here, {"first_day": today().isoformat(), **typed_kit.written(kit)}, {})
    typed = typed_fields(("programme", "first_day", *typed_kit.FIELDS))
    if here.present and request.form.get("base_version") != str(here.newest):
        return _start_form(here, typed, {"form": say_overtaken(here.present)}), 409
    plan, errors = begun(here.row, here.last(), typed)
    if plan is None or (fault := here.keep(plan, anew=True)):
        return _start_form(here, typed, errors or {"form": fault}), 422
    return redirect(url_for("plan", patient_id=patient_id, _anchor="changes"), 303)


def _start_form(here: Desk, typed: Typed, errors: Mapping[str, str]) -> str:
    return render_template(
        "start.html",
        row=here.row,
        here=here,
        programmes=[one for one in programmes().values() if one.name != MODIFICATIONS],
        kit=list(Kit),
        weighed=typed_kit.WEIGHED,
        typed=typed,
        errors=errors,
        labels={"programme": "Programme", "first_day": "First day"}
        | {f"kg_{item}": f"Weights of the {item}s" for item in typed_kit.WEIGHED},
    )


def begun(row: Found, before: Prescription | None, typed: Typed) -> tuple[Prescription | None, dict[str, str]]:
    """Return the plan that begins the chosen programme, or None and one sentence for each field that is wrong.

    Limits, the coach's mode, whether the patient pushes too hard, and what is measured stay as they were before.
    """
    errors: dict[str, str] = {}
    template = attempt(errors, "programme", _template, typed["programme"])
    first_day = attempt(errors, "first_day", day_of, typed["first_day"])
    kit = typed_kit.read(typed, errors, before.kit if before else None)
    if errors or template is None or first_day is None:
        return None, errors
    kept: dict[str, Any] = {}
    if before is not None:
        kept = {key: getattr(before, key) for key in ("limits", "coach", "over_pusher", "own_activities", "tests")}
    return begin(template, row.id, row.station_id, row.first_name, str(first_day), first_day, kit=kit, **kept), {}


def _template(name: str) -> Programme:
    if name == MODIFICATIONS or name not in programmes():
        raise ValueError(SAY_PROGRAMME)
    return programmes()[name]
