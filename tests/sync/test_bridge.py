"""The whole way, station to clinic and back: inside one process, and over a real Mosquitto."""

from __future__ import annotations

import random
import shutil
import threading
import time
from contextlib import ExitStack

import pytest
from sqlalchemy import func, select

from edge.records import PlanReceipt, key
from sync.bridge import QUEUE, Bridge
from sync.broker import BRIDGE_USER, BrokerError, PrivateMosquitto, available
from sync.journal import Journal
from sync.keeper import Keeper
from sync.link import Incoming
from sync.loopback import LoopbackHub
from sync.messages import encode_up
from sync.mqtt import MqttTransport
from sync.store import schema, writing
from sync.store.ingest import content_hash, ingest
from sync.store.prescriptions import write_plan
from sync.topics import SHARED_UP, down, up

STATION, OTHER, PATIENT, WALL = "station-a-0001", "station-b-0002", "patient-a-0001", 1_780_000_000.0
PASSWORDS = {BRIDGE_USER: "bridge-word", STATION: "word-a", OTHER: "word-b"}

with_mosquitto = pytest.mark.skipif(not available(), reason="Mosquitto is not installed")


def until(true, what="it", within_s=60.0):
    deadline = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < deadline, f"waited {within_s} s for {what}"
        time.sleep(0.01)


class BadHub(LoopbackHub):
    """A broker that loses, doubles and holds back messages of records and their confirmations."""

    def __init__(self, chance):
        super().__init__()
        self._chance = chance
        self._held = []

    def publish(self, topic, payload, retain):
        if retain:
            return super().publish(topic, payload, retain)
        self._held.append((topic, payload))
        fate = self._chance.random()
        if fate < 0.2:
            self._held.pop()
        elif fate < 0.4:
            self._held.append((topic, payload))
        if len(self._held) > 20 or fate > 0.6:
            self._chance.shuffle(self._held)
            held, self._held = self._held, []
            for one in held:
                super().publish(*one, retain=False)
        return 1


class LoopbackNet:
    """Stations and bridges on a hub."""

    def __init__(self, hub):
        self.hub = hub

    def link(self, user):
        return self.hub.transport()

    def lose_broker(self):
        self.hub.stop()

    def find_broker(self):
        self.hub.start()

    def close(self): ...


class MosquittoNet:
    """Stations and bridges on a private Mosquitto, over TLS."""

    def __init__(self, folder):
        self.broker = PrivateMosquitto(folder, PASSWORDS, tls=True)
        self.broker.start()

    def link(self, user, **options):
        return MqttTransport(
            self.broker.host,
            self.broker.port,
            user,
            user,
            options.pop("password", PASSWORDS[user]),
            ca=self.broker.ca,
            settle_by_hand=user == BRIDGE_USER,
            first_retry_s=0.05,
            longest_retry_s=0.3,
        )

    def lose_broker(self):
        self.broker.kill()

    def find_broker(self):
        self.broker.start()

    def close(self):
        self.broker.stop()


@pytest.fixture(params=["loopback", pytest.param("mosquitto", marks=with_mosquitto)])
def net(request, tmp_path):
    made = LoopbackNet(LoopbackHub()) if request.param == "loopback" else MosquittoNet(tmp_path / "mosquitto")
    yield made
    made.close()


@pytest.fixture
def mosquitto(tmp_path):
    if not available():
        pytest.skip("Mosquitto is not installed")
    made = MosquittoNet(tmp_path / "mosquitto")
    yield made
    made.close()


