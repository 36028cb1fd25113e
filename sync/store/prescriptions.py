"""Prescriptions on their way to stations: the table of signed plans is its own outbox."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Connection, Select, exists, func, select, update

from edge.prescription.plan import Prescription
from edge.programme import PlanError, parse_prescription, write_prescription
from sync.signing import sign
from sync.store.schema import prescription, receipt, station


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A signed plan as the station is to receive it; ``id`` is its row."""

    id: int
    station_id: str
    version: int
    payload: str
    signature: str


def write_plan(
    connection: Connection, signer: Ed25519PrivateKey, plan: Prescription, author: str, reason: str, now: float
) -> int:
    """Insert the signed plan, which is thereby on its way, and return its row id.

    Raises PlanError where the station would refuse it: a rule broken, another patient's station, no newer version.
    """
    payload = write_prescription(plan)
    parse_prescription(payload)
    _check_addressee(connection, plan)
    row = {
        "station_id": plan.station_id,
        "patient_id": plan.patient_id,
        "version": plan.version,
        "payload": payload,
        "signature": sign(signer, payload),
        "author": author,
        "reason": reason,
        "written_at": now,
    }
    inserted = connection.execute(prescription.insert().values(row).returning(prescription.c.id))
    return int(inserted.scalar_one())


def _check_addressee(connection: Connection, plan: Prescription) -> None:
    one = connection.execute(select(station).where(station.c.id == plan.station_id)).first()
    if one is None or one.patient_id != plan.patient_id:
        raise PlanError(f"prescription refused: station {plan.station_id} is not patient {plan.patient_id}'s")
    if one.revoked_at is not None:
        raise PlanError(f"prescription refused: station {plan.station_id} was revoked; make a new one first")
    newest = newest_version(connection, plan.station_id)
    if plan.version <= newest:
        raise PlanError(f"prescription refused: version {plan.version} is not newer than {newest}")


def newest_version(connection: Connection, station_id: str) -> int:
    """Return the newest version written for a station, 0 where there is none."""
    newest = select(func.max(prescription.c.version)).where(prescription.c.station_id == station_id)
    return connection.scalar(newest) or 0


def unpublished(connection: Connection) -> Sequence[Outgoing]:
    """Return the newest plan of each station that the broker does not have yet.

    Older ones are left out: published late, one would take the place of its successor at the broker.
    """
    return _outgoing(connection, _newest().where(prescription.c.published_at.is_(None)))


def unreceived(connection: Connection) -> Sequence[Outgoing]:
    """Return the newest plan of each station that has given no receipt for it, published or not."""
    received = exists().where(
        receipt.c.station_id == prescription.c.station_id, receipt.c.plan_version == prescription.c.version
    )
    return _outgoing(connection, _newest().where(~received))


def _newest() -> Select[Any]:
    later = prescription.alias()
    p = prescription.c
    superseded = exists().where(later.c.station_id == p.station_id, later.c.version > p.version)
    in_service = exists().where(station.c.id == p.station_id, station.c.revoked_at.is_(None))
    newest = select(p.id, p.station_id, p.version, p.payload, p.signature).where(~superseded, in_service)
    return newest.order_by(p.id)


def _outgoing(connection: Connection, query: Select[Any]) -> Sequence[Outgoing]:
    return [Outgoing(**row) for row in connection.execute(query).mappings()]


def newest(connection: Connection, station_id: str) -> Outgoing | None:
    """Return the newest plan written for a station, None where there is none."""
    found = _outgoing(connection, _newest().where(prescription.c.station_id == station_id))
    return found[0] if found else None


def mark_published(connection: Connection, plan_id: int, now: float) -> bool:
    """Note that the broker has this plan, and return whether that is new."""
    row = prescription.c
    was_not = update(prescription).where(row.id == plan_id, row.published_at.is_(None))
    return connection.execute(was_not.values(published_at=now)).rowcount == 1


def mark_unpublished(connection: Connection, plan_id: int) -> None:
    """Note that the broker does not have this plan any more: it waits to be published again."""
    connection.execute(update(prescription).where(prescription.c.id == plan_id).values(published_at=None))
