"""The way down: what the clinic has signed, published to the stations until it is known to have arrived.

Each kind has its own table in the clinic's database, which is its own outbox: a row waits there until the broker, or
the station, is known to have it. Nothing is kept here that a restart would miss.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import SimpleQueue

from sqlalchemy import Engine

from sync.link import Transport
from sync.messages import VERSION, SignedClearance, SignedPlan, encode
from sync.stats import Stats
from sync.store import clearances, writing
from sync.store.prescriptions import Outgoing, mark_published, unpublished, unreceived
from sync.topics import down


class WayDown:
    """Publishes plans and clearances; used by the bridge's writer thread, but for :meth:`reconnected`."""

    def __init__(self, transport: Transport, database: Engine, wall: Callable[[], float], stats: Stats) -> None:
        self._transport = transport
        self._database = database
        self._wall = wall
        self._stats = stats
        self._published: SimpleQueue[tuple[int, str | None]] = SimpleQueue()
        self._publishing: set[int] = set()
        self._told: set[int] = set()
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
        self._send_plans(again)
        self._send_clearances()

    def _send_plans(self, again: bool) -> None:
        """Publish, retained, the plans the broker does not have; after a reconnect also those without a receipt."""
        with self._database.connect() as connection:
            plans = {plan.id: plan for plan in (*unpublished(connection), *(unreceived(connection) if again else ()))}
        for plan in plans.values():
            if plan.id not in self._publishing:
                self._publish(plan)

    def _publish(self, plan: Outgoing) -> None:
        self._publishing.add(plan.id)
        payload = encode(SignedPlan(VERSION, plan.payload, plan.signature))
        self._transport.publish(
            down(plan.station_id, "plan"),
            payload,
            retain=True,
            done=lambda reason: self._published.put((plan.id, reason)),
        )

    def _note_published(self) -> None:
        while not self._published.empty():
            plan_id, refused = self._published.get()
            if refused is None:
                with writing(self._database) as connection:
                    mark_published(connection, plan_id, self._wall())
                self._stats.plans += 1
            self._publishing.discard(plan_id)

    def _send_clearances(self) -> None:
        """Publish the clearances whose stations have not told of the end of the lock.

        Once when written, and again to each station that comes back and after each reconnect: unlike a plan, one
        does not take the place of another, so the broker is not asked to keep them.
        """
        back, self._came_online = self._came_online, set()
        with self._database.connect() as connection:
            waiting = clearances.unheard(connection)
        for one in waiting:
            if one.id not in self._told or one.station_id in back:
                self._told.add(one.id)
                payload = encode(SignedClearance(VERSION, one.payload, one.signature))
                self._transport.publish(down(one.station_id, "clearance"), payload)
                self._stats.clearances += 1
