"""The clinic's database: opening it and bringing its schema up to date. SQLite by default, PostgreSQL for many."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError

from sync.store.lead import UPGRADE_LOCK

WAIT_FOR_WRITER = "busy_timeout=5000"
PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", WAIT_FOR_WRITER, "foreign_keys=ON")
POSTGRES_SETTINGS = {"statement_timeout": "30s", "lock_timeout": "10s", "idle_in_transaction_session_timeout": "60s"}
"""Whoever waits longer is cut off, and tries again: no bridge or page hangs on another one."""
POSTGRES_CONNECTION = {
    "connect_timeout": 5,
    "keepalives_idle": 15,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
    "application_name": "steadyrig",
    "options": " ".join(f"-c {name}={value}" for name, value in POSTGRES_SETTINGS.items()),
}
"""A server that is gone without a word is noticed within half a minute."""


def engine(url: str) -> Engine:
    """Return an engine on the database. What a finished transaction wrote survives a power cut.

    A connection that was lost is replaced by the next use of the engine.
    """
    where = make_url(url)
    if where.get_backend_name() == "postgresql":
        return _postgres(where)
    made = create_engine(where, hide_parameters=True)
    if made.dialect.name == "sqlite":
        event.listen(made, "connect", _prepare)
        event.listen(made, "begin", _begin)
    return made


def _postgres(where: URL) -> Engine:
    if where.drivername == "postgresql":
        where = where.set(drivername="postgresql+psycopg")
    return create_engine(where, hide_parameters=True, pool_pre_ping=True, connect_args=POSTGRES_CONNECTION)


@contextmanager
def writing(database: Engine, *, wait: bool = True) -> Iterator[Connection]:
    """Yield a connection in a transaction that may read first and write later without losing its turn.

    SQLite has one writer at a time: without ``wait``, OperationalError is raised at once where another one writes.
    """
    options = {"steadyrig_writes": True, "steadyrig_waits": wait}
    with database.connect().execution_options(**options) as connection, connection.begin():
        yield connection


def passing(error: DBAPIError) -> bool:
    """Return whether the database is what is wrong, so that the same work may be done later.

    Gone, full, locked, deadlocked or without its tables; not a row that it can never hold.
    """
    return not isinstance(error, DataError | IntegrityError)


def upgrade(url: str) -> None:
    """Bring the schema to the newest version; a database that is there already does nothing."""
    database = engine(url)
    try:
        # The migrations open one transaction for them all; two upgrades at once take turns.
        with database.connect().execution_options(steadyrig_writes=True) as connection:
            if database.dialect.name == "postgresql":
                _take_turns(connection)
            command.upgrade(alembic(connection), "head")
            connection.commit()
    finally:
        database.dispose()


def _take_turns(connection: Connection) -> None:
    # A migration may rewrite a large table.
    for name in ("statement_timeout", "lock_timeout"):
        connection.execute(text(f"SET LOCAL {name} = 0"))
    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": UPGRADE_LOCK})


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
    options = connection.get_execution_options()
    if not options.get("steadyrig_writes"):
        connection.exec_driver_sql("BEGIN")
        return
    if not options.get("steadyrig_waits", True):
        connection.exec_driver_sql("PRAGMA busy_timeout=0")
    try:
        # A writer takes its turn at once: SQLite refuses, without waiting, a reader that wants to write after
        # somebody else has written.
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    finally:
        connection.exec_driver_sql(f"PRAGMA {WAIT_FOR_WRITER}")
