"""The way in at the clinic: a batch of messages becomes rows, and only then confirmations."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, update

from sync.link import Incoming, Transport
from sync.messages import VERSION, Ack, MessageError, Presence, Up, decode_presence, decode_up, encode
from sync.stats import Stats
from sync.store import schema, writing
from sync.store.ingest import Outcome, ingest, quarantine
from sync.topics import down, parse_up

KEYS_PER_ACK = 400
"""Keys have at most 120 characters: an acknowledgement of so many stays below the size of a message."""


@dataclass(slots=True)
class _Sorted:
    records: list[tuple[str, Up]]
    presence: list[tuple[str, Presence]]
    poison: list[tuple[Incoming, str]]


class Intake:
    """Stores what stations send; ``came_online`` is told of each station that says it is there."""

    def __init__(
        self,
        transport: Transport,
        database: Engine,
        wall: Callable[[], float],
        stats: Stats,
        came_online: Callable[[str], None],
    ) -> None:
        self._transport = transport
        self._database = database
        self._wall = wall
        self._stats = stats
        self._came_online = came_online

    def take_in(self, batch: Sequence[Incoming]) -> None:
        """Commit a batch, and only then confirm it to the stations and to the broker."""
        if not batch:
            return
        found = _sort(batch)
        with writing(self._database) as connection:
            outcome = ingest(connection, found.records, self._wall())
            self._note_presence(connection, found.presence)
        self.set_aside(found.poison)
        self._count(batch, outcome)
        self._acknowledge(outcome)
        for message in batch:
            message.settle()

    def set_aside(self, poison: Sequence[tuple[Incoming, str]]) -> None:
        """Quarantine messages that cannot be stored, each with its reason, and settle them."""
        if not poison:
            return
        with writing(self._database) as connection:
            for message, reason in poison:
                quarantine(connection, message.topic, reason, message.payload, self._wall())
        self._stats.poison += len(poison)
        for message, _ in poison:
            message.settle()

    def _note_presence(self, connection: Connection, presence: Iterable[tuple[str, Presence]]) -> None:
        table = schema.station
        for station_id, message in presence:
            if message.online:
                self._came_online(station_id)
            values = {"online": message.online, "seen_at": self._wall()}
            connection.execute(update(table).where(table.c.id == station_id).values(values))

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
                found.records.append((message.topic, decode_up(message.payload)))
        except (MessageError, ValueError) as exc:
            found.poison.append((message, str(exc)))
    return found
