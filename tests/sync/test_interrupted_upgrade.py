"""Row F48: an upgrade cut off at any step leaves the old journal or database or the new one, with all rows.

The power goes after each write; and a process that upgrades is killed before each statement and before each write.
"""

import itertools
import os
import shutil
import sqlite3

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from faulty_disk import Disk
from keeper_by_hand import PATIENT
from killed_child import by_any_statement, by_statement, by_write, killed
from sqlalchemy import select, text

from sync.journal import MIGRATIONS, StoredItem, open_journal
from sync.store import database, engine, schema, upgrade, writing

LONG = bool(os.environ.get("STEADYRIG_LONG"))
SAMPLE = 6
REPS = 40


@pytest.fixture
def tmp_path(in_memory):
    return in_memory


@pytest.fixture
def old(tmp_path):
    """The folder with a clinic's database of the first version, in which somebody has trained."""
    folder = tmp_path / "clinic"
    folder.mkdir()
    first_version(f"sqlite:///{folder}/panel.db")
    return folder


def first_version(url):
    """Make a clinic's database of the first version, in which somebody has trained."""
    clinic = engine(url)
    with clinic.connect().execution_options(steadyrig_writes=True) as connection:
        command.upgrade(database.alembic(connection), "0001")
    with writing(clinic) as connection:
        connection.exec_driver_sql("INSERT INTO patient (id, name, first_name, created_at) VALUES ('p', 'A', 'A', 1)")
        for number in range(1, REPS + 1):
            connection.exec_driver_sql(
                "INSERT INTO rep (station_id, session_id, set_number, number, start_s, end_s, range_value, "
                "range_unit, verdict, confidence, origin) "
                f"VALUES ('station-a-0001', 's', 1, {number}, 1.0, 2.0, 80.0, 'deg', 'on_target', 0.9, 'sensed')"
            )
    clinic.dispose()


def looked_at(folder):
    """Return version and rows as any program finds them."""
    db = sqlite3.connect(folder / "panel.db")
    (version,) = db.execute("SELECT version_num FROM alembic_version").fetchone()
    found = [number for (number,) in db.execute("SELECT number FROM rep ORDER BY number")]
    assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    db.close()
    return version, found


def test_f48_an_upgrade_of_the_clinics_database_cut_off_at_any_step_loses_no_row(old, tmp_path):
    with Disk(old) as disk:
        upgrade(f"sqlite:///{old}/panel.db")
    newest, rows = looked_at(old)
    assert rows == list(range(1, REPS + 1))
    ways = ({}, {"unsynced": True}, {"unsynced": True, "torn": True})
    cuts = [(until, way) for until in range(len(disk.log) + 1) for way in ways]
    if not LONG:
        cuts = [*cuts[:: max(1, len(cuts) // SAMPLE)], cuts[-1]]
    versions = set()
    for until, way in cuts:
        cut = disk.image(tmp_path / "cut", until, **way)
        version, found = looked_at(cut)
        versions.add(version)
        assert found == rows, f"cut after {until}"
        upgrade(f"sqlite:///{cut}/panel.db")
        assert looked_at(cut) == (newest, rows), f"cut after {until}"
        shutil.rmtree(cut)
    assert versions == {"0001", newest}, "all of an upgrade, or nothing"


def test_the_migrations_are_one_chain():
    clinic = engine("sqlite://")
    with clinic.connect() as connection:
        assert len(ScriptDirectory.from_config(database.alembic(connection)).get_heads()) == 1
    clinic.dispose()


# ---- killed, in a process of its own ------------------------------------------------------------------------------


def steps(every):
    """Return which steps to die at: each, or one of so many where it must not take long."""
    return itertools.count(1, 1 if LONG else every)


@pytest.mark.parametrize("way", [by_statement, by_write])
@pytest.mark.parametrize("version", range(len(MIGRATIONS)))
def test_f48_a_station_killed_while_it_upgrades_its_journal_has_all_of_it(
    tmp_path, old_journal, session, version, way
):
    if version:
        old_journal(tmp_path / "old.db", session(), version=version)
    records, plans = (session(), [StoredItem(3, "{}", "c2ln")]) if version else ([], [])
    versions = set()
    for step in steps(4 + version):
        folder = tmp_path / f"{step}"
        folder.mkdir()
        path = folder / "journal.db"
        if version:
            shutil.copy(tmp_path / "old.db", path)
        came_so_far = killed(lambda path=path: open_journal(path, PATIENT).close(), folder, way, step)
        versions.add(version_of(shutil.copytree(folder, tmp_path / "looked") / "journal.db"))
        shutil.rmtree(tmp_path / "looked")
        journal = open_journal(path, PATIENT)
        assert journal.salvaged is None, f"killed at {step}"
        assert (list(journal.records()), journal.items("plan")) == (records, plans), f"killed at {step}"
        assert journal.backlog() == len(records)
        assert journal._db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        journal.close()
        shutil.rmtree(folder)
        if not came_so_far:
            break
    assert step > 4, "it was killed at all"
    assert versions == {version, len(MIGRATIONS)}


def version_of(path):
    db = sqlite3.connect(path)
    (version,) = db.execute("PRAGMA user_version").fetchone()
    db.close()
    return version


@pytest.mark.parametrize("way", [by_statement, by_write])
def test_f48_a_clinic_killed_while_it_upgrades_its_database_has_all_of_it(old, tmp_path, way):
    versions = set()
    for step in steps(97):
        folder = shutil.copytree(old, tmp_path / "killed")
        url = f"sqlite:///{folder}/panel.db"
        came_so_far = killed(lambda url=url: upgrade(url), folder, way, step)
        version, found = looked_at(folder)
        versions.add(version)
        assert found == list(range(1, REPS + 1)), f"killed at {step}"
        upgrade(url)
        newest, found = looked_at(folder)
        assert found == list(range(1, REPS + 1)), f"killed at {step}"
        shutil.rmtree(folder)
        if not came_so_far:
            break
    assert step > 97, "it was killed at all"
    assert versions == {"0001", newest}, "all of an upgrade, or nothing"


@pytest.mark.skipif(not LONG, reason="starts a server")
def test_f48_a_clinic_on_postgresql_killed_while_it_upgrades_has_all_of_it(postgres, tmp_path):
    wanted = list(range(1, REPS + 1))
    for step in itertools.count(1, 3):
        url = postgres.empty()
        first_version(url)
        came_so_far = killed(lambda url=url: upgrade(url), tmp_path, by_any_statement, step)
        clinic = engine(url)
        with clinic.connect() as connection:
            version = connection.scalar(text("SELECT version_num FROM alembic_version"))
            assert list(connection.scalars(text("SELECT number FROM rep ORDER BY number"))) == wanted
        assert (version == "0001") is came_so_far, f"killed at {step}"
        upgrade(url)
        with clinic.connect() as connection:
            assert list(connection.scalars(select(schema.rep.c.number).order_by(schema.rep.c.number))) == wanted
        clinic.dispose()
        if not came_so_far:
            break
    assert step > 9, "it was killed at all"
