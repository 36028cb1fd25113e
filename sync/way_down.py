"""The way down: what the clinic has signed, published to the stations until it is known to have arrived.

Each kind has its own table in the clinic's database, which is its own outbox: a row waits there until the broker, or
the station, is known to have it. Nothing is kept here that a restart would miss.

A plan is retained, so the last one published on a topic is the one that a station is given. Bridges therefore listen
to what goes by: a plan has been published when it was heard there, and whatever else is heard there, an older plan
that came late above all, makes the newest one go out again.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from sqlalchemy import Engine

from sync.link import Incoming, Transport
from sync.messages import VERSION, SignedClearance, SignedPlan, encode
from sync.stats import Stats
from sync.store import clearances, prescriptions, writing
from sync.store.prescriptions import Outgoing
from sync.topics import down, plan_for

AGAIN_S = 10.0
"""How long a published plan may take to be heard before it is published again."""


class WayDown:
    """Publishes plans and clearances; used by the bridge's writer thread, but for :meth:`reconnected`."""

    def __init__(self, transport: Transport, database: Engine, wall: Callable[[], float], stats: Stats) -> None:
        self._transport = transport
        self._database = database
        self._wall = wall
        self._stats = stats
        self._published_s: dict[int, float] = {}
        self._told: set[int] = set()
        self._back: set[str] = set()
        self._new_connection = threading.Event()

    def reconnected(self) -> None:
        """Note, from any thread, that the connection or the lead is new: who knows what the stations have got."""
        self._new_connection.set()

    def came_online(self, station_id: str) -> None:
        """Note that a station is there again: it may have missed what is not retained."""
        self._back.add(station_id)

    def heard(self, message: Incoming) -> bool:
        """Take note of a plan that went by on its way to a station; return whether the message was one."""
        station_id = plan_for(message.topic)
        if station_id is None:
            return False
        with writing(self._database) as connection:
            newest = prescriptions.newest(connection, station_id)
            if newest is not None and message.payload == _encoded(newest):
                self._stats.plans += prescriptions.mark_published(connection, newest.id, self._wall())
            elif newest is not None:
                prescriptions.mark_unpublished(connection, newest.id)
        return True

    def send(self) -> None:
        """Publish what waits. Raises SQLAlchemy's errors; doing it again later is right."""
        again = self._new_connection.is_set()
        self._new_connection.clear()
        if again:
            self._published_s.clear()
            self._told.clear()
        try:
            self._send_plans(again)
            self._send_clearances()
        except Exception:
            if again:
                self._new_connection.set()
            raise

    def _send_plans(self, again: bool) -> None:
        """Publish, retained, the plans the broker does not have; after a reconnect also those without a receipt."""
        with self._database.connect() as connection:
            waiting = list(prescriptions.unpublished(connection))
            if again:
                waiting += prescriptions.unreceived(connection)
        now_s = time.monotonic()
        for plan in {plan.id: plan for plan in waiting}.values():
            if now_s - self._published_s.get(plan.id, float("-inf")) >= AGAIN_S:
                self._published_s[plan.id] = now_s
                self._transport.publish(down(plan.station_id, "plan"), _encoded(plan), retain=True)

    def _send_clearances(self) -> None:
        """Publish the clearances whose stations have not told of the end of the lock.

        Once when written, and again to each station that comes back and after each reconnect: unlike a plan, one
        does not take the place of another, so the broker is not asked to keep them.
        """
        with self._database.connect() as connection:
            waiting = clearances.unheard(connection)
        back, self._back = self._back, set()
        for one in waiting:
            if one.id not in self._told or one.station_id in back:
                self._told.add(one.id)
                payload = encode(SignedClearance(VERSION, one.payload, one.signature))
                self._transport.publish(down(one.station_id, "clearance"), payload)
                self._stats.clearances += 1


def _encoded(plan: Outgoing) -> bytes:
    return encode(SignedPlan(VERSION, plan.payload, plan.signature))
