"""What two trial repetitions tell about a person before the set: how far, which way and how fast.

A counter that starts from a trial need not learn these from the set: a first repetition that falls short is known to
be partial, one the other way is none, and a person whose range is small is not asked for more than is there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import median

from drivers.samples import Vector
from edge.model import Rep
from edge.signal.profiles import PostureProfile

LEAST = 2
"""Repetitions a trial takes: one may be a slip."""
MOST_UNLIKE = 2.0
"""The larger range by the smaller: two movements less alike than this are not the same exercise."""
FLOOR_OF_RANGE = 0.4
"""The floor of a person is this share of the range shown: what is less would not be counted beside it either."""
LEAST_FLOOR = 1.0 / 3.0
"""Share of its class's floor to which a person's floor may be lowered: 5 degrees of a thigh, 5 N of a band. Sway,
shifts of the weight and handling go up to there."""

WORKING_FORCE = 0.6
"""Share of the usual force from which a pull counts, once the band is known: one pulled as far as before pulls as
hard as before, within some 6 % (1 SD; our estimate), and slack is taken in with less."""


@dataclass(frozen=True, slots=True)
class Trial:
    """The usual range in ``range_unit``, the seconds of a repetition's parts, and the axis in the sensor's own axes.

    ``axis`` is :attr:`PostureCounter.axis` after the trial; None where it is not known, or where the sensor was taken
    off since.
    """

    range_value: float
    range_unit: str
    out_s: float
    hold_s: float
    back_s: float
    axis: Vector | None = None

    def personal(self, profile: PostureProfile) -> PostureProfile:
        """Return the class's settings with a floor this person can reach; it is never raised.

        How hard the band is pulled is known now: what stays well below is handling.
        """
        own = max(FLOOR_OF_RANGE * self.range_value, LEAST_FLOOR * profile.floor)
        partial = max(profile.partial, WORKING_FORCE) if self.range_unit == "N" else profile.partial
        return replace(profile, floor=min(profile.floor, own), partial=partial)


def trial_of(reps: Sequence[Rep], axis: Vector | None = None) -> Trial:
    """Return what the repetitions have in common, as medians.

    Raises ValueError with one sentence where there are fewer than two, or where they are not alike: the patient is
    asked to show them again.
    """
    if len(reps) < LEAST:
        raise ValueError(f"a trial takes {LEAST} repetitions, {len(reps)} given")
    ranges = [rep.range_value for rep in reps]
    if len({rep.range_unit for rep in reps}) > 1 or max(ranges) > MOST_UNLIKE * min(ranges):
        raise ValueError(f"the trial repetitions are not alike: ranges {min(ranges):.1f} to {max(ranges):.1f}")
    if any(len(rep.spans) != 3 for rep in reps):
        raise ValueError("a trial repetition has a way out, a hold and a way back")
    out_s, hold_s, back_s = (median(rep.spans[i].duration_s for rep in reps) for i in range(3))
    return Trial(median(ranges), reps[0].range_unit, out_s, hold_s, back_s, axis)
