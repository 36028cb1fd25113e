"""What a station has recorded, and how it is set aside when the device becomes another station.

The journal itself refuses to be another station's or patient's (:meth:`sync.journal.Journal.claim`); what lies around
it goes the same way: raw recordings are of a person, calibrations of a rig at its place.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from edge.alone import LOCK

BEFORE = "before"
JOURNAL = "journal.db"


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


def set_aside(data: Path, name: str) -> Path | None:
    """Move everything in the folder below ``before/name``, and return that; None where there was nothing."""
    belongings = [path for path in data.iterdir() if path.name not in (LOCK, BEFORE)] if data.is_dir() else []
    if not belongings:
        return None
    aside, number = data / BEFORE / name, 1
    while aside.exists():
        number += 1
        aside = data / BEFORE / f"{name}-{number}"
    aside.mkdir(mode=0o700, parents=True)
    for path in belongings:
        path.rename(aside / path.name)
    return aside
