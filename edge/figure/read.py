"""Figures as content writes them: joint angles of the key poses, contacts and things, checked one by one."""

from __future__ import annotations

from collections.abc import Mapping

from edge.figure.body import JOINTS, Point, Pose, limits_of, points_of
from edge.figure.contact import PLACING, SOLVABLE
from edge.figure.props import KINDS, Prop, Where
from edge.figure.shape import Figure

KEYS = ("view", "cycle", "contacts", "props", "poses")
VIEWS = ("side", "front")
FEWEST, MOST = 2, 4
FURTHEST = 2.0
"""Nothing stands further away than this, in body heights."""
PAIRS = {"feet": ("near_foot", "far_foot"), "hands": ("near_hand", "far_hand"), "toes": ("near_toe", "far_toe")}


class FigureError(ValueError):
    """A figure that cannot be used; the message names the key, the value and what was expected."""


def read_figure(table: object) -> Figure:
    """Read a figure. Raises FigureError for the first thing that is not as expected.

    A pose has the angles of the pose before it where it does not say another; ``hip = 90`` sets both sides. A thing
    is a list: its kind, then its places, each as [x, y] or as the name of a point of the body.
    """
    if not isinstance(table, Mapping):
        raise FigureError(f"figure is {table!r}; expected a table")
    for name in table:
        if name not in KEYS:
            raise FigureError(f"figure.{name} is not known; expected one of {', '.join(KEYS)}")
    view = table.get("view", "side")
    if view not in VIEWS:
        raise FigureError(f"figure.view is {view!r}; expected one of {', '.join(VIEWS)}")
    cycle = table.get("cycle", False)
    if not isinstance(cycle, bool):
        raise FigureError(f"figure.cycle is {cycle!r}; expected true or false")
    front = view == "front"
    return Figure(
        _poses(table.get("poses"), front),
        tuple(_contacts(table.get("contacts", {})).items()),
        _props(table.get("props", []), frozenset(points_of(Pose(), front=front))),
        front,
        cycle,
    )


def _poses(value: object, front: bool) -> tuple[Pose, ...]:
    if not isinstance(value, list) or not FEWEST <= len(value) <= MOST:
        raise FigureError(f"figure.poses is {value!r}; expected a list of {FEWEST} to {MOST} poses")
    poses = [Pose()]
    for number, angles in enumerate(value, 1):
        where = f"figure.poses, pose {number}"
        if not isinstance(angles, Mapping):
            raise FigureError(f"{where} is {angles!r}; expected joint angles")
        poses.append(_pose(poses[-1], angles, where, front))
    return tuple(poses[1:])


def _pose(before: Pose, angles: Mapping[str, object], where: str, front: bool) -> Pose:
    found = before.angles()
    # A joint named for both sides comes first, so that one side may differ.
    for name in sorted(angles, key=lambda name: name in JOINTS):
        angle = angles[name]
        names = (name,) if name in JOINTS else (f"near_{name}", f"far_{name}")
        if names[0] not in JOINTS:
            raise FigureError(f"{where}: {name} is not a joint; expected one of {', '.join(JOINTS)}")
        low, high = limits_of(names[0], front=front)
        if isinstance(angle, bool) or not isinstance(angle, int | float) or not low <= angle <= high:
            raise FigureError(f"{where}: {name} is {angle!r}; expected {low:g} to {high:g} degrees")
        found |= dict.fromkeys(names, float(angle))
    return Pose(**found)


def _contacts(value: object) -> dict[str, Point]:
    if not isinstance(value, Mapping):
        raise FigureError(f"figure.contacts is {value!r}; expected a table of places")
    found: dict[str, Point] = {}
    for name, at in value.items():
        for single in PAIRS.get(name, (name,)):
            allowed = SOLVABLE if found else PLACING
            if single not in allowed:
                raise FigureError(f"figure.contacts.{name} is not known here; expected one of {', '.join(allowed)}")
            found[single] = _place(at, f"figure.contacts.{name}")
    return found


def _props(value: object, body: frozenset[str]) -> tuple[Prop, ...]:
    if not isinstance(value, list):
        raise FigureError(f"figure.props is {value!r}; expected a list")
    return tuple(_prop(one, body) for one in value)


def _prop(value: object, body: frozenset[str]) -> Prop:
    if not isinstance(value, list) or not value or value[0] not in KINDS:
        raise FigureError(f"figure.props: {value!r}; expected a list that begins with one of {', '.join(KINDS)}")
    kind, *places = value
    count = KINDS[kind][0]
    if len(places) != count if count else len(places) < 2:
        raise FigureError(f"figure.props: {value!r}; expected {count or 'two or more'} places after {kind}")
    at: list[Where] = []
    for where in places:
        if isinstance(where, str) and where not in body:
            raise FigureError(
                f"figure.props: {kind} at {where!r}; expected [x, y] or one of {', '.join(sorted(body))}"
            )
        at.append(where if isinstance(where, str) else _place(where, f"figure.props: {kind}"))
    return Prop(kind, tuple(at))


def _place(value: object, where: str) -> Point:
    if (
        not isinstance(value, list)
        or len(value) != 2
        or any(isinstance(one, bool) or not isinstance(one, int | float) for one in value)
        or any(abs(one) > FURTHEST for one in value)
    ):
        raise FigureError(f"{where} is {value!r}; expected [x, y] of at most {FURTHEST:g} body heights")
    return float(value[0]), float(value[1])
