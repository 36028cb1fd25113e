"""Trial repetitions: large enough for 2 m, and plainly not a set."""

from display.painter import Painter
from display.screens.training import draw_cue
from display.shapes import TrialView
from display.theme import SECOND_TEXT, TEXT, Role


def draw(painter: Painter, view: TrialView) -> None:
    """Show how many were shown of how many, what comes next, the cue, and two ways out."""
    theme = painter.theme
    stop, skip = view.buttons
    painter.header(view.header)
    painter.write(view.title, Role.ROOM, theme.box(24, 84, 976, 112))
    for k, line in enumerate(view.lines):
        painter.write(line, Role.TITLE, theme.box(24, 206 + 70 * k, 976, 66), SECOND_TEXT if k else TEXT)
    painter.button(theme.sided(740, 352, 260, 110), skip)
    draw_cue(painter, view.cue)
    painter.button(theme.sided(804, 476, 196, 108), stop)
