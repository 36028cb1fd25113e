"""Training is locked: what to do, large enough to be read across the room. Nothing can be pressed."""

from display.painter import Painter
from display.parts import Icon, Tone
from display.shapes import LockedView
from display.theme import SECOND_TEXT, TONES, Role


def draw(painter: Painter, view: LockedView) -> None:
    """Show the octagon, what to do in two lines, whom to call, and who can end this."""
    box = painter.theme.box
    painter.header(view.header)
    octagon_left, octagon_middle = box(24, 0, 0, 0)[0], box(0, 168, 0, 0)[1]
    painter.symbol(Icon.OCTAGON, octagon_left, octagon_middle, painter.theme.length(96), TONES[Tone.STOP])
    for k, line in enumerate(view.title):
        painter.write(line, Role.TITLE, box(144, 96 + 76 * k, 856, 72))
    for k, line in enumerate(view.lines):
        painter.write(line, Role.TEXT, box(24, 300 + 68 * k, 976, 60))
    painter.write(view.kept, Role.PLAIN, box(24, 520, 976, 52), SECOND_TEXT)
