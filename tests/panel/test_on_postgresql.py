"""The panel on PostgreSQL shows what it shows on SQLite, also with repetitions and traces parted by month."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC
from pathlib import Path

import panel_seed
import pytest
from sqlalchemy import func, select, text

from sync.panel.app import create_app
from sync.panel.config import PanelConfig
from sync.postgres import PrivatePostgres, available
from sync.store import engine, schema, upgrade, writing

PARTITIONS = Path(__file__).parents[2] / "docs" / "partitions.sql"
LINK = re.compile(r'href="(/[^"#]*)"')
TOKEN = re.compile(r'name="csrf_token" value="[^"]*"')


@pytest.fixture(scope="module")
def server() -> Iterator[PrivatePostgres]:
    if not available():
        pytest.skip("PostgreSQL's server is not installed")
    with PrivatePostgres() as started:
        yield started


@pytest.fixture
def moved(clinic, seeded, server, request):
    """The same clinic, row by row, on PostgreSQL."""
    url = server.create(f"panel{request.node.name.count('parted')}")
    upgrade(url)
    database = engine(url)
    with clinic.engine.connect() as source, writing(database) as target:
        for table in schema.metadata.sorted_tables:
            rows = [dict(row) for row in source.execute(select(table)).mappings()]
            if rows:
                target.execute(table.insert(), rows)
        for table in ("clinician", "prescription"):
            target.execute(text(f"SELECT setval('{table}_id_seq', (SELECT max(id) FROM {table}))"))
    time = [panel_seed.NOW]
    config = PanelConfig(url, seeded / "keys", panel_seed.SECRET, now=lambda: time[0], zone=UTC)
    app = create_app(config)
    yield panel_seed.Clinic(app, database, config, time)
    app.extensions["engine"].dispose()
    database.dispose()


def pages(clinic):
    """Return the pages that links lead to and that show the database, as a clinician sees them."""
    client, found, waiting = clinic.logged_in(), {}, ["/"]
    while waiting:
        address = waiting.pop()
        if address in found or any(part in address for part in ("/static/", "/card", "?", "/plan/")):
            continue
        body = client.get(address).get_data(as_text=True)
        found[address] = TOKEN.sub("", body)
        waiting += LINK.findall(body)
    return found


def test_every_page_is_the_same(clinic, moved):
    here = pages(clinic)
    assert len(here) > 8
    assert pages(moved) == here


def test_a_session_is_the_same_when_parted_by_month(clinic, moved):
    raw = moved.engine.raw_connection()
    raw.cursor().execute(PARTITIONS.read_text("utf-8"))
    raw.commit()
    raw.close()
    address = f"/patients/{panel_seed.ANA}/sessions/session-ana-3"
    here, there = (TOKEN.sub("", one.logged_in().get(address).text) for one in (clinic, moved))
    assert there == here
    row = panel_seed.rep_row(panel_seed.ANA_STATION, "session-9999", 1, 1, 0.0, (1.0, 1.0, 1.0, 1.0))
    panel_seed.rows(moved.engine, schema.rep, row)
    with moved.engine.connect() as connection:
        before = connection.scalar(text("SELECT count(*) FROM rep_before"))
        whole = connection.scalar(select(func.count()).select_from(schema.rep))
        this_month = connection.scalar(text("SELECT 'rep' || to_char(now() AT TIME ZONE 'UTC', '_YYYY_MM')"))
        assert connection.scalar(text(f"SELECT session_id FROM {this_month}")) == "session-9999"
    assert whole == before + 1
