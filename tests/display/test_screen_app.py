"""The window: what is touched or typed becomes the button that was seen there."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pygame
import pytest

from display.app import App, DisplayError
from display.gallery.samples import samples
from display.gallery.states import STATION, at
from display.shapes import View
from display.view.by_screen import view
from edge.live import Live
from edge.session import Action, Screen

VIEWS: dict[str, View] = dict(samples())
SET, STOPPED, REST, WAITING = (VIEWS[n] for n in ("06-set-row", "12-stopped", "13-rest", "04-ready-waiting"))


class Clock:
    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def app(clock: Clock) -> Iterator[App]:
    app = App(headless=True, clock=clock)
    yield app
    app.close()


def show(app: App, clock: Clock, shown: View) -> None:
    """Show a view long enough that a touch is meant for it."""
    app.frame(shown)
    app.presses()
    clock.now_s += 2.0


def pressed(app: App) -> list[str]:
    return [button.id for button in app.presses()]


def key(name: int) -> None:
    pygame.event.post(pygame.event.Event(pygame.KEYDOWN, key=name))


def click(x: int, y: int, **extra: object) -> None:
    pygame.event.post(pygame.event.Event(pygame.MOUSEBUTTONDOWN, button=1, pos=(x, y), **extra))


def test_a_touch_presses_the_button_that_lies_there(app: App, clock: Clock) -> None:
    show(app, clock, REST)
    pygame.event.post(pygame.event.Event(pygame.FINGERDOWN, x=600 / 1024, y=170 / 600, finger_id=0, touch_id=0))
    click(900, 520)
    click(300, 200)
    app.touch(100, 520)
    assert pressed(app) == ["pain_less", "effort_easy", "go_on"]
    assert pressed(app) == []


def test_a_finger_that_the_system_repeats_as_a_mouse_presses_once(app: App, clock: Clock) -> None:
    show(app, clock, REST)
    click(900, 520, touch=True)
    assert pressed(app) == []


@pytest.mark.parametrize(
    ("name", "shown", "button_id"),
    [
        (pygame.K_ESCAPE, SET, ["stop"]),
        (pygame.K_SPACE, SET, ["stop"]),
        (pygame.K_RETURN, SET, []),
        (pygame.K_RETURN, REST, ["go_on"]),
        (pygame.K_KP_ENTER, VIEWS["02-agenda"], ["start"]),
        (pygame.K_BACKSPACE, VIEWS["03-ready"], ["change"]),
        (pygame.K_ESCAPE, STOPPED, ["reason_pain"]),
        (pygame.K_BACKSPACE, STOPPED, ["reason_tired"]),
        (pygame.K_RETURN, STOPPED, ["reason_other"]),
        (pygame.K_a, REST, []),
    ],
)
def test_three_buttons_repeat_the_whole_flow(
    app: App, clock: Clock, name: int, shown: View, button_id: list[str]
) -> None:
    show(app, clock, shown)
    key(name)
    assert pressed(app) == button_id


def test_a_button_that_waits_cannot_be_pressed(app: App, clock: Clock) -> None:
    show(app, clock, WAITING)
    key(pygame.K_RETURN)
    click(800, 520)
    assert pressed(app) == []


def test_a_second_hasty_stop_is_not_taken_as_an_answer(app: App, clock: Clock) -> None:
    show(app, clock, SET)
    app.frame(STOPPED)
    for _ in range(3):
        key(pygame.K_ESCAPE)
        assert pressed(app) == []
        clock.now_s += 0.4
    clock.now_s += 0.4
    key(pygame.K_ESCAPE)
    assert pressed(app) == ["reason_pain"]


def test_stop_works_from_the_first_frame_on(app: App) -> None:
    app.frame(SET)
    key(pygame.K_ESCAPE)
    assert [button.action for button in app.presses()] == [Action.STOP]


def test_closing_the_window_sets_a_flag_and_twice_is_fine(app: App, clock: Clock) -> None:
    show(app, clock, SET)
    pygame.event.post(pygame.event.Event(pygame.QUIT))
    assert pressed(app) == []
    assert app.closed
    app.close()
    app.close()
    assert app.presses() == []


def test_without_a_display_the_error_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SDL_VIDEODRIVER", "x11")
    monkeypatch.delenv("DISPLAY", raising=False)
    with pytest.raises(DisplayError, match="kiosk compositor"):
        App()
    assert os.environ["SDL_VIDEODRIVER"] == "x11"
    App(headless=True).close()
    assert os.environ["SDL_VIDEODRIVER"] == "x11"


def test_a_driver_that_shows_nothing_is_no_display(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    with pytest.raises(DisplayError, match="shows nothing"):
        App()


def test_save_writes_what_is_shown(app: App, tmp_path: Path) -> None:
    app.frame(view(at(Screen.AGENDA), Live(), STATION))
    app.save(tmp_path / "screen.png")
    picture = pygame.image.load(str(tmp_path / "screen.png"))
    assert picture.get_size() == (1024, 600)
    assert picture.get_at((720, 420))[:3] == (0x3E, 0xD6, 0xA6)


def test_a_screen_too_small_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    App((480, 320), headless=True).close()
    assert ["too small" in r.message for r in caplog.records] == [True]


def test_the_import_prints_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    subprocess.run([sys.executable, "-c", "import display.app"], check=True)
    assert capfd.readouterr().out == ""


def test_a_finger_that_stays_does_not_answer_the_question_that_takes_the_place(app: App, clock: Clock) -> None:
    show(app, clock, REST)
    asked = view(at(Screen.REST, rest_ends_s=142.0, effort=5), Live(), STATION)
    app.frame(asked)
    app.touch(600, 170)
    assert pressed(app) == []
    show(app, clock, asked)
    app.touch(600, 170)
    assert pressed(app) == ["reserve_no_more"]
