"""Why the set was stopped: one question, three equal answers."""

from display.painter import Painter
from display.shapes import StoppedView
from display.theme import SECOND_TEXT, Role


def draw(painter: Painter, view: StoppedView) -> None:
    """Show the answers side by side, each with the symbol of the physical button that gives it."""
    box = painter.theme.box
    painter.header(view.header)
    painter.write(view.question, Role.TITLE, box(24, 92, 976, 72))
    painter.write(view.kept, Role.PLAIN, box(24, 164, 976, 52), SECOND_TEXT)
    for k, button in enumerate(view.buttons):
        painter.button_with_key(box(24 + 331 * k, 260, 314, 260), button)
