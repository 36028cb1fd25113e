"""Whether an elastic band is still the band it was: its stiffness from session to session.

Bands lose force with use (Simoneau et al., J Orthop Sports Phys Ther 2001, 31:16), slowly; another band, another
length or a tear changes it at once. Stiffness is force over stretch, and a station knows the stretch only by a
stand-in: the angle of the limb that pulls, or a known travel of the handle. Its unit differs from set-up to set-up,
so only changes in the same set-up mean anything. Force alone tells no stiffness: who pulls less far pulls less hard.

This watches for wear. It does not see a band about to tear: the daily look at the band stays.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from edge.analysis.robust import TREND_FROM, Floats, Trend, trend
from edge.analysis.usable import usable
from edge.model import Rep

WORN = 0.15
"""Loss of stiffness at which a new band is advised. Our default, to be set by the clinician; not validated."""
JUMP = 0.25
"""Change from one session to the next that no wear makes; neighbouring bands of a set differ by about as much. Our
choice."""
BEFORE = 5
REFERENCE = 3
"""Sessions a new one is held against, and sessions the middle of which is the band as it was or is. Our choice."""
WINDOW = (0.3, 0.9)
"""Shares of the largest stretch the slope is taken over: below, a band hangs loose; above, nobody gets every time."""
SAMPLES_FROM, PAIRS_OF = 20, 120
"""Samples a slope needs, and how many of them are paired with one another: enough, and 7,000 pairs are quick."""
LIKE = 0.15
"""Repetitions within this share of the usual range are compared by their peaks: a band is not quite linear."""
REPS_FROM = 4
"""Repetitions of the usual range that a session needs. Our choice."""


class Advice(StrEnum):
    """What to do about a band."""

    FINE = "fine"
    REPLACE = "replace"
    """Worn beyond the limit, in a trend that is no chance."""
    LOOK = "look"
    """Changed at once in the newest session: another band, another length, or damage."""
    NOT_ENOUGH = "not_enough"


@dataclass(frozen=True, slots=True)
class BandDay:
    """A session's stiffness; ``day`` counts from any fixed date."""

    day: float
    stiffness: float


@dataclass(frozen=True, slots=True)
class BandReport:
    """The state of a band: ``change`` is the share gained (or lost, below 0) since it was first seen.

    ``per_week`` is its trend, as a share of the first stiffness; ``since_day`` the first session with what seems to
    be this band. None where not known; ``why`` tells the reason for the advice.
    """

    advice: Advice
    why: str
    change: float | None = None
    per_week: Trend | None = None
    since_day: float | None = None


def stiffness(stretch: Floats, force_n: Floats) -> float | None:
    """Return the newtons per unit of stretch while a band is drawn out; None where they cannot be told.

    ``stretch`` and ``force_n`` have shape (n,): the samples of the ways out of a session. The median of the slopes of
    all pairs (Theil-Sen) within ``WINDOW`` of the usual largest stretch, so a slip or a spike does not matter.
    """
    good = np.isfinite(stretch) & np.isfinite(force_n)
    stretch, force_n = stretch[good], force_n[good]
    if len(stretch) < SAMPLES_FROM:
        return None
    largest = float(np.percentile(stretch, 95))
    inside = np.flatnonzero((stretch >= WINDOW[0] * largest) & (stretch <= WINDOW[1] * largest))
    if largest <= 0 or len(inside) < SAMPLES_FROM:
        return None
    picked = inside[np.linspace(0, len(inside) - 1, min(len(inside), PAIRS_OF)).astype(int)]
    i, j = np.triu_indices(len(picked), 1)
    run = stretch[picked][j] - stretch[picked][i]
    # Neighbours in stretch have no slope but noise.
    apart = np.abs(run) > 0.1 * largest
    if not apart.any():
        return None
    slope = float(np.median((force_n[picked][j] - force_n[picked][i])[apart] / run[apart]))
    return slope if slope > 0 else None


def stiffness_of_peaks(reps: Sequence[Rep], usual_range: float) -> float | None:
    """Return the median peak force over range of the repetitions of about the usual range; None for too few.

    For a session whose samples are gone: coarser than :func:`stiffness`. The range has to be one of movement; a range
    in newtons is the force itself, and None is returned for it.
    """
    alike = [
        rep.peak_force_n / rep.range_value
        for rep in usable(reps)
        if rep.range_unit != "N"
        and rep.peak_force_n is not None
        and abs(rep.range_value - usual_range) <= LIKE * usual_range
    ]
    return float(np.median(alike)) if len(alike) >= REPS_FROM else None


def band_report(days: Sequence[BandDay], worn: float = WORN) -> BandReport:
    """Return the state of a band from the stiffness of its sessions.

    A change of more than ``JUMP`` at once asks for a look; when the next session confirms it, what went before was
    another band and is left out, and a single odd session is left to the medians. ``worn`` is the clinician's limit.
    """
    days = sorted((one for one in days if one.stiffness > 0), key=lambda one: one.day)
    since, jumped = _this_band(days)
    ours = days[since:]
    if jumped is not None:
        why = f"the stiffness changed by {jumped:+.0%} at once: another band, another length, or damage"
        return BandReport(Advice.LOOK, why, jumped, since_day=ours[0].day)
    if len(ours) < TREND_FROM:
        why = f"{len(ours)} sessions with this band; {TREND_FROM} are needed"
        return BandReport(Advice.NOT_ENOUGH, why, since_day=ours[0].day if ours else None)
    values = np.array([one.stiffness for one in ours])
    first = float(np.median(values[:REFERENCE]))
    change = float(np.median(values[-REFERENCE:])) / first - 1
    per_week = trend(np.array([one.day for one in ours]) / 7, values / first)
    falling = per_week is not None and per_week.real and per_week.slope < 0
    if change <= -worn and falling:
        return BandReport(Advice.REPLACE, f"{-change:.0%} less stiff than at first", change, per_week, ours[0].day)
    why = f"{change:+.0%} since it was first seen; a new band is advised from -{worn:.0%}"
    return BandReport(Advice.FINE, why, change, per_week, ours[0].day)


def _this_band(days: Sequence[BandDay]) -> tuple[int, float | None]:
    """Return the index of the first session with the present band, and the jump in the newest where there is one."""
    since = 0
    for i in range(len(days)):
        jump = _jump(days, since, i, days[i])
        if jump is None:
            continue
        if i == len(days) - 1:
            return since, jump
        again = _jump(days, since, i, days[i + 1])
        if again is not None and (again > 0) is (jump > 0):
            since = i
    return since, None


def _jump(days: Sequence[BandDay], since: int, before: int, one: BandDay) -> float | None:
    """Return the change of a session against those ahead of index ``before``, None where it is none."""
    earlier = [day.stiffness for day in days[max(since, before - BEFORE) : before]]
    if len(earlier) < REFERENCE:
        return None
    change = one.stiffness / float(np.median(earlier)) - 1
    return change if abs(change) > JUMP else None
