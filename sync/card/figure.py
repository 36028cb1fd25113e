"""The still of an exercise on the card: the far end of its movement, drawn from the library's own geometry."""

from __future__ import annotations

from collections.abc import Mapping

from reportlab.lib.colors import HexColor
from reportlab.pdfgen.canvas import Canvas

from edge.figure import Disc, Ink, Line, still_positions
from edge.library import UnknownExercise, exercise

Frame = tuple[float, float, float, float]
"""Left, bottom, width and height in points."""
INKS: Mapping[Ink, HexColor] = {
    Ink.NEAR: HexColor("#15212B"),
    Ink.FAR: HexColor("#8A98A4"),
    Ink.THING: HexColor("#5B6B78"),
    Ink.LOAD: HexColor("#084B83"),
    Ink.PAPER: HexColor("#F3F6F9"),
}
TALLEST = 90.0
"""Points for a body's height at most, so that somebody lying down is no giant beside somebody standing."""


def draw_figure(canvas: Canvas, name: str, frame: Frame) -> None:
    """Draw the figure of an exercise into a frame; nothing where the library has none."""
    try:
        figure = exercise(name).figure
    except UnknownExercise:
        return
    if figure is None:
        return
    left, bottom, right, top = figure.frame
    scale = min(frame[2] / (right - left), frame[3] / (top - bottom), TALLEST)
    x = frame[0] + frame[2] / 2 - (left + right) / 2 * scale
    y = frame[1] + frame[3] / 2 - (bottom + top) / 2 * scale
    canvas.saveState()
    canvas.setLineCap(1)
    canvas.setLineJoin(1)
    for mark in figure.marks(still_positions(figure)[1]):
        if isinstance(mark, Disc):
            _disc(canvas, mark, x, y, scale)
        else:
            _line(canvas, mark, x, y, scale)
    canvas.restoreState()


def _disc(canvas: Canvas, disc: Disc, x: float, y: float, scale: float) -> None:
    canvas.setFillColor(INKS[disc.ink])
    canvas.setStrokeColor(INKS[disc.ink])
    canvas.setLineWidth(disc.width * scale)
    ring = disc.width > 0
    centre = (x + disc.centre[0] * scale, y + disc.centre[1] * scale)
    canvas.circle(*centre, disc.radius * scale, stroke=int(ring), fill=int(not ring))


def _line(canvas: Canvas, line: Line, x: float, y: float, scale: float) -> None:
    canvas.setStrokeColor(INKS[line.ink])
    canvas.setLineWidth(line.width * scale)
    path = canvas.beginPath()
    path.moveTo(x + line.points[0][0] * scale, y + line.points[0][1] * scale)
    for point in line.points[1:]:
        path.lineTo(x + point[0] * scale, y + point[1] * scale)
    canvas.drawPath(path, stroke=1, fill=0)
