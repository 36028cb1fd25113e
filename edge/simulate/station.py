"""One simulated station: an outbox, the real sender and the real link, without a disk and without a screen."""

from __future__ import annotations

import time
from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from itertools import islice

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from edge.records import Record, key
from edge.simulate.polled import PolledTransport
from edge.simulate.traffic import patient_of
from sync.channels import DOWN
from sync.journal import Waiting
from sync.journal.rows import is_trace, is_urgent
from sync.link import Incoming, Will
from sync.messages import VERSION, Presence, decode_ack, decode_signed, encode
from sync.sender import Sender
from sync.signed import Kind, judge, receipt
from sync.topics import down, up


class MemoryOutbox:
    """What waits to be sent, as :class:`sync.journal.Journal` keeps it, for a station that nobody turns off."""

    def __init__(self, boot: str) -> None:
        self.sent_s: dict[str, float] = {}
        """When each record that is not confirmed was given out to be sent for the first time."""
        self._boot = boot
        self._rows: dict[int, Waiting] = {}
        self._urgent: dict[int, Waiting] = {}
        self._seq_of: dict[str, int] = {}
        self._order: dict[bool, list[int]] = {False: [], True: []}
        self.held = 0

    def append(self, record: Record, now_s: float, wall: float) -> None:
        """Add a record; one that is there already is left alone."""
        name = key(record)
        if name in self._seq_of:
            return
        seq = len(self._seq_of) + 1
        row = Waiting(seq, name, self._boot, now_s, wall, record)
        self._order[is_trace(record)].append(seq)
        self._seq_of[name] = seq
        self._rows[seq] = row
        if is_urgent(record):
            self._urgent[seq] = row

    def waiting(self, limit: int, after: int = 0) -> Sequence[Waiting]:
        """Return up to ``limit`` rows, oldest first, from those with ``seq`` above ``after``; no raw traces."""
        return self._later(self._order[False], limit, after)

    def traces(self, limit: int, after: int = 0) -> Sequence[Waiting]:
        """Return up to ``limit`` parts of raw traces, likewise."""
        return self._later(self._order[True], limit, after)

    def _later(self, order: list[int], limit: int, after: int) -> list[Waiting]:
        later = islice(order, bisect_right(order, after), None)
        return self._given(islice((self._rows[seq] for seq in later if seq in self._rows), limit))

    def alerts(self, limit: int) -> Sequence[Waiting]:
        """Return up to ``limit`` alerts, oldest first."""
        return self._given(islice(self._urgent.values(), limit))

    def row(self, seq: int) -> Sequence[Waiting]:
        """Return the row that has this ``seq``, nothing where it is confirmed."""
        return self._given(filter(None, [self._rows.get(seq)]))

    def _given(self, rows: Iterable[Waiting]) -> list[Waiting]:
        given, now_s = list(rows), time.monotonic()
        for row in given:
            self.sent_s.setdefault(row.key, now_s)
        return given

    def hold(self, seq: int, _reason: str) -> None:
        """Count a row that can never be sent, which no simulated one is."""
        self.held += 1
        self._forget(seq)

    def acknowledge(self, keys: Iterable[str]) -> list[float]:
        """Forget what the clinic has confirmed; return since when each was under way that had waited."""
        for name in keys:
            if name in self._seq_of:
                self._forget(self._seq_of[name])
        return [self.sent_s.pop(name) for name in keys if name in self.sent_s]

    def backlog(self) -> int:
        """Return how many records the clinic has not confirmed."""
        return len(self._rows)

    def _forget(self, seq: int) -> None:
        self._rows.pop(seq, None)
        self._urgent.pop(seq, None)


class SimulatedStation:
    """A station with id ``name``. Everything it does, it does in :meth:`step`, called by one loop.

    ``on_confirmed(seconds)`` is told of each record how long it took from its first sending to the confirmation.
    """

    def __init__(
        self,
        name: str,
        link: PolledTransport,
        verifier: Ed25519PublicKey,
        on_confirmed: Callable[[float], None],
        on_plan: Callable[[str], None],
    ) -> None:
        self.name, self.link = name, link
        self.written: list[Record] = []
        self.outbox = MemoryOutbox(f"boot-{name[-8:]}")
        self._refused_keys: deque[str] = deque()
        self.sender = Sender(link, name, self._refused_keys.append)
        self.connects = 0
        self.online_s: float | None = None
        """When it last became connected; None while it is not."""
        self._verifier = verifier
        self._on_confirmed, self._on_plan = on_confirmed, on_plan
        self._inbox: deque[Incoming] = deque()
        self._plan_version = 0

    def start(self) -> None:
        """Connect, as a station does: with a last will, and listening to all that may come."""
        will = Will(up(self.name, "status"), encode(Presence(VERSION, False, time.time())))
        self.link.start(self._inbox.append, [down(self.name, one.kind) for one in DOWN], will, self._connected)

    def write(self, records: Iterable[Record]) -> None:
        """Put records into the outbox."""
        now_s, wall = time.monotonic(), time.time()
        for record in records:
            self.written.append(record)
            self.outbox.append(record, now_s, wall)

    def step(self) -> None:
        """Take what came and send what may be sent."""
        if self.online_s is not None and not self.link.connected:
            self.online_s = None
        while self._refused_keys:
            self.sender.missed(self._refused_keys.popleft(), time.monotonic())
        while self._inbox:
            self._take(self._inbox.popleft())
        while self.sender.send(self.outbox, time.monotonic()):
            pass

    def _connected(self) -> None:
        self.connects += 1
        self.online_s = time.monotonic()
        self.sender.restart(self.online_s)
        self.link.publish(up(self.name, "status"), encode(Presence(VERSION, True, time.time())), retain=True)

    def _take(self, message: Incoming) -> None:
        if message.topic == down(self.name, "ack"):
            self._confirm(decode_ack(message.payload).keys)
        elif message.topic == down(self.name, "plan"):
            signed = decode_signed(message.payload)
            whose = self._verifier, self.name, patient_of(self.name)
            plan = judge(Kind.PLAN, signed.payload, signed.signature, *whose)
            if plan.version > self._plan_version:
                self._plan_version = plan.version
                self._on_plan(self.name)
                self.write([receipt(Kind.PLAN, plan.version, "delivered", time.time())])
        message.settle()

    def _confirm(self, keys: Sequence[str]) -> None:
        now_s = time.monotonic()
        for sent_s in self.outbox.acknowledge(keys):
            self._on_confirmed(now_s - sent_s)
        self.sender.confirmed(keys, now_s)
