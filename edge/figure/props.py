"""What is drawn: lines and discs in body heights, of the body and of the few things it uses."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from edge.figure.body import HEAD_RADIUS, SPINE_POINTS, Point, Pose, moved

LIMB, THIN, MAT = 0.050, 0.022, 0.030
"""Widths of a limb, of a thing and of a mat."""
NOSE = 0.030
HALO = 0.012
FLOOR_Y = -0.012
SEAT_HALF, BACKREST = 0.12, 0.26
BELL_RADIUS, DISC_RADIUS, PLATE_RADIUS, PAD_RADIUS, BALL_RADIUS = 0.048, 0.036, 0.085, 0.030, 0.06


class Ink(StrEnum):
    """What a mark belongs to; whoever draws knows the colour."""

    NEAR = "near"
    FAR = "far"
    """The limbs behind, fainter."""
    THING = "thing"
    LOAD = "load"
    """Band, bell or bar: what gives the load."""
    PAPER = "paper"
    """The ground, to keep what lies behind from showing through."""


@dataclass(frozen=True, slots=True)
class Line:
    """A bent line with round ends."""

    points: tuple[Point, ...]
    width: float
    ink: Ink

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Left, bottom, right and top."""
        xs, ys = zip(*self.points, strict=True)
        half = self.width / 2
        return min(xs) - half, min(ys) - half, max(xs) + half, max(ys) + half


