"""The draft of a plan: its rows in order, what is different from the version in force, and the signature under it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from flask import Flask, abort, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from edge.prescription.amend import Group, companions, groups, joined, moved, put, unlike, without
from edge.prescription.kit import fitted
from edge.prescription.limits import thresholds
from edge.prescription.plan import Prescription
from edge.prescription.row import Row
from sync.panel import plans
from sync.panel.db import connection, writing
from sync.panel.desk import Desk, desk
from sync.panel.doses import same_dose
from sync.panel.plan_changes import changes, when
from sync.panel.plans import LONGEST_REASON, check_reason, to_plan, typed_fields, version_of
from sync.panel.proposals import doses_now
from sync.panel.typed_rows import span_text
from sync.panel.words import exercise_name, exercises_of
from sync.store.drafts import drafting, drop_draft

STEPS = {"up": -1, "down": 1}
NAME = re.compile(r"[a-z0-9_]{1,40}")
WHOLE_IN_WORDS = {
    "kit": "the kit",
    "floor": "the gentle routine",
    "blocks": "how often it is trained",
    "coach": "the coach",
}
SAY_LAST = "Not done: a plan needs a row. Add another one first, then remove this one."
SAY_NOTHING = "Nothing was signed: nothing is different from the plan in force."
SAY_OTHER = "Nothing was done: another version of the plan is being changed by now. This is how it stands."


def init_app(app: Flask) -> None:
    """``app`` lets a clinician look through a draft, order its rows, and sign it or throw it away."""
    path = "/patients/<id:patient_id>/plan"
    app.add_url_rule(path, "plan", show)
    app.add_url_rule(f"{path}/order", "plan_order", order, methods=["POST"])
    app.add_url_rule(f"{path}/sign", "plan_sign", sign, methods=["POST"])
    app.add_url_rule(f"{path}/discard", "plan_discard", discard, methods=["POST"])
    app.add_url_rule(f"{path}/join", "plan_join", join, methods=["POST"])
    app.add_url_rule(f"{path}/again", "plan_again", again, methods=["POST"])


@dataclass(frozen=True, slots=True)
class Line:
    """A row as the page shows it. ``state`` is "new", "changed" or ""; ``without_kit`` says what is done instead."""

    row: Row
    state: str
    without_kit: str
    now: str
    """The dose the patient is at, where it is another than the row begins with."""
    begins: bool
    """True where the dose begins again as the row is written."""


@dataclass(frozen=True, slots=True)
class Day:
    """The rows that are done together; ``place`` leads back to them in an address."""

    title: str
    place: dict[str, str]
    lines: tuple[Line, ...]


def show(patient_id: str) -> ResponseReturnValue:
    """Show the draft, or the plan in force where nothing is changed yet."""
    here = desk(patient_id)
    if here.draft is None and here.in_force is None:
        return redirect(url_for("start", patient_id=patient_id), 303)
    return _page(here)


def _page(here: Desk, error: str = "", reason: str = "", reason_wrong: str = "") -> str:
    """Return the page; a ``reason`` that was typed stands there again."""
    plan = here.plan()
    doses = {} if here.draft and here.draft.anew else doses_now(here.row, here.present)
    base = version_of(connection(), here.row, here.base) if here.overtaken else here.in_force
    return render_template(
        "plan.html",
        row=here.row,
        here=here,
        plan=plan,
        days=[_day(plan, base, doses, group) for group in groups(plan)],
        gone=[row for row in base.rows if plan.row(row.name) is None] if base else [],
        # A programme begun anew is a plan of its own: told whole, not as what is different from another one.
        changes=changes(None if here.draft and here.draft.anew else base, plan) if here.draft else [],
        theirs=changes(base, here.in_force) if here.overtaken and base and here.in_force else [],
        lost=_lost(plan),
        others=drafting(connection(), here.row.id, g.clinician.id),
        error=error,
        typed={"reason": reason or (here.draft.reason if here.draft else "")},
        errors={"reason": reason_wrong} if reason_wrong else {},
        longest=LONGEST_REASON,
    )


def _day(plan: Prescription, base: Prescription | None, doses: Mapping[str, str], group: Group) -> Day:
    place = {"weeks": span_text(group.weeks), "day": str(group.day or "")}
    lines = tuple(_line(plan, base, row, doses.get(row.name, "")) for row in group.rows)
    return Day(when(group.weeks, group.day), place, lines)


def _line(plan: Prescription, base: Prescription | None, row: Row, now: str) -> Line:
    held = base.row(row.name) if base else None
    state = "new" if held is None else "changed" if set(unlike(held, row)) - {"order"} else ""
    instead = fitted(row, plan.kit)
    other = "" if instead is None else exercise_name(instead.exercise)
    said = f"{other} instead, to begin with as light as can be" if other else "left out"
    missing = instead is None or instead.exercise != row.exercise
    without_kit = f"Not with the kit owned: {said}." if missing else ""
    return Line(row, state, without_kit, now, not same_dose(held, row))


# ---- order --------------------------------------------------------------------------------------------------


def order(patient_id: str) -> ResponseReturnValue:
    """Move a row up or down, take it out, or put it back as it is in force: ``do`` is as ``up:band_row``."""
    here = desk(patient_id)
    plan = here.plan()
    if not here.same_form():
        return _page(here, SAY_OTHER), 409
    what, _, name = request.form.get("do", "").partition(":")
    new = _done(here, plan, what, name)
    if not new.rows:
        return _page(here, SAY_LAST), 422
    if fault := here.keep(new):
        return _page(here, fault), 422
    return redirect(url_for("plan", patient_id=patient_id, _anchor="rows"), 303)


def _done(here: Desk, plan: Prescription, what: str, name: str) -> Prescription:
    if what in STEPS and plan.row(name):
        return moved(plan, name, STEPS[what])
    if what == "remove" and plan.row(name):
        return without(plan, name)
    if what != "back":
        abort(400)
    return _back(here, plan, name)


def _back(here: Desk, plan: Prescription, name: str) -> Prescription:
    """Return the plan with a row as the version has it that is being changed, and its back-off sets with it."""
    base = version_of(connection(), here.row, here.base)
    held = base.row(name) if base else None
    if base is None or held is None:
        return without(plan, name)
    for row in (held, *companions(base, held)):
        plan = put(plan, row)
    return plan


# ---- the end of a draft -------------------------------------------------------------------------------------


def sign(patient_id: str) -> ResponseReturnValue:
    """Sign the draft and send it as the next version, unless somebody else wrote one meanwhile."""
    here = desk(patient_id)
    typed = typed_fields(())
    if here.draft is None:
        return _page(here, SAY_NOTHING, typed["reason"]), 409
    errors: dict[str, str] = {}
    check_reason(typed, errors)
    if errors:
        return _page(here, "", typed["reason"], errors["reason"]), 422
    here.keep(here.draft.plan, reason=typed["reason"])
    if here.overtaken or not here.same_form() or request.form.get("seen") != here.draft.mark:
        return _page(desk(patient_id), "" if here.overtaken else SAY_OTHER), 409
    version = plans.write(here.draft.plan, here.base, typed["reason"], anew=here.draft.anew, drafted=True)
    if version is None:
        connection().rollback()  # what this request has read so far is older than what overtook it
        return _page(desk(patient_id)), 409
    return to_plan(patient_id, signed=version)


def discard(patient_id: str) -> ResponseReturnValue:
    """Throw the draft away; the plan in force stays as it is."""
    desk(patient_id)
    with writing() as db:
        drop_draft(db, g.clinician.id, patient_id)
    return to_plan(patient_id)


def join(patient_id: str) -> ResponseReturnValue:
    """Put the draft's changes on top of what somebody else wrote; where both changed a thing, theirs stays."""
    here = desk(patient_id)
    mine, theirs = here.draft, here.in_force
    base = version_of(connection(), here.row, here.base)
    if mine is None or theirs is None or not here.overtaken or (base is None and not mine.anew):
        return _page(here, SAY_OTHER), 409
    lost: tuple[str, ...] = ()
    plan = mine.plan
    if base is not None and not mine.anew:
        plan, lost = (both := joined(base, mine.plan, theirs)).plan, both.lost
    # Begun again from the newest version, it is kept against that one.
    if fault := Desk(here.row, here.present, None).keep(plan, anew=mine.anew, reason=mine.reason):
        return _page(here, fault), 422
    return redirect(url_for("plan", patient_id=patient_id, lost=",".join(lost), _anchor="changes"), 303)


def _lost(plan: Prescription) -> list[str]:
    """Return what an address says was not taken over, in words."""
    names = [name for name in request.args.get("lost", "").split(",") if NAME.fullmatch(name)]
    rows = {row.name: exercises_of(row) for row in plan.rows}
    known = WHOLE_IN_WORDS | {key: one.label for key, one in thresholds().items()} | rows
    return [known.get(name, name.replace("_", " ")) for name in names]


def again(patient_id: str) -> ResponseReturnValue:
    """Begin a draft from the newest version that can be read, where the one in force cannot."""
    here = desk(patient_id)
    present = here.present
    if present is None or present.plan is not None or present.readable is None or not here.same_form():
        abort(409)
    plan = version_of(connection(), here.row, present.readable) or abort(404)
    if here.keep(plan):
        abort(409)
    return redirect(url_for("plan", patient_id=patient_id, _anchor="changes"), 303)
