"""Stations: made for one patient, paired once, revoked for good; who did what, when and why is kept.

A station's id stands for one patient and one pairing. Whoever reassigns or replaces a device revokes the station and
makes another: nothing of the patient before, neither records nor plans nor locks, can get under the new id.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, delete, func, insert, select, update

from edge.records import ID_SHAPE
from sync.store import clearances
from sync.store.schema import pairing, patient, station, station_event
from sync.typed import ALPHABET

_ID = re.compile(ID_SHAPE)
MADE, CODE, PAIRED, REVOKED = "made", "code", "paired", "revoked"
TRIED, AGAIN = "tried", "again"
"""Somebody guessed at a code until it ended; somebody came with a code that was used already."""
POSED, POSED_EVERY_S = "posed", 86_400.0
"""The station sent something in another's name; noted once a day, however much of it comes."""


class StationError(ValueError):
    """What may not be done to a station; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class KnownStation:
    """A station and whose it is. ``code_until`` is when its open pairing code ends, None without one.

    ``trouble`` is what happened last that somebody should look at: a code tried too often or used twice, or something
    sent in another's name.
    """

    id: str
    patient_id: str
    patient_name: str
    created_at: float
    paired_at: float | None
    revoked_at: float | None
    online: bool
    seen_at: float | None
    code_until: float | None
    trouble: str | None
    trouble_at: float | None

    @property
    def in_service(self) -> bool:
        """True unless it was revoked."""
        return self.revoked_at is None


@dataclass(frozen=True, slots=True)
class Event:
    """One step in a station's life."""

    at: float
    author: str
    what: str
    note: str


@dataclass(frozen=True, slots=True)
class Offer:
    """An open pairing code as the clinic keeps it, with the state of its station."""

    station_id: str
    patient_id: str
    secret_hash: str
    expires_at: float
    wrong_tries: int
    credential: str | None


def new_id() -> str:
    """Return a fresh station id that says nothing."""
    return "station-" + "".join(secrets.choice(ALPHABET) for _ in range(8)).lower()


def make_station(connection: Connection, station_id: str, patient_id: str, author: str, now: float) -> None:
    """Add a station for a patient.

    Raises StationError for an id of another shape, for an unknown patient, for one who has a station in service, and
    for one who is locked: the lock is known to the old station alone, and the new one would let them train.
    """
    if not _ID.fullmatch(station_id):
        raise StationError(f"id {station_id[:40]!r} refused: use 8 to 40 small letters, digits and -")
    # Locked where the database can: two clinicians may press at once.
    if connection.scalar(select(patient.c.id).where(patient.c.id == patient_id).with_for_update()) is None:
        raise StationError(f"patient {patient_id!r} is not known here")
    in_service = select(station.c.id).where(station.c.patient_id == patient_id, station.c.revoked_at.is_(None))
    if (other := connection.scalar(in_service)) is not None:
        raise StationError(f"this patient has station {other}; revoke it first")
    if any(not one.cleared_by for one in clearances.locks(connection, patient_id, in_force=True)):
        raise StationError("this patient is locked by a red-flag answer; a clinician clears the lock first")
    row = {"id": station_id, "patient_id": patient_id, "created_at": now, "online": False}
    connection.execute(insert(station).values(row))
    _note(connection, station_id, now, author, MADE, "")


def open_offer(
    connection: Connection, station_id: str, name: str, secret_hash: str, expires_at: float, author: str, now: float
) -> None:
    """Let a station be paired with a code, in place of any code before.

    Raises StationError for a station that was paired or revoked: its id is never given out twice.
    """
    one = known(connection, station_id)
    if one.revoked_at is not None:
        raise StationError("this station was revoked; make a new one")
    if one.paired_at is not None:
        raise StationError("this station is paired; to pair another device, revoke it and make a new one")
    connection.execute(delete(pairing).where(pairing.c.station_id == station_id))
    row = {"station_id": station_id, "name": name, "secret_hash": secret_hash}
    connection.execute(insert(pairing).values(row | {"expires_at": expires_at, "wrong_tries": 0}))
    _note(connection, station_id, now, author, CODE, "")


def name_is_free(connection: Connection, name: str) -> bool:
    """Return whether no station's code goes by this name."""
    return connection.scalar(select(pairing.c.name).where(pairing.c.name == name)) is None


def find_offer(connection: Connection, name: str) -> Offer | None:
    """Return the offer of that name, open or not."""
    p, s = pairing.c, station.c
    wanted = (
        select(
            p.station_id,
            s.patient_id,
            p.secret_hash,
            p.expires_at,
            p.wrong_tries,
            s.credential,
        )
        .join(station, s.id == p.station_id)
        .where(p.name == name)
    )
    row = connection.execute(wanted).mappings().first()
    return None if row is None else Offer(**row)


