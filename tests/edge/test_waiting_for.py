"""A service waits for what may come by itself, says so once, and ends at once for what somebody has to mend."""

from __future__ import annotations

import errno
import socket
import threading

import pytest

from display.app import App
from edge import foyer
from edge.config import NotPairedError, NotYetError, ScreenTable, SettingsError
from edge.foyer import Foyer
from edge.services.clinic import prepare_database
from edge.waiting import LOOK_S, Problems, absent, when_ready


class Turned(threading.Event):
    """A stop that nobody waits for: time goes by at once, and is counted; it is set after ``stop_s`` seconds."""

    def __init__(self, stop_s=float("inf")):
        super().__init__()
        self.waited_s, self._stop_s = 0.0, stop_s

    def wait(self, timeout=None):
        self.waited_s += timeout
        return self.waited_s >= self._stop_s


def coming_after(seconds, stop, word="a database"):
    def make():
        if stop.waited_s < seconds:
            raise NotYetError("panel.database is 'x': connection refused")
        return word

    return make


def test_what_comes_after_hours_is_waited_for_and_told_once(capsys):
    stop = Turned()
    assert when_ready(coming_after(7200, stop), Problems("bridge"), stop) == "a database"
    assert stop.waited_s == pytest.approx(7200, abs=LOOK_S)
    assert capsys.readouterr().err.splitlines() == [
        "steadyrig bridge: waiting: panel.database is 'x': connection refused",
        "steadyrig bridge: waiting: all is well again",
    ]


def test_what_is_there_is_not_spoken_of(capsys):
    assert when_ready(lambda: 1, Problems("bridge"), Turned()) == 1
    assert capsys.readouterr().err == ""


def test_who_waits_ends_politely():
    stop = Turned(stop_s=5)
    with pytest.raises(SystemExit) as ended:
        when_ready(coming_after(60, stop), Problems("bridge"), stop)
    assert ended.value.code == 0
    assert stop.waited_s == 5


def test_what_somebody_has_to_mend_is_not_waited_for():
    def wrong():
        raise SettingsError("panel.port is 'x'")

    with pytest.raises(SettingsError, match=r"panel\.port"):
        when_ready(wrong, Problems("bridge"), Turned(stop_s=0))


@pytest.mark.parametrize(
    ("error", "comes"),
    [
        (OSError(errno.EADDRINUSE, "in use"), True),
        (OSError(errno.EADDRNOTAVAIL, "no such address here"), True),
        (socket.gaierror(socket.EAI_AGAIN, "no name server yet"), True),
        (FileNotFoundError(errno.ENOENT, "no such file"), True),
        (PermissionError(errno.EACCES, "a port below 1024, or a file of somebody else"), False),
    ],
)
def test_a_port_an_address_or_a_file_may_come_a_right_does_not(error, comes):
    assert (absent(error) is NotYetError) is comes


def test_a_database_whose_disk_is_not_there_may_come_one_that_is_none_does_not(tmp_path):
    config, disk = tmp_path / "panel.toml", tmp_path / "disk"
    url = f"sqlite:///{disk}/panel.db"
    with pytest.raises(NotYetError, match="unable to open database file"):
        prepare_database(config, url)
    disk.mkdir()
    prepare_database(config, url)
    (disk / "panel.db").write_bytes(b"not a database" * 1000)
    with pytest.raises(SettingsError) as refused:
        prepare_database(config, url)
    assert not isinstance(refused.value, NotYetError)


def test_a_database_of_a_newer_program_is_one_sentence(tmp_path):
    import sqlite3

    url = f"sqlite:///{tmp_path}/panel.db"
    prepare_database(tmp_path / "panel.toml", url)
    with sqlite3.connect(tmp_path / "panel.db") as db:
        db.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(SettingsError, match="newer") as refused:
        prepare_database(tmp_path / "panel.toml", url)
    assert not isinstance(refused.value, NotYetError)


# ---- the screen meanwhile --------------------------------------------------------------------------------


@pytest.fixture
def windows(monkeypatch):
    """The windows that were opened, none of which anybody sees."""
    opened = []

    def open_window(screen):
        opened.append(App((screen.width_px, screen.height_px), headless=True))
        return opened[-1]

    monkeypatch.setattr(foyer, "open_window", open_window)
    yield opened
    for one in opened:
        one.close()


@pytest.mark.parametrize(
    ("why", "title"),
    [
        (NotPairedError("not paired"), "This station is not set up yet."),
        (NotYetError("no data folder"), "This station is not ready yet."),
    ],
)
def test_the_patient_sees_one_sentence_and_whom_to_call_while_the_station_waits(windows, monkeypatch, why, title):
    stop, waited, shown = Turned(), Foyer(ScreenTable(), "020 7946 0018"), []
    monkeypatch.setattr(App, "frame", lambda _app, view: shown.append(view))

    def make():
        if stop.waited_s < 3:
            raise why
        return "a station"

    assert when_ready(make, Problems("station"), stop, waited.show) == "a station"
    assert {(view.title, view.call, view.buttons) for view in shown} == {(title, "Call 020 7946 0018", ())}
    assert (len(windows), len(shown)) == (1, 3)
    waited.close()
    assert windows[0].closed


def test_a_station_that_can_begin_opens_no_second_window(windows):
    first = Foyer(ScreenTable(), "")
    when_ready(lambda: 1, Problems("station"), Turned(), first.show)
    first.close()
    assert windows == []


def test_closing_the_window_ends_the_wait(windows):
    waited = Foyer(ScreenTable(), "")
    waited.show(NotPairedError("not paired"))
    windows[0].closed = True
    with pytest.raises(SystemExit):
        waited.show(NotPairedError("not paired"))
