"""A01, F44, F47: whatever arrives, the bridge goes on; nothing bad becomes a row, nothing is thrown away unseen."""

from __future__ import annotations

import json
import os
import random
import time

import pytest
from msgspec import structs
from sqlalchemy import func, select, text

from edge.model import Origin, StopReason
from edge.records import Incident, SessionStarted, SetDone, key
from sync.bridge import Bridge
from sync.broker import BRIDGE_USER, PrivateMosquitto, available
from sync.loopback import LoopbackHub
from sync.messages import MAX_BYTES, VERSION, encode_up
from sync.mqtt import MqttTransport
from sync.store import quarantine as aside
from sync.store import schema, writing
from sync.store.quarantine import Aside, Sort, set_aside
from sync.topics import down, up

LONG = bool(os.environ.get("STEADYRIG_LONG"))
PAYLOADS = 100_000 if LONG else 1500
SEED = 20261121
STATION, OTHER, PATIENT, WALL = "station-a-0001", "station-b-0002", "patient-a-0001", 1_780_000_000.0
DAY_S = 86_400.0
OTHER_PATIENT = "patient-b-0002"
REPS = up(STATION, "rep")
DONE = SetDone(
    "session-0001", 1, "band_row", 1, 3, 1, 8, "3-1-1", (5.0, 8.0), 0.0, 60.0, 8, StopReason.TARGET, Origin.SENSED
)


def until(true, what="it", within_s=60.0):
    deadline = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < deadline, f"waited {within_s} s for {what}"
        time.sleep(0.01)


class Clinic:
    """A bridge on a hub, and somebody who may publish anything."""

    def __init__(self, db_url):
        self.hub = LoopbackHub()
        self.bridge = Bridge(self.hub.transport(), db_url, wall=lambda: WALL, poll_s=0.02)
        self.bridge.start()
        until(lambda: self.bridge.online, "the bridge")
        self.sender, self.heard = self.hub.transport(), []
        self.sender.start(self.heard.append, [down(STATION, "ack")])
        self.sent = 0

    def send(self, payload, topic=REPS):
        # The bridge's queue is bounded, and turns away what does not fit.
        until(lambda: self.sent - self.bridge.stats.received < 2000, "room")
        self.sender.publish(topic, payload)
        self.sent += 1

    def settle(self):
        until(lambda: self.bridge.stats.received == self.sent, "all of it")

    def acknowledged(self):
        return [name for message in self.heard for name in json.loads(message.payload)["keys"]]

    def close(self):
        self.sender.stop()
        self.bridge.stop()


@pytest.fixture
def house(db_url):
    made = Clinic(db_url)
    yield made
    made.close()


def scalar(clinic, wanted):
    with clinic.connect() as connection:
        return connection.scalar(wanted)


def kept(clinic, *columns):
    wanted = select(*(schema.quarantine.c[name] for name in columns)).order_by(schema.quarantine.c.id)
    with clinic.connect() as connection:
        return [tuple(row) for row in connection.execute(wanted)]


# ---- A01: what a stranger sends ---------------------------------------------------------------------------------


def cut(chance, good):
    return good[: chance.randrange(len(good))]


def noise(chance, good):
    return chance.randbytes(chance.randrange(300))