class World:
    """Starts bridges and keepers on a net, and stops them."""

    def __init__(self, db_url, folder, verifier):
        self._db_url, self._folder, self._verifier = db_url, folder, verifier
        self._stack = ExitStack()
        self.plans = []

    def bridge(self, net):
        bridge = Bridge(net.link(BRIDGE_USER), self._db_url, poll_s=0.02)
        bridge.start()
        self._stack.callback(bridge.stop)
        until(lambda: bridge.online, "the bridge")
        return bridge

    def keeper(self, net, station=STATION, resend_s=0.3):
        keeper = Keeper(
            lambda: Journal(self._folder / f"{station}.db"),
            net.link(station),
            station,
            PATIENT,
            self._verifier,
            now=time.monotonic,
            wall=lambda: WALL,
            on_plan=self.plans.append,
            resend_s=resend_s,
        )
        keeper.start()
        self._stack.callback(keeper.stop)
        until(lambda: keeper.online, "the station")
        return keeper

    def close(self):
        self._stack.close()


@pytest.fixture
def world(db_url, tmp_path, keys):
    made = World(db_url, tmp_path, keys[1])
    yield made
    made.close()


def ledger(clinic):
    with clinic.connect() as connection:
        rows = connection.execute(select(schema.record.c.key, schema.record.c.content_hash))
        return dict(rows.all())


def expected(records):
    return {key(record): content_hash(record) for record in records}


def rows(clinic, table):
    with clinic.connect() as connection:
        return connection.scalar(select(func.count()).select_from(table))


def presence(clinic, station=STATION):
    with clinic.connect() as connection:
        return connection.scalar(select(schema.station.c.online).where(schema.station.c.id == station))


def test_a_session_reaches_the_clinic_whole(net, world, clinic, session):
    bridge, keeper = world.bridge(net), world.keeper(net)
    keeper.save(session())
    until(lambda: keeper.backlog == 0, "the confirmation")
    assert ledger(clinic) == expected(session())
    assert (bridge.stats.stored, bridge.stats.quarantined, bridge.stats.poison) == (len(session()), 0, 0)


def test_the_broker_dies_in_the_middle_and_nothing_is_lost_or_doubled(net, world, clinic, rep):
    bridge, keeper = world.bridge(net), world.keeper(net)
    records = [rep(number) for number in range(1, 601)]
    for first in range(0, 600, 100):
        keeper.save(records[first : first + 100])
        if first in (100, 300):
            until(lambda at=first: bridge.stats.stored > at, "some of it")
            net.lose_broker()
            time.sleep(0.05)
            net.find_broker()
    until(lambda: keeper.backlog == 0, "the confirmation")
    assert ledger(clinic) == expected(records)
    assert rows(clinic, schema.rep) == 600
    assert rows(clinic, schema.quarantine) == 0


def test_the_bridge_is_away_and_comes_back(net, world, clinic, rep):
    first = world.bridge(net)
    keeper = world.keeper(net)
    keeper.save([rep(1)])
    until(lambda: keeper.backlog == 0, "the confirmation")
    first.stop()
    keeper.save([rep(number) for number in range(2, 201)])
    time.sleep(0.1)
    assert keeper.backlog == 199
    world.bridge(net)
    until(lambda: keeper.backlog == 0, "the confirmation")
    assert rows(clinic, schema.rep) == 200


def test_presence_follows_the_station(net, world, clinic):
    keeper = world.keeper(net)
    # The bridge comes later: what was retained tells it.
    world.bridge(net)
    until(lambda: presence(clinic), "online")
    keeper.stop()
    until(lambda: not presence(clinic), "offline")


def test_a_plan_goes_down_and_its_receipt_comes_back(net, world, clinic, keys, plan):
    bridge, keeper = world.bridge(net), world.keeper(net)
    with writing(clinic) as connection:
        write_plan(connection, keys[0], plan(1), "dr", "start", WALL)
    until(lambda: world.plans == [plan(1)], "the plan")
    keeper.save([PlanReceipt(1, "in_use", WALL, "")])
    until(lambda: rows(clinic, schema.receipt) == 2, "both receipts")
    with clinic.connect() as connection:
        until(
            lambda: connection.scalar(select(schema.prescription.c.published_at)) is not None or connection.rollback()
        )
    assert bridge.stats.sent_down["plan"] == 1


