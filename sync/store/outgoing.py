"""What is on its way to the stations: the tables of what was signed are their own outbox.

Of a plan, a rule set and a message the newest one counts; the broker keeps it for a station that is away. Clearances
of locks are many beside one another: see :mod:`sync.store.clearances`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    String,
    and_,
    cast,
    exists,
    func,
    literal,
    or_,
    select,
    update,
)

from sync.messages import VERSION, Signed, encode
from sync.signed import NAMES, Kind, Refused
from sync.signing import sign
from sync.store.schema import fact, item, prescription, receipt, station
from sync.topics import RETAINED_DOWN

RETAINED = tuple(Kind(name) for name in RETAINED_DOWN)
"""Kinds of which the broker keeps the newest."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """Something signed as the station is to receive it; ``id`` is its row among those of its kind."""

    kind: Kind
    id: int
    station_id: str
    version: int
    payload: str
    signature: str

    @property
    def message(self) -> bytes:
        """The bytes that carry it."""
        return encode(Signed(VERSION, self.payload, self.signature))


def signed(signer: Ed25519PrivateKey, payload: str) -> dict[str, str]:
    """Return text and signature as columns. Raises MessageError for a text that no message can carry."""
    columns = {"payload": payload, "signature": sign(signer, payload)}
    encode(Signed(VERSION, **columns))
    return columns


def check_addressee(connection: Connection, kind: Kind, station_id: str, patient_id: str) -> None:
    """Refuse what is meant for another patient than the station's, or for a revoked station. Raises Refused."""
    one = connection.execute(select(station).where(station.c.id == station_id)).first()
    if one is None or one.patient_id != patient_id:
        raise Refused(f"{NAMES[kind]} refused: station {station_id} is not patient {patient_id}'s")
    # A lock ends by the clinician's word, whether or not its station will ever hear it: the next one asks for that.
    if one.revoked_at is not None and kind is not Kind.CLEARANCE:
        raise Refused(f"{NAMES[kind]} refused: station {station_id} was revoked; make a new one first")


def in_service(station_id: ColumnElement[str]) -> ColumnElement[bool]:
    """Return whether that station has not been revoked: nothing is sent to one that has."""
    return exists().where(station.c.id == station_id, station.c.revoked_at.is_(None))


def newest_version(connection: Connection, kind: Kind, station_id: str) -> int:
    """Return the newest version written for a station, 0 where there is none."""
    table, of_kind = _table(kind)
    newest = select(func.max(table.c.version)).where(table.c.station_id == station_id, of_kind)
    return connection.scalar(newest) or 0


def unpublished(connection: Connection) -> Sequence[Outgoing]:
    """Return the newest of each kind and station that the broker does not have yet.

    Older ones are left out: published late, one would take the place of its successor at the broker.
    """
    return _outgoing(connection, lambda table, _kind: table.c.published_at.is_(None))


def unreceived(connection: Connection) -> Sequence[Outgoing]:
    """Return the newest of each kind and station for which it has given no receipt, published or not."""
    return _outgoing(connection, _without_receipt)


def _without_receipt(table: Any, kind: Kind) -> ColumnElement[bool]:
    if kind is Kind.PLAN:
        same = and_(receipt.c.station_id == table.c.station_id, receipt.c.plan_version == table.c.version)
        return ~exists().where(same)
    told = literal(f"{kind.value}/", String) + cast(table.c.version, String)
    states = or_(fact.c.key == told + "/delivered", fact.c.key == told + "/rejected")
    return ~exists().where(fact.c.station_id == table.c.station_id, states)


def _outgoing(connection: Connection, wanted: Any) -> Sequence[Outgoing]:
    return [
        Outgoing(kind, **row)
        for kind in RETAINED
        for row in connection.execute(_newest(kind).where(wanted(_table(kind)[0], kind))).mappings()
    ]


def _newest(kind: Kind) -> Select[Any]:
    table, of_kind = _table(kind)
    t, later = table.c, table.alias()
    same = later.c.station_id == t.station_id
    if kind is not Kind.PLAN:
        same = and_(same, later.c.kind == t.kind)
    superseded = exists().where(same, later.c.version > t.version)
    columns = (t.id, t.station_id, t.version, t.payload, t.signature)
    return select(*columns).where(of_kind, ~superseded, in_service(t.station_id)).order_by(t.id)


def _table(kind: Kind) -> tuple[Any, ColumnElement[bool]]:
    """Return where things of a kind stand, and which of the rows there they are."""
    if kind is Kind.PLAN:
        return prescription, literal(True)
    return item, item.c.kind == kind.value


def newest(connection: Connection, kind: Kind, station_id: str) -> Outgoing | None:
    """Return the newest of a kind that was written for a station, None where there is none."""
    found = connection.execute(_newest(kind).where(_table(kind)[0].c.station_id == station_id)).mappings().first()
    return None if found is None else Outgoing(kind, **found)


def mark_published(connection: Connection, one: Outgoing, now: float) -> bool:
    """Note that the broker has it, and return whether that is new."""
    row = _table(one.kind)[0]
    was_not = update(row).where(row.c.id == one.id, row.c.published_at.is_(None))
    return connection.execute(was_not.values(published_at=now)).rowcount == 1


def mark_unpublished(connection: Connection, one: Outgoing) -> None:
    """Note that the broker does not have it any more: it waits to be published again."""
    row = _table(one.kind)[0]
    connection.execute(update(row).where(row.c.id == one.id).values(published_at=None))
