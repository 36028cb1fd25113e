"""``steadyrig simulate``: F46 with a sample of stations, what it says when something is wrong, and how it ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import delete, update
from storm_station import until

from edge.config import SettingsError
from edge.records import RepCounted, key, kind
from edge.simulate import clinic as clinics
from edge.simulate.check import look
from edge.simulate.report import GOAL_CONNECTED_S, GOAL_INGEST_S
from edge.simulate.station import MemoryOutbox
from edge.simulate.traffic import session
from sync.broker import available
from sync.journal.rows import is_trace
from sync.messages import decode_up, encode_up
from sync.store import engine, schema, writing
from sync.store.ingest import Arrival, ingest
from sync.topics import up

LONG = bool(os.environ.get("STEADYRIG_LONG"))
STATION, WALL = "storm-station-4", 1_780_000_000.0
COMMAND = [sys.executable, "-m", "edge", "simulate"]

needs_mosquitto = pytest.mark.skipif(not available(), reason="Mosquitto is not installed")


@needs_mosquitto
def test_f46_all_stations_come_back_at_once_and_every_record_is_there_once():
    stations = 1000 if LONG else 15
    asked = ["--stations", str(stations), "--reconnect", "--outage", "10" if LONG else "0.5", "--plans", "--json"]
    done = subprocess.run([*COMMAND, *asked], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["right"]
    assert told["online"] == told["reconnect"]["count"] == told["plans"]["count"] == stations
    assert told["found"]["written"] == told["found"]["stored"] > 50 * stations
    assert told["ingest"]["count"] == told["found"]["written"]
    assert (told["goals"]["connected_s"], told["goals"]["ingest_p99_s"]) == (GOAL_CONNECTED_S, GOAL_INGEST_S)
    assert "records to be confirmed" in done.stderr


def running_in(folder):
    """The processes that were started with something in this folder."""
    found = []
    for line in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if str(folder).encode() in line.read_bytes():
                found.append(line.parent.name)
        except OSError:
            continue
    return found


@needs_mosquitto
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL], ids=["stopped", "killed"])
def test_nothing_is_left_however_it_ends(how, tmp_path):
    child = subprocess.Popen(
        [*COMMAND, "--stations", "3", "--over", "600"],
        env={**os.environ, "TMPDIR": str(tmp_path)}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert any("sessions:" in line for line in child.stderr)
    assert running_in(tmp_path), "the broker runs in its folder"
    child.send_signal(how)
    said, _ = child.communicate()
    if how is signal.SIGTERM:
        assert child.returncode == 1
        assert "Not finished: it was stopped while sessions: 3 of 3 connected" in said
    until(lambda: not running_in(tmp_path), "the broker to end")
    until(lambda: not list(tmp_path.iterdir()), "the folder to go")


@pytest.fixture
def stored(tmp_path):
    """A database with one session in it, and the records of that session."""
    url, records = f"sqlite:///{tmp_path / 'clinic.db'}", session(STATION, 1, 1, WALL)
    made = clinics.Clinic(tmp_path, None, url, [STATION], 1, False, True)
    made.enrol()
    database = engine(url)
    with writing(database) as connection:
        arrivals = [Arrival(up(STATION, kind(one)), decoded(one), encoded(one)) for one in records]
        assert ingest(connection, arrivals, WALL).stored == len(records)
    yield url, records, database
    database.dispose()


def encoded(record):
    return encode_up(STATION, "boot", 1.0, WALL, record)


def decoded(record):
    return decode_up(encoded(record))


def test_the_check_finds_what_is_lost_altered_and_set_aside(stored):
    url, records, database = stored
    assert look(url, {STATION: records}).right
    ledger = schema.record.c
    with writing(database) as connection:
        connection.execute(delete(schema.record).where(ledger.key == key(records[0])))
        changed = update(schema.record).where(ledger.key == key(records[1]))
        connection.execute(changed.values(content_hash="0" * 64))
    found = look(url, {STATION: records})
    assert (found.lost, found.altered, found.right) == (1, 1, False)


def test_the_check_finds_a_row_that_is_there_twice(stored):
    url, records, database = stored
    rep = next(record for record in records if isinstance(record, RepCounted))
    with writing(database) as connection:
        connection.execute(delete(schema.record).where(schema.record.c.key == key(rep)))
    found = look(url, {STATION: [record for record in records if record is not rep]})
    assert (found.lost, found.twice, found.right) == (0, 1, False)


def test_a_database_with_patients_is_refused(stored, tmp_path):
    url, _, _ = stored
    with pytest.raises(SettingsError, match="holds patients; expected an empty one"):
        clinics.Clinic(tmp_path / "other", None, url, [STATION], 1, False, True).enrol()


def test_sessions_are_plausible_and_the_same_for_the_same_seed():
    records = session(STATION, 3, 7, WALL)
    assert records == session(STATION, 3, 7, WALL) != session(STATION, 3, 8, WALL)
    assert len({key(record) for record in records}) == len(records)
    for record in records:
        assert decoded(record).record == record


def test_the_outbox_in_memory_keeps_order_and_alerts():
    outbox = MemoryOutbox("boot")
    written = [record for number in range(200) for record in session(STATION, number, 1, WALL)]
    for record in (*written, written[0]):
        outbox.append(record, 0.0, WALL)
    records = [record for record in written if not is_trace(record)]
    traces = [record for record in written if is_trace(record)]
    assert [row.record for row in outbox.traces(5)] == traces[:5]
    assert [row.record for row in outbox.waiting(9, 5)] == records[5:14]
    outbox.acknowledge([key(record) for record in records[:8]])
    assert [row.record for row in outbox.waiting(5)] == records[8:13]
    assert outbox.backlog() == len(written) - 8
    alerts = [row.key for row in outbox.alerts(3)]
    assert len(alerts) == 3
    outbox.acknowledge(alerts)
    assert not set(alerts) & {row.key for row in outbox.alerts(3)}
