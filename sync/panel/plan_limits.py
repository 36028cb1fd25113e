"""What is true for a whole plan: its thresholds, how long it is good for, and what the coach may do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from typing import TypeVar

from flask import Flask, abort, render_template, request
from flask.typing import ResponseReturnValue

from edge.prescription.limits import Limits, Threshold, thresholds
from edge.prescription.plan import CoachMode, Prescription
from edge.programme import PlanError, parse_prescription, write_prescription
from sync.panel import queries, typed_blocks
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
    today,
    typed_fields,
    write,
)
from sync.panel.queries import Found
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
    """Show every threshold with its hard limits, or check them and write the next version of the plan."""
    row = queries.one_patient(connection(), patient_id) or abort(404)
    present = present_plan(connection(), row) or abort(404)
    if request.method == "GET":
        return _limits_form(row, present, _limits_as(present.plan), {})
    typed = typed_fields((*SETTINGS, *thresholds(), *typed_blocks.names(present.plan)))
    if request.form.get("base_version") != str(present.newest.number):
        shown = {**_limits_as(present.plan), "reason": typed["reason"]}
        return _limits_form(row, present, shown, {"form": say_overtaken(present)}), 409
    plan, errors = with_limits(present.plan, typed)
    if plan is None:
        return _limits_form(row, present, typed, errors), 422
    if not write(plan, present.newest.number, typed["reason"]):
        connection().rollback()
        now = present_plan(connection(), row) or present
        return _limits_form(row, now, _limits_as(now.plan), {"form": say_overtaken(now)}), 409
    return to_plan(patient_id)


def _limits_form(row: Found, present: PresentPlan, typed: Typed, errors: Mapping[str, str]) -> str:
    return render_template(
        "limits.html",
        row=row,
        present=present,
        groups=_groups(),
        fields=typed_blocks.FIELDS,
        modes=list(CoachMode),
        typed=typed,
        errors=errors,
        longest=LONGEST_REASON,
    )


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
        "reason": "",
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
    check_reason(typed, errors)
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
