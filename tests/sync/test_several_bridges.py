"""Several bridges on one PostgreSQL: they share the load, and one of them dies or comes late without a trace."""

from __future__ import annotations

import random
import threading
import time
from itertools import pairwise

import pytest
from sqlalchemy import func, select, text

from edge.records import key
from edge.simulate.check import look
from edge.simulate.clinic import open_clinic
from edge.simulate.traffic import session as traffic
from sync import way_down
from sync.bridge import Bridge
from sync.broker import available
from sync.journal import Journal
from sync.keeper import Keeper
from sync.loopback import LoopbackHub
from sync.messages import VERSION, Presence, Signed, Up, encode
from sync.mqtt import MqttTransport
from sync.store import engine, schema, upgrade, writing
from sync.store.ingest import TABLES, Arrival, ingest
from sync.store.lead import Lead
from sync.store.prescriptions import write_plan
from sync.topics import down, up

STATION, OTHER, PATIENT, WALL = "station-a-0001", "station-b-0002", "patient-a-0001", 1_780_000_000.0
SEED = 20261121
postgresql = pytest.mark.parametrize("db_url", ["postgresql"], indirect=True)


def until(true, what="it", within_s=60.0):
    deadline = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < deadline, f"waited {within_s} s for {what}"
        time.sleep(0.02)


def scalar(clinic, wanted):
    with clinic.connect() as connection:
        return connection.scalar(wanted)


def sent(records, station=STATION):
    ups = [Up(VERSION, key(one), station, "boot", 1.0, WALL, one) for one in records]
    return [Arrival(up(station, "any"), one, encode(one)) for one in ups]


# ---- sharing a load, in processes of their own ------------------------------------------------------------------


@pytest.mark.skipif(not available(), reason="Mosquitto is not installed")
def test_one_of_two_bridges_is_killed_in_the_middle_and_nothing_is_lost_or_doubled(postgres, tmp_path, keys):
    stations = [f"station-{number:04}" for number in range(3)]
    written = {name: [one for n in (1, 2, 3) for one in traffic(name, n, SEED, WALL + n)] for name in stations}
    with open_clinic(stations, bridges=2, database=postgres.empty(), encrypted=False) as clinic:
        keepers = [keeper(clinic, name, tmp_path, keys[1]) for name in stations]
        try:
            database = engine(clinic.database)
            for one in keepers:
                one.start()
            for one, records in zip(keepers, written.values(), strict=True):
                one.save(records)
            stored, total = select(func.count()).select_from(schema.record), sum(map(len, written.values()))
            # The broker deals to both in turn: of more than half, either has stored some.
            until(lambda: scalar(database, stored) >= 0.65 * total, "what one alone cannot have stored")
            clinic.bridges.pop().kill()
            until(lambda: all(one.backlog == 0 for one in keepers), "the confirmation of all")
        finally:
            for one in keepers:
                one.stop()
            database.dispose()
        (survivor,) = clinic.stop_bridges()
        found = look(clinic.database, written)
    assert found.right, f"seed {SEED}: {found}"
    assert 0 < survivor.stored < found.stored, "only one of them worked"


def keeper(clinic, name, folder, verifier):
    link = MqttTransport(clinic.broker.host, clinic.broker.port, name, name, clinic.passwords[name])
    return Keeper(
        lambda: Journal(folder / f"{name}.db"),
        link,
        name,
        f"p-{name}",
        verifier,
        now=time.monotonic,
        wall=lambda: WALL,
        on_plan=lambda _plan: None,
        resend_s=0.5,
    )


# ---- the same records at the same moment ------------------------------------------------------------------------


def dump(connection):
    """Return every row that records leave, sorted; when they were received aside."""
    tables = (schema.record, schema.fact, *TABLES.values(), schema.quarantine)
    asked = {table.name: [one for one in table.columns if one.name not in ("received_at", "id")] for table in tables}
    return {name: sorted(map(repr, connection.execute(select(*columns)))) for name, columns in asked.items()}


