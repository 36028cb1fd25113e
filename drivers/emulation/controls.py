"""The controls' other side: fingers on emulated buttons, contacts that bounce, and a look at light and buzzer."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from drivers.controls import ControlsConfig, Name
from drivers.emulation.pins import QuietPin


class _ContactPin(QuietPin):
    """A pin with a contact to ground, which is stronger than the pull-up."""

    grounded = False

    def drive_high(self) -> None:
        """Let the pull-up have the pin, where the contact is open."""
        if not self.grounded:
            super().drive_high()


class EmulatedPanel:
    """Buttons, light and buzzer on mock pins; to be made before the controls that use them."""

    def __init__(self, factory: Any, config: ControlsConfig) -> None:
        self._pins = {
            Name.GREEN: factory.pin(config.green_pin, pin_class=_ContactPin),
            Name.WHITE: factory.pin(config.white_pin, pin_class=_ContactPin),
            Name.RED: factory.pin(config.red_pin, pin_class=_ContactPin),
        }
        self._opens = {Name.RED} if config.stop_opens else set()
        self._led = None if config.led_pin is None else factory.pin(config.led_pin)
        self._buzzer = None if config.buzzer_pin is None else factory.pin(config.buzzer_pin)
        for name in Name:
            self.release(name)

    def press(self, name: Name) -> None:
        """Press a button; its contact closes, or opens where it is made so."""
        self._touch(name, pressed=True)

    def release(self, name: Name) -> None:
        """Let a button go."""
        self._touch(name, pressed=False)

    def chatter(self, name: Name, contacts: Iterable[bool]) -> None:
        """Let a contact be pressed and let go in quick succession, at this very moment."""
        for pressed in contacts:
            self._touch(name, pressed=pressed)

    def cut(self, name: Name) -> None:
        """Cut the wire to a button: the pull-up has the pin from now on, whatever is pressed."""
        self._ground(name, closed=False)

    @property
    def lit(self) -> bool:
        """True while the light is on."""
        return self._led is not None and bool(self._led.state)

    @property
    def sounding(self) -> bool:
        """True while the buzzer sounds."""
        return self._buzzer is not None and bool(self._buzzer.state)

    def _touch(self, name: Name, *, pressed: bool) -> None:
        self._ground(name, closed=pressed != (name in self._opens))

    def _ground(self, name: Name, *, closed: bool) -> None:
        pin = self._pins[name]
        pin.grounded = closed
        if closed:
            pin.drive_low()
        else:
            pin.drive_high()
