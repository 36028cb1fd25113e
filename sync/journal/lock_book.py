"""The locks and their clearances once more, in a small file beside the journal.

A lock has to outlive the journal itself: a file that cannot be read any more must not open what a warning sign has
closed. The book is written before the journal is told of a lock, and whole or not at all.
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import msgspec

from edge.records import Locked
from sync.journal.rows import StoredItem


@dataclass(frozen=True, slots=True)
class Book:
    """Every lock that was ever closed, and every clearance that came."""

    locks: tuple[Locked, ...] = ()
    clearances: tuple[StoredItem, ...] = ()

    def joined(self, other: Book) -> Book:
        """Return what either knows; where both name one lock or clearance, this one's word stands."""
        locks = {one.lock_id: one for one in (*other.locks, *self.locks)}
        clearances = {one.version: one for one in (*other.clearances, *self.clearances)}
        return Book(
            tuple(sorted(locks.values(), key=lambda one: (one.at, one.lock_id))),
            tuple(clearances[number] for number in sorted(clearances)),
        )


_decoder = msgspec.json.Decoder(Book)


def book_of(journal: Path) -> Path:
    """Return where the book of a journal is."""
    return journal.with_suffix(".locks")


def read_book(path: Path) -> Book | None:
    """Return the book; None where there is none, or it is not as it was written: then nobody knows."""
    try:
        digest, _, body = path.read_bytes().partition(b"\n")
        if hashlib.sha256(body).hexdigest().encode() != digest:
            return None
        return _decoder.decode(body)
    except (OSError, ValueError, RecursionError):
        return None


def write_book(path: Path, book: Book) -> None:
    """Put a book in the place of the one before; on return a power cut does not take it. Raises OSError."""
    body = msgspec.json.encode(book)
    put_in_place(path, [hashlib.sha256(body).hexdigest().encode(), b"\n", body])


def put_in_place(path: Path, parts: Iterable[bytes]) -> None:
    """Write a file under another name and give it its own once it is on the disk. Raises OSError."""
    # A name of its own: somebody who only looks at a journal opens it beside the station.
    unfinished = path.with_name(f"{path.name}.{os.getpid()}-{threading.get_ident()}.tmp")
    try:
        with unfinished.open("wb") as file:
            file.writelines(parts)
            file.flush()
            os.fsync(file.fileno())
        os.replace(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Let a power cut not undo the names in a folder. Raises OSError."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
