"""gpiozero's mock pins, made light enough to clock thousands of words through."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gpiozero import SharedMixin
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
        return PinSpiShared if shared else PinSpi


class HeardPin(QuietPin):
    """An output of the Pi that several chips listen to."""

    def __init__(self, factory: Any, info: Any) -> None:
        self.listeners: list[Callable[[bool], None]] = []
        self.chip: Any = None
        super().__init__(factory, info)

    def _set_state(self, value: float) -> None:
        state = bool(value)
        if state != self._state:
            self._state = state
            for heard in self.listeners:
                heard(state)


class SharedPin(QuietPin):
    """An input of the Pi on which whichever chip is selected speaks; where none does it floats high."""

    def __init__(self, factory: Any, info: Any) -> None:
        self.drivers: list[Callable[[], int | None]] = []
        super().__init__(factory, info)

    def _get_state(self) -> bool:
        said = [level for level in (speak() for speak in self.drivers) if level is not None]
        return bool(said[0]) if said else True


class PinSpi(SPI):  # type: ignore[misc]  # as above
    """An SPI port in mode 0 over mock pins: it sets MOSI, then looks at MISO as the clock rises.

    Clock and select lines only move where a chip hears them. gpiozero's own software port does the same at many times
    the cost, and needs the global pin factory.
    """

    def __init__(self, clock_pin: Any, mosi_pin: Any, miso_pin: Any, select_pin: Any, pin_factory: Any) -> None:
        self._open = False
        super().__init__(pin_factory=pin_factory)
        self._lines = clock_pin, select_pin
        pin_factory.reserve_pins(self, clock_pin, mosi_pin, miso_pin, select_pin)
        self._clock, self._mosi, self._miso, self._select = (
            pin_factory.pin(pin) for pin in (clock_pin, mosi_pin, miso_pin, select_pin)
        )
        self._mosi.function = "output"
        self._heard = isinstance(self._select, HeardPin)
        if self._heard:
            self._select._set_state(True)
        self._open = True

    def _conflicts_with(self, other: Any) -> bool:
        """Chips with selects of their own share the other lines, as on the Pi's ports."""
        return not (isinstance(other, PinSpi) and self._lines != other._lines)

    @property
    def closed(self) -> bool:
        """Whether the pins were given back."""
        return not self._open

    def close(self) -> None:
        """Give the pins back; gpiozero does so again when the object goes."""
        if self._open:
            self._open = False
            self.pin_factory.release_all(self)
        super().close()

    def transfer(self, data: list[int]) -> list[int]:
        """Send bytes, most significant bit first, and return those received meanwhile."""
        if not self._heard:
            return self._exchange(data)
        self._select._set_state(False)
        received = self._exchange(data, self._clock._set_state)
        self._select._set_state(True)
        return received

    def _exchange(self, data: list[int], clock: Callable[[float], None] | None = None) -> list[int]:
        send, look = self._mosi._set_state, self._miso._get_state
        received = []
        for word in data:
            got = 0
            for shift in (7, 6, 5, 4, 3, 2, 1, 0):
                send(word >> shift & 1)
                if clock:
                    clock(1)
                got = got << 1 | look()
                if clock:
                    clock(0)
            received.append(got)
        send(0)
        return received


class PinSpiShared(SharedMixin, PinSpi):  # type: ignore[misc]  # as above
    """The same for devices that are several channels of one chip."""

    @classmethod
    def _shared_key(cls, clock_pin: Any, mosi_pin: Any, miso_pin: Any, select_pin: Any, pin_factory: Any) -> Any:
        return id(pin_factory), clock_pin, select_pin
