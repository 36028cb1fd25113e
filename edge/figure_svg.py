"""Still figures as SVG in black and white: start and far end side by side, for the panel and the pocket card."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from edge.figure import Box, Disc, Ink, Mark, side_by_side
from edge.library import Exercise

MARGIN = 0.04
OUTLINE = 0.018
INKS: Mapping[Ink, str] = {
    Ink.NEAR: "#000000",
    Ink.FAR: "#8a8a8a",
    Ink.THING: "#8a8a8a",
    Ink.LOAD: "#000000",
    Ink.PAPER: "#ffffff",
}
"""Black and grey only: a card is read from a copy as well."""


def stills(exercise: Exercise) -> tuple[tuple[Mark, ...], Box]:
    """Return the marks of both stills with an arrow between them, and the space they need, in body heights.

    y runs up from the floor. Whoever draws on something else than SVG begins here. Nothing where there is no figure.
    """
    return side_by_side(exercise.figure) if exercise.figure is not None else ((), (0.0, 0.0, 1.0, 1.0))


def figure_svg(exercise: Exercise, size: tuple[int, int], *, standalone: bool = True) -> str:
    """Return both stills as an SVG of ``size`` (width, height); the drawing keeps its shape inside it.

    ``standalone`` adds the name space a file of its own needs; inside an HTML page it is not needed.
    """
    marks, (left, bottom, right, top) = stills(exercise)
    left, bottom, right, top = left - MARGIN, bottom - MARGIN, right + MARGIN, top + MARGIN
    wide, high = right - left, top - bottom
    space = ' xmlns="http://www.w3.org/2000/svg"' if standalone else ""
    body = "".join(_element(mark, left, top) for mark in marks)
    return (
        f'<svg{space} width="{size[0]}" height="{size[1]}" viewBox="0 0 {wide * 100:.1f} {high * 100:.1f}" '
        f'role="img" fill="none" stroke-linecap="round" stroke-linejoin="round">'
        f"<title>{escape(exercise.name)}</title>{body}</svg>"
    )


def _element(mark: Mark, left: float, top: float) -> str:
    """One mark, in hundredths of a body height; y runs down in SVG."""
    colour = INKS[mark.ink]
    if isinstance(mark, Disc):
        x, y = mark.centre
        # A solid weight would melt into the black arm that holds it.
        fill = "none" if mark.width else INKS[Ink.PAPER] if mark.ink is Ink.LOAD else colour
        line = OUTLINE if mark.ink is Ink.LOAD and not mark.width else mark.width
        paint = f'fill="{fill}" stroke="{colour}" stroke-width="{line * 100:.1f}"'
        return f'<circle cx="{(x - left) * 100:.1f}" cy="{(top - y) * 100:.1f}" r="{mark.radius * 100:.1f}" {paint}/>'
    points = " ".join(f"{(x - left) * 100:.1f},{(top - y) * 100:.1f}" for x, y in mark.points)
    return f'<polyline points="{points}" stroke="{colour}" stroke-width="{mark.width * 100:.1f}"/>'
