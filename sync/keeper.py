"""The keeper: the thread that owns a station's journal and its link to the clinic.

The engine hands records over and goes on at once. What :attr:`Keeper.on_saved` was told is on the disk; what the
clinic has confirmed has left the outbox; a plan handed to ``on_plan`` is signed, ours and newer than any before. A
lock in the journal is handed to ``on_lock`` before any plan, and ends by a clearance that the clinic signed.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from queue import Empty, SimpleQueue

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from edge.prescription.plan import Prescription
from edge.programme import PlanError
from edge.records import Locked, PlanReceipt, Record, Unlocked, key
from sync.channels import DOWN
from sync.clearances import Clearance, ClearanceError, judge_clearance
from sync.journal import Journal, RecordRefused, StoredClearance, StoredPlan
from sync.link import Incoming, Transport, Will
from sync.messages import (
    VERSION,
    MessageError,
    Presence,
    SignedClearance,
    SignedPlan,
    decode_ack,
    decode_clearance,
    decode_plan,
    encode,
)
from sync.plans import judge, version_of
from sync.sender import RESEND_S, Sender
from sync.topics import down, up

IDLE_S, BUSY_S = 1.0, 0.1
"""How long the thread sleeps when nothing comes; what comes wakes it at once."""
DISK_RETRY_S = 1.0
PAST_RECORDS = 20_000
"""As much of the past as rules look at: half a year of three sessions a day."""
MESSAGES_KEPT = 1000
"""While the disk fails. Older ones go: confirmations come again, and the plan is retained by the broker."""


class KeeperStopped(RuntimeError):  # noqa: N818 - reads as what happened
    """Records were handed over after the keeper was stopped."""


@dataclass(frozen=True, slots=True)
class _Save:
    records: Sequence[Record]
    on_disk: threading.Event


@dataclass(frozen=True, slots=True)
class _Refused:
    key: str


class _Connected: ...


class _Wake: ...


class Keeper:
    """Saves, sends and receives for one station in a thread of its own.

    ``now`` and ``wall`` are called from that thread, as are the ``on_...``, which may only enqueue. ``on_past``
    is given the records of the past once, before all else; ``on_lock`` each lock in force at the start, before any
    plan; ``on_clear`` the record that the clinic has cleared one.
    """

    def __init__(
        self,
        journal_factory: Callable[[], Journal],
        transport: Transport,
        station_id: str,
        patient_id: str,
        verifier: Ed25519PublicKey,
        *,
        now: Callable[[], float],
        wall: Callable[[], float],
        on_plan: Callable[[Prescription], None],
        on_saved: Callable[[Sequence[str]], None] = lambda _keys: None,
        on_past: Callable[[Sequence[Record]], None] = lambda _records: None,
        on_lock: Callable[[Locked], None] = lambda _lock: None,
        on_clear: Callable[[Unlocked], None] = lambda _record: None,
        resend_s: float = RESEND_S,
    ) -> None:
        self.problem: str | None = None
        """Why records are not being saved, for people to read; None while they are."""
        self.refused = 0
        """Records that can never be saved, and clearances that clear nothing."""
        self.last_refusal: str | None = None
        self.unreadable = 0
        """Messages from the clinic's side that were none."""
        self._journal_factory = journal_factory
        self._journal: Journal | None = None
        self._transport = transport
        self._station_id = station_id
        self._patient_id = patient_id
        self._verifier = verifier
        self._now, self._wall = now, wall
        self._on_plan, self._on_saved, self._on_past = on_plan, on_saved, on_past
        self._on_lock, self._on_clear = on_lock, on_clear
        self._inbox: SimpleQueue[_Save | Incoming | _Refused | _Connected | _Wake] = SimpleQueue()
        self._sender = Sender(transport, station_id, lambda name: self._inbox.put(_Refused(name)), resend_s)
        # Handed over is counted by the engine's thread alone, the other two by the keeper's.
        self._handed_over, self._settled, self._in_outbox = 0, 0, 0
        self._unsaved: list[Record] = []
        self._awaited: list[threading.Event] = []
        self._unread: deque[Incoming] = deque(maxlen=MESSAGES_KEPT)
        self._plan_given = self._locks_given = self._past_given = False
        self._more_to_send = False
        self._disk_retry_s = 0.0
        self._leave_by_s: float | None = None
        self._thread = threading.Thread(target=self._run, name=f"keeper-{station_id}")

    @property
    def online(self) -> bool:
        """Whether the broker is connected."""
        return self._transport.connected

    @property
    def backlog(self) -> int:
        """How many records, saved or not yet, the clinic has not confirmed."""
        return self._handed_over - self._settled + self._in_outbox

    def start(self) -> None:
        """Open the journal and the link; the plan in the journal, if any, goes to ``on_plan``."""
        self._thread.start()

    def save(self, records: Sequence[Record], wait_s: float = 0.0) -> bool:
        """Hand records over, from one thread; ``on_saved`` tells when they are on the disk.

        Return at once, or after ``wait_s`` seconds at most where somebody has to be sure: True if they are there.
        """
        if self._leave_by_s is not None:
            raise KeeperStopped("the keeper was stopped: these records were not saved")
        self._handed_over += len(records)
        item = _Save(tuple(records), threading.Event())
        self._inbox.put(item)
        return item.on_disk.wait(wait_s)

    def stop(self, drain_s: float = 0.0) -> None:
        """Save what was handed over, send for up to ``drain_s`` seconds what waits, and end the thread."""
        self._leave_by_s = time.monotonic() + drain_s
        self._inbox.put(_Wake())
        if self._thread.ident is not None:
            self._thread.join()

    def _run(self) -> None:
        status = up(self._station_id, "status")
        will = Will(status, encode(Presence(VERSION, False, self._wall())))
        subscriptions = [down(self._station_id, channel.kind) for channel in DOWN]
        self._transport.start(self._inbox.put, subscriptions, will, lambda: self._inbox.put(_Connected()))
        try:
            # At once, for the stored plan: with no clinic in reach nothing else would wake the thread.
            self._work()
            while not self._finished():
                self._take()
                self._work()
        finally:
            self._transport.stop()
            self._close()

    def _finished(self) -> bool:
        if self._leave_by_s is None or not self._inbox.empty():
            return False
        drained = not self._unsaved and (self.backlog == 0 or not self._transport.connected)
        return drained or time.monotonic() >= self._leave_by_s

    def _take(self) -> None:
        """Wait for something to do, then take all there is, so that one commit serves it all."""
        busy = self._sender.busy or self._unsaved or self._leave_by_s is not None
        pause_s = 0.0 if self._more_to_send else BUSY_S if busy else IDLE_S
        try:
            self._sort(self._inbox.get(timeout=pause_s))
            while True:
                self._sort(self._inbox.get_nowait())
        except Empty:
            return

    def _sort(self, item: _Save | Incoming | _Refused | _Connected | _Wake) -> None:
        match item:
            case _Save():
                self._unsaved.extend(item.records)
                self._awaited.append(item.on_disk)
            case Incoming():
                self._unread.append(item)
            case _Refused():
                self._sender.missed(item.key, time.monotonic())
            case _Connected():
                self._sender.restart(time.monotonic())
                online = encode(Presence(VERSION, True, self._wall()))
                self._transport.publish(up(self._station_id, "status"), online, retain=True)

    def _work(self) -> None:
        if time.monotonic() < self._disk_retry_s:
            return
        try:
            journal = self._journal or self._open()
            self._save_all(journal)
            self._read_all(journal)
            self._more_to_send = self._sender.send(journal, time.monotonic())
            self._in_outbox = journal.backlog()
            self.problem = None
        # Whatever it was: nothing is told as saved, all of it is kept, and the file is opened anew before another
        # try, because after a failed write only a fresh look tells what is there. Repeats are harmless.
        except Exception as exc:
            self.problem = _sentence(exc)
            self._more_to_send = False
            self._disk_retry_s = time.monotonic() + DISK_RETRY_S
            self._close()

    def _open(self) -> Journal:
        journal = self._journal = self._journal_factory()
        if not self._past_given:
            # Before any plan: what is locked, or was cut off, has to be known first.
            self._on_past(journal.past(PAST_RECORDS))
            self._past_given = True
        if not self._locks_given:  # before the plan: no training screen may be shown in between
            for lock in self._in_force(journal):
                self._on_lock(lock)
            self._locks_given = True
        if not self._plan_given:
            self._give_stored_plan(journal)
        return journal

    def _close(self) -> None:
        if self._journal is not None:
            self._journal.close()
            self._journal = None

    def _in_force(self, journal: Journal) -> list[Locked]:
        """Return the locks without a clearance that stands every check: the file may have been tampered with."""
        cleared = set()
        for stored in journal.clearances():
            try:
                cleared.add(self._judge_clearance(stored.payload, stored.signature).lock_id)
            except ClearanceError:
                continue
        return [lock for lock in journal.locks() if lock.lock_id not in cleared]

    def _judge_clearance(self, payload: str, signature: str) -> Clearance:
        return judge_clearance(payload, signature, self._verifier, self._station_id, self._patient_id)

    def _give_stored_plan(self, journal: Journal) -> None:
        """Hand over the newest stored plan that still stands every check: the file may have been tampered with."""
        for stored in journal.plans():
            try:
                plan = self._judge(stored.payload, stored.signature)
            except PlanError:
                continue
            self._plan_given = True
            self._on_plan(plan)
            return

    def _judge(self, payload: str, signature: str) -> Prescription:
        return judge(payload, signature, self._verifier, self._station_id, self._patient_id)

    def _save_all(self, journal: Journal) -> None:
        if not self._unsaved:
            return
        try:
            saved = self._append(journal, self._unsaved)
        except RecordRefused:
            saved = [name for record in self._unsaved for name in self._append_alone(journal, record)]
        # The outbox first: in between, a record counts twice rather than not at all.
        self._in_outbox = journal.backlog()
        self._settled += len(self._unsaved)
        self._unsaved = []
        for on_disk in self._awaited:
            on_disk.set()
        self._awaited = []
        self.problem = None
        self._on_saved(saved)

    def _append(self, journal: Journal, records: Sequence[Record]) -> list[str]:
        # A receipt says when something first became true; saying so again after a restart adds nothing.
        fresh = [r for r in records if not (isinstance(r, PlanReceipt) and journal.holds(key(r)))]
        journal.append(fresh, self._now(), self._wall())
        return [key(record) for record in records]

    def _append_alone(self, journal: Journal, record: Record) -> list[str]:
        try:
            return self._append(journal, [record])
        except RecordRefused as exc:
            self.refused += 1
            self.last_refusal = str(exc)
            return []

    def _read_all(self, journal: Journal) -> None:
        while self._unread:
            message = self._unread[0]
            try:
                self._read(journal, message)
            except MessageError:
                self.unreadable += 1
            message.settle()
            self._unread.popleft()

    def _read(self, journal: Journal, message: Incoming) -> None:
        if message.topic == down(self._station_id, "ack"):
            keys = decode_ack(message.payload).keys
            journal.acknowledge(keys)
            self._sender.confirmed(keys, time.monotonic())
        elif message.topic == down(self._station_id, "plan"):
            self._receive_plan(journal, decode_plan(message.payload))
        elif message.topic == down(self._station_id, "clearance"):
            self._receive_clearance(journal, decode_clearance(message.payload))

    def _receive_clearance(self, journal: Journal, signed: SignedClearance) -> None:
        """End the lock that a new, signed clearance names, or leave all as it is and note why."""
        if signed.payload in {stored.payload for stored in journal.clearances()}:
            return  # the bridge sends it until the clinic has heard of the end of the lock
        try:
            clearance = self._judge_new_clearance(journal, signed)
        except ClearanceError as exc:
            self.refused += 1
            self.last_refusal = str(exc)
            return
        stored = StoredClearance(clearance.number, clearance.lock_id, signed.payload, signed.signature)
        ended = Unlocked(clearance.lock_id, self._wall(), clearance.cleared_by)
        journal.store_clearance(stored, ended, self._now(), self._wall())
        self._on_clear(ended)

    def _judge_new_clearance(self, journal: Journal, signed: SignedClearance) -> Clearance:
        clearance = self._judge_clearance(signed.payload, signed.signature)
        if clearance.number <= max((stored.number for stored in journal.clearances()), default=0):
            raise ClearanceError(f"clearance refused: number {clearance.number} is not newer")
        if clearance.lock_id not in {lock.lock_id for lock in self._in_force(journal)}:
            raise ClearanceError(f"clearance refused: lock {clearance.lock_id} is not in force here")
        return clearance

    def _receive_plan(self, journal: Journal, signed: SignedPlan) -> None:
        """Take a newer plan into use and say so, or leave all as it is and say why."""
        current = journal.current_plan()
        try:
            plan = self._judge_new(signed, current)
        except PlanError as exc:
            version = version_of(signed.payload, signed.signature, self._verifier)
            self._append(journal, [PlanReceipt(version, "rejected", self._wall(), str(exc)[:200])])
            return
        # The broker keeps the plan and sends it at every connection.
        if current is None or plan.version > current.version:
            self._accept(journal, plan, signed)

    def _judge_new(self, signed: SignedPlan, current: StoredPlan | None) -> Prescription:
        plan = self._judge(signed.payload, signed.signature)
        if current is not None and plan.version < current.version:
            raise PlanError(f"prescription refused: version {plan.version} is older than {current.version}")
        return plan

    def _accept(self, journal: Journal, plan: Prescription, signed: SignedPlan) -> None:
        stored = StoredPlan(plan.version, signed.payload, signed.signature)
        receipt = PlanReceipt(plan.version, "delivered", self._wall(), "")
        journal.store_plan(stored, receipt, self._now(), self._wall())
        self._plan_given = True
        self._on_plan(plan)


def _sentence(exc: Exception) -> str:
    if isinstance(exc, sqlite3.Error | OSError):
        return f"records cannot be saved: the disk says {exc}"
    return f"records cannot be saved: {exc}"
