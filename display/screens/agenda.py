"""What today, how long, one START."""

from display.painter import Painter
from display.parts import Tone
from display.shapes import AgendaView, MessageView
from display.theme import BACKGROUND, SECOND_TEXT, SURFACE, TONES, Role
from edge.session import Action

ROW_TOP, ROW_HEIGHT, ROW_STEP = 206, 84, 98
ROWS = 4
LINE = 34
"""From one line of a message to the next."""


def draw(painter: Painter, view: AgendaView) -> None:
    """Show the exercises on one side and START at the bottom of the other."""
    box, sided = painter.theme.box, painter.theme.sided
    painter.header(view.header)
    painter.write(view.title, Role.TITLE, box(24, 80, 976, 64))
    painter.write(view.length, Role.PLAIN, box(24, 146, 976, 44), SECOND_TEXT)
    for number, row in enumerate(view.lines, 1):
        _row(painter, number, *row)
    if view.more:
        top = ROW_TOP + ROW_STEP * len(view.lines)
        painter.write(view.more, Role.PLAIN, sided(48, top, 600, ROW_HEIGHT), SECOND_TEXT)
    for k, line in enumerate(view.help):
        painter.write(
            line, Role.SMALL, sided(690, 214 + 44 * k, 310, 40), SECOND_TEXT if k == 0 else TONES[Tone.PLAIN]
        )
    start, *others = view.buttons
    log = next((button for button in others if button.action is Action.LOG), None)
    painter.button(sided(690, 450, 310, 134) if log else sided(690, 400, 310, 184), start)
    if log is not None:
        painter.button(sided(690, 324, 310, 110), log)
    if view.message is not None:
        _message(painter, view.message)
    if view.nudge is not None:
        painter.paragraph(view.nudge.sentence, Role.SMALL, sided(24, 498, 490, 92), TONES[Tone.HOLD])
        painter.button(sided(526, 490, 144, 108), view.nudge.button)


def _message(painter: Painter, message: MessageView) -> None:
    """Put the clinic's words on a panel of their own where the last lines would be, its button beneath them."""
    top = ROW_TOP + ROW_STEP * (ROWS - message.slots)
    height = ROW_STEP * message.slots - 12
    sided = painter.theme.sided
    painter.panel(sided(24, top, 646, height), BACKGROUND, TONES[Tone.LOWER])
    painter.write(message.heading, Role.SMALL, sided(48, top + 8, 450, LINE), SECOND_TEXT)
    rows = (height - LINE - 20) // LINE
    words = sided(48, top + LINE + 10, 450, rows * LINE)
    painter.paragraph(message.text, Role.SMALL, words, lines=rows)
    painter.button(sided(516, top + height - 120, 144, 108), message.button)


def _row(painter: Painter, number: int, name: str, dose: str, plan: str) -> None:
    top = ROW_TOP + ROW_STEP * (number - 1)
    panel = painter.theme.sided(24, top, 646, ROW_HEIGHT)
    painter.panel(panel)

    def within(left: float, width: float, above: float = 0, height: float = ROW_HEIGHT) -> tuple[int, int, int, int]:
        offset, down, wide, high = painter.theme.box(left, above, width, height)
        return panel[0] + offset, panel[1] + down, wide, high

    painter.write(str(number), Role.TEXT, within(24, 44), TONES[Tone.LOWER], under=SURFACE)
    painter.write(name, Role.TEXT, within(76, 330), under=SURFACE)
    if not plan:
        painter.write(dose, Role.SMALL, within(416, 206), SECOND_TEXT, "right", under=SURFACE)
        return
    painter.write(dose, Role.SMALL, within(416, 206, 4, 42), TONES[Tone.PLAIN], "right", under=SURFACE)
    painter.write(plan, Role.SMALL, within(416, 206, 40, 42), SECOND_TEXT, "right", under=SURFACE)
