"""The plan: what is asked of a patient now, how far it has come to the station, and how a clinician changes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from flask import Flask, abort, current_app, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import Connection

from edge.model import PlannedExercise, Prescription
from edge.programme import HEAVIEST_KG, PlanError, parse_prescription, write_prescription
from edge.tempo import Tempo, TempoError, parse_tempo
from sync.panel import queries
from sync.panel.config import config
from sync.panel.db import connection, writing
from sync.panel.queries import Found
from sync.store.prescriptions import newest_version, write_plan

LONGEST_REASON = 300
FIELDS = ("reps", "tempo", "load_low_kg", "load_high_kg", "reason")

SAY_REPS = "Write the repetitions as a whole number from 1 to 50."
SAY_LOAD = f"Write the load in kg, from 0 to {HEAVIEST_KG:g}, the lower number first."
SAY_BOTH = "Write both numbers of the load, or leave both empty for no load."
SAY_REASON = f"Write the reason in 1 to {LONGEST_REASON} characters. It is kept with the plan."
SAY_SAME = "Nothing is different from the present plan. Change a value, or go back."


def init_app(app: Flask) -> None:
    """``app`` lets a clinician change the exercises of a plan."""
    app.add_url_rule("/patients/<id:patient_id>/plan/<int:order>", "change", change, methods=["GET", "POST"])


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a plan on its way: when written, delivered, taken into use, or refused and why."""

    number: int
    author: str
    reason: str
    written_at: float
    delivered_at: float | None
    in_use_at: float | None
    rejected_at: float | None
    refusal: str


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
    refusal = next((row.refusal for row in receipts if row.state == "rejected"), "")
    return Version(
        number=first.version,
        author=first.author,
        reason=first.reason,
        written_at=first.written_at,
        delivered_at=at.get("delivered"),
        in_use_at=at.get("in_use"),
        rejected_at=at.get("rejected"),
        refusal=refusal,
    )


def change(patient_id: str, order: int) -> ResponseReturnValue:
    """Show the form for one exercise, or check it and write the next version of the plan."""
    row = queries.one_patient(connection(), patient_id) or abort(404)
    present = present_plan(connection(), row) or abort(404)
    line = next((line for line in present.plan.exercises if line.order == order), None) or abort(404)
    if request.method == "GET":
        return _form(row, present, line, _written(line), {})
    typed = {name: " ".join(request.form.get(name, "").split()) for name in FIELDS}
    if request.form.get("base_version") != str(present.newest.number):
        return _overtaken(row, present, line, typed)
    plan, errors = checked(present.plan, line, typed)
    if plan is None:
        return _form(row, present, line, typed, errors), 422
    if not _write(plan, present.newest.number, typed["reason"]):
        connection().rollback()  # what this request has read so far is older than what overtook it
        return _overtaken(row, present_plan(connection(), row) or present, line, typed)
    return redirect(url_for("patient", patient_id=patient_id, _anchor="plan"), 303)


def _form(
    row: Found, present: PresentPlan, line: PlannedExercise, typed: Mapping[str, str], errors: Mapping[str, str]
) -> str:
    return render_template(
        "change.html", row=row, present=present, line=line, typed=typed, errors=errors, longest=LONGEST_REASON
    )


def _written(line: PlannedExercise) -> dict[str, str]:
    low, high = (f"{kg:g}" for kg in line.load_kg) if line.load_kg else ("", "")
    return {"reps": str(line.reps), "tempo": line.tempo.text, "load_low_kg": low, "load_high_kg": high, "reason": ""}


def _overtaken(
    row: Found, present: PresentPlan, line: PlannedExercise, typed: Mapping[str, str]
) -> ResponseReturnValue:
    newest = present.newest
    sentence = (
        f"Not saved: {newest.author} wrote plan {newest.number} while this form was open. "
        "These are the values now. Check them, then change what is still needed."
    )
    now_planned = next((held for held in present.plan.exercises if held.order == line.order), line)
    # Only the reason is kept: numbers typed for an older plan could undo what somebody else has just decided.
    shown = {**_written(now_planned), "reason": typed["reason"]}
    return _form(row, present, now_planned, shown, {"form": sentence}), 409


def checked(
    plan: Prescription, line: PlannedExercise, typed: Mapping[str, str]
) -> tuple[Prescription | None, dict[str, str]]:
    """Return the plan with the typed values in ``line``, or None and one sentence for each field that is wrong.

    The rules are those of :func:`edge.programme.parse_prescription`, asked for one field at a time.
    """
    changes: dict[str, Any] = {}
    errors: dict[str, str] = {}
    for name, read in (("reps", _reps), ("tempo", _tempo), ("load_kg", _load)):
        try:
            changes[name] = read(typed)
            parse_prescription(write_prescription(_with(plan, replace(line, **{name: changes[name]}))))
        except TempoError as exc:
            errors[name] = _sentence(str(exc))
        except PlanError:
            errors[name] = SAY_REPS if name == "reps" else SAY_LOAD
        except ValueError as exc:
            errors[name] = str(exc)
    if not 1 <= len(typed["reason"]) <= LONGEST_REASON or not typed["reason"].isprintable():
        errors["reason"] = SAY_REASON
    if not errors and replace(line, **changes) == line:
        errors["form"] = SAY_SAME
    return (None, errors) if errors else (_with(plan, replace(line, **changes)), {})


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."


def _with(plan: Prescription, line: PlannedExercise) -> Prescription:
    exercises = tuple(line if held.order == line.order else held for held in plan.exercises)
    return replace(plan, exercises=exercises)


def _reps(typed: Mapping[str, str]) -> int:
    if not typed["reps"].isdecimal() or len(typed["reps"]) > 6:
        raise ValueError(SAY_REPS)
    return int(typed["reps"])


def _tempo(typed: Mapping[str, str]) -> Tempo:
    return parse_tempo(typed["tempo"])


def _load(typed: Mapping[str, str]) -> tuple[float, float] | None:
    low, high = (typed[name].replace(",", ".") for name in ("load_low_kg", "load_high_kg"))
    if not low and not high:
        return None
    if not low or not high:
        raise ValueError(SAY_BOTH)
    try:
        return float(low), float(high)
    except ValueError:
        raise ValueError(SAY_LOAD) from None


def _write(plan: Prescription, base_version: int, reason: str) -> bool:
    """Write the plan as the next version, unless somebody was quicker; then nothing is written."""
    now = config().now()
    with writing() as db:
        if queries.newest_version(db, plan.patient_id, plan.station_id) != base_version:
            return False
        issued_at = datetime.fromtimestamp(now, UTC).isoformat(timespec="seconds")
        # Versions count up per station: one that was another patient's before goes on counting.
        signed = replace(plan, version=newest_version(db, plan.station_id) + 1, issued_at=issued_at)
        write_plan(db, current_app.extensions["signer"], signed, g.clinician.name, reason, now)
    return True
