"""Prescriptions as a clinician writes them; their table is their own outbox (:mod:`sync.store.outgoing`)."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Connection

from edge.prescription.plan import Prescription
from edge.programme import PlanError, parse_prescription, write_prescription
from sync.messages import MessageError
from sync.signed import Kind, Refused
from sync.store.outgoing import check_addressee, newest_version, signed
from sync.store.schema import prescription


def write_plan(
    connection: Connection, signer: Ed25519PrivateKey, plan: Prescription, author: str, reason: str, now: float
) -> int:
    """Insert the signed plan, which is thereby on its way, and return its row id.

    Raises PlanError where the station would refuse it: a rule broken, another patient's station, no newer version.
    """
    payload = write_prescription(plan)
    parse_prescription(payload)
    try:
        check_addressee(connection, Kind.PLAN, plan.station_id, plan.patient_id)
        columns = signed(signer, payload)
    except (Refused, MessageError) as exc:
        raise PlanError(str(exc)) from None
    newest = newest_version(connection, Kind.PLAN, plan.station_id)
    if plan.version <= newest:
        raise PlanError(f"prescription refused: version {plan.version} is not newer than {newest}")
    row = {
        "station_id": plan.station_id,
        "patient_id": plan.patient_id,
        "version": plan.version,
        "author": author,
        "reason": reason,
        "written_at": now,
        **columns,
    }
    inserted = connection.execute(prescription.insert().values(row).returning(prescription.c.id))
    return int(inserted.scalar_one())
