"""The saving side of the keeper: records wait here, in memory, until they are on the disk.

Each batch carries the moment at which it was handed over, however late a full disk takes it.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from edge.records import ItemReceipt, PlanReceipt, Record, StoreTold, StoreTrouble, key
from sync.journal import Journal, RecordRefused, Stamp
from sync.journal.rows import is_trace, is_urgent

TOLD_AFTER_S = 10.0
"""A disk that has taken nothing for so long is an alert; one that only hesitated is none. Our choice."""
MOST_IN_MEMORY = 2_000
"""Records beyond which raw traces are let go of: twenty sessions, of which the traces are a third. Our choice."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Records that were handed over together, and who waits for them."""

    records: Sequence[Record]
    stamp: Stamp
    on_disk: threading.Event


class Saver:
    """What was handed over and is not on the disk yet. Used by the keeper's thread alone."""

    def __init__(self, refuse: Callable[[str], None]) -> None:
        """``refuse`` is told why a record can never be saved."""
        self.settled = 0
        """Records that need no more saving: they are on the disk, or can never be."""
        self._refuse = refuse
        self._batches: list[Batch] = []
        self._refusing_since_s: float | None = None
        self._alerted = False
        self._own = 0
        """Of those that wait, how many nobody handed over: they tell of the trouble itself."""

    @property
    def waiting(self) -> int:
        """How many records are in memory only."""
        return sum(len(batch.records) for batch in self._batches)

    def take(self, batch: Batch) -> None:
        """Take a batch over."""
        self._batches.append(batch)

    def save(self, journal: Journal) -> list[str]:
        """Write what waits, and return the keys that are on the disk now. What raises has changed nothing here."""
        fresh = [(_news(journal, batch.records), batch.stamp) for batch in self._batches]
        # A receipt that is there already is no news, and saved all the same.
        written = {key(one) for records, _ in fresh for one in records}
        known = [key(one) for batch in self._batches for one in batch.records if key(one) not in written]
        try:
            return [*known, *journal.append_batches(fresh)]
        except RecordRefused:
            return [*known, *(name for some, at in fresh for one in some for name in self._alone(journal, one, at))]

    def let_go(self) -> None:
        """Forget what is on the disk, and tell who waits for it."""
        self.settled += self.waiting - self._own
        self._own = 0
        for batch in self._batches:
            batch.on_disk.set()
        self._batches = []
        self._refusing_since_s, self._alerted = None, False

    def _alone(self, journal: Journal, record: Record, stamp: Stamp) -> list[str]:
        if not _news(journal, [record]):
            return [key(record)]
        try:
            return journal.append_batches([([record], stamp)])
        except RecordRefused as exc:
            self._refuse(str(exc))
            return []

    def alerts(self) -> list[tuple[Record, Stamp]]:
        """Return the alerts that wait, each with the moment at which it was handed over."""
        return [(one, batch.stamp) for batch in self._batches for one in batch.records if is_urgent(one)]

    def not_saved(self, stamp: Stamp, why: str) -> None:
        """Note that the disk took nothing; once that has lasted, an alert waits among the records."""
        if self.waiting > MOST_IN_MEMORY:
            self._let_traces_go(stamp)
        if self._refusing_since_s is None:
            self._refusing_since_s = stamp.t_s
        if not self._alerted and stamp.t_s - self._refusing_since_s >= TOLD_AFTER_S:
            self._add(StoreTrouble.NOT_SAVED, self.waiting, stamp, why)
            self._alerted = True

    def _let_traces_go(self, stamp: Stamp) -> None:
        before, batches = self.waiting, self._batches
        self._batches = [
            Batch([one for one in batch.records if not is_trace(one)], batch.stamp, batch.on_disk)
            for batch in batches
        ]
        gone = before - self.waiting
        self.settled += gone
        if gone:
            self._add(StoreTrouble.TRACES_DROPPED, gone, stamp, "from memory")

    def _add(self, what: StoreTrouble, count: int, stamp: Stamp, note: str) -> None:
        told = StoreTold(f"store-{secrets.token_hex(6)}", what, count, stamp.wall, note[:200])
        self.take(Batch([told], stamp, threading.Event()))
        self._own += 1


def _news(journal: Journal, records: Sequence[Record]) -> list[Record]:
    """Leave out what says when something first became true, and is there: saying so again adds nothing."""
    return [one for one in records if not (isinstance(one, PlanReceipt | ItemReceipt) and journal.holds(key(one)))]
