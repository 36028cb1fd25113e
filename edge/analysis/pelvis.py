"""Pelvic drop in tasks on one leg, from one motion sensor on the sacrum, however it is stuck on.

Gravity in the sensor's axes tells how the pelvis is tilted, once it is known which way the patient's left lies in
them. A quiet stand gives "up"; one slow bow forward and back gives "back", since up, seen from a bowing pelvis, moves
backwards; and both give "left". The angle told is that of the pelvis's left-right line against the horizontal:
leaning forward or turning round does not change it.

It is measured from the quiet stand: how level the pelvis was there cannot be told apart from how level the sensor is.
A sensor on skin moves with the skin. Nothing here is a diagnosis.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from edge.analysis.robust import Floats

STILL_DEG = 3.0
"""A stand within this of its mean direction is quiet: sway is below a degree, breathing adds one. Our choice."""
BOW_DEG = 15.0
"""A bow is at least so deep: a sensor's own offset is a degree or two, so the axis is good to some 5. Our choice."""
PLANE = 0.25
"""A bow strays sideways by no more than this share of its depth (14 degrees of axis). Our choice."""
DROP_FLAG_DEG = 5.0
"""Drop from which a clinician may want to look. Our default, to be set by the clinician; not validated."""
LEAST_S = 0.5
"""A shorter stand on one leg is a step and no task. Our choice."""


class Side(StrEnum):
    """A side of the patient."""

    LEFT = "left"
    RIGHT = "right"


class PelvisError(ValueError):
    """The two poses do not tell where the patient's left is; the message says what to do again."""


@dataclass(frozen=True, slots=True)
class PelvisAxes:
    """The patient's ``up`` and ``left`` as unit vectors of shape (3,) in the sensor's axes.

    ``stray_deg`` is how far the bow left a plane: what ``left`` may be off by.
    """

    up: Floats
    left: Floats
    stray_deg: float


@dataclass(frozen=True, slots=True)
class PelvicDrop:
    """The side opposite the standing leg against the quiet stand, in degrees, positive where it drops.

    ``peak_deg`` is the largest drop, negative where that side was never lower than in the quiet stand; ``side`` is
    the one that is lower in the mean, None where it is neither; ``flagged`` says that the peak reaches the
    clinician's limit.
    """

    stance: Side
    peak_deg: float
    mean_deg: float
    side: Side | None
    flagged: bool


def axes_from(standing: Floats, bowing: Floats) -> PelvisAxes:
    """Return where the patient's up and left are, from a quiet stand and a bow forward and back.

    Both are directions of gravity as an accelerometer at rest reads it (upward), of shape (n, 3), any length. Any
    movement that tips the pelvis forward serves as the bow: a hinge, the way down of a deadlift. Raises PelvisError
    where the stand was not quiet or the bow was too small or not in one plane.
    """
    still, moved = _known(standing), _known(bowing)
    up = _unit(still.mean(axis=0, keepdims=True))[0]
    strayed_deg = float(np.degrees(np.arccos(np.clip(still @ up, -1, 1))).max())
    if strayed_deg > STILL_DEG:
        raise PelvisError(f"the stand moved by {strayed_deg:.0f} degrees; stand still, both feet down")
    aside = moved - np.outer(moved @ up, up)
    deepest = aside[int(np.argmax(np.linalg.norm(aside, axis=1)))]
    depth_deg = math.degrees(math.asin(min(float(np.linalg.norm(deepest)), 1.0)))
    if depth_deg < BOW_DEG:
        raise PelvisError(f"the bow was {depth_deg:.0f} degrees deep; bow forward by {BOW_DEG:g} degrees or more")
    _, sizes, ways = np.linalg.svd(aside, full_matrices=False)
    stray = float(sizes[1] / sizes[0])
    if stray > PLANE:
        raise PelvisError("the bow went sideways as well; bow straight forward and come back the same way")
    # Up, as the bowing pelvis sees it, moves backwards.
    back = ways[0] * np.sign(ways[0] @ deepest)
    left = np.cross(back, up)
    return PelvisAxes(up, left / np.linalg.norm(left), math.degrees(math.atan(stray)))


def tilt_deg(gravity: Floats, axes: PelvisAxes) -> Floats:
    """Return the inclination of the pelvis's left-right line, shape (n,), positive where the left side is higher.

    ``gravity`` has shape (n, 3), as for :func:`axes_from`. It is the arc sine of the part of up along left, so it is
    exact for any lean forward or back; NaN where a row is no direction. Take gravity as the counter's filter gives
    it: an accelerometer in motion reads the motion too.
    """
    inclination: Floats = np.degrees(np.arcsin(np.clip(_unit(gravity) @ axes.left, -1, 1)))
    return inclination


def pelvic_drop(t_s: Floats, tilt: Floats, stance: Side, flag_deg: float = DROP_FLAG_DEG) -> PelvicDrop | None:
    """Return the drop while standing on one leg; None for less than ``LEAST_S`` of it.

    ``t_s`` and ``tilt`` have shape (n,): the seconds of the single-leg part alone, and :func:`tilt_deg`. The mean is
    over time, so uneven steps do not matter. The drop is the one Trendelenburg described: of the side whose foot is
    off the ground.
    """
    good = np.isfinite(tilt)
    t_s, tilt = t_s[good], tilt[good]
    if len(t_s) < 2 or t_s[-1] - t_s[0] < LEAST_S:
        return None
    drop = tilt if stance is Side.LEFT else -tilt
    mean_deg = float(np.trapezoid(drop, t_s) / (t_s[-1] - t_s[0]))
    peak_deg = float(drop.max())
    free = Side.RIGHT if stance is Side.LEFT else Side.LEFT
    side = None if mean_deg == 0 else free if mean_deg > 0 else stance
    return PelvicDrop(stance, peak_deg, mean_deg, side, peak_deg >= flag_deg)


def _unit(vectors: Floats) -> Floats:
    """Return rows of length 1; a row that is no direction becomes one of NaN."""
    sizes = np.linalg.norm(vectors, axis=1, keepdims=True)
    rows: Floats = vectors / np.where(sizes > 0, sizes, np.nan)
    return rows


def _known(vectors: Floats) -> Floats:
    """Return the rows that are a direction, at length 1."""
    rows = _unit(vectors)
    rows = rows[np.isfinite(rows).all(axis=1)]
    if not len(rows):
        raise PelvisError("there is no direction of gravity; check the sensor on the sacrum")
    return rows
