"""How many records a second reach the clinic's database, through a real broker.

What is counted ends with the commit: from the first message published to the last record stored. The publisher is
``mosquitto_pub``, which nobody here wrote and which costs little. Beside it stand the most that the broker carries
from one client to another at quality of service 1, and the loop that most people write: a paho callback that commits
each message to SQLite.
"""

from __future__ import annotations

import json
import secrets
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from itertools import count, islice
from pathlib import Path
from typing import Any

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from sqlalchemy import func, select

from edge.bench.figure import Figure, Note, Result
from edge.simulate.clinic import PRIVATE_POSTGRES, Clinic, open_clinic
from edge.simulate.traffic import session
from sync import postgres
from sync.broker import BRIDGE_USER, PrivateMosquitto, available
from sync.broker.process import program
from sync.messages import encode_up
from sync.store import engine, schema
from sync.topics import up

STATIONS = [f"bench-sync-{number}" for number in range(4)]
RECORDS = 8000
"""In all; less than the broker holds for one bridge, so that nothing has to be sent again."""
LOOP_RECORDS = 2000
GOAL_SQLITE, GOAL_POSTGRES = 2000.0, 4000.0
GIVE_UP_S, LOOK_S, SUBSCRIBED_S = 120.0, 0.02, 0.5
LOOP = "one commit per message"
PUB, SUB = "mosquitto_pub", "mosquitto_sub"


def figures() -> Iterator[Result]:
    """Yield records a second with one bridge on SQLite, and with two on PostgreSQL."""
    if not available() or program(PUB) is None or program(SUB) is None:
        yield Note("Mosquitto and its clients are not installed: no records were sent")
        return
    yield from measure(RECORDS, LOOP_RECORDS)


def measure(records: int, loop_records: int) -> Iterator[Result]:
    """Yield the figures for so many records, and ``loop_records`` for the loop that most people write."""
    with tempfile.TemporaryDirectory(prefix="steadyrig-bench-") as name:
        folder = Path(name)
        lines = _lines(folder, records)
        ceiling = records / _ceiling_s(folder, lines, records)
        loop = loop_records / _loop_s(folder, _lines(folder, loop_records), loop_records)
        with open_clinic(STATIONS, encrypted=False) as clinic:
            alone = records / _stored_s(clinic, lines, records)
        yield _rate("records stored, SQLite, one bridge", alone, GOAL_SQLITE, LOOP, loop)
        if postgres.available():
            with open_clinic(STATIONS, 2, PRIVATE_POSTGRES, encrypted=False) as clinic:
                shared = records / _stored_s(clinic, lines, records)
            yield _rate("records stored, PostgreSQL, two bridges", shared, GOAL_POSTGRES, LOOP, loop)
        else:
            yield Note("PostgreSQL's server is not installed: two bridges were not measured")
        yield _rate("messages carried by the broker, not stored", ceiling, None, LOOP, loop)


def _rate(name: str, value: float, least: float | None, yardstick: str, yardstick_value: float) -> Figure:
    return Figure(name, value, "1/s", least, yardstick, yardstick_value, at_least=True)


