"""The bridge: takes what stations send into the clinic's database and confirms it after the commit.

Plans and clearances of locks go the other way.

The link's callback only enqueues. One writer thread does the rest, so a slow database slows nothing but itself, and
nothing a stranger sends can end it: what cannot be stored is quarantined and counted.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from queue import Empty, Full, Queue, SimpleQueue

from sqlalchemy import Connection, update
from sqlalchemy.exc import OperationalError

from sync.link import Incoming, Transport
from sync.messages import (
    VERSION,
    Ack,
    MessageError,
    Presence,
    SignedClearance,
    SignedPlan,
    Up,
    decode_presence,
    decode_up,
    encode,
)
from sync.store import clearances, engine, schema, writing
from sync.store.ingest import Outcome, ingest, quarantine
from sync.store.prescriptions import Outgoing, mark_published, unpublished, unreceived
from sync.topics import PRESENCE_UP, SHARED_UP, down, parse_up

QUEUE = 5000
BATCH = 500
POLL_S = 0.2
DATABASE_RETRY_S = 0.5
KEYS_PER_ACK = 400
"""Keys have at most 120 characters: an acknowledgement of so many stays below the size of a message."""


@dataclass(slots=True)
class Stats:
    """What a bridge did since it started."""

    received: int = 0
    stored: int = 0
    repeated: int = 0
    quarantined: int = 0
    """Readable messages that contradict what is known."""
    poison: int = 0
    """Messages that could not be read at all."""
    dropped: int = 0
    """Messages turned away because the queue was full; stations send them again."""
    plans: int = 0
    clearances: int = 0


@dataclass(slots=True)
class _Sorted:
    records: list[tuple[str, Up]]
    presence: list[tuple[str, Presence]]
    poison: list[tuple[Incoming, str]]


class Bridge:
    """Moves records from ``transport`` to the database and plans the other way, in a thread of its own."""

    def __init__(
        self, transport: Transport, db_url: str, *, wall: Callable[[], float] = time.time, poll_s: float = POLL_S
    ) -> None:
        self.stats = Stats()
        self.problem: str | None = None
        """Why the database cannot be written, for people to read; None while it can."""
        self._transport = transport
        self._database = engine(db_url)
        self._wall = wall
        self._poll_s = poll_s
        self._queue: Queue[Incoming] = Queue(QUEUE)
        self._published: SimpleQueue[tuple[int, str | None]] = SimpleQueue()
        self._publishing: set[int] = set()
        self._told: set[int] = set()
        self._came_online: set[str] = set()
        self._new_connection = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="bridge")

    @property
    def online(self) -> bool:
        """Whether the broker is connected."""
        return self._transport.connected

    def start(self) -> None:
        """Start the writer thread and connect."""
        self._thread.start()

    def stop(self) -> None:
        """Finish the batch in hand, disconnect and end the thread; what waits is sent again by the stations."""
        self._stopping.set()
        if self._thread.ident is not None:
            self._thread.join()

    def _run(self) -> None:
        self._transport.start(self._enqueue, [SHARED_UP, PRESENCE_UP], on_connect=self._new_connection.set)
        next_poll_s = 0.0
        try:
            while not self._stopping.is_set():
                self._try(self._take_in, self._take())
                if time.monotonic() >= next_poll_s:
                    self._try(self._send_plans, ())
                    self._try(self._send_clearances, ())
                    next_poll_s = time.monotonic() + self._poll_s
        finally:
            self._transport.stop()
            self._database.dispose()

    def _enqueue(self, message: Incoming) -> None:
        try:
            self._queue.put_nowait(message)
        except Full:
            self.stats.dropped += 1
            message.settle()

    def _take(self) -> list[Incoming]:
        batch: list[Incoming] = []
        try:
            batch.append(self._queue.get(timeout=self._poll_s))
            while len(batch) < BATCH:
                batch.append(self._queue.get_nowait())
        except Empty:
            pass
        return batch

    def _try(self, work: Callable[[Sequence[Incoming]], None], batch: Sequence[Incoming]) -> None:
        """Do the work, as often as it takes while the database is away; no other error goes further than this."""
        while not self._stopping.is_set():
            try:
                work(batch)
            except OperationalError as exc:
                self.problem = f"the database cannot be written: {exc.orig}"
                self._stopping.wait(DATABASE_RETRY_S)
            except Exception as exc:  # whatever one message did, the others must pass
                self.problem = f"a batch could not be stored: {exc}"
                self._set_aside(work, batch, str(exc))
                return
            else:
                self.problem = None
                return

    def _set_aside(self, work: Callable[[Sequence[Incoming]], None], batch: Sequence[Incoming], reason: str) -> None:
        """Find the message that no batch can hold, by storing each alone, and quarantine it."""
        if len(batch) == 1:
            self._try(lambda one: self._quarantine([(one[0], reason)]), batch)
        else:
            for message in batch:
                self._try(work, [message])

    def _take_in(self, batch: Sequence[Incoming]) -> None:
        """Commit a batch, and only then confirm it to the stations and to the broker."""
        if not batch:
            return
        found = _sort(batch)
        with writing(self._database) as connection:
            outcome = ingest(connection, found.records, self._wall())
            self._note_presence(connection, found.presence)
        self._quarantine(found.poison)
        self._count(batch, outcome)
        self._acknowledge(outcome)
        for message in batch:
            message.settle()

    def _note_presence(self, connection: Connection, presence: Iterable[tuple[str, Presence]]) -> None:
        table = schema.station
        for station_id, message in presence:
            if message.online:
                self._came_online.add(station_id)
            values = {"online": message.online, "seen_at": self._wall()}
            connection.execute(update(table).where(table.c.id == station_id).values(values))

    def _quarantine(self, poison: Sequence[tuple[Incoming, str]]) -> None:
        if not poison:
            return
        with writing(self._database) as connection:
            for message, reason in poison:
                quarantine(connection, message.topic, reason, message.payload, self._wall())
        self.stats.poison += len(poison)
        for message, _ in poison:
            message.settle()

    def _count(self, batch: Sequence[Incoming], outcome: Outcome) -> None:
        self.stats.received += len(batch)
        self.stats.stored += outcome.stored
        self.stats.repeated += outcome.repeated
        self.stats.quarantined += outcome.quarantined

    def _acknowledge(self, outcome: Outcome) -> None:
        for station_id, keys in outcome.acknowledge.items():
            for first in range(0, len(keys), KEYS_PER_ACK):
                ack = Ack(VERSION, tuple(keys[first : first + KEYS_PER_ACK]))
                self._transport.publish(down(station_id, "ack"), encode(ack))

    def _send_plans(self, _batch: Sequence[Incoming]) -> None:
        """Publish, retained, the plans the broker does not have; after a reconnect also those without a receipt."""
        self._note_published()
        if not self._transport.connected:
            return
        again = self._new_connection.is_set()
        self._new_connection.clear()
        if again:
            self._publishing.clear()
            self._told.clear()
        with self._database.connect() as connection:
            plans = {plan.id: plan for plan in (*unpublished(connection), *(unreceived(connection) if again else ()))}
        for plan in plans.values():
            if plan.id not in self._publishing:
                self._publish(plan)

    def _send_clearances(self, _batch: Sequence[Incoming]) -> None:
        """Publish the clearances whose stations have not told of the end of the lock.

        Once when written, and again to each station that comes back and after each reconnect: unlike a plan, one
        does not take the place of another, so the broker is not asked to keep them.
        """
        if not self._transport.connected:
            return
        back, self._came_online = self._came_online, set()
        with self._database.connect() as connection:
            waiting = clearances.unheard(connection)
        for one in waiting:
            if one.id not in self._told or one.station_id in back:
                self._told.add(one.id)
                payload = encode(SignedClearance(VERSION, one.payload, one.signature))
                self._transport.publish(down(one.station_id, "clearance"), payload)
                self.stats.clearances += 1

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
                self.stats.plans += 1
            self._publishing.discard(plan_id)


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