@postgresql
def test_bridges_that_ingest_the_same_at_once_leave_what_one_alone_leaves(clinic, session):
    messages = sent([*session(), *session(session_id="session-0002")[:-1]])
    with writing(clinic) as connection:
        alone = connection.begin_nested()
        ingest(connection, messages, WALL)
        expected = dump(connection)
        alone.rollback()
    outcomes, failures, together = [], [], threading.Barrier(4)

    def work(seed):
        chance, mine = random.Random(seed), messages * 2
        chance.shuffle(mine)
        cuts = [0, *sorted(chance.sample(range(1, len(mine)), 8)), len(mine)]
        together.wait()
        try:
            for low, high in pairwise(cuts):
                with writing(clinic) as connection:
                    outcomes.append(ingest(connection, mine[low:high], WALL))
        except Exception as exc:
            failures.append(exc)

    threads = [threading.Thread(target=work, args=(SEED + number,)) for number in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert failures == []
    assert sum(one.stored for one in outcomes) == len(messages)
    assert sum(one.repeated for one in outcomes) == 7 * len(messages)
    with clinic.connect() as connection:
        assert dump(connection) == expected


@postgresql
def test_the_second_of_two_contents_that_come_at_once_is_kept_aside(clinic, rep):
    first, second = writing(clinic), writing(clinic)
    with first as one:
        ingest(one, sent([rep(1)]), WALL)
        late = []

        def meanwhile():
            with second as other:
                late.append(ingest(other, sent([rep(1, peak_force_n=9.0)]), WALL))

        thread = threading.Thread(target=meanwhile)
        thread.start()
        # The other one waits for the end of this transaction, not for a clock.
        blocked = text(
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        )
        until(lambda: scalar(clinic, blocked) == 1, "the other one to wait")
    thread.join()
    assert (late[0].stored, late[0].quarantined) == (0, 1)
    assert scalar(clinic, select(schema.rep.c.peak_force_n)) == 61.5


# ---- the server goes away ---------------------------------------------------------------------------------------


@postgresql
def test_the_server_is_killed_and_comes_back(db_url, clinic, postgres, tmp_path, keys, rep, monkeypatch):
    monkeypatch.setattr("sync.bridge.DATABASE_RETRY_S", 0.05)
    hub, problems = LoopbackHub(), []
    bridge = Bridge(hub.transport(), db_url, wall=lambda: WALL, poll_s=0.02)
    bridge.start()
    station = Keeper(
        lambda: Journal(tmp_path / "journal.db"), hub.transport(), STATION, PATIENT, keys[1],
        now=time.monotonic, wall=lambda: WALL, on_plan=lambda _plan: None, resend_s=0.3,
    )  # fmt: skip
    station.start()
    try:
        station.save([rep(number) for number in range(1, 101)])
        until(lambda: bridge.stats.stored, "some of it")
        postgres.server.kill()
        station.save([rep(number) for number in range(101, 201)])
        until(lambda: problems.append(bridge.problem) or bridge.problem, "the complaint")
        postgres.server.start()
        until(lambda: station.backlog == 0, "the confirmation")
    finally:
        station.stop()
        bridge.stop()
    assert "cannot be written" in problems[-1]
    assert (bridge.problem, bridge.stats.poison) == (None, 0)
    assert scalar(clinic, select(func.count()).select_from(schema.rep)) == 200


@postgresql
def test_nobody_waits_for_ever(clinic):
    with clinic.connect() as connection:
        limits = [connection.scalar(text(f"SHOW {name}")) for name in ("statement_timeout", "lock_timeout")]
    assert limits == ["30s", "10s"]


def test_upgrades_at_once_take_turns(postgres):
    url, failures = postgres.empty(), []

    def work():
        try:
            upgrade(url)
        except Exception as exc:
            failures.append(exc)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert failures == []


# ---- one speaks for all -----------------------------------------------------------------------------------------


@pytest.fixture
def leads(db_url):
    databases = [engine(db_url), engine(db_url)]
    made = [Lead(database) for database in databases]
    yield made
    for lead, database in zip(made, databases, strict=True):
        lead.give_up()
        database.dispose()


@postgresql
def test_one_leads_until_it_gives_up_or_its_connection_is_gone(leads, clinic):
    first, second = leads
    assert (first.held(), second.held(), first.held()) == (True, False, True)
    first.give_up()
    until(second.held, "the lead that was given up")
    assert not first.held()
    with clinic.connect() as connection:
        connection.execute(text("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'"))
    until(first.held, "the lead that was lost")
    assert not second.held()


class Two:
    """Two bridges on one hub, each with its link."""

    def __init__(self, db_url):
        self.hub = LoopbackHub()
        self.links = [self.hub.transport(), self.hub.transport()]
        self.bridges = [Bridge(link, db_url, wall=lambda: WALL, poll_s=0.02) for link in self.links]
        for bridge in self.bridges:
            bridge.start()
            until(lambda one=bridge: one.online, "the bridge")

    def retained(self, topic):
        return dict(self.hub.retained([topic])).get(topic)

    def close(self):
        for bridge in self.bridges:
            bridge.stop()


@pytest.fixture
def two(db_url, monkeypatch):
    monkeypatch.setattr(way_down, "AGAIN_S", 0.1)
    made = Two(db_url)
    yield made
    made.close()


@postgresql
def test_an_older_plan_that_comes_late_does_not_stay_at_the_broker(two, clinic, keys, plan):
    topic = down(STATION, "plan")
    with writing(clinic) as connection:
        write_plan(connection, keys[0], plan(1), "dr", "start", WALL)
    until(lambda: two.retained(topic), "the first plan")
    older = two.retained(topic)
    with writing(clinic) as connection:
        write_plan(connection, keys[0], plan(2), "dr", "more", WALL)
    until(lambda: two.retained(topic) != older, "the second plan")
    newer, published = two.retained(topic), select(schema.prescription.c.published_at)
    of_newest = published.where(schema.prescription.c.version == 2)
    until(lambda: scalar(clinic, of_newest) is not None, "the note")
    # What a bridge had begun to publish before it lost its connection, and its link sends when it is back.
    two.hub.publish(topic, older, retain=True)
    until(lambda: two.retained(topic) == newer, "the newer plan again")
    until(lambda: scalar(clinic, of_newest) is not None, "the note again")
    two.hub.publish(topic, encode(Signed(VERSION, "{}", "forged")), retain=True)
    until(lambda: two.retained(topic) == newer, "the newer plan in the place of a forged one")


@postgresql
def test_when_the_speaker_loses_the_broker_another_one_speaks(two, clinic, keys, plan):
    until(lambda: [bridge._leads for bridge in two.bridges].count(True) == 1, "one who leads")
    speaker = next(n for n, bridge in enumerate(two.bridges) if bridge._leads)
    two.links[speaker].cut()
    with writing(clinic) as connection:
        write_plan(connection, keys[0], plan(1), "dr", "start", WALL)
    until(lambda: two.retained(down(STATION, "plan")), "the plan")
    assert [bridge._leads for bridge in two.bridges] == [speaker != 0, speaker != 1]


@postgresql
def test_presence_is_written_by_one_and_taken_over_whole(two, clinic):
    online = select(schema.station.c.online).where(schema.station.c.id == STATION)
    for word in (True, False):
        two.hub.publish(up(STATION, "status"), encode(Presence(1, word, WALL)), retain=True)
        until(lambda said=word: scalar(clinic, online) is said, "the word")
    # An older word, written late by a bridge that has the lead no more: the next one writes all it has heard.
    with writing(clinic) as connection:
        connection.execute(schema.station.update().values(online=True))
    speaker = next(n for n, bridge in enumerate(two.bridges) if bridge._leads)
    two.links[speaker].cut()
    until(lambda: not scalar(clinic, online), "the last word")
    assert two.bridges[1 - speaker]._leads
