"""The clinic's database: migrations, the way in for records, the way out for plans."""

from __future__ import annotations

import random
import threading
from itertools import pairwise

import numpy as np
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import func, select

from edge.config import SettingsError
from edge.programme import PlanError
from edge.records import key
from edge.services.clinic import prepare_database
from sync.messages import VERSION, Up, encode
from sync.signing import verify
from sync.store import database, engine, schema, upgrade, writing
from sync.store.ingest import TABLES, Arrival, content_hash, ingest
from sync.store.outgoing import mark_published, unpublished, unreceived
from sync.store.prescriptions import write_plan
from sync.store.quarantine import Aside, Sort, set_aside
from sync.topics import up

STATION, OTHER, PATIENT, WALL = "station-a-0001", "station-b-0002", "patient-a-0001", 1_780_000_000.0

on_both = pytest.mark.parametrize("db_url", ["sqlite", "postgresql"], indirect=True)


def sent(records, station=STATION, topic_station=None):
    return [arrived(Up(VERSION, key(r), station, "boot", 1.0, WALL, r), topic_station) for r in records]


def arrived(one, topic_station=None):
    return Arrival(up(topic_station or one.station, "any"), one, encode(one))


def content(database):
    tables = [table for table in schema.metadata.sorted_tables if table.name not in ("record", "station")]
    with database.connect() as connection:
        found = {table.name: sorted(map(repr, connection.execute(select(table)))) for table in tables}
        ledger = select(schema.record.c.station_id, schema.record.c.key, schema.record.c.content_hash)
        return found | {"record": sorted(map(repr, connection.execute(ledger)))}


def count(database, table):
    with database.connect() as connection:
        return connection.scalar(select(func.count()).select_from(table))


@on_both
def test_migrations_lead_to_the_schema(db_url):
    database = engine(db_url)
    with database.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, schema.metadata) == []
    database.dispose()


def test_upgrading_again_and_side_by_side_changes_nothing(tmp_path):
    url = f"sqlite:///{tmp_path}/100%.db"
    upgrade(url)
    upgrade(url)
    database = engine(url)
    assert count(database, schema.station) == 0
    database.dispose()


@on_both
def test_every_kind_of_record_has_its_table_and_comes_back(clinic, session):
    records = session()
    with writing(clinic) as connection:
        outcome = ingest(connection, sent(records), WALL)
    assert (outcome.stored, outcome.repeated, outcome.quarantined) == (len(records), 0, 0)
    assert outcome.acknowledge == {STATION: [key(r) for r in records]}
    assert all(count(clinic, table) for table in TABLES.values())
    with clinic.connect() as connection:
        done = connection.execute(select(schema.training_set)).mappings().one()
        stored = connection.scalar(select(schema.trace.c["values"]))
        seen = connection.scalar(select(schema.station.c.seen_at).where(schema.station.c.id == STATION))
    assert (done["load_low_kg"], done["load_high_kg"], done["stop_reason"]) == (5.0, 8.0, "target")
    assert np.frombuffer(stored, "<f4").tolist() == [0.0, 1.5, -2.25]
    assert seen == WALL


def test_repeats_in_any_order_and_any_batches_change_nothing(clinic, session, tmp_path):
    messages = sent([*session(), *session(session_id="session-0002")[:-1]])
    with writing(clinic) as connection:
        ingest(connection, messages, WALL)
    clean = content(clinic)
    chance = random.Random(4)
    shuffled = messages * 3
    chance.shuffle(shuffled)
    cuts = [0, *sorted(chance.sample(range(len(shuffled)), 6)), len(shuffled)]

    url = f"sqlite:///{tmp_path}/second.db"
    upgrade(url)
    second = engine(url)
    with writing(second) as connection:
        for table in (schema.patient, schema.station):
            with clinic.connect() as source:
                connection.execute(table.insert(), [dict(row) for row in source.execute(select(table)).mappings()])
    stored = 0
    for low, high in pairwise(cuts):
        with writing(second) as connection:
            stored += ingest(connection, shuffled[low:high], WALL).stored
    assert stored == len(messages)
    assert content(second) == clean
    second.dispose()


@on_both
def test_other_content_under_a_known_key_is_quarantined_and_the_first_kept(clinic, rep):
    with writing(clinic) as connection:
        ingest(connection, sent([rep(1)]), WALL)
    for _ in range(3):
        with writing(clinic) as connection:
            outcome = ingest(connection, sent([rep(1, peak_force_n=999.0), rep(2), rep(2, range_value=1.0)]), WALL)
    assert outcome.quarantined == 2
    assert outcome.acknowledge[STATION].count(key(rep(1))) == 1
    with clinic.connect() as connection:
        assert set(connection.scalars(select(schema.rep.c.peak_force_n))) == {61.5}
    assert count(clinic, schema.quarantine) == 2


