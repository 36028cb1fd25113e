"""The one simple body that shows every exercise: its proportions, its joint angles, and where its points then are.

All lengths are shares of the body's height; x runs to the right, y up from the floor. The body is seen from its right
side and looks to the right; in the view from the front the near limbs are those at the right of the picture.
Angles are degrees. In the standing posture with hanging arms all are zero.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from math import cos, radians, sin

Point = tuple[float, float]

# Segment lengths as shares of body height: Drillis and Contini 1966, as in Winter, Biomechanics and Motor Control.
SHANK, THIGH, TRUNK, UPPER_ARM = 0.246, 0.245, 0.288, 0.186
FOREARM = 0.146 + 0.040
"""Elbow to wrist, and on to the middle of a closed hand."""
ANKLE_HEIGHT, FOOT = 0.039, 0.120
"""The sole under the ankle; from there to the toes."""
HEEL = 0.032
HEAD_RADIUS, NECK = 0.066, 0.116
"""From the shoulder to the middle of the head: 0.935 of the height less 0.818."""
# Half the breadth of shoulders and hips, seen from the front.
HALF_SHOULDERS, HALF_HIPS = 0.115, 0.055
SPINE_POINTS = 7


@dataclass(frozen=True, slots=True)
class Pose:
    """Joint angles in degrees. Bending (flexion) is above zero.

    ``trunk`` is how far the pelvis leans forward from upright: 90 lies on the front, -90 on the back. ``spine`` is
    how far the back rounds from the pelvis to the shoulders, below zero it arches. ``neck`` is against the upper
    back. ``shoulder`` is the arm against the upper back: 0 along it, 90 in front, 180 overhead. ``hip`` is the thigh
    against the pelvis. ``ankle`` is the foot against the shin, above zero with toes up. ``arm`` and ``leg`` are 1.

    In the view from the front ``shoulder`` and ``hip`` spread sideways, elbow and knee bend in the plane of the
    picture, and ``arm`` and ``leg`` are the share of a limb's length that is seen where it points at the eye.
    """

    trunk: float = 0.0
    spine: float = 0.0
    neck: float = 0.0
    near_shoulder: float = 0.0
    near_elbow: float = 0.0
    far_shoulder: float = 0.0
    far_elbow: float = 0.0
    near_hip: float = 0.0
    near_knee: float = 0.0
    near_ankle: float = 0.0
    far_hip: float = 0.0
    far_knee: float = 0.0
    far_ankle: float = 0.0
    near_arm: float = 1.0
    far_arm: float = 1.0
    near_leg: float = 1.0
    far_leg: float = 1.0

    def angles(self) -> dict[str, float]:
        """Return the angles by name."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def blend(self, other: Pose, share: float) -> Pose:
        """Return the pose ``share`` of the way to the other one."""
        there = other.angles()
        return Pose(**{name: angle + (there[name] - angle) * share for name, angle in self.angles().items()})


JOINTS = tuple(field.name for field in fields(Pose))
LIMITS: Mapping[str, tuple[float, float]] = {
    "trunk": (-135.0, 135.0),
    "spine": (-75.0, 110.0),
    "neck": (-75.0, 75.0),
    "shoulder": (-75.0, 185.0),
    "elbow": (0.0, 155.0),
    "hip": (-40.0, 140.0),
    "knee": (0.0, 160.0),
    "ankle": (-60.0, 40.0),
    "arm": (1.0, 1.0),
    "leg": (1.0, 1.0),
}
"""What healthy joints allow, by joint. Usual ranges of motion (American Academy of Orthopaedic Surgeons 1965), a
little wider at shoulder, hip and knee, where the pelvis and the body's weight add to them."""
FRONT_LIMITS: Mapping[str, tuple[float, float]] = {
    "trunk": (-100.0, 100.0),
    "spine": (-35.0, 35.0),
    "neck": (-45.0, 45.0),
    "shoulder": (-60.0, 185.0),
    "elbow": (-155.0, 155.0),
    "hip": (-50.0, 60.0),
    "knee": (-130.0, 130.0),
    "ankle": (-60.0, 60.0),
    "arm": (0.2, 1.0),
    "leg": (0.2, 1.0),
}
"""The same as it looks from the front, where a limb that bends towards the eye seems to bend to either side."""


