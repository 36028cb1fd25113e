"""Locks as the clinic knows them, and the clearances on their way to the stations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import ColumnElement, Connection, String, and_, exists, func, literal, select

from edge.records import Locked
from sync.clearances import Clearance, ClearanceError, write_clearance
from sync.signing import sign
from sync.store.schema import acknowledgement, clearance, fact, station

LOCK = "lock"


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A signed clearance as the station is to receive it; ``id`` is its row."""

    id: int
    station_id: str
    payload: str
    signature: str


@dataclass(frozen=True, slots=True)
class KnownLock:
    """A lock that came from a station, who has seen it, and what the clinic has done about it.

    ``cleared_by`` has signed a clearance; ``ended_at`` is when the station took it, None while it has not told.
    """

    station_id: str
    lock: Locked
    seen_by: str | None
    seen_at: float | None
    cleared_by: str | None
    cleared_at: float | None
    reason: str | None
    ended_at: float | None

    @property
    def key(self) -> str:
        """The key of its record."""
        return f"lock/{self.lock.lock_id}"

    @property
    def in_force(self) -> bool:
        """True until the station has told that it ended."""
        return self.ended_at is None


def clear_lock(
    connection: Connection, signer: Ed25519PrivateKey, known: KnownLock, author: str, reason: str, now: float
) -> int:
    """Insert the signed clearance of a lock, which is thereby on its way, and return its number.

    Raises ClearanceError for a lock that has ended or is cleared already, and without a reason.
    """
    if not reason.strip():
        raise ClearanceError("clearance refused: it needs a reason")
    if known.cleared_by is not None or not known.in_force:
        raise ClearanceError("clearance refused: this lock is cleared already")
    owner = connection.scalar(select(station.c.patient_id).where(station.c.id == known.station_id))
    if owner != known.lock.patient_id:
        raise ClearanceError(f"clearance refused: station {known.station_id} is not that patient's")
    newest = select(func.max(clearance.c.number)).where(clearance.c.station_id == known.station_id)
    number = (connection.scalar(newest) or 0) + 1
    payload = write_clearance(Clearance(known.station_id, owner, known.lock.lock_id, number, author, now))
    row = {
        "station_id": known.station_id,
        "patient_id": owner,
        "lock_id": known.lock.lock_id,
        "number": number,
        "payload": payload,
        "signature": sign(signer, payload),
        "author": author,
        "reason": reason,
        "written_at": now,
    }
    connection.execute(clearance.insert().values(row))
    return number


def acknowledge(connection: Connection, known: KnownLock, author: str, now: float) -> None:
    """Note who has seen a lock; the first one stays."""
    if known.seen_by is None:
        row = {"station_id": known.station_id, "key": known.key, "author": author, "at": now}
        connection.execute(acknowledgement.insert().values(row))


def unheard(connection: Connection) -> Sequence[Outgoing]:
    """Return every clearance whose station is in service and has not told that the lock has ended, oldest first."""
    ended = fact.alias()
    heard = exists().where(ended.c.station_id == clearance.c.station_id, ended.c.key == _end_of(clearance.c.lock_id))
    in_service = exists().where(station.c.id == clearance.c.station_id, station.c.revoked_at.is_(None))
    wanted = select(clearance.c.id, clearance.c.station_id, clearance.c.payload, clearance.c.signature)
    waiting = wanted.where(~heard, in_service).order_by(clearance.c.id)
    return [Outgoing(**row) for row in connection.execute(waiting).mappings()]


def _end_of(lock_id: ColumnElement[str]) -> ColumnElement[str]:
    return literal("lock/", String) + lock_id + literal("/cleared", String)


def locks(connection: Connection, patient_id: str | None = None, *, in_force: bool = False) -> Sequence[KnownLock]:
    """Return the locks of a patient, or of everybody, newest first; on wish only those still in force."""
    ended = fact.alias()
    same_station = fact.c.station_id
    wanted = (
        select(
            fact.c.station_id,
            fact.c.body,
            acknowledgement.c.author.label("seen_by"),
            acknowledgement.c.at.label("seen_at"),
            clearance.c.author.label("cleared_by"),
            clearance.c.written_at.label("cleared_at"),
            clearance.c.reason,
            ended.c.at.label("ended_at"),
        )
        .select_from(
            fact.join(station, station.c.id == fact.c.station_id)
            .outerjoin(ended, and_(ended.c.station_id == same_station, ended.c.key == fact.c.key + "/cleared"))
            .outerjoin(
                acknowledgement,
                and_(acknowledgement.c.station_id == same_station, acknowledgement.c.key == fact.c.key),
            )
            .outerjoin(
                clearance,
                and_(
                    clearance.c.station_id == same_station,
                    literal("lock/", String) + clearance.c.lock_id == fact.c.key,
                ),
            )
        )
        .where(fact.c.kind == LOCK)
        .order_by(fact.c.at.desc(), fact.c.key)
    )
    if in_force:
        wanted = wanted.where(ended.c.at.is_(None))
    if patient_id is not None:
        wanted = wanted.where(station.c.patient_id == patient_id)
    found = [_known(row) for row in connection.execute(wanted).mappings()]
    return [one for one in found if patient_id is None or one.lock.patient_id == patient_id]


def _known(row: Any) -> KnownLock:
    columns = dict(row)
    return KnownLock(lock=msgspec.json.decode(columns.pop("body"), type=Locked), **columns)
