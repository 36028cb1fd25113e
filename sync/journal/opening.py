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
from sync.journal.room import Room, reserve_of
from sync.journal.rows import JournalBroken, Salvaged
from sync.journal.salvage import finish, salvage
from sync.journal.schema import is_full, may_lack_room


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
        return _salvage(path, why, wall(), patient_id, boot, room)

    try:
        why = _no_journal(path)
        if why:
            salvaged = saved_from(why)
        try:
            journal = _open(path, boot, room)
        except JournalBroken as exc:
            salvaged = saved_from(str(exc).removeprefix(f"{path}: "))
            journal = _open(path, boot, room)
    finally:
        # Whatever came of it, what the log held is in the file by now, or it is still in its place: given back at
        # another start, it would undo what was written in between.
        _held(path).unlink(missing_ok=True)
    journal.salvaged = salvaged
    return journal


def _salvage(path: Path, why: str, wall: float, patient_id: str, boot: str | None, room: Room | None) -> Salvaged:
    """Salvage a journal; where there is no room for two, older broken ones go, and then the raw traces."""
    if room is not None:
        room.give_up()
    traces = True
    while True:
        try:
            return salvage(path, why, wall, patient_id, boot or "", traces=traces)
        except sqlite3.OperationalError as exc:
            if not is_full(exc) or not traces:
                raise
        if room is None or not room.let_broken_go():
            traces, why = False, f"{why}; no room for its curves"


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


def _no_journal(path: Path) -> str:
    """Return why there is nothing to open where there was a journal, "" where there is, or never was one."""
    if path.is_dir():
        return "it was a folder"
    # The book of locks is written as soon as there is a journal, the reserve with the first record.
    was_there = book_of(path).exists() or reserve_of(path).exists()
    return "it was empty or gone" if was_there and not (path.exists() and path.stat().st_size) else ""
