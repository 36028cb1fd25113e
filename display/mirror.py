"""The screen in a browser on the same machine: looked at as a picture, touched by clicking on it.

The server threads never touch the window. They ask for a copy of the next frame and leave touches in a queue; the
main thread does both in its own time. Only this machine can connect, and only pages of this address can press.
"""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Protocol
from urllib.parse import parse_qs

import pygame

from display.app import Picture

HOST = "127.0.0.1"
FRAME_INTERVAL_S = 0.1
FRAME_WAIT_S = 2.0
"""A main loop that shows no frame for this long leaves the browser with the last one."""
MOST_BYTES = 200
"""A touch is two short numbers."""
IDLE_S = 2.0
"""A connection that says or takes nothing for this long is closed; stopping never waits longer."""
BOUNDARY = "frame"
PAGE = b"""<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Steadyrig</title>
<style>
body { margin: 0; background: #0B1720; display: grid; place-items: center; min-height: 100vh }
input { max-width: 100vw; max-height: 100vh; display: block }
</style>
<form action="/touch" method="post" target="sink">
<input type="image" name="at" src="/screen.mjpg" alt="The screen of the station. Click where you would touch.">
</form>
<iframe name="sink" title="" hidden></iframe>
</html>
"""
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'; "
    "form-action 'self'; frame-src 'self'; frame-ancestors 'none'; base-uri 'none'",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


class FrameSource(Protocol):
    """What the mirror needs of a window; :class:`display.app.App` is one."""

    def picture(self, timeout_s: float) -> Picture | None:
        """Wait for the next frame and return a copy."""

    def touch(self, x_px: int, y_px: int) -> None:
        """Take a touch at a pixel of the picture."""


class Mirror:
    """A server on the loopback address. The system chooses the ``port``, which is known after :meth:`start`."""

    def __init__(self, source: FrameSource) -> None:
        """Keep what is needed; nothing is opened yet."""
        self.source = source
        self.port = 0
        self.stopping = threading.Event()
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """Where a browser finds the screen."""
        return f"http://{HOST}:{self.port}/"

    def start(self) -> None:
        """Serve from now on. Raises OSError when the port is taken."""
        self.stopping.clear()
        self._server = _Server(self)
        self.port = self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.1,), name="mirror", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Close every connection; no thread and no socket is left. Stopping twice is fine."""
        self.stopping.set()
        if self._server is None or self._thread is None:
            return
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()  # waits for the connections, which look at ``stopping``
        self._server = self._thread = None


class _Server(ThreadingHTTPServer):
    daemon_threads = False
    block_on_close = True

    def __init__(self, mirror: Mirror) -> None:
        super().__init__((HOST, mirror.port), _Handler)
        self.mirror = mirror


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = IDLE_S

    def do_GET(self) -> None:
        """Answer with the page, the stream or one picture."""
        pages: Mapping[str, Callable[[], None]] = {
            "/": self._page,
            "/screen.mjpg": self._stream,
            "/screen.png": self._still,
        }
        page = pages.get(self.path)
        if not self._from_here():
            self._answer(HTTPStatus.FORBIDDEN)
        elif page is None:
            self._answer(HTTPStatus.NOT_FOUND)
        else:
            page()

    def do_POST(self) -> None:
        """Take a touch."""
        if not self._from_here():
            self._answer(HTTPStatus.FORBIDDEN)
        elif self.path != "/touch":
            self._answer(HTTPStatus.NOT_FOUND)
        else:
            self._touch()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: a look at the screen is no event."""

    def _from_here(self) -> bool:
        """True when host and origin are this server: another site's page can name neither."""
        names = {f"{name}:{self.server.server_port}" for name in (HOST, "localhost")}
        origin = self.headers.get("Origin")
        return self.headers.get("Host") in names and (origin is None or origin in {f"http://{n}" for n in names})

    def _touch(self) -> None:
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > MOST_BYTES:
            self._answer(HTTPStatus.BAD_REQUEST)
            return
        fields = parse_qs(self.rfile.read(int(length)).decode("ascii", "replace"))
        try:
            place = int(fields["at.x"][0]), int(fields["at.y"][0])
        except (KeyError, ValueError):
            self._answer(HTTPStatus.BAD_REQUEST)
            return
        self.server.mirror.source.touch(*place)
        self._answer(HTTPStatus.NO_CONTENT)

    def _page(self) -> None:
        self._answer(HTTPStatus.OK, PAGE, "text/html; charset=utf-8")

    def _still(self) -> None:
        picture = self.server.mirror.source.picture(FRAME_WAIT_S)
        if picture is None:
            self._answer(HTTPStatus.SERVICE_UNAVAILABLE)
        else:
            self._answer(HTTPStatus.OK, encoded(picture, "png"), "image/png")

    def _stream(self) -> None:
        """Send pictures until the browser leaves or the mirror stops. A browser that stalls is let go."""
        mirror = self.server.mirror
        self._begin(HTTPStatus.OK, f"multipart/x-mixed-replace; boundary={BOUNDARY}")
        try:
            while not mirror.stopping.is_set():
                picture = mirror.source.picture(FRAME_WAIT_S)
                if picture is not None:
                    self._part(encoded(picture, "jpg"))
                mirror.stopping.wait(FRAME_INTERVAL_S)
        except OSError:
            self.close_connection = True

    def _part(self, jpeg: bytes) -> None:
        head = f"--{BOUNDARY}\r\nContent-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n\r\n"
        self.wfile.write(head.encode("ascii") + jpeg + b"\r\n")

    def _answer(self, status: HTTPStatus, body: bytes = b"", kind: str = "text/plain") -> None:
        self._begin(status, kind, len(body))
        self.wfile.write(body)

    def _begin(self, status: HTTPStatus, kind: str, length: int | None = None) -> None:
        self.send_response(status)
        for name, value in HEADERS.items():
            self.send_header(name, value)
        if status is not HTTPStatus.NO_CONTENT:
            self.send_header("Content-Type", kind)
        if length is not None and status is not HTTPStatus.NO_CONTENT:
            self.send_header("Content-Length", str(length))
        self.end_headers()


def encoded(picture: Picture, kind: str) -> bytes:
    """Return a picture as ``png`` or ``jpg``, made on a surface of its own."""
    out = io.BytesIO()
    pygame.image.save(pygame.image.frombytes(picture.rgb, picture.size_px, "RGB"), out, f"screen.{kind}")
    return out.getvalue()
