"""The one way in for records: exactly once in effect, in any order, nothing thrown away without a trace.

The ledger ``record`` knows each station's keys and a hash of what they stood for. A repeat changes nothing; other
content under a known key is set aside, and what was kept first stays. Any number of bridges may do this at once.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import msgspec
import numpy as np
from msgspec import structs
from sqlalchemy import Connection, Table, bindparam, select, update

from edge.records import Record, SetDone, TraceChunk, TracePart, kind
from sync.messages import Up, unread
from sync.store import clock, schema, stations
from sync.store.bulk import Entry, Name, append, claim, known
from sync.store.quarantine import Aside, Sort, set_aside
from sync.topics import station_of

TABLES: Mapping[str, Table] = {
    "session": schema.session,
    "session_end": schema.session_end,
    "set": schema.training_set,
    "rep": schema.rep,
    "answer": schema.answer,
    "trace": schema.trace,
    "trace_chunk": schema.trace,
    "receipt": schema.receipt,
}
SEEN_EVERY_S = 5.0
"""How old the moment at which a station was last heard may be; writing it with every batch would cost more."""

_record = msgspec.json.Decoder(Record)
_seen = update(schema.station).where(schema.station.c.id == bindparam("station")).values(seen_at=bindparam("at"))


class Arrival(NamedTuple):
    """A message that could be read, with the bytes it was read from."""

    topic: str
    up: Up
    payload: bytes

    @property
    def name(self) -> Name:
        """What its record is called."""
        return Name(self.up.station, self.up.key)


@dataclass(slots=True)
class Outcome:
    """What became of a batch; ``acknowledge`` holds, by station, the keys the database now answers for."""

    stored: int = 0
    repeated: int = 0
    quarantined: int = 0
    acknowledge: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))


def ingest(connection: Connection, batch: Sequence[Arrival], now: float) -> Outcome:
    """Store what is new of a batch, in the caller's transaction.

    Only keys in ``acknowledge`` may be confirmed to stations, and only after the commit. Conflicting content is
    among them, kept in quarantine, or the station would send it for ever; what came under a foreign or unknown
    station's name is not.
    """
    outcome = Outcome()
    senders = _senders(connection, batch)
    strangers, accepted = _part(batch, senders)
    first, entries = _first_of_each(accepted)
    claimed = claim(connection, entries.values(), now)
    entries |= known(connection, entries.keys() - claimed)
    conflicts, fresh = [], set(claimed)
    for one in accepted:
        if one.name in fresh:
            fresh.remove(one.name)
            outcome.stored += 1
        elif _says_the_same(one.up.record, entries[one.name]):
            outcome.repeated += 1
        else:
            conflicts.append(one)
            continue
        outcome.acknowledge[one.up.station].append(one.up.key)
    fresh_ups = [first[name].up for name in claimed]
    _insert(connection, fresh_ups)
    clock.correct(connection, fresh_ups)
    _set_aside(connection, outcome, strangers, conflicts, now)
    for name, said in _posing(strangers, senders).items():
        stations.note_posing(connection, name, said, now)
    _mark_seen(connection, senders, now)
    return outcome


def content_hash(record: Record) -> str:
    """Return the SHA-256 of what a record says, the same on every delivery."""
    return hashlib.sha256(msgspec.json.encode(record)).hexdigest()


def _first_of_each(accepted: Iterable[Arrival]) -> tuple[dict[Name, Arrival], dict[Name, Entry]]:
    first: dict[Name, Arrival] = {}
    entries: dict[Name, Entry] = {}
    for one in accepted:
        name = one.name
        if name not in first:
            first[name] = one
            entries[name] = _entry(one)
    return first, entries


def _entry(one: Arrival) -> Entry:
    told, up = one.up.record, one.up
    as_came = unread(one.payload, up)
    return Entry(*one.name, kind(told), content_hash(told), as_came, up.boot or None, up.t_s, up.wall, up.sure)


def _says_the_same(record: Record, entry: Entry) -> bool:
    said = content_hash(record)
    if said == entry.content_hash or entry.as_came is None:
        return said == entry.content_hash
    # Stored by a program that could not read all of it yet.
    return said == content_hash(_record.decode(entry.as_came))


class _Sender(NamedTuple):
    """A station in service: whose it is, and when it was last heard."""

    patient_id: str
    seen_at: float | None


def _senders(connection: Connection, batch: Iterable[Arrival]) -> dict[str, _Sender]:
    names, s = {station_of(one.topic) for one in batch}, schema.station.c
    wanted = select(s.id, s.patient_id, s.seen_at).where(s.id.in_(names - {None}), s.revoked_at.is_(None))
    return {row.id: _Sender(row.patient_id, row.seen_at) for row in connection.execute(wanted)} if names else {}


def _mark_seen(connection: Connection, senders: Mapping[str, _Sender], now: float) -> None:
    moments = {name: one.seen_at for name, one in senders.items()}
    late = sorted(name for name, at in moments.items() if at is None or not 0 <= now - at < SEEN_EVERY_S)
    if late:
        connection.execute(_seen, [{"station": name, "at": now} for name in late])


def _part(batch: Iterable[Arrival], senders: Mapping[str, _Sender]) -> tuple[list[Aside], list[Arrival]]:
    """Part what no known station sent of itself and of its own patient from what one did."""
    strangers, accepted = [], []
    for one in batch:
        reason = _strange(one, senders)
        if reason is None:
            accepted.append(one)
        else:
            strangers.append(Aside(Sort.STRANGER, one.topic, one.payload, reason))
    return strangers, accepted


def _strange(one: Arrival, senders: Mapping[str, _Sender]) -> str | None:
    name = station_of(one.topic)
    if name != one.up.station:
        return f"a message of {one.up.station} on {one.topic}"
    if name not in senders:
        return f"station {name} is not known here, or was revoked"
    # A station's id stands for one patient: what is told of another one would be shown on a stranger's page.
    patient, own = getattr(one.up.record, "patient_id", None), senders[name].patient_id
    return None if patient in (None, own) else f"a record of patient {patient}, whom {name} does not serve"


def _posing(strangers: Iterable[Aside], senders: Mapping[str, _Sender]) -> dict[str, str]:
    """Return which known stations spoke in another's name, and how."""
    told = {station_of(one.topic): one.reason for one in strangers}
    return {name: reason for name, reason in told.items() if name is not None and name in senders}


