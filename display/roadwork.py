"""Draws the road: wide as its tolerance, coloured by phase, dimmed behind the line."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import atan2, ceil, hypot, sin

import pygame
from pygame import gfxdraw

from display.painter import Painter
from display.parts import Tone
from display.shapes import Piece, Road
from display.theme import BACKGROUND, SECOND_TEXT, SURFACE, TEXT, TONES, Box, Colour

Point = tuple[float, float]
STEP_PX = 8
EASE = 0.6
"""Share of the smooth start and stop in the target curve; the rest is a straight line, as people move."""
NARROWEST_PX, WIDEST_PX = 12, 30
"""Half width of the road on the 7-inch screen: never thinner than the dot can show, never a wall."""


_REST = (96, 121, 143)
"""The rest between repetitions: half way from the panel to the second text, so that its dots are seen."""


class RoadScale:
    """Where times and heights lie in a box, and how wide the road is there."""

    def __init__(self, road: Road, box: Box, from_s: float, to_s: float, unit_px: int) -> None:
        """``unit_px`` is one base pixel times 10 in this window."""
        self.left, self.top, self.width, self.height = box
        self.from_s = from_s
        self.px_per_s = self.width / (to_s - from_s)
        narrowest, widest = NARROWEST_PX * unit_px / 10, WIDEST_PX * unit_px / 10
        self.margin = widest + unit_px / 10 * 8
        self.half = min(max(self._tolerance_px(road, widest), narrowest), widest)

    def point(self, t_s: float, height: float) -> Point:
        """Return the pixel of a time and a height."""
        rise = self.height - 2 * self.margin
        return self.left + (t_s - self.from_s) * self.px_per_s, self.top + self.margin + (1.0 - height) * rise

    def _tolerance_px(self, road: Road, widest: float) -> float:
        """Half width across the road that equals the time a moving phase may be off; the tightest one counts."""
        rise = self.height - 2 * self.margin
        widths = [
            p.slack_s * self.px_per_s * sin(atan2(rise, (p.end_s - p.start_s) * self.px_per_s))
            for p in road.pieces
            if p.judged and p.from_height != p.to_height
        ]
        return min(widths, default=widest * 0.6)


def draw_road(painter: Painter, road: Road, scale: RoadScale, now_s: float | None) -> None:
    """Draw the pieces, and with a ``now_s`` the line, the trace and the dot."""
    surface = painter.surface
    for piece in road.pieces:
        _draw_piece(surface, piece, scale, now_s)
    if now_s is None:
        return
    x = round(scale.point(now_s, 0.0)[0])
    pad, line_px = painter.theme.length(10), painter.theme.length(2)
    surface.fill(SECOND_TEXT, (x - line_px // 2, scale.top + pad, line_px, scale.height - 2 * pad))
    ribbon(surface, _thinned([scale.point(t_s, h) for t_s, h in road.trace]), painter.theme.length(5) / 2, TEXT)
    if road.dot_height is not None:
        y = round(scale.point(now_s, road.dot_height)[1])
        disc(surface, x, y, painter.theme.length(24), BACKGROUND)
        disc(surface, x, y, painter.theme.length(19), TEXT)


def _draw_piece(surface: pygame.Surface, piece: Piece, scale: RoadScale, now_s: float | None) -> None:
    colour = _REST if piece.tone is Tone.REST else TONES[piece.tone]
    dim = _mixed(colour, SURFACE, 0.55)
    if not piece.judged:
        _dots(surface, piece, scale, now_s, colour, dim)
        return
    split_s = piece.start_s if now_s is None else min(max(now_s, piece.start_s), piece.end_s)
    for start_s, end_s, shade in ((piece.start_s, split_s, dim), (split_s, piece.end_s, colour)):
        if end_s > start_s:
            ribbon(surface, _curve(piece, scale, start_s, end_s), scale.half, shade)
    for t_s, height in ((piece.start_s, piece.from_height), (piece.end_s, piece.to_height)):
        shade = dim if now_s is not None and t_s < now_s else colour
        x, y = scale.point(t_s, height)
        disc(surface, round(x), round(y), round(scale.half), shade)


def _dots(
    surface: pygame.Surface, piece: Piece, scale: RoadScale, now_s: float | None, colour: Colour, dim: Colour
) -> None:
    """Draw a stretch without a target as dots that travel with it, anchored at the end that does not move."""
    radius = scale.half * 0.36
    curve = _curve(piece, scale, piece.start_s, piece.end_s)
    now_x = float("-inf") if now_s is None else scale.point(now_s, 0.0)[0]
    since = radius  # the first dot stands half a gap in
    for (x0, y0), (x1, y1) in pairwise(reversed(curve)):
        since += hypot(x1 - x0, y1 - y0)
        if since >= 3.2 * radius:
            since = 0.0
            disc(surface, round(x1), round(y1), round(radius), dim if x1 < now_x else colour)


def _curve(piece: Piece, scale: RoadScale, start_s: float, end_s: float) -> list[Point]:
    """Return points along a piece between two times, close enough to look smooth."""
    level = piece.from_height == piece.to_height
    step_px = 4 if not piece.judged else STEP_PX
    steps = 1 if level and piece.judged else max(2, ceil((end_s - start_s) * scale.px_per_s / step_px))
    times = [start_s + (end_s - start_s) * k / steps for k in range(steps + 1)]
    return [scale.point(t_s, _height_at(piece, t_s)) for t_s in times]


def _height_at(piece: Piece, t_s: float) -> float:
    u = (t_s - piece.start_s) / (piece.end_s - piece.start_s)
    eased = (1 - EASE) * u + EASE * u * u * (3 - 2 * u)
    return piece.from_height + (piece.to_height - piece.from_height) * eased


def ribbon(surface: pygame.Surface, points: Sequence[Point], half_px: float, colour: Colour) -> None:
    """Draw a band of even width along the points, with smooth edges."""
    if len(points) < 2:
        return
    upper, lower = [], []
    for k, (x, y) in enumerate(points):
        (x0, y0), (x1, y1) = points[max(k - 1, 0)], points[min(k + 1, len(points) - 1)]
        length = hypot(x1 - x0, y1 - y0) or 1.0
        dx, dy = (y0 - y1) / length * half_px, (x1 - x0) / length * half_px
        upper.append((x + dx, y + dy))
        lower.append((x - dx, y - dy))
    outline = [(round(x), round(y)) for x, y in (*upper, *reversed(lower))]
    gfxdraw.filled_polygon(surface, outline, colour)
    gfxdraw.aapolygon(surface, outline, colour)


def disc(surface: pygame.Surface, x: int, y: int, radius: int, colour: Colour) -> None:
    """Draw a filled circle with a smooth edge."""
    gfxdraw.filled_circle(surface, x, y, radius, colour)
    gfxdraw.aacircle(surface, x, y, radius, colour)


def _thinned(points: Sequence[Point]) -> list[Point]:
    """Keep points at least three pixels apart: the eye sees no more, and the drawing costs less."""
    kept: list[Point] = []
    for point in points:
        if not kept or hypot(point[0] - kept[-1][0], point[1] - kept[-1][1]) >= 3:
            kept.append(point)
    return kept


def _mixed(one: Colour, other: Colour, share: float) -> Colour:
    """Return the colour ``share`` of the way from one to the other."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue
