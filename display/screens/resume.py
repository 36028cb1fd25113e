"""A session that was cut off: what is kept, what comes next, and the two ways on side by side."""

from display.painter import Painter
from display.shapes import ResumeView
from display.theme import SECOND_TEXT, TEXT, Role


def draw(painter: Painter, view: ResumeView) -> None:
    """Show the question large, two sentences, and two wide buttons."""
    theme = painter.theme
    enough, go_on = view.buttons
    painter.header(view.header)
    painter.write(view.title, Role.ROOM, theme.box(24, 84, 976, 112))
    kept, following = view.lines
    painter.write(kept, Role.TITLE, theme.box(24, 216, 976, 72), TEXT)
    painter.write(following, Role.TEXT, theme.box(24, 292, 976, 72), SECOND_TEXT)
    painter.button(theme.sided(24, 450, 540, 134), enough)
    painter.button(theme.sided(580, 450, 420, 134), go_on)