def test_a_plan_written_while_all_were_away_arrives(net, world, clinic, keys, plan):
    with writing(clinic) as connection:
        write_plan(connection, keys[0], plan(1), "dr", "start", WALL)
        write_plan(connection, keys[0], plan(2), "dr", "more", WALL)
    bridge = world.bridge(net)
    until(lambda: bridge.stats.sent_down["plan"] == 1, "publishing")
    bridge.stop()
    world.keeper(net)
    until(lambda: world.plans == [plan(2)], "the plan")


def test_a_bad_broker_makes_no_difference(db_url, world, clinic, session):
    net = LoopbackNet(BadHub(random.Random(11)))
    world.bridge(net)
    # What is lost again and again waits twice as long each time.
    keeper = world.keeper(net, resend_s=0.02)
    records = [record for number in range(20) for record in session(session_id=f"session-{number:04}")[:-1]]
    for record in records:
        keeper.save([record])
    until(lambda: keeper.backlog == 0, "the confirmation")
    assert ledger(clinic) == expected(records)
    assert rows(clinic, schema.quarantine) == 0


@pytest.mark.parametrize("db_url", ["postgresql"], indirect=True)
def test_two_bridges_share_the_work(world, clinic, rep):
    net = LoopbackNet(LoopbackHub())
    bridges = [world.bridge(net), world.bridge(net)]
    keeper = world.keeper(net)
    keeper.save([rep(number) for number in range(1, 301)])
    until(lambda: keeper.backlog == 0, "the confirmation")
    assert rows(clinic, schema.rep) == 300
    assert all(bridge.stats.stored > 50 for bridge in bridges)


def poison(chance, good):
    raw = bytearray(good)
    shape = chance.randrange(4)
    if shape == 0:
        return chance.randbytes(chance.randrange(200))
    if shape == 1:
        return bytes(raw[: chance.randrange(len(raw))])
    for _ in range(3):
        raw[chance.randrange(len(raw))] = chance.randrange(256)
    return bytes(raw)


def test_poison_is_quarantined_and_the_good_message_after_it_is_stored(world, clinic, rep):
    net = LoopbackNet(LoopbackHub())
    bridge, chance = world.bridge(net), random.Random(5)
    good = encode_up(STATION, "boot", 1.0, WALL, rep(1))
    sender = net.link(STATION)
    sender.start(lambda _message: None, [])
    for number in range(1000):
        topic = up(STATION, "rep") if number % 9 else f"st/{'x' * (number % 60)}/up/{number}"
        sender.publish(topic, poison(chance, good))
    sender.publish(up(STATION, "rep"), encode_up(STATION, "boot", 1.0, WALL, rep(2)))
    until(lambda: bridge.stats.received > 1000, "all of it")
    assert key(rep(2)) in ledger(clinic)
    assert bridge.stats.poison > 900
    assert bridge.problem is None
    sender.stop()


def test_foreign_and_unknown_stations_leave_no_row_and_get_no_confirmation(world, clinic, rep):
    net = LoopbackNet(LoopbackHub())
    bridge, heard = world.bridge(net), []
    sender = net.link(STATION)
    sender.start(heard.append, ["st/+/down/#"])
    sender.publish(up(STATION, "rep"), encode_up(OTHER, "boot", 1.0, WALL, rep(1)))
    sender.publish(up("station-x-0009", "rep"), encode_up("station-x-0009", "boot", 1.0, WALL, rep(1)))
    until(lambda: bridge.stats.quarantined == 2, "quarantine")
    assert rows(clinic, schema.rep) == 0
    assert heard == []
    sender.stop()


def test_confirmations_come_after_the_commit_and_wait_for_the_database(tmp_path, world, clinic, rep, monkeypatch):
    monkeypatch.setattr("sync.bridge.DATABASE_RETRY_S", 0.02)
    net = LoopbackNet(LoopbackHub())
    bridge = world.bridge(net)
    early = []

    def check(message):
        if key(rep(1)) not in ledger(clinic):
            early.append(message)

    witness = net.link(STATION)
    witness.start(check, [down(STATION, "ack")])
    keeper = world.keeper(net)
    with clinic.connect() as connection:
        # The schema is away: what a failing database looks like to the bridge.
        connection.exec_driver_sql("ALTER TABLE record RENAME TO lost")
        connection.commit()
    keeper.save([rep(1)])
    until(lambda: bridge.problem, "the complaint")
    assert keeper.backlog == 1
    with clinic.connect() as connection:
        connection.exec_driver_sql("ALTER TABLE lost RENAME TO record")
        connection.commit()
    until(lambda: keeper.backlog == 0, "the confirmation")
    assert early == []
    assert bridge.problem is None
    witness.stop()


