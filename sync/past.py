"""The past as a file holds it, read only: a station's journal or the database of a clinic that keeps one file."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from edge.records import Record, RepCounted, SessionEnded, SessionStarted, SetDone
from edge.records.training import Answered

TABLES: dict[str, type[Any]] = {
    "session": SessionStarted,
    "session_end": SessionEnded,
    "training_set": SetDone,
    "rep": RepCounted,
    "answer": Answered,
}
"""Tables of the clinic's database that hold records rules look at, beside ``fact``."""

_decoder = msgspec.json.Decoder(Record)


class PastError(ValueError):
    """A file that holds no past; the message names it and what was expected."""


@dataclass(frozen=True, slots=True)
class Past:
    """The records of one station, and its plans as they were signed, newest first."""

    station: str
    records: tuple[Record, ...]
    plans: tuple[str, ...]


def read_past(path: Path, station: str | None = None) -> Past:
    """Return what a journal or a clinic's database holds of one station; the file is not changed.

    ``station`` chooses among several in a clinic's database. Raises PastError for another file, and where the station
    is not known or has to be named.
    """
    try:
        # Read only: a tool that looks back must not bring a file up to date that a running station owns.
        database = sqlite3.connect(f"file:{path.resolve()}?mode=ro", uri=True)
        try:
            return _read(database, path, station)
        finally:
            database.close()
    except (sqlite3.Error, msgspec.MsgspecError) as exc:
        raise PastError(f"{path}: {exc}; expected a station's journal or a clinic's database") from None


def _read(database: sqlite3.Connection, path: Path, station: str | None) -> Past:
    tables = {name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if {"record", "outbox"} <= tables:
        records = [_decoder.decode(body) for (body,) in database.execute("SELECT body FROM record ORDER BY seq")]
        # A journal that no station has opened since keeps its plans in a table of their own.
        held = "item WHERE kind = 'plan'" if "item" in tables else "plan"
        plans = [row[0] for row in database.execute(f"SELECT payload FROM {held} ORDER BY version DESC")]  # noqa: S608
        return Past(station or "", tuple(records), tuple(plans))
    if not {"prescription", "fact", *TABLES} <= tables:
        raise PastError(
            f"{path}: no table of a journal or a clinic; expected a station's journal or clinic's database"
        )
    database.row_factory = sqlite3.Row
    name = _station(database, path, station)
    plans = [
        row["payload"]
        for row in database.execute(
            "SELECT payload FROM prescription WHERE station_id = ? ORDER BY version DESC", (name,)
        )
    ]
    return Past(name, tuple(_of_clinic(database, name)), tuple(plans))


def _station(database: sqlite3.Connection, path: Path, wanted: str | None) -> str:
    known = [row["station_id"] for row in database.execute("SELECT DISTINCT station_id FROM session ORDER BY 1")]
    if wanted is None and len(known) == 1:
        return str(known[0])
    if wanted not in known:
        raise PastError(f"{path}: --station is {wanted!r}; expected one of {', '.join(known) or 'none: no session'}")
    return str(wanted)


def _of_clinic(database: sqlite3.Connection, station: str) -> Iterator[Record]:
    def rows(table: str, order: str = "") -> Iterable[Mapping[str, Any]]:
        # The names are those of our tables, not anybody's input.
        query = f"SELECT * FROM {table} WHERE station_id = ? {order}"  # noqa: S608
        return (dict(row) for row in database.execute(query, (station,)))

    return records_of(rows, (row["body"] for row in rows("fact", "ORDER BY at, key")))


def records_of(rows: Callable[[str], Iterable[Mapping[str, Any]]], facts: Iterable[str]) -> Iterator[Record]:
    """Yield what a clinic's tables hold of one station; ``facts`` are the bodies of its facts, in order."""
    for table, kind in TABLES.items():
        for row in rows(table):
            yield _record(kind, dict(row))
    for body in facts:
        yield _decoder.decode(body)


def _record(kind: type[Any], columns: dict[str, Any]) -> Any:
    if kind is SetDone:
        low, high = columns.pop("load_low_kg"), columns.pop("load_high_kg")
        columns["load_kg"] = None if low is None else (low, high)
        columns["doubts"] = [one for one in columns["doubts"].split(",") if one]
        columns |= _pairs(columns)
    known = set(kind.__struct_fields__)
    return msgspec.convert({name: value for name, value in columns.items() if name in known}, kind, strict=False)


def _pairs(columns: dict[str, Any]) -> dict[str, Any]:
    """Return the pairs of numbers that the table keeps in two columns."""
    low, high = columns.get("rpe_low"), columns.get("rpe_high")
    return {} if low is None else {"rpe_planned": (low, high)}
