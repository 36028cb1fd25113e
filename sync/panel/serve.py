"""Serve the panel with waitress, in a thread of its own, until closed."""

from __future__ import annotations

import threading
from contextlib import suppress
from types import TracebackType
from typing import Any

from flask import Flask
from sqlalchemy import Engine
from waitress.server import create_server  # type: ignore[import-untyped]

from sync.panel.app import BODY_LIMIT


class PanelServer:
    """A running panel at ``url``; :meth:`close` stops it. Closing twice is harmless."""

    def __init__(self, app: Flask, host: str, port: int) -> None:
        self._server: Any = create_server(app, host=host, port=port, threads=4, max_request_body_size=BODY_LIMIT)
        self._engine: Engine = app.extensions["engine"]
        self._stopping = threading.Event()
        self.port = int(self._server.effective_port)
        self.url = f"http://{host}:{self.port}"
        self._thread = threading.Thread(target=self._run, name="panel", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        # Sockets are closed by the thread that waits on them: closing under a waiting select is an error.
        while not self._stopping.is_set():
            self._server.asyncore.loop(timeout=1.0, map=self._server._map, count=1)
        self._server.task_dispatcher.shutdown()
        self._server.asyncore.close_all(self._server._map)

    def close(self) -> None:
        """Return once no socket and no connection to the database is open and no thread is left."""
        if not self._stopping.is_set():
            self._stopping.set()
            with suppress(OSError):  # the thread may have woken by itself and closed the trigger already
                self._server.pull_trigger()
        self._thread.join()
        self._engine.dispose()

    def __enter__(self) -> PanelServer:
        """Return the running server itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop serving."""
        self.close()


def serve(app: Flask, host: str = "127.0.0.1", port: int = 8080) -> PanelServer:
    """Requests to ``host``:``port`` are answered from now on; port 0 takes a free one."""
    return PanelServer(app, host, port)
