"""The journal as a station uses it: records, their outbox, locks, and what the clinic signed.

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

from edge.records import Locked, Record, SessionStarted, StoreTold, StoreTrouble, Unlocked, key
from sync.journal.lock_book import Book, book_of, read_book, write_book
from sync.journal.room import KEEP, Room
from sync.journal.rows import (
    Conflict,
    JournalError,
    Salvaged,
    Stamp,
    StoredItem,
    Unfit,
    Waiting,
    body_of,
    crc_of,
    is_trace,
    rank_of,
    read_body,
)
from sync.journal.schema import BODY, MIGRATIONS, connect, is_full, transaction
from sync.journal.whose import SESSION, refuse_foreign

CLEARANCE = "clearance"
"""The kind whose items end locks: they stand in the book of locks, too."""
MAKE_ROOM_BYTES = 2_000_000
"""So much of raw traces goes at once where the disk is full: some twenty sets. Our choice."""
NEWEST_TRACES = 40
"""So many stay even where everything else fills the journal: a session's, and at most 2.5 MB. They are sent, and then
dropped. Our choice."""
_TRACE = """body GLOB '{"kind":"trace*'"""
"""As the index over traces has it."""

LIFELONG = ("lock/*", "band_check/*", "decision/*", "milestone/*", "test/*")
"""Keys of what is never forgotten. A dose follows from all decisions under a plan, a band's life from its first look;
with these forgotten, the next start would train harder or with an older band than the one before."""

Batch = tuple[Sequence[Record], Stamp]
"""Records that were handed over at one moment."""


class Journal:
    """The journal at ``path``, made if missing and brought up to date. ``boot`` names this run of the computer.

    ``room`` says how much of the disk it may take; without one it grows. Raises JournalBroken for a file that is to
    be salvaged (:func:`sync.journal.open_journal` does), JournalError for one of a newer program.
    """

    salvaged: Salvaged | None = None
    """What was done with the journal before this one, if it could not be read."""

    def __init__(self, path: Path, boot: str | None = None, room: Room | None = None) -> None:
        self.boot = boot or secrets.token_hex(8)
        self._path = path
        self._book, self._log = book_of(path), path.with_name(f"{path.name}-wal")
        self._room = room
        self._settled = False
        self._db = connect(path)
        try:
            self._agree_on_locks()
        except BaseException:
            self._db.close()
            raise

    def append(self, records: Sequence[Record], now_s: float, wall: float, *, sure: bool = True) -> list[str]:
        """Write records that were handed over at one moment, as :meth:`append_batches` does."""
        return self.append_batches([(records, Stamp(now_s, wall, sure))])

    def append_batches(self, batches: Sequence[Batch]) -> list[str]:
        """Write records and their outbox rows, all or none; on return a power cut takes none of them.

        Return the keys that are in the journal now: all but those of raw traces for which there is no room. A record
        that is there already is left alone. Raises RecordRefused, with nothing written: Conflict where a key stands
        for something else, Unfit where a record could not be read back, and for the end of a lock: only
        :meth:`store_item` writes that.
        """
        records = [record for some, _ in batches for record in some]
        for record in records:
            if isinstance(record, Unlocked):
                raise Unfit(f"{key(record)} cannot be written without the clinic's clearance")
        self._settle()
        self._note_locks(records)
        self._stay_in_bounds()
        try:
            saved = self._write(batches)
        except sqlite3.OperationalError as exc:
            if not is_full(exc) or not self._make_room():
                raise
            saved = self._write(batches)
        if any(isinstance(record, Locked) for record in records):
            self._empty_log()  # a log that gets lost leaves no trace, and a book may be lost with it
        return saved

    def _write(self, batches: Sequence[Batch]) -> list[str]:
        saved, left_out = [], 0
        with transaction(self._db):
            for records, stamp in batches:
                kept = [one for one in records if not (is_trace(one) and self._tight())]
                self._append(kept, stamp)
                saved += [key(record) for record in kept]
                left_out += len(records) - len(kept)
            if left_out:
                self._append([_dropped(left_out, stamp)], stamp)
        return saved

    def _append(self, records: Iterable[Record], stamp: Stamp) -> None:
        for record in records:
            body = body_of(record)
            found = self._db.execute("SELECT body FROM record WHERE key = ?", (key(record),)).fetchone()
            if found is None:
                self._insert(record, body, stamp)
            elif found[0] != body:
                raise Conflict(f"{key(record)} is in the journal with other content")

    def _insert(self, record: Record, body: str, stamp: Stamp) -> None:
        row = self._db.execute(
            "INSERT INTO record (key, body, boot, t_s, wall, sure, crc) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (key(record), body, self.boot, stamp.t_s, stamp.wall, int(stamp.sure), crc_of(body)),
        )
        self._db.execute("INSERT INTO outbox (seq, urgent) VALUES (?, ?)", (row.lastrowid, rank_of(record)))

    def _settle(self) -> None:
        """Before the first write, bring what the log holds into the file itself.

        After a sync that failed, what reads well may be nowhere but in memory, and syncing once more would tell
        nothing: only writing it anew does.
        """
        if self._settled:
            return
        self._empty_log()
        # The log is empty now, and has to be so on the disk: the first write to it syncs that.
        with transaction(self._db):
            self._db.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
        self._settled = True

    def waiting(self, limit: int, after: int = 0) -> list[Waiting]:
        """Return up to ``limit`` records to be sent, oldest first, ``seq`` above ``after``; no raw traces."""
        return self._waiting("seq > ? AND urgent >= 0 AND held IS NULL ORDER BY seq LIMIT ?", after, limit)

    def traces(self, limit: int, after: int = 0) -> list[Waiting]:
        """Return up to ``limit`` parts of raw traces to be sent, oldest first, likewise."""
        return self._waiting("seq > ? AND urgent < 0 AND held IS NULL ORDER BY seq LIMIT ?", after, limit)

    def alerts(self, limit: int) -> list[Waiting]:
        """Return up to ``limit`` alerts to be sent, oldest first."""
        return self._waiting("urgent = 1 AND held IS NULL ORDER BY seq LIMIT ?", limit)

    def row(self, seq: int) -> list[Waiting]:
        """Return the record that has this ``seq``, nothing where it is not to be sent any more."""
        return self._waiting("seq = ? AND held IS NULL", seq)

    def _waiting(self, where: str, *values: int) -> list[Waiting]:
        rows = self._db.execute(
            f"SELECT seq, key, boot, t_s, wall, {BODY}, sure FROM outbox JOIN record USING (seq) WHERE {where}",  # noqa: S608
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
        """Return how many records the clinic has not confirmed; those that can never be sent it is told of."""
        return self._number("SELECT count(*) FROM outbox WHERE held IS NULL")

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
        """Set a record aside that can never be sent, so that the others pass it, and write down which."""
        newest = self._newest()
        with transaction(self._db):
            self._db.execute("UPDATE outbox SET held = ? WHERE seq = ?", (reason, seq))
            name, rank = self._db.execute(
                "SELECT key, urgent FROM outbox JOIN record USING (seq) WHERE seq = ?", (seq,)
            ).fetchone()
            what = StoreTrouble.TRACES_DROPPED if rank < 0 else StoreTrouble.UNSENDABLE
            told = StoreTold(f"held-{seq:09}", what, 1, newest.wall, f"{name}: {reason}"[:200])
            self._append([told], newest)

    def items(self, kind: str) -> list[StoredItem]:
        """Return what is kept of a kind, the newest first; whoever reads it checks the signatures."""
        rows = self._db.execute(
            "SELECT version, payload, signature FROM item WHERE kind = ? ORDER BY version DESC", (kind,)
        )
        return [StoredItem(*row) for row in rows]

    def store_item(
        self,
        kind: str,
        item: StoredItem,
        told: Record,
        now_s: float,
        wall: float,
        *,
        keep_from: int = 0,
        sure: bool = True,
    ) -> None:
        """Keep something signed and the record that tells of it, both or neither.

        What is older than version ``keep_from`` goes.
        """
        with transaction(self._db):
            self._insert_item(kind, item)
            self._db.execute("DELETE FROM item WHERE kind = ? AND version < ?", (kind, keep_from))
            if not self.holds(key(told)):
                self._append([told], Stamp(now_s, wall, sure))
        if kind == CLEARANCE:
            # A book that missed this keeps the lock closed should the journal be lost: that is the safe side.
            with suppress(OSError):
                write_book(self._book, Book(tuple(self.locks()), tuple(self.items(CLEARANCE))))

    def _insert_item(self, kind: str, item: StoredItem) -> None:
        self._db.execute(
            "INSERT OR REPLACE INTO item (kind, version, payload, signature) VALUES (?, ?, ?, ?)",
            (kind, item.version, item.payload, item.signature),
        )

    def claim(self, station: str, patient: str) -> None:
        """Note whose journal this is. Raises JournalError, and changes nothing, where it is somebody else's."""
        if not refuse_foreign(self._db, self._path, station, patient):
            with transaction(self._db):
                self._db.execute("INSERT OR REPLACE INTO owner VALUES (1, ?, ?)", (station, patient))

    def locks(self) -> list[Locked]:
        """Return every lock that was ever closed, oldest first, whether or not it was cleared."""
        rows = self._db.execute(f"SELECT {BODY} FROM record WHERE key GLOB 'lock/*' ORDER BY seq")  # noqa: S608
        return [record for record in self._readable(rows) if isinstance(record, Locked)]

    def holds(self, name: str) -> bool:
        """Return whether a record of this key was ever written."""
        return self._number("SELECT count(*) FROM record WHERE key = ?", name) > 0

    def records(self) -> Iterator[Record]:
        """Yield every record in the order of writing."""
        yield from self._readable(self._db.execute(f"SELECT {BODY} FROM record ORDER BY seq"))  # noqa: S608

    def past(self, limit: int) -> list[Record]:
        """Return what rules look at of the past, oldest first: the newest ``limit`` records, traces left out.

        What is never forgotten is among them however old it is.
        """
        rows = self._db.execute(
            f"SELECT {BODY} FROM record WHERE seq IN"  # noqa: S608
            f" (SELECT seq FROM record WHERE NOT {_TRACE} ORDER BY seq DESC LIMIT ?)"
            f" OR {' OR '.join(['key GLOB ?'] * len(LIFELONG))} ORDER BY seq",
            (limit, *LIFELONG),
        )
        return list(self._readable(rows))

    @property
    def repaired(self) -> bool:
        """Whether in this run of the computer a journal was found broken, and what was readable was kept."""
        return (
            self._number("SELECT count(*) FROM record WHERE key GLOB 'store/salvaged-*' AND boot = ?", self.boot) > 0
        )

    def undated(self) -> list[tuple[SessionStarted, float]]:
        """Return the sessions of this run whose clock nobody could trust, and that have no date yet.

        Each comes with the monotonic time at which it was handed over.
        """
        rows = self._db.execute(
            f"SELECT t_s, {BODY} FROM record WHERE boot = ? AND {SESSION} ORDER BY seq",  # noqa: S608
            (self.boot,),
        )
        begun = [(one, t_s) for t_s, body in rows for one in self._readable([(body,)])]
        return [
            (one, t_s)
            for one, t_s in begun
            if isinstance(one, SessionStarted) and not one.clock_trusted and not self.holds(f"{one.session_id}/clock")
        ]

    def count(self) -> int:
        """Return how many records were ever written."""
        return self._number("SELECT count(*) FROM record")

    def close(self) -> None:
        """Close the file; closing twice is harmless."""
        self._db.close()

    @staticmethod
    def _readable(rows: Iterable[tuple[bytes]]) -> Iterator[Record]:
        """Yield what reads; one row of noise must not hide all the others. The outbox tells of it."""
        for (body,) in rows:
            with suppress(msgspec.MsgspecError):
                yield read_body(body)

    def _number(self, query: str, *values: str) -> int:
        return int(self._db.execute(query, values).fetchone()[0])

    # ---- room ---------------------------------------------------------------------------------------------------

    def _tight(self) -> bool:
        return self._room is not None and self._room.tight

    def _stay_in_bounds(self) -> None:
        """Let raw traces make room, before anything is written, once the journal is as large as it may be."""
        if self._room is None:
            return
        self._room.hold_back()
        over = self._used_bytes() - self._room.most_bytes
        # Where there is little to drop it goes together: each time a record tells of it.
        if over > 0 and self._number(f"SELECT count(*) FROM record WHERE {_TRACE}") > 2 * NEWEST_TRACES:  # noqa: S608
            self._drop_traces(over + round((1 - KEEP) * self._room.most_bytes), NEWEST_TRACES)

    def _make_room(self) -> bool:
        """Do what can be done about a full disk, and return whether that was anything."""
        made = self._room is not None and (self._room.give_up() or self._room.let_broken_go())
        # The log gives back what it took, as far as the file itself has room for it; dropping takes some log first.
        for work in (self._empty_log, lambda: self._drop_traces(MAKE_ROOM_BYTES)):
            with suppress(sqlite3.OperationalError):
                made |= work()
        return made

    def _empty_log(self) -> bool:
        """Bring what the log holds into the file itself, and return whether that was anything."""
        before = self._log_bytes()
        busy, _, _ = self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if busy:
            raise JournalError("another program holds the journal")
        return before > 0

    def _log_bytes(self) -> int:
        return self._log.stat().st_size if self._log.exists() else 0

    def _newest(self) -> Stamp:
        found = self._db.execute("SELECT t_s, wall, sure FROM record ORDER BY seq DESC LIMIT 1").fetchone()
        return Stamp(found[0], found[1], bool(found[2])) if found else Stamp(0.0, 0.0, sure=False)

    def _used_bytes(self) -> int:
        pages, free, size = (self._number(f"PRAGMA {name}") for name in ("page_count", "freelist_count", "page_size"))
        return (pages - free) * size

    def _drop_traces(self, need_bytes: int, spared: int = 0) -> bool:
        """Drop raw traces, those the clinic has first, then the oldest first, and write down that they are gone.

        The newest ``spared`` stay. The moment told is that of the newest record: nobody looks at a clock here.
        """
        going: list[int] = []
        newest = self._newest()
        with transaction(self._db):
            for confirmed in ("NOT", ""):
                rows = self._db.execute(
                    f"SELECT seq, length(body) FROM record WHERE {_TRACE}"  # noqa: S608
                    f" AND seq <= (SELECT seq FROM record WHERE {_TRACE} ORDER BY seq DESC LIMIT 1 OFFSET ?)"
                    f" AND {confirmed} EXISTS (SELECT 1 FROM outbox WHERE outbox.seq = record.seq) ORDER BY seq",
                    (spared,),
                )
                for seq, size in rows:
                    if need_bytes <= 0:
                        break
                    going.append(seq)
                    need_bytes -= size
            for table in ("outbox", "record"):
                self._db.executemany(f"DELETE FROM {table} WHERE seq = ?", [(seq,) for seq in going])  # noqa: S608
            if going:
                self._append([_dropped(len(going), newest)], newest)
        return bool(going)

    # ---- locks, twice -------------------------------------------------------------------------------------------

    def _agree_on_locks(self) -> None:
        """Let journal and book know of the same locks: what either has lost the other still knows."""
        book, mine = read_book(self._book), Book(tuple(self.locks()), tuple(self.items(CLEARANCE))).joined(Book())
        both = mine.joined(book or Book())
        if both != mine:
            with transaction(self._db):
                for lock in both.locks:
                    self._append([lock], Stamp(0.0, lock.at, sure=False))
                for one in both.clearances:
                    self._insert_item(CLEARANCE, one)
        if both != book:
            write_book(self._book, both)

    def _note_locks(self, records: Iterable[Record]) -> None:
        """Write new locks into the book, before the journal has them."""
        told = [one for one in records if isinstance(one, Locked)]
        if not told:
            return
        held = self.locks()
        known = {lock.lock_id for lock in held}
        fresh = [one for one in told if one.lock_id not in known and body_of(one)]
        if fresh:
            write_book(self._book, Book((*held, *fresh), tuple(self.items(CLEARANCE))))


def _dropped(count: int, stamp: Stamp) -> StoreTold:
    return StoreTold(f"dropped-{secrets.token_hex(6)}", StoreTrouble.TRACES_DROPPED, count, stamp.wall)
