"""Every exercise's figure on a few sheets, start and far end, for whoever checks that they can be recognised."""

from __future__ import annotations

from pathlib import Path

import pygame

from display.figure import draw_figure
from display.ink import Ink
from display.painter import Painter
from display.theme import SURFACE, Role, Theme
from edge.figure import side_by_side
from edge.library import Exercise, exercises

ACROSS, DOWN = 4, 4


def render_figures(folder: Path) -> list[Path]:
    """Write the sheets into ``folder`` and return their paths; needs no display."""
    ink = Ink(Theme())
    shown, room = tuple(exercises().values()), ACROSS * DOWN
    sheets = [shown[k : k + room] for k in range(0, len(shown), room)]
    return [_sheet(folder / f"figures-{number}.png", sheet, ink) for number, sheet in enumerate(sheets, 1)]


def _sheet(path: Path, sheet: tuple[Exercise, ...], ink: Ink) -> Path:
    painter = Painter(pygame.Surface(ink.theme.size_px), ink)
    for k, one in enumerate(sheet):
        if one.figure is not None:
            left, top = 8 + 254 * (k % ACROSS), 6 + 148 * (k // ACROSS)
            painter.panel(ink.theme.box(left, top, 246, 142))
            painter.write(
                one.name, Role.SMALL, ink.theme.box(left + 2, top + 2, 243, 34), align="centre", under=SURFACE
            )
            marks, frame = side_by_side(one.figure)
            draw_figure(painter.surface, ink.theme.box(left + 8, top + 36, 230, 100), marks, frame)
    pygame.image.save(painter.surface, str(path))
    return path
