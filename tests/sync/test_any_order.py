"""F42, F43: whatever is lost, doubled, shuffled or late on the way, the database is that of a clean run."""

from __future__ import annotations

import json
import os
import random
import shutil
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError, OperationalError

from edge.records import key
from edge.simulate.check import look
from edge.simulate.clinic import open_clinic
from edge.simulate.traffic import patient_of
from edge.simulate.traffic import session as traffic
from sync.bridge import Bridge
from sync.broker import available
from sync.journal import Journal
from sync.keeper import Keeper
from sync.link import Incoming
from sync.loopback import LoopbackHub
from sync.messages import VERSION, Up, encode, encode_up
from sync.mqtt import MqttTransport
from sync.store import engine, schema, upgrade, writing
from sync.store.ingest import TABLES, Arrival, ingest
from sync.topics import up

LONG = bool(os.environ.get("STEADYRIG_LONG"))
SEED = 20261121
STATIONS, WALL = ("station-0001", "station-0002"), 1_780_000_000.0
QUEUED = 5200 if LONG else 400
"""F42 asks for more than 5,000; a sample otherwise."""


def until(true, what="it", within_s=90.0):
    deadline = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < deadline, f"waited {within_s} s for {what}"
        time.sleep(0.02)


def arrivals():
    """Return two sessions of each of two stations, as they reach the clinic when nothing goes wrong."""
    found = []
    for station in STATIONS:
        for number in (1, 2):
            for t_s, record in enumerate(traffic(station, number, SEED, WALL)):
                one = Up(VERSION, key(record), station, "boot", float(t_s), WALL, record)
                found.append(Arrival(up(station, "any"), one, encode(one)))
    return found


def enrol(connection):
    for station in STATIONS:
        patient = {"id": patient_of(station), "name": "Nobody", "first_name": "Ana", "created_at": WALL}
        connection.execute(schema.patient.insert().values(patient))
        place = {"id": station, "patient_id": patient_of(station), "created_at": WALL, "online": False}
        connection.execute(schema.station.insert().values(place))


def dump(connection):
    """Return every row that records leave, sorted, as bytes."""
    tables = (schema.record, schema.fact, *TABLES.values(), schema.quarantine, schema.station)
    found = {table.name: sorted(map(repr, connection.execute(select(table)))) for table in tables}
    return json.dumps(found, sort_keys=True).encode()


@pytest.fixture(scope="module")
def empty(tmp_path_factory):
    """An empty clinic's file, to copy: each commit waits for the disk."""
    path = tmp_path_factory.mktemp("clinic") / "empty.db"
    upgrade(f"sqlite:///{path}")
    database = engine(f"sqlite:///{path}")
    with writing(database) as connection:
        enrol(connection)
    database.dispose()
    return path


@pytest.fixture(scope="module")
def clean(empty, tmp_path_factory):
    """What a clean run leaves."""
    return stored(empty, tmp_path_factory.mktemp("clean") / "clinic.db", [arrivals()])


def stored(empty, path, batches):
    shutil.copy(empty, path)
    database = engine(f"sqlite:///{path}")
    for batch in batches:
        with writing(database) as connection:
            ingest(connection, batch, WALL)
    with database.connect() as connection:
        left = dump(connection)
    database.dispose()
    return left


def muddled(chance, messages):
    """Return batches in which every message comes at least once, in any order, some of them many times."""
    late = chance.sample(messages, chance.randrange(len(messages)))
    early = [one for one in messages if one not in late]
    again = chance.choices(messages, k=chance.randrange(2 * len(messages)))
    sent = early + again
    chance.shuffle(sent)
    chance.shuffle(late)
    sent += late
    batches = []
    while sent:
        size = chance.randint(1, 120)
        batches.append(sent[:size])
        sent = sent[size:]
    return batches


@settings(max_examples=300 if LONG else 10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 2**32))
def test_f43_any_order_and_any_number_of_times_leave_a_clean_run(empty, clean, tmp_path, seed):
    assert stored(empty, tmp_path / "clinic.db", muddled(random.Random(seed), arrivals())) == clean


@pytest.mark.parametrize("seed", range(20 if LONG else 2))
def test_f43_the_same_on_postgresql(postgres, clean, seed):
    database = engine(postgres.clinic())
    with database.connect() as connection, connection.begin() as undone:
        for table in (schema.station, schema.patient):
            connection.execute(table.delete())
        enrol(connection)
        for batch in muddled(random.Random(seed), arrivals()):
            ingest(connection, batch, WALL)
        left = dump(connection)
        undone.rollback()
    database.dispose()
    assert left == clean


