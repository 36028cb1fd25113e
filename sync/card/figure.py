"""The still of an exercise on the card: the far end of its movement, drawn from the library's own geometry."""

from __future__ import annotations

from reportlab.pdfgen.canvas import Canvas

Frame = tuple[float, float, float, float]
"""Left, bottom, width and height in points."""


def draw_figure(canvas: Canvas, exercise: str, frame: Frame) -> None:
    """Draw the figure of an exercise into a frame; nothing where the library has none."""
