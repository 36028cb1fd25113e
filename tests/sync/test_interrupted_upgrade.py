"""Row F48 at the clinic: an upgrade cut off at any step leaves the old database or the new one, with all rows."""

import os
import shutil
import sqlite3

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from faulty_disk import Disk

from sync.store import database, engine, upgrade, writing

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
    clinic = engine(f"sqlite:///{folder}/panel.db")
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
    return folder


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
