"""One number from the patient: how many repetitions nobody counted."""

from display.painter import Painter
from display.theme import SECOND_TEXT, Role
from display.views import ByHandView


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