def test_a_message_no_batch_can_hold_is_set_aside(world, clinic, rep, monkeypatch):
    real = ingest

    def choosy(connection, batch, now):
        if any(one.up.key == key(rep(3)) for one in batch):
            raise ValueError("cannot hold this")
        return real(connection, batch, now)

    monkeypatch.setattr("sync.intake.ingest", choosy)
    net = LoopbackNet(LoopbackHub())
    bridge, keeper = world.bridge(net), world.keeper(net)
    keeper.save([rep(number) for number in range(1, 6)])
    until(lambda: keeper.backlog == 1 and bridge.stats.stored == 4, "the others")
    assert rows(clinic, schema.quarantine) == 1


def test_a_full_queue_turns_messages_away_and_counts_them(db_url):
    settled = []
    bridge = Bridge(LoopbackHub().transport(), db_url)
    for _ in range(QUEUE + 3):
        bridge._enqueue(Incoming("st/station-a-0001/up/rep", b"", lambda: settled.append(1)))
    assert bridge.stats.dropped == len(settled) == 3
    bridge.stop()
    bridge._database.dispose()


def test_large_messages_fill_the_queue_sooner_and_leave_room_again(db_url, monkeypatch):
    monkeypatch.setattr("sync.bridge.QUEUE_BYTES", 1000)
    bridge = Bridge(LoopbackHub().transport(), db_url)
    for _ in range(2):
        for _ in range(6):
            bridge._enqueue(Incoming("st/station-a-0001/up/rep", b"x" * 250))
        assert len(bridge._take()) == 4
    assert bridge.stats.dropped == 4
    bridge.stop()
    bridge._database.dispose()


# What only a real broker can show


def test_a_station_can_neither_write_nor_read_as_another(mosquitto, world, clinic, rep):
    bridge, heard, outcomes = world.bridge(mosquitto), [], []
    link = mosquitto.link(STATION)
    link.start(heard.append, [down(STATION, "ack"), down(OTHER, "ack"), "st/#"])
    until(lambda: link.connected, "the station")
    link.publish(up(OTHER, "rep"), encode_up(OTHER, "boot", 1.0, WALL, rep(1)), done=outcomes.append)
    link.publish(down(STATION, "plan"), b"{}", retain=True, done=outcomes.append)
    until(lambda: len(outcomes) == 2, "the broker's answers")
    assert outcomes == ["Not authorized"] * 2
    assert "Not authorized" in link.problem
    other = world.keeper(mosquitto, OTHER)
    other.save([rep(1)])
    until(lambda: other.backlog == 0, "the confirmation")
    assert heard == []
    assert bridge.stats.stored == 1
    link.stop()


def test_a_station_that_joins_the_sharers_takes_nothing_from_the_only_bridge(mosquitto, world, rep):
    bridge = world.bridge(mosquitto)
    thief, link, taken, outcomes = mosquitto.link(STATION), mosquitto.link(OTHER), [], []
    thief.start(taken.append, [SHARED_UP])
    link.start(lambda _message: None, [])
    until(lambda: thief.connected and link.connected, "both stations")
    for number in range(1, 101):
        link.publish(up(OTHER, "rep"), encode_up(OTHER, "boot", 1.0, WALL, rep(number)), done=outcomes.append)
    until(lambda: len(outcomes) == 100, "the broker's answers")
    until(lambda: bridge.stats.stored == 100, "every one of them, though each was sent but once")
    assert taken == []
    thief.stop()
    link.stop()


