"""One step of a calibration: what to do, the live reading, and how it went."""

from display.painter import Painter
from display.parts import Button, Icon, Tone
from display.shapes import CalibrateView
from display.theme import LINE, SECOND_TEXT, SURFACE, TEXT, TONES, Box, Role

LINES = 2
PLACES = {"leave": (24, 206), "back": (244, 174), "skip": (432, 190), "keep": (432, 190)}
"""Left edge and width of the small buttons, at the bottom; the main action is beside them."""


def draw(painter: Painter, view: CalibrateView) -> None:
    """Show the instruction above the reading, what came of it below, the ways on at the bottom."""
    box, sided = painter.theme.box, painter.theme.sided
    painter.header(view.header)
    for k, line in enumerate(view.instruction[:LINES]):
        painter.write(line, Role.TITLE, box(24, 74 + 62 * k, 976, 62))
    _reading(painter, view, sided(24, 206, 480 if view.kg else 976, 124))
    if view.kg:
        _weight(painter, view)
    _lines(painter, view)
    for button in view.buttons:
        if button.main:
            painter.button(sided(636, 450, 364, 134), button)
        elif button.id in PLACES:
            left, width = PLACES[button.id]
            painter.button(sided(left, 450, width, 134), button)


def _reading(painter: Painter, view: CalibrateView, slot: Box) -> None:
    """The number and its unit; beneath them how much of the look is over."""
    length = painter.theme.length
    painter.panel(slot)
    left, top, width, height = slot
    bar = length(14)
    number = painter.write(
        view.reading, Role.ROOM, (left + length(24), top, width - length(110), height - bar), under=SURFACE
    )
    unit_left = number[0] + number[2] + length(14)
    unit = (unit_left, top, left + width - length(12) - unit_left, height - bar)
    painter.write(view.unit, Role.TEXT, unit, SECOND_TEXT, under=SURFACE)
    if view.share is not None:
        full = width - 2 * length(24)
        across = (left + length(24), top + height - bar - length(8))
        painter.segment((*across, full, bar), LINE)
        painter.segment((*across, max(round(full * view.share), bar), bar), TONES[Tone.GOOD])


def _weight(painter: Painter, view: CalibrateView) -> None:
    """The weight between one less and one more; read from left to right on either hand."""
    sided, left_handed = painter.theme.sided, painter.theme.left_handed
    by_id: dict[str, Button] = {button.id: button for button in view.buttons}
    lighter, heavier = sided(520, 206, 134, 124), sided(866, 206, 134, 124)
    if left_handed:
        lighter, heavier = heavier, lighter
    painter.button(lighter, by_id["lighter"])
    painter.button(heavier, by_id["heavier"])
    painter.write(view.kg, Role.TITLE, sided(662, 206, 196, 124), align="centre")


def _lines(painter: Painter, view: CalibrateView) -> None:
    """A refusal has a symbol beside it: state never rests on colour alone."""
    box, length = painter.theme.box, painter.theme.length
    left = 24
    if view.refused:
        slot = box(24, 340, 60, 96)
        painter.symbol(Icon.ACT, slot[0], slot[1] + slot[3] // 2, length(48), TONES[Tone.CAUTION])
        left = 92
    for k, line in enumerate(view.lines[:LINES]):
        colour = TEXT if view.refused else SECOND_TEXT
        painter.write(line, Role.PLAIN, box(left, 338 + 50 * k, 1000 - left, 50), colour)
