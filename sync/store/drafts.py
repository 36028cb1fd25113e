"""Changes of a plan that are not signed yet: one draft per clinician and patient, on no way to any station."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256

from sqlalchemy import ColumnElement, Connection, and_, delete, select

from edge.prescription.plan import Prescription
from edge.programme import PlanError, parse_prescription, write_prescription
from sync.store.schema import clinician, plan_draft


@dataclass(frozen=True, slots=True)
class Draft:
    """A plan as it would be signed. ``base_version`` is the version it changes, 0 where there was none yet.

    ``anew`` begins a programme in place of what is in force. ``reason`` is what was typed for it so far.
    """

    plan: Prescription
    base_version: int
    anew: bool
    changed_at: float
    reason: str = ""

    @property
    def mark(self) -> str:
        """A mark of what it holds: a signature is for what was seen, and for nothing that was changed since."""
        return sha256(write_prescription(self.plan).encode()).hexdigest()[:16]


def read_draft(connection: Connection, clinician_id: int, patient_id: str, station_id: str) -> Draft | None:
    """Return a clinician's draft for a patient on a station; None where there is none that can be used now.

    One that was made for a station of before, or under other rules for plans, is none.
    """
    found = connection.execute(select(plan_draft).where(_of(clinician_id, patient_id))).first()
    if found is None:
        return None
    try:
        plan = parse_prescription(found.payload)
    except PlanError:
        return None
    if plan.station_id != station_id:
        return None
    return Draft(plan, found.base_version, found.anew, found.changed_at, found.reason)


def has_draft(connection: Connection, clinician_id: int, patient_id: str) -> bool:
    """Tell whether a clinician has a draft for a patient."""
    return connection.scalar(select(plan_draft.c.base_version).where(_of(clinician_id, patient_id))) is not None


def keep_draft(connection: Connection, clinician_id: int, patient_id: str, draft: Draft) -> None:
    """Keep a draft in place of an earlier one. Raises PlanError where no station would take its plan."""
    payload = write_prescription(draft.plan)
    parse_prescription(payload)
    drop_draft(connection, clinician_id, patient_id)
    row = {
        "clinician_id": clinician_id,
        "patient_id": patient_id,
        "base_version": draft.base_version,
        "anew": draft.anew,
        "payload": payload,
        "reason": draft.reason,
        "changed_at": draft.changed_at,
    }
    connection.execute(plan_draft.insert().values(row))


def drop_draft(connection: Connection, clinician_id: int, patient_id: str) -> None:
    """Throw a draft away; without one nothing happens."""
    connection.execute(delete(plan_draft).where(_of(clinician_id, patient_id)))


def drafting(connection: Connection, patient_id: str, but: int) -> list[str]:
    """Return the names of the other clinicians who have a draft for a patient."""
    wanted = (
        select(clinician.c.name)
        .join(plan_draft, plan_draft.c.clinician_id == clinician.c.id)
        .where(plan_draft.c.patient_id == patient_id, clinician.c.id != but)
    )
    return list(connection.scalars(wanted.order_by(clinician.c.name)))


def _of(clinician_id: int, patient_id: str) -> ColumnElement[bool]:
    return and_(plan_draft.c.clinician_id == clinician_id, plan_draft.c.patient_id == patient_id)
