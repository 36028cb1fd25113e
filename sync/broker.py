"""A private Mosquitto for the demo and the tests: own folder, own port on this machine only, nobody anonymous.

Its rules are those of a clinic's broker: a station writes and reads below its own name and nowhere else, and its
user name is its client id, so that no station can push another one off.
"""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

BRIDGE_USER = "bridge"
LARGEST_PACKET = 256 * 1024
READY_S, STOP_S = 10.0, 10.0
PROGRAMS = ("mosquitto", "mosquitto_passwd")
SEARCH_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin"
"""Debian keeps the broker in /usr/sbin, which is not on everybody's path."""

BRIDGE_ACL = """\
user {user}
topic readwrite st/#

"""
ACL = """\
pattern write st/%u/up/#
pattern read st/%u/down/#
"""
CONFIG = """\
per_listener_settings false
listener {port} 127.0.0.1
allow_anonymous false
password_file {folder}/passwords
acl_file {folder}/acl
use_username_as_clientid true
persistence {persistence}
persistence_location {folder}/
autosave_interval 60
max_packet_size {largest}
max_inflight_messages 1000
set_tcp_nodelay true
max_queued_messages 10000
log_dest file {folder}/mosquitto.log
log_type error
log_type warning
log_type notice
user {user}
"""


class BrokerError(RuntimeError):
    """The private broker could not be started; the message holds what it said."""


def available() -> bool:
    """Return whether Mosquitto is installed."""
    return all(_program(name) for name in PROGRAMS)


def _program(name: str) -> str | None:
    return shutil.which(name) or shutil.which(name, path=SEARCH_PATH)


def free_port() -> int:
    """Return a port of this machine that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class PrivateMosquitto:
    """A broker in ``folder`` for these users; ``bridges`` among them may read and write everything of stations.

    ``port`` stays the same over restarts. What the broker retained is in the folder after :meth:`stop`; without
    ``persistence`` it forgets everything with every end.
    """

    def __init__(
        self,
        folder: Path,
        users: Mapping[str, str],
        *,
        bridges: Sequence[str] = (BRIDGE_USER,),
        persistence: bool = True,
    ) -> None:
        self.host = "127.0.0.1"
        self.port = free_port()
        self._folder = folder.resolve()
        self._persistence = persistence
        self._process: subprocess.Popen[bytes] | None = None
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._write_passwords(users)
        self._write("acl", "".join(BRIDGE_ACL.format(user=one) for one in bridges) + ACL)

    @property
    def pid(self) -> int | None:
        """The id of the broker's process, None while there is none."""
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Start the broker and wait until it listens. Raises BrokerError where it does not."""
        # Started as root it would change to a user who cannot read this folder.
        config = CONFIG.format(
            port=self.port,
            folder=self._folder,
            largest=LARGEST_PACKET,
            user=self._folder.owner(),
            persistence=str(self._persistence).lower(),
        )
        self._write("mosquitto.conf", config)
        self._process = subprocess.Popen(  # noqa: S603 - our own arguments
            [_program("mosquitto") or "mosquitto", "-c", str(self._folder / "mosquitto.conf")],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            # Ctrl-C at a terminal reaches the whole group; the broker must outlive what is still to be sent.
            process_group=0,
        )
        deadline_s = time.monotonic() + READY_S
        while not self._listens():
            if self._process.poll() is not None or time.monotonic() > deadline_s:
                self.kill()
                raise BrokerError(f"mosquitto did not start: {self._log()}")
            time.sleep(0.02)

    def stop(self) -> None:
        """End the broker, which saves what it retained, and wait for it."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End the broker as a power cut would."""
        self._end(signal.SIGKILL)

    def _end(self, with_signal: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        with suppress(ProcessLookupError):
            process.send_signal(with_signal)
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _listens(self) -> bool:
        with suppress(OSError), socket.create_connection((self.host, self.port), 1.0):
            return True
        return False

    def _log(self) -> str:
        with suppress(OSError):
            return (self._folder / "mosquitto.log").read_text(errors="replace")[-500:].strip()
        return "it wrote no log"

    def _write_passwords(self, users: Mapping[str, str]) -> None:
        path = self._write("passwords", "".join(f"{name}:{password}\n" for name, password in users.items()))
        # Replaces each password in the file by its hash.
        program = _program("mosquitto_passwd") or "mosquitto_passwd"
        subprocess.run([program, "-U", str(path)], check=True, capture_output=True)  # noqa: S603 - our own arguments

    def _write(self, name: str, text: str) -> Path:
        path = self._folder / name
        path.touch(mode=0o600)
        path.write_text(text, encoding="utf-8")
        return path
