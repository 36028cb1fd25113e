"""The sensor is lost, or nothing counts any more: readable from 2 m, with the way on at the bottom."""

from display.painter import SENSOR_SYMBOLS, Painter
from display.shapes import LostView, UncountedView
from display.theme import SECOND_TEXT, TEXT, TONES, Role


def draw(painter: Painter, view: LostView | UncountedView) -> None:
    """Show what has happened large, what is kept, and the ways on side by side."""
    theme = painter.theme
    painter.header(view.header)
    left = 24
    if view.sensor is not None:
        kind, tone = SENSOR_SYMBOLS[view.sensor.state]
        painter.symbol(kind, theme.box(24, 0, 0, 0)[0], theme.box(0, 140, 0, 0)[1], theme.length(72), TONES[tone])
        left = 120
    painter.write(view.title, Role.ROOM, theme.box(left, 84, 1000 - left, 112))
    for k, line in enumerate(view.lines):
        painter.write(line, Role.TITLE, theme.box(24, 216 + 76 * k, 976, 72), SECOND_TEXT if k else TEXT)
    stop, *others, main = view.buttons
    painter.button(theme.sided(24, 450, 216, 134), stop)
    for button in others:
        painter.button(theme.sided(254, 450, 262, 134), button)
    painter.button(theme.sided(530, 450, 470, 134), main)
