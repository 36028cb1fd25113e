"""The way in at the clinic: a batch of messages becomes rows, and only then confirmations."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Engine

from sync.journal.rows import is_urgent
from sync.link import Incoming, Transport
from sync.messages import (
    VERSION,
    Ack,
    MessageError,
    Presence,
    UnknownVersion,
    Up,
    decode_presence,
    decode_up,
    encode,
)
from sync.stats import Stats
from sync.store import writing
from sync.store.ingest import Arrival, Outcome, ingest
from sync.store.quarantine import Aside, Sort, set_aside
from sync.topics import down, parse_up

AHEAD_S = 2 * 86_400.0
"""How far a station's clock may be ahead of the clinic's; our choice, a day for zones and a day for drift."""
KEYS_PER_ACK = 400
"""Keys have at most 120 characters: an acknowledgement of so many stays below the size of a message."""


@dataclass(slots=True)
class _Sorted:
    records: list[Arrival]
    presence: list[tuple[str, Presence]]
    unreadable: list[Aside]


class Intake:
    """Stores what stations send; ``heard`` is told of each station whether it is online."""

    def __init__(
        self,
        transport: Transport,
        database: Engine,
        wall: Callable[[], float],
        stats: Stats,
        heard: Callable[[str, bool], None],
    ) -> None:
        self._transport = transport
        self._database = database
        self._wall = wall
        self._stats = stats
        self._heard = heard

    def take_in(self, batch: Sequence[Incoming]) -> None:
        """Commit a batch, and only then confirm it to the stations; the broker's part is the caller's."""
        if not batch:
            return
        found = _sort(batch, self._wall())
        with writing(self._database) as connection:
            outcome = ingest(connection, found.records, self._wall())
            set_aside(connection, found.unreadable, self._wall())
        self._stats.poison += len(found.unreadable)
        for station_id, message in found.presence:
            self._heard(station_id, message.online)
        self._count(batch, outcome)
        self._acknowledge(outcome)

    def set_aside(self, message: Incoming, reason: str) -> None:
        """Quarantine a message that no batch can hold."""
        with writing(self._database) as connection:
            set_aside(connection, [Aside(Sort.POISON, message.topic, message.payload, reason)], self._wall())
        self._stats.poison += 1

    def _count(self, batch: Sequence[Incoming], outcome: Outcome) -> None:
        self._stats.received += len(batch)
        self._stats.stored += outcome.stored
        self._stats.repeated += outcome.repeated
        self._stats.quarantined += outcome.quarantined

    def _acknowledge(self, outcome: Outcome) -> None:
        for station_id, keys in outcome.acknowledge.items():
            for first in range(0, len(keys), KEYS_PER_ACK):
                ack = Ack(VERSION, tuple(keys[first : first + KEYS_PER_ACK]))
                self._transport.publish(down(station_id, "ack"), encode(ack))


def _sort(batch: Sequence[Incoming], now: float) -> _Sorted:
    found = _Sorted([], [], [])
    for message in batch:
        try:
            station_id, kind = parse_up(message.topic)
            if kind == "status":
                found.presence.append((station_id, decode_presence(message.payload)))
            else:
                read = decode_up(message.payload)
                _refuse_the_future(read, now)
                found.records.append(Arrival(message.topic, read, message.payload))
        except (MessageError, ValueError) as exc:
            sort = _SORTS.get(type(exc), Sort.POISON)
            found.unreadable.append(Aside(sort, message.topic, message.payload, str(exc)))
    return found


class _TooNewError(ValueError):
    """A message from a time that has not come yet."""


_SORTS = {UnknownVersion: Sort.VERSION, _TooNewError: Sort.CLOCK}


def _refuse_the_future(message: Up, now: float) -> None:
    """Keep such a record out until its time has come: no page could say truly what happened last.

    An alert is let in all the same: that it came matters more than when.
    """
    if is_urgent(message.record):
        return
    for name in ("started_at", "ended_at", "at"):
        at = getattr(message.record, name, 0.0)
        if at > now + AHEAD_S:
            ahead_days = (at - now) / 86_400.0
            raise _TooNewError(f"{message.key} has {name} {ahead_days:.0f} days ahead of the clinic's clock")
    day = getattr(message.record, "day", "")
    if day and day > datetime.fromtimestamp(now + AHEAD_S, UTC).date().isoformat():
        raise _TooNewError(f"{message.key} has day {day}, which has not come by the clinic's clock")
