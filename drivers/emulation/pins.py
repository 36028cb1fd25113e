"""gpiozero's mock pins, made light enough to clock thousands of words through."""

from __future__ import annotations

from typing import Any

from gpiozero.pins import SPI
from gpiozero.pins.mock import MockFactory, MockPin


class QuietPin(MockPin):  # type: ignore[misc]  # gpiozero publishes no types
    """A mock pin without a memory: the usual one keeps every change for ever, some 100 per word read."""

    _state: bool

    def _change_state(self, value: bool) -> bool:
        changed = self._state != value
        self._state = value
        return changed


class Stopwatch:
    """Times pulses in seconds that pass only when an emulated chip says so.

    With the real clock a busy computer would make pulses too long by chance, and switch emulated chips off.
    """

    def __init__(self) -> None:
        self._now_s = 0.0

    def __call__(self) -> float:
        """Return the seconds that have passed."""
        return self._now_s

    def passed(self, seconds: float) -> None:
        """Let time pass."""
        self._now_s += seconds


class QuietFactory(MockFactory):  # type: ignore[misc]  # as above
    """Mock pins for a whole emulated station; independent of gpiozero's global pin factory."""

    def __init__(self) -> None:
        super().__init__(pin_class=QuietPin)

    def _get_spi_class(self, shared: bool, hardware: bool) -> type[PinSpi]:
        return PinSpi


class PinSpi(SPI):  # type: ignore[misc]  # as above
    """An SPI port in mode 0 over mock pins: it sets MOSI, then looks at MISO as the clock rises.

    Only the data lines move: nothing emulated here listens to the clock or select line. gpiozero's own
    software port does the same at many times the cost, and needs the global pin factory.
    """

    def __init__(self, clock_pin: Any, mosi_pin: Any, miso_pin: Any, select_pin: Any, pin_factory: Any) -> None:
        super().__init__(pin_factory=pin_factory)
        pin_factory.reserve_pins(self, clock_pin, mosi_pin, miso_pin, select_pin)
        self._mosi = pin_factory.pin(mosi_pin)
        self._miso = pin_factory.pin(miso_pin)
        self._mosi.function = "output"
        self._open = True

    @property
    def closed(self) -> bool:
        """Whether the pins were given back."""
        return not self._open

    def close(self) -> None:
        """Give the pins back."""
        self._open = False
        self.pin_factory.release_all(self)
        super().close()

    def transfer(self, data: list[int]) -> list[int]:
        """Send bytes, most significant bit first, and return those received meanwhile."""
        send, look = self._mosi._set_state, self._miso._get_state
        received = []
        for word in data:
            got = 0
            for shift in (7, 6, 5, 4, 3, 2, 1, 0):
                send(word >> shift & 1)
                got = got << 1 | look()
            received.append(got)
        send(0)
        return received