@dataclass(frozen=True, slots=True)
class Disc:
    """A disc, or a ring where ``width`` is above zero; the ring's middle line has the radius."""

    centre: Point
    radius: float
    ink: Ink
    width: float = 0.0

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Left, bottom, right and top."""
        (x, y), reach = self.centre, self.radius + self.width / 2
        return x - reach, y - reach, x + reach, y + reach


Mark = Line | Disc
Where = Point | str
"""A place, or the name of a point of the body."""


@dataclass(frozen=True, slots=True)
class Prop:
    """A thing of a known ``kind`` (a key of :data:`KINDS`) at some places, each fixed or a point of the body."""

    kind: str
    at: tuple[Where, ...]


# ---- the body ---------------------------------------------------------------------------------------------


def body_marks(pose: Pose, points: Mapping[str, Point], *, front: bool) -> tuple[Mark, ...]:
    """Return the body, the limbs of the far side first and the head last."""
    spine = tuple(points[name] for name in ("hip", *(f"spine_{k}" for k in range(1, SPINE_POINTS)), "shoulder"))
    faces = pose.trunk + pose.spine + pose.neck
    trunk = [Line(spine, LIMB, Ink.NEAR)]
    trunk.append(Line((points["shoulder"], moved(points["head"], faces, -HEAD_RADIUS)), LIMB, Ink.NEAR))
    if front:
        pairs = (("far_shoulder", "near_shoulder"), ("far_hip", "near_hip"))
        trunk += [Line((points[far], points[near]), LIMB, Ink.NEAR) for far, near in pairs]
    behind = Ink.NEAR if front else Ink.FAR
    near_arm = _arm(points, "near", Ink.NEAR)
    return (
        *_leg(points, "far", behind),
        _arm(points, "far", behind),
        *_leg(points, "near", Ink.NEAR),
        *trunk,
        *(() if front else (_clear_of(near_arm),)),
        near_arm,
        *_head(points["head"], faces, front=front),
    )


def _head(middle: Point, faces: float, *, front: bool) -> tuple[Mark, ...]:
    """A ring, with a nose that tells the face from the back of the head."""
    ring = (Disc(middle, HEAD_RADIUS, Ink.PAPER), Disc(middle, HEAD_RADIUS - THIN / 2, Ink.NEAR, THIN * 1.2))
    if front:
        return ring
    ahead = faces + 90.0
    nose = Line((moved(middle, ahead, HEAD_RADIUS), moved(middle, ahead, HEAD_RADIUS + NOSE)), THIN, Ink.NEAR)
    return nose, *ring


def _clear_of(line: Line) -> Line:
    """A gap around an arm, from below the shoulder on, tells it from the trunk behind it."""
    (x, y), (elbow_x, elbow_y), hand = line.points
    below = (x + (elbow_x - x) * 0.3, y + (elbow_y - y) * 0.3)
    return Line((below, (elbow_x, elbow_y), hand), line.width + 2 * HALO, Ink.PAPER)


def _arm(points: Mapping[str, Point], side: str, ink: Ink) -> Line:
    return Line(tuple(points[f"{side}_{part}"] for part in ("shoulder", "elbow", "hand")), LIMB * 0.8, ink)


def _leg(points: Mapping[str, Point], side: str, ink: Ink) -> tuple[Mark, ...]:
    leg = Line(tuple(points[f"{side}_{part}"] for part in ("hip", "knee", "ankle")), LIMB, ink)
    foot = Line(tuple(points[f"{side}_{part}"] for part in ("ankle", "heel", "toe", "ankle")), LIMB * 0.6, ink)
    return leg, foot


# ---- things -----------------------------------------------------------------------------------------------


def prop_marks(props: tuple[Prop, ...], points: Mapping[str, Point]) -> tuple[tuple[Mark, ...], tuple[Mark, ...]]:
    """Return what stands behind the body and what is held in front of it."""
    behind: list[Mark] = []
    held: list[Mark] = []
    for prop in props:
        places = tuple(points[where] if isinstance(where, str) else where for where in prop.at)
        _, draw, in_front = KINDS[prop.kind]
        (held if in_front else behind).extend(draw(places))
    return tuple(behind), tuple(held)


def _floor(at: tuple[Point, ...]) -> list[Mark]:
    return [Line(_level(at, FLOOR_Y), THIN / 2, Ink.THING)]


def _mat(at: tuple[Point, ...]) -> list[Mark]:
    return [Line(_level(at, 0.0), MAT, Ink.THING)]


def _level(at: tuple[Point, ...], y: float) -> tuple[Point, ...]:
    return tuple((x, y) for x, _ in at)


def _chair(at: tuple[Point, ...]) -> list[Mark]:
    """The second place lies beyond the backrest."""
    (x, seat), (back_x, _) = at
    behind = -SEAT_HALF if back_x < x else SEAT_HALF
    outline = ((x - behind, 0.0), (x - behind, seat), (x + behind, seat), (x + behind, 0.0))
    return [
        Line(outline, THIN, Ink.THING),
        Line(((x + behind, seat), (x + behind * 1.15, seat + BACKREST)), THIN, Ink.THING),
    ]


def _stool(at: tuple[Point, ...]) -> list[Mark]:
    (left, top), (right, _) = at
    inward = (right - left) * 0.15
    legs = [Line(((x, top), (x, 0.0)), THIN, Ink.THING) for x in (left + inward, right - inward)]
    return [Line(((left, top), (right, top)), MAT, Ink.THING), *legs]


def _box(at: tuple[Point, ...]) -> list[Mark]:
    (left, top), (right, low) = at
    low += THIN / 2
    top -= THIN / 2
    return [Line(((left, low), (left, top), (right, top), (right, low), (left, low)), THIN, Ink.THING)]


def _frame(at: tuple[Point, ...]) -> list[Mark]:
    return [Line(at, THIN * 1.3, Ink.THING)]


def _hook(at: tuple[Point, ...]) -> list[Mark]:
    ((x, y),) = at
    top = max(0.9, y + 0.08)
    return [Line(((x, 0.0), (x, top)), THIN * 1.6, Ink.THING), Disc((x, y), THIN * 1.1, Ink.LOAD)]


def _band(at: tuple[Point, ...]) -> list[Mark]:
    return [Line(at, THIN, Ink.LOAD)]


def _bell(at: tuple[Point, ...]) -> list[Mark]:
    ((x, y),) = at
    return [
        Disc((x, y - 0.022), 0.026, Ink.LOAD, THIN * 0.8),
        Disc((x, y - 0.045 - BELL_RADIUS * 0.6), BELL_RADIUS, Ink.LOAD),
    ]


def _dumbbell(at: tuple[Point, ...]) -> list[Mark]:
    return [Disc(at[0], DISC_RADIUS, Ink.LOAD)]


def _barbell(at: tuple[Point, ...]) -> list[Mark]:
    return [Disc(at[0], PLATE_RADIUS, Ink.LOAD, THIN), Disc(at[0], THIN, Ink.LOAD)]


def _hang(at: tuple[Point, ...]) -> list[Mark]:
    ((x, y),) = at
    low = y - 0.2
    return [
        Line(((x, y), (x, low)), THIN / 2, Ink.LOAD),
        Line(((x - PLATE_RADIUS, low), (x + PLATE_RADIUS, low)), MAT, Ink.LOAD),
    ]


def _pad(at: tuple[Point, ...]) -> list[Mark]:
    return [Disc(at[0], PAD_RADIUS, Ink.LOAD)]


def _ball(at: tuple[Point, ...]) -> list[Mark]:
    return [Disc(at[0], BALL_RADIUS, Ink.LOAD, THIN)]


def _crate(at: tuple[Point, ...]) -> list[Mark]:
    ((x, y),) = at
    half, low, top = 0.075, y - 0.07, y + 0.05
    return [
        Line(((x - half, low), (x - half, top), (x + half, top), (x + half, low), (x - half, low)), THIN, Ink.LOAD)
    ]


KINDS: Mapping[str, tuple[int, Callable[[tuple[Point, ...]], list[Mark]], bool]] = {
    "floor": (2, _floor, False),
    "mat": (2, _mat, False),
    "chair": (2, _chair, False),
    "bench": (2, _stool, False),
    "box": (2, _box, False),
    "frame": (0, _frame, False),
    "hook": (1, _hook, False),
    "band": (0, _band, True),
    "bell": (1, _bell, True),
    "dumbbell": (1, _dumbbell, True),
    "barbell": (1, _barbell, True),
    "hang": (1, _hang, False),
    "pad": (1, _pad, True),
    "plate": (0, _frame, True),
    "ball": (1, _ball, True),
    "crate": (1, _crate, True),
}
"""By kind: how many places it has (0 for two or more), how it is drawn, and whether in front of the body."""
