"""One program at a time may use the sensors: two on one bus would read each other's answers."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from edge.config import NotYetError, SettingsError

LOCK = "sensors.lock"


@contextlib.contextmanager
def alone_with_sensors(folder: Path) -> Iterator[None]:
    """Hold the sensors of the station whose data ``folder`` has. Raises NotYetError while another program does.

    The lock goes with the process, however that ends.
    """
    try:
        descriptor = os.open(folder / LOCK, os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as exc:
        raise SettingsError(f"{folder / LOCK}: {exc.strerror}; expected a folder this user may write to") from None
    try:
        _lock(descriptor, folder)
        yield
    finally:
        os.close(descriptor)


def _lock(descriptor: int, folder: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise NotYetError(
            f"{folder}: another program uses the sensors; stop the station first: "
            "sudo systemctl stop steadyrig-station"
        ) from None
