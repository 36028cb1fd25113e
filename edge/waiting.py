"""What a service does about what is not there yet: it says so once, and waits, as long as it takes.

A computer that starts by itself brings up its database, its disks and its network in any order. What has to be mended
by somebody is a :class:`~edge.config.SettingsError` and ends a service with status 2; everything else is waited for.
"""

from __future__ import annotations

import errno
import socket
import sys
import threading
from collections.abc import Callable
from typing import TypeVar

from edge.config import NotYetError, SettingsError

LOOK_S = 1.0
"""How often a service without a frame looks for problems, and for what it waits for."""
MAY_COME = frozenset({errno.ENOENT, errno.EADDRINUSE, errno.EADDRNOTAVAIL})
"""A file, a free port, an address of this computer: other programs bring these, in their time."""

T = TypeVar("T")


class Problems:
    """Tells a problem once when it comes and once when it has gone, on standard error, which is the system's log."""

    def __init__(self, service: str) -> None:
        self._service = service
        self._told: dict[str, str | None] = {}

    def look(self, **problems: str | None) -> None:
        """Compare with what was told last."""
        for name, problem in problems.items():
            if problem != self._told.get(name):
                self._told[name] = problem
                said = problem or "all is well again"
                # Some of it may be what a stranger sent: it must not look like another line of the log.
                line = "".join(sign if sign.isprintable() else " " for sign in said)
                print(f"steadyrig {self._service}: {name}: {line}", file=sys.stderr, flush=True)


def absent(error: OSError) -> type[SettingsError]:
    """Return the kind of what the system refused: to be waited for, or to be mended by somebody."""
    return NotYetError if isinstance(error, socket.gaierror) or error.errno in MAY_COME else SettingsError


def when_ready(
    make: Callable[[], T],
    problems: Problems,
    stop: threading.Event,
    meanwhile: Callable[[NotYetError], None] = lambda _why: None,
) -> T:
    """Return what ``make`` gives, tried every second while it raises NotYetError; ``meanwhile`` is told why.

    Ends the program politely when ``stop`` is set first.
    """
    while True:
        try:
            made = make()
        except NotYetError as exc:
            problems.look(waiting=str(exc))
            meanwhile(exc)
            if stop.wait(LOOK_S):
                raise SystemExit(0) from None
        else:
            problems.look(waiting=None)
            return made
