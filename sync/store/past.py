"""The past of a station as the clinic's own database holds it, whichever database that is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, select

from sync.past import Past, records_of
from sync.store.schema import fact, metadata, prescription, station


def stations(connection: Connection) -> list[tuple[str, str]]:
    """Return (station id, patient id) of every station, by id."""
    return [(row.id, row.patient_id) for row in connection.execute(select(station).order_by(station.c.id))]


def past_of(connection: Connection, station_id: str) -> Past:
    """Return the records of a station, and its plans as they were signed, newest first."""

    def rows(name: str) -> Iterable[Mapping[str, Any]]:
        wanted = select(metadata.tables[name]).where(metadata.tables[name].c.station_id == station_id)
        found = connection.execute(wanted).mappings()
        return [{str(column): value for column, value in row.items()} for row in found]

    f = fact.c
    facts = connection.scalars(select(f.body).where(f.station_id == station_id).order_by(f.at, f.key))
    plans = connection.scalars(
        select(prescription.c.payload)
        .where(prescription.c.station_id == station_id)
        .order_by(prescription.c.version.desc())
    )
    return Past(station_id, tuple(records_of(rows, facts)), tuple(plans))
