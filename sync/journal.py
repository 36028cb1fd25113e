"""The station's journal: one SQLite file with every record, and an outbox of those the clinic has not confirmed.

A record and its outbox row are written in one transaction, on the disk when :meth:`Journal.append` returns. The
outbox row goes when the clinic confirms; the record itself stays. The thread that opens a journal owns it.
"""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import msgspec

from edge.records import Incident, Locked, Record, TraceChunk, TracePart, Unlocked, key, kind

MIGRATIONS = ("journal_001.sql", "journal_002.sql", "journal_003.sql")
"""Applied in order, never edited once released; ``user_version`` counts those a file has."""
PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=5000", "foreign_keys=ON")
URGENT = (Locked, Unlocked, Incident)
"""Alerts: they are sent before everything else that waits."""
BULKY = (TracePart, TraceChunk)
"""Raw traces: they are sent after everything else that waits."""

_decoder = msgspec.json.Decoder(Record)


class JournalError(RuntimeError):
    """The journal cannot do what was asked; the message says why."""


class RecordRefused(JournalError):  # noqa: N818 - reads as what happened
    """A record that can never be written; the message names its key."""


class Conflict(RecordRefused):
    """A record came under a key that already stands for something else."""


class Unfit(RecordRefused):
    """A record breaks the limits of its own fields, holds a number that is none, or is not the station's to write."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A record the clinic has not confirmed, with what was noted when it was written."""

    seq: int
    key: str
    boot: str
    t_s: float
    wall: float
    record: Record

    @property
    def kind(self) -> str:
        """The last part of its topic."""
        return kind(self.record)


@dataclass(frozen=True, slots=True)
class StoredItem:
    """Something signed as it was received, of one kind and version."""

    version: int
    payload: str
    signature: str


def _body(record: Record) -> str:
    """Return the record as it is stored, sure to read back the same: one that did not would block all behind it."""
    try:
        body = msgspec.json.encode(record)
        same = _decoder.decode(body) == record
    except (TypeError, ValueError) as exc:
        raise Unfit(f"{key(record)} cannot be written: {exc}") from None
    if not same:
        # JSON has no infinity: msgspec writes null, which elsewhere means "not measured".
        raise Unfit(f"{key(record)} cannot be written: it holds a number that is none")
    return body.decode()


def _of_kind(name: str) -> str:
    """Return the pattern of a stored record of this kind: its kind is written first."""
    return f'{{"kind":"{name}"*'


