"""The rest: seconds large, two questions that may stay open, the last set's result."""

from display.painter import Painter
from display.parts import Button
from display.shapes import RestView
from display.theme import SECOND_TEXT, Role
from edge.session import Action


def draw(painter: Painter, view: RestView) -> None:
    """Show the time at one side and the questions beside and below it; the main action is at the bottom."""
    sided = painter.theme.sided
    painter.header(view.header)
    fix = next((button for button in view.buttons if button.id == "fix"), None)
    if fix is None:
        painter.write(view.time, _time_role(view.time), sided(24, 84, 486, 216), align="centre")
        painter.write(view.unit, Role.PLAIN, sided(24, 308, 486, 44), SECOND_TEXT, "centre")
    else:
        role = min(_time_role(view.time), Role.LONG_COUNT, key=lambda one: one.base_px)
        painter.write(view.time, role, sided(24, 72, 486, 162), align="centre")
        painter.write(view.unit, Role.PLAIN, sided(24, 236, 486, 40), SECOND_TEXT, "centre")
        painter.button(sided(112, 284, 310, 108), fix)
    painter.write(view.effort_question, Role.TEXT, sided(530, 74, 470, 46))
    _answers(painter, view.buttons)
    painter.write(view.pain_question, Role.TEXT, sided(24, 400, 486, 46))
    for k, line in enumerate(view.result):
        painter.write(line, Role.SMALL, sided(530, 362 + 40 * k, 470, 36), SECOND_TEXT)
    for button in view.buttons:
        if button.id == "longer":
            painter.button(sided(530, 450, 180, 134), button)
        elif button.main:
            painter.button(sided(724, 450, 276, 134), button)


def _answers(painter: Painter, buttons: tuple[Button, ...]) -> None:
    """The block changes sides with the hand; its answers are read from left to right on either."""
    efforts = [button for button in buttons if button.action in (Action.EFFORT, Action.RESERVE)]
    for k, button in enumerate(efforts):
        column = _from_left(painter, k % 2, 2)
        painter.button(painter.theme.sided(530 + 242 * column, 124 + 121 * (k // 2), 228, 107), button)
    pains = [button for button in buttons if button.id.startswith("pain_")]
    for k, button in enumerate(pains):
        painter.button(painter.theme.sided(24 + 167 * _from_left(painter, k, 3), 450, 152, 134), button)


def _from_left(painter: Painter, k: int, of: int) -> int:
    return of - 1 - k if painter.theme.left_handed else k


def _time_role(time: str) -> Role:
    """Two digits have room for the largest letters; minutes and words do not."""
    if len(time) <= 2:
        return Role.COUNT
    return Role.LONG_COUNT if ":" in time else Role.ROOM_LARGE
