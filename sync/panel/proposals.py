"""What the coach decided and asks for: shown with its rule and evidence, and answered by a clinician.

Nothing here raises anything by itself. A proposal that is accepted becomes the dose that its row goes on from in the
next version of the plan, signed like every plan; one that is not leaves the dose as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from flask import Flask, abort, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import Connection

from edge.coach.dose import PLAN_VERSION, Dose, ceiling_kg, fits, read_dose
from edge.coach.dosed import ACTS
from edge.prescription.plan import Prescription
from edge.programme import PlanError, parse_prescription
from edge.records import Decided, Standing
from edge.records.coaching import Input
from sync.panel import queries
from sync.panel.config import config
from sync.panel.db import connection, writing
from sync.panel.doses import decision, in_force, moved_on, read
from sync.panel.plans import PresentPlan, present_plan, to_plan, write
from sync.panel.queries import Found
from sync.panel.words import exercise_name
from sync.store.schema import acknowledgement

ACCEPTED, KEPT = "accepted", "kept"
ANSWERS = {ACCEPTED: "Accepted", KEPT: "Kept as it is"}
STANDINGS = {
    Standing.SHADOW: "Decided in the shadow, without effect",
    Standing.PROPOSED: "Proposed",
    Standing.APPLIED: "In effect",
    Standing.ACCEPTED: "Accepted",
    Standing.DECLINED: "Declined",
}
SHOWN = 20
"""Decisions on a patient's page, the newest first."""
SAY_GONE = "Nothing was changed: the plan or the dose is another one by now. Look at the proposals again."


def init_app(app: Flask) -> None:
    """``app`` lets a clinician answer what the coach proposes."""
    path = "/patients/<id:patient_id>/proposals/<id:decision_id>"
    app.add_url_rule(path, "proposal", one_proposal, methods=["GET", "POST"])


@dataclass(frozen=True, slots=True)
class Shown:
    """A decision as the page shows it: its last standing, and what a clinician answered to it."""

    decided: Decided
    waiting: bool
    answer: str
    author: str
    answered_at: float | None

    @property
    def became(self) -> str:
        """What became of it, in words."""
        if self.answer:
            return f"{ANSWERS[self.answer]} by {self.author}"
        return STANDINGS[self.decided.standing]

    @property
    def evidence(self) -> Sequence[tuple[str, str]]:
        """Everything the rule looked at, by name."""
        return [(name.replace("_", " "), _said(value)) for name, value in sorted(self.decided.inputs.items())]


def _said(value: Input) -> str:
    if value is None:
        return "not known"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)


def of_patient(row: Found, present: PresentPlan | None) -> Sequence[Shown]:
    """Return what the coach decided for the patient of an overview row, the newest first."""
    if row.station_id is None:
        return ()
    decided = read(connection(), row.station_id)
    answers = _answers(connection(), row.station_id)
    latest = {one.decision_id: one for one in decided}
    return [_shown(one, decided, present, answers) for one in reversed(latest.values())]


def doses_now(row: Found, present: PresentPlan | None) -> Mapping[str, str]:
    """Return in words, by row, the dose a patient is at, where it is another than the row begins with."""
    if present is None or present.plan is None or present.plan.coach not in ACTS:
        return {}
    doses = moved_on(present.plan, read(connection(), row.station_id))
    return {name: _in_words(dose) for name, dose in doses.items()}


def _in_words(dose: Dose) -> str:
    sets = "1 set" if dose.sets == 1 else f"{dose.sets} sets"
    parts = [
        f"{dose.sets} \N{MULTIPLICATION SIGN} {dose.reps}" if dose.reps else sets,
        f"{dose.load_kg:g} kg" if dose.load_kg is not None else "",
        f"{dose.hold_s:g} s hold" if dose.hold_s else "",
        f"{dose.duration_min:g} min" if dose.duration_min else "",
        f"{dose.range_share:.0%} of the range" if dose.range_share < 1 else "",
    ]
    return ", ".join(part for part in parts if part)


def waiting_for(db: Connection) -> Mapping[str, str]:
    """Return by patient what the coach asks for, in a sentence; those whose plan has moved on are not among them."""
    plans = {one.station_id: one for one in queries.with_proposals(db)}
    decided: dict[str, list[Decided]] = {name: [] for name in plans}
    unanswered: dict[str, dict[str, Decided]] = {name: {} for name in plans}
    for found in queries.decisions_with_proposals(db):
        if found.station_id not in plans:
            continue  # it came between the two looks
        one = decision(found.body)
        decided[found.station_id].append(one)
        if not found.answered:
            unanswered[found.station_id][one.decision_id] = one
    asked = {
        plans[name].patient_id: _asked(plans[name].payload, decided[name], held.values())
        for name, held in unanswered.items()
    }
    return {patient_id: said for patient_id, said in asked.items() if said}


