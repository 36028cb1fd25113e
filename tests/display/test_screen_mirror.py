"""The mirror: the same screen in a browser on this machine, and nothing for anyone else."""

import http.client
import socket
import threading
from collections.abc import Iterator
from urllib.parse import urlencode

import pytest

from display.app import App
from display.gallery.samples import samples
from display.mirror import HOST, Mirror

SET = dict(samples())["06-set-row"]
Answer = tuple[int, dict[str, str], bytes]


@pytest.fixture
def app() -> Iterator[App]:
    app = App(headless=True)
    yield app
    app.close()


@pytest.fixture
def mirror(app: App) -> Iterator[Mirror]:
    mirror = Mirror(app)
    mirror.start()
    yield mirror
    mirror.stop()


def ask(mirror: Mirror, method: str, path: str, body: str = "", **headers: str) -> Answer:
    connection = http.client.HTTPConnection(HOST, mirror.port, timeout=5)
    try:
        sent = {"Content-Type": "application/x-www-form-urlencoded", **headers} if body else headers
        connection.request(method, path, body or None, sent)
        response = connection.getresponse()
        return response.status, dict(response.getheaders()), response.read()
    finally:
        connection.close()


def while_showing(app: App, work: threading.Thread) -> None:
    """Run the main loop as the station does, until the other thread is done."""
    work.start()
    while work.is_alive():
        app.frame(SET)
        work.join(0.01)


def test_the_page_shows_the_stream_and_needs_no_script(mirror: Mirror) -> None:
    status, headers, body = ask(mirror, "GET", "/")
    assert status == 200
    assert b'type="image"' in body
    assert b"/screen.mjpg" in body
    assert b"<script" not in body
    assert "default-src 'none'" in headers["Content-Security-Policy"]


def test_the_still_is_the_screen_as_png(app: App, mirror: Mirror) -> None:
    got: list[Answer] = []
    while_showing(app, threading.Thread(target=lambda: got.append(ask(mirror, "GET", "/screen.png"))))
    status, headers, body = got[0]
    assert (status, headers["Content-Type"]) == (200, "image/png")
    assert body.startswith(b"\x89PNG")
    assert (int.from_bytes(body[16:20], "big"), int.from_bytes(body[20:24], "big")) == (1024, 600)


def test_the_stream_sends_one_jpeg_after_the_other(app: App, mirror: Mirror) -> None:
    got: list[bytes] = []

    def watch() -> None:
        with socket.create_connection((HOST, mirror.port), timeout=5) as link:
            link.sendall(f"GET /screen.mjpg HTTP/1.1\r\nHost: {HOST}:{mirror.port}\r\n\r\n".encode())
            seen = b""
            while seen.count(b"--frame\r\nContent-Type: image/jpeg") < 3:
                seen += link.recv(65536)
            got.append(seen)

    while_showing(app, threading.Thread(target=watch))
    assert got[0].count(b"\xff\xd8\xff") >= 2


def test_a_click_becomes_the_press_of_the_button_seen_there(app: App, mirror: Mirror) -> None:
    app.frame(SET)
    status, _, body = ask(mirror, "POST", "/touch", urlencode({"at.x": 900, "at.y": 530}))
    assert (status, body) == (204, b"")
    assert [button.id for button in app.presses()] == ["stop"]


@pytest.mark.parametrize("body", ["at.x=1", "at.x=one&at.y=2", "", "at.x=1&at.y=" + "9" * 300])
def test_a_touch_that_is_none_is_refused(app: App, mirror: Mirror, body: str) -> None:
    app.frame(SET)
    assert ask(mirror, "POST", "/touch", body)[0] == 400
    assert app.presses() == []


@pytest.mark.parametrize(
    "headers",
    [{"Host": "evil.example"}, {"Host": "127.0.0.1"}, {"Origin": "http://evil.example"}, {"Origin": "null"}],
)
def test_only_pages_of_this_address_can_look_or_press(app: App, mirror: Mirror, headers: dict[str, str]) -> None:
    app.frame(SET)
    assert ask(mirror, "POST", "/touch", "at.x=900&at.y=530", **headers)[0] == 403
    assert ask(mirror, "GET", "/screen.png", **headers)[0] == 403
    assert app.presses() == []


def test_there_is_nothing_else(mirror: Mirror) -> None:
    assert ask(mirror, "GET", "/../etc/passwd")[0] == 404
    assert ask(mirror, "POST", "/", "at.x=1&at.y=2")[0] == 404


def test_it_listens_on_the_loopback_address_only(mirror: Mirror) -> None:
    assert mirror.url == f"http://127.0.0.1:{mirror.port}/"
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.2", mirror.port), timeout=1)


def test_nothing_is_copied_while_nobody_looks(app: App, mirror: Mirror, monkeypatch: pytest.MonkeyPatch) -> None:
    def copied(*_args: object) -> bytes:
        raise AssertionError

    monkeypatch.setattr("pygame.image.tobytes", copied)
    app.frame(SET)


def test_a_station_that_shows_nothing_says_so(app: App, mirror: Mirror, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("display.mirror.FRAME_WAIT_S", 0.05)
    assert ask(mirror, "GET", "/screen.png")[0] == 503


def test_stopping_leaves_no_thread_and_no_socket_even_while_someone_looks(app: App) -> None:
    before = set(threading.enumerate())
    mirror = Mirror(app)
    mirror.start()
    with socket.create_connection((HOST, mirror.port), timeout=5) as link:
        link.sendall(f"GET /screen.mjpg HTTP/1.1\r\nHost: {HOST}:{mirror.port}\r\n\r\n".encode())
        link.recv(100)
        while_showing(app, threading.Thread(target=mirror.stop))
    assert set(threading.enumerate()) == before
    with pytest.raises(OSError, match="refused"):
        socket.create_connection((HOST, mirror.port), timeout=1)
    mirror.stop()
