"""The two optional lines of a motion sensor, over gpiozero: INT, which says when, and RST, which starts anew."""

from __future__ import annotations

from collections import deque
from typing import Any

from gpiozero import InputDevice, OutputDevice

from drivers.clock import Clock

OTHER_CLOCK_S = 1.0
"""An edge further than this from now was stamped by another clock (kernels before 5.7): now is the better time."""
_EDGES = 8


class InterruptLine:
    """Remembers when INT fell. Raises GPIOZeroError where the pin cannot be had.

    gpiozero hands on the kernel's own time of the edge, which on a Pi is that of ``time.monotonic``; so a thread
    that comes late to hear of it does no harm.
    """

    def __init__(self, pin_factory: Any, pin: int, clock: Clock) -> None:
        self._clock = clock
        self._falls_s: deque[float] = deque(maxlen=_EDGES)
        self._device = InputDevice(pin, pull_up=True, pin_factory=pin_factory)
        self._device.pin.edges = "falling"
        self._device.pin.when_changed = self._fell

    def fell_s(self, after_s: float, until_s: float) -> float | None:
        """Return the newest fall after one moment and not after another, if there was one."""
        for t_s in reversed(tuple(self._falls_s)):  # another thread may be adding to it
            if after_s < t_s <= until_s:
                return t_s
        return None

    def close(self) -> None:
        """Give the pin back."""
        self._device.pin.when_changed = None
        self._device.close()

    def _fell(self, ticks: float, _state: object) -> None:
        now_s = self._clock.now()
        self._falls_s.append(ticks if abs(now_s - ticks) <= OTHER_CLOCK_S else now_s)


class ResetLine:
    """Holds RST high and pulses it low. Raises GPIOZeroError where the pin cannot be had."""

    def __init__(self, pin_factory: Any, pin: int) -> None:
        self._device = OutputDevice(pin, active_high=False, initial_value=False, pin_factory=pin_factory)

    def pulse(self) -> None:
        """Restart the chip: the time two calls take is a thousand times the 10 ns it asks for (data sheet)."""
        self._device.on()
        self._device.off()

    def close(self) -> None:
        """Give the pin back; the board's own resistor keeps it high."""
        self._device.close()
