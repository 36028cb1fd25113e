"""One number from the patient: how many repetitions nobody counted, how far, how long."""

from display.painter import Painter
from display.shapes import ByHandView, EntryView
from display.theme import SECOND_TEXT, Role


def draw(painter: Painter, view: ByHandView) -> None:
    """Show the number between one less and one more; the green button ends it."""
    box = painter.theme.box
    named = {button.id: button for button in view.buttons}
    fewer, more, main, stop = (named[name] for name in ("fewer", "more", "answered", "end_set"))
    painter.header(view.header)
    painter.write(view.question, Role.TITLE, box(24, 76, 976, 66))
    painter.write(view.kept, Role.PLAIN, box(24, 142, 976, 50), SECOND_TEXT)
    painter.button(box(24, 236, 250, 170), fewer)
    painter.write(view.number, Role.LONG_COUNT, box(290, 206, 444, 230), align="centre")
    add = painter.button if more.key is None or more.pointed else painter.button_with_key
    add(box(750, 236, 250, 170), more)
    painter.button(painter.theme.sided(24, 450, 216, 134), stop)
    painter.button(painter.theme.sided(530, 450, 470, 134), main)


def draw_entry(painter: Painter, view: EntryView) -> None:
    """Show a larger number with its unit, its steps in a row beneath, smaller ones at the left."""
    theme = painter.theme
    *steps, stop, main = view.buttons
    painter.header(view.header)
    painter.write(view.question, Role.TITLE, theme.box(24, 72, 976, 66))
    painter.write(view.number, Role.LONG_COUNT, theme.box(124, 140, 520, 176), align="right")
    painter.write(view.unit, Role.TITLE, theme.box(664, 226, 336, 80), SECOND_TEXT)
    wide = (976 - 16 * (len(steps) - 1)) / len(steps)
    for k, button in enumerate(steps):
        painter.button(theme.box(24 + (wide + 16) * k, 328, wide, 107), button)
    painter.button(theme.sided(24, 450, 216, 134), stop)
    painter.button(theme.sided(530, 450, 470, 134), main)
