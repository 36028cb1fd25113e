"""Draws cards to a PDF: A5 landscape, one side, to be folded to A6. Nothing is smaller than 10.5 points.

State has a shape beside its colour, so that a black and white print says the same.
"""

from __future__ import annotations

import io
from functools import cache
from importlib.resources import as_file, files

import segno
from reportlab.lib.colors import HexColor
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from sync.card.figure import draw_figure
from sync.card.plan import LINES, MOST_DOTS, Beat, CardPlan, Line, Page, WeekRow
from sync.card.words import card_words, say

WIDTH, HEIGHT = 210 * mm, 148 * mm
HALF = WIDTH / 2
MARGIN = 8.5 * mm
SMALL, SUB, NAME, TITLE = 10.5, 11.0, 15.0, 20.0
"""Points: text, subtitle, name of an exercise, heading of a half."""
LEADING = 13.0
REGULAR, BOLD = "AtkinsonNext", "AtkinsonNext-Bold"
TEXT, SECOND, SURFACE = HexColor("#15212B"), HexColor("#3D4C59"), HexColor("#F3F6F9")
BLUE, GREEN, AMBER, RED = (HexColor(code) for code in ("#084B83", "#005A40", "#7A4E00", "#9B1C15"))
QR_MM = 21.0
LINE_MM, GAP_MM, TALLEST_MM = 24.2, 1.8, 33.0
"""Height of an exercise where there are three, between them, and where there are fewer."""
DAYS = ("M", "T", "W", "T", "F", "S", "S")
BEAT_COLOURS = (BLUE, AMBER, GREEN, AMBER)


@cache
def _fonts() -> frozenset[int]:
    """Make the bundled fonts known to reportlab; return the characters they have."""
    folder = files("display.fonts")
    for name, file in (
        (REGULAR, "AtkinsonHyperlegibleNext-Regular.ttf"),
        (BOLD, "AtkinsonHyperlegibleNext-Bold.ttf"),
    ):
        with as_file(folder.joinpath(file)) as path:
            pdfmetrics.registerFont(TTFont(name, str(path)))
    return frozenset(pdfmetrics.getFont(REGULAR).face.charToGlyph)


def writable(text: str) -> bool:
    """Return whether the card's font has every character of a text."""
    return all(ord(character) in _fonts() for character in text)


def draw_card(plan: CardPlan) -> bytes:
    """Return the PDF of a card, one sheet for each of its pages. The same plan gives the same bytes."""
    _fonts()
    into = io.BytesIO()
    canvas = Canvas(into, pagesize=(WIDTH, HEIGHT), invariant=True)
    canvas.setTitle(f"Card {plan.code}, plan version {plan.version}")
    for number, page in enumerate(plan.pages, 1):
        _fold(canvas)
        _exercises(canvas, page)
        _feeling(canvas, plan)
        _foot(canvas, plan, f" · {number} of {len(plan.pages)}" if len(plan.pages) > 1 else "")
        canvas.showPage()
    canvas.save()
    return into.getvalue()


def width_of(text: str, font: str, size: float) -> float:
    """Return how wide a text is, in points."""
    return float(pdfmetrics.stringWidth(text, font, size))


def fitted(text: str, font: str, size: float, width: float) -> str:
    """Return the text, or as much of it as fits with three dots behind."""
    if width_of(text, font, size) <= width:
        return text
    while text and width_of(f"{text}…", font, size) > width:
        text = text[:-1]
    return f"{text.rstrip(' ·,')}…"


