"""One simple figure, drawn the same on the screen, the panel and the card. Pure geometry, no colours."""

from edge.figure.body import JOINTS, Point, Pose, limits_of
from edge.figure.contact import slip
from edge.figure.props import Disc, Ink, Line, Mark, Prop
from edge.figure.read import FigureError, read_figure
from edge.figure.shape import Box, Figure, frame_of

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
    "frame_of",
    "limits_of",
    "read_figure",
    "slip",
]