def _set_aside(
    connection: Connection, outcome: Outcome, strangers: list[Aside], conflicts: list[Arrival], now: float
) -> None:
    if not strangers and not conflicts:
        return
    others = {
        Aside(Sort.CONFLICT, one.topic, one.payload, f"{one.up.key} came before with other content"): one.up
        for one in conflicts
    }
    kept = set_aside(connection, [*strangers, *others], now)
    outcome.quarantined += len(strangers) + len(conflicts)
    for aside, up in others.items():
        if aside in kept:
            outcome.acknowledge[up.station].append(up.key)


def _insert(connection: Connection, fresh: Iterable[Up]) -> None:
    rows: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for up in fresh:
        name = kind(up.record)
        columns = _columns(up.record) if name in TABLES else _as_fact(up, name)
        rows[name].append({"station_id": up.station, **columns})
    for name in sorted(rows):
        append(connection, TABLES.get(name, schema.fact), rows[name])


def _as_fact(up: Up, name: str) -> dict[str, Any]:
    return {
        "key": up.key,
        "kind": name,
        "session_id": getattr(up.record, "session_id", None),
        "at": getattr(up.record, "at", up.wall),
        "body": msgspec.json.encode(up.record).decode(),
    }


def _columns(record: Record) -> dict[str, Any]:
    columns = structs.asdict(record)
    match record:
        case SetDone():
            columns["load_low_kg"], columns["load_high_kg"] = columns.pop("load_kg") or (None, None)
            columns["rpe_low"], columns["rpe_high"] = columns.pop("rpe_planned") or (None, None)
            columns["doubts"] = ",".join(record.doubts)
        case TracePart() | TraceChunk():
            columns = {name: value for name, value in columns.items() if name not in ("count", "packed")}
            columns["values"] = np.array(record.values, "<f4").tobytes()
    return columns
