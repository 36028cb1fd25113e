"""The plan: what is asked of a patient now, how far it has come to the station, and how a clinician changes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

from flask import Flask, abort, current_app, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import Connection

from edge.library import exercises
from edge.prescription.plan import Prescription
from edge.prescription.row import Row
from edge.programme import PlanError, parse_prescription, write_prescription
from sync.panel import queries, typed_rows
from sync.panel.config import config
from sync.panel.db import connection, writing
from sync.panel.doses import carried
from sync.panel.queries import Found
from sync.panel.typed_rows import Typed
from sync.signed import Kind
from sync.store.outgoing import newest_version
from sync.store.prescriptions import write_plan

LONGEST_REASON = 300
SAY_REASON = f"Write the reason in 1 to {LONGEST_REASON} characters. It is kept with the plan."
SAY_SAME = "Nothing is different from the present plan. Change a value, or go back."


def init_app(app: Flask) -> None:
    """``app`` lets a clinician change the rows of a plan."""
    app.add_url_rule("/patients/<id:patient_id>/plan/rows/<name>", "change", change, methods=["GET", "POST"])


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a plan on its way: when written, delivered, taken into use, or refused and why.

    ``waits`` is why the station has it and does not use it yet, empty where it only waits for the end of a set.
    """

    number: int
    author: str
    reason: str
    written_at: float
    delivered_at: float | None
    in_use_at: float | None
    rejected_at: float | None
    refusal: str
    waits: str = ""


@dataclass(frozen=True, slots=True)
class PresentPlan:
    """The newest plan and the versions before it, newest first. ``used`` is the newest one the station took."""

    plan: Prescription
    versions: Sequence[Version]

    @property
    def newest(self) -> Version:
        """The version the clinic wrote last."""
        return self.versions[0]

    @property
    def used(self) -> Version | None:
        """The version the station works with, as far as it has told."""
        return next((version for version in self.versions if version.in_use_at is not None), None)


def present_plan(db: Connection, row: Found) -> PresentPlan | None:
    """Return the plan of the patient of an overview row, or None where none was written yet."""
    rows = queries.versions(db, row.id, row.station_id) if row.station_id else []
    if not rows:
        return None
    by_number: dict[int, list[Found]] = {}
    for found in rows:
        by_number.setdefault(found.version, []).append(found)
    versions = [_version(receipts) for receipts in by_number.values()]
    return PresentPlan(parse_prescription(rows[0].payload), versions)


def _version(receipts: Sequence[Found]) -> Version:
    first, at = receipts[0], {row.state: row.at for row in receipts}
    why = {row.state: row.refusal for row in receipts}
    return Version(
        number=first.version,
        author=first.author,
        reason=first.reason,
        written_at=first.written_at,
        delivered_at=at.get("delivered"),
        in_use_at=at.get("in_use"),
        rejected_at=at.get("rejected"),
        refusal=why.get("rejected", ""),
        waits=why.get("delivered", ""),
    )


# ---- one row ------------------------------------------------------------------------------------------------


def change(patient_id: str, name: str) -> ResponseReturnValue:
    """Show the form for one row, or check it and write the next version of the plan."""
    row = queries.one_patient(connection(), patient_id) or abort(404)
    present = present_plan(connection(), row) or abort(404)
    line = present.plan.row(name) or abort(404)
    if request.method == "GET":
        return _form(row, present, line, _typed_as(line), {})
    typed = typed_fields(typed_rows.FIELDS)
    if request.form.get("base_version") != str(present.newest.number):
        return _overtaken(row, present, line, typed)
    plan, errors = checked(present.plan, line, typed)
    if plan is None:
        return _form(row, present, line, typed, errors), 422
    if not write(plan, present.newest.number, typed["reason"]):
        connection().rollback()  # what this request has read so far is older than what overtook it
        return _overtaken(row, present_plan(connection(), row) or present, line, typed)
    return to_plan(patient_id)


