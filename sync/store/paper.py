"""A week done on paper, as the clinic types it in: self-reported activities beside those a station sends."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from sqlalchemy import Connection, select

from edge.records import Logged, key, kind
from sync.store import schema
from sync.store.ingest import content_hash


def store_paper(db: Connection, station_id: str, entries: Sequence[Logged], now: float) -> int:
    """Store those of the entries that are not there yet, in the caller's transaction, and return how many.

    They stand in the same ledger as a station's records, so that nothing comes twice under one name. Nothing that
    was typed in before is changed.
    """
    names = {key(entry): entry for entry in entries}
    known = schema.record.c
    there = db.scalars(select(known.key).where(known.station_id == station_id, known.key.in_(names)))
    fresh = {name: names[name] for name in names.keys() - set(there)}
    if fresh:
        db.execute(schema.fact.insert(), [_fact(station_id, name, entry) for name, entry in fresh.items()])
        ledger = [
            {"station_id": station_id, "key": name, "kind": kind(entry), "content_hash": content_hash(entry),
             "received_at": now}
            for name, entry in fresh.items()
        ]  # fmt: skip
        db.execute(schema.record.insert(), ledger)
    return len(fresh)


def _fact(station_id: str, name: str, entry: Logged) -> dict[str, object]:
    body = msgspec.json.encode(entry).decode()
    return {
        "station_id": station_id,
        "key": name,
        "kind": kind(entry),
        "session_id": None,
        "at": entry.at,
        "body": body,
    }
