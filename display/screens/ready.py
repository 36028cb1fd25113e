"""One instruction, a repetition as a moving figure with its pace, the sensors."""

from display.figure import draw_view
from display.painter import SENSOR_SYMBOLS, Painter
from display.parts import SensorLine, Tone
from display.shapes import ReadyView
from display.theme import SECOND_TEXT, SURFACE, TONES, Role

SENSOR_LINES = 3


def draw(painter: Painter, view: ReadyView) -> None:
    """Show what to do, then how, then what the station still waits for."""
    box, sided = painter.theme.box, painter.theme.sided
    painter.header(view.header)
    for k, line in enumerate(view.instruction[:2]):
        painter.write(line, Role.TITLE, box(24, 76 + 62 * k, 976, 62))
    _drawing(painter, view)
    for k, sensor in enumerate(view.sensors[: SENSOR_LINES - bool(view.why)]):
        _sensor(painter, sensor, 212 + 78 * k)
    if view.why:
        painter.paragraph(view.why, Role.SMALL, box(530, 366, 470, 78), TONES[Tone.HOLD])
    stop, second, begin = view.buttons
    painter.button(sided(24, 450, 200, 134), stop)
    painter.button(sided(240, 450, 274, 134), second)
    painter.button(sided(530, 450, 470, 134), begin)


def _drawing(painter: Painter, view: ReadyView) -> None:
    """The dose, the figure, and beside it the pace in words."""
    box = painter.theme.box
    painter.panel(box(24, 212, 490, 226))
    painter.write(view.dose, Role.TEXT, box(44, 218, 450, 48), under=SURFACE)
    if view.figure is not None:
        draw_view(painter.surface, box(34, 264, 264, 168), view.figure)
    for k, (text, tone) in enumerate(view.pace):
        colour = TONES[tone] if tone is not Tone.PLAIN else SECOND_TEXT
        painter.write(text, Role.SMALL, box(304, 278 + 50 * k, 204, 44), colour, under=SURFACE)


def _sensor(painter: Painter, sensor: SensorLine, top: float) -> None:
    panel = painter.theme.box(530, top, 470, 70)
    painter.panel(panel)
    kind, tone = SENSOR_SYMBOLS[sensor.state]
    size = painter.theme.length(34)
    painter.symbol(kind, panel[0] + painter.theme.length(20), panel[1] + panel[3] // 2, size, TONES[tone])
    high = 40 if sensor.note else 70
    painter.write(sensor.label, Role.TEXT, painter.theme.box(606, top, 254, high), under=SURFACE)
    word = painter.theme.box(864, top, 118, high)
    painter.write(sensor.word, Role.SMALL, word, SECOND_TEXT, "right", under=SURFACE)
    if sensor.note:
        painter.write(sensor.note, Role.SMALL, painter.theme.box(606, top + 38, 376, 30), SECOND_TEXT, under=SURFACE)