def moments(database):
    line = schema.record.c
    with database.connect() as connection:
        rows = connection.execute(select(line.key, line.boot, line.t_s, line.wall, line.sure).order_by(line.key))
        return [tuple(row) for row in rows]


@on_both
def test_f20_the_ledger_tells_when_its_station_was_handed_a_record(clinic, rep):
    boot, other = "a" * 32, "b" * 32
    handed = [
        Up(VERSION, key(rep(1)), STATION, boot, 812.25, 500.125, rep(1), sure=False),
        Up(VERSION, key(rep(2)), STATION, other, 3.5, WALL, rep(2)),
        Up(VERSION, key(rep(3)), STATION, "", 4.5, WALL, rep(3)),  # an alert from memory, without a journal
    ]
    again = [Up(one.v, one.key, one.station, "c" * 32, 1.0, 1.0, one.record) for one in handed]
    with writing(clinic) as connection:
        assert ingest(connection, [arrived(one) for one in handed], WALL).stored == 3
        assert ingest(connection, [arrived(one) for one in again], WALL).repeated == 3
    assert moments(clinic) == [
        (key(rep(1)), boot, 812.25, 500.125, False),
        (key(rep(2)), other, 3.5, WALL, True),
        (key(rep(3)), None, 4.5, WALL, True),
    ]


def test_f20_what_was_stored_before_moments_were_kept_does_not_tell_and_its_repeat_is_harmless(tmp_path, rep):
    url = f"sqlite:///{tmp_path}/old.db"
    old = engine(url)
    with old.connect().execution_options(steadyrig_writes=True) as connection:
        command.upgrade(database.alembic(connection), "0009")
    with writing(old) as connection:
        connection.exec_driver_sql("INSERT INTO patient (id, name, first_name, created_at) VALUES ('p', 'A', 'A', 1)")
        connection.exec_driver_sql(
            f"INSERT INTO station (id, patient_id, created_at, online) VALUES ('{STATION}', 'p', 1, 0)"
        )
        connection.exec_driver_sql(
            "INSERT INTO record (station_id, key, kind, content_hash, received_at) "
            f"VALUES ('{STATION}', '{key(rep(1))}', 'rep', '{content_hash(rep(1))}', 1.0)"
        )
    old.dispose()
    upgrade(url)
    new = engine(url)
    with writing(new) as connection:
        outcome = ingest(connection, sent([rep(1)]), WALL)
    assert (outcome.stored, outcome.repeated, outcome.quarantined) == (0, 1, 0)
    assert moments(new) == [(key(rep(1)), None, None, None, None)]
    new.dispose()


@on_both
@pytest.mark.parametrize(
    ("body", "topic"), [(OTHER, STATION), (STATION, OTHER), ("station-x-0009", None), (STATION, "station-x-0009")]
)
def test_foreign_and_unknown_stations_are_quarantined_and_not_acknowledged(clinic, rep, body, topic):
    with writing(clinic) as connection:
        outcome = ingest(connection, sent([rep(1)], body, topic), WALL)
    assert (outcome.stored, outcome.quarantined, dict(outcome.acknowledge)) == (0, 1, {})
    assert count(clinic, schema.rep) == 0
    assert count(clinic, schema.quarantine) == 1


@on_both
def test_quarantine_keeps_hostile_topics_and_reasons_on_one_line(clinic):
    with writing(clinic) as connection:
        hostile = Aside(Sort.POISON, "st/x\nfake\ud800", b"\xff\x00", "why\r\nforged")
        assert set_aside(connection, [hostile, hostile], WALL) == set_aside(connection, [hostile], WALL) == {hostile}
    with clinic.connect() as connection:
        row = connection.execute(select(schema.quarantine)).mappings().one()
    assert "\n" not in row["topic"] + row["reason"]
    assert row["payload"] == b"\xff\x00"


@on_both
def test_a_batch_that_fails_leaves_nothing(clinic, rep):
    def interrupted():
        with writing(clinic) as connection:
            ingest(connection, sent([rep(1), rep(2)]), WALL)
            raise OSError("the power went")

    with pytest.raises(OSError, match="power"):
        interrupted()
    assert count(clinic, schema.rep) == count(clinic, schema.record) == 0


