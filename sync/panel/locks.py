"""Locks: who may not train until a clinician has looked, who has seen it, and how it is cleared."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Flask, abort, current_app, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from edge.records import STORE_LOST, Severity
from edge.safety.flags import red_flags
from sync.clearances import ClearanceError
from sync.panel import queries
from sync.panel.config import config
from sync.panel.db import connection, writing
from sync.panel.queries import Found
from sync.panel.words import State, age
from sync.store.clearances import KnownLock, acknowledge, clear_lock, locks

LONGEST_REASON = 300
ESCALATES_AFTER_S = 15 * 60.0
"""A lock that nobody has acknowledged for so long is said on every page. Our default."""
SAY_REASON = f"Write the reason in 1 to {LONGEST_REASON} characters. It is kept in the clinic and not sent."
SAY_CLEARED = "Nothing was done: this lock is cleared already."
TOLD = {
    Severity.EMERGENCY: "Told to go to the emergency department",
    Severity.SEE_CLINICIAN: "Told to speak with the clinic",
}


def init_app(app: Flask) -> None:
    """``app`` shows locks, and lets a clinician acknowledge and clear them."""
    path = "/patients/<id:patient_id>/locks/<id:lock_id>"
    app.add_url_rule(path, "lock", one_lock)
    app.add_url_rule(f"{path}/acknowledge", "acknowledge_lock", acknowledge_lock, methods=["POST"])
    app.add_url_rule(f"{path}/clear", "clear_lock", clear, methods=["POST"])
    app.context_processor(_on_every_page)


def in_force() -> dict[str, KnownLock]:
    """Return the gravest lock in force of each patient who has one; not acknowledged comes before acknowledged."""
    found: dict[str, KnownLock] = {}
    for one in sorted(locks(connection(), in_force=True), key=urgency):
        found.setdefault(one.lock.patient_id, one)
    return found


def urgency(one: KnownLock) -> tuple[bool, bool, bool, float]:
    """Sort the most urgent first: not cleared, not seen, emergency, oldest."""
    emergency = one.lock.severity is Severity.EMERGENCY
    return one.cleared_by is not None, one.seen_by is not None, not emergency, one.lock.at


def lock_state(one: KnownLock, now: float) -> State:
    """Return a lock in one sentence."""
    by = "by the station, whose records were broken" if STORE_LOST in one.lock.flags else "by a red-flag answer"
    since = f"Locked for {age(now - one.lock.at)} {by}. {TOLD[one.lock.severity]}."
    if one.ended_at is not None:
        return State("fine", f"Cleared by {one.cleared_by or 'the clinic'}; the station trains again.")
    if one.cleared_by is not None:
        return State("check", f"Cleared by {one.cleared_by}; the station has not told yet that it took it.")
    if one.refusal:
        return State("stop", f"{since} The station did not take the clearance. Clear it again.")
    if one.seen_by is None:
        return State("stop", f"{since} Nobody has acknowledged it.")
    return State("stop", f"{since} Seen by {one.seen_by}.")


def of_patient(patient_id: str) -> Sequence[KnownLock]:
    """Return a patient's locks, the newest first."""
    return locks(connection(), patient_id)


def _known(patient_id: str, lock_id: str) -> tuple[Found, KnownLock]:
    row = queries.one_patient(connection(), patient_id) or abort(404)
    known = next((one for one in of_patient(patient_id) if one.lock.lock_id == lock_id), None) or abort(404)
    return row, known


def one_lock(patient_id: str, lock_id: str) -> str:
    """Show what was answered, and the two things a clinician can do about it."""
    row, known = _known(patient_id, lock_id)
    return _page(row, known, "", "")


def _page(row: Found, known: KnownLock, reason: str, error: str) -> str:
    asked = red_flags().questions
    answers = [(asked[name].ask, asked[name].about) if name in asked else (name, "") for name in known.lock.flags]
    return render_template(
        "lock.html", row=row, known=known, state=lock_state(known, config().now()), answers=answers,
        unread=STORE_LOST in known.lock.flags, told=TOLD[known.lock.severity], reason=reason, error=error,
        longest=LONGEST_REASON,
    )  # fmt: skip


def acknowledge_lock(patient_id: str, lock_id: str) -> ResponseReturnValue:
    """Note that the clinician who is logged in has seen a lock; it stays locked."""
    _known(patient_id, lock_id)
    with writing() as db:
        now_known = next(one for one in locks(db, patient_id) if one.lock.lock_id == lock_id)
        acknowledge(db, now_known, g.clinician.name, config().now())
    return redirect(url_for("lock", patient_id=patient_id, lock_id=lock_id), 303)


def clear(patient_id: str, lock_id: str) -> ResponseReturnValue:
    """Sign the clearance of a lock; the station trains again when it has checked it."""
    row, known = _known(patient_id, lock_id)
    reason = " ".join(request.form.get("reason", "").split())
    if not 1 <= len(reason) <= LONGEST_REASON or not reason.isprintable():
        return _page(row, known, reason, SAY_REASON), 422
    try:
        with writing() as db:
            now_known = next(one for one in locks(db, patient_id) if one.lock.lock_id == lock_id)
            acknowledge(db, now_known, g.clinician.name, config().now())
            clear_lock(db, current_app.extensions["signer"], now_known, g.clinician.name, reason, config().now())
    except ClearanceError:
        return _page(row, known, reason, SAY_CLEARED), 409
    return redirect(url_for("lock", patient_id=patient_id, lock_id=lock_id), 303)


def _on_every_page() -> dict[str, object]:
    """Return the locks that nobody has acknowledged for too long: no page hides them."""
    if g.get("clinician") is None:
        return {"overdue_locks": []}
    late = config().now() - ESCALATES_AFTER_S
    found = locks(connection(), in_force=True)
    return {"overdue_locks": [one for one in found if not one.seen_by and not one.cleared_by and one.lock.at <= late]}
