"""The file itself: opening it durably, telling whether it is whole, and bringing it up to date."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path

from sync.journal.rows import JournalBroken, JournalError, crc_of

MIGRATIONS = tuple(f"journal_{number:03}.sql" for number in range(1, 7))
"""Applied in order, never edited once released; ``user_version`` counts those a file has."""
MOST_VERSIONS = 1000
"""A version beyond this was not written by a newer program: it is noise."""
PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=5000", "foreign_keys=ON")

BODY = "sound(CAST(body AS BLOB), crc)"
"""How the text of a record is read: b"" where it is not as it was written."""

_BROKEN = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
# A disk that gives a page no more is as good as a page of noise. A write that did not go through is neither.
_UNREADABLE = {sqlite3.SQLITE_IOERR_READ, sqlite3.SQLITE_IOERR_SHORT_READ, sqlite3.SQLITE_IOERR_CORRUPTFS}
_BARRED = {sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM}
# Opening makes a file of its own, for which a full disk has other words.
_NO_ROOM = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_IOERR_SHMSIZE, sqlite3.SQLITE_IOERR_SHMOPEN}


def connect(path: Path) -> sqlite3.Connection:
    """Open a journal's file, made if missing, whole and up to date.

    Raises JournalBroken where it is to be salvaged, JournalError for one of a newer program, and sqlite3.Error where
    the disk refuses.
    """
    try:
        db = sqlite3.connect(path, isolation_level=None)
        db.text_factory = _text
        db.create_function("sound", 2, _sound, deterministic=True)
        try:
            _check(db, path)
            _migrate(db, path)
        except BaseException:
            db.close()
            raise
    except sqlite3.OperationalError as exc:
        if exc.sqlite_errorcode & 0xFF in _BARRED:
            exc.add_note(f"{path}: expected a file that this user may write, in a folder that it may write to")
        raise
    return db


def _text(raw: bytes) -> str:
    """Read a text of a row; one that is noise is none, and must not stop whoever reads all the others."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return ""


def _sound(body: bytes, crc: int | None) -> bytes:
    """Return a record's text as it was written, and nothing where it is not."""
    return body if crc is None or crc_of(body) == crc else b""


@contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[None]:
    """Write all of the block or nothing; on leaving it a power cut takes none of it."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        # A COMMIT that failed for want of space may have ended the transaction already.
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


def is_broken(exc: BaseException) -> bool:
    """Tell whether an error says that what is on the disk is no journal any more."""
    code = getattr(exc, "sqlite_errorcode", None)
    return code is not None and (code & 0xFF in _BROKEN or code in _UNREADABLE)


def is_full(exc: BaseException) -> bool:
    """Tell whether the disk is full: nothing was written, and room helps."""
    return getattr(exc, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL


def may_lack_room(exc: BaseException) -> bool:
    """Tell whether a journal did not open for want of room."""
    return getattr(exc, "sqlite_errorcode", None) in _NO_ROOM


def _check(db: sqlite3.Connection, path: Path) -> None:
    """Prepare the connection, and raise JournalBroken where the pages of the file do not fit together."""
    try:
        for pragma in PRAGMAS:
            db.execute(f"PRAGMA {pragma}")
        (found,) = db.execute("PRAGMA integrity_check(1)").fetchone()
    except sqlite3.DatabaseError as exc:
        if is_broken(exc):
            raise JournalBroken(f"{path}: {exc}") from None
        raise
    except UnicodeDecodeError:
        # What SQLite says of it quotes the file.
        raise JournalBroken(f"{path}: its tables have names of noise") from None
    if found != "ok":
        raise JournalBroken(f"{path}: {' '.join(found.split())}")


def _migrate(db: sqlite3.Connection, path: Path) -> None:
    # One transaction: a kill in the middle leaves the old version whole, and two who open at once take turns.
    with transaction(db):
        (done,) = db.execute("PRAGMA user_version").fetchone()
        if not 0 <= done <= MOST_VERSIONS:
            raise JournalBroken(f"{path}: there never was a version {done}")
        refuse_newer(db, path)
        for name in MIGRATIONS[done:]:
            script = files("sync").joinpath(name).read_text(encoding="utf-8")
            # Statements end at a line's end; executescript would commit each of them.
            for statement in script.split(";\n"):
                _step(db, statement, path, done)
        if done < len(MIGRATIONS):
            db.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")


def refuse_newer(db: sqlite3.Connection, path: Path) -> None:
    """Raise JournalError for the journal of a newer program."""
    (done,) = db.execute("PRAGMA user_version").fetchone()
    if len(MIGRATIONS) < done <= MOST_VERSIONS:
        raise JournalError(
            f"{path}: the journal has version {done}; this program knows {len(MIGRATIONS)}: update it, or give "
            "the journal back to the newer program; nothing in it was changed"
        )


def _step(db: sqlite3.Connection, statement: str, path: Path, version: int) -> None:
    try:
        db.execute(statement)
    except sqlite3.OperationalError as exc:
        if exc.sqlite_errorcode != sqlite3.SQLITE_ERROR:
            raise
        raise JournalBroken(f"{path}: its tables are not those of version {version}: {exc}") from None
