"""Two stills that tell a movement, start and far end side by side."""

from __future__ import annotations

from collections.abc import Iterator

from edge.figure.body import Point
from edge.figure.props import THIN, Disc, Ink, Line, Mark
from edge.figure.shape import Box, Figure

ARROW = 0.16
"""Room for the arrow between the two, in body heights."""


def still_positions(figure: Figure) -> tuple[float, float]:
    """Return the two positions that tell the movement: the start and the far end, or a step and its middle."""
    return (0.0, 0.25) if figure.cycle else (0.0, 1.0)


def side_by_side(figure: Figure) -> tuple[tuple[Mark, ...], Box]:
    """Return the marks of both stills with an arrow between them, and the space they need."""
    left, bottom, right, top = figure.frame
    step = right - left + ARROW
    start, end = (figure.marks(position) for position in still_positions(figure))
    arrow = _arrow((right + ARROW / 2, (bottom + top) / 2))
    return (*start, *arrow, *(_shifted(mark, step) for mark in end)), (left, bottom, right + step, top)


def _arrow(middle: Point) -> Iterator[Mark]:
    x, y = middle
    half = ARROW * 0.36
    yield Line(((x - half, y), (x + half, y)), THIN, Ink.THING)
    yield Line(((x + half * 0.3, y + half * 0.7), (x + half, y), (x + half * 0.3, y - half * 0.7)), THIN, Ink.THING)


def _shifted(mark: Mark, dx: float) -> Mark:
    if isinstance(mark, Disc):
        return Disc((mark.centre[0] + dx, mark.centre[1]), mark.radius, mark.ink, mark.width)
    return Line(tuple((x + dx, y) for x, y in mark.points), mark.width, mark.ink)
