"""The session in three numbers."""

from display.painter import Painter
from display.parts import Tone
from display.shapes import SummaryView
from display.theme import SECOND_TEXT, SURFACE, TONES, Role

LINES_BESIDE_THE_BUTTON = 2


def draw(painter: Painter, view: SummaryView) -> None:
    """Show the numbers in a row and the one way on."""
    box = painter.theme.box
    painter.header(view.header)
    painter.write(view.title, Role.TITLE, box(24, 84, 976, 72))
    for k, (number, label) in enumerate(view.numbers):
        left = 24 + 331 * k
        painter.panel(box(left, 172, 314, 184))
        painter.write(number, Role.ROOM, box(left + 12, 188, 290, 100), align="centre", under=SURFACE)
        painter.write(label, Role.SMALL, box(left + 12, 294, 290, 48), SECOND_TEXT, "centre", under=SURFACE)
    if view.recognition:
        painter.paragraph(view.recognition, Role.SMALL, box(24, 364, 976, 40), TONES[Tone.GOOD], lines=1)
    first = 450 if len(view.lines) <= LINES_BESIDE_THE_BUTTON else 398
    for k, line in enumerate(view.lines):
        painter.write(line, Role.PLAIN, painter.theme.sided(24, first + 52 * k, 640, 48), SECOND_TEXT)
    painter.button(painter.theme.sided(690, 450, 310, 134), view.buttons[0])
