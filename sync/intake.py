"""The way in at the clinic: a batch of messages becomes rows, and only then confirmations."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import Engine

from sync.link import Incoming, Transport
from sync.messages import VERSION, Ack, MessageError, Presence, Up, decode_presence, decode_up, encode
from sync.stats import Stats
from sync.store import writing
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
        self.set_aside(found.poison)
        for station_id, message in found.presence:
            self._heard(station_id, message.online)
        self._count(batch, outcome)
        self._acknowledge(outcome)

    def set_aside(self, poison: Sequence[tuple[Incoming, str]]) -> None:
        """Quarantine messages that cannot be stored, each with its reason."""
        if not poison:
            return
        with writing(self._database) as connection:
            for message, reason in poison:
                quarantine(connection, message.topic, reason, message.payload, self._wall())
        self._stats.poison += len(poison)

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