@on_both
def test_two_writers_take_turns(clinic, rep):
    failures = []

    def write(first):
        try:
            for number in range(first, first + 20):
                with writing(clinic) as connection:
                    ingest(connection, sent([rep(number)]), WALL)
        except Exception as exc:
            failures.append(exc)

    writers = [threading.Thread(target=write, args=(first,)) for first in (1, 11, 31)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert failures == []
    assert count(clinic, schema.rep) == 50


@on_both
def test_a_written_plan_is_signed_and_waits_to_be_published(clinic, keys, plan):
    signer, verifier = keys
    with writing(clinic) as connection:
        first = write_plan(connection, signer, plan(1), "dr", "start", WALL)
    with writing(clinic) as connection:
        waiting = unpublished(connection)
        assert [(p.id, p.station_id, p.version) for p in waiting] == [(first, STATION, 1)]
        assert verify(verifier, waiting[0].payload, waiting[0].signature)
        mark_published(connection, waiting[0], WALL)
    with clinic.connect() as connection:
        assert unpublished(connection) == []
        assert [p.id for p in unreceived(connection)] == [first]


@on_both
def test_only_the_newest_plan_of_a_station_goes_out(clinic, keys, plan):
    with writing(clinic) as connection:
        for version in (1, 2, 3):
            write_plan(connection, keys[0], plan(version), "dr", "more", WALL)
        assert [p.version for p in unpublished(connection)] == [3]


@on_both
def test_plans_the_station_would_refuse_are_not_written(clinic, keys, plan):
    with writing(clinic) as connection:
        write_plan(connection, keys[0], plan(4), "dr", "start", WALL)
        for bad in (
            plan(4),
            plan(3),
            plan(5, "patient-b-0002"),
            plan(5, PATIENT, OTHER),
            plan(5, PATIENT, "unknown-1"),
        ):
            with pytest.raises(PlanError):
                write_plan(connection, keys[0], bad, "dr", "no", WALL)
    assert count(clinic, schema.prescription) == 1


def test_a_database_of_the_first_version_keeps_its_rows(tmp_path):
    url = f"sqlite:///{tmp_path}/old.db"
    old = engine(url)
    with old.connect().execution_options(steadyrig_writes=True) as connection:
        command.upgrade(database.alembic(connection), "0001")
    row = ("s", "x", 1, "band_row", 1, 3, 1, 8, "3-1-1", 0.0, 60.0, 8, "target", "sensed")
    with writing(old) as connection:
        connection.exec_driver_sql(
            "INSERT INTO training_set (station_id, session_id, number, exercise, set_of_exercise, sets_planned, "
            "plan_version, reps_planned, tempo, started_s, ended_s, reps_counted, stop_reason, origin) "
            f"VALUES {row}"
        )
    old.dispose()
    upgrade(url)
    new = engine(url)
    with new.connect() as connection:
        found = connection.execute(select(schema.training_set)).mappings().one()
    assert (found["reps_counted"], found["doubts"]) == (8, "")
    new.dispose()


def test_a_database_that_cannot_be_opened_is_named_without_its_password(tmp_path):
    url = "postgresql://steadyrig:very-secret@127.0.0.1:1/clinic"
    with pytest.raises(SettingsError, match=r"panel\.database") as caught:
        prepare_database(tmp_path / "panel.toml", url)
    assert "very-secret" not in str(caught.value)
    assert "127.0.0.1" in str(caught.value)


def test_the_address_of_postgresql_may_be_the_usual_one():
    database = engine("postgresql://steadyrig@127.0.0.1/clinic")
    assert database.driver == "psycopg"
    database.dispose()


def test_what_was_set_aside_before_is_counted_and_kept_once(tmp_path):
    url = f"sqlite:///{tmp_path}/old.db"
    old = engine(url)
    with old.connect().execution_options(steadyrig_writes=True) as connection:
        command.upgrade(database.alembic(connection), "0004")
    with writing(old) as connection:
        for payload in (b"one", b"one", b"two"):
            row = ("st/x/up/rep", "why", payload, WALL)
            connection.exec_driver_sql(
                "INSERT INTO quarantine (topic, reason, payload, received_at) VALUES (?, ?, ?, ?)", row
            )
    old.dispose()
    upgrade(url)
    new = engine(url)
    again = Aside(Sort.POISON, "st/x/up/rep", b"two", "why")
    with writing(new) as connection:
        set_aside(connection, [again], WALL)
        kept = connection.execute(select(schema.quarantine.c.payload, schema.quarantine.c.size)).all()
        counted = connection.execute(select(schema.quarantine_count)).all()
    assert [tuple(row) for row in kept] == [(b"one", 3), (b"two", 3)]
    assert [tuple(row) for row in counted] == [("poison", 2, 0)]
    new.dispose()
