"""A journal that cannot be read any more: what is readable goes into a new one, and the old one is kept aside.

The broken file is only read. The new journal is made beside it, whole, before either changes its name; a kill in the
middle leaves one or the other, and the next start goes on. What the clinic has confirmed is not known afterwards:
everything is sent again, and a repeat is harmless.
"""

from __future__ import annotations

import os
import re
import secrets
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from edge.records import ID_SHAPE, STORE_LOST, Locked, Record, Severity, StoreTold, StoreTrouble, key
from sync.journal.lock_book import book_of, read_book, sync_folder
from sync.journal.pages import Pages, Value
from sync.journal.rows import Salvaged, body_of, crc_of, rank_of, read_body
from sync.journal.schema import connect, transaction

WITH = ("-wal", "-shm")
"""What belongs to an SQLite file and moves with it, before it: a log that stayed would be played into the new one."""

CACHE_KB = 32_000
"""Memory for the index over keys while a long journal is made anew: written once, not over and over."""
TRACE = '{"kind":"trace'
"""How the stored text of a raw trace begins."""

Row = Sequence[Value]
Insert = tuple[str, Sequence[Value]]


def salvage(path: Path, why: str, wall: float, patient_id: str, boot: str, *, traces: bool = True) -> Salvaged:
    """Make a new journal of what the one at ``path`` still holds, and keep that one aside.

    ``boot`` names this run of the computer. Without ``traces`` the raw ones are left behind. A lock is closed for
    ``patient_id`` where the book of locks cannot be read either: unknown is never open. Raises OSError and
    sqlite3.Error where the disk refuses; the broken file is still in its place then.
    """
    stamp = f"{datetime.fromtimestamp(wall, UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"
    part = path.with_name(f"{path.stem}-{stamp}.part")
    _forget(path, "part")
    book = read_book(book_of(path))
    db = connect(part)
    # Nobody ever opens half of it: a log would only take the same room once more.
    db.execute("PRAGMA journal_mode=OFF")
    db.execute(f"PRAGMA cache_size={-CACHE_KB}")
    try:
        with closing(Pages(path)) as pages:
            found = _fill(db, pages, traces=traces)
        told = StoreTold(
            f"salvaged-{stamp}", StoreTrouble.SALVAGED, found, wall, f"{aside(path, stamp).name}: {why}"[:200]
        )
        with transaction(db):
            for record in (told, *(() if book is not None else [_lock(stamp, patient_id, wall)])):
                _write(db, record, boot, wall)
    finally:
        db.close()
    os.replace(part, path.with_name(f"{path.stem}-{stamp}.salvaged"))
    sync_folder(path.parent)
    finish(path)
    return Salvaged(aside(path, stamp).name, found, book is not None, why)


def finish(path: Path) -> None:
    """Put a salvaged journal in its place, the broken one aside first; harmless where there is none."""
    for made in sorted(path.parent.glob(f"{path.stem}-*.salvaged")):
        stamp = made.stem.removeprefix(f"{path.stem}-")
        for end in (*WITH, ""):
            old = path.with_name(path.name + end)
            if old.exists():
                os.replace(old, aside(path, stamp).with_name(aside(path, stamp).name + end))
                sync_folder(path.parent)
        os.replace(made, path)
        sync_folder(path.parent)


def aside(path: Path, stamp: str) -> Path:
    """Return the name a broken journal is kept under."""
    return path.with_name(f"{path.stem}-{stamp}.broken")


def kept_aside(path: Path) -> list[Path]:
    """Return the broken journals that are kept beside the one at ``path``, oldest first."""
    return sorted(path.parent.glob(f"{path.stem}-*.broken"))


def _forget(path: Path, kind: str) -> None:
    """Remove what an attempt that was killed had not finished."""
    for left in path.parent.glob(f"{path.stem}-*.{kind}*"):
        left.unlink()


def _lock(stamp: str, patient_id: str, wall: float) -> Locked:
    return Locked(f"lost-{stamp}", patient_id, Severity.SEE_CLINICIAN, (STORE_LOST,), wall)


