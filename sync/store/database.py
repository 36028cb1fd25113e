"""The clinic's database: opening it and bringing its schema up to date. SQLite by default."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, create_engine, event

PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=5000", "foreign_keys=ON")


def engine(url: str) -> Engine:
    """Return an engine on the database. What a finished transaction wrote survives a power cut."""
    made = create_engine(url, hide_parameters=True)
    if made.dialect.name == "sqlite":
        event.listen(made, "connect", _prepare)
        event.listen(made, "begin", _begin)
    return made


@contextmanager
def writing(database: Engine) -> Iterator[Connection]:
    """Yield a connection in a transaction that may read first and write later without losing its turn."""
    with database.connect().execution_options(steadyrig_writes=True) as connection, connection.begin():
        yield connection


def upgrade(url: str) -> None:
    """Bring the schema to the newest version; a database that is there already does nothing."""
    database = engine(url)
    try:
        # The migrations open one transaction for them all; two upgrades at once take turns.
        with database.connect().execution_options(steadyrig_writes=True) as connection:
            command.upgrade(alembic(connection), "head")
    finally:
        database.dispose()


def alembic(connection: Connection) -> Config:
    """Return what alembic needs to know to migrate over this connection."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _prepare(connection: Any, _record: Any) -> None:
    # Transactions are begun below: the driver's own habit begins them too late to cover reads and DDL.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in PRAGMAS:
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(connection: Connection) -> None:
    # A writer takes its turn at once: SQLite refuses, without waiting, a reader that wants to write after
    # somebody else has written.
    writes = connection.get_execution_options().get("steadyrig_writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
