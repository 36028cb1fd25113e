"""Mosquitto as a child that lives no longer than its parent."""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import threading
import time
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue

from sync.broker.files import BrokerError

READY_S, STOP_S = 30.0, 10.0
SEARCH_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin"
"""Debian keeps the broker in /usr/sbin, which is not on everybody's path."""


def available() -> bool:
    """Return whether Mosquitto is installed."""
    return program("mosquitto") is not None


def program(name: str) -> str | None:
    """Return where a program is, also one for administrators, None where there is none."""
    return shutil.which(name) or shutil.which(name, path=SEARCH_PATH)


def free_port() -> int:
    """Return a port of this machine that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def tied(ending: str) -> list[str]:
    """Return what stands before a command that the kernel is to end when the thread that starts it is gone.

    ``ending`` is the signal's name (prctl(2), PR_SET_PDEATHSIG); nothing stands there where setpriv is missing.
    """
    return [setpriv, "--pdeathsig", ending] if (setpriv := program("setpriv")) else []


class PortTakenError(BrokerError):
    """The broker cannot listen where it is to; ``why`` is what the system says of that address."""

    def __init__(self, host: str, port: int, why: OSError) -> None:
        super().__init__(
            f"mosquitto did not start: {host}:{port}: {why.strerror or why}; expected an address of this computer "
            "and a free port"
        )
        self.why = why


class Mosquitto:
    """The broker that a configuration file describes, listening at ``host``:``port``.

    ``log`` is the file it writes to; None where it speaks on our own standard error.
    """

    def __init__(self, config: Path, host: str, port: int, log: Path | None) -> None:
        self._config = config
        self._where = host, port
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None
        self._keeper: threading.Thread | None = None

    @property
    def running(self) -> bool:
        """Whether the process is there."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int | None:
        """The number of the process, None while there is none."""
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Start the broker and wait until it listens. Raises BrokerError, or PortTakenError where it cannot."""
        self._refuse_taken_port()
        self._process = self._spawn()
        deadline_s = time.monotonic() + READY_S
        while not self._listens():
            if self._process.poll() is not None or time.monotonic() > deadline_s:
                self.kill()
                raise BrokerError(f"mosquitto did not start: {self._said()}")
            time.sleep(0.02)

    def reload(self) -> None:
        """Let the broker read users, access list and certificate again.

        Mosquitto then puts off every client whose password is no longer the one in the file, and no other.
        """
        if self._process is not None:
            self._process.send_signal(signal.SIGHUP)

    def stop(self) -> None:
        """End the broker, which saves what it retained, and wait for it."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End the broker as a power cut would."""
        self._end(signal.SIGKILL)

    def _spawn(self) -> subprocess.Popen[bytes]:
        """Start the process from a thread that stays with it.

        The kernel ends it when its parent is gone, however that came about (prctl(2), PR_SET_PDEATHSIG). By parent
        the kernel means the thread that started it, not the program: so that thread must not end before.
        """
        started: SimpleQueue[subprocess.Popen[bytes] | OSError] = SimpleQueue()
        self._keeper = threading.Thread(target=self._keep, args=(started,), name="mosquitto", daemon=True)
        self._keeper.start()
        process = started.get()
        if isinstance(process, OSError):
            raise BrokerError(f"mosquitto did not start: {process}")
        return process

    def _keep(self, started: SimpleQueue[subprocess.Popen[bytes] | OSError]) -> None:
        try:
            process = subprocess.Popen(  # noqa: S603 - our own arguments
                [*tied("TERM"), program("mosquitto") or "mosquitto", "-c", str(self._config)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL if self._log else None,
                # Ctrl-C at a terminal reaches the whole group; the broker must outlive what is still to be sent.
                process_group=0,
            )
        except OSError as exc:
            started.put(exc)
            return
        started.put(process)
        process.wait()

    def _end(self, with_signal: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None or self._keeper is None:
            return
        with suppress(ProcessLookupError):
            process.send_signal(with_signal)
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
        self._keeper.join()

    def _refuse_taken_port(self) -> None:
        """Find out first whether the address is to be had: of Mosquitto itself one would only learn that it ended."""
        try:
            family, kind, protocol, _, address = socket.getaddrinfo(*self._where, type=socket.SOCK_STREAM)[0]
            with socket.socket(family, kind, protocol) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(address)
        except OSError as exc:
            raise PortTakenError(*self._where, exc) from None

    def _listens(self) -> bool:
        with suppress(OSError), socket.create_connection(self._where, 1.0):
            return True
        return False

    def _said(self) -> str:
        if self._log is None:
            return "its own words stand above"
        with suppress(OSError):
            return self._log.read_text(errors="replace")[-500:].strip()
        return "it wrote no log"
