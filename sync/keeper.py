"""The keeper: the thread that owns a station's journal and its link to the clinic.

The engine hands records over and goes on at once. What :attr:`Keeper.on_saved` was told is on the disk; what the
clinic has confirmed has left the outbox; what came down is the receiver's (:mod:`sync.receiver`): a plan handed to
``on_plan`` is signed, ours and newer than any before; a lock in the journal is handed to ``on_lock`` before any plan,
and ends by a clearance that the clinic signed.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from queue import Empty, SimpleQueue

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from edge.coach.rules import Published
from edge.model import ClinicMessage
from edge.prescription.plan import Prescription
from edge.records import Locked, Record, Unlocked, key, kind
from sync.channels import DOWN
from sync.dating import fixes
from sync.journal import Journal, Stamp
from sync.link import Incoming, Transport, Will
from sync.messages import VERSION, MessageError, Presence, decode_ack, encode, encode_up
from sync.receiver import Clock, Hands, Receiver
from sync.saver import Batch, Saver
from sync.sender import RESEND_S, Sender
from sync.signed import Kind
from sync.topics import down, up

IDLE_S, BUSY_S = 1.0, 0.1
"""How long the thread sleeps when nothing comes; what comes wakes it at once."""
DISK_RETRY_S, LONGEST_RETRY_S = 1.0, 30.0
"""A disk that refuses is tried again, ever more rarely: each try looks the whole journal over."""
CLOCK_LOOK_S = 60.0
"""How often it is looked, once the clock is set, whether something was begun by a clock that could not be trusted."""
PAST_RECORDS = 20_000
"""As much of the past as rules look at, beside what is never forgotten: 150 long sessions, or 450 short ones."""
MESSAGES_KEPT = 1000
"""While the disk fails. Older ones go: confirmations come again, and the plan is retained by the broker."""


class KeeperStopped(RuntimeError):  # noqa: N818 - reads as what happened
    """Records were handed over after the keeper was stopped."""


@dataclass(frozen=True, slots=True)
class _Refused:
    key: str


class _Connected: ...


class _Wake: ...


class Keeper:
    """Saves, sends and receives for one station in a thread of its own.

    ``now``, ``wall`` and ``sure`` (whether anybody has set the clock) are called from that thread and from the one
    that saves; the ``on_...`` from that thread, and may only enqueue. ``on_past`` is given the records of the past
    once, before all else; ``on_dated`` what dates sessions begun before the clock was set; the others are told of
    what comes down (:class:`sync.receiver.Hands`). ``zone`` is the patient's, None for the computer's own.
    ``former_verifiers`` are keys that the clinic had: clearances that came under them still clear, none that comes
    now does.
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
        former_verifiers: Sequence[Ed25519PublicKey] = (),
        on_rules: Callable[[Published | None], None] = lambda _rules: None,
        on_message: Callable[[ClinicMessage | None], None] = lambda _message: None,
        on_dated: Callable[[Sequence[Record]], None] = lambda _records: None,
        sure: Callable[[], bool] = lambda: True,
        zone: tzinfo | None = None,
        resend_s: float = RESEND_S,
    ) -> None:
        self.problem: str | None = None
        """Why records are not being saved, for people to read; None while they are."""
        self.repaired = False
        """Whether the journal was found broken in this run of the computer, and what was readable was kept."""
        self.refused = 0
        """Records that can never be saved."""
        self._refusal: str | None = None
        self.unreadable = 0
        """Messages from the clinic's side that were none."""
        self._journal_factory = journal_factory
        self._journal: Journal | None = None
        self._transport = transport
        self._station_id = station_id
        self._patient_id = patient_id
        self._now, self._wall, self._sure, self._zone = now, wall, sure, zone
        self._on_saved, self._on_past, self._on_dated = on_saved, on_past, on_dated
        self._receiver = Receiver(
            verifier,
            station_id,
            patient_id,
            Clock(now, wall, sure, zone),
            Hands(on_plan, on_lock, on_clear, on_rules, on_message),
            former_verifiers,
        )
        self._saver = Saver(self._refuse)
        self._inbox: SimpleQueue[Batch | Incoming | _Refused | _Connected | _Wake] = SimpleQueue()
        self._sender = Sender(transport, station_id, lambda name: self._inbox.put(_Refused(name)), resend_s)
        # Handed over is counted by the engine's thread alone, the other two by the keeper's.
        self._handed_over = 0
        self._in_outbox: int | None = None
        self._behind_since_s = 0.0
        self._clock_look_s = 0.0
        self._boot = ""
        self._taken: dict[str, bool] = {}
        """Alerts that were sent from memory, by key, and whether the broker took them."""
        self._unread: deque[Incoming] = deque(maxlen=MESSAGES_KEPT)
        self._past_given = False
        self._more_to_send = False
        self._disk_retry_s, self._disk_pause_s = 0.0, DISK_RETRY_S
        self._leave_by_s: float | None = None
        self._thread = threading.Thread(target=self._run, name=f"keeper-{station_id}")

    @property
    def online(self) -> bool:
        """Whether the broker is connected."""
        return self._transport.connected

    @property
    def last_refusal(self) -> str | None:
        """Why something was refused: a record to be saved, or something that came down; None where nothing was."""
        return self._refusal or self._receiver.last_refusal

    @property
    def backlog(self) -> int | None:
        """How many records, saved or not yet, the clinic has not confirmed; None before the journal was opened."""
        waiting = self._in_outbox
        return None if waiting is None else self._handed_over - self._saver.settled + waiting

    @property
    def behind_s(self) -> float:
        """For how long records have been handed over that are not on the disk: a disk may hang and tell nothing."""
        if self._handed_over == self._saver.settled:
            return 0.0
        return time.monotonic() - self._behind_since_s

    def start(self) -> None:
        """Open the journal and the link; the plan in the journal, if any, goes to ``on_plan``."""
        self._thread.start()

    def save(self, records: Sequence[Record], wait_s: float = 0.0) -> bool:
        """Hand records over, from one thread; ``on_saved`` tells when they are on the disk.

        Return at once, or after ``wait_s`` seconds at most where somebody has to be sure: True if they are there.
        """
        if self._leave_by_s is not None:
            raise KeeperStopped("the keeper was stopped: these records were not saved")
        if self._handed_over == self._saver.settled:
            self._behind_since_s = time.monotonic()
        self._handed_over += len(records)
        item = Batch(tuple(records), self._stamp(), threading.Event())
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
        drained = not self._saver.waiting and (self.backlog == 0 or not self._transport.connected)
        return drained or time.monotonic() >= self._leave_by_s

    def _take(self) -> None:
        """Wait for something to do, then take all there is, so that one commit serves it all."""
        busy = self._sender.busy or self._saver.waiting or self._leave_by_s is not None
        pause_s = 0.0 if self._more_to_send else BUSY_S if busy else IDLE_S
        try:
            self._sort(self._inbox.get(timeout=pause_s))
            while True:
                self._sort(self._inbox.get_nowait())
        except Empty:
            return

    def _sort(self, item: Batch | Incoming | _Refused | _Connected | _Wake) -> None:
        match item:
            case Batch():
                self._receiver.noticed(item.records)
                self._saver.take(item)
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
            self._tell_at_once(again=False)
            return
        try:
            journal = self._journal or self._open()
            self._save_all(journal)
            self._date(journal)
            self._read_all(journal)
            self._receiver.look(journal)
            self._more_to_send = self._sender.send(journal, time.monotonic())
            self._in_outbox = journal.backlog()
            self.problem, self._disk_pause_s = None, DISK_RETRY_S
        # Whatever it was: nothing is told as saved, all of it is kept, and the file is opened anew before another
        # try, because after a failed write only a fresh look tells what is there. Repeats are harmless.
        except Exception as exc:
            self.problem = _sentence(exc)
            self._more_to_send = False
            self._disk_retry_s = time.monotonic() + self._disk_pause_s
            self._disk_pause_s = min(2 * self._disk_pause_s, LONGEST_RETRY_S)
            self._close()
            self._tell_at_once(again=True)

    def _open(self) -> Journal:
        journal = self._journal = self._journal_factory()
        self._boot = journal.boot
        self.repaired = journal.repaired
        journal.claim(self._station_id, self._patient_id)
        if not self._past_given:
            # Before any plan: what is locked, or was cut off, has to be known first.
            past = journal.past(PAST_RECORDS)
            self._receiver.noticed(past)
            self._on_past(past)
            self._past_given = True
        self._receiver.begin(journal)
        return journal

    def _close(self) -> None:
        if self._journal is not None:
            self._journal.close()
            self._journal = None

    def _save_all(self, journal: Journal) -> None:
        if not self._saver.waiting:
            return
        saved = self._saver.save(journal)
        # The outbox first: in between, a record counts twice rather than not at all.
        self._in_outbox = journal.backlog()
        self._saver.let_go()
        self.problem = None
        self._on_saved(saved)

    def _tell_at_once(self, *, again: bool) -> None:
        """Send alerts from memory while nothing can be saved: that needs no disk.

        With ``again`` those, too, that were sent and that the broker has not taken. They all go once more from the
        outbox when they are saved; a repeat is harmless.
        """
        self._saver.not_saved(self._stamp(), self.problem or "")
        for record, stamp in self._saver.alerts() if self._transport.connected else ():
            taken = self._taken.get(key(record))
            if taken is None or (again and not taken):
                self._taken[key(record)] = False
                payload = encode_up(self._station_id, self._boot, stamp.t_s, stamp.wall, record, sure=stamp.sure)
                self._transport.publish(up(self._station_id, kind(record)), payload, done=self._note(key(record)))

    def _note(self, name: str) -> Callable[[str | None], None]:
        return lambda reason: self._taken.update({name: reason is None})

    def _date(self, journal: Journal) -> None:
        """Once the clock is set, give a date to what was begun by one that could not be trusted."""
        if time.monotonic() < self._clock_look_s or self._receiver.believed_wall() is None:
            return
        self._clock_look_s = time.monotonic() + CLOCK_LOOK_S
        now = self._stamp()
        found = fixes(journal, now, self._zone)
        if found:
            journal.append(found, now.t_s, now.wall, sure=now.sure)
            self._on_dated(found)

    def _stamp(self) -> Stamp:
        # In this order: what the clock said before it was set is never told as sure.
        sure = self._sure()
        return Stamp(self._now(), self._wall(), sure)

    def _refuse(self, why: str) -> None:
        self.refused += 1
        self._refusal = why

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
        for of in Kind:
            if message.topic == down(self._station_id, of):
                self._receiver.receive(journal, of, message.payload)


def _sentence(exc: Exception) -> str:
    said = f"the disk says {exc}" if isinstance(exc, sqlite3.Error | OSError) else str(exc)
    return "; ".join([f"records cannot be saved: {said}", *getattr(exc, "__notes__", ())])
