"""The one way in for records: exactly once in effect, in any order, nothing thrown away without a trace.

The ledger ``record`` knows each station's keys and a hash of what they stood for. A repeat changes nothing; other
content under a known key goes to quarantine, and what was kept first stays.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import msgspec
import numpy as np
from msgspec import structs
from sqlalchemy import Connection, Table, select, update

from edge.records import Record, SetDone, TracePart, kind
from sync.messages import Up, encode
from sync.store import schema
from sync.topics import parse_up

TABLES: Mapping[str, Table] = {
    "session": schema.session,
    "session_end": schema.session_end,
    "set": schema.training_set,
    "rep": schema.rep,
    "answer": schema.answer,
    "trace": schema.trace,
    "receipt": schema.receipt,
}
KEYS_PER_QUERY = 500
"""SQLite limits the parameters of one statement; older builds to 999."""

Name = tuple[str, str]
"""Station id and key: what a record is called here."""


@dataclass(slots=True)
class Outcome:
    """What became of a batch; ``acknowledge`` holds, by station, the keys the database now answers for."""

    stored: int = 0
    repeated: int = 0
    quarantined: int = 0
    acknowledge: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))


def ingest(connection: Connection, batch: Sequence[tuple[str, Up]], now: float) -> Outcome:
    """Store what is new of a batch of (topic, message), in the caller's transaction.

    Only keys in ``acknowledge`` may be confirmed to stations, and only after the commit. Conflicting content is
    among them, kept in quarantine, or the station would send it for ever; what came under a foreign or unknown
    station's name is not.
    """
    outcome = Outcome()
    accepted = _of_known_stations(connection, batch, outcome, now)
    known = _known_hashes(connection, [up for _, up in accepted])
    fresh: dict[Name, tuple[Up, str]] = {}
    for topic, up in accepted:
        name, digest = (up.station, up.key), content_hash(up.record)
        outcome.acknowledge[up.station].append(up.key)
        if name not in known:
            fresh[name] = up, digest
            known[name] = digest
        elif known[name] == digest:
            outcome.repeated += 1
        else:
            _refuse(connection, outcome, (topic, up), f"{up.key} came before with other content", now)
    _insert(connection, list(fresh.values()), now)
    outcome.stored = len(fresh)
    return outcome


def content_hash(record: Record) -> str:
    """Return the SHA-256 of what a record says, the same on every delivery."""
    return hashlib.sha256(msgspec.json.encode(record)).hexdigest()


def quarantine(connection: Connection, topic: str, reason: str, payload: bytes, now: float) -> bool:
    """Keep a message that could not be stored, once however often it comes; return whether it was new."""
    table = schema.quarantine
    topic = _plain(topic)[:200]
    same = select(table.c.id).where(table.c.topic == topic, table.c.payload == payload).limit(1)
    if connection.scalar(same) is not None:
        return False
    row = {"topic": topic, "reason": _plain(reason)[:1000], "payload": payload, "received_at": now}
    connection.execute(table.insert().values(row))
    return True


def _plain(text: str) -> str:
    # What strangers sent is shown to people and written to logs: no line breaks, no lone surrogates.
    return text.encode("unicode_escape").decode("ascii")


def mark_seen(connection: Connection, station_ids: Iterable[str], now: float) -> set[str]:
    """Note when stations were last heard from and return those of them that the clinic knows and has not revoked."""
    table = schema.station
    # A write comes first on purpose: it takes the database's write lock before anything is read.
    return {
        station_id
        for station_id in sorted(station_ids)
        if connection.execute(
            update(table).where(table.c.id == station_id, table.c.revoked_at.is_(None)).values(seen_at=now)
        ).rowcount
    }


def _of_known_stations(
    connection: Connection, batch: Sequence[tuple[str, Up]], outcome: Outcome, now: float
) -> list[tuple[str, Up]]:
    """Return the messages that came on their own station's topic; quarantine the others."""
    senders = [_sender(topic) for topic, _ in batch]
    known = mark_seen(connection, {sender for sender in senders if sender}, now)
    accepted = []
    for sender, (topic, up) in zip(senders, batch, strict=True):
        if sender != up.station:
            _refuse(connection, outcome, (topic, up), f"a message of {up.station} on {topic}", now)
        elif sender not in known:
            _refuse(connection, outcome, (topic, up), f"station {up.station} is not known here, or was revoked", now)
        else:
            accepted.append((topic, up))
    return accepted


def _sender(topic: str) -> str | None:
    try:
        return parse_up(topic)[0]
    except ValueError:
        return None


def _refuse(connection: Connection, outcome: Outcome, message: tuple[str, Up], reason: str, now: float) -> None:
    topic, up = message
    quarantine(connection, topic, reason, encode(up), now)
    outcome.quarantined += 1


def _known_hashes(connection: Connection, ups: Sequence[Up]) -> dict[Name, str]:
    table = schema.record.c
    known: dict[Name, str] = {}
    keys: dict[str, set[str]] = defaultdict(set)
    for up in ups:
        keys[up.station].add(up.key)
    for station_id, wanted in keys.items():
        for chunk in _chunks(wanted):
            rows = select(table.key, table.content_hash).where(table.station_id == station_id, table.key.in_(chunk))
            known |= {(station_id, key): digest for key, digest in connection.execute(rows)}
    return known


def _chunks(wanted: Iterable[str]) -> Iterable[list[str]]:
    left = iter(wanted)
    while chunk := list(islice(left, KEYS_PER_QUERY)):
        yield chunk


def _insert(connection: Connection, fresh: Sequence[tuple[Up, str]], now: float) -> None:
    rows: dict[str, list[dict[str, Any]]] = defaultdict(list)
    ledger = []
    for up, digest in fresh:
        name = kind(up.record)
        columns = _columns(up.record) if name in TABLES else _as_fact(up, name)
        rows[name].append({"station_id": up.station, **columns})
        ledger.append(
            {"station_id": up.station, "key": up.key, "kind": name, "content_hash": digest, "received_at": now}
        )
    for name, of_kind in rows.items():
        connection.execute(TABLES.get(name, schema.fact).insert(), of_kind)
    if ledger:
        connection.execute(schema.record.insert(), ledger)


def _as_fact(up: Up, name: str) -> dict[str, Any]:
    return {
        "key": up.key,
        "kind": name,
        "session_id": getattr(up.record, "session_id", None),
        "at": getattr(up.record, "at", up.wall),
        "body": msgspec.json.encode(up.record).decode(),
    }


def _columns(record: Record) -> dict[str, Any]:
    columns = structs.asdict(record)
    match record:
        case SetDone():
            columns["load_low_kg"], columns["load_high_kg"] = columns.pop("load_kg") or (None, None)
            columns["rpe_low"], columns["rpe_high"] = columns.pop("rpe_planned") or (None, None)
            columns["doubts"] = ",".join(record.doubts)
        case TracePart():
            columns["values"] = np.array(record.values, "<f4").tobytes()
    return columns
