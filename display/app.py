"""The window: shows Views, turns touches, mouse and keys into presses. Lives in the main thread."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pygame

from display.draw import draw
from display.ink import Ink
from display.painter import Target
from display.parts import Button, Key
from display.shapes import AskingView, RestView, StoppedView, ToldView, View
from display.theme import Theme
from edge.session import Action

log = logging.getLogger(__name__)

SETTLE_S = 0.4
"""A touch this soon after the screen changed was meant for the one before. Only STOP is never ignored."""
SETTLE_AFTER_STOP_S = 1.5
"""Somebody who needs to stop presses more than once; the presses after the first must not answer why."""
RED_STOPS = Button("stop", "", Action.STOP, key=Key.RED)
"""What the red button does on a screen that draws none for it: whatever goes on is left."""
INVISIBLE_DRIVERS = ("dummy", "offscreen")
KEYS: Mapping[int, Key] = {
    pygame.K_RETURN: Key.GREEN,
    pygame.K_KP_ENTER: Key.GREEN,
    pygame.K_BACKSPACE: Key.WHITE,
    pygame.K_ESCAPE: Key.RED,
    pygame.K_SPACE: Key.RED,
}


class DisplayError(RuntimeError):
    """No window can be opened; the message says why and what can be done."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A copy of the screen: rows of RGB bytes."""

    size_px: tuple[int, int]
    rgb: bytes


class App:
    """A window or, headless, a surface of the same size. Close it when done; closing twice is fine."""

    def __init__(
        self,
        size: tuple[int, int] = (1024, 600),
        mm_per_px: float = 0.150,
        headless: bool = False,
        left_handed: bool = False,
        fullscreen: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Open the window. Raises DisplayError when there is no display to open it on."""
        self._surface = _open_window(size, headless, fullscreen)
        self._ink = Ink(Theme(size, mm_per_px, left_handed))
        self._clock = clock
        self._targets: tuple[Target, ...] = ()
        self._keyed: tuple[Button, ...] = ()
        self._screen: type[View] | None = None
        self._asked = ""
        self._changed_s = float("-inf")
        self._touches: deque[tuple[int, int]] = deque(maxlen=20)
        self._keys: deque[Key] = deque(maxlen=20)
        self._handover = threading.Condition()
        self._wanted = False
        self._picture: Picture | None = None
        self._pictures_made = 0
        self.closed = False
        if not self._ink.theme.legible:
            log.warning("screen of %dx%d at %g mm per pixel is too small to read at 2 m", *size, mm_per_px)

    def frame(self, view: View) -> None:
        """Draw the View and show it; hand a copy over if someone waits for one."""
        asked = view.asks if isinstance(view, AskingView | RestView | ToldView) else ""
        if (type(view), asked) != (self._screen, self._asked):
            self._screen, self._asked, self._changed_s = type(view), asked, self._clock()
        self._targets = tuple(draw(self._surface, view, self._ink).targets)
        # Some do nothing that can be touched: pointing is for the buttons alone.
        self._keyed = (*(target.button for target in self._targets), *getattr(view, "buttons", ()))
        pygame.display.flip()
        with self._handover:
            if self._wanted:
                self._picture = Picture(self._surface.get_size(), pygame.image.tobytes(self._surface, "RGB"))
                self._pictures_made += 1
                self._wanted = False
                self._handover.notify_all()

    def presses(self) -> list[Button]:
        """Return the buttons pressed since the last call, in order; disabled ones are left out."""
        settle_s = SETTLE_AFTER_STOP_S if self._screen is StoppedView else SETTLE_S
        settled = self._clock() - self._changed_s >= settle_s
        return [
            button
            for button in self._pressed()
            if button and button.enabled and (settled or button.action is Action.STOP)
        ]

    def press(self, key: Key) -> None:
        """Count as this physical button with the next :meth:`presses`."""
        self._keys.append(key)

    def save(self, path: Path | str) -> None:
        """Write the screen as it is to a PNG file."""
        pygame.image.save(self._surface, str(path))

    def close(self) -> None:
        """Close the window and let go of anyone who waits for a picture."""
        self.closed = True
        with self._handover:
            self._handover.notify_all()
        pygame.display.quit()

    # ---- for the mirror, from its own thread ----

    def touch(self, x_px: int, y_px: int) -> None:
        """Count as a touch at this place with the next :meth:`presses`."""
        self._touches.append((x_px, y_px))

    def picture(self, timeout_s: float) -> Picture | None:
        """Wait for the next frame and return a copy of it; None when none came in time."""
        with self._handover:
            before, self._wanted = self._pictures_made, True
            self._handover.wait_for(lambda: self._pictures_made > before or self.closed, timeout_s)
            return self._picture if self._pictures_made > before else None

    # ---- events ----

    def _pressed(self) -> Iterator[Button | None]:
        while self._keys:
            yield self._button_with(self._keys.popleft())
        while self._touches:
            yield self._button_at(*self._touches.popleft())
        for event in [] if self.closed else pygame.event.get():
            yield self._button_of(event)

    def _button_of(self, event: pygame.event.Event) -> Button | None:
        width, height = self._surface.get_size()
        match event.type:
            case pygame.QUIT:
                self.closed = True
            case pygame.FINGERDOWN:
                return self._button_at(int(event.x * width), int(event.y * height))
            case pygame.MOUSEBUTTONDOWN if event.button == 1 and not getattr(event, "touch", False):
                return self._button_at(*event.pos)
            case pygame.KEYDOWN if event.key in KEYS:
                return self._button_with(KEYS[event.key])
        return None

    def _button_at(self, x_px: int, y_px: int) -> Button | None:
        hits = (t.button for t in self._targets if pygame.Rect(t.box).collidepoint(x_px, y_px))
        return next(hits, None)

    def _button_with(self, key: Key) -> Button | None:
        pressed = next((button for button in self._keyed if button.key is key), None)
        return RED_STOPS if pressed is None and key is Key.RED else pressed


def _open_window(size: tuple[int, int], headless: bool, fullscreen: bool) -> pygame.Surface:
    pygame.display.quit()
    before = os.environ.get("SDL_VIDEODRIVER")
    if headless:
        os.environ["SDL_VIDEODRIVER"] = "dummy"
    try:
        pygame.display.init()
        if not headless and pygame.display.get_driver() in INVISIBLE_DRIVERS:
            raise _no_display(f"SDL found only its driver {pygame.display.get_driver()!r}, which shows nothing")
        pygame.display.set_caption("Steadyrig")
        whole = fullscreen and not headless
        pygame.mouse.set_visible(not whole)  # touch has no use for an arrow over the numbers
        return pygame.display.set_mode(size, pygame.FULLSCREEN if whole else 0)
    except pygame.error as exc:
        raise _no_display(str(exc)) from None
    finally:
        _restore("SDL_VIDEODRIVER", before)


def _restore(name: str, value: str | None) -> None:
    """The choice was this window's; the next one chooses anew."""
    if value is None:
        os.environ.pop(name, None)
    else:
        os.environ[name] = value


def _no_display(reason: str) -> DisplayError:
    pygame.display.quit()
    return DisplayError(f"no display to open a window on: {reason}; start under a desktop or a kiosk compositor")
