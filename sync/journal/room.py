"""The journal's share of the disk: how large it may grow, and what is held back for the day the disk is full."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path

from sync.journal.salvage import kept_aside

MB = 1_000_000
MOST_BYTES = 200 * MB
"""The journal's size beyond which raw traces make room. Our choice: about four thousand sessions, of which the traces
are a third."""
KEEP = 0.95
"""So full the journal is after traces made room: not every set is followed by another drop."""
RESERVE_BYTES = 8 * MB
"""Held back: a hundred sessions without traces, and the write-ahead log, which grows to 4 MB. Our choice."""
ROOMY = 4
"""The reserve is held back anew once this many times its size is free."""
BROKEN_KEPT = 2
"""Of the journals that were found broken the newest stay in any case; older ones may make room. Our choice."""


def reserve_of(journal: Path) -> Path:
    """Return where the reserve of a journal is."""
    return journal.with_suffix(".reserve")


class Room:
    """What the journal at ``journal`` may take: ``most_bytes``, and a reserve in a file of its own beside it."""

    def __init__(self, journal: Path, most_bytes: int = MOST_BYTES, reserve_bytes: int = RESERVE_BYTES) -> None:
        self.most_bytes = most_bytes
        self._journal = journal
        self._reserve = reserve_of(journal)
        self._reserve_bytes = reserve_bytes

    @property
    def tight(self) -> bool:
        """Whether the reserve was given up: what is left is for what may never be lost."""
        # A kill while it was being made leaves less than all of it.
        return not self._reserve.exists() or self._reserve.stat().st_size < self._reserve_bytes

    def hold_back(self) -> None:
        """Hold the reserve back where it is not, and the disk has room to spare."""
        if not self.tight:
            return
        try:
            while shutil.disk_usage(self._reserve.parent).free < ROOMY * self._reserve_bytes:
                if not self.let_broken_go():
                    return
            with self._reserve.open("wb") as file:
                os.posix_fallocate(file.fileno(), 0, self._reserve_bytes)
        except OSError:
            self.give_up()

    def give_up(self) -> bool:
        """Give the reserve to whoever writes next; return whether there was one."""
        try:
            self._reserve.unlink()
        except OSError:
            return False
        return True

    def let_broken_go(self) -> bool:
        """Remove the oldest journal that was kept aside, if there are newer ones; return whether there was one.

        What was readable of it is in the journal; the newest may still be looked at by a technician.
        """
        for oldest in kept_aside(self._journal)[:-BROKEN_KEPT][:1]:
            with suppress(OSError):
                for part in oldest.parent.glob(f"{oldest.name}*"):
                    part.unlink()
                return True
        return False