def limits_of(joint: str, *, front: bool) -> tuple[float, float]:
    """Return the smallest and the largest angle of a joint of :data:`JOINTS`."""
    return (FRONT_LIMITS if front else LIMITS)[joint.removeprefix("near_").removeprefix("far_")]


def direction(angle_deg: float) -> Point:
    """Return the unit vector that an upward one becomes when it leans forward by an angle.

    >>> tuple(round(part, 3) for part in direction(90.0))
    (1.0, 0.0)
    """
    return sin(radians(angle_deg)), cos(radians(angle_deg))


def moved(point: Point, angle_deg: float, length: float) -> Point:
    """Return the point ``length`` away in the direction of an angle."""
    dx, dy = direction(angle_deg)
    return point[0] + dx * length, point[1] + dy * length


def points_of(pose: Pose, *, front: bool = False) -> dict[str, Point]:
    """Return every named point of the body with its hips at (0, 0).

    Names: hip, spine_1 to spine_6, shoulder, head, and for near_ and far_: shoulder, elbow, hand, hip, knee, ankle,
    heel, toe.
    """
    found: dict[str, Point] = {"hip": (0.0, 0.0)}
    at, step = (0.0, 0.0), TRUNK / SPINE_POINTS
    for k in range(SPINE_POINTS):
        at = moved(at, pose.trunk + pose.spine * (k + 0.5) / SPINE_POINTS, step)
        found[f"spine_{k + 1}"] = at
    found["shoulder"] = found.pop(f"spine_{SPINE_POINTS}")
    upper = pose.trunk + pose.spine
    found["head"] = moved(found["shoulder"], upper + pose.neck, NECK)
    for side, sign in (("near", 1.0), ("far", -1.0 if front else 1.0)):
        aside = sign if front else 0.0
        found |= _arm(pose, side, sign, moved(found["shoulder"], upper + 90.0, aside * HALF_SHOULDERS), upper)
        found |= _leg(pose, side, sign, moved(found["hip"], pose.trunk + 90.0, aside * HALF_HIPS), front=front)
    return found


def _arm(pose: Pose, side: str, sign: float, shoulder: Point, upper: float) -> dict[str, Point]:
    down = upper + 180.0 - sign * getattr(pose, f"{side}_shoulder")
    seen = getattr(pose, f"{side}_arm")
    elbow = moved(shoulder, down, UPPER_ARM * seen)
    hand = moved(elbow, down - sign * getattr(pose, f"{side}_elbow"), FOREARM * seen)
    return {f"{side}_shoulder": shoulder, f"{side}_elbow": elbow, f"{side}_hand": hand}


def _leg(pose: Pose, side: str, sign: float, hip: Point, *, front: bool) -> dict[str, Point]:
    down = pose.trunk + 180.0 - sign * getattr(pose, f"{side}_hip")
    seen = getattr(pose, f"{side}_leg")
    knee = moved(hip, down, THIGH * seen)
    down += sign * getattr(pose, f"{side}_knee")
    ankle = moved(knee, down, SHANK * seen)
    along = down - sign * (90.0 + getattr(pose, f"{side}_ankle"))
    sole = moved(ankle, along + sign * 90.0, ANKLE_HEIGHT)
    # Seen from the front a foot points at the eye and is short.
    toe, heel = (FOOT / 3, FOOT / 6) if front else (FOOT, HEEL)
    return {
        f"{side}_hip": hip,
        f"{side}_knee": knee,
        f"{side}_ankle": ankle,
        f"{side}_toe": moved(sole, along, toe),
        f"{side}_heel": moved(sole, along, -heel),
    }
