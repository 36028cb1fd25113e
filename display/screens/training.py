"""The set screen: count, phase, road, load, cue and STOP, readable from 2 m."""

from display.painter import SENSOR_SYMBOLS, Painter
from display.parts import CueView, Icon, SensorLine, Tone
from display.roadwork import RoadScale, draw_road
from display.shapes import AHEAD_S, PAST_S, LoadState, LoadView, PhaseView, Segment, SetView
from display.theme import BACKGROUND, LINE, SECOND_TEXT, SURFACE, TEXT, TONES, Box, Role

DOUBT_WIDTH = 66
ONE_ROW = 16
"""Segments that fit in one row under the count and can still be told apart."""
LOAD_COLOURS = {
    LoadState.UNKNOWN: SECOND_TEXT,
    LoadState.UNDER: SECOND_TEXT,
    LoadState.INSIDE: TONES[Tone.GOOD],
    LoadState.OVER: TONES[Tone.CAUTION],
}


def draw(painter: Painter, view: SetView) -> None:
    """Show the five things there are during a set, and STOP."""
    count_width, gap = (266, 24) if len(view.segments) < 10 else (370, 16)
    road_left = 24 + count_width + gap
    road_right = 788 if view.load else 1000
    sided = painter.theme.sided
    _header(painter, view)
    _count(painter, view, count_width)
    _phase(painter, view.phase, sided(road_left, 80, road_right - road_left, 104), large=view.load is None)
    _road(painter, view, sided(road_left, 196, road_right - road_left, 268))
    if view.load:
        _load(painter, view.load)
    stop, *done = view.buttons
    draw_cue(painter, view.cue)
    for button in done:  # where nothing is counted down, the place of the segments is free
        painter.button(sided(24, 340, count_width, 120), button)
    painter.button(sided(804, 476, 196, 108), stop)


def _header(painter: Painter, view: SetView) -> None:
    painter.header_line(view.header.title)
    painter.write(view.header.note, Role.PLAIN, painter.theme.box(500, 6, 260, 54), SECOND_TEXT, "centre")
    _sensors(painter, view.sensors)