def _lines(folder: Path, records: int) -> list[Path]:
    """Write what each station sends, a message a line, and return the files."""
    files = []
    for station in STATIONS:
        written = (one for number in count(1) for one in session(station, number, 1, time.time() - 3600))
        payloads = [encode_up(station, "bench", 1.0, 1.0, one) for one in islice(written, records // len(STATIONS))]
        file = folder / f"{station}.{records}"
        file.write_bytes(b"".join(payload + b"\n" for payload in payloads))
        files.append(file)
    return files


def _client(broker: PrivateMosquitto, name: str, user: str, password: str) -> list[str]:
    """Return the beginning of a command line of Mosquitto's own clients."""
    return [program(name) or name, "-h", broker.host, "-p", str(broker.port), "-V", "5", "-q", "1", "-i", user,
            "-u", user, "-P", password]  # fmt: skip


@contextmanager
def _publishing(broker: PrivateMosquitto, passwords: Mapping[str, str], lines: Sequence[Path]) -> Iterator[None]:
    """Have every station send its lines, as fast as the broker takes them."""
    with ExitStack() as files:
        senders = []
        for station, file in zip(STATIONS, lines, strict=True):
            command = [*_client(broker, PUB, station, passwords[station]), "-t", up(station, "any"), "-l"]
            sent = files.enter_context(file.open("rb"))
            senders.append(subprocess.Popen(command, stdin=sent, process_group=0))  # noqa: S603 - our own arguments
        try:
            yield
        finally:
            for one in senders:
                one.kill()
                one.wait()


def _stored_s(clinic: Clinic, lines: Sequence[Path], records: int) -> float:
    """Return how long it takes until all records are in the database."""
    database = engine(clinic.database)
    wanted = select(func.count()).select_from(schema.record)

    def stored() -> bool:
        with database.connect() as connection:
            return connection.scalar(wanted) == records

    try:
        with _publishing(clinic.broker, clinic.passwords, lines):
            return _until_s(stored)
    finally:
        database.dispose()


def _until_s(done: Callable[[], bool]) -> float:
    start_s = time.perf_counter()
    while not done():
        if time.perf_counter() - start_s > GIVE_UP_S:
            raise RuntimeError(f"not all records arrived within {GIVE_UP_S:.0f} s")
        time.sleep(LOOK_S)
    return time.perf_counter() - start_s


@contextmanager
def _broker(folder: Path) -> Iterator[tuple[PrivateMosquitto, Mapping[str, str]]]:
    passwords = {user: secrets.token_urlsafe(12) for user in (BRIDGE_USER, *STATIONS)}
    broker = PrivateMosquitto(folder / "broker", passwords)
    broker.start()
    try:
        yield broker, passwords
    finally:
        broker.stop()


def _ceiling_s(folder: Path, lines: Sequence[Path], records: int) -> float:
    """Return how long the broker takes to carry as many messages to one client that forgets them."""
    with _broker(folder) as (broker, passwords):
        command = [*_client(broker, SUB, BRIDGE_USER, passwords[BRIDGE_USER]), "-C", str(records), "-t", "st/+/up/#"]
        taker = subprocess.Popen(command, stdout=subprocess.DEVNULL, process_group=0)  # noqa: S603 - our own arguments
        try:
            time.sleep(SUBSCRIBED_S)
            with _publishing(broker, passwords, lines):
                return _until_s(lambda: taker.poll() is not None)
        finally:
            taker.kill()
            taker.wait()


def _loop_s(folder: Path, lines: Sequence[Path], records: int) -> float:
    """Return how long the loop that most people write takes to store as many."""
    taken: list[int] = []
    with _broker(folder) as (broker, passwords):
        client = Client(CallbackAPIVersion.VERSION2, BRIDGE_USER, protocol=MQTTProtocolVersion.MQTTv5)
        client.username_pw_set(BRIDGE_USER, passwords[BRIDGE_USER])
        client.on_message = _storing(folder / "loop.db", taken)
        client.connect(broker.host, broker.port)
        client.subscribe("st/+/up/#", 1)
        client.loop_start()
        try:
            with _publishing(broker, passwords, lines):
                return _until_s(lambda: len(taken) >= records)
        finally:
            client.disconnect()
            client.loop_stop()


def _storing(file: Path, taken: list[int]) -> Callable[[Client, Any, MQTTMessage], None]:
    database = sqlite3.connect(file, check_same_thread=False)
    database.execute("CREATE TABLE message (topic TEXT, key TEXT, body TEXT)")

    def store(_client: Client, _data: Any, message: MQTTMessage) -> None:
        body = json.loads(message.payload)
        row = message.topic, body["key"], json.dumps(body["record"])
        database.execute("INSERT INTO message VALUES (?, ?, ?)", row)
        database.commit()
        taken.append(1)

    return store
