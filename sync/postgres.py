"""A private PostgreSQL for tests, benchmarks and trials: own folder, own port on this machine only, gone afterwards.

It syncs to the disk as a clinic's server does, so that a trial which kills it tells something.
"""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any

from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError

from sync.broker.process import free_port, tied

SERVER_USER = "postgres"
"""Whom a server started by root runs as: it refuses to be root."""
DEBIAN = Path("/usr/lib/postgresql")
"""Where Debian keeps the programs of each version, off everybody's path."""
READY_S, STOP_S = 60.0, 30.0
HELD_STILL = "is still in use"
"""What a server says whose killed predecessor's workers have not noticed yet."""


class PostgresError(RuntimeError):
    """The private server could not be started; the message holds what it said."""


def available() -> bool:
    """Return whether PostgreSQL's server is installed."""
    return _program("postgres") is not None and _program("initdb") is not None


def _program(name: str) -> str | None:
    versions = sorted(DEBIAN.glob("*/bin"), key=lambda path: int(path.parent.name), reverse=True)
    folders = [os.environ.get("PATH", os.defpath), *map(str, versions)]
    return shutil.which(name, path=os.pathsep.join(folders))


class PrivatePostgres:
    """A server with one user, in ``folder``; ``url`` names a database of it. As a context it is removed at the end.

    ``port`` and the data stay the same over :meth:`kill` and :meth:`start`, which are for one thread: the server ends
    with it.
    """

    def __init__(self) -> None:
        self.port = free_port()
        self._user = SERVER_USER if os.geteuid() == 0 else None
        self._password = secrets.token_hex(16)
        self._process: subprocess.Popen[bytes] | None = None
        self.folder = Path(tempfile.mkdtemp(prefix="steadyrig-postgres-"))
        if self._user is not None:
            shutil.chown(self.folder, self._user)

    def __enter__(self) -> PrivatePostgres:
        """Start the server."""
        try:
            self.start()
        except BaseException:
            self.remove()
            raise
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _exc: BaseException | None, _: TracebackType | None
    ) -> None:
        """Stop the server and remove its folder."""
        self.remove()

    @property
    def pid(self) -> int | None:
        """The number of the process, None while there is none."""
        return self._process.pid if self._process else None

    def url(self, database: str = "postgres") -> str:
        """Return the address of one of its databases, for :func:`sync.store.engine`."""
        return f"postgresql+psycopg://steadyrig:{self._password}@127.0.0.1:{self.port}/{database}"

    def create(self, database: str, template: str = "template1") -> str:
        """Create a database as a copy of another, which nobody may be using, and return its address."""
        admin = create_engine(self.url(), isolation_level="AUTOCOMMIT")
        try:
            with admin.connect() as connection:
                connection.execute(text(f'CREATE DATABASE "{database}" TEMPLATE "{template}"'))
        finally:
            admin.dispose()
        return self.url(database)

    def start(self) -> None:
        """Start the server, the first time with fresh data, and wait for it. Raises PostgresError."""
        data = self.folder / "data"
        if not data.exists():
            self._initialise(data)
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": self.port,
            "unix_socket_directories": "",
            "shared_buffers": "64MB",
            "logging_collector": "off",
        }
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        command = [*tied("INT"), _program("postgres") or "postgres", "-D", str(data), *options]
        self._launch(command)
        self._await_ready(command)

    def kill(self) -> None:
        """End the server as a power cut would, but for what the operating system has not yet written."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """End the server in order; whoever is connected is cut off."""
        self._end(signal.SIGINT)

    def remove(self) -> None:
        """End the server and remove all it held."""
        self._end(signal.SIGKILL)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _initialise(self, data: Path) -> None:
        word = self.folder / "password"
        word.write_text(self._password)
        if self._user is not None:
            shutil.chown(word, self._user)
        command = [_program("initdb") or "initdb", "-D", str(data), "-U", "steadyrig", "-A", "scram-sha-256"]
        command += [f"--pwfile={word}", "-E", "UTF8", "--locale=C", "--no-sync"]
        done = subprocess.run(  # noqa: S603 - our own arguments
            command, capture_output=True, text=True, check=False, cwd=self.folder, **self._identity()
        )
        word.unlink()
        if done.returncode != 0:
            raise PostgresError(f"initdb did not finish: {done.stderr.strip()[-500:]}")

    def _identity(self) -> dict[str, Any]:
        return {} if self._user is None else {"user": self._user, "group": self._user, "extra_groups": []}

    def _launch(self, command: list[str]) -> None:
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own arguments
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                process_group=0,
                **self._identity(),
            )

    def _await_ready(self, command: list[str]) -> None:
        deadline_s = time.monotonic() + READY_S
        probe = create_engine(self.url(), connect_args={"connect_timeout": 5})
        try:
            while True:
                with suppress(OperationalError), probe.connect():
                    return
                time.sleep(0.05)
                ended = self._process is None or self._process.poll() is not None
                if ended and HELD_STILL in self._log() and time.monotonic() < deadline_s:
                    self._launch(command)
                elif ended or time.monotonic() > deadline_s:
                    self._end(signal.SIGKILL)
                    raise PostgresError(f"PostgreSQL did not start: {self._log()}")
        finally:
            probe.dispose()

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

    def _log(self) -> str:
        with suppress(OSError):
            return (self.folder / "log").read_text(errors="replace")[-500:].strip()
        return "it wrote no log"
