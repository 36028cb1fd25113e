"""The bridge: takes what stations send into the clinic's database, and brings them what the clinic has signed.

The link's callback only enqueues. One writer thread does the rest, so a slow database slows nothing but itself, and
nothing a stranger sends can end it: what cannot be stored is quarantined and counted.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from queue import Empty, Full, Queue

from sqlalchemy import make_url
from sqlalchemy.exc import DBAPIError

from sync.intake import Intake
from sync.link import Incoming, Transport
from sync.mqtt import SESSION_S
from sync.presence import Presences
from sync.stats import Stats
from sync.store import engine, writing
from sync.store.database import passing
from sync.store.lead import Lead
from sync.topics import ALL_UP, PRESENCE_UP, RETAINED_DOWN, SHARED_UP, down
from sync.way_down import WayDown

QUEUE, QUEUE_BYTES = 12_000, 128 * 2**20
"""More than a broker of ours holds for one bridge. Mosquitto 2.0.11 sends all of that as soon as something is
settled, whatever Receive Maximum says (measured); what were turned away here would come again after ten seconds."""
BATCH = 500
POLL_S = 0.2
DATABASE_RETRY_S = 0.5


def session_s(db_url: str) -> int:
    """Return how long the broker is to keep a queue for a bridge that is away, in seconds.

    Where several bridges share a load, not at all: a share of what stations send would wait for one that is dead,
    while the others have nothing to do (measured with Mosquitto 2.0.11). Stations send it again.
    """
    return 0 if _may_be_several(db_url) else SESSION_S


def _may_be_several(db_url: str) -> bool:
    return make_url(db_url).get_backend_name() == "postgresql"


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
        # Whoever joins a group of sharers is dealt a part, even a station that may read none of it: that part comes
        # only when it is sent again (measured with Mosquitto 2.0.11). So a bridge that is the only one joins none.
        self._up = SHARED_UP if _may_be_several(db_url) else ALL_UP
        self._poll_s = poll_s
        self._queue: Queue[Incoming] = Queue(QUEUE)
        # Counted apart by the two threads that put in and take out: no lock is needed.
        self._bytes_in = self._bytes_out = 0
        self._wall = wall
        self._way_down = WayDown(transport, self._database, wall, self.stats)
        self._intake = Intake(transport, self._database, wall, self.stats, self._heard)
        self._presences = Presences()
        self._lead = Lead(self._database)
        self._leads = False
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
        self._transport.start(
            self._enqueue,
            [PRESENCE_UP],
            on_connect=self._connected,
            live=[self._up, *(down("+", kind) for kind in RETAINED_DOWN)],
        )
        next_poll_s = 0.0
        try:
            while not self._stopping.is_set():
                self._try(self._take_in, self._take())
                if time.monotonic() >= next_poll_s:
                    self._try(lambda _nothing: self._speak(), ())
                    next_poll_s = time.monotonic() + self._poll_s
        finally:
            self._transport.stop()
            self._lead.give_up()
            self._database.dispose()

    def _connected(self) -> None:
        self._presences.connected()
        self._way_down.reconnected()

    def _take_in(self, batch: Sequence[Incoming]) -> None:
        """Deal with a batch, and only then tell the broker that it need not send it again."""
        from_stations = [message for message in batch if not self._way_down.heard(message)]
        self._intake.take_in(from_stations)
        for message in batch:
            message.settle()

    def _heard(self, station_id: str, online: bool) -> None:
        self._presences.heard(station_id, online, self._wall())
        if online:
            self._way_down.came_online(station_id)

    def _speak(self) -> None:
        """Do what one bridge does for all of them."""
        if not self._transport.connected:
            # Another bridge may reach the stations.
            self._lead.give_up()
            self._leads = False
            return
        led, self._leads = self._leads, self._lead.held()
        if not self._leads:
            return
        if not led:
            self._way_down.reconnected()
            self._presences.all_anew()
        if self._presences.due:
            with writing(self._database) as connection:
                self._presences.write(connection, self._wall())
            self._presences.written()
        self._way_down.send()

    def _enqueue(self, message: Incoming) -> None:
        size = len(message.payload)
        with suppress(Full):
            if self._bytes_in - self._bytes_out + size <= QUEUE_BYTES:
                self._queue.put_nowait(message)
                self._bytes_in += size
                return
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
        self._bytes_out += sum(len(message.payload) for message in batch)
        return batch

    def _try(self, work: Callable[[Sequence[Incoming]], None], batch: Sequence[Incoming]) -> None:
        """Do the work, as often as it takes while the database is away; no other error goes further than this."""
        while not self._stopping.is_set():
            try:
                work(batch)
            except Exception as exc:  # whatever one message did, the others must pass
                if isinstance(exc, DBAPIError) and passing(exc):
                    self.problem = f"the database cannot be written: {exc.orig}"
                    self._stopping.wait(DATABASE_RETRY_S)
                    continue
                self.problem = f"a batch could not be stored: {exc}"
                self._part(work, batch, str(exc))
                return
            else:
                self.problem = None
                return

    def _part(self, work: Callable[[Sequence[Incoming]], None], batch: Sequence[Incoming], reason: str) -> None:
        """Find the message that no batch can hold, by halves, and quarantine it."""
        if len(batch) == 1:
            self._try(lambda one: self._set_aside(one[0], reason), batch)
        elif batch:
            middle = len(batch) // 2
            self._try(work, batch[:middle])
            self._try(work, batch[middle:])

    def _set_aside(self, message: Incoming, reason: str) -> None:
        self._intake.set_aside(message, reason)
        message.settle()
