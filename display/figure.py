"""Draws a figure of `edge.figure` with the theme's colours: the body pale, what gives the load green."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import pairwise
from math import hypot

import pygame

from display.parts import Tone
from display.shapes import FigureView
from display.theme import SURFACE, TONES, Box, Colour
from edge.figure import Box as Frame
from edge.figure import Disc, Ink, Line, Mark, Point, side_by_side

MARGIN = 0.03
"""Clear space around the figure, in body heights."""
LARGEST = 1.1
"""No figure is drawn larger than one that needs this height: who sits is as tall as who stands."""
_OVERSAMPLING = 2
INKS: Mapping[Ink, Colour] = {
    Ink.NEAR: (255, 255, 255),
    Ink.FAR: (120, 140, 158),
    Ink.THING: (92, 120, 144),
    Ink.LOAD: TONES[Tone.GOOD],
    Ink.PAPER: SURFACE,
}


class Canvas:
    """A clear sheet of a few times the size, drawn on in body heights and scaled down at the end."""

    def __init__(self, size: tuple[int, int], frame: Frame) -> None:
        """Fit the frame into the size, its feet on the lower edge, centred across."""
        self._size = size
        n = _OVERSAMPLING
        self._surface = pygame.Surface((size[0] * n, size[1] * n))
        self._surface.fill(INKS[Ink.PAPER])
        left, bottom, right, top = frame
        wide, high = right - left + 2 * MARGIN, top - bottom + 2 * MARGIN
        self._scale = min(size[0] * n / wide, size[1] * n / max(high, LARGEST))
        self._left = left - MARGIN - (size[0] * n / self._scale - wide) / 2
        self._bottom = bottom - MARGIN - (size[1] * n / self._scale - high) / 2

    def draw(self, marks: Iterable[Mark]) -> None:
        """Draw the marks in their order."""
        for mark in marks:
            if isinstance(mark, Disc):
                self._disc(mark)
            else:
                self._line(mark)

    def finished(self) -> pygame.Surface:
        """Return the drawing at its own size."""
        return pygame.transform.smoothscale(self._surface, self._size)

    def _px(self, point: Point) -> Point:
        return (point[0] - self._left) * self._scale, self._surface.get_height() - (
            point[1] - self._bottom
        ) * self._scale

    def _disc(self, disc: Disc) -> None:
        radius = (disc.radius + disc.width / 2) * self._scale
        width = round(disc.width * self._scale)
        pygame.draw.circle(self._surface, INKS[disc.ink], self._px(disc.centre), radius, width)

    def _line(self, line: Line) -> None:
        colour, width = INKS[line.ink], line.width * self._scale
        points = [self._px(point) for point in line.points]
        for (x0, y0), (x1, y1) in pairwise(points):
            length = hypot(x1 - x0, y1 - y0)
            if length > 0:
                dx, dy = (y0 - y1) / length * width / 2, (x1 - x0) / length * width / 2
                corners = [(x0 + dx, y0 + dy), (x1 + dx, y1 + dy), (x1 - dx, y1 - dy), (x0 - dx, y0 - dy)]
                pygame.draw.polygon(self._surface, colour, corners)
        for point in points:
            pygame.draw.circle(self._surface, colour, point, width / 2)


def draw_figure(surface: pygame.Surface, box: Box, marks: Iterable[Mark], frame: Frame) -> None:
    """Draw marks into a box so that ``frame``, in body heights, fills it; nothing jumps while the frame stays."""
    canvas = Canvas(box[2:], frame)
    canvas.draw(marks)
    surface.blit(canvas.finished(), box[:2])


def draw_view(surface: pygame.Surface, box: Box, view: FigureView) -> None:
    """Draw a figure as its View says: moving, or two stills with an arrow between them."""
    figure = view.figure
    if len(view.positions) == 1:
        draw_figure(surface, box, figure.marks(view.positions[0]), figure.frame)
    else:
        marks, frame = side_by_side(figure)
        draw_figure(surface, box, marks, frame)