def wrapped(text: str, font: str, size: float, width: float, most: int) -> list[str]:
    """Return the text in lines of at most ``width`` points, ``most`` of them at most; the rest is left out."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if width_of(longer, font, size) <= width or not lines[-1]:
            lines[-1] = longer
        else:
            lines.append(word)
    if len(lines) > most:
        lines[most - 1 :] = [" ".join(lines[most - 1 :])]
    return [fitted(line, font, size, width) for line in lines]


def _write(
    canvas: Canvas, x: float, y: float, text: str, font: str = REGULAR, size: float = SMALL, colour: HexColor = TEXT
) -> None:
    canvas.setFillColor(colour)
    canvas.setFont(font, size)
    canvas.drawString(x, y, text)


def _fold(canvas: Canvas) -> None:
    canvas.setStrokeColor(HexColor("#9AA7B2"))
    canvas.setLineWidth(0.6)
    canvas.setDash(4, 3)
    canvas.line(HALF, 4 * mm, HALF, HEIGHT - 4 * mm)
    canvas.setDash()


# ---- left: what to do -------------------------------------------------------------------------------------


def _exercises(canvas: Canvas, page: Page) -> None:
    width, y = HALF - 2 * MARGIN, HEIGHT - MARGIN - 5.5 * mm
    _write(canvas, MARGIN, y, say("titles.exercises"), BOLD, TITLE)
    y -= 5.6 * mm
    _write(canvas, MARGIN, y, fitted(page.when, REGULAR, SUB, width), REGULAR, SUB, SECOND)
    y -= 2.8 * mm
    height = min((LINES * LINE_MM + (LINES - 1) * GAP_MM + GAP_MM) / len(page.lines) - GAP_MM, TALLEST_MM) * mm
    for line in page.lines:
        _line(canvas, line, (MARGIN, y - height, width, height))
        y -= height + GAP_MM * mm
    for text in filter(None, (page.closing, page.anchor)):
        y -= LEADING
        _write(canvas, MARGIN, y + 0.8 * mm, fitted(text, REGULAR, SMALL, width))
    _ticks(canvas, page, MARGIN, MARGIN - 3 * mm, width)


def _line(canvas: Canvas, line: Line, box: tuple[float, float, float, float]) -> None:
    x, y, width, height = box
    canvas.setFillColor(SURFACE)
    canvas.roundRect(x, y, width, height, 2.2 * mm, stroke=0, fill=1)
    drawing = 23 * mm
    draw_figure(canvas, line.exercise, (x + 1.5 * mm, y + 1.5 * mm, drawing - 1.5 * mm, height - 3 * mm))
    left, room = x + drawing + 2 * mm, width - drawing - 3.5 * mm
    top = y + height - 6.2 * mm
    _write(canvas, left, top, fitted(line.name, BOLD, NAME, room), BOLD, NAME)
    top -= 1.5
    # The tempo keeps the last line; what is left between it and the name is for dose and note.
    lines = int((top - y - 2.0 * mm) / LEADING) - 1
    doses = wrapped(line.dose, REGULAR, SMALL, room, max(lines - bool(line.note), 1))
    notes = wrapped(line.note, REGULAR, SMALL, room, lines - len(doses)) if line.note and lines > len(doses) else []
    for text, colour in (*((dose, TEXT) for dose in doses), *((note, SECOND) for note in notes)):
        top -= LEADING
        _write(canvas, left, top, text, colour=colour)
    top -= LEADING + 1.5
    if line.beats:
        _beats(canvas, line.beats, left, top, room)
    elif line.pace:
        _write(canvas, left, top, fitted(line.pace, REGULAR, SMALL, room), colour=BLUE)


def _beats(canvas: Canvas, beats: tuple[Beat, ...], x: float, y: float, room: float) -> None:
    """Draw each part as dots to count, one for a second, and its word; a long part as its number of seconds."""
    radius, step, gap = 1.25 * mm, 3.0 * mm, 2.2 * mm
    end = x + room
    for beat, colour in zip(beats, BEAT_COLOURS, strict=False):
        dots = round(beat.seconds) if beat.seconds == round(beat.seconds) <= MOST_DOTS else 0
        word = beat.word if dots else f"{beat.word} {beat.seconds:g} s"
        if x + dots * step + 1.2 * mm + width_of(word, REGULAR, SMALL) > end:
            return
        canvas.setFillColor(colour)
        for number in range(dots):
            canvas.circle(x + radius + number * step, y + 1.25 * mm, radius, stroke=0, fill=1)
        x += dots * step + (1.0 * mm if dots else 0)
        _write(canvas, x, y, word)
        x += width_of(word, REGULAR, SMALL) + gap


def _ticks(canvas: Canvas, page: Page, x: float, bottom: float, width: float) -> None:
    """Draw the boxes from the bottom up: the days' letters, a row for each week, the heading."""
    day = width / len(DAYS)
    side = min(4.2 * mm, (day - 1.6 * mm) / page.slots)
    for number, letter in enumerate(DAYS):
        middle = x + number * day + page.slots * side / 2
        canvas.setFillColor(SECOND)
        canvas.setFont(REGULAR, SMALL)
        canvas.drawCentredString(middle, bottom, letter)
    y = bottom + 4.2 * mm
    for week in reversed(page.weeks):
        _week(canvas, week, x, y, side, day, page.slots, width)
        y += side + 6.0 * mm
    _write(canvas, x, y + 0.2 * mm, say("titles.ticks"), BOLD, SUB)


