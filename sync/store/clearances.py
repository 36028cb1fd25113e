"""Locks as the clinic knows them, and the clearances on their way to the stations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    String,
    and_,
    cast,
    exists,
    func,
    literal,
    or_,
    select,
)

from edge.records import ItemReceipt, Locked
from sync.clearances import Clearance, ClearanceError, write_clearance
from sync.signed import Kind, Refused
from sync.store.outgoing import Outgoing, check_addressee, in_service, signed
from sync.store.schema import acknowledgement, clearance, fact, station

LOCK = "lock"


@dataclass(frozen=True, slots=True)
class KnownLock:
    """A lock that came from a station, who has seen it, and what the clinic has done about it.

    ``cleared_by`` has signed a clearance; ``ended_at`` is when the station took it, None while it has not told. A
    clearance that the station refused clears nothing: then ``refusal`` says why, and ``cleared_by`` is None.
    """

    station_id: str
    lock: Locked
    seen_by: str | None
    seen_at: float | None
    cleared_by: str | None
    cleared_at: float | None
    reason: str | None
    ended_at: float | None
    refusal: str = ""

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
    owner = known.lock.patient_id
    try:
        check_addressee(connection, Kind.CLEARANCE, known.station_id, owner)
    except Refused as exc:
        raise ClearanceError(str(exc)) from None
    newest = select(func.max(clearance.c.number)).where(clearance.c.station_id == known.station_id)
    number = (connection.scalar(newest) or 0) + 1
    payload = write_clearance(Clearance(known.station_id, owner, known.lock.lock_id, number, author, now))
    row = {
        "station_id": known.station_id,
        "patient_id": owner,
        "lock_id": known.lock.lock_id,
        "number": number,
        **signed(signer, payload),
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
    """Return for each station in service the oldest clearance of which it has not told what became of it.

    One after the other: they are numbered upwards, and a station refuses one that comes after its successor.
    """
    c, earlier = clearance.c, clearance.alias()
    same = earlier.c.station_id == c.station_id
    first = ~exists().where(same, earlier.c.number < c.number, ~_heard(earlier))
    wanted = select(c.id, c.station_id, c.number.label("version"), c.payload, c.signature)
    waiting = wanted.where(~_heard(clearance), first, in_service(c.station_id)).order_by(c.id)
    found = connection.execute(waiting).mappings()
    return [Outgoing(Kind.CLEARANCE, **row) for row in found]


def _heard(of: FromClause) -> ColumnElement[bool]:
    told = fact.alias()
    ended_or_refused = or_(told.c.key == _end_of(of.c.lock_id), told.c.key == _refusal_of(of.c.number))
    return exists().where(told.c.station_id == of.c.station_id, ended_or_refused)


def _refusal_of(number: ColumnElement[int]) -> ColumnElement[str]:
    return literal(f"{Kind.CLEARANCE.value}/", String) + cast(number, String) + literal("/rejected", String)


def _end_of(lock_id: ColumnElement[str]) -> ColumnElement[str]:
    return literal("lock/", String) + lock_id + literal("/cleared", String)


def locks(connection: Connection, patient_id: str | None = None, *, in_force: bool = False) -> Sequence[KnownLock]:
    """Return the locks of a patient, or of everybody, newest first; on wish only those still in force.

    A station's word that one has ended counts only where a clinician of this clinic has cleared it.
    """
    ended, refused, later = fact.alias(), fact.alias(), clearance.alias()
    same_station = fact.c.station_id
    of_lock = and_(
        clearance.c.station_id == same_station, literal("lock/", String) + clearance.c.lock_id == fact.c.key
    )
    told_end = and_(ended.c.station_id == same_station, ended.c.key == fact.c.key + "/cleared")
    again = exists().where(
        later.c.station_id == clearance.c.station_id,
        later.c.lock_id == clearance.c.lock_id,
        later.c.number > clearance.c.number,
    )
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
            refused.c.body.label("refused"),
        )
        .select_from(
            fact.join(station, station.c.id == fact.c.station_id)
            .outerjoin(
                acknowledgement,
                and_(acknowledgement.c.station_id == same_station, acknowledgement.c.key == fact.c.key),
            )
            .outerjoin(clearance, and_(of_lock, ~again))
            .outerjoin(ended, and_(clearance.c.id.is_not(None), told_end))
            .outerjoin(
                refused,
                and_(refused.c.station_id == same_station, refused.c.key == _refusal_of(clearance.c.number)),
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
    lock, refused = msgspec.json.decode(columns.pop("body"), type=Locked), columns.pop("refused")
    if refused is None or columns["ended_at"] is not None:
        return KnownLock(lock=lock, **columns)
    columns |= {"cleared_by": None, "cleared_at": None, "reason": None}
    return KnownLock(lock=lock, refusal=msgspec.json.decode(refused, type=ItemReceipt).reason, **columns)
