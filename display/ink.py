"""Letters and panels, rendered once and kept: a frame only puts them in place."""

from __future__ import annotations

import io
import logging
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import product

import numpy as np
import pygame
import pygame.font

from display.icons import icon
from display.parts import Icon
from display.theme import BACKGROUND, Colour, Role, Theme

log = logging.getLogger(__name__)

KEPT_TEXTS = 400
"""Rendered strings kept; the oldest goes first. A session needs about 150."""
_OVERSAMPLING = 3


@dataclass(frozen=True, slots=True)
class Lettering:
    """A rendered string: ``left`` and ``width`` of its ink, ``baseline`` from the top, height of a capital."""

    surface: pygame.Surface
    left: int
    width: int
    baseline: int
    cap: int


@cache
def _font_file(weight: str) -> bytes:
    return files("display.fonts").joinpath(f"AtkinsonHyperlegibleNext-{weight}.ttf").read_bytes()


class Ink:
    """The fonts and finished pieces for one theme."""

    def __init__(self, theme: Theme) -> None:
        """Stand ready; fonts are opened when first used."""
        pygame.font.init()
        self.theme = theme
        self._fonts: dict[tuple[str, int], pygame.font.Font] = {}
        self._texts: dict[tuple[str, Role, Colour, int | None], Lettering] = {}
        self._panels: dict[tuple[object, ...], pygame.Surface] = {}
        self._icons: dict[tuple[Icon, int, Colour], pygame.Surface] = {}

    def lettering(self, text: str, role: Role, colour: Colour, width_px: int | None = None) -> Lettering:
        """Return the string in its role's letters, made smaller when it would be wider than ``width_px``.

        That is said in the log, once per string: the shipped words all fit, a long name may not.
        """
        key = (text, role, colour, width_px)
        if key not in self._texts:
            if len(self._texts) >= KEPT_TEXTS:
                del self._texts[next(iter(self._texts))]
            self._texts[key] = self._fitted(text, role, colour, width_px)
        return self._texts[key]

    def _fitted(self, text: str, role: Role, colour: Colour, width_px: int | None) -> Lettering:
        size_px = self.theme.font_px(role)
        full = self._render(text, role.weight, size_px, colour)
        if width_px is None or full.width <= width_px:
            return full
        log.warning("text %r needs %d px and has %d: its letters are shrunk", text, full.width, width_px)
        return self._render(text, role.weight, max(size_px * width_px // full.width - 1, 1), colour)

    def panel(
        self, size: tuple[int, int], fill: Colour, outline: Colour | None = None, line_px: int = 0
    ) -> pygame.Surface:
        """Return a rounded rectangle on the background's colour, with smooth corners."""
        key = (size, fill, outline, line_px)
        if key not in self._panels:
            self._panels[key] = self._round(size, fill, outline, line_px)
        return self._panels[key]

    def icon(self, kind: Icon, size_px: int, colour: Colour) -> pygame.Surface:
        """Return a drawn symbol."""
        key = (kind, size_px, colour)
        if key not in self._icons:
            self._icons[key] = icon(kind, size_px, colour)
        return self._icons[key]

    def _render(self, text: str, weight: str, size_px: int, colour: Colour) -> Lettering:
        font = self._font(weight, size_px)
        surface = font.render(text, True, colour)
        seen = surface.get_bounding_rect(min_alpha=100)  # fainter edges are not seen as the letter's
        metrics = font.metrics("H")[0]
        return Lettering(surface, seen.left, seen.width, font.get_ascent(), metrics[3])

    def _font(self, weight: str, size_px: int) -> pygame.font.Font:
        key = (weight, size_px)
        if key not in self._fonts:
            self._fonts[key] = pygame.font.Font(io.BytesIO(_font_file(weight)), size_px)
        return self._fonts[key]

    def _round(self, size: tuple[int, int], fill: Colour, outline: Colour | None, line_px: int) -> pygame.Surface:
        """Smooth only the corners: they are made large once and averaged, the rest is flat."""
        radius = min(self.theme.length(18), size[0] // 2, size[1] // 2)
        whole = pygame.Surface(size)
        _rounded(whole, radius, fill, outline, line_px)
        n, side = _OVERSAMPLING, 2 * radius
        large = pygame.Surface((side * n, side * n))
        large.fill(BACKGROUND)
        _rounded(large, radius * n, fill, outline, line_px * n)
        corners = _averaged(large, n)
        for right, low in product((0, 1), (0, 1)):
            place = (right * (size[0] - radius), low * (size[1] - radius))
            whole.blit(corners, place, (right * radius, low * radius, radius, radius))
        return whole


def _rounded(surface: pygame.Surface, radius: int, fill: Colour, outline: Colour | None, line_px: int) -> None:
    box = surface.get_rect()
    pygame.draw.rect(surface, outline or fill, box, border_radius=radius)
    if outline:
        inner = box.inflate(-2 * line_px, -2 * line_px)
        pygame.draw.rect(surface, fill, inner, border_radius=max(radius - line_px, 0))


def _averaged(large: pygame.Surface, n: int) -> pygame.Surface:
    """Return the surface n times smaller, each pixel the mean of n x n; smoothscale would darken flat colours."""
    width, height = large.get_width() // n, large.get_height() // n
    blocks = pygame.surfarray.array3d(large).reshape(width, n, height, n, 3)
    means = (blocks.sum(axis=(1, 3), dtype=np.uint16) + n * n // 2) // (n * n)
    small = pygame.Surface((width, height))
    pygame.surfarray.blit_array(small, means.astype(np.uint8))
    return small