def _write(db: sqlite3.Connection, record: Record, boot: str, wall: float) -> None:
    body = body_of(record)
    row = db.execute(
        "INSERT INTO record (key, body, boot, t_s, wall, sure, crc) VALUES (?, ?, ?, 0.0, ?, 0, ?)",
        (key(record), body, boot, wall, crc_of(body)),
    )
    db.execute("INSERT INTO outbox (seq, urgent) VALUES (?, ?)", (row.lastrowid, rank_of(record)))


def _fill(db: sqlite3.Connection, pages: Pages, *, traces: bool) -> int:
    """Write every row that is known for one, the newer of two under one number last; return how many records."""
    with transaction(db):
        for rowid, values in pages.rows():
            if not traces and _of_trace(values):
                continue
            shape = SHAPES.get(len(values))
            for insert in () if shape is None or values[0] else shape(rowid, values):
                db.execute(*insert)
        db.create_function("rank", 1, lambda body: rank_of(read_body(body)), deterministic=True)
        return db.execute("INSERT INTO outbox (seq, urgent) SELECT seq, rank(body) FROM record").rowcount


def _of_trace(row: Row) -> bool:
    return len(row) > 2 and isinstance(row[2], str) and row[2].startswith(TRACE)


def _record(rowid: int, row: Row) -> Sequence[Insert]:
    """A record that is as it was written, and names itself as its row does.

    Those of before version 3 do not say ``sure``, those of before version 6 have no checksum.
    """
    _, name, body, boot, t_s, wall, *more = row
    sure, crc = more[0] if more else 1, more[1] if len(more) > 1 else None
    if not (isinstance(name, str) and isinstance(body, str) and isinstance(boot, str)):
        return ()
    if not (isinstance(t_s, int | float) and isinstance(wall, int | float)):
        return ()
    try:
        record = read_body(body)
    except (msgspec.MsgspecError, RecursionError):
        return ()
    if key(record) != name or crc not in (None, crc_of(body)):
        return ()
    columns = "seq, key, body, boot, t_s, wall, sure, crc"
    into = f"INSERT OR IGNORE INTO record ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608
    return ((into, (rowid, name, body, boot, t_s, wall, 0 if sure == 0 else 1, crc_of(body))),)


def _item(_rowid: int, row: Row) -> Sequence[Insert]:
    """Something signed; whether the clinic signed it is looked at when it is used."""
    _, kind, version, payload, signature = row
    if not (isinstance(kind, str) and isinstance(signature, str)) or _version(payload) != version:
        return ()
    into = "INSERT OR REPLACE INTO item (kind, version, payload, signature) VALUES (?, ?, ?, ?)"
    return ((into, (kind, version, payload, signature)),)


def _plan_or_owner(rowid: int, row: Row) -> Sequence[Insert]:
    """Whose journal it is; or a plan, of before version 4, when each kind had a table of its own."""
    _, first, second = row
    if all(isinstance(one, str) and re.fullmatch(ID_SHAPE, one) for one in (first, second)):
        return (("INSERT OR REPLACE INTO owner VALUES (1, ?, ?)", (first, second)),)
    return _item(0, (None, "plan", rowid, first, second))


def _clearance(rowid: int, row: Row) -> Sequence[Insert]:
    """A clearance of a lock, of before version 4."""
    _, lock_id, payload, signature = row
    return () if _field(payload, "lock_id") != lock_id else _item(0, (None, "clearance", rowid, payload, signature))


def _version(payload: Value) -> object:
    return _field(payload, "version") or _field(payload, "number")


def _field(payload: Value, name: str) -> object:
    try:
        told = msgspec.json.decode(payload) if isinstance(payload, str) else None
    except (msgspec.MsgspecError, RecursionError):
        return None
    return told.get(name) if isinstance(told, dict) else None


SHAPES: Mapping[int, Callable[[int, Row], Sequence[Insert]]] = {
    3: _plan_or_owner,
    4: _clearance,
    5: _item,
    6: _record,
    7: _record,
    8: _record,
}
"""Which rows are known, by their number of columns; the first, the row's own number, is stored as NULL."""