def bad_utf8(chance, good):
    place = good.index(b"station-a")
    return good[:place] + chance.choice([b"\xff", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf8"]) + good[place:]


def no_number(chance, good):
    return with_field(chance, good, NUMBERS, chance.choice(["NaN", "Infinity", "-Infinity", "1e999", "-1e400"]))


def deep(chance, good):
    depth = chance.choice([500, 5000, 12_000])
    return chance.choice([b"[" * depth, b'{"a":' * depth, good[:-1] + b',"x":' + b"[" * depth])


def huge_integer(chance, good):
    return with_field(chance, good, ("set_number", "number"), "9" * chance.choice([20, 300, 5000]))


def twice(chance, good):
    name = chance.choice(["v", "key", "station", "record"])
    value = json.dumps(json.loads(good)[name])
    return good[:-1] + f',"{name}":{value}}}'.encode()


def wrong_type(chance, good):
    values = ['"7"', "null", "true", "[1]", "{}", "1.5", '""']
    return with_field(chance, good, ("set_number", "number", "verdict", "session_id"), chance.choice(values))


def out_of_bounds(chance, good):
    return with_field(chance, good, (*NUMBERS, "number"), chance.choice(["-1", "-0.5", "1e6", "1000000", "86401"]))


def foreign(chance, good):
    return good.replace(STATION.encode(), chance.choice([b"station-b-0002", b"station-x-0009"]))


def other_key(chance, good):
    message = json.loads(good)
    return json.dumps(message | {"key": chance.choice(["", "x", message["key"] + "0", "y" * 200])}).encode()


def too_long(chance, good):
    return good + b" " * MAX_BYTES


def with_nul(chance, good):
    return with_field(chance, good, ("range_unit",), '"a\\u0000"')


def from_the_future(chance, good):
    at = WALL + chance.choice([3, 400, 20_000]) * DAY_S
    started = SessionStarted("session-9999", PATIENT, 1, at)
    today = chance.choice([started, structs.replace(started, started_at=WALL, day="2026-06-09")])
    return encode_up(STATION, "boot", 1.0, WALL, today)


def no_day(chance, good):
    day = chance.choice(
        ["2026-02-31", "2026-99-99", "0000-00-00", "\u0662\u0660\u0662\u0666-\u0661\u0661-\u0662\u0661", "2026-11-2"]
    )
    started = json.loads(encode_up(STATION, "boot", 1.0, WALL, SessionStarted("session-9999", PATIENT, 1, WALL)))
    started["record"]["day"] = day
    return json.dumps(started, ensure_ascii=chance.random() < 0.5).encode()


def other_patient(chance, good):
    return encode_up(STATION, "boot", 1.0, WALL, SessionStarted("session-9999", OTHER_PATIENT, 1, WALL))


def impossible_load(chance, good):
    set_done = json.loads(encode_up(STATION, "boot", 1.0, WALL, DONE))
    set_done["record"]["load_kg"] = chance.choice([[-1, 5], [0, 1e308], [5, 501], [5], [1, 2, 3], "5"])
    return json.dumps(set_done).encode()


NUMBERS = ("start_s", "end_s", "confidence", "eccentric_s")
ATTACKS = (
    cut, noise, bad_utf8, no_number, deep, huge_integer, twice, wrong_type, out_of_bounds, foreign, other_key,
    too_long, with_nul, from_the_future, no_day, other_patient, impossible_load,
)  # fmt: skip


def with_field(chance, good, names, value):
    name = chance.choice(names)
    message = json.loads(good)
    message["record"][name] = "@@"
    return json.dumps(message).replace('"@@"', value).encode()


def bad_rows(clinic):
    """Count what no station can have meant, and everything but the good repetitions."""
    with clinic.connect() as connection:
        strange = connection.scalar(
            text(
                "SELECT count(*) FROM rep WHERE NOT (start_s BETWEEN 0 AND 86400 AND end_s BETWEEN 0 AND 86400 "
                "AND confidence BETWEEN 0 AND 1 AND number BETWEEN 1 AND 1000 AND range_unit = 'deg' "
                "AND station_id = 'station-a-0001' AND session_id = 'session-0001')"
            )
        )
        others = (schema.session, schema.training_set, schema.fact, schema.answer, schema.trace, schema.receipt)
        return strange + sum(connection.scalar(select(func.count()).select_from(table)) for table in others)


@pytest.mark.long
@pytest.mark.timeout(3000)
def test_a01_hostile_payloads_end_nothing_and_leave_no_row(house, clinic, rep):
    chance = random.Random(SEED)
    for number in range(PAYLOADS):
        good = encode_up(STATION, "boot", 1.0, WALL, rep(500 + number % 400))
        bad = chance.choice(ATTACKS)(chance, good)
        house.send(bad, up(STATION, "rep") if number % 11 else f"st/{'x' * (number % 60)}/up/{number}")
    house.settle()
    house.send(encode_up(STATION, "boot", 1.0, WALL, rep(1)))
    house.settle()
    until(lambda: house.acknowledged() == [key(rep(1))], "the confirmation of the only good one")
    stats = house.bridge.stats
    assert (stats.stored, stats.dropped, house.bridge.problem) == (1, 0, None), f"seed {SEED}"
    assert stats.poison + stats.quarantined == PAYLOADS
    assert scalar(clinic, select(func.count()).select_from(schema.rep)) == 1
    assert bad_rows(clinic) == 0
    assert scalar(clinic, select(func.count()).select_from(schema.quarantine)) <= aside.MOST
    counted = select(func.sum(schema.quarantine_count.c.arrived - schema.quarantine_count.c.discarded))
    assert scalar(clinic, counted) == len(kept(clinic, "id"))


@pytest.mark.skipif(not available(), reason="Mosquitto is not installed")
def test_a01_the_same_through_a_real_broker(tmp_path, db_url, clinic, rep):
    broker = PrivateMosquitto(tmp_path / "mosquitto", {BRIDGE_USER: "bridge-word", STATION: "word-a"})
    broker.start()
    where = broker.host, broker.port
    bridge = Bridge(
        MqttTransport(*where, BRIDGE_USER, BRIDGE_USER, "bridge-word", settle_by_hand=True), db_url, wall=lambda: WALL
    )
    bridge.start()
    link, outcomes, heard = MqttTransport(*where, STATION, STATION, "word-a"), [], []
    link.start(heard.append, [down(STATION, "ack")])
    until(lambda: link.connected and bridge.online, "both")
    chance, good = random.Random(SEED), encode_up(STATION, "boot", 1.0, WALL, rep(1))
    for _ in range(150):
        link.publish(up(STATION, "rep"), chance.choice(ATTACKS)(chance, good), done=outcomes.append)
    link.publish(up(STATION, "rep"), good, done=outcomes.append)
    until(lambda: heard, "the confirmation of the good one")
    assert [json.loads(one.payload)["keys"] for one in heard] == [[key(rep(1))]]
    assert bridge.stats.stored == scalar(clinic, select(func.count()).select_from(schema.rep)) == 1
    assert outcomes == [None] * 151
    link.stop()
    bridge.stop()
    broker.stop()


def test_an_alert_is_let_in_whatever_its_clock_says(house, clinic, rep):
    late = WALL + 400 * DAY_S
    incident = Incident("session-0001", 1, 1, "band_snap", 240.0, "N", late)
    house.send(encode_up(STATION, "boot", 1.0, WALL, incident))
    house.send(encode_up(STATION, "boot", 1.0, WALL, SessionStarted("session-0001", PATIENT, 1, late)))
    house.settle()
    until(house.acknowledged, "the confirmation")
    assert house.acknowledged() == [key(incident)]
    ((sort, reason),) = kept(clinic, "sort", "reason")
    assert sort == "clock"
    assert "400 days ahead" in reason


# ---- F44 and F47 ------------------------------------------------------------------------------------------------


def test_f44_every_second_content_is_kept_aside_and_confirmed(house, clinic, rep):
    for number in range(1, 101):
        house.send(encode_up(STATION, "boot", 1.0, WALL, rep(number)))
    house.settle()
    for number in range(1, 101):
        house.send(encode_up(STATION, "boot", 2.0, WALL, rep(number, peak_force_n=99.0)))
    house.settle()
    until(lambda: len(house.acknowledged()) == 200, "the confirmations")
    assert (
        scalar(clinic, select(func.count()).select_from(schema.rep).where(schema.rep.c.peak_force_n == 61.5)) == 100
    )
    rows = kept(clinic, "sort", "station_id", "payload", "reason")
    assert {row[:2] for row in rows} == {("conflict", STATION)}
    assert {json.loads(row[2])["record"]["number"] for row in rows} == set(range(1, 101))
    assert all("came before with other content" in row[3] for row in rows)


def skewed(one, **changes):
    return json.dumps(json.loads(encode_up(STATION, "boot", 1.0, WALL, one)) | changes).encode()


def test_f47_an_unknown_version_is_set_aside_and_waits_for_an_update(house, clinic, rep):
    newer = skewed(rep(1), v=VERSION + 1, record={"shape": ["of", "another", "time"]})
    house.send(newer)
    house.send(newer)
    unknown = json.loads(encode_up(STATION, "boot", 1.0, WALL, rep(2)))
    unknown["record"]["kind"] = "aura"
    house.send(json.dumps(unknown).encode(), up(STATION, "aura"))
    house.send(encode_up(STATION, "boot", 1.0, WALL, rep(3)))
    house.settle()
    until(house.acknowledged, "the confirmation")
    assert house.acknowledged() == [key(rep(3))]
    (first, second) = kept(clinic, "sort", "reason", "payload")
    assert first == (
        "version",
        f"message has schema version {VERSION + 1}; this program reads version {VERSION}",
        newer,
    )
    assert second[0] == "version"
    assert "'aura'" in second[1]


def test_f47_fields_of_a_newer_station_are_kept(house, clinic, rep):
    message = json.loads(encode_up(STATION, "boot", 1.0, WALL, rep(1)))
    message["record"]["sway_mm"] = {"left": 1.25, "right": [2, 3]}
    came = json.dumps(message).encode()
    house.send(came)
    house.send(encode_up(STATION, "boot", 1.0, WALL, rep(2)))
    house.settle()
    with clinic.connect() as connection:
        stored = dict(connection.execute(select(schema.record.c.key, schema.record.c.as_came)).all())
    assert json.loads(stored[key(rep(1))]) == message["record"]
    assert stored[key(rep(2))] is None
    # Sent again, to a program that reads more by now: the same record, not another one.
    house.send(came)
    house.settle()
    assert house.bridge.stats.repeated == 1


def test_f47_what_an_older_program_could_not_read_is_no_conflict_after_an_update(house, clinic, rep):
    house.send(encode_up(STATION, "boot", 1.0, WALL, rep(1)))
    house.settle()
    # As it stands after an update: today's reader knows a field of which the ledger's hash knows nothing.
    full = rep(1, smoothness=-1.5)
    came = json.dumps(json.loads(encode_up(STATION, "boot", 1.0, WALL, full))["record"])
    with writing(clinic) as connection:
        connection.execute(schema.record.update().values(as_came=came))
    house.send(encode_up(STATION, "boot", 1.0, WALL, full))
    house.settle()
    assert (house.bridge.stats.repeated, house.bridge.stats.quarantined) == (1, 0)


# ---- the room there is ------------------------------------------------------------------------------------------


@pytest.fixture
def little_room(monkeypatch):
    monkeypatch.setattr(aside, "MOST", 10)
    monkeypatch.setattr(aside, "MOST_BYTES", 1000)
    monkeypatch.setattr(aside, "MOST_CONFLICTS", 5)
    monkeypatch.setattr(aside, "CONFLICT_SHARE", 1)


def messages(sort, numbers, size=10):
    return [
        Aside(sort, up(STATION, "rep"), str(number).encode().ljust(size), f"reason {number}") for number in numbers
    ]


on_both = pytest.mark.parametrize("db_url", ["sqlite", "postgresql"], indirect=True)


@on_both
def test_poison_makes_room_first_and_conflicts_never(clinic, little_room):
    for batch in (
        messages(Sort.CONFLICT, range(4)),
        messages(Sort.VERSION, range(10, 14)),
        messages(Sort.POISON, range(20, 30)),
        messages(Sort.STRANGER, range(40, 44)),
    ):
        with writing(clinic) as connection:
            assert set_aside(connection, batch, WALL) == set(batch)
    left = [payload.strip() for (payload,) in kept(clinic, "payload")]
    assert left == [b"0", b"1", b"2", b"3", b"10", b"11", b"12", b"13", b"28", b"29", b"40", b"41", b"42", b"43"]
    with clinic.connect() as connection:
        counts = {
            row.sort: (row.arrived, row.discarded) for row in connection.execute(select(schema.quarantine_count))
        }
    assert counts == {"conflict": (4, 0), "version": (4, 0), "poison": (10, 8), "stranger": (4, 0)}


@on_both
def test_bytes_are_bounded_too(clinic, little_room):
    with writing(clinic) as connection:
        set_aside(connection, messages(Sort.POISON, range(5), 400), WALL)
    assert [payload.strip() for (payload,) in kept(clinic, "payload")] == [b"3", b"4"]


@on_both
def test_conflicts_beyond_their_room_are_not_confirmed(clinic, little_room):
    with writing(clinic) as connection:
        set_aside(connection, messages(Sort.CONFLICT, range(4)), WALL)
    with writing(clinic) as connection:
        again = messages(Sort.CONFLICT, (3, 7, 8))
        assert set_aside(connection, again, WALL) == {again[0]}
    assert len(kept(clinic, "id")) == 4


def from_station(station, sort, numbers, size=10):
    return [Aside(sort, up(station, "rep"), str(number).encode().ljust(size), "reason") for number in numbers]


def whose(clinic):
    rows = kept(clinic, "station_id", "payload")
    return {name: [payload.strip() for owner, payload in rows if owner == name] for name, _ in rows}


@on_both
@pytest.mark.parametrize("size", [10, 90])
def test_one_station_that_sends_poison_without_end_pushes_out_its_own_alone(clinic, little_room, size):
    with writing(clinic) as connection:
        set_aside(connection, from_station(OTHER, Sort.POISON, range(2)), WALL)
        set_aside(connection, [Aside(Sort.STRANGER, f"st/{OTHER}/up/a/b", b"another's name", "reason")], WALL)
    for first in range(0, 200, 20):
        with writing(clinic) as connection:
            set_aside(connection, from_station(STATION, Sort.VERSION, range(first, first + 20), size), WALL)
    left = whose(clinic)
    assert left[OTHER] == [b"0", b"1", b"another's name"]
    assert left[STATION][-1] == b"199"
    assert len(kept(clinic, "id")) <= aside.MOST


@on_both
def test_one_station_cannot_fill_the_room_for_everybodys_conflicts(clinic, little_room, monkeypatch):
    monkeypatch.setattr(aside, "CONFLICT_SHARE", 2)
    with writing(clinic) as connection:
        mine = from_station(STATION, Sort.CONFLICT, range(2))
        assert set_aside(connection, mine, WALL) == set(mine)
    with writing(clinic) as connection:
        more, theirs = from_station(STATION, Sort.CONFLICT, [2]), from_station(OTHER, Sort.CONFLICT, [0])
        assert set_aside(connection, [*more, *theirs], WALL) == set(theirs)


@on_both
def test_what_an_update_makes_a_conflict_is_never_thrown_away(clinic, little_room):
    before, after = (messages(sort, [1])[0] for sort in (Sort.VERSION, Sort.CONFLICT))
    with writing(clinic) as connection:
        set_aside(connection, [before], WALL)
    with writing(clinic) as connection:
        assert set_aside(connection, [after], WALL) == {after}
        set_aside(connection, messages(Sort.VERSION, range(10, 50)), WALL)
    assert b"1" in [payload.strip() for (payload,) in kept(clinic, "payload")]
