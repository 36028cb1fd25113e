"""Looks into the clinic's database: is every record there that a station wrote, once, and as it was written?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import Column, Connection, func, select

from edge.records import Record, key
from sync.store import engine, schema
from sync.store.ingest import TABLES, content_hash

Name = tuple[str, str]
"""Station id and key."""


@dataclass(frozen=True, slots=True)
class Found:
    """What the database holds of what was written; all but the first two are to be 0."""

    written: int
    stored: int
    lost: int
    twice: int
    """Rows beyond one for each record."""
    altered: int
    """Records that say something else than what was written."""
    quarantined: int

    @property
    def right(self) -> bool:
        """Whether nothing is missing, doubled, changed or set aside."""
        return not (self.lost or self.twice or self.altered or self.quarantined)


def look(database: str, written: Mapping[str, Iterable[Record]]) -> Found:
    """Compare the database with what each station wrote."""
    expected = {(station, key(one)): content_hash(one) for station, records in written.items() for one in records}
    opened = engine(database)
    try:
        with opened.connect() as connection:
            held = _ledger(connection, set(written))
            return Found(
                written=len(expected),
                stored=len(held),
                lost=len(expected.keys() - held.keys()),
                twice=_beyond_one(connection),
                altered=sum(held[name] != expected[name] for name in expected.keys() & held.keys()),
                quarantined=connection.scalar(select(func.count()).select_from(schema.quarantine)) or 0,
            )
    finally:
        opened.dispose()


def _ledger(connection: Connection, stations: set[str]) -> dict[Name, str]:
    table = schema.record.c
    rows = connection.execute(select(table.station_id, table.key, table.content_hash))
    return {(station, name): digest for station, name, digest in rows if station in stations}


def _beyond_one(connection: Connection) -> int:
    """Return how many rows the tables of records hold beyond one for each line of the ledger."""
    known, rows = Counter[str](), _counts(connection, schema.fact.c.kind)
    for name, lines in _counts(connection, schema.record.c.kind).items():
        known[TABLES[name].name if name in TABLES else name] += lines
    for table in set(TABLES.values()):
        rows[table.name] = connection.scalar(select(func.count()).select_from(table)) or 0
    return (rows - known).total()


def _counts(connection: Connection, kind: Column[str]) -> Counter[str]:
    rows = connection.execute(select(kind, func.count()).group_by(kind))
    return Counter({row[0]: row[1] for row in rows})
