"""The journal's share of the disk: how large it may grow, and what is held back for the day the disk is full."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

MB = 1_000_000
MOST_BYTES = 200 * MB
"""The journal's size beyond which raw traces make room. Our choice: about a thousand sessions with their traces,
of which the traces are nine tenths."""
KEEP = 0.95
"""So full the journal is after traces made room: not every set is followed by another drop."""
RESERVE_BYTES = 8 * MB
"""Held back: a hundred sessions without traces, and the write-ahead log, which grows to 4 MB. Our choice."""
ROOMY = 4
"""The reserve is held back anew once this many times its size is free."""


class Room:
    """What the journal at ``journal`` may take: ``most_bytes``, and a reserve in a file of its own beside it."""

    def __init__(self, journal: Path, most_bytes: int = MOST_BYTES, reserve_bytes: int = RESERVE_BYTES) -> None:
        self.most_bytes = most_bytes
        self._reserve = journal.with_suffix(".reserve")
        self._reserve_bytes = reserve_bytes

    @property
    def tight(self) -> bool:
        """Whether the reserve was given up: what is left is for what may never be lost."""
        return not self._reserve.exists()

    def hold_back(self) -> None:
        """Hold the reserve back where it is not, and the disk has room to spare."""
        if not self.tight:
            return
        try:
            if shutil.disk_usage(self._reserve.parent).free < ROOMY * self._reserve_bytes:
                return
            with self._reserve.open("wb") as file:
                os.posix_fallocate(file.fileno(), 0, self._reserve_bytes)
        except OSError:
            self._reserve.unlink(missing_ok=True)

    def give_up(self) -> bool:
        """Give the reserve to whoever writes next; return whether there was one."""
        if self.tight:
            return False
        self._reserve.unlink(missing_ok=True)
        return True
