"""The sample screens as pictures: for reviews, for the documents, for `steadyrig screens`."""

from __future__ import annotations

from pathlib import Path

import pygame

from display.draw import draw
from display.gallery.samples import samples
from display.ink import Ink
from display.shapes import View
from display.theme import Theme


def render_gallery(folder: Path) -> list[Path]:
    """Write one PNG per sample screen into ``folder`` and return their paths; needs no display."""
    folder.mkdir(parents=True, exist_ok=True)
    ink = Ink(Theme())
    return [_render(folder / f"{name}.png", sample, ink) for name, sample in samples()]


def _render(path: Path, sample: View, ink: Ink) -> Path:
    surface = pygame.Surface(ink.theme.size_px)
    draw(surface, sample, ink)
    pygame.image.save(surface, str(path))
    return path
