"""The plan: what is asked of a patient now, how far it has come to the station, and how a version is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

from flask import current_app, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import Connection

from edge.prescription.plan import Prescription
from edge.programme import PlanError, parse_prescription
from sync.panel import queries
from sync.panel.config import config
from sync.panel.db import writing
from sync.panel.doses import carried
from sync.panel.queries import Found
from sync.panel.typed_rows import Typed
from sync.signed import Kind
from sync.store.drafts import drop_draft
from sync.store.outgoing import newest_version
from sync.store.prescriptions import write_plan

LONGEST_REASON = 300
LONGEST_FAULT = 160
"""Characters shown of why a plan cannot be read: the list of all exercises is cut."""
SAY_REASON = f"Write the reason in 1 to {LONGEST_REASON} characters. It is kept with the plan."
SAY_SAME = "Nothing is different from the present plan. Change a value, or go back."


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
    """The newest plan and the versions before it, newest first. ``used`` is the newest one the station took.

    ``plan`` is None where the newest text cannot be read here: ``fault`` says why, and ``readable`` is the number of
    the newest version that can.
    """

    plan: Prescription | None
    versions: Sequence[Version]
    fault: str = ""
    readable: int | None = None

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
    plan, fault = _read(rows[0].payload)
    if plan is not None:
        return PresentPlan(plan, versions)
    readable = next((found.version for found in rows[1:] if _read(found.payload)[0]), None)
    return PresentPlan(None, versions, fault, readable)


def version_of(db: Connection, row: Found, number: int) -> Prescription | None:
    """Return one version of the patient's plan; None where there is none that can be read here."""
    payload = queries.plan_text(db, row.id, row.station_id, number)
    return None if payload is None else _read(payload)[0]


def _read(payload: str) -> tuple[Prescription | None, str]:
    """Return a stored plan, or None and why it cannot be read: it may name what this program does not know."""
    try:
        return parse_prescription(payload), ""
    except PlanError as exc:
        return None, str(exc).removeprefix("prescription refused: ").partition("; known:")[0][:LONGEST_FAULT]


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


# ---- what forms share ---------------------------------------------------------------------------------------


def to_plan(patient_id: str, signed: int | None = None) -> ResponseReturnValue:
    """Return the way back to the plan on the patient's page, which says what was ``signed`` just now."""
    return redirect(url_for("patient", patient_id=patient_id, signed=signed, _anchor="plan"), 303)


def typed_fields(names: Sequence[str], otherwise: Typed | None = None) -> dict[str, str]:
    """Return what was typed, and the reason, without needless white space.

    ``otherwise`` is for fields that did not come at all.
    """
    before = otherwise or {}
    return {name: " ".join(request.form.get(name, before.get(name, "")).split()) for name in (*names, "reason")}


def say_overtaken(present: PresentPlan) -> str:
    """Return what is said when somebody else wrote a plan meanwhile."""
    newest = present.newest
    return (
        f"Not saved: {newest.author} wrote plan {newest.number} while this form was open. "
        "These are the values now. Check them, then change what is still needed."
    )


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


# ---- writing ------------------------------------------------------------------------------------------------


def write(
    plan: Prescription, base_version: int, reason: str, *, anew: bool = False, drafted: bool = False
) -> int | None:
    """Write the plan as the next version and return its number; None, with nothing written, where overtaken.

    ``anew`` begins its programme with this version: what was done before is no part of it. ``drafted`` ends the draft
    of whoever signs, which it was.
    """
    now = config().now()
    with writing() as db:
        if (queries.newest_version(db, plan.patient_id, plan.station_id) or 0) != base_version:
            return None
        issued_at = datetime.fromtimestamp(now, UTC).isoformat(timespec="seconds")
        # Versions count up per station: one that was another patient's before goes on counting.
        version = newest_version(db, Kind.PLAN, plan.station_id) + 1
        if base_version and not anew:
            before, _ = _read(queries.versions(db, plan.patient_id, plan.station_id)[0].payload)
            # Under a plan that nobody here can read, nobody knows a dose to go on from.
            plan = replace(plan, doses={}) if before is None else carried(db, before, plan)
        signed = replace(plan, version=version, issued_at=issued_at, began=version if anew else plan.began)
        write_plan(db, current_app.extensions["signer"], signed, g.clinician.name, reason, now)
        if drafted:
            drop_draft(db, g.clinician.id, plan.patient_id)
    return version
