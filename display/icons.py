"""Drawn symbols: the typeface has none. Each is drawn large once and scaled down, which smooths its edges."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise
from math import cos, pi, sin

import pygame

from display.parts import Icon
from display.theme import Colour

_DRAWN_PX = 240
Point = tuple[float, float]


def icon(kind: Icon, size_px: int, colour: Colour) -> pygame.Surface:
    """Return the symbol on a clear square of ``size_px``."""
    large = pygame.Surface((_DRAWN_PX, _DRAWN_PX), pygame.SRCALPHA)
    large.fill((*colour, 0))  # the same colour under full transparency keeps the smoothed edge clean
    _DRAWINGS[kind](large, colour)
    return pygame.transform.smoothscale(large, (size_px, size_px))


def _shape(surface: pygame.Surface, colour: Colour, *points: Point) -> None:
    pygame.draw.polygon(surface, colour, [(x * _DRAWN_PX, y * _DRAWN_PX) for x, y in points])


def _stroke(surface: pygame.Surface, colour: Colour, width: float, *points: Point) -> None:
    """Draw a bent line with round ends; lengths are shares of the square."""
    for (x0, y0), (x1, y1) in pairwise(points):
        length = ((x1 - x0) ** 2 + (y1 - y0) ** 2) ** 0.5
        dx, dy = (y0 - y1) / length * width / 2, (x1 - x0) / length * width / 2
        _shape(surface, colour, (x0 + dx, y0 + dy), (x1 + dx, y1 + dy), (x1 - dx, y1 - dy), (x0 - dx, y0 - dy))
    for x, y in points:
        pygame.draw.circle(surface, colour, (x * _DRAWN_PX, y * _DRAWN_PX), width / 2 * _DRAWN_PX)


def _ring(surface: pygame.Surface, colour: Colour) -> None:
    centre = (_DRAWN_PX / 2, _DRAWN_PX / 2)
    pygame.draw.circle(surface, colour, centre, 0.48 * _DRAWN_PX)
    pygame.draw.circle(surface, (*colour, 0), centre, 0.38 * _DRAWN_PX)


def _act(surface: pygame.Surface, colour: Colour) -> None:
    _shape(surface, colour, (0.5, 0.04), (0.99, 0.94), (0.01, 0.94))
    hole = (*colour, 0)
    pygame.draw.rect(surface, hole, (0.455 * _DRAWN_PX, 0.34 * _DRAWN_PX, 0.09 * _DRAWN_PX, 0.30 * _DRAWN_PX))
    pygame.draw.circle(surface, hole, (0.5 * _DRAWN_PX, 0.78 * _DRAWN_PX), 0.06 * _DRAWN_PX)


def _clock(surface: pygame.Surface, colour: Colour) -> None:
    _ring(surface, colour)
    _stroke(surface, colour, 0.1, (0.5, 0.25), (0.5, 0.52), (0.68, 0.63))


def _pause(surface: pygame.Surface, colour: Colour) -> None:
    for left in (0.2, 0.58):
        box = (left * _DRAWN_PX, 0.12 * _DRAWN_PX, 0.22 * _DRAWN_PX, 0.76 * _DRAWN_PX)
        pygame.draw.rect(surface, colour, box, border_radius=16)


def _down(surface: pygame.Surface, colour: Colour) -> None:
    _stroke(surface, colour, 0.15, (0.5, 0.1), (0.5, 0.86))
    _stroke(surface, colour, 0.15, (0.2, 0.56), (0.5, 0.88), (0.8, 0.56))


def _up(surface: pygame.Surface, colour: Colour) -> None:
    _stroke(surface, colour, 0.15, (0.5, 0.9), (0.5, 0.14))
    _stroke(surface, colour, 0.15, (0.2, 0.44), (0.5, 0.12), (0.8, 0.44))


def _tick(surface: pygame.Surface, colour: Colour) -> None:
    _stroke(surface, colour, 0.15, (0.12, 0.55), (0.38, 0.8), (0.88, 0.22))


def _go(surface: pygame.Surface, colour: Colour) -> None:
    _shape(surface, colour, (0.18, 0.06), (0.94, 0.5), (0.18, 0.94))


def _octagon(surface: pygame.Surface, colour: Colour) -> None:
    turns = [(k + 0.5) * pi / 4 for k in range(8)]
    _shape(surface, colour, *((0.5 + 0.52 * cos(turn), 0.5 + 0.52 * sin(turn)) for turn in turns))


def _disc(surface: pygame.Surface, colour: Colour) -> None:
    pygame.draw.circle(surface, colour, (_DRAWN_PX / 2, _DRAWN_PX / 2), 0.46 * _DRAWN_PX)


_DRAWINGS: Mapping[Icon, Callable[[pygame.Surface, Colour], None]] = {
    Icon.ACT: _act,
    Icon.CLOCK: _clock,
    Icon.PAUSE: _pause,
    Icon.DOWN: _down,
    Icon.UP: _up,
    Icon.TICK: _tick,
    Icon.RING: _ring,
    Icon.GO: _go,
    Icon.OCTAGON: _octagon,
    Icon.DISC: _disc,
}