def _week(
    canvas: Canvas, week: WeekRow, x: float, y: float, side: float, day: float, slots: int, width: float
) -> None:
    canvas.setStrokeColor(TEXT)
    canvas.setLineWidth(0.9)
    for number in range(len(DAYS)):
        for slot in range(slots):
            canvas.rect(x + number * day + slot * side, y, side, side, stroke=1, fill=0)
    above = y + side + 1.5 * mm
    _write(canvas, x, above, f"{week.name} · from {week.monday.day} {week.monday:%b}")
    canvas.setFont(BOLD, SMALL)
    canvas.drawRightString(x + width, above, f"code {week.code}")


# ---- right: how it feels, when to get help ----------------------------------------------------------------


def _feeling(canvas: Canvas, plan: CardPlan) -> None:
    x, width = HALF + MARGIN, HALF - 2 * MARGIN
    y = HEIGHT - MARGIN - 5.5 * mm
    _write(canvas, x, y, say("titles.feel"), BOLD, TITLE)
    y -= 8 * mm
    fine, ceiling = plan.levels.fine, plan.levels.ceiling
    levels = [("disc", GREEN, _range(0, fine), say("levels.fine"))]
    if fine < ceiling:
        levels.append(("diamond", AMBER, _range(fine + 1, ceiling), say("levels.less")))
    levels.append(("octagon", RED, say("levels.stop_range", low=ceiling + 1), say("levels.stop")))
    for shape, colour, title, text in levels:
        _shape(canvas, shape, colour, x + 5.5 * mm, y - 3.2 * mm)
        left, room = x + 15 * mm, width - 15 * mm
        for part in wrapped(title, BOLD, NAME, room, 2):
            _write(canvas, left, y, part, BOLD, NAME, colour)
            y -= LEADING + 2.5
        for part in wrapped(text, REGULAR, SMALL, room, 2):
            _write(canvas, left, y, part)
            y -= LEADING
        y -= 3.2 * mm
    _help(canvas, plan, x, width)


def _range(low: int, high: int) -> str:
    return say("levels.one_range", low=low) if low == high else say("levels.fine_range", low=low, high=high)


def _shape(canvas: Canvas, shape: str, colour: HexColor, x: float, y: float) -> None:
    reach = 5.0 * mm
    canvas.setFillColor(colour)
    if shape == "disc":
        canvas.circle(x, y, reach, stroke=0, fill=1)
        return
    corner = reach * 0.4142
    points = {
        "diamond": [(0, 1.1 * reach), (1.1 * reach, 0), (0, -1.1 * reach), (-1.1 * reach, 0)],
        "octagon": [
            (corner, reach), (reach, corner), (reach, -corner), (corner, -reach),
            (-corner, -reach), (-reach, -corner), (-reach, corner), (-corner, reach),
        ],
    }[shape]  # fmt: skip
    path = canvas.beginPath()
    path.moveTo(x + points[0][0], y + points[0][1])
    for dx, dy in points[1:]:
        path.lineTo(x + dx, y + dy)
    path.close()
    canvas.drawPath(path, stroke=0, fill=1)


