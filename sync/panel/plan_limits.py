"""What is true for a whole plan: its thresholds, how long it is good for, and what the coach may do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from itertools import cycle
from typing import TypeVar

from flask import Flask, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from edge.prescription.limits import Limits, Threshold, thresholds
from edge.prescription.plan import CoachMode, Prescription
from edge.programme import PlanError, parse_prescription, write_prescription
from sync.panel import typed_blocks
from sync.panel.desk import Desk, desk
from sync.panel.plans import SAY_SAME, say_overtaken, sentence, today, typed_fields
from sync.panel.typed_rows import Typed

T = TypeVar("T")

LONGEST_PLAN = timedelta(weeks=26)
"""No plan is good for longer than half a year. Our limit."""
SETTINGS = ("valid_until", "coach", "over_pusher")

SAY_DATE = "Write the date as year-month-day, as 2027-01-31."
SAY_COACH = "Choose one of the modes."


def init_app(app: Flask) -> None:
    """``app`` lets a clinician change the limits of a plan."""
    app.add_url_rule("/patients/<id:patient_id>/plan/limits", "limits", limits, methods=["GET", "POST"])


def limits(patient_id: str) -> ResponseReturnValue:
    """Show every threshold with its hard limits, or check them and keep them in the draft."""
    here = desk(patient_id)
    plan = here.plan()
    if request.method == "GET":
        return _limits_form(here, _limits_as(plan), {})
    typed = typed_fields((*SETTINGS, *thresholds(), *typed_blocks.names(plan)))
    if not here.same_form() and here.present:
        return _limits_form(here, _limits_as(plan), {"form": say_overtaken(here.present)}), 409
    changed, errors = with_limits(plan, typed)
    if changed is None or (fault := here.keep(changed)):
        return _limits_form(here, typed, errors or {"form": fault}), 422
    return redirect(url_for("plan", patient_id=patient_id, _anchor="changes"), 303)


def _limits_form(here: Desk, typed: Typed, errors: Mapping[str, str]) -> str:
    plan = here.plan()
    return render_template(
        "limits.html",
        row=here.row,
        here=here,
        plan=plan,
        groups=_groups(),
        fields=typed_blocks.FIELDS,
        modes=list(CoachMode),
        own_ceilings=[row for row in plan.rows if row.ceiling_kg is not None],
        typed=typed,
        errors=errors,
        labels=_labels(plan),
    )


def _labels(plan: Prescription) -> dict[str, str]:
    """Return what each field is called."""
    blocks = {
        name: field.label for name, field in zip(typed_blocks.names(plan), cycle(typed_blocks.FIELDS), strict=False)
    }
    settings = {"valid_until": "The plan is good until", "coach": "The coach", "over_pusher": "Pushes too hard"}
    return settings | blocks | {key: one.label for key, one in thresholds().items()}


def _groups() -> Mapping[str, list[Threshold]]:
    """Return the thresholds by group, both in the order of the file."""
    groups: dict[str, list[Threshold]] = {}
    for one in thresholds().values():
        groups.setdefault(one.group, []).append(one)
    return groups


def _limits_as(plan: Prescription) -> dict[str, str]:
    return {
        "valid_until": plan.valid_until.isoformat() if plan.valid_until else "",
        "coach": str(plan.coach),
        "over_pusher": "on" if plan.over_pusher else "",
        **typed_blocks.written(plan),
        **{key: f"{value:g}" for key, value in plan.limits.items()},
    }


def with_limits(plan: Prescription, typed: Typed) -> tuple[Prescription | None, dict[str, str]]:
    """Return the plan with the typed limits and settings, or None and one sentence for each field that is wrong."""
    errors: dict[str, str] = {}
    values = {key: attempt(errors, key, partial(_limit, key), typed[key]) for key in thresholds()}
    until = attempt(errors, "valid_until", _last_day, typed["valid_until"])
    coach = attempt(errors, "coach", _mode, typed["coach"])
    changed_plan = typed_blocks.read(plan, typed, errors)
    if errors or coach is None:
        return None, errors
    changed = {
        key: value for key, value in values.items() if value is not None and value != thresholds()[key].default
    }
    pusher = typed["over_pusher"] == "on"
    new = replace(changed_plan, limits=Limits(changed), valid_until=until, coach=coach, over_pusher=pusher)
    if new == plan:
        return None, {"form": SAY_SAME}
    try:
        parse_prescription(write_prescription(new))
    except PlanError as exc:
        return None, {"form": sentence(str(exc))}
    return new, {}


def attempt(errors: dict[str, str], name: str, read: Callable[[str], T], text: str) -> T | None:
    """Return what a field holds; where it cannot be read, None, and its sentence in ``errors``."""
    try:
        return read(text)
    except ValueError as exc:
        errors[name] = str(exc)
        return None


def _limit(key: str, text: str) -> float:
    known = thresholds()[key]
    try:
        return known.check(float(text.replace(",", ".")))
    except ValueError:
        raise ValueError(f"Write a number from {known.min:g} to {known.max:g} {known.unit}.") from None


def _last_day(text: str) -> date | None:
    if not text:
        return None
    day, latest = day_of(text), today() + LONGEST_PLAN
    if day > latest:
        raise ValueError(f"Write a day up to {latest}. A plan is good for half a year at most.")
    return day


def day_of(text: str) -> date:
    """Return a date as it is typed. Raises ValueError with the sentence for people."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError(SAY_DATE) from None


def _mode(text: str) -> CoachMode:
    if text not in {*CoachMode}:
        raise ValueError(SAY_COACH)
    return CoachMode(text)
