"""One simple figure, drawn the same on the screen, the panel and the card. Pure geometry, no colours."""

from edge.figure.body import JOINTS, Point, Pose, limits_of
from edge.figure.contact import slip
from edge.figure.props import Disc, Ink, Line, Mark, Prop
from edge.figure.read import FigureError, read_figure
from edge.figure.shape import Box, Figure
from edge.figure.stills import side_by_side, still_positions

__all__ = [
    "JOINTS",
    "Box",
    "Disc",
    "Figure",
    "FigureError",
    "Ink",
    "Line",
    "Mark",
    "Point",
    "Pose",
    "Prop",
    "limits_of",
    "read_figure",
    "side_by_side",
    "slip",
    "still_positions",
]
