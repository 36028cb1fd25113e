"""A set by the clock: the time that is left, readable across the room."""

from display.painter import Painter
from display.shapes import TimedView
from display.theme import SECOND_TEXT, Role

LONGEST_COUNT = 2


def draw(painter: Painter, view: TimedView) -> None:
    """Show what is going on, the time, one sentence, and the ways out."""
    box, sided = painter.theme.box, painter.theme.sided
    stop, *others = view.buttons
    painter.header(view.header)
    painter.write(view.title, Role.TITLE, box(24, 72, 976, 66), align="centre")
    role = Role.COUNT if len(view.time) <= LONGEST_COUNT else Role.LONG_COUNT
    painter.write(view.time, role, box(24, 142, 976, 220), align="centre")
    painter.write(view.unit, Role.PLAIN, box(24, 366, 976, 36), SECOND_TEXT, "centre")
    painter.write(view.line, Role.TEXT, box(24, 404, 976, 42), align="centre")
    painter.write(view.seen, Role.SMALL, sided(252, 450, 266, 134), SECOND_TEXT, "centre")
    painter.button(sided(24, 450, 216, 134), stop)
    for done in others:
        painter.button(sided(530, 450, 470, 134), done)
