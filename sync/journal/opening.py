"""The way in for a station: a journal that is whole, whatever was found in its place."""

from __future__ import annotations

import os
import shutil
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

from sync.journal.journal import Journal
from sync.journal.lock_book import book_of
from sync.journal.room import Room
from sync.journal.rows import JournalBroken, Salvaged
from sync.journal.salvage import finish, salvage
from sync.journal.schema import may_lack_room


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
    _hold_log(path)
    salvaged = None

    def saved_from(why: str) -> Salvaged:
        _give_log_back(path)
        if room is not None:
            room.give_up()  # two journals take more room than one
        return salvage(path, why, wall(), patient_id, boot or "")

    if _emptied(path):
        salvaged = saved_from("it was empty or gone")
    try:
        journal = _open(path, boot, room)
    except JournalBroken as exc:
        salvaged = saved_from(str(exc).removeprefix(f"{path}: "))
        journal = _open(path, boot, room)
    _held(path).unlink(missing_ok=True)
    journal.salvaged = salvaged
    return journal


def _held(path: Path) -> Path:
    return path.with_name(f"{path.name}-wal.held")


def _hold_log(path: Path) -> None:
    """Give the log a second name: one that SQLite cannot make sense of it removes, with every row that is in it."""
    _give_log_back(path)
    log, held = path.with_name(f"{path.name}-wal"), _held(path)
    if not log.exists():
        return
    try:
        os.link(log, held)
    except OSError:  # no disk of Linux's own
        shutil.copyfile(log, held)


def _give_log_back(path: Path) -> None:
    """Let a log that was removed be there again; harmless where none was."""
    log, held = path.with_name(f"{path.name}-wal"), _held(path)
    if held.exists() and not log.exists():
        os.replace(held, log)
    held.unlink(missing_ok=True)


def _open(path: Path, boot: str | None, room: Room | None) -> Journal:
    try:
        return Journal(path, boot, room)
    except sqlite3.OperationalError as exc:
        # Even looking takes some room on the disk.
        if room is None or not may_lack_room(exc) or not room.give_up():
            raise
    return Journal(path, boot, room)


def _emptied(path: Path) -> bool:
    """Tell a journal that is gone from one that never was: the book of locks is written as soon as there is one."""
    return book_of(path).exists() and not (path.exists() and path.stat().st_size)
