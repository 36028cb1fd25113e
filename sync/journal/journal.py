"""The journal as a station uses it: records, their outbox, plans, locks and clearances.

A record and its outbox row are written in one transaction, on the disk when :meth:`Journal.append` returns. The
outbox row goes when the clinic confirms; the record itself stays. The thread that opens a journal owns it.
"""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import msgspec

from edge.records import Locked, Record, StoreTold, StoreTrouble, TracePart, Unlocked, key
from sync.journal.lock_book import Book, book_of, read_book, write_book
from sync.journal.room import KEEP, Room
from sync.journal.rows import (
    Conflict,
    Salvaged,
    StoredClearance,
    StoredPlan,
    Unfit,
    Waiting,
    body_of,
    is_urgent,
    read_body,
)
from sync.journal.schema import connect, is_full, transaction

PLANS_KEPT = 2
MAKE_ROOM_BYTES = 2_000_000
"""So much of raw traces goes at once where the disk is full: some twenty sets. Our choice."""
_TRACE = """body GLOB '{"kind":"trace"*'"""
"""As the index over traces has it."""


def _of_kind(name: str) -> str:
    """Return the pattern of a stored record of this kind: its kind is written first."""
    return f'{{"kind":"{name}"*'


class Journal:
    """The journal at ``path``, made if missing and brought up to date. ``boot`` names this run of the computer.

    ``room`` says how much of the disk it may take; without one it grows. Raises JournalBroken for a file that is to
    be salvaged (:func:`sync.journal.open_journal` does), JournalError for one of a newer program.
    """

    salvaged: Salvaged | None = None
    """What was done with the journal before this one, if it could not be read."""

    def __init__(self, path: Path, boot: str | None = None, room: Room | None = None) -> None:
        self.boot = boot or secrets.token_hex(8)
        self._book = book_of(path)
        self._room = room
        self._db = connect(path)
        try:
            self._agree_on_locks()
        except BaseException:
            self._db.close()
            raise

    def append(self, records: Sequence[Record], now_s: float, wall: float, *, sure: bool = True) -> list[str]:
        """Write records and their outbox rows, all or none; on return a power cut takes none of them.

        Return the keys that are in the journal now: all but those of raw traces for which there is no room. ``sure``
        says whether anybody had set the clock that said ``wall``. A record that is there already is left alone.
        Raises RecordRefused, with nothing written: Conflict where a key stands for something else, Unfit where a
        record could not be read back, and for the end of a lock: only :meth:`store_clearance` writes that.
        """
        for record in records:
            if isinstance(record, Unlocked):
                raise Unfit(f"{key(record)} cannot be written without the clinic's clearance")
        self._note_locks(records)
        self._stay_in_bounds(now_s, wall)
        try:
            return self._write(records, now_s, wall, sure)
        except sqlite3.OperationalError as exc:
            if not is_full(exc) or not self._make_room(now_s, wall):
                raise
        return self._write(records, now_s, wall, sure)

    def _write(self, records: Sequence[Record], now_s: float, wall: float, sure: bool) -> list[str]:
        kept = [one for one in records if not (self._tight() and isinstance(one, TracePart))]
        with transaction(self._db):
            self._append(kept, now_s, wall, sure)
            if len(kept) < len(records):
                self._append([_dropped(len(records) - len(kept), wall)], now_s, wall, sure)
        return [key(record) for record in kept]

    def _append(self, records: Sequence[Record], now_s: float, wall: float, sure: bool) -> None:
        for record in records:
            body = body_of(record)
            found = self._db.execute("SELECT body FROM record WHERE key = ?", (key(record),)).fetchone()
            if found is None:
                self._insert(record, body, now_s, wall, sure)
            elif found[0] != body:
                raise Conflict(f"{key(record)} is in the journal with other content")

    def _insert(self, record: Record, body: str, now_s: float, wall: float, sure: bool) -> None:
        row = self._db.execute(
            "INSERT INTO record (key, body, boot, t_s, wall, sure) VALUES (?, ?, ?, ?, ?, ?)",
            (key(record), body, self.boot, now_s, wall, int(sure)),
        )
        self._db.execute("INSERT INTO outbox (seq, urgent) VALUES (?, ?)", (row.lastrowid, int(is_urgent(record))))

    def waiting(self, limit: int, after: int = 0) -> list[Waiting]:
        """Return up to ``limit`` records to be sent, oldest first, from those with ``seq`` above ``after``."""
        return self._waiting("seq > ? AND held IS NULL ORDER BY seq LIMIT ?", after, limit)

    def alerts(self, limit: int) -> list[Waiting]:
        """Return up to ``limit`` alerts to be sent, oldest first."""
        return self._waiting("urgent = 1 AND held IS NULL ORDER BY seq LIMIT ?", limit)

    def _waiting(self, where: str, *values: int) -> list[Waiting]:
        rows = self._db.execute(
            f"SELECT seq, key, boot, t_s, wall, body, sure FROM outbox JOIN record USING (seq) WHERE {where}",  # noqa: S608
            values,
        ).fetchall()
        found = []
        for seq, name, boot, t_s, wall, body, sure in rows:
            try:
                found.append(Waiting(seq, name, boot, t_s, wall, read_body(body), bool(sure)))
            except msgspec.MsgspecError as exc:
                self.hold(seq, f"cannot be read any more: {exc}")
        return found

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
            with transaction(self._db):
                self._db.executemany(
                    "DELETE FROM outbox WHERE seq = (SELECT seq FROM record WHERE key = ?)",
                    [(name,) for name in keys],
                )
        finally:
            self._db.execute("PRAGMA synchronous=FULL")

    def hold(self, seq: int, reason: str) -> None:
        """Set a record aside that can never be sent, so that the others pass it."""
        with transaction(self._db):
            self._db.execute("UPDATE outbox SET held = ? WHERE seq = ?", (reason, seq))

    def store_plan(self, plan: StoredPlan, receipt: Record, now_s: float, wall: float, *, sure: bool = True) -> None:
        """Keep a plan, the one before it, and the receipt for it, all or none of them."""
        with transaction(self._db):
            self._db.execute(
                "INSERT INTO plan (version, payload, signature) VALUES (?, ?, ?)",
                (plan.version, plan.payload, plan.signature),
            )
            self._db.execute(
                "DELETE FROM plan WHERE version NOT IN (SELECT version FROM plan ORDER BY version DESC LIMIT ?)",
                (PLANS_KEPT,),
            )
            self._append([receipt], now_s, wall, sure)

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
        return [record for record in self._readable(rows) if isinstance(record, Locked)]

    def clearances(self) -> list[StoredClearance]:
        """Return the clearances that were received, oldest first, their signatures to be checked by who reads."""
        rows = self._db.execute("SELECT number, lock_id, payload, signature FROM clearance ORDER BY number")
        return [StoredClearance(*row) for row in rows]

    def store_clearance(
        self, clearance: StoredClearance, record: Unlocked, now_s: float, wall: float, *, sure: bool = True
    ) -> None:
        """Keep a clearance and the record that the lock has ended, both or none of them."""
        with transaction(self._db):
            self._db.execute(
                "INSERT INTO clearance (number, lock_id, payload, signature) VALUES (?, ?, ?, ?)",
                (clearance.number, clearance.lock_id, clearance.payload, clearance.signature),
            )
            if not self.holds(key(record)):
                self._append([record], now_s, wall, sure)
        # A book that missed this keeps the lock closed should the journal be lost: that is the safe side.
        with suppress(OSError):
            write_book(self._book, Book(tuple(self.locks()), tuple(self.clearances())))

    def holds(self, name: str) -> bool:
        """Return whether a record of this key was ever written."""
        return self._number("SELECT count(*) FROM record WHERE key = ?", name) > 0

    def records(self) -> Iterator[Record]:
        """Yield every record in the order of writing."""
        yield from self._readable(self._db.execute("SELECT body FROM record ORDER BY seq"))

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
        return list(self._readable(rows))

    def count(self) -> int:
        """Return how many records were ever written."""
        return self._number("SELECT count(*) FROM record")

    def close(self) -> None:
        """Close the file; closing twice is harmless."""
        self._db.close()

    @staticmethod
    def _readable(rows: Iterable[tuple[str]]) -> Iterator[Record]:
        """Yield what reads; one row of noise must not hide all the others. The outbox tells of it."""
        for (body,) in rows:
            with suppress(msgspec.MsgspecError):
                yield read_body(body)

    def _number(self, query: str, *values: str) -> int:
        return int(self._db.execute(query, values).fetchone()[0])

    # ---- room ---------------------------------------------------------------------------------------------------

    def _tight(self) -> bool:
        return self._room is not None and self._room.tight

    def _stay_in_bounds(self, now_s: float, wall: float) -> None:
        """Let raw traces make room, before anything is written, once the journal is as large as it may be."""
        if self._room is None:
            return
        self._room.hold_back()
        over = self._used_bytes() - self._room.most_bytes
        if over > 0:
            self._drop_traces(over + round((1 - KEEP) * self._room.most_bytes), now_s, wall)

    def _make_room(self, now_s: float, wall: float) -> bool:
        """Do what can be done about a full disk, and return whether that was anything."""
        given_up = self._room is not None and self._room.give_up()
        with suppress(sqlite3.OperationalError):
            return self._drop_traces(MAKE_ROOM_BYTES, now_s, wall) or given_up
        return given_up

    def _used_bytes(self) -> int:
        pages, free, size = (self._number(f"PRAGMA {name}") for name in ("page_count", "freelist_count", "page_size"))
        return (pages - free) * size

    def _drop_traces(self, need_bytes: int, now_s: float, wall: float) -> bool:
        """Drop raw traces, those the clinic has first, then the oldest first, and write down that they are gone."""
        going: list[int] = []
        with transaction(self._db):
            for confirmed in ("NOT", ""):
                rows = self._db.execute(
                    f"SELECT seq, length(body) FROM record WHERE {_TRACE} AND"  # noqa: S608
                    f" {confirmed} EXISTS (SELECT 1 FROM outbox WHERE outbox.seq = record.seq) ORDER BY seq"
                )
                for seq, size in rows:
                    if need_bytes <= 0:
                        break
                    going.append(seq)
                    need_bytes -= size
            for table in ("outbox", "record"):
                self._db.executemany(f"DELETE FROM {table} WHERE seq = ?", [(seq,) for seq in going])  # noqa: S608
            if going:
                self._append([_dropped(len(going), wall)], now_s, wall, sure=True)
        return bool(going)

    # ---- locks, twice -------------------------------------------------------------------------------------------

    def _agree_on_locks(self) -> None:
        """Let journal and book know of the same locks: what either has lost the other still knows."""
        book, mine = read_book(self._book), Book(tuple(self.locks()), tuple(self.clearances())).joined(Book())
        both = mine.joined(book or Book())
        if both != mine:
            with transaction(self._db):
                for lock in both.locks:
                    self._append([lock], 0.0, lock.at, sure=False)
                for one in both.clearances:
                    self._insert_clearance(one)
        if both != book:
            write_book(self._book, both)

    def _note_locks(self, records: Iterable[Record]) -> None:
        """Write new locks into the book, before the journal has them."""
        held = self.locks()
        known = {lock.lock_id for lock in held}
        fresh = [one for one in records if isinstance(one, Locked) and one.lock_id not in known and body_of(one)]
        if fresh:
            write_book(self._book, Book((*held, *fresh), tuple(self.clearances())))

    def _insert_clearance(self, one: StoredClearance) -> None:
        self._db.execute(
            "INSERT OR IGNORE INTO clearance (number, lock_id, payload, signature) VALUES (?, ?, ?, ?)",
            (one.number, one.lock_id, one.payload, one.signature),
        )


def _dropped(count: int, wall: float) -> StoreTold:
    return StoreTold(f"dropped-{secrets.token_hex(6)}", StoreTrouble.TRACES_DROPPED, count, wall)
