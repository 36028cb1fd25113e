"""What could not be stored is kept aside, bounded, counted, and shown to the clinic.

Nothing here is confirmed to the station, so the station still has it, with one exception: a record that came before
with other content. That copy is nowhere else once it is confirmed, so it is never thrown away to make room; when
there is no more room for such copies, they are no longer confirmed.

Room is made at the cost of whoever takes up most of it, and each station has its own share of the room for conflicts:
one that sends poison without end pushes out its own, and nobody else's evidence.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, case, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from sync.store.schema import quarantine, quarantine_count
from sync.topics import station_of


class Sort(StrEnum):
    """Why a message was set aside; of one station's, the first are the first to go when there is no more room."""

    POISON = "poison"
    """It cannot be read at all."""
    STRANGER = "stranger"
    """Its station is not known here, or it came in the name of another station or patient."""
    CLOCK = "clock"
    """It is dated in the future: the station's clock, or the clinic's, is wrong."""
    VERSION = "version"
    """A station newer than this program wrote it."""
    CONFLICT = "conflict"
    """Its record came before with other content; the first is kept."""


REPLACEABLE = (Sort.POISON, Sort.STRANGER, Sort.CLOCK, Sort.VERSION)
MOST, MOST_BYTES = 2000, 16 * 2**20
"""Of all but conflicts; our choice: weeks of looking away, and no burden to a small disk."""
MOST_CONFLICTS, MOST_CONFLICT_BYTES = 20_000, 64 * 2**20
CONFLICT_SHARE = 8
"""One station may take up so small a part of the room for conflicts, an eighth. Our choice."""


@dataclass(frozen=True, slots=True)
class Aside:
    """A message that could not be stored, and why."""

    sort: Sort
    topic: str
    payload: bytes
    reason: str


def set_aside(connection: Connection, messages: Sequence[Aside], now: float) -> set[Aside]:
    """Keep messages, each once however often it comes, and return those that are kept now or were before.

    The oldest poison of whoever sent most makes room for what is new. Only a conflict can be refused, when there are
    too many of them.
    """
    kept = dict.fromkeys(messages)
    for refused in _without_room(connection, [one for one in kept if one.sort is Sort.CONFLICT]):
        del kept[refused]
    if kept:
        _keep(connection, kept, now)
    if any(one.sort is not Sort.CONFLICT for one in kept):
        _make_room(connection)
    return set(kept)


def mark_seen(connection: Connection, author: str, now: float) -> None:
    """Note who has looked at what is here; the first one stays."""
    unseen = update(quarantine).where(quarantine.c.seen_at.is_(None))
    connection.execute(unseen.values(seen_by=author, seen_at=now))


def _keep(connection: Connection, messages: Iterable[Aside], now: float) -> None:
    rows = [_row(one, now) for one in messages]
    kept_now = _insert(connection, quarantine).on_conflict_do_nothing().returning(quarantine.c.sort)
    for sort, number in sorted(Counter(connection.scalars(kept_now, rows)).items()):
        _count(connection, Sort(sort), arrived=number)


def _row(one: Aside, now: float) -> dict[str, Any]:
    return {
        "sort": one.sort.value,
        "station_id": station_of(one.topic),
        "topic": _plain(one.topic)[:200],
        "reason": _plain(one.reason)[:1000],
        "payload": one.payload,
        "size": len(one.payload),
        "digest": _digest(one),
        "received_at": now,
    }


def _digest(one: Aside) -> str:
    # What could not be read before an update may be a conflict after it: then it is another thing, and stays.
    name = _plain(one.topic) if one.sort is not Sort.CONFLICT else f"conflict {_plain(one.topic)}"
    return hashlib.sha256(name.encode() + b"\0" + one.payload).hexdigest()


def _plain(text: str) -> str:
    # What strangers sent is shown to people and written to logs: no line breaks, no lone surrogates.
    return text.encode("unicode_escape").decode("ascii")


def _insert(connection: Connection, table: Table) -> Any:
    return (postgresql if connection.dialect.name == "postgresql" else sqlite).insert(table)


def _without_room(connection: Connection, conflicts: Sequence[Aside]) -> set[Aside]:
    """Return the new ones among some conflicts for which there is no room, or no room for their station."""
    refused: set[Aside] = set()
    for station_id in {station_of(one.topic) for one in conflicts}:
        mine = [one for one in conflicts if station_of(one.topic) == station_id]
        own = quarantine.c.station_id == station_id
        if not (_fits(connection, conflicts) and _fits(connection, mine, CONFLICT_SHARE, own)):
            refused |= set(mine) - _held(connection, mine)
    return refused


def _fits(connection: Connection, conflicts: Sequence[Aside], share: int = 1, *whose: ColumnElement[bool]) -> bool:
    number, size = _usage(connection, (Sort.CONFLICT,), *whose)
    new = sum(len(one.payload) for one in conflicts)
    return (number + len(conflicts)) * share <= MOST_CONFLICTS and (size + new) * share <= MOST_CONFLICT_BYTES


def _held(connection: Connection, messages: Sequence[Aside]) -> set[Aside]:
    wanted = {_digest(one): one for one in messages}
    found = connection.scalars(select(quarantine.c.digest).where(quarantine.c.digest.in_(wanted)))
    return {wanted[digest] for digest in found}


def _usage(connection: Connection, sorts: Sequence[Sort], *whose: ColumnElement[bool]) -> tuple[int, int]:
    wanted = select(func.count(), func.coalesce(func.sum(quarantine.c.size), 0))
    number, size = connection.execute(wanted.where(quarantine.c.sort.in_(sorts), *whose)).one()
    return int(number), int(size)


def _make_room(connection: Connection) -> None:
    number, size = _usage(connection, REPLACEABLE)
    if number <= MOST and size <= MOST_BYTES:
        return
    rank = case({sort.value: place for place, sort in enumerate(REPLACEABLE)}, value=quarantine.c.sort)
    room_taken = func.sum(1.0 / MOST + quarantine.c.size * (1.0 / MOST_BYTES)).over(
        partition_by=quarantine.c.station_id
    )
    oldest = (
        select(quarantine.c.id, quarantine.c.sort, quarantine.c.size)
        .where(quarantine.c.sort.in_(REPLACEABLE))
        .order_by(room_taken.desc(), quarantine.c.station_id, rank, quarantine.c.id)
    )
    leaving: list[int] = []
    left: Counter[str] = Counter()
    for row in connection.execute(oldest):
        if number <= MOST and size <= MOST_BYTES:
            break
        number, size = number - 1, size - row.size
        leaving.append(row.id)
        left[row.sort] += 1
    connection.execute(quarantine.delete().where(quarantine.c.id.in_(leaving)))
    for sort, gone in sorted(left.items()):
        _count(connection, Sort(sort), discarded=gone)


def _count(connection: Connection, sort: Sort, arrived: int = 0, discarded: int = 0) -> None:
    counts = quarantine_count.c
    first = _insert(connection, quarantine_count).values(sort=sort.value, arrived=arrived, discarded=discarded)
    more = {"arrived": counts.arrived + arrived, "discarded": counts.discarded + discarded}
    connection.execute(first.on_conflict_do_update(index_elements=["sort"], set_=more))
