"""Three buttons, a status light and a buzzer on GPIO pins, through gpiozero.

``station.toml``::

    [controls]
    green_pin = 17         # main action; each button between its pin and ground
    white_pin = 27         # back or repeat
    red_pin = 22           # stop
    stop_opens = false     # true: the red button opens its contact, so that a cut wire is noticed
    led_pin = 23           # may be left out
    buzzer_pin = 24        # an active buzzer, which needs no tone; may be left out

The stop button always wins: it counts with the first touch of its contact, and while it is down no other button
counts. A button that is stuck is told and otherwise ignored, so it can neither block stop nor press for ever.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from gpiozero import LED, Buzzer, DigitalInputDevice

from drivers.base import ConfigError, DriverError
from drivers.clock import Clock
from drivers.config import Hardware, SensorConfig, is_whole, missing, refuse
from drivers.debounce import STUCK_S, Contact
from drivers.factory import CHIPS

EDGES_KEPT = 1000
"""Edges between two looks, 33 ms apart: more than a bouncing contact makes, bounded against a wire full of noise."""
FIRST_I2C_PINS = (2, 3)


class Name(StrEnum):
    """A button, by its colour."""

    GREEN = "green"
    WHITE = "white"
    RED = "red"


class Status(StrEnum):
    """What the light says; told apart by rhythm, because one colour has to do."""

    READY = "ready"
    """On."""
    LISTENING = "listening"
    """A second on, a second off."""
    FAULT = "fault"
    """Two flashes a second; nothing on the station flashes faster than three (design guide, section 3)."""


class Beep(StrEnum):
    """What the buzzer repeats where there is no speaker (design guide, section 3)."""

    REP = "rep"
    DONE = "done"
    STOP = "stop"


BEEPS: Mapping[Beep, tuple[float, ...]] = {
    Beep.REP: (0.1,),
    Beep.DONE: (0.1, 0.1, 0.1, 0.1, 0.3),
    Beep.STOP: (0.5,),
}
"""Seconds on, off, on and so on; none shorter than three frames."""
PERIODS_S: Mapping[Status, float | None] = {Status.READY: None, Status.LISTENING: 2.0, Status.FAULT: 0.5}


class ControlsAbsent(DriverError, OSError):  # noqa: N818 - reads as what happened
    """The pins of the controls cannot be had."""


@dataclass(frozen=True, slots=True)
class ControlsConfig:
    """``[controls]`` of ``station.toml``: GPIO numbers."""

    green_pin: int
    white_pin: int
    red_pin: int
    stop_opens: bool = False
    led_pin: int | None = None
    buzzer_pin: int | None = None


class Controls:
    """The controls while they are open; :meth:`poll` is called once per frame by the thread that owns them.

    Raises ControlsAbsent when the pins cannot be had.
    """

    def __init__(self, config: ControlsConfig, pin_factory: Any, clock: Clock) -> None:
        self._clock = clock
        self._devices: list[Any] = []
        try:
            self._keys = {
                Name.GREEN: self._key(config.green_pin, pin_factory),
                Name.WHITE: self._key(config.white_pin, pin_factory),
                Name.RED: self._key(config.red_pin, pin_factory, eager=True, opens=config.stop_opens),
            }
            self._led = self._output(LED, config.led_pin, pin_factory)
            self._buzzer = self._output(Buzzer, config.buzzer_pin, pin_factory)
        except Exception as exc:  # the pin libraries raise errors of their own, which share no root
            self.close()
            raise ControlsAbsent(f"the controls' pins cannot be used: are they wired as configured? ({exc})") from exc
        self._lit = False
        self._sounding = False
        self._beep: Beep | None = None
        self._beeps: list[tuple[float, float]] = []

    @property
    def stop_held(self) -> bool:
        """True while the stop button is down and not stuck: nothing else counts, however it is pressed."""
        key = self._keys[Name.RED]
        return key.contact.down and not key.contact.stuck(self._clock.now())

    def poll(self) -> list[Name]:
        """Return the buttons pressed since the last call, in order; stop alone where it is among them."""
        now_s = self._clock.now()
        presses = [(t_s, name) for name, key in self._keys.items() for t_s in key.presses(now_s)]
        if any(name is Name.RED for _, name in presses):
            return [Name.RED]
        return [] if self.stop_held else [name for _, name in sorted(presses)]

    def problems(self) -> list[str]:
        """Return in words which buttons are stuck."""
        now_s = self._clock.now()
        return [
            f"the {name} button is stuck: down for more than {STUCK_S:g} s"
            for name, key in self._keys.items()
            if key.contact.stuck(now_s)
        ]

    def beep(self, beep: Beep) -> None:
        """Let the buzzer sound; a newer beep ends the one before, and nothing ends the one for stop."""
        now_s = self._clock.now()
        if self._beep is Beep.STOP and now_s < self._beeps[-1][1]:
            return
        self._beep, self._beeps, t_s = beep, [], now_s
        for index, length_s in enumerate(BEEPS[beep]):
            if index % 2 == 0:
                self._beeps.append((t_s, t_s + length_s))
            t_s += length_s

    def show(self, status: Status) -> None:
        """Bring light and buzzer up to now; called once per frame."""
        now_s, period_s = self._clock.now(), PERIODS_S[status]
        lit = period_s is None or now_s % period_s < period_s / 2
        sounding = any(begin_s <= now_s < end_s for begin_s, end_s in self._beeps)
        if self._led is not None and lit != self._lit:
            self._led.value = self._lit = lit
        if self._buzzer is not None and sounding != self._sounding:
            self._buzzer.value = self._sounding = sounding

    def close(self) -> None:
        """Let go of the pins, light and buzzer off; twice does no harm."""
        while self._devices:
            device = self._devices.pop()
            if hasattr(device, "off"):
                device.off()
            device.close()

    def _key(self, pin: int, pin_factory: Any, *, eager: bool = False, opens: bool = False) -> _Key:
        # A Button would be this and a thread of its own for being held, which is not needed.
        device = DigitalInputDevice(pin, pull_up=True, pin_factory=pin_factory)
        self._devices.append(device)
        return _Key(device, self._clock, eager, opens)

    def _output(self, kind: Any, pin: int | None, pin_factory: Any) -> Any:
        if pin is None:
            return None
        device = kind(pin, pin_factory=pin_factory)
        self._devices.append(device)
        return device


def open_controls(config: ControlsConfig, hardware: Hardware, clock: Clock) -> Controls:
    """Return the controls on a station's own pins. Raises DriverError where there are none to be had."""
    try:
        factory = hardware.pin_factory
    except DriverError:
        raise
    except Exception as exc:  # as above: a station must start without its buttons
        raise ControlsAbsent(f"the controls' pins cannot be used: is this a Raspberry Pi? ({exc})") from exc
    return Controls(config, factory, clock)


