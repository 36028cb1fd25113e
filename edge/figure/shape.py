"""A figure: two to four key poses of the body, what it touches and what it holds, and every pose between them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import floor

from edge.figure.body import Point, Pose
from edge.figure.contact import placed
from edge.figure.props import Mark, Prop, body_marks, prop_marks

FRAME_STEPS = 16
"""Positions looked at to find the space a figure needs."""
Box = tuple[float, float, float, float]
"""Left, bottom, right and top in body heights."""


@dataclass(frozen=True)
class Figure:
    """The key poses from the start posture to the far end of a repetition, or once round where it is a ``cycle``.

    ``contacts`` says what touches something, and where; ``front`` tells that it is seen from the front.
    """

    poses: tuple[Pose, ...]
    contacts: tuple[tuple[str, Point], ...] = ()
    props: tuple[Prop, ...] = ()
    front: bool = False
    cycle: bool = False

    def pose_at(self, position: float) -> Pose:
        """Return the pose from 0, the start posture, to 1, the far end, without its contacts kept.

        Angles follow a Catmull-Rom curve through the key poses, which lie at equal distances.
        """
        last = len(self.poses) if self.cycle else len(self.poses) - 1
        along = position % 1.0 * last if self.cycle else min(max(position, 0.0), 1.0) * last
        k = min(floor(along), last - 1)
        before, start, end, after = (self._key(k + step).angles() for step in (-1, 0, 1, 2))
        share = along - k
        return Pose(**{n: _curve(before[n], start[n], end[n], after[n], share) for n in start})

    def _key(self, k: int) -> Pose:
        """Return a key pose; beyond the ends the curve goes on as it is."""
        if self.cycle:
            return self.poses[k % len(self.poses)]
        if k < 0:
            return self.poses[0].blend(self.poses[1], -1.0)
        if k >= len(self.poses):
            return self.poses[-1].blend(self.poses[-2], -1.0)
        return self.poses[k]

    def at(self, position: float) -> tuple[Pose, dict[str, Point]]:
        """Return the pose with its contacts kept and the points of the body, in body heights above the floor."""
        pose, points = placed(self.pose_at(position), dict(self.contacts), front=self.front)
        if self.contacts:
            return pose, points
        # Without a contact the lowest point stands on the floor, as on a treadmill.
        low = min(y for _, y in points.values())
        return pose, {name: (x, y - low) for name, (x, y) in points.items()}

    def marks(self, position: float) -> tuple[Mark, ...]:
        """Return everything to draw at a position, from the back to the front."""
        pose, points = self.at(position)
        behind, held = prop_marks(self.props, points)
        return (*behind, *body_marks(pose, points, front=self.front), *held)

    @cached_property
    def frame(self) -> Box:
        """The space it needs over its whole movement."""
        boxes = [mark.box for k in range(FRAME_STEPS + 1) for mark in self.marks(k / FRAME_STEPS)]
        left, bottom, right, top = zip(*boxes, strict=True)
        return min(left), min(bottom), max(right), max(top)


def _curve(before: float, start: float, end: float, after: float, share: float) -> float:
    """Catmull and Rom 1974: through start and end, with the slope of their neighbours."""
    into, out = (end - before) / 2, (after - start) / 2
    cubic = 2 * start - 2 * end + into + out
    square = -3 * start + 3 * end - 2 * into - out
    return ((cubic * share + square) * share + into) * share + start
