"""The way in at the clinic: a batch of messages becomes rows, and only then confirmations."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import Engine

from sync.link import Incoming, Transport
from sync.messages import VERSION, Ack, MessageError, Presence, UnknownVersion, decode_presence, decode_up, encode
from sync.stats import Stats
from sync.store import writing
from sync.store.ingest import Arrival, Outcome, ingest
from sync.store.quarantine import Aside, Sort, set_aside
from sync.topics import down, parse_up

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
        found = _sort(batch)
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


def _sort(batch: Sequence[Incoming]) -> _Sorted:
    found = _Sorted([], [], [])
    for message in batch:
        try:
            station_id, kind = parse_up(message.topic)
            if kind == "status":
                found.presence.append((station_id, decode_presence(message.payload)))
            else:
                found.records.append(Arrival(message.topic, decode_up(message.payload), message.payload))
        except (MessageError, ValueError) as exc:
            sort = Sort.VERSION if isinstance(exc, UnknownVersion) else Sort.POISON
            found.unreadable.append(Aside(sort, message.topic, message.payload, str(exc)))
    return found