def _help(canvas: Canvas, plan: CardPlan, x: float, width: float) -> None:
    """Draw the framed list of signs, between the levels above and the foot below."""
    words = card_words()
    bottom, pad = 34 * mm, 3.2 * mm
    rows = len(words.help) + len(words.first) + 3
    height = rows * LEADING + 9 * mm
    canvas.setStrokeColor(RED)
    canvas.setLineWidth(1.8)
    canvas.roundRect(x, bottom, width, height, 2.4 * mm, stroke=1, fill=0)
    y = bottom + height - 6.2 * mm
    _write(canvas, x + pad, y, say("titles.help"), BOLD, NAME, RED)
    y -= LEADING + 2.5
    for sign in words.help:
        y = _sign(canvas, sign.text, x + pad, y, width - 2 * pad)
    y -= 1.0
    _labelled(canvas, say("notes.emergency"), plan.emergency_phone, x + pad, y, width - 2 * pad, BOLD)
    y -= LEADING + 3.0
    _write(canvas, x + pad, y, say("titles.first"), BOLD, SUB)
    y -= LEADING + 0.5
    for sign in words.first:
        y = _sign(canvas, sign.text, x + pad, y, width - 2 * pad)


def _sign(canvas: Canvas, text: str, x: float, y: float, width: float) -> float:
    canvas.setFillColor(TEXT)
    canvas.circle(x + 1.0 * mm, y + 1.2 * mm, 0.7 * mm, stroke=0, fill=1)
    _write(canvas, x + 3.4 * mm, y, fitted(text, REGULAR, SMALL, width - 3.4 * mm))
    return y - LEADING


def _labelled(canvas: Canvas, label: str, value: str, x: float, y: float, width: float, font: str = REGULAR) -> None:
    """Write a label with its value, or with a line to write on."""
    _write(canvas, x, y, f"{label}:", font)
    begin = x + width_of(f"{label}: ", font, SMALL)
    if value:
        _write(canvas, begin, y, fitted(value, BOLD, SMALL, x + width - begin), BOLD)
        return
    canvas.setStrokeColor(TEXT)
    canvas.setLineWidth(0.8)
    canvas.line(begin, y - 1.0, min(begin + 34 * mm, x + width), y - 1.0)


def _foot(canvas: Canvas, plan: CardPlan, sheet: str) -> None:
    x, width = HALF + MARGIN, HALF - 2 * MARGIN
    bottom = MARGIN - 1.5 * mm
    _qr(canvas, plan.qr, x, bottom)
    left = x + (QR_MM + 5.5) * mm
    room = x + width - left
    y = bottom + QR_MM * mm - 3.2 * mm
    _labelled(canvas, say("notes.clinic"), plan.clinic_phone, left, y, room)
    # A name the font cannot write is left out: the code says whose card it is.
    name = f"{plan.first_name} · " if writable(plan.first_name) else ""
    for text in (
        f"{name}card {plan.code}",
        f"plan version {plan.version}{sheet}",
        f"Printed {plan.printed.day} {plan.printed:%b %Y}.",
        say("notes.old"),
    ):
        y -= LEADING + 0.8
        _write(canvas, left, y, fitted(text, REGULAR, SMALL, room), colour=SECOND)


def _qr(canvas: Canvas, text: str, x: float, y: float) -> None:
    rows = list(segno.make(text, error="m", micro=False).matrix)
    side = QR_MM * mm / len(rows)
    canvas.setFillColor(HexColor("#000000"))
    for down, row in enumerate(rows, 1):
        for across, dark in enumerate(row):
            if dark:
                # A hair wider than its place: printers leave white lines between boxes that only touch.
                canvas.rect(
                    x + across * side, y + QR_MM * mm - down * side, side * 1.02, side * 1.02, stroke=0, fill=1
                )