@pytest.mark.long
@pytest.mark.skipif(not available(), reason="Mosquitto is not installed")
def test_f42_what_waits_while_the_clinic_is_down_is_all_there(tmp_path, keys):
    written = [one for number in range(1, 200) for one in traffic(STATIONS[0], number, SEED, WALL)][:QUEUED]
    with open_clinic(STATIONS[:1], encrypted=False) as clinic:
        # Once known to the broker, so that it keeps a queue: one with an end, which nothing may depend on.
        clinic.stop_bridges()
        where = clinic.broker.host, clinic.broker.port
        link = MqttTransport(*where, STATIONS[0], STATIONS[0], clinic.passwords[STATIONS[0]])
        keeper = Keeper(
            lambda: Journal(tmp_path / "journal.db"), link, STATIONS[0], patient_of(STATIONS[0]), keys[1],
            now=time.monotonic, wall=lambda: WALL, on_plan=lambda _plan: None, resend_s=0.5,
        )  # fmt: skip
        keeper.start()
        try:
            until(lambda: keeper.online, "the station")
            keeper.save(written)
            until(lambda: keeper.backlog == len(written), "the disk")
            flood(link, written)
            clinic.start_bridges()
            until(lambda: keeper.backlog == 0, "the confirmation of all", 600.0)
        finally:
            keeper.stop()
        found = look(clinic.database, {STATIONS[0]: written})
    assert found.right, found
    assert found.stored == QUEUED


def flood(link, written):
    """Publish every record once besides, without a window, so that the broker's queue for the bridge runs over."""
    for record in written:
        link.publish(up(STATIONS[0], "any"), encode_up(STATIONS[0], "boot", 1.0, WALL, record))


# ---- when a batch cannot be stored ------------------------------------------------------------------------------


class Trouble:
    """An ingest that fails as the database would."""

    def __init__(self, error, times):
        self.calls, self._error, self._times = [], error, times

    def __call__(self, connection, batch, now):
        self.calls.append(len(batch))
        if self._times > 0 and any(one.up.key.endswith("/rep/3") for one in batch):
            self._times -= 1
            raise self._error
        return ingest(connection, batch, now)


@pytest.fixture
def through(db_url, monkeypatch):
    """Have a bridge deal with one batch of repetitions while its database is in trouble; return the bridge."""
    monkeypatch.setattr("sync.bridge.DATABASE_RETRY_S", 0.01)
    made = []

    def take_in(trouble, reps):
        monkeypatch.setattr("sync.intake.ingest", trouble)
        made.append(Bridge(LoopbackHub().transport(), db_url, wall=lambda: WALL))
        topic = up("station-a-0001", "rep")
        batch = [Incoming(topic, encode_up("station-a-0001", "boot", 1.0, WALL, one)) for one in reps]
        made[0]._try(made[0]._take_in, batch)
        return made[0]

    yield take_in
    for bridge in made:
        bridge._database.dispose()


def test_a_deadlock_is_tried_again_and_sets_nothing_aside(through, rep):
    trouble = Trouble(OperationalError("INSERT", {}, Exception("deadlock detected")), 3)
    bridge = through(trouble, [rep(number) for number in range(1, 5)])
    assert (bridge.stats.stored, bridge.stats.poison, bridge.problem) == (4, 0, None)
    assert trouble.calls == [4, 4, 4, 4]


def test_a_row_the_database_can_never_hold_ends_no_other(through, rep):
    trouble = Trouble(IntegrityError("INSERT", {}, Exception("UNIQUE")), 10_000)
    bridge = through(trouble, [rep(number) for number in (1, 2, 3, 4, 5)])
    assert (bridge.stats.stored, bridge.stats.poison) == (4, 1)


def test_what_no_batch_can_hold_is_found_by_halves(through, rep):
    trouble = Trouble(ValueError("no batch holds this"), 10_000)
    bridge = through(trouble, [rep(number, set_number=1 + number % 2) for number in (3, *range(100, 227))])
    assert (bridge.stats.stored, bridge.stats.poison) == (127, 1)
    assert len(trouble.calls) == 1 + 2 * 7, "128 is seven times halved"
