"""Whose journal it is: one station's and one patient's, and nobody else's record is ever written or sent."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from sync.journal.rows import JournalError
from sync.journal.schema import refuse_newer

SESSION = """body GLOB '{"kind":"session"*'"""
"""As the index over the starts of sessions has it."""


def check_whose(path: Path, station: str, patient: str) -> None:
    """Raise JournalError where the journal at ``path`` is somebody else's, or a newer program's; only look.

    What cannot be read is not told here: whoever opens the journal finds that, and does something about it.
    """
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as db:
            refuse_newer(db, path)
            refuse_foreign(db, path, station, patient)
    except sqlite3.Error:
        return


def refuse_foreign(db: sqlite3.Connection, path: Path, station: str, patient: str) -> bool:
    """Raise JournalError where a journal is somebody else's; return whether its owner is noted in it."""
    noted = db.execute("SELECT station, patient FROM owner").fetchone()
    owner = noted or _told(db)
    for what, found, mine in (("station", owner[0], station), ("patient", owner[1], patient)):
        if found not in ("", mine):
            raise JournalError(
                f"{path}: this is the journal of {what} {found}, not of {what} {mine}; expected a new "
                f"journal for a new pairing: `steadyrig pair --again` moves this one aside. Nothing in it "
                "was changed or sent"
            )
    return bool(noted == (station, patient))


def _told(db: sqlite3.Connection) -> tuple[str, str]:
    """Return station and patient as the content tells them, "" for unknown."""
    told = db.execute(
        "SELECT json_extract(body, '$.patient_id') FROM record"  # noqa: S608
        f" WHERE ({SESSION} OR key GLOB 'lock/*') AND json_valid(body) ORDER BY seq DESC LIMIT 1"
    ).fetchone()
    signed = db.execute(
        "SELECT json_extract(payload, '$.station_id'), json_extract(payload, '$.patient_id') FROM item"
        " WHERE json_valid(payload) ORDER BY seq DESC LIMIT 1"
    ).fetchone() or ("", "")
    return signed[0] or "", (told[0] if told else signed[1]) or ""
