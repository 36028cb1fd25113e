"""A new plan from one of the programmes that are shipped."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Flask, abort, render_template, request
from flask.typing import ResponseReturnValue

from edge.library import Kit
from edge.prescription.plan import KitOwned, Prescription
from edge.prescription.programmes import MODIFICATIONS, Programme, begin, programmes
from sync.panel import queries
from sync.panel.db import connection
from sync.panel.plan_limits import attempt, day_of
from sync.panel.plans import (
    LONGEST_REASON,
    PresentPlan,
    check_reason,
    present_plan,
    say_overtaken,
    to_plan,
    today,
    typed_fields,
    write,
)
from sync.panel.queries import Found
from sync.panel.typed_rows import Typed

KIT_WITH_WEIGHTS = (Kit.KETTLEBELL, Kit.DUMBBELL)

SAY_PROGRAMME = "Choose one of the programmes."
SAY_WEIGHTS = "Write the weights in kg with commas between them, as 8, 12, 16."


def init_app(app: Flask) -> None:
    """``app`` lets a clinician begin a programme."""
    app.add_url_rule("/patients/<id:patient_id>/plan/start", "start", start, methods=["GET", "POST"])


def start(patient_id: str) -> ResponseReturnValue:
    """Show the programmes there are, or begin one as the next version of the plan."""
    row = queries.one_patient(connection(), patient_id) or abort(404)
    if row.station_id is None:
        abort(404)
    present = present_plan(connection(), row)
    base = present.newest.number if present else 0
    if request.method == "GET":
        return _start_form(row, present, {"first_day": today().isoformat(), "reason": ""}, {})
    names = ("programme", "first_day", *(f"kit_{item}" for item in Kit), *(f"kg_{item}" for item in KIT_WITH_WEIGHTS))
    typed = typed_fields(names)
    if present is not None and request.form.get("base_version") != str(base):
        return _start_form(row, present, typed, {"form": say_overtaken(present)}), 409
    plan, errors = begun(row, present.plan if present else None, typed)
    if plan is None:
        return _start_form(row, present, typed, errors), 422
    if not write(plan, base, typed["reason"], anew=True):
        connection().rollback()
        now = present_plan(connection(), row) or abort(409)
        return _start_form(row, now, typed, {"form": say_overtaken(now)}), 409
    return to_plan(patient_id)


def _start_form(row: Found, present: PresentPlan | None, typed: Typed, errors: Mapping[str, str]) -> str:
    return render_template(
        "start.html",
        row=row,
        present=present,
        programmes=[one for one in programmes().values() if one.name != MODIFICATIONS],
        kit=list(Kit),
        weighed=KIT_WITH_WEIGHTS,
        typed=typed,
        errors=errors,
        longest=LONGEST_REASON,
    )


def begun(row: Found, before: Prescription | None, typed: Typed) -> tuple[Prescription | None, dict[str, str]]:
    """Return the plan that begins the chosen programme, or None and one sentence for each field that is wrong.

    Limits, the coach's mode, whether the patient pushes too hard, and what is measured stay as they were before.
    """
    errors: dict[str, str] = {}
    template = attempt(errors, "programme", _template, typed["programme"])
    first_day = attempt(errors, "first_day", day_of, typed["first_day"])
    kit = _kit(typed, errors)
    check_reason(typed, errors)
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


def _kit(typed: Typed, errors: dict[str, str]) -> KitOwned | None:
    """Return what is owned; None where nothing was ticked, because then nobody said."""
    owned = [item for item in Kit if typed[f"kit_{item}"]]
    weights = {item: attempt(errors, f"kg_{item}", _weights, typed[f"kg_{item}"]) for item in KIT_WITH_WEIGHTS}
    return {item: weights.get(item) or () for item in owned} or None


def _weights(text: str) -> tuple[float, ...]:
    try:
        found = sorted(float(part) for part in text.split(",") if part.strip())
    except ValueError:
        raise ValueError(SAY_WEIGHTS) from None
    if not all(0 < kg <= 100 for kg in found) or len(found) > 40:
        raise ValueError(SAY_WEIGHTS)
    return tuple(found)
