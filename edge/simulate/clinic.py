"""The side of the clinic, for as long as a trial lasts: a private broker, a database and bridges, each a process."""

from __future__ import annotations

import os
import secrets
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from edge.config import SettingsError
from edge.simulate.bridge_process import BridgeProcess, Wanted
from edge.simulate.caretaker import Caretaker
from edge.simulate.traffic import patient_of
from sync import postgres
from sync.broker import BRIDGE_USER, PrivateMosquitto
from sync.stats import Stats
from sync.store import engine, schema, upgrade, writing

PRIVATE_POSTGRES = "postgresql"
"""In place of an address: a PostgreSQL that is started for the trial and gone with it."""


class Clinic:
    """A broker that can be killed and come back, the address of the database, and the bridges between them."""

    def __init__(
        self,
        folder: Path,
        caretaker: Caretaker,
        database: str,
        stations: Sequence[str],
        bridges: int,
        encrypted: bool,
        persistence: bool,
    ) -> None:
        self.folder, self.database, self.stations = folder, database, tuple(stations)
        self._caretaker = caretaker
        self._users = [BRIDGE_USER, *(f"{BRIDGE_USER}.{number}" for number in range(2, bridges + 1))][:bridges]
        everybody = dict.fromkeys((*stations, BRIDGE_USER, *self._users))
        self.passwords: Mapping[str, str] = {name: secrets.token_urlsafe(12) for name in everybody}
        self.broker = PrivateMosquitto(folder / "broker", self.passwords, tls=encrypted, persistence=persistence)
        self.bridges: list[BridgeProcess] = []

    @property
    def keys(self) -> Path:
        """The folder for the clinic's keys, which whoever needs them makes."""
        return self.folder / "keys"

    def look_after(self, pid: int | None) -> None:
        """Have a process of the trial ended with it."""
        self._caretaker.process(pid)

    def give_way(self) -> None:
        """Let the clinic's side leave this machine's time to the station that is measured: it has one of its own."""
        for pid in (self.broker.pid, *(bridge.pid for bridge in self.bridges)):
            if pid is not None:
                os.setpriority(os.PRIO_PROCESS, pid, 10)

    def start_broker(self) -> None:
        """Start the broker, or start it again. Raises BrokerError."""
        self.broker.start()
        self.look_after(self.broker.pid)

    def start_bridges(self) -> None:
        """Start the bridges and wait until they are connected. Raises ChildError."""
        for user in self._users:
            where = self.broker.host, self.broker.port, self.broker.ca
            bridge = BridgeProcess(Wanted(*where, user, self.passwords[user], self.database))
            self.look_after(bridge.pid)
            self.bridges.append(bridge)
        for bridge in self.bridges:
            bridge.wait_ready()

    def stop_bridges(self) -> list[Stats]:
        """Stop the bridges and return what each did."""
        bridges, self.bridges = self.bridges, []
        return [bridge.stop() for bridge in bridges]

    def enrol(self) -> None:
        """Write every station and its patient into the database. Raises SettingsError for one that has patients."""
        try:
            upgrade(self.database)
        except (SQLAlchemyError, ImportError) as exc:
            raise SettingsError(f"--db: {str(exc).splitlines()[0]}; expected the address of a database") from None
        database = engine(self.database)
        try:
            with writing(database) as connection:
                if connection.scalar(select(func.count()).select_from(schema.patient)):
                    raise SettingsError("--db names a database that holds patients; expected an empty one")
                now, ids = time.time(), [(one, patient_of(one)) for one in self.stations]
                people = [{"id": p, "name": "Nobody", "first_name": "Ana", "created_at": now} for _, p in ids]
                places = [{"id": s, "patient_id": p, "created_at": now, "online": False} for s, p in ids]
                connection.execute(schema.patient.insert(), people)
                connection.execute(schema.station.insert(), places)
        finally:
            database.dispose()


def _private_postgres(caretaker: Caretaker, servers: ExitStack) -> str:
    """Start a server for the trial alone, and return the address of an empty database on it."""
    if not postgres.available():
        raise SettingsError(
            f"--db {PRIVATE_POSTGRES} starts a server of its own, which is not installed; "
            "expected it, for example by: sudo apt-get install postgresql"
        )
    try:
        server = servers.enter_context(postgres.PrivatePostgres())
    except ImportError as exc:
        raise SettingsError(
            f"--db {PRIVATE_POSTGRES}: {exc}; expected, in the checkout: .venv/bin/pip install -e '.[postgres]'"
        ) from None
    caretaker.folder(server.folder)
    caretaker.process(server.pid)
    return server.create("clinic")


@contextmanager
def open_clinic(
    stations: Sequence[str],
    bridges: int = 1,
    database: str | None = None,
    *,
    encrypted: bool = False,
    persistence: bool = True,
) -> Iterator[Clinic]:
    """Yield a running clinic that knows these stations; its folder and processes end with the block, or with us.

    With no ``bridges`` somebody else is to be ``BRIDGE_USER``. Without the address of an empty ``database`` it has a
    SQLite file of its own, and for :data:`PRIVATE_POSTGRES` a server of its own; without ``persistence`` the broker
    forgets everything when it is killed. Raises SettingsError, BrokerError, PostgresError or ChildError.
    """
    with Caretaker() as caretaker, ExitStack() as servers:
        folder = Path(tempfile.mkdtemp(prefix="steadyrig-simulate-"))
        caretaker.folder(folder)
        if database == PRIVATE_POSTGRES:
            database = _private_postgres(caretaker, servers)
        database = database or f"sqlite:///{folder / 'clinic.db'}"
        clinic = Clinic(folder, caretaker, database, stations, bridges, encrypted, persistence)
        clinic.enrol()
        clinic.start_broker()
        try:
            clinic.start_bridges()
            yield clinic
        finally:
            clinic.stop_bridges()
            clinic.broker.stop()
