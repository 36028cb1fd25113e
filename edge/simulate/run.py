"""The trial: stations connect, send what they have, lose their broker if that is wanted, and all is counted."""

from __future__ import annotations

import os
import resource
import sys
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from sqlalchemy import text

from edge.config import SettingsError
from edge.library import exercise
from edge.prescription.plan import Prescription
from edge.prescription.row import one_dose
from edge.records import Record
from edge.simulate.check import look
from edge.simulate.clinic import Clinic, open_clinic
from edge.simulate.fleet import Fleet
from edge.simulate.panel import LOGIN, Panel, open_panel
from edge.simulate.reader import ReaderProcess
from edge.simulate.report import Cost, Pages, Report, Spread
from edge.simulate.traffic import patient_of, session
from edge.tempo import parse_tempo
from sync.broker import available
from sync.signing import SIGNING_KEY, VERIFY_KEY, load_signer, load_verifier, new_key_pair
from sync.store import engine, writing
from sync.store.prescriptions import write_plan

TELL_EVERY_S = 2.0
DAY_S = 86_400.0


@dataclass(frozen=True, slots=True)
class Options:
    """What is simulated. Times in seconds; ``limit_s`` ends it in any case."""

    stations: int = 50
    sessions: int = 1
    over_s: float = 0.0
    reconnect: bool = False
    outage_s: float = 10.0
    plans: bool = False
    bridges: int = 1
    database: str | None = None
    encrypted: bool = True
    seed: int = 1
    limit_s: float = 900.0


def simulate(options: Options, stop: threading.Event, tell: Callable[[str], None]) -> Report:
    """Run the trial and return what was measured; ``tell`` hears every other second how far it is.

    Raises SettingsError, BrokerError, PostgresError or ChildError where it cannot begin.
    """
    if not available():
        raise SettingsError("mosquitto is not installed; expected it, for example by: sudo apt-get install mosquitto")
    names = [f"sim-{options.seed:03}-{number:05}" for number in range(1, options.stations + 1)]
    with open_clinic(names, options.bridges, options.database, encrypted=options.encrypted) as clinic:
        new_key_pair(clinic.keys)
        with open_panel(clinic) as panel:
            return _Trial(options, clinic, panel, stop, tell).run()


class _NotFinished(Exception):  # noqa: N818 - reads as what happened
    """Time is over, or somebody wants it to end; the message says at what it was."""


