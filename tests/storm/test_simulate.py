"""``steadyrig simulate``: F46 with a sample of stations, what it says when something is wrong, and how it ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import delete, update
from storm_station import until

from edge.bench import storm as bench
from edge.browser import PanelError
from edge.config import SettingsError
from edge.records import RepCounted, key, kind
from edge.simulate import clinic as clinics
from edge.simulate.check import Found, look
from edge.simulate.reader import TOUR, Tour, View
from edge.simulate.report import GOAL_CONNECTED_S, GOAL_INGEST_S, GOAL_PAGES_S, Cost, Pages, Report, Spread
from edge.simulate.station import MemoryOutbox
from edge.simulate.traffic import session
from sync import postgres
from sync.broker import available
from sync.journal.rows import is_trace
from sync.messages import decode_up, encode_up
from sync.sender import Sender
from sync.store import engine, schema, writing
from sync.store.ingest import Arrival, ingest
from sync.topics import up

LONG = bool(os.environ.get("STEADYRIG_LONG"))
STATION, WALL = "storm-station-4", 1_780_000_000.0
COMMAND = [sys.executable, "-m", "edge", "simulate"]

needs_mosquitto = pytest.mark.skipif(not available(), reason="Mosquitto is not installed")


def simulated(*asked):
    """What a simulation tells that went well, and what it said meanwhile."""
    done = subprocess.run([*COMMAND, *asked, "--json"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["right"]
    assert told["found"]["written"] == told["found"]["stored"] > 50 * told["stations"]
    assert told["pages"]["errors"] == 0
    assert set(told["pages"]["by_page"]) == set(TOUR)
    return told, done.stderr


@needs_mosquitto
def test_f46_all_stations_come_back_at_once_and_every_record_is_there_once():
    stations = 1000 if LONG else 15
    told, said = simulated("--stations", str(stations), "--reconnect", "--outage", "10" if LONG else "0.5", "--plans")
    assert told["online"] == told["reconnect"]["count"] == told["plans"]["count"] == stations
    assert told["ingest"]["count"] == told["found"]["written"]
    assert told["pages"]["opened"]["count"] > 0, "some while they came back"
    assert told["goals"] == {
        "connected_s": GOAL_CONNECTED_S, "ingest_p99_s": GOAL_INGEST_S, "pages_p95_s": GOAL_PAGES_S,
    }  # fmt: skip
    assert "records to be confirmed" in said


@needs_mosquitto
@pytest.mark.skipif(not postgres.available(), reason="PostgreSQL's server is not installed")
def test_f46_with_two_bridges_on_a_postgresql_that_is_started_for_it():
    load = ["--stations", "1000", "--reconnect"] if LONG else ["--stations", "3"]
    told, _ = simulated(*load, "--db", "postgresql", "--bridges", "2")
    assert (told["database"], told["bridges"]) == ("PostgreSQL", 2)


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
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM] if LONG else [signal.SIGKILL])
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


LIST = '<a href="/patients/p-1">Ana</a> <a href="/patients/p-1/sessions/s-1">today</a>'


def test_a_reader_follows_the_links_of_the_pages_and_tells_which_did_not_come():
    opened, texts = [], {"/": "nobody yet", "/stations": '<a href="/stations/st-1">st-1</a>'}

    def load(path):
        opened.append(path)
        if path not in texts:
            raise PanelError(f"{path} answered 500")
        return texts[path]

    tour = Tour(load, 1)
    views = list(tour.once())
    texts["/"] = LIST
    views += tour.once()
    assert opened[:3] == ["/", "/stations", "/stations/st-1"]
    assert opened[3:] == ["/", "/patients/p-1", "/patients/p-1/sessions/s-1", "/stations", "/stations/st-1"]
    assert [view.page for view in views if not view.problem] == ["list", "stations", "list", "stations"]
    assert "/stations/st-1 answered 500" in views[2].problem


def storm(pages=(), **found):
    """A report of two stations, with pages as they were opened and what the database holds."""
    one, cost = Spread.of([1.0]), {"broker": Cost(1.0, 10.0)}
    return Report(
        stations=2, bridges=1, database="SQLite", encrypted=True, seed=1, online=2, connect=one, reconnect=one,
        plans=None, ingest=one, ingest_s=1.0, sent=9, pages=Pages.of(pages, 10.0, 20.0), database_mb=1.0,
        found=Found(**{"written": 9, "stored": 9, "lost": 0, "twice": 0, "altered": 0, "quarantined": 0} | found),
        costs=cost, finished=True,
    )  # fmt: skip


def test_pages_count_for_the_goal_while_records_come():
    slow, quick = View("list", 19.9, 2.0), View("list", 9.9, 0.2)
    before, after = View("patient", 9.0, 0.3), View("patient", 20.1, 0.4)
    told = storm([slow, quick, before, after])
    assert told.right
    assert (told.pages.opened.count, told.pages.opened.longest, told.pages.otherwise.longest) == (2, 2.0, 0.4)
    assert "goal: 95 % within 0.5 s MISSED" in told.as_text()


def test_a_page_that_did_not_come_or_a_row_that_is_twice_is_not_right():
    broken = storm([View("list", 1.0, 0.1), View("station", 2.0, 0.1, "answered 500")])
    assert not broken.right
    assert "1 with an error (station: answered 500)" in broken.as_text()
    assert not storm(twice=1).right


def test_a_storm_gives_its_figures_and_one_that_was_not_finished_none():
    figures = {one.name: one for one in bench.told(storm([View("list", 12.0, 0.7)], lost=1))}
    assert all(name.startswith("2 stations back, ") for name in figures)
    missed = [name.split(", ", 1)[1] for name, one in figures.items() if not one.holds]
    assert missed == ["page, 95 %", "lost"]
    with pytest.raises(RuntimeError, match="it was stopped"):
        list(bench.told(replace(storm(), finished=False, why="it was stopped")))


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
    assert [row.record for row in outbox.row(9)] == [written[8]]
    assert outbox.row(1) == []
    alerts = [row.key for row in outbox.alerts(3)]
    assert len(alerts) == 3
    outbox.acknowledge(alerts)
    assert not set(alerts) & {row.key for row in outbox.alerts(3)}


class RefusingLink:
    """A broker to which nobody listens."""

    connected = True

    def __init__(self):
        self.sent = []

    def publish(self, _topic, payload, *, done):
        self.sent.append(decode_up(payload).key)
        done("No matching subscribers")


def test_the_delay_of_a_record_begins_when_it_is_sent_itself():
    outbox, link, refused = MemoryOutbox("boot"), RefusingLink(), []
    for record in session(STATION, 1, 1, WALL):
        outbox.append(record, 0.0, WALL)
    sender = Sender(link, STATION, refused.append)
    for now_s in (0.0, 10.0):
        sender.send(outbox, now_s)
        for name in refused:
            sender.missed(name, now_s)
        refused.clear()
    assert len(link.sent) > len(set(link.sent)), "some were sent again"
    assert set(outbox.sent_s) == set(link.sent)