def count_wrong_try(connection: Connection, station_id: str, address: str, last: bool, now: float) -> None:
    """Count a wrong secret against a code; ``last`` tells that this was the one too many."""
    table = pairing.c
    more = update(pairing).where(table.station_id == station_id).values(wrong_tries=table.wrong_tries + 1)
    connection.execute(more)
    if last:
        _note(connection, station_id, now, address, TRIED, "the code was typed wrong too often and has ended")


def take(connection: Connection, offer: Offer, credential: str, address: str, now: float) -> bool:
    """Pair a station: from now on its password is the one that this hash is of. False: another one came first."""
    # Revoked a moment ago, on another connection: whoever comes with its code comes too late.
    unpaired = station.c.id == offer.station_id, station.c.credential.is_(None), station.c.revoked_at.is_(None)
    values = {"credential": credential, "paired_at": now}
    if connection.execute(update(station).where(*unpaired).values(values)).rowcount != 1:
        return False
    _note(connection, offer.station_id, now, address, PAIRED, "")
    return True


def note_second_use(connection: Connection, station_id: str, address: str, now: float) -> None:
    """Note that somebody came with a code that had been used."""
    _note(connection, station_id, now, address, AGAIN, "the pairing code was typed in a second time, and refused")


def note_posing(connection: Connection, station_id: str, said: str, now: float) -> None:
    """Note that a station sent ``said``, in another's name."""
    e = station_event.c
    lately = select(e.id).where(e.station_id == station_id, e.what == POSED, e.at > now - POSED_EVERY_S).limit(1)
    if connection.scalar(lately) is None:
        _note(connection, station_id, now, station_id, POSED, f"it sent {said}")


def revoke_station(connection: Connection, station_id: str, author: str, reason: str, now: float) -> None:
    """Take a station out of service for good: its password and its code end here. Raises StationError."""
    if not reason.strip():
        raise StationError("revoking needs a reason")
    if not known(connection, station_id).in_service:
        raise StationError("this station was revoked already")
    values = {"revoked_at": now, "credential": None, "online": False}
    connection.execute(update(station).where(station.c.id == station_id).values(values))
    connection.execute(delete(pairing).where(pairing.c.station_id == station_id))
    _note(connection, station_id, now, author, REVOKED, reason)


def credentials(connection: Connection) -> Mapping[str, str]:
    """Return the stations that may connect, with the hashes of their passwords."""
    wanted = select(station.c.id, station.c.credential).where(
        station.c.credential.is_not(None), station.c.revoked_at.is_(None)
    )
    return {row.id: row.credential for row in connection.execute(wanted)}


def known(connection: Connection, station_id: str) -> KnownStation:
    """Return a station. Raises StationError where there is none of that id."""
    found = _stations(connection, station_id)
    if not found:
        raise StationError(f"station {station_id[:40]!r} is not known here")
    return found[0]


def stations(connection: Connection) -> Sequence[KnownStation]:
    """Return every station, those in service first, by their patients' names."""
    return _stations(connection, None)


def _stations(connection: Connection, station_id: str | None) -> Sequence[KnownStation]:
    s, trouble = station.c, station_event.alias()
    newest = (
        select(func.max(station_event.c.id))
        .where(station_event.c.station_id == s.id, station_event.c.what.in_((TRIED, AGAIN, CODE, POSED)))
        .correlate(station)
        .scalar_subquery()
    )
    wanted = (
        select(
            s.id,
            s.patient_id,
            patient.c.name.label("patient_name"),
            s.created_at,
            s.paired_at,
            s.revoked_at,
            s.online,
            s.seen_at,
            pairing.c.expires_at.label("code_until"),
            trouble.c.note.label("trouble"),
            trouble.c.at.label("trouble_at"),
        )
        .join(patient, patient.c.id == s.patient_id)
        .outerjoin(pairing, pairing.c.station_id == s.id)
        .outerjoin(trouble, trouble.c.id == newest)
        .order_by(s.revoked_at.is_not(None), patient.c.name, s.created_at.desc())
    )
    if station_id is not None:
        wanted = wanted.where(s.id == station_id)
    return [_known(dict(row)) for row in connection.execute(wanted).mappings()]


def _known(row: dict[str, object]) -> KnownStation:
    if row["paired_at"] is not None:
        row["code_until"] = None
    return KnownStation(**(row | {"trouble": row["trouble"] or None}))  # type: ignore[arg-type]


def events(connection: Connection, station_id: str) -> Sequence[Event]:
    """Return what happened to a station, the latest first."""
    e = station_event.c
    wanted = select(e.at, e.author, e.what, e.note).where(e.station_id == station_id).order_by(e.id.desc())
    return [Event(**row) for row in connection.execute(wanted).mappings()]


def _note(connection: Connection, station_id: str, at: float, author: str, what: str, note: str) -> None:
    row = {"station_id": station_id, "at": at, "author": author[:80], "what": what, "note": note}
    connection.execute(insert(station_event).values(row))