class _Trial:
    def __init__(
        self, options: Options, clinic: Clinic, panel: Panel, stop: threading.Event, tell: Callable[[str], None]
    ) -> None:
        self._options, self._clinic, self._panel, self._stop, self._tell = options, clinic, panel, stop, tell
        self._signer = load_signer(clinic.keys / SIGNING_KEY)
        self._fleet = Fleet(clinic, load_verifier(clinic.keys / VERIFY_KEY))
        self._reader = ReaderProcess(panel.url, LOGIN, panel.password, options.seed)
        clinic.look_after(self._reader.pid)
        self._until_s = time.monotonic() + options.limit_s
        self._told_s = 0.0
        self._connected = Spread.of(())
        self._reconnected: Spread | None = None
        self._planned: Spread | None = None
        self._began_s = self._ingest_s = 0.0

    def run(self) -> Report:
        """Do it all in order; what was reached is reported even where the end was not."""
        why = ""
        try:
            self._reader.wait_ready()
            self._connect()
            if self._options.plans:
                self._write_plans()
            self._began_s = time.monotonic()
            if self._options.reconnect:
                self._reconnect()
            else:
                self._write_sessions(self._began_s)
            self._wait("sending", lambda: self._fleet.backlog == 0)
            self._ingest_s = time.monotonic() - self._began_s
        except _NotFinished as exc:
            why = str(exc)
        return self._report(why)

    # ---- what happens ----------------------------------------------------------------------------------

    def _connect(self) -> None:
        began_s = time.monotonic()
        self._fleet.start()
        self._all_online("connecting")
        self._connected = self._online_since(began_s)

    def _write_plans(self) -> None:
        """Write a plan for every station, and wait until each has checked it and told so."""
        database = engine(self._clinic.database)
        began_s = time.monotonic()
        try:
            with writing(database) as connection:
                for name in self._clinic.stations:
                    write_plan(connection, self._signer, _plan(name), "simulate", "simulated", time.time())
        finally:
            database.dispose()
        self._wait("plans", lambda: len(self._fleet.planned) == len(self._clinic.stations))
        self._planned = Spread.of([at_s - began_s for at_s in self._fleet.planned.values()])

    def _write_sessions(self, began_s: float) -> None:
        """Give every station its sessions: at once, or a record now and then until ``over_s`` is over."""
        left = {station: list(self._sessions(station.name)) for station in self._fleet.stations}
        if not self._options.over_s:
            for station, records in left.items():
                station.write(records)
            return
        wholes = {station: len(records) for station, records in left.items()}

        def write_some() -> None:
            share = min(1.0, (time.monotonic() - began_s) / self._options.over_s)
            for station, records in left.items():
                due = int(share * wholes[station]) - (wholes[station] - len(records))
                station.write(islice(records, due))
                del records[:due]

        self._wait("sessions", lambda: not any(left.values()), write_some)

    def _reconnect(self) -> None:
        """Kill the broker, let everybody train meanwhile, and bring it back: it begins when that one is there."""
        self._clinic.broker.kill()
        # What a station sent into a connection that was dead already would count as under way for the whole outage.
        self._wait("losing the broker", lambda: self._fleet.online == 0)
        for station in self._fleet.stations:
            station.write(self._sessions(station.name))
        back_s = time.monotonic() + self._options.outage_s
        self._wait("the broker is gone", lambda: time.monotonic() >= back_s)
        self._clinic.start_broker()
        self._began_s = time.monotonic()
        self._all_online("connecting again")
        self._reconnected = self._online_since(self._began_s)

    def _online_since(self, began_s: float) -> Spread:
        return Spread.of([(station.online_s or began_s) - began_s for station in self._fleet.stations])

    def _sessions(self, name: str) -> Iterable[Record]:
        first = time.time() - self._options.sessions * DAY_S
        for number in range(1, self._options.sessions + 1):
            yield from session(name, number, self._options.seed, first + number * DAY_S)

    # ---- waiting ---------------------------------------------------------------------------------------

    def _all_online(self, what: str) -> None:
        everybody = len(self._clinic.stations)
        self._wait(what, lambda: self._fleet.online == everybody)

    def _wait(self, what: str, done: Callable[[], bool], each: Callable[[], None] = lambda: None) -> None:
        def look() -> None:
            each()
            self._say(what)

        if not self._fleet.run(lambda: done() or self._stop.is_set(), self._until_s, look) or not done():
            reason = "it was stopped" if self._stop.is_set() else f"{self._options.limit_s:.0f} s were over"
            raise _NotFinished(f"{reason} while {what}: {self._state()}")

    def _say(self, what: str) -> None:
        if time.monotonic() - self._told_s >= TELL_EVERY_S:
            self._told_s = time.monotonic()
            self._tell(f"{what}: {self._state()}")

    def _state(self) -> str:
        fleet = self._fleet
        return f"{fleet.online} of {len(fleet.stations)} connected, {fleet.backlog} records to be confirmed"

    # ---- the report ------------------------------------------------------------------------------------

    def _report(self, why: str) -> Report:
        ended_s, online, costs = time.monotonic(), self._fleet.online, self._costs()
        self._fleet.stop()
        self._clinic.stop_bridges()
        views = self._reader.stop()
        self._tell("looking into the database")
        written = {station.name: station.written for station in self._fleet.stations}
        return Report(
            stations=len(written),
            bridges=self._options.bridges,
            database="PostgreSQL" if self._clinic.database.startswith("postgres") else "SQLite",
            encrypted=self._options.encrypted,
            seed=self._options.seed,
            online=online,
            connect=self._connected,
            reconnect=self._reconnected,
            plans=self._planned,
            ingest=Spread.of(self._fleet.delays_s),
            ingest_s=round(self._ingest_s, 3),
            sent=self._fleet.sent,
            found=look(self._clinic.database, written),
            pages=Pages.of(views, self._began_s, ended_s),
            database_mb=round(_size_mb(self._clinic.database), 2),
            costs=costs,
            finished=not why,
            why=why,
        )

    def _costs(self) -> dict[str, Cost]:
        used = resource.getrusage(resource.RUSAGE_SELF)
        return {
            "all stations": Cost(round(used.ru_utime + used.ru_stime, 2), round(used.ru_maxrss / 1024, 1)),
            "broker": _cost([self._clinic.broker.pid]),
            "bridges": _cost([bridge.pid for bridge in self._clinic.bridges]),
            "panel": _cost([self._panel.pid]),
        }


def _plan(station_id: str) -> Prescription:
    row = one_dose(1, exercise("goblet_squat").key, 3, 8, parse_tempo("3-1-1"), (8.0, 12.0), 60.0)
    issued = datetime.now(UTC).isoformat(timespec="seconds")
    return Prescription(1, patient_of(station_id), station_id, "Ana", issued, (row,))


def _cost(pids: Iterable[int | None]) -> Cost:
    """Return what these processes of ours have used so far, as Linux tells it."""
    cpu_s = memory_mb = 0.0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text("ascii").rsplit(")", 1)[1].split()
        cpu_s += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        memory_mb += int(fields[21]) * os.sysconf("SC_PAGE_SIZE") / 2**20
    return Cost(round(cpu_s, 2), round(memory_mb, 1))


def _size_mb(database: str) -> float:
    opened = engine(database)
    try:
        with opened.connect() as connection:
            if opened.dialect.name == "sqlite":
                pages, size = (connection.scalar(text(f"PRAGMA {name}")) or 0 for name in ("page_count", "page_size"))
                return float(pages) * float(size) / 2**20
            return float(connection.scalar(text("SELECT pg_database_size(current_database())")) or 0) / 2**20
    finally:
        opened.dispose()


def say(words: str) -> None:
    """Tell how far it is, on standard error."""
    print(words, file=sys.stderr, flush=True)
