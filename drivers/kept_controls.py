"""Buttons, light and buzzer that may be absent at the start or be lost later: tried again like a sensor."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from drivers.base import DriverError
from drivers.clock import Clock
from drivers.config import Hardware
from drivers.controls import Beep, Controls, ControlsConfig, Name, Status, open_controls
from drivers.reader import FIRST_RETRY_S, LAST_RETRY_S

T = TypeVar("T")


class KeptControls:
    """The controls as far as they can be had, with the calls of :class:`Controls`; none of them raises.

    Belongs to one thread, which calls :meth:`poll` once per frame. To open the pins takes no longer than a frame.
    """

    def __init__(self, config: ControlsConfig, hardware: Hardware, clock: Clock) -> None:
        self._config = config
        self._hardware = hardware
        self._clock = clock
        self._controls: Controls | None = None
        self._problem = ""
        self._due_s = float("-inf")
        self._retry_s = FIRST_RETRY_S

    @property
    def stop_held(self) -> bool:
        """True while the stop button is down and not stuck."""
        return self._ask(lambda controls: controls.stop_held, False)

    def poll(self) -> list[Name]:
        """Return the buttons pressed since the last call; where there are none, try to have them."""
        if self._controls is None and self._clock.now() >= self._due_s:
            self._try()
        return self._ask(lambda controls: controls.poll(), [])

    def problems(self) -> list[str]:
        """Return in words what is wrong: why there are no controls, or which buttons are stuck."""
        return self._ask(lambda controls: controls.problems(), [self._problem] if self._problem else [])

    def beep(self, beep: Beep) -> None:
        """Let the buzzer sound."""
        self._ask(lambda controls: controls.beep(beep), None)

    def show(self, status: Status) -> None:
        """Bring light and buzzer up to now."""
        self._ask(lambda controls: controls.show(status), None)

    def close(self) -> None:
        """Let go of the pins; twice does no harm."""
        controls, self._controls = self._controls, None
        if controls is not None:
            controls.close()

    def _try(self) -> None:
        try:
            self._controls = open_controls(self._config, self._hardware, self._clock)
            self._problem, self._retry_s = "", FIRST_RETRY_S
        except DriverError as exc:
            self._wait(str(exc))

    def _ask(self, question: Callable[[Controls], T], otherwise: T) -> T:
        if self._controls is None:
            return otherwise
        try:
            return question(self._controls)
        except Exception as exc:  # as when opening: what the pin libraries raise has no common root
            try:
                self.close()
            except Exception as also:  # pins that fail may fail to be let go
                exc.add_note(str(also))
            self._wait(f"the controls were lost ({exc})")
            return otherwise

    def _wait(self, problem: str) -> None:
        self._problem = problem
        self._due_s = self._clock.now() + self._retry_s
        self._retry_s = min(2 * self._retry_s, LAST_RETRY_S)
