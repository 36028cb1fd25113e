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

from edge.records import Incident, Locked, Record, Unlocked, key, kind

MIGRATIONS = ("journal_001.sql", "journal_002.sql")
"""Applied in order, never edited once released; ``user_version`` counts those a file has."""
PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=5000", "foreign_keys=ON")
PLANS_KEPT = 2
URGENT = (Locked, Unlocked, Incident)
"""Alerts: they are sent before everything else that waits."""

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
class StoredPlan:
    """A signed plan as it was received."""

    version: int
    payload: str
    signature: str


@dataclass(frozen=True, slots=True)
class StoredClearance:
    """A signed clearance of a lock as it was received."""

    number: int
    lock_id: str
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
        :meth:`store_clearance` writes that.
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
        urgent = int(isinstance(record, URGENT))
        self._db.execute("INSERT INTO outbox (seq, urgent) VALUES (?, ?)", (row.lastrowid, urgent))

    def waiting(self, limit: int, after: int = 0) -> list[Waiting]:
        """Return up to ``limit`` records to be sent, oldest first, from those with ``seq`` above ``after``."""
        return self._waiting("seq > ? AND held IS NULL ORDER BY seq LIMIT ?", after, limit)

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
        """Forget, in the outbox only, what the clinic has confirmed; keys that do not wait are harmless.

        A power cut may undo it: then the records are sent and confirmed once more. So no disk is waited for, which
        in a long outbox would be most of the work, and in the way of what is to be saved.
        """
        self._db.execute("PRAGMA synchronous=NORMAL")
        try:
            with self._transaction():
                self._db.executemany(
                    "DELETE FROM outbox WHERE seq = (SELECT seq FROM record WHERE key = ?)",
                    [(name,) for name in keys],
                )
        finally:
            self._db.execute("PRAGMA synchronous=FULL")

    def hold(self, seq: int, reason: str) -> None:
        """Set a record aside that can never be sent, so that the others pass it."""
        with self._transaction():
            self._db.execute("UPDATE outbox SET held = ? WHERE seq = ?", (reason, seq))

    def store_plan(self, plan: StoredPlan, receipt: Record, now_s: float, wall: float) -> None:
        """Keep a plan, the one before it, and the receipt for it, all or none of them."""
        with self._transaction():
            self._db.execute(
                "INSERT INTO plan (version, payload, signature) VALUES (?, ?, ?)",
                (plan.version, plan.payload, plan.signature),
            )
            self._db.execute(
                "DELETE FROM plan WHERE version NOT IN (SELECT version FROM plan ORDER BY version DESC LIMIT ?)",
                (PLANS_KEPT,),
            )
            self._append([receipt], now_s, wall)

    def plans(self) -> list[StoredPlan]:
        """Return the plans kept, newest first."""
        rows = self._db.execute("SELECT version, payload, signature FROM plan ORDER BY version DESC")
        return [StoredPlan(*row) for row in rows]

    def current_plan(self) -> StoredPlan | None:
        """Return the newest plan, or None where none ever came."""
        return next(iter(self.plans()), None)

    def locks(self) -> list[Locked]:
        """Return every lock that was ever closed, oldest first, whether or not it was cleared."""
        rows = self._db.execute("SELECT body FROM record WHERE key GLOB 'lock/*' ORDER BY seq")
        found = [_decoder.decode(body) for (body,) in rows]
        return [record for record in found if isinstance(record, Locked)]

    def clearances(self) -> list[StoredClearance]:
        """Return the clearances that were received, oldest first, their signatures to be checked by who reads."""
        rows = self._db.execute("SELECT number, lock_id, payload, signature FROM clearance ORDER BY number")
        return [StoredClearance(*row) for row in rows]

    def store_clearance(self, clearance: StoredClearance, record: Unlocked, now_s: float, wall: float) -> None:
        """Keep a clearance and the record that the lock has ended, both or none of them."""
        with self._transaction():
            self._db.execute(
                "INSERT INTO clearance (number, lock_id, payload, signature) VALUES (?, ?, ?, ?)",
                (clearance.number, clearance.lock_id, clearance.payload, clearance.signature),
            )
            if not self.holds(key(record)):
                self._append([record], now_s, wall)

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
            " (SELECT seq FROM record WHERE body NOT GLOB ? ORDER BY seq DESC LIMIT ?)"
            " OR body GLOB ? OR body GLOB ? ORDER BY seq",
            (_of_kind("trace"), limit, _of_kind("lock"), _of_kind("unlock")),
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