def to_plan(patient_id: str) -> ResponseReturnValue:
    """Return the way back to the plan on the patient's page."""
    return redirect(url_for("patient", patient_id=patient_id, _anchor="plan"), 303)


def typed_fields(names: Sequence[str]) -> dict[str, str]:
    """Return what was typed, without needless white space."""
    return {name: " ".join(request.form.get(name, "").split()) for name in (*names, "reason")}


def _form(row: Found, present: PresentPlan, line: Row, typed: Typed, errors: Mapping[str, str]) -> str:
    return render_template(
        "change.html",
        row=row,
        present=present,
        line=line,
        held=_typed_as(line),
        exercises=sorted(exercises().values(), key=lambda one: one.name),
        typed=typed,
        errors=errors,
        ceiling_kg=present.plan.ceiling_kg(line),
        longest=LONGEST_REASON,
    )


def _typed_as(line: Row) -> dict[str, str]:
    return {**typed_rows.written(line), "reason": ""}


def _overtaken(row: Found, present: PresentPlan, line: Row, typed: Typed) -> ResponseReturnValue:
    now_planned = present.plan.row(line.name) or line
    # Only the reason is kept: numbers typed for an older plan could undo what somebody else has just decided.
    shown = {**_typed_as(now_planned), "reason": typed["reason"]}
    return _form(row, present, now_planned, shown, {"form": say_overtaken(present)}), 409


def say_overtaken(present: PresentPlan) -> str:
    """Return what is said when somebody else wrote a plan meanwhile."""
    newest = present.newest
    return (
        f"Not saved: {newest.author} wrote plan {newest.number} while this form was open. "
        "These are the values now. Check them, then change what is still needed."
    )


def checked(plan: Prescription, line: Row, typed: Typed) -> tuple[Prescription | None, dict[str, str]]:
    """Return the plan with the typed values in ``line``, or None and one sentence for each field that is wrong."""
    changed, errors = typed_rows.read(line, typed, plan.ceiling_kg(line))
    new = _with(plan, changed)
    if not errors:
        try:
            parse_prescription(write_prescription(new))
        except PlanError as exc:
            errors["form"] = sentence(str(exc))
    check_reason(typed, errors)
    if not errors and changed == line:
        errors["form"] = SAY_SAME
    return (None, errors) if errors else (_with(plan, typed_rows.credited(line, changed)), {})


def check_reason(typed: Typed, errors: dict[str, str]) -> None:
    """Note in ``errors`` where the reason is missing or too long."""
    if not 1 <= len(typed["reason"]) <= LONGEST_REASON or not typed["reason"].isprintable():
        errors["reason"] = SAY_REASON


def today() -> date:
    """Return the clinic's own date."""
    return datetime.fromtimestamp(config().now(), config().zone).date()


def sentence(text: str) -> str:
    """Return a message as a sentence."""
    return f"{text[0].upper()}{text[1:]}."


def _with(plan: Prescription, line: Row) -> Prescription:
    return replace(plan, rows=tuple(line if held.name == line.name else held for held in plan.rows))


# ---- writing ------------------------------------------------------------------------------------------------


def write(plan: Prescription, base_version: int, reason: str, *, anew: bool = False) -> bool:
    """Write the plan as the next version, unless somebody was quicker; then nothing is written.

    ``anew`` begins its programme with this version: what was done before is no part of it.
    """
    now = config().now()
    with writing() as db:
        if (queries.newest_version(db, plan.patient_id, plan.station_id) or 0) != base_version:
            return False
        issued_at = datetime.fromtimestamp(now, UTC).isoformat(timespec="seconds")
        # Versions count up per station: one that was another patient's before goes on counting.
        version = newest_version(db, Kind.PLAN, plan.station_id) + 1
        if base_version and not anew:
            before = queries.versions(db, plan.patient_id, plan.station_id)[0]
            plan = carried(db, parse_prescription(before.payload), plan)
        signed = replace(plan, version=version, issued_at=issued_at, began=version if anew else plan.began)
        write_plan(db, current_app.extensions["signer"], signed, g.clinician.name, reason, now)
    return True
