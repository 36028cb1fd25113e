"""Patients and stations, written down once by whoever sets up the clinic."""

from __future__ import annotations

import re

from sqlalchemy import Engine, insert

from edge.records import ID_SHAPE
from sync.panel.config import PanelError, at
from sync.store import database
from sync.store.schema import patient
from sync.store.stations import make_station

BY_COMMAND = "steadyrig clinic"
"""Who made a station that no clinician made on the panel."""

_ID = re.compile(ID_SHAPE)


def add_patient(engine: Engine, patient_id: str, name: str, first_name: str, now: float | None = None) -> None:
    """The clinic knows a patient; only ``patient_id`` and ``first_name`` ever leave its database."""
    if not 1 <= len(name) <= 80 or not 1 <= len(first_name) <= 40:
        raise PanelError("name needs 1 to 80 characters, first_name 1 to 40")
    row = insert(patient).values(id=_checked(patient_id), name=name, first_name=first_name, created_at=at(now))
    with database.writing(engine) as db:
        db.execute(row)


def add_station(engine: Engine, station_id: str, patient_id: str, now: float | None = None) -> None:
    """The clinic knows a station and whose it is. Raises StationError for one that may not be."""
    with database.writing(engine) as db:
        make_station(db, station_id, patient_id, BY_COMMAND, at(now))


def _checked(text: str) -> str:
    if not _ID.fullmatch(text):
        raise PanelError(f"id {text[:40]!r} refused: use 8 to 40 small letters, digits and -")
    return text
