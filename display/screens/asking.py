"""One question: its answers of equal size, the choice repeated in words, then the next one."""

from collections.abc import Sequence

from display.painter import Painter
from display.parts import Button
from display.shapes import AskingView
from display.theme import SECOND_TEXT, Role
from edge.session import Action

SCORES_PER_ROW = 6
TOO_MANY_FOR_A_ROW = 3


def draw(painter: Painter, view: AskingView) -> None:
    """Show eleven scores in two rows, or two or three answers side by side."""
    theme = painter.theme
    painter.header(view.header)
    painter.paragraph(view.question, Role.TITLE, theme.box(24, 68, 976, 112), lines=2)
    choices = [button for button in view.buttons if button.action is Action.ANSWER]
    if len(choices) > TOO_MANY_FOR_A_ROW:
        _scores(painter, choices, view.ends)
    else:
        _side_by_side(painter, choices)
    painter.write(view.said, Role.SMALL, theme.box(24, 412, 976, 36), SECOND_TEXT)
    leave, *others, main = view.buttons[len(choices) :]
    painter.button(theme.sided(24, 450, 196, 134), leave)
    for button in others:
        painter.button(theme.sided(236, 450, 294, 134), button)
    painter.button(theme.sided(546, 450, 454, 134), main)


def _scores(painter: Painter, choices: Sequence[Button], ends: tuple[str, ...]) -> None:
    box = painter.theme.box
    for k, button in enumerate(choices):
        row, column = divmod(k, SCORES_PER_ROW)
        painter.button(box(24 + 164 * column, 182 + 121 * row, 150, 107), button)
    low, high = ends
    # The lower row has room for five of six: the ends are told there, beside the last of them.
    painter.write(low, Role.SMALL, box(848, 310, 152, 46), SECOND_TEXT)
    painter.write(high, Role.SMALL, box(848, 358, 152, 46), SECOND_TEXT)


def _side_by_side(painter: Painter, choices: Sequence[Button]) -> None:
    wide = (976 - 16 * (len(choices) - 1)) / len(choices)
    for k, button in enumerate(choices):
        painter.button(painter.theme.box(24 + (wide + 16) * k, 200, wide, 200), button)