def _asked(payload: str, decided: Sequence[Decided], unanswered: Iterable[Decided]) -> str:
    try:
        plan = parse_prescription(payload)
    except PlanError:
        return ""  # its own page says that it cannot be read
    inputs = sorted(decided, key=lambda one: (one.at, one.number))
    waiting = [one for one in unanswered if asked_dose(one, inputs, plan) is not None]
    if not waiting:
        return ""
    more = f" And {len(waiting) - 1} more." if len(waiting) > 1 else ""
    return f"{exercise_name(waiting[0].exercise)}: {waiting[0].sentence}{more}"


def _answers(db: Connection, station_id: str) -> Mapping[str, tuple[str, str, float]]:
    found = {}
    for key, author, at in queries.answers_to(db, station_id, "decision/"):
        _, decision_id, answer = key.split("/")
        found[decision_id] = (answer, author, at)
    return found


def _shown(
    one: Decided,
    decided: Iterable[Decided],
    present: PresentPlan | None,
    answers: Mapping[str, tuple[str, str, float]],
) -> Shown:
    answer, author, at = answers.get(one.decision_id, ("", "", None))
    plan = present.plan if present else None
    waiting = not answer and plan is not None and asked_dose(one, decided, plan) is not None
    return Shown(one, waiting, answer, author, at)


def asked_dose(one: Decided, decided: Iterable[Decided], plan: Prescription) -> Dose | None:
    """Return the dose that a proposal asks for; None where it is none, or the plan or the dose is another one now."""
    if one.standing is not Standing.PROPOSED or one.inputs.get(PLAN_VERSION) != plan.version:
        return None
    row, before, after = plan.row(one.row), read_dose(one.before), read_dose(one.after)
    if row is None or before is None or after is None or before != in_force(plan, decided, row.name)[row.name]:
        return None
    return after if fits(row, after, ceiling_kg(row, plan.limits)) else None


def with_dose(plan: Prescription, row: str, dose: Dose) -> Prescription:
    """Return the plan with a dose accepted for one row; one without any sets is left out of the plan."""
    if dose.sets:
        return replace(plan, doses={row: dose.written()})
    return replace(plan, rows=tuple(one for one in plan.rows if one.name != row), doses={})


def one_proposal(patient_id: str, decision_id: str) -> ResponseReturnValue:
    """Show one decision with everything it looked at, or take a clinician's answer to it."""
    row = queries.one_patient(connection(), patient_id) or abort(404)
    present = present_plan(connection(), row)
    shown = next((one for one in of_patient(row, present) if one.decided.decision_id == decision_id), None)
    if shown is None or present is None:
        abort(404)
    if request.method == "GET":
        return render_template("proposal.html", row=row, one=shown, present=present, error="")
    answer = request.form.get("answer", "")
    same = request.form.get("base_version") == str(present.newest.number)
    if answer not in ANSWERS or not shown.waiting or not same or not _take(row, present, shown.decided, answer):
        return render_template("proposal.html", row=row, one=shown, present=present, error=SAY_GONE), 409
    if answer == ACCEPTED:
        return to_plan(patient_id, present.newest.number + 1)
    return redirect(url_for("patient", patient_id=patient_id, kept=decision_id, _anchor="coach"), 303)


def _take(row: Found, present: PresentPlan, one: Decided, answer: str) -> bool:
    """Write the next version of the plan, where that is the answer, and keep who answered; False where overtaken."""
    if answer == ACCEPTED:
        plan, decided = present.plan, read(connection(), row.station_id)
        dose = asked_dose(one, decided, plan) if plan else None
        if plan is None or dose is None:
            return False
        reason = f"Accepted what the coach proposed ({one.rule}): {one.sentence}"
        if write(with_dose(plan, one.row, dose), present.newest.number, reason) is None:
            return False
    with writing() as db:
        values = {"station_id": row.station_id, "key": f"decision/{one.decision_id}/{answer}"}
        db.execute(acknowledgement.insert().values(**values, author=g.clinician.name, at=config().now()))
    return True
