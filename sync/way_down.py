"""The way down: what the clinic has signed, published to the stations until it is known to have arrived.

What was signed stands in tables of the clinic's database, which are their own outbox: a row waits there until the
broker, or the station, is known to have it. Nothing is kept here that a restart would miss.

Plans, rule sets and messages are retained, so the last one published on a topic is the one that a station is given.
Bridges therefore listen to what goes by: a plan has been published when it was heard there, and whatever else is
heard there, an older plan that came late above all, makes the newest one go out again.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from sqlalchemy import Engine

from sync.link import Incoming, Transport
from sync.signed import Kind
from sync.stats import Stats
from sync.store import clearances, outgoing, writing
from sync.topics import down, retained_for

AGAIN_S = 10.0
"""How long what was published may take to be heard before it is published again."""

Row = tuple[Kind, int]
"""What tells something outgoing from everything else: its kind, and its row."""


class WayDown:
    """Publishes what was signed; used by the bridge's writer thread, but for :meth:`reconnected`."""

    def __init__(self, transport: Transport, database: Engine, wall: Callable[[], float], stats: Stats) -> None:
        self._transport = transport
        self._database = database
        self._wall = wall
        self._stats = stats
        self._published_s: dict[Row, float] = {}
        self._told: set[Row] = set()
        self._back: set[str] = set()
        self._new_connection = threading.Event()

    def reconnected(self) -> None:
        """Note, from any thread, that the connection or the lead is new: who knows what the stations have got."""
        self._new_connection.set()

    def came_online(self, station_id: str) -> None:
        """Note that a station is there again: it may have missed what is not retained."""
        self._back.add(station_id)

    def heard(self, message: Incoming) -> bool:
        """Take note of what went by on its way to a station; return whether the message was such a thing."""
        retained = retained_for(message.topic)
        if retained is None:
            return False
        station_id, kind = retained
        with writing(self._database) as connection:
            newest = outgoing.newest(connection, Kind(kind), station_id)
            if newest is not None and message.payload == newest.message:
                self._stats.sent_down[kind] += outgoing.mark_published(connection, newest, self._wall())
            elif newest is not None:
                outgoing.mark_unpublished(connection, newest)
        return True

    def send(self) -> None:
        """Publish what waits. Raises SQLAlchemy's errors; doing it again later is right."""
        again = self._new_connection.is_set()
        self._new_connection.clear()
        if again:
            self._published_s.clear()
            self._told.clear()
        try:
            self._send_retained(again)
            self._send_clearances()
        except Exception:
            if again:
                self._new_connection.set()
            raise

    def _send_retained(self, again: bool) -> None:
        """Publish, retained, what the broker does not have; after a reconnect also what has no receipt."""
        with self._database.connect() as connection:
            waiting = list(outgoing.unpublished(connection))
            if again:
                waiting += outgoing.unreceived(connection)
        now_s = time.monotonic()
        for one in waiting:
            row = (one.kind, one.id)
            if now_s - self._published_s.get(row, float("-inf")) >= AGAIN_S:
                self._published_s[row] = now_s
                self._transport.publish(down(one.station_id, one.kind), one.message, retain=True)

    def _send_clearances(self) -> None:
        """Publish the clearances whose stations have not told what became of them.

        Once when written, and again to each station that comes back and after each reconnect: unlike a plan, one
        does not take the place of another, so the broker is not asked to keep them.
        """
        with self._database.connect() as connection:
            waiting = clearances.unheard(connection)
        back, self._back = self._back, set()
        for one in waiting:
            row = (one.kind, one.id)
            if row not in self._told or one.station_id in back:
                self._told.add(row)
                self._transport.publish(down(one.station_id, one.kind), one.message)
                self._stats.sent_down[one.kind] += 1