class _Key:
    """A button's pin and its contact. Edges come in gpiozero's thread and wait for the owner's next look."""

    def __init__(self, device: Any, clock: Clock, eager: bool, opens: bool) -> None:
        self._device = device
        self._clock = clock
        self._opens = opens
        self._edges: deque[tuple[float, bool]] = deque(maxlen=EDGES_KEPT)
        self.contact = Contact(self._closed(), clock.now(), eager)
        device.when_activated = lambda: self._note(True)
        device.when_deactivated = lambda: self._note(False)

    def presses(self, now_s: float) -> list[float]:
        """Return when the button was pressed since the last look."""
        presses = []
        while self._edges:
            t_s, closed = self._edges.popleft()
            if self.contact.edge(t_s, closed):
                presses.append(t_s)
        # An edge that was lost, or a pin that tells none, is made up for by looking.
        if self.contact.edge(now_s, self._closed()) or self.contact.settle(now_s):
            presses.append(now_s)
        return presses

    def _note(self, active: bool) -> None:
        self._edges.append((self._clock.now(), active != self._opens))

    def _closed(self) -> bool:
        return bool(self._device.is_active) != self._opens


def parse_controls(table: object, sensors: Iterable[SensorConfig], source_name: str) -> ControlsConfig:
    """Return the controls described by a ``[controls]`` table. Raises ConfigError for what cannot be."""
    where = f"{source_name}: controls"
    if not isinstance(table, Mapping):
        raise refuse(where, table, "a table with green_pin, white_pin and red_pin")
    keys = ControlsConfig.__slots__
    for key in table:
        if key not in keys:
            raise ConfigError(f"{where}.{key} is not a key of the controls, expected one of {', '.join(keys)}.")
    for key in ("green_pin", "white_pin", "red_pin"):
        if key not in table:
            raise missing(f"{where}.{key}", "a GPIO number from 0 to 27")
    if not isinstance(table.get("stop_opens", False), bool):
        raise refuse(f"{where}.stop_opens", table["stop_opens"], "true or false")
    _refuse_shared_pins(table, _taken_pins(sensors), where)
    return ControlsConfig(**table)


def _refuse_shared_pins(table: Mapping[str, Any], taken: dict[int, str], where: str) -> None:
    owners = dict(taken)
    for key in (key for key in table if key.endswith("_pin")):
        pin = table[key]
        if not is_whole(pin) or pin not in range(28):
            raise refuse(f"{where}.{key}", pin, "a GPIO number from 0 to 27")
        if pin in owners:
            raise refuse(f"{where}.{key}", pin, f"a GPIO number that {owners[pin]} does not use")
        owners[pin] = f"controls.{key}"


def _taken_pins(sensors: Iterable[SensorConfig]) -> dict[int, str]:
    taken: dict[int, str] = {}
    for sensor in sensors:
        claims = [pin for pin in CHIPS[sensor.chip].claims(sensor) if isinstance(pin, int)]
        claims += FIRST_I2C_PINS if sensor.bus == "i2c-1" else ()
        taken |= dict.fromkeys(claims, f"sensors.{sensor.name}")
    return taken
