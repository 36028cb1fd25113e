"""Many rows in one statement, as each of the two databases does it fastest."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Connection, Table


class Name(NamedTuple):
    """What a record is called at the clinic."""

    station_id: str
    key: str


class Entry(NamedTuple):
    """One line of the ledger: which record is here, what it said, and when the station was handed it.

    ``t_s`` is monotonic time of the station's run ``boot``, ``wall`` what its clock said, ``sure`` whether anybody
    had set that; they are written once and not asked for again.
    """

    station_id: str
    key: str
    kind: str
    content_hash: str
    as_came: str | None
    boot: str | None = None
    t_s: float | None = None
    wall: float | None = None
    sure: bool | None = None

    @property
    def name(self) -> Name:
        """Whose line it is."""
        return Name(self.station_id, self.key)


_CLAIM = {
    "sqlite": (
        f"INSERT INTO record ({', '.join(Entry._fields)}, received_at) "  # noqa: S608
        f"SELECT {', '.join(f'value ->> {place}' for place in range(len(Entry._fields)))}, ? FROM json_each(?) "
        "WHERE true ON CONFLICT DO NOTHING RETURNING station_id, key"
    ),
    "postgresql": (
        f"INSERT INTO record ({', '.join(Entry._fields)}, received_at) "  # noqa: S608
        "SELECT n.*, %s FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], "
        "%s::float8[], %s::float8[], %s::bool[]) AS n ON CONFLICT DO NOTHING RETURNING station_id, key"
    ),
}
_KNOWN = {
    "sqlite": (
        "SELECT r.station_id, r.key, r.kind, r.content_hash, r.as_came FROM json_each(?) AS n "
        "CROSS JOIN record AS r ON r.station_id = n.value ->> 0 AND r.key = n.value ->> 1"
    ),
    "postgresql": (
        "SELECT r.station_id, r.key, r.kind, r.content_hash, r.as_came FROM unnest(%s::text[], %s::text[]) "
        "AS n(s, k) JOIN record AS r ON r.station_id = n.s AND r.key = n.k"
    ),
}


def claim(connection: Connection, entries: Iterable[Entry], now: float) -> set[Name]:
    """Write those lines of the ledger whose names are free, and return these names.

    Where another bridge is writing the same name, this waits until that has come to an end. All bridges write in
    one order, so that no two wait for each other.
    """
    lines = sorted(entries)
    if not lines:
        return set()
    rows = connection.exec_driver_sql(_CLAIM[connection.dialect.name], (now, *_as_parameters(connection, lines)))
    return {Name(*row) for row in rows}


def known(connection: Connection, names: Iterable[Name]) -> Mapping[Name, Entry]:
    """Return the ledger's lines of these names, as far as there are any."""
    wanted = sorted(names)
    if not wanted:
        return {}
    found = connection.exec_driver_sql(_KNOWN[connection.dialect.name], _as_parameters(connection, wanted))
    return {entry.name: entry for entry in (Entry(*row) for row in found)}


def append(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows that have the same columns."""
    columns = ", ".join(f'"{name}"' for name in rows[0])
    values = [tuple(row.values()) for row in rows]
    if connection.dialect.name == "postgresql":
        driver: Any = connection.connection.driver_connection
        with driver.cursor() as cursor, cursor.copy(f"COPY {table.name} ({columns}) FROM STDIN") as copy:
            for one in values:
                copy.write_row(one)
    else:
        places = ", ".join("?" * len(rows[0]))
        connection.exec_driver_sql(f"INSERT INTO {table.name} ({columns}) VALUES ({places})", values)  # noqa: S608


def _as_parameters(connection: Connection, lines: Sequence[tuple[Any, ...]]) -> tuple[Any, ...]:
    if connection.dialect.name == "postgresql":
        return tuple(list(column) for column in zip(*lines, strict=True))
    return (msgspec.json.encode(lines).decode(),)
