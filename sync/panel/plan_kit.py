"""What the patient owns, and the gentle routine that is left when a plan has run out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from flask import Flask, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from edge.library import Kit
from edge.prescription.plan import Prescription
from sync.panel import typed_kit
from sync.panel.desk import Desk, desk
from sync.panel.plans import SAY_SAME, say_overtaken, typed_fields
from sync.panel.typed_rows import Typed


def init_app(app: Flask) -> None:
    """``app`` lets a clinician say what a patient owns, and choose the gentle routine."""
    app.add_url_rule("/patients/<id:patient_id>/plan/kit", "plan_kit", kit, methods=["GET", "POST"])


def kit(patient_id: str) -> ResponseReturnValue:
    """Show kit and gentle routine, or check what was ticked and keep it in the draft."""
    here = desk(patient_id)
    plan = here.plan()
    if request.method == "GET":
        return _form(here, _typed_as(plan), {})
    names = (*typed_kit.FIELDS, *(f"floor_{row.name}" for row in typed_kit.gentle_rows(plan)))
    typed = typed_fields(names)
    if not here.same_form() and here.present:
        return _form(here, _typed_as(plan), {"form": say_overtaken(here.present)}), 409
    errors: dict[str, str] = {}
    new = changed(plan, typed, errors)
    if not errors and new == plan:
        errors["form"] = SAY_SAME
    if errors or (fault := here.keep(new)):
        return _form(here, typed, errors or {"form": fault}), 422
    return redirect(url_for("plan", patient_id=patient_id, _anchor="changes"), 303)


def changed(plan: Prescription, typed: Typed, errors: dict[str, str]) -> Prescription:
    """Return the plan with the kit and gentle routine that were ticked; ``errors`` gets what cannot be read."""
    owned = typed_kit.read(typed, errors, plan.kit)
    chosen = [row for row in typed_kit.gentle_rows(plan) if typed[f"floor_{row.name}"]]
    same = [row.name for row in chosen] == [row.name for row in plan.floor]
    floor = plan.floor if same else tuple(replace(row, order=order) for order, row in enumerate(chosen, 1))
    return replace(plan, kit=owned, floor=floor)


def _typed_as(plan: Prescription) -> dict[str, str]:
    held = {row.name for row in plan.floor}
    ticks = {f"floor_{row.name}": "on" if row.name in held else "" for row in typed_kit.gentle_rows(plan)}
    return typed_kit.written(plan.kit) | ticks


def _form(here: Desk, typed: Typed, errors: Mapping[str, str]) -> str:
    return render_template(
        "kit.html",
        row=here.row,
        here=here,
        kit=list(Kit),
        weighed=typed_kit.WEIGHED,
        gentle=typed_kit.gentle_rows(here.plan()),
        grace_days=here.plan().limits["grace_days"],
        typed=typed,
        errors=errors,
        labels={f"kg_{item}": f"Weights of the {item}s" for item in typed_kit.WEIGHED},
    )
