"""Rule sets and messages as the clinic wrote them, and what their stations have told of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Connection, select

from edge.records import ItemReceipt
from sync.signed import Kind
from sync.store.outgoing import check_addressee, newest_version, signed
from sync.store.schema import fact, item

RECEIPT = "item"
"""The kind of record by which a station tells."""
_receipt = msgspec.json.Decoder(ItemReceipt)


@dataclass(frozen=True, slots=True)
class Written:
    """Something the clinic signed, and when its station told what of it, None where it has not."""

    version: int
    payload: str
    author: str
    reason: str
    written_at: float
    delivered_at: float | None = None
    waits: str = ""
    in_use_at: float | None = None
    read_at: float | None = None
    rejected_at: float | None = None
    refusal: str = ""


def write_item(
    connection: Connection,
    signer: Ed25519PrivateKey,
    kind: Kind,
    station_id: str,
    patient_id: str,
    text: Callable[[int], str],
    author: str,
    reason: str,
    now: float,
) -> int:
    """Insert what ``text`` returns for the next version, signed and thereby on its way, and return that version.

    Raises ValueError where the station would refuse it.
    """
    check_addressee(connection, kind, station_id, patient_id)
    version = newest_version(connection, kind, station_id) + 1
    row = {
        "station_id": station_id,
        "patient_id": patient_id,
        "kind": kind.value,
        "version": version,
        "author": author,
        "reason": reason,
        "written_at": now,
        **signed(signer, text(version)),
    }
    connection.execute(item.insert().values(row))
    return version


def items(connection: Connection, kind: Kind, station_id: str, patient_id: str, most: int) -> Sequence[Written]:
    """Return the newest ``most`` of a kind that were written for a patient's station, the newest first."""
    i = item.c
    wanted = (
        select(i.version, i.payload, i.author, i.reason, i.written_at)
        .where(i.kind == kind.value, i.station_id == station_id, i.patient_id == patient_id)
        .order_by(i.version.desc())
        .limit(most)
    )
    told = receipts(connection, kind, station_id)
    return [Written(**row, **_states(told, row["version"])) for row in connection.execute(wanted).mappings()]


def receipts(connection: Connection, kind: Kind, station_id: str) -> Sequence[ItemReceipt]:
    """Return what a station told of things of a kind, the oldest first."""
    f = fact.c
    wanted = select(f.body).where(
        f.station_id == station_id, f.kind == RECEIPT, f.key.startswith(f"{kind.value}/", autoescape=True)
    )
    return [_receipt.decode(body) for (body,) in connection.execute(wanted.order_by(f.at, f.key))]


def _states(told: Sequence[ItemReceipt], version: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for one in (one for one in told if one.version == version):
        found[f"{one.state}_at"] = one.at
        if one.state == "rejected":
            found["refusal"] = one.reason
        if one.state == "delivered":
            found["waits"] = one.reason
    return found
