"""What people do on a station that is no repetition: stand, sit, walk about, handle a bell, adjust a band.

Every function draws one stretch of it from a random source, as plain changes of a quantity over time.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, field

from drivers.motion import Ring, Step, bump

STANDING_DEG = 86.0
"""The thigh above the horizontal while walking and standing about."""


@dataclass(slots=True)
class Stretch:
    """Some time without a repetition.

    ``pitch`` and ``roll`` are shifts of the whole body part in degrees, ``gait`` the swing of a thigh while walking
    and ``lean`` its bending when something is picked up, both in degrees of pitch; ``heave`` is the height of the
    body in m, ``jolts`` are bumps in rad of pitch, ``pull`` is on the band in N.
    """

    pitch: list[Step] = field(default_factory=list)
    roll: list[Step] = field(default_factory=list)
    gait: list[Step] = field(default_factory=list)
    lean: list[Step] = field(default_factory=list)
    heave: list[Step] = field(default_factory=list)
    jolts: list[Ring] = field(default_factory=list)
    pull: list[Step] = field(default_factory=list)


def standing(draw: random.Random, t_s: float, duration_s: float) -> Stretch:
    """Return standing: every few seconds the weight goes to the other leg, by a few degrees, and stays there."""
    found, end_s = Stretch(), t_s + duration_s
    pitch = roll = 0.0
    while (t_s := t_s + draw.uniform(3.0, 15.0)) < end_s - 3.0:
        length_s = draw.uniform(0.8, 2.5)
        goal, tilt = draw.uniform(-4.0, 4.0), draw.uniform(-5.0, 5.0)
        found.pitch.append(Step(t_s, t_s + length_s, goal - pitch))
        found.roll.append(Step(t_s, t_s + length_s, tilt - roll))
        pitch, roll, t_s = goal, tilt, t_s + length_s
    return found


def sitting(draw: random.Random, t_s: float, duration_s: float) -> Stretch:
    """Return sitting: small shifts all the time, a shuffle now and then, legs crossed for a while and uncrossed."""
    found, end_s = Stretch(), t_s + duration_s
    crossed_deg = 0.0
    while (t_s := t_s + draw.uniform(0.5, 6.0)) < end_s - 4.0:
        length_s = draw.uniform(0.8, 2.5)
        what = draw.random()
        if what < (0.2 if crossed_deg else 0.03):
            goal = 0.0 if crossed_deg else draw.uniform(18.0, 28.0)
            found.pitch.append(Step(t_s, t_s + length_s, goal - crossed_deg))
            found.roll.append(Step(t_s, t_s + length_s, (goal - crossed_deg) * 0.5))
            # Nobody crosses the legs for a moment.
            crossed_deg, t_s = goal, t_s + (20.0 if goal else 0.0)
        else:
            size = draw.choice((-1.0, 1.0)) * (draw.uniform(5.0, 12.0) if what < 0.15 else draw.uniform(0.5, 5.0))
            found.pitch += bump(t_s, length_s, size)
            found.roll += bump(t_s, length_s, draw.uniform(-8.0, 8.0))
            found.pull += bump(t_s, length_s, draw.uniform(0.5, 9.0))
        t_s += length_s
    return found


def walking(draw: random.Random, t_s: float, duration_s: float) -> Stretch:
    """Return walking about: a few strides, a stop, a few more."""
    found, end_s = Stretch(), t_s + duration_s
    while t_s < end_s - 20.0:
        t_s = _strides(draw, found, t_s, draw.randint(3, 14)) + draw.uniform(0.5, 6.0)
    return found


def _strides(draw: random.Random, found: Stretch, t_s: float, count: int) -> float:
    """Add strides; return when both feet stand again.

    A thigh swings by 30 to 40 degrees about 0.9 times a second, the foot stands for six tenths of it and strikes with
    a jolt, the other foot's is felt as well, and the body rises and falls by 3 to 5 cm with every step (Perry, Gait
    Analysis, 1992).
    """
    swing_deg, stride_s = draw.uniform(30.0, 40.0), 1.0 / draw.uniform(0.8, 1.0)
    at_deg = draw.choice((-1.0, 1.0)) * swing_deg / 2
    found.gait.append(Step(t_s, t_s + stride_s / 2, at_deg))
    t_s += stride_s / 2
    for _ in range(2 * count):
        swing_s = (0.4 if at_deg < 0 else 0.6) * stride_s * draw.uniform(0.95, 1.05)
        goal = -math.copysign(swing_deg / 2 * draw.uniform(0.9, 1.1), at_deg)
        found.gait.append(Step(t_s, t_s + swing_s, goal - at_deg))
        found.roll += bump(t_s, swing_s, math.copysign(draw.uniform(2.0, 5.0), at_deg))
        found.heave += bump(t_s, swing_s, draw.uniform(0.03, 0.05))
        found.jolts.append(_jolt(draw, t_s, math.radians(0.4 if at_deg > 0 else 0.15)))
        at_deg, t_s = goal, t_s + swing_s
    found.gait.append(Step(t_s, t_s + stride_s / 2, -at_deg))
    return t_s + stride_s / 2


def handling(draw: random.Random, t_s: float, duration_s: float) -> Stretch:
    """Return a bell being put down and picked up now and then: some steps, a bend at once, a grip, and away again."""
    found, end_s = Stretch(), t_s + duration_s
    while (t_s := t_s + draw.uniform(5.0, 40.0)) < end_s - 25.0:
        t_s = _strides(draw, found, t_s, draw.randint(1, 3)) + draw.uniform(0.0, 0.3)
        depth_deg, down_s, up_s = draw.uniform(35.0, 60.0), draw.uniform(0.9, 1.8), draw.uniform(0.9, 1.8)
        begun_s = t_s
        found.lean.append(Step(t_s, t_s + down_s, -depth_deg))
        t_s += down_s
        found.jolts.append(_jolt(draw, t_s, math.radians(0.3)))
        for _ in range(draw.randint(1, 3)):
            length_s = draw.uniform(0.4, 1.0)
            found.lean += bump(t_s, length_s, draw.uniform(-5.0, 5.0))
            t_s += length_s
        found.lean.append(Step(t_s, t_s + up_s, depth_deg))
        t_s += up_s
        found.roll += bump(begun_s, t_s - begun_s, draw.choice((-1.0, 1.0)) * draw.uniform(5.0, 15.0))
        t_s = _strides(draw, found, t_s + draw.uniform(0.0, 0.3), draw.randint(1, 3))
    return found


def adjusting(draw: random.Random, t_s: float, duration_s: float) -> Stretch:
    """Return a band being adjusted: slack taken in with slow, uneven pulls of up to 60 N, let go, gripped anew."""
    found, end_s = Stretch(), t_s + duration_s
    slack_n = 0.0
    while (t_s := t_s + draw.uniform(1.0, 12.0)) < end_s - 25.0:
        for _ in range(draw.randint(1, 5)):
            pull_n, most_n = slack_n, draw.uniform(15.0, 60.0)
            while pull_n < most_n - 3.0 and draw.random() < 0.9:
                length_s, more_n = draw.uniform(0.5, 2.0), min(most_n - pull_n, draw.uniform(5.0, 25.0))
                # A hand that slips loses some of what it had.
                change_n = -draw.uniform(3.0, 12.0) if draw.random() < 0.25 and pull_n > 15.0 else more_n
                found.pull.append(Step(t_s, t_s + length_s, change_n))
                pull_n, t_s = pull_n + change_n, t_s + length_s + draw.uniform(0.0, 1.5)
            goal_n, length_s = draw.uniform(0.0, 10.0), draw.choice((draw.uniform(0.2, 0.5), draw.uniform(1.0, 2.0)))
            found.pull.append(Step(t_s, t_s + length_s, goal_n - pull_n))
            slack_n, t_s = goal_n, t_s + length_s + draw.uniform(0.5, 4.0)
    return found


def _jolt(draw: random.Random, t_s: float, size_rad: float) -> Ring:
    """Return what a blow leaves in a strapped sensor: soft tissue rings at 10 to 18 Hz for a tenth of a second."""
    size = draw.choice((-1.0, 1.0)) * size_rad * draw.uniform(0.5, 1.3)
    return Ring(t_s, size, math.tau * draw.uniform(10.0, 18.0), draw.uniform(0.03, 0.06))
