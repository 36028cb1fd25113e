"""What may be changed for today: equal buttons in two columns, then back or OK."""

from display.painter import Painter
from display.shapes import ChangeView
from edge.session import Action


def draw(painter: Painter, view: ChangeView) -> None:
    """Show up to six choices, three in a column."""
    theme = painter.theme
    painter.header(view.header)
    choices = [button for button in view.buttons if button.action is Action.CHOOSE]
    for k, button in enumerate(choices):
        row, column = divmod(k, 2)
        painter.button(theme.box(24 + 496 * column, 80 + 122 * row, 480, 108), button)
    stop, back, ok = view.buttons[len(choices) :]
    painter.button(theme.sided(24, 450, 216, 134), stop)
    painter.button(theme.sided(254, 450, 262, 134), back)
    painter.button(theme.sided(530, 450, 470, 134), ok)
