"""The way down: what the clinic has signed, published to the stations until it is known to have arrived.

What was signed stands in tables of the clinic's database, which are their own outbox: a row waits there until the
broker, or the station, is known to have it. Nothing is kept here that a restart would miss.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import SimpleQueue

from sqlalchemy import Engine

from sync.link import Transport
from sync.signed import Kind
from sync.stats import Stats
from sync.store import clearances, writing
from sync.store.outgoing import Outgoing, mark_published, unpublished, unreceived
from sync.topics import down

Row = tuple[Kind, int]
"""What tells something outgoing from everything else: its kind, and its row."""


class WayDown:
    """Publishes what was signed; used by the bridge's writer thread, but for :meth:`reconnected`."""

    def __init__(self, transport: Transport, database: Engine, wall: Callable[[], float], stats: Stats) -> None:
        self._transport = transport
        self._database = database
        self._wall = wall
        self._stats = stats
        self._published: SimpleQueue[tuple[Outgoing, str | None]] = SimpleQueue()
        self._publishing: set[Row] = set()
        self._told: set[Row] = set()
        self._came_online: set[str] = set()
        self._new_connection = threading.Event()

    def reconnected(self) -> None:
        """Note, from any thread, that the connection is new: the broker may have forgotten what it had."""
        self._new_connection.set()

    def came_online(self, station_id: str) -> None:
        """Note that a station is there again: it may have missed what is not retained."""
        self._came_online.add(station_id)

    def send(self) -> None:
        """Publish what waits. Raises SQLAlchemy's errors; doing it again later is right."""
        self._note_published()
        if not self._transport.connected:
            return
        again = self._new_connection.is_set()
        self._new_connection.clear()
        if again:
            self._publishing.clear()
            self._told.clear()
        self._send_retained(again)
        self._send_clearances()

    def _send_retained(self, again: bool) -> None:
        """Publish, retained, what the broker does not have; after a reconnect also what no station has told of."""
        with self._database.connect() as connection:
            waiting = [*unpublished(connection), *(unreceived(connection) if again else ())]
        for one in waiting:
            if (one.kind, one.id) not in self._publishing:
                self._publish(one)

    def _publish(self, one: Outgoing) -> None:
        self._publishing.add((one.kind, one.id))
        self._transport.publish(
            down(one.station_id, one.kind),
            one.message,
            retain=True,
            done=lambda reason: self._published.put((one, reason)),
        )

    def _note_published(self) -> None:
        while not self._published.empty():
            one, refused = self._published.get()
            if refused is None:
                with writing(self._database) as connection:
                    mark_published(connection, one, self._wall())
                self._stats.sent_down[one.kind] += 1
            self._publishing.discard((one.kind, one.id))

    def _send_clearances(self) -> None:
        """Publish the clearances whose stations have not told what became of them.

        Once when written, and again to each station that comes back and after each reconnect: unlike a plan, one
        does not take the place of another, so the broker is not asked to keep them.
        """
        back, self._came_online = self._came_online, set()
        with self._database.connect() as connection:
            waiting = clearances.unheard(connection)
        for one in waiting:
            row = (one.kind, one.id)
            if row not in self._told or one.station_id in back:
                self._told.add(row)
                self._transport.publish(down(one.station_id, one.kind), one.message)
                self._stats.sent_down[one.kind] += 1
