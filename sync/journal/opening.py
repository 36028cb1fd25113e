"""The way in for a station: a journal that is whole, whatever was found in its place."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

from sync.journal.journal import Journal
from sync.journal.lock_book import book_of
from sync.journal.room import Room
from sync.journal.rows import JournalBroken
from sync.journal.salvage import finish, salvage


def open_journal(
    path: Path,
    patient_id: str,
    boot: str | None = None,
    room: Room | None = None,
    wall: Callable[[], float] = time.time,
) -> Journal:
    """Open the journal at ``path``; one that is broken, or gone, is salvaged first and kept aside under a dated name.

    Raises JournalError for a journal of a newer program, and sqlite3.Error or OSError where the disk refuses: nothing
    is lost then, and another try may do.
    """
    finish(path)
    salvaged = None
    if _emptied(path):
        salvaged = salvage(path, "it was empty or gone", wall(), patient_id)
    try:
        journal = _open(path, boot, room)
    except JournalBroken as exc:
        salvaged = salvage(path, str(exc).removeprefix(f"{path}: "), wall(), patient_id)
        journal = _open(path, boot, room)
    journal.salvaged = salvaged
    return journal


def _open(path: Path, boot: str | None, room: Room | None) -> Journal:
    try:
        return Journal(path, boot, room)
    except sqlite3.OperationalError:
        # Even looking takes some room on the disk.
        if room is None or not room.give_up():
            raise
    return Journal(path, boot, room)


def _emptied(path: Path) -> bool:
    """Tell a journal that is gone from one that never was: the book of locks is written as soon as there is one."""
    return book_of(path).exists() and not (path.exists() and path.stat().st_size)