def _sensors(painter: Painter, sensors: SensorLine) -> None:
    text = painter.write(sensors.label, Role.SMALL, painter.theme.box(810, 6, 190, 54), SECOND_TEXT, "right")
    kind, tone = SENSOR_SYMBOLS[sensors.state]
    size = painter.theme.length(26)
    painter.symbol(kind, text[0] - size - painter.theme.length(10), text[1] + text[3] // 2, size, TONES[tone])


def _count(painter: Painter, view: SetView, width: float) -> None:
    """The count, as large as there is room for; a doubt takes its share of the width."""
    sided = painter.theme.sided
    if not view.doubt:
        painter.write(view.count, Role.COUNT, sided(24, 84, width, 230), align="centre")
    else:
        role = Role.COUNT if len(view.count) == 1 else Role.LONG_COUNT
        painter.write(view.count, role, sided(24, 84, width - DOUBT_WIDTH, 230), align="centre")
        painter.write(
            view.doubt, Role.ROOM, sided(24 + width - DOUBT_WIDTH, 84, DOUBT_WIDTH, 230), SECOND_TEXT, "right"
        )
    painter.write(view.of_reps, Role.ROOM, sided(24, 326, width, 84), SECOND_TEXT, "centre")
    _segments(painter, view.segments, sided(24, 426, width, 30))


def _segments(painter: Painter, segments: tuple[Segment, ...], box: Box) -> None:
    """Share the width out evenly; more than one row's worth goes into two rows."""
    rows = 1 if len(segments) <= ONE_ROW else 2
    per_row = -(-len(segments) // rows)
    gap = painter.theme.length(6 if per_row <= 10 else 4)
    height = (box[3] - (rows - 1) * gap) // rows
    for k, segment in enumerate(segments):
        column, row = k % per_row, k // per_row
        left = box[0] + round(column * (box[2] + gap) / per_row)
        right = box[0] + round((column + 1) * (box[2] + gap) / per_row) - gap
        _segment(painter, segment, (left, box[1] + row * (height + gap), right - left, height))


def _segment(painter: Painter, segment: Segment, box: Box) -> None:
    left, top, width, height = box
    if segment is Segment.TO_COME:
        thin = max(height // 3, 3)
        painter.segment((left, top + (height - thin) // 2, width, thin), LINE)
    elif segment is Segment.HOLLOW:
        painter.segment(box, BACKGROUND, TONES[Tone.CAUTION])
    else:
        painter.segment(box, TONES[Tone.GOOD])


def _phase(painter: Painter, phase: PhaseView, slot: Box, *, large: bool) -> None:
    """The word at the left, the seconds at the right where they do not move the word; no room: the word alone."""
    role = Role.ROOM_LARGE if large else Role.ROOM
    colour = TONES[phase.tone]
    painter.write(phase.word, role, slot, colour)
    if phase.seconds is None:
        return
    number = str(phase.seconds)
    used = painter.ink.lettering(phase.word, role, colour).width + painter.ink.lettering(number, role, colour).width
    if used + painter.theme.length(16) <= slot[2]:
        painter.write(number, role, slot, colour, "right")


def _road(painter: Painter, view: SetView, box: Box) -> None:
    painter.panel(box)
    inset = painter.theme.length(6)
    inner = (box[0] + inset, box[1], box[2] - 2 * inset, box[3])
    clip = painter.surface.get_clip()
    painter.surface.set_clip(inner)
    scale = RoadScale(view.road, inner, -PAST_S, AHEAD_S, painter.theme.length(10))
    draw_road(painter, view.road, scale, 0.0)
    painter.surface.set_clip(clip)


def _load(painter: Painter, load: LoadView) -> None:
    sided, length = painter.theme.sided, painter.theme.length
    left_handed = painter.theme.left_handed
    _load_number(painter, load)
    track = sided(840, 196, 84, 268)
    painter.panel(track)
    reach = track[3] - length(18)
    bottom = track[1] + track[3] - length(9)
    _column(painter, load, (track[0] + length(16), bottom - round(load.fill * reach), track[2] - length(32)), bottom)
    if load.band and load.labels:
        low_y, high_y = (bottom - round(share * reach) for share in load.band)
        bracket = (track[0] - length(8), high_y, track[2] + length(16), max(low_y - high_y, length(14)))
        painter.bracket(bracket, TONES[Tone.GOOD])
        apart = max(length(17), bracket[3] // 2)
        middle = bracket[1] + bracket[3] // 2
        labels = sided(940, 0, 60, 34)
        for text, y in zip(load.labels, (middle - apart, middle + apart), strict=True):
            slot = (labels[0], y - labels[3] // 2, labels[2], labels[3])
            painter.write(text, Role.SMALL, slot, SECOND_TEXT, "right" if left_handed else "left")


def _load_number(painter: Painter, load: LoadView) -> None:
    """The unit follows the number on either hand; both stay at the outer edge of the screen."""
    box, length = painter.theme.box, painter.theme.length
    if painter.theme.left_handed:
        number = painter.write(load.number, Role.ROOM, box(24, 80, 166, 104))
    else:
        number = painter.write(load.number, Role.ROOM, box(792, 80, 166, 104), align="right")
    unit = box(0, 102, 40, 104)
    painter.write(load.unit, Role.SMALL, (number[0] + number[2] + length(6), *unit[1:]), SECOND_TEXT)


def _column(painter: Painter, load: LoadView, place: tuple[int, int, int], bottom: int) -> None:
    left, top, width = place
    if bottom - top < painter.theme.length(4):
        return
    colour = LOAD_COLOURS[load.state]
    over = load.state is LoadState.OVER
    painter.segment((left, top, width, bottom - top), SURFACE if over else colour, colour if over else None)
    if over:
        size = painter.theme.length(36)
        painter.symbol(Icon.DOWN, left + (width - size) // 2, (top + bottom) // 2, size, colour)


def draw_cue(painter: Painter, cue: CueView | None) -> None:
    """Draw the cue at the bottom, beside STOP."""
    box = painter.theme.sided(24, 476, 764, 108)
    painter.panel(box)
    if cue is None:
        return
    size, pad = painter.theme.length(72), painter.theme.length(24)
    painter.symbol(cue.icon, box[0] + pad, box[1] + box[3] // 2, size, TONES[cue.tone])
    left = box[0] + pad + size + pad
    # The stop colour has too little contrast on a panel: the symbol carries it, the words stay white.
    colour = TEXT if cue.tone is Tone.STOP else TONES[cue.tone]
    painter.write(cue.text, Role.CUE, (left, box[1], box[0] + box[2] - pad - left, box[3]), colour, under=SURFACE)
