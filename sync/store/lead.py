"""Which of several bridges speaks to the stations, and keeps who is online: one at a time.

The others take records in, all the same. On PostgreSQL the leader holds an advisory lock for as long as one
connection lives: the server frees it the moment that process is gone. SQLite serves one bridge, which leads.
"""

from __future__ import annotations

from contextlib import suppress

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

LEAD_LOCK, UPGRADE_LOCK = 0x5EAD_0001, 0x5EAD_0002
"""Numbers of our own among the advisory locks of a database."""


class Lead:
    """The wish to lead; used by one thread."""

    def __init__(self, database: Engine) -> None:
        self._database = database
        self._connection: Connection | None = None
        self._mine = database.dialect.name == "sqlite"

    def held(self) -> bool:
        """Return whether this bridge leads now, and take the lead if it is free; without a database nobody leads."""
        if self._database.dialect.name == "sqlite":
            return True
        try:
            self._mine = self._ask(self._connection or self._connect())
        except DBAPIError:
            self.give_up()
        return self._mine

    def give_up(self) -> None:
        """Let another bridge lead: this one cannot reach the stations, or ends."""
        connection, self._connection = self._connection, None
        if connection is not None:
            self._mine = False
            with suppress(DBAPIError):  # gone already, and with it the lock
                connection.close()

    def _connect(self) -> Connection:
        # Detached from the pool, so that closing it really ends the session which holds the lock.
        self._connection = self._database.connect().execution_options(isolation_level="AUTOCOMMIT")
        self._connection.detach()
        return self._connection

    def _ask(self, connection: Connection) -> bool:
        if self._mine:
            # The lock is this connection's: it is held as long as the server answers here.
            return connection.scalar(text("SELECT true")) is True
        return connection.scalar(text("SELECT pg_try_advisory_lock(:lock)"), {"lock": LEAD_LOCK}) is True
