"""The figure of an exercise as it is to be drawn: moving at the tempo, or still."""

from __future__ import annotations

from display.shapes import FigureView
from edge.figure import still_positions
from edge.figure_motion import course_of
from edge.library import Exercise
from edge.tempo import Tempo


def figure_view(
    due: Exercise, tempo: Tempo, now_s: float, *, calm: bool = False, hold_s: float | None = None
) -> FigureView | None:
    """Return the figure as of now, moving at the tempo; where it is calm, its start and its far end."""
    if due.figure is None:
        return None
    if calm:
        return FigureView(due.figure, still_positions(due.figure))
    return FigureView(due.figure, (course_of(due, tempo, hold_s).position_at(now_s),))
