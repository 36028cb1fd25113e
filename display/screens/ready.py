"""One instruction, the pace of a repetition as a drawing, the sensors."""

from display.painter import SENSOR_SYMBOLS, Painter
from display.road import Tone
from display.roadwork import RoadScale, draw_road
from display.theme import SECOND_TEXT, SURFACE, TONES, Role
from display.views import ReadyView, SensorLine

SENSOR_LINES = 3


def draw(painter: Painter, view: ReadyView) -> None:
    """Show what to do, then how, then what the station still waits for."""
    box, sided = painter.theme.box, painter.theme.sided
    painter.header(view.header)
    for k, line in enumerate(view.instruction[:2]):
        painter.write(line, Role.TITLE, box(24, 76 + 62 * k, 976, 62))
    _pace(painter, view)
    for k, sensor in enumerate(view.sensors[:SENSOR_LINES]):
        _sensor(painter, sensor, 212 + 78 * k)
    back, *second, begin = view.buttons
    painter.button(sided(24, 450, 200 if second else 250, 134), back)
    for button in second:
        painter.button(sided(240, 450, 274, 134), button)
    painter.button(sided(530, 450, 470, 134), begin)


def _pace(painter: Painter, view: ReadyView) -> None:
    box = painter.theme.box
    painter.panel(box(24, 212, 490, 226))
    painter.write(view.dose, Role.TEXT, box(44, 220, 450, 48), under=SURFACE)
    begins_s, ends_s = view.road.pieces[0].start_s, view.road.pieces[-1].end_s
    inner = box(30, 264, 478, 128)
    clip = painter.surface.get_clip()
    painter.surface.set_clip(inner)
    draw_road(painter, view.road, RoadScale(view.road, inner, begins_s, ends_s, painter.theme.length(5)), None)
    painter.surface.set_clip(clip)
    width = 450 / len(view.pace)
    for k, (text, tone) in enumerate(view.pace):
        colour = TONES[tone] if tone is not Tone.PLAIN else SECOND_TEXT
        painter.write(text, Role.SMALL, box(44 + width * k, 392, width, 40), colour, "centre", under=SURFACE)


def _sensor(painter: Painter, sensor: SensorLine, top: float) -> None:
    panel = painter.theme.box(530, top, 470, 70)
    painter.panel(panel)
    kind, tone = SENSOR_SYMBOLS[sensor.state]
    size = painter.theme.length(34)
    painter.symbol(kind, panel[0] + painter.theme.length(20), panel[1] + panel[3] // 2, size, TONES[tone])
    painter.write(sensor.label, Role.TEXT, painter.theme.box(606, top, 254, 70), under=SURFACE)
    painter.write(sensor.word, Role.SMALL, painter.theme.box(864, top, 118, 70), SECOND_TEXT, "right", under=SURFACE)
