"""Whose the data folder of a station is: one station id, one patient, for as long as it stands.

A device that is paired anew is another station. It must find neither the records nor the plans nor the locks of the
one before, and what the one before has not sent must not be sent under the new name.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from edge.alone import LOCK
from edge.config import SettingsError
from sync.files import put

OWNER = "station-id"
BEFORE = "before"
JOURNAL = "journal.db"


def claim(data: Path, station_id: str) -> None:
    """Make the folder this station's. Raises SettingsError where it is another one's."""
    held = owner(data)
    if held is None:
        try:
            put(data / OWNER, f"{station_id}\n", 0o644)
        except OSError as exc:
            raise SettingsError(f"{data / OWNER}: {exc.strerror}; expected a folder this user may write to") from None
    elif held != station_id:
        raise SettingsError(
            f"{data}: what is in it is of station {held}, and this is station {station_id}; "
            "`steadyrig pair --again` sets it aside"
        )


def owner(data: Path) -> str | None:
    """Return the station whose records are in the folder, None where nobody has said."""
    try:
        return (data / OWNER).read_text("ascii").strip()
    except (OSError, UnicodeDecodeError):
        return None


def unsent(data: Path) -> int | None:
    """Return how many records in the folder have not reached the clinic, None where its journal cannot be read."""
    path = data / JOURNAL
    if not path.exists():
        return 0
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as journal:
            return int(journal.execute("SELECT count(*) FROM outbox").fetchone()[0])
    except sqlite3.Error:
        return None


def set_aside(data: Path) -> Path | None:
    """Move everything in the folder into one below it, and return that; None where there was nothing."""
    belongings = [path for path in data.iterdir() if path.name not in (LOCK, BEFORE)] if data.is_dir() else []
    if not belongings:
        return None
    name = owner(data) or "unknown"
    aside, number = data / BEFORE / name, 1
    while aside.exists():
        number += 1
        aside = data / BEFORE / f"{name}-{number}"
    aside.mkdir(mode=0o700, parents=True)
    for path in belongings:
        path.rename(aside / path.name)
    return aside
