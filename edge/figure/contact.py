"""What touches the floor, a seat or a bench stays where it is: the body is placed, and limbs bent, so that it does.

The first contact places the whole body. Every other one bends its own limb, an arm or a leg of two parts, so that its
end stays put while the rest of the body moves (two-link inverse kinematics, by the law of cosines).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import acos, atan2, degrees, hypot

from edge.figure.body import ANKLE_HEIGHT, FOREARM, SHANK, THIGH, UPPER_ARM, Point, Pose, points_of

FOOT_PARTS = ("foot", "toe", "heel")
SOLVABLE = tuple(f"{side}_{part}" for side in ("near", "far") for part in ("hand", "ankle", *FOOT_PARTS))
"""Contacts that may come after the first; a ``foot`` stands flat, on toe or heel it keeps the pose's lean."""
PLACING = (*SOLVABLE, "hip", "shoulder", "head", "near_knee", "far_knee", "near_elbow", "far_elbow")
"""Contacts that may come first."""
_STRAIGHT = 0.9999
"""A limb is never quite straight: there its bend would have no side."""


def placed(pose: Pose, contacts: Mapping[str, Point], *, front: bool = False) -> tuple[Pose, dict[str, Point]]:
    """Return the pose with its contacts kept, and every point of the body where it then is.

    Where a limb is too short for its contact it points at it; :func:`slip` tells by how much it misses.
    """
    names = list(contacts)
    for name in names:
        if name.endswith("_foot"):
            pose = _flat(pose, name.removesuffix("_foot"), front)
    points = points_of(pose, front=front)
    if not names:
        return pose, points
    root = _from(points[_point_of(names[0])], _target(names[0], contacts[names[0]]))
    for name in names[1:]:
        pose = _bent(pose, name, _from(root, contacts[name]), front=front)
    points = points_of(pose, front=front)
    root = _from(points[_point_of(names[0])], _target(names[0], contacts[names[0]]))
    return pose, {name: (x + root[0], y + root[1]) for name, (x, y) in points.items()}


def slip(points: Mapping[str, Point], contacts: Mapping[str, Point]) -> float:
    """Return how far the worst contact is from where it should be, in body heights."""
    misses = [_from(_target(name, at), points[_point_of(name)]) for name, at in contacts.items()]
    return max((hypot(*miss) for miss in misses), default=0.0)


def _point_of(contact: str) -> str:
    """A flat foot is placed by its ankle."""
    return f"{contact.removesuffix('_foot')}_ankle" if contact.endswith("_foot") else contact


def _target(contact: str, at: Point) -> Point:
    return (at[0], at[1] + ANKLE_HEIGHT) if contact.endswith("_foot") else at


def _from(start: Point, end: Point) -> Point:
    return end[0] - start[0], end[1] - start[1]


def _bent(pose: Pose, contact: str, at: Point, *, front: bool) -> Pose:
    """Return the pose with one limb bent so that its end is ``at``, seen from the hips."""
    side, part = contact.split("_")
    points = points_of(pose, front=front)
    sign = -1.0 if front and side == "far" else 1.0
    seen = getattr(pose, f"{side}_arm" if part == "hand" else f"{side}_leg")
    if part == "hand":
        lean, bend = _two_links(points[f"{side}_shoulder"], at, UPPER_ARM * seen, FOREARM * seen, sign)
        raised = sign * (pose.trunk + pose.spine + 180.0 - lean)
        return replace(pose, **{f"{side}_shoulder": _wrapped(raised), f"{side}_elbow": bend})
    ankle = _target(contact, at)
    if part in ("toe", "heel"):
        beyond = _from(points[f"{side}_{part}"], points[f"{side}_ankle"])
        ankle = (at[0] + beyond[0], at[1] + beyond[1])
    foot_lean = _shin_lean(pose, side, sign) - sign * getattr(pose, f"{side}_ankle")
    lean, bend = _two_links(points[f"{side}_hip"], ankle, THIGH * seen, SHANK * seen, -sign)
    raised = sign * (pose.trunk + 180.0 - lean)
    pose = replace(pose, **{f"{side}_hip": _wrapped(raised), f"{side}_knee": bend})
    if part == "foot":
        return _flat(pose, side, front)
    return replace(pose, **{f"{side}_ankle": _turned(sign * (_shin_lean(pose, side, sign) - foot_lean))})


def _two_links(start: Point, end: Point, first: float, second: float, bends: float) -> tuple[float, float]:
    """Return the lean of the first part and the bend between the two, which goes to the side of ``bends``."""
    dx, dy = _from(start, end)
    distance = min(max(hypot(dx, dy), abs(first - second) + 1e-6), (first + second) * _STRAIGHT)
    aside = degrees(acos((first**2 + distance**2 - second**2) / (2 * first * distance)))
    inner = degrees(acos((first**2 + second**2 - distance**2) / (2 * first * second)))
    return degrees(atan2(dx, dy)) + bends * aside, 180.0 - inner


def _shin_lean(pose: Pose, side: str, sign: float) -> float:
    knee, hip = (float(getattr(pose, f"{side}_{joint}")) for joint in ("knee", "hip"))
    return pose.trunk + 180.0 + sign * (knee - hip)


def _flat(pose: Pose, side: str, front: bool) -> Pose:
    sign = -1.0 if front and side == "far" else 1.0
    return replace(pose, **{f"{side}_ankle": _turned(sign * (_shin_lean(pose, side, sign) - 180.0))})


def _turned(angle: float) -> float:
    return (angle + 180.0) % 360.0 - 180.0


def _wrapped(angle: float) -> float:
    """Shoulders and hips reach further forward than back."""
    return (angle + 120.0) % 360.0 - 120.0