def test_a_wrong_password_is_told_and_retried_without_hurry(mosquitto):
    link = mosquitto.link(STATION, password="wrong")
    link.start(lambda _message: None, [])
    until(lambda: link.problem, "the refusal")
    assert "refused the connection" in link.problem
    assert not link.connected
    link.stop()


def test_no_broker_is_told(tmp_path):
    link = MqttTransport("127.0.0.1", 1, "nobody-1", first_retry_s=0.05)
    told = []
    link.start(lambda _message: None, [])
    until(lambda: link.problem, "the complaint")
    link.publish("st/station-a-0001/up/rep", b"", done=told.append)
    assert "no broker answers" in link.problem
    assert told == ["not connected"]
    link.stop()


def test_a_callback_that_fails_does_not_end_the_link(mosquitto, rep):
    heard = []

    def faulty(message):
        heard.append(message)
        if len(heard) == 1:
            raise RuntimeError("a fault")

    listener, sender = mosquitto.link(BRIDGE_USER), mosquitto.link(STATION)
    listener.start(faulty, ["st/+/up/#"])
    sender.start(lambda _message: None, [])
    until(lambda: listener.connected and sender.connected, "both")
    for _ in range(3):
        sender.publish(up(STATION, "rep"), b"x")
    until(lambda: len(heard) == 3, "the others")
    assert "a fault" in listener.problem
    listener.stop()
    sender.stop()


def test_what_was_not_settled_comes_again(mosquitto):
    heard = []
    sender = mosquitto.link(STATION)
    sender.start(lambda _message: None, [])
    first = mosquitto.link(BRIDGE_USER)
    first.start(heard.append, ["st/+/up/#"])
    until(lambda: first.connected and sender.connected, "both")
    sender.publish(up(STATION, "rep"), b"kept")
    sender.publish(up(STATION, "rep"), b"settled")
    until(lambda: len(heard) == 2, "both messages")
    next(message for message in heard if message.payload == b"settled").settle()
    # What an earlier connection brought can no longer be settled: its number may be another message's by now.
    first._connection += 1
    next(message for message in heard if message.payload == b"kept").settle()
    time.sleep(0.05)
    first.stop()
    second = mosquitto.link(BRIDGE_USER)
    second.start(heard.append, ["st/+/up/#"])
    until(lambda: len(heard) == 3, "the unsettled one")
    assert heard[2].payload == b"kept"
    second.stop()
    sender.stop()


@with_mosquitto
def test_the_broker_process_ends_and_its_port_returns(tmp_path):
    broker = PrivateMosquitto(tmp_path / "mosquitto", PASSWORDS)
    broker.start()
    process, port = broker._process, broker.port
    broker.stop()
    broker.stop()
    assert process.returncode is not None
    broker.start()
    assert broker.port == port
    broker.kill()


@with_mosquitto
def test_a_broker_that_cannot_start_says_why(tmp_path):
    broker = PrivateMosquitto(tmp_path / "mosquitto", PASSWORDS)
    (tmp_path / "mosquitto" / "steadyrig.acl").write_text("nonsense\n")
    with pytest.raises(BrokerError, match="mosquitto did not start"):
        broker.start()


@with_mosquitto
def test_passwords_are_not_in_the_folder(tmp_path):
    PrivateMosquitto(tmp_path / "mosquitto", PASSWORDS)
    stored = b"".join(path.read_bytes() for path in (tmp_path / "mosquitto").iterdir())
    assert not any(word.encode() in stored for word in PASSWORDS.values())


def test_availability_is_what_is_installed():
    assert available() == bool(shutil.which("mosquitto", path="/usr/sbin:/usr/bin:/usr/local/sbin"))


def test_threads_end_when_a_keeper_and_a_bridge_stop_at_once(net, world, rep):
    world.bridge(net)
    world.keeper(net).save([rep(1)])
    stopper = threading.Thread(target=world.close)
    stopper.start()
    stopper.join(10.0)
    assert not stopper.is_alive()