class Journal:
    """The journal at ``path``, made if missing and brought up to date. ``boot`` names this run of the station."""

    def __init__(self, path: Path, boot: str | None = None) -> None:
        self.boot = boot or secrets.token_hex(8)
        self._path = path
        self._db = sqlite3.connect(path, isolation_level=None)
        try:
            for pragma in PRAGMAS:
                self._db.execute(f"PRAGMA {pragma}")
            self._migrate()
        except BaseException:
            self._db.close()
            raise

    def append(self, records: Sequence[Record], now_s: float, wall: float) -> None:
        """Write records and their outbox rows, all or none; on return a power cut takes none of them.

        A record that is there already is left alone. Raises RecordRefused, with nothing written: Conflict where a
        key stands for something else, Unfit where a record could not be read back, and for the end of a lock: only
        :meth:`store_item` writes that.
        """
        for record in records:
            if isinstance(record, Unlocked):
                raise Unfit(f"{key(record)} cannot be written without the clinic's clearance")
        with self._transaction():
            self._append(records, now_s, wall)

    def _append(self, records: Sequence[Record], now_s: float, wall: float) -> None:
        for record in records:
            body = _body(record)
            found = self._db.execute("SELECT body FROM record WHERE key = ?", (key(record),)).fetchone()
            if found is None:
                self._insert(record, body, now_s, wall)
            elif found[0] != body:
                raise Conflict(f"{key(record)} is in the journal with other content")

    def _insert(self, record: Record, body: str, now_s: float, wall: float) -> None:
        row = self._db.execute(
            "INSERT INTO record (key, body, boot, t_s, wall) VALUES (?, ?, ?, ?, ?)",
            (key(record), body, self.boot, now_s, wall),
        )
        urgent = int(isinstance(record, URGENT)) - int(isinstance(record, BULKY))
        self._db.execute("INSERT INTO outbox (seq, urgent) VALUES (?, ?)", (row.lastrowid, urgent))

    def waiting(self, limit: int, after: int = 0) -> list[Waiting]:
        """Return up to ``limit`` records to be sent, oldest first, ``seq`` above ``after``; no raw traces."""
        return self._waiting("seq > ? AND urgent >= 0 AND held IS NULL ORDER BY seq LIMIT ?", after, limit)

    def traces(self, limit: int, after: int = 0) -> list[Waiting]:
        """Return up to ``limit`` parts of raw traces to be sent, oldest first, likewise."""
        return self._waiting("seq > ? AND urgent < 0 AND held IS NULL ORDER BY seq LIMIT ?", after, limit)

    def alerts(self, limit: int) -> list[Waiting]:
        """Return up to ``limit`` alerts to be sent, oldest first."""
        return self._waiting("urgent = 1 AND held IS NULL ORDER BY seq LIMIT ?", limit)

    def _waiting(self, where: str, *values: int) -> list[Waiting]:
        rows = self._db.execute(
            f"SELECT seq, key, boot, t_s, wall, body FROM outbox JOIN record USING (seq) WHERE {where}",  # noqa: S608
            values,
        )
        return [
            Waiting(seq, name, boot, t_s, wall, _decoder.decode(body)) for seq, name, boot, t_s, wall, body in rows
        ]

    def backlog(self) -> int:
        """Return how many records the clinic has not confirmed."""
        return self._number("SELECT count(*) FROM outbox")

    def acknowledge(self, keys: Iterable[str]) -> None:
        """Forget, in the outbox only, what the clinic has confirmed; keys that do not wait are harmless."""
        with self._transaction():
            self._db.executemany(
                "DELETE FROM outbox WHERE seq = (SELECT seq FROM record WHERE key = ?)", [(name,) for name in keys]
            )

    def hold(self, seq: int, reason: str) -> None:
        """Set a record aside that can never be sent, so that the others pass it."""
        with self._transaction():
            self._db.execute("UPDATE outbox SET held = ? WHERE seq = ?", (reason, seq))

    def items(self, kind: str) -> list[StoredItem]:
        """Return what is kept of a kind, the newest first; whoever reads it checks the signatures."""
        rows = self._db.execute(
            "SELECT version, payload, signature FROM item WHERE kind = ? ORDER BY version DESC", (kind,)
        )
        return [StoredItem(*row) for row in rows]

    def store_item(
        self, kind: str, item: StoredItem, told: Record, keep_from: int, now_s: float, wall: float
    ) -> None:
        """Keep something signed and the record that tells of it, both or neither.

        What is older than version ``keep_from`` goes.
        """
        with self._transaction():
            self._db.execute(
                "INSERT INTO item (kind, version, payload, signature) VALUES (?, ?, ?, ?)",
                (kind, item.version, item.payload, item.signature),
            )
            self._db.execute("DELETE FROM item WHERE kind = ? AND version < ?", (kind, keep_from))
            if not self.holds(key(told)):
                self._append([told], now_s, wall)

    def claim(self, station: str, patient: str) -> None:
        """Note whose journal this is. Raises JournalError, and changes nothing, where it is somebody else's."""
        owner = self._owner()
        for what, found, mine in (("station", owner[0], station), ("patient", owner[1], patient)):
            if found not in ("", mine):
                raise JournalError(
                    f"{self._path}: this is the journal of {what} {found}, not of {what} {mine}; expected a new "
                    f"journal for a new pairing: move this file aside, or set {what} {found} again. Nothing in it "
                    "was changed or sent"
                )
        with self._transaction():
            self._db.execute("INSERT OR REPLACE INTO owner VALUES (1, ?, ?)", (station, patient))

    def _owner(self) -> tuple[str, str]:
        """Return station and patient, "" for unknown; where they were not noted yet, what the content tells."""
        noted = self._db.execute("SELECT station, patient FROM owner").fetchone()
        if noted is not None:
            return noted[0], noted[1]
        told = self._db.execute(
            "SELECT body ->> 'patient_id' FROM record WHERE body GLOB ? OR body GLOB ? ORDER BY seq DESC LIMIT 1",
            (_of_kind("session"), _of_kind("lock")),
        ).fetchone()
        signed = self._db.execute(
            "SELECT payload ->> 'station_id', payload ->> 'patient_id' FROM item"
            " WHERE json_valid(payload) ORDER BY version DESC LIMIT 1"
        ).fetchone() or ("", "")
        return signed[0] or "", (told[0] if told else signed[1]) or ""

    def locks(self) -> list[Locked]:
        """Return every lock that was ever closed, oldest first, whether or not it was cleared."""
        rows = self._db.execute("SELECT body FROM record WHERE key GLOB 'lock/*' ORDER BY seq")
        found = [_decoder.decode(body) for (body,) in rows]
        return [record for record in found if isinstance(record, Locked)]

    def holds(self, name: str) -> bool:
        """Return whether a record of this key was ever written."""
        return self._number("SELECT count(*) FROM record WHERE key = ?", name) > 0

    def records(self) -> Iterator[Record]:
        """Yield every record in the order of writing."""
        for (body,) in self._db.execute("SELECT body FROM record ORDER BY seq"):
            yield _decoder.decode(body)

    def past(self, limit: int) -> list[Record]:
        """Return what rules look at of the past, oldest first: the newest ``limit`` records, traces left out.

        Locks and their clearances are among them however old they are.
        """
        rows = self._db.execute(
            "SELECT body FROM record WHERE seq IN"
            " (SELECT seq FROM record WHERE body NOT GLOB ? AND body NOT GLOB ? ORDER BY seq DESC LIMIT ?)"
            " OR body GLOB ? OR body GLOB ? ORDER BY seq",
            (_of_kind("trace"), _of_kind("trace_chunk"), limit, _of_kind("lock"), _of_kind("unlock")),
        )
        return [_decoder.decode(body) for (body,) in rows]

    def count(self) -> int:
        """Return how many records were ever written."""
        return self._number("SELECT count(*) FROM record")

    def close(self) -> None:
        """Close the file; closing twice is harmless."""
        self._db.close()

    def _number(self, query: str, *values: str) -> int:
        return int(self._db.execute(query, values).fetchone()[0])

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            # A COMMIT that failed for want of space may have ended the transaction already.
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise

    def _migrate(self) -> None:
        # One transaction: a kill in the middle leaves the old version whole, and two who open at once take turns.
        with self._transaction():
            done = self._number("PRAGMA user_version")
            if done > len(MIGRATIONS):
                raise JournalError(f"journal has version {done}; this program knows {len(MIGRATIONS)}: update it")
            for name in MIGRATIONS[done:]:
                script = files("sync").joinpath(name).read_text(encoding="utf-8")
                # Statements end at a line's end; executescript would commit each of them.
                for statement in script.split(";\n"):
                    self._db.execute(statement)
            self._db.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
