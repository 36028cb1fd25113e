"""Still figures as SVG in black and white: start and far end side by side, for the panel and the pocket card."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape

from edge.figure import Box, Disc, Figure, Ink, Line, Mark, Point, frame_of
from edge.library import Exercise

MARGIN = 0.04
ARROW = 0.16
"""Room for the arrow between the two stills, in body heights."""
INKS: Mapping[Ink, str] = {
    Ink.NEAR: "#000000",
    Ink.FAR: "#8a8a8a",
    Ink.THING: "#8a8a8a",
    Ink.LOAD: "#000000",
    Ink.PAPER: "#ffffff",
}
"""Black and grey only: a card is read from a copy as well."""


def still_positions(figure: Figure) -> tuple[float, float]:
    """Return the two positions that tell the movement: the start and the far end, or a step and the next."""
    return (0.0, 0.5) if figure.cycle else (0.0, 1.0)


def stills(exercise: Exercise) -> tuple[tuple[Mark, ...], Box]:
    """Return the marks of both stills with an arrow between them, and the space they need, in body heights.

    y runs up from the floor. Whoever draws on something else than SVG begins here.
    """
    figure = exercise.figure
    if figure is None:
        return (), (0.0, 0.0, 1.0, 1.0)
    left, bottom, right, top = frame_of(figure)
    step = right - left + ARROW
    start, end = (figure.marks(position) for position in still_positions(figure))
    middle = right + ARROW / 2
    marks = (*start, *_arrow((middle, (bottom + top) / 2)), *(_shifted(mark, step) for mark in end))
    return marks, (left - MARGIN, bottom - MARGIN, right + step + MARGIN, top + MARGIN)


def figure_svg(exercise: Exercise, size: tuple[int, int], *, standalone: bool = True) -> str:
    """Return both stills as an SVG of ``size`` (width, height); the drawing keeps its shape inside it.

    ``standalone`` adds the name space a file of its own needs; inside an HTML page it is not needed.
    """
    marks, (left, bottom, right, top) = stills(exercise)
    wide, high = right - left, top - bottom
    space = ' xmlns="http://www.w3.org/2000/svg"' if standalone else ""
    body = "".join(_element(mark, left, top) for mark in marks)
    return (
        f'<svg{space} width="{size[0]}" height="{size[1]}" viewBox="0 0 {wide * 100:.1f} {high * 100:.1f}" '
        f'role="img" fill="none" stroke-linecap="round" stroke-linejoin="round">'
        f"<title>{escape(exercise.name)}</title>{body}</svg>"
    )


def _arrow(middle: Point) -> Iterable[Mark]:
    x, y = middle
    half = ARROW * 0.36
    yield Line(((x - half, y), (x + half, y)), 0.02, Ink.THING)
    yield Line(((x + half * 0.3, y + half * 0.7), (x + half, y), (x + half * 0.3, y - half * 0.7)), 0.02, Ink.THING)


def _shifted(mark: Mark, dx: float) -> Mark:
    if isinstance(mark, Disc):
        return Disc((mark.centre[0] + dx, mark.centre[1]), mark.radius, mark.ink, mark.width)
    return Line(tuple((x + dx, y) for x, y in mark.points), mark.width, mark.ink)


def _element(mark: Mark, left: float, top: float) -> str:
    """One mark, in hundredths of a body height; y runs down in SVG."""
    colour = INKS[mark.ink]
    if isinstance(mark, Disc):
        x, y = mark.centre
        paint = f'stroke="{colour}" stroke-width="{mark.width * 100:.1f}"' if mark.width else f'fill="{colour}"'
        return f'<circle cx="{(x - left) * 100:.1f}" cy="{(top - y) * 100:.1f}" r="{mark.radius * 100:.1f}" {paint}/>'
    points = " ".join(f"{(x - left) * 100:.1f},{(top - y) * 100:.1f}" for x, y in mark.points)
    return f'<polyline points="{points}" stroke="{colour}" stroke-width="{mark.width * 100:.1f}"/>'
