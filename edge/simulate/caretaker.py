"""Ends what a simulation started, however the simulation itself ends: also when it is killed.

A child process reads on its standard input what there is to look after. The kernel closes that input with the
parent; then the child kills what still runs and removes the folders.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

PROCESS, FOLDER = "process", "folder"


class Caretaker:
    """Looks after processes and folders until this block, or this process, ends."""

    def __enter__(self) -> Self:
        """Start the child."""
        self._child = subprocess.Popen(
            [sys.executable, "-m", "edge.simulate.caretaker"], stdin=subprocess.PIPE, process_group=0
        )
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, at: TracebackType | None) -> None:
        """Have everything ended and removed now."""
        self._child.communicate()

    def process(self, pid: int | None) -> None:
        """Look after a process; one that ends by itself is no trouble."""
        self._tell(PROCESS, pid)

    def folder(self, path: Path) -> None:
        """Look after a folder."""
        self._tell(FOLDER, path)

    def _tell(self, what: str, which: object) -> None:
        if (said := self._child.stdin) is not None:
            said.write(f"{what} {which}\n".encode())
            said.flush()


def main() -> None:
    """Read what to look after until the parent ends, then tidy up."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    processes, folders = [], []
    for line in sys.stdin:
        what, which = line.rstrip("\n").split(" ", 1)
        if what == FOLDER:
            folders.append(which)
        else:
            # A handle, not a number: numbers of processes that ended are given to others.
            with suppress(ProcessLookupError):
                processes.append(os.pidfd_open(int(which)))
    for one in processes:
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(one, signal.SIGKILL)
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
