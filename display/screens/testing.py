"""Outcome tests: how one is done, and what came of it beside the first result."""

from display.figure import draw_view
from display.painter import Painter
from display.parts import Icon, Tone
from display.shapes import ResultView, Scale, TestOfferView
from display.theme import LINE, SECOND_TEXT, SURFACE, TONES, Role

STEP = 92


def draw_offer(painter: Painter, view: TestOfferView) -> None:
    """Show what to do, one sentence after the other, beside the figure."""
    box, length = painter.theme.box, painter.theme.length
    painter.header(view.header)
    for k, line in enumerate(view.lines):
        top = 74 + STEP * k
        place = box(24, top, 640, STEP)
        painter.symbol(Icon.DISC, place[0] + length(6), place[1] + place[3] // 4, length(20), TONES[Tone.LOWER])
        painter.paragraph(line, Role.PLAIN, box(72, top, 592, STEP), lines=2)
    painter.panel(box(684, 82, 316, 350))
    if view.figure is not None:
        draw_view(painter.surface, box(694, 92, 296, 330), view.figure)
    stop, put_off, begin = view.buttons
    painter.button(painter.theme.sided(24, 450, 216, 134), stop)
    painter.button(painter.theme.sided(256, 450, 258, 134), put_off)
    painter.button(painter.theme.sided(530, 450, 470, 134), begin)


def draw_result(painter: Painter, view: ResultView) -> None:
    """Show the number, what is said of it, and where it lies beside the first one."""
    box, sided = painter.theme.box, painter.theme.sided
    painter.header(view.header)
    left = 24
    if view.number:
        left = 386
        painter.panel(box(24, 80, 342, 190))
        painter.write(view.number, Role.ROOM_LARGE, box(36, 92, 318, 112), align="centre", under=SURFACE)
        painter.write(view.unit, Role.PLAIN, box(36, 210, 318, 50), SECOND_TEXT, "centre", under=SURFACE)
    for k, line in enumerate(view.lines):
        painter.write(line, Role.PLAIN, box(left, 84 + 62 * k, 1000 - left, 56))
    if view.scale is not None:
        _scale(painter, view.scale)
    stop, *others, go_on = view.buttons
    painter.button(sided(24, 450, 216, 134), stop)
    for button in others:
        painter.button(sided(256, 450, 258, 134), button)
    painter.button(sided(530, 450, 470, 134), go_on)


def _scale(painter: Painter, scale: Scale) -> None:
    """A line from the first result, hollow, to this one, filled; the band behind it is chance."""
    box, length = painter.theme.box, painter.theme.length

    def across(share: float) -> float:
        return 60 + 904 * share

    painter.surface.fill(LINE, box(60, 352, 904, 4))
    painter.segment(box(across(scale.low), 328, 904 * (scale.high - scale.low), 52), LINE)
    size, middle = length(36), box(0, 354, 0, 0)[1]
    marks = ((scale.first, Icon.RING, Tone.PLAIN, 284), (scale.last, Icon.DISC, Tone.LOWER, 388))
    for (share, icon, tone, top), label in zip(marks, scale.labels, strict=True):
        at = across(share)
        painter.symbol(icon, box(at, 0, 0, 0)[0] - size // 2, middle, size, TONES[tone])
        painter.write(label, Role.SMALL, box(min(max(at - 100, 24), 800), top, 200, 40), SECOND_TEXT, "centre")
