"""What was pressed since the last frame, on the screen or on the three buttons; stop before everything, and alone."""

from __future__ import annotations

from display.app import App
from display.parts import Button, Key
from drivers.controls import Controls, Name
from drivers.kept_controls import KeptControls
from edge.session import Action


def presses(app: App, controls: Controls | KeptControls | None) -> list[Button]:
    """Return the presses of a frame. While the stop button is held, nothing else counts."""
    if controls is None:
        return first_stop(app.presses())
    names = controls.poll()
    for name in names:
        app.press(Key(name))
    pressed = app.presses()
    if Name.RED in names or controls.stop_held:
        return [button for button in pressed if button.key is Key.RED][:1]
    return first_stop(pressed)


def first_stop(pressed: list[Button]) -> list[Button]:
    """Return stop alone where it is among the presses of a frame, otherwise all of them."""
    return [button for button in pressed if button.action is Action.STOP][:1] or pressed
