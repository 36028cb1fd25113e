"""The screen before the first plan."""

from display.painter import Painter
from display.shapes import NoPlanView
from display.theme import Role


def draw(painter: Painter, view: NoPlanView) -> None:
    """Show what to do: nothing can be done here but call."""
    painter.header(view.header)
    painter.write(view.title, Role.TITLE, painter.theme.box(24, 220, 976, 80), align="centre")
    painter.write(view.call, Role.TITLE, painter.theme.box(24, 320, 976, 80), align="centre")
