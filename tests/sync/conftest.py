"""What the tests of the way to the clinic share: a clinic database with two stations, and records to send."""

from __future__ import annotations

import itertools
import os
import sqlite3
import sys
import tempfile
import threading
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import Engine

from edge.model import Origin, StopReason, Verdict
from edge.programme import parse_prescription
from edge.records import Answered, PlanReceipt, RepCounted, SessionEnded, SessionStarted, SetDone, TracePart, key
from sync.journal import MIGRATIONS
from sync.postgres import PrivatePostgres
from sync.postgres import available as postgres_available
from sync.signing import load_signer, load_verifier, new_key_pair
from sync.store import engine, schema, upgrade, writing

sys.path.append(str(Path(__file__).parent))  # keeper_by_hand and faulty_disk, which several tests share

STATION, OTHER = "station-a-0001", "station-b-0002"
PATIENT, OTHER_PATIENT = "patient-a-0001", "patient-b-0002"
SESSION = "session-0001"
WALL = 1_780_000_000.0


def _rep(number, session_id=SESSION, **changes):
    fields = {
        "session_id": session_id,
        "set_number": 1,
        "number": number,
        "start_s": number * 5.0,
        "end_s": number * 5.0 + 4.2,
        "eccentric_s": 3.1,
        "bottom_s": None,
        "concentric_s": 1.1,
        "top_s": 0.0,
        "pause_before_s": None,
        "range_value": 81.25,
        "range_unit": "deg",
        "peak_force_n": 61.5,
        "verdict": Verdict.ON_TARGET,
        "confidence": 0.93,
        "origin": Origin.SENSED,
    }
    return RepCounted(**fields | changes)


def _session(reps=8, session_id=SESSION):
    done = SetDone(
        session_id, 1, "band_row", 1, 3, 1, 8, "3-1-1", (5.0, 8.0), 0.0, 60.0, 8, StopReason.TARGET, Origin.SENSED
    )
    return [
        SessionStarted(session_id, PATIENT, 1, WALL),
        *(_rep(number, session_id) for number in range(1, reps + 1)),
        done,
        Answered(session_id, 1, "effort", 6),
        TracePart(session_id, 1, "angle", "deg", 0, 0.0, 0.02, (0.0, 1.5, -2.25)),
        SessionEnded(session_id, WALL + 900, 1, 3, StopReason.TIRED),
        PlanReceipt(1, "in_use", WALL, ""),
    ]


def _plan(version=1, patient_id=PATIENT, station_id=STATION):
    return parse_prescription(_plan_text(version, patient_id, station_id))


def _plan_text(version=1, patient_id=PATIENT, station_id=STATION, tempo="3-1-1"):
    return (
        f'{{"version":{version},"patient_id":"{patient_id}","station_id":"{station_id}","first_name":"Ana",'
        f'"issued_at":"2026-05-01T09:00:00Z","rows":[{{"name":"band_row","exercise":"band_row","order":1,"sets":3,"reps":8,'
        f'"tempo":"{tempo}","load_kg":[5,8],"rest_s":60}}]}}'
    )


@pytest.fixture(autouse=True)
def _no_thread_left() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    left = [thread for thread in threading.enumerate() if thread not in before and thread.is_alive()]
    assert not left, f"threads left behind: {left}"


class Postgres:
    """A private server with one clinic's database, emptied for each test: a new one would cost far more."""

    def __init__(self, server: PrivatePostgres) -> None:
        self.server = server
        self._numbers = itertools.count()
        self._clinic = self.empty()
        upgrade(self._clinic)

    def clinic(self) -> str:
        """Return the address of the database with the two patients and their stations and nothing else."""
        database = engine(self._clinic)
        with writing(database) as connection:
            for table in reversed(schema.metadata.sorted_tables):
                connection.execute(table.delete())
        database.dispose()
        _fill(self._clinic)
        return self._clinic

    def empty(self) -> str:
        """Return the address of a database without a table."""
        return self.server.create(f"clinic{next(self._numbers)}")


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A real PostgreSQL, started for these tests and removed after them."""
    if not postgres_available():
        pytest.skip("PostgreSQL's server is not installed")
    with PrivatePostgres() as server:
        yield Postgres(server)


@pytest.fixture
def db_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A clinic database with two patients and their stations: SQLite, or what the test is parametrised with."""
    if getattr(request, "param", "sqlite") == "postgresql":
        return str(request.getfixturevalue("postgres").clinic())
    url = f"sqlite:///{tmp_path}/clinic.db"
    upgrade(url)
    _fill(url)
    return url


def _fill(url: str) -> None:
    database = engine(url)
    with writing(database) as connection:
        for station_id, patient_id in ((STATION, PATIENT), (OTHER, OTHER_PATIENT)):
            person = {"id": patient_id, "name": "Ana Lima", "first_name": "Ana", "created_at": WALL}
            connection.execute(schema.patient.insert().values(person))
            place = {"id": station_id, "patient_id": patient_id, "created_at": WALL, "online": False}
            connection.execute(schema.station.insert().values(place))
    database.dispose()


@pytest.fixture
def clinic(db_url: str) -> Iterator[Engine]:
    """An engine on that database."""
    database = engine(db_url)
    yield database
    database.dispose()


@pytest.fixture
def keys(tmp_path: Path):
    """The clinic's signer and the station's verifier."""
    private, public = new_key_pair(tmp_path / "keys")
    return load_signer(private), load_verifier(public)


@pytest.fixture
def rep():
    """Make a repetition of a given number."""
    return _rep


@pytest.fixture
def session():
    """Make all the records of one session."""
    return _session


@pytest.fixture
def plan():
    """Make a prescription."""
    return _plan


@pytest.fixture
def plan_text():
    """Make the JSON of a prescription, usable or not."""
    return _plan_text


@pytest.fixture
def in_memory(tmp_path: Path) -> Iterator[Path]:
    """A folder in memory, where there is such a place: what a shim does to a disk need not wait for a real one."""
    place = Path("/dev/shm")
    if not os.access(place, os.W_OK):
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(prefix="steadyrig-", dir=place) as name:
        yield Path(name)


@pytest.fixture
def old_journal():
    """Write a journal of an older version, in which records wait to be sent, and a plan is kept."""

    def write(path, records, wall=WALL, version=1):
        db = sqlite3.connect(path)
        db.execute("PRAGMA journal_mode=WAL")
        for name in MIGRATIONS[:version]:
            db.executescript(files("sync").joinpath(name).read_text("utf-8"))
        for seq, record in enumerate(records, 1):
            row = seq, key(record), msgspec.json.encode(record).decode(), "boot-old", 1.0, wall
            db.execute("INSERT INTO record (seq, key, body, boot, t_s, wall) VALUES (?, ?, ?, ?, ?, ?)", row)
            db.execute("INSERT INTO outbox (seq) VALUES (?)", (seq,))
        into, kind = ("plan (", "") if version < 4 else ("item (kind, ", "'plan', ")
        db.execute(f"INSERT INTO {into}version, payload, signature) VALUES ({kind}3, '{{}}', 'c2ln')")
        db.execute(f"PRAGMA user_version = {version}")
        db.commit()
        db.close()

    return write
