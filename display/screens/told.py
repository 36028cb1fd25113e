"""A sentence to be read before anything goes on: large, quiet, with one way on."""

from display.painter import Painter
from display.parts import Icon, Tone
from display.shapes import BandCheckView, ToldView
from display.theme import SECOND_TEXT, SURFACE, TONES, Role


def draw(painter: Painter, view: ToldView) -> None:
    """Show each sentence on lines of its own, whom to call, and the ways on."""
    theme = painter.theme
    painter.header(view.header)
    for k, line in enumerate(view.lines):
        painter.paragraph(
            line, Role.TITLE, theme.box(24, 88 + 112 * k, 976, 108), lines=2 if len(line) > SHORT else 1
        )
    painter.write(view.help, Role.PLAIN, theme.box(24, 390, 976, 46), SECOND_TEXT)
    _buttons(painter, view)


SHORT = 34
"""Characters that fit on one line at the size of a title."""


def draw_band_check(painter: Painter, view: BandCheckView) -> None:
    """Show what to look at, one line each."""
    box, length = painter.theme.box, painter.theme.length
    painter.header(view.header)
    for k, point in enumerate(view.points):
        line = box(24, 74 + 73 * k, 976, 66)
        painter.panel(line)
        painter.symbol(Icon.DISC, line[0] + length(18), line[1] + line[3] // 2, length(22), TONES[Tone.PLAIN])
        painter.write(point, Role.TEXT, box(84, 74 + 73 * k, 906, 66), under=SURFACE)
    _buttons(painter, view)


def _buttons(painter: Painter, view: ToldView | BandCheckView) -> None:
    sided = painter.theme.sided
    *others, main = view.buttons
    for k, button in enumerate(others):
        painter.button(sided(24, 450, 196, 134) if k == 0 else sided(232, 450, 368, 134), button)
    painter.button(sided(612, 450, 388, 134), main)
