"""F43 and F45: acknowledgements lost, connections cut, half open and slow: late, and never lost or twice."""

from __future__ import annotations

import os
import random
from contextlib import closing
from itertools import pairwise

import pytest
from sqlalchemy import select
from storm_proxy import Proxy
from storm_station import journaled, quick_clinic, real_station, sessions, until

from edge.simulate import polled
from edge.simulate.check import look
from edge.simulate.polled import PolledTransport
from sync import mqtt
from sync.broker import available, free_port
from sync.sender import RESEND_S
from sync.store import engine, schema
from sync.store.ingest import TABLES

STATION = "storm-station-3"
LONG = bool(os.environ.get("STEADYRIG_LONG"))
SESSIONS = 10 if LONG else 2
OURS = {"received_at", "boot", "t_s"}
"""Columns that say when the clinic received a row, and in which run of its station: no two runs agree."""

needs_mosquitto = pytest.mark.skipif(not available(), reason="Mosquitto is not installed")


@pytest.fixture
def clinic():
    with quick_clinic(STATION) as made:
        yield made


@pytest.fixture
def proxy(clinic, monkeypatch):
    # A half-open connection is noticed after one and a half of these; nobody needs to wait for the usual one.
    monkeypatch.setattr(mqtt, "KEEPALIVE_S", 1)
    with closing(Proxy((clinic.broker.host, clinic.broker.port))) as made:
        yield made


@pytest.fixture
def station(clinic, proxy, tmp_path):
    with real_station(clinic, STATION, tmp_path / "station", port=proxy.port) as keeper:
        yield keeper


def content(database):
    """Everything the clinic knows of records, sorted."""
    opened = engine(database)
    try:
        with opened.connect() as connection:
            return {
                table.name: sorted(
                    repr({name: value for name, value in row._mapping.items() if name not in OURS})
                    for row in connection.execute(select(table))
                )
                for table in (schema.record, schema.fact, *TABLES.values())
            }
    finally:
        opened.dispose()


def delivered(clinic, folder, records):
    found = look(clinic.database, {STATION: journaled(folder)})
    assert found.written == len(records)
    assert found.right, found


@needs_mosquitto
def test_f43_lost_acknowledgements_repeats_and_cuts_leave_the_database_of_a_clean_run(
    clinic, proxy, station, tmp_path
):
    records, chance = sessions(STATION, SESSIONS), random.Random(43)
    until(lambda: station.online, "the station")
    for first in range(0, len(records), 20):
        proxy.deaf = chance.random() < 0.5  # what is stored now is not confirmed, and comes again
        station.save(records[first : first + 20], 10.0)
        if proxy.deaf:
            sent = station._sender.sent
            until(lambda before=sent: station._sender.sent > before or not station.online, "some to be sent")
        proxy.cut()
    proxy.deaf = False
    proxy.cut()
    until(lambda: station.backlog == 0, "the confirmation")
    assert proxy.swallowed > 0
    with quick_clinic(STATION) as clean:
        with real_station(clean, STATION, tmp_path / "clean") as keeper:
            keeper.save(records, 10.0)
            until(lambda: keeper.backlog == 0, "the clean run")
        assert content(clinic.database) == content(clean.database)
    delivered(clinic, tmp_path / "station", records)


@needs_mosquitto
def test_f45_a_third_of_everything_lost_and_a_half_open_line_lose_nothing(clinic, proxy, station, tmp_path):
    records = sessions(STATION, 1)
    proxy.lose = 0.3
    station.save(records[:40], 10.0)
    until(lambda: proxy.resets >= 5, "losses")
    proxy.lose = 0.0
    until(lambda: station.backlog == 0, "delivery after the losses")
    proxy.mute = True
    station.save(records[40:], 10.0)
    until(lambda: not station.online, "the half-open line to be noticed")
    proxy.mute = False
    until(lambda: station.backlog == 0, "delivery after the half-open line")
    delivered(clinic, tmp_path / "station", records)


@needs_mosquitto
def test_f45_a_slow_line_carries_everything_once(clinic, tmp_path):
    records, folder = sessions(STATION, 1), tmp_path / "station"
    with (
        closing(Proxy((clinic.broker.host, clinic.broker.port))) as proxy,
        real_station(clinic, STATION, folder, port=proxy.port, resend_s=RESEND_S) as keeper,
    ):
        proxy.rate = 1000 if LONG else 100_000
        keeper.save(records, 10.0)
        until(lambda: keeper.backlog == 0, "delivery over a slow line", 600)
        # A busy machine may answer a few of them late; what is sent again must never feed on itself.
        assert keeper._sender.sent <= 1.25 * len(records), "hardly anything was sent twice"
        assert proxy.attempts == 1
    delivered(clinic, folder, records)


def test_f45_a_line_that_stays_down_is_tried_no_more_than_once_a_second_and_20_times_an_hour(monkeypatch):
    now_s = 1000.0
    monkeypatch.setattr(polled.time, "monotonic", lambda: now_s)
    down = PolledTransport("127.0.0.1", free_port(), STATION, changed=lambda *_change: None)
    down.start(lambda _message: None, [])
    tries = []
    while now_s < 1000.0 + 6 * 3600:
        now_s = down.due_s
        tries.append(now_s)
        down.connect()
    down.stop()
    assert min(later - sooner for sooner, later in pairwise(tries)) >= 1.0
    for hour in range(1, 6):
        assert sum(hour * 3600 <= at - 1000.0 < (hour + 1) * 3600 for at in tries) <= 20
