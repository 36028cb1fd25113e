"""One connection per request for reading, opened when first asked for; a transaction of its own for each change."""

from __future__ import annotations

from contextlib import AbstractContextManager

from flask import Flask, current_app, g
from sqlalchemy import Connection, Engine

from sync.store import database


def init_app(app: Flask, engine: Engine) -> None:
    """Requests of ``app`` now share ``engine`` and leave no connection behind."""
    app.extensions["engine"] = engine
    app.teardown_appcontext(_close)


def connection() -> Connection:
    """Return this request's connection, for reading."""
    if "connection" not in g:
        g.connection = _engine().connect()
    held: Connection = g.connection
    return held


def writing(*, wait: bool = True) -> AbstractContextManager[Connection]:
    """Return a transaction that is committed at its end, or rolled back by an error; ``wait`` as in the store's."""
    return database.writing(_engine(), wait=wait)


def _engine() -> Engine:
    held: Engine = current_app.extensions["engine"]
    return held


def _close(_error: BaseException | None) -> None:
    held = g.pop("connection", None)
    if held is not None:
        held.close()
