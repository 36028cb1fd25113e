"""When a force bends off a level: where a pull began, or, with time and force turned round, where it arrived.

The way off a level is half a minimum-jerk path (Flash and Hogan, J Neurosci 1985), straight from there on. An arm is
unsteady by one or two percent of what it pulls (Enoka et al., J Biomech 2003), as much as a slow pull changes in half
a second, but slowly: most of it lies below 2 Hz (Slifkin and Newell, J Exp Psychol Hum Percept Perform 1999). So no
level and no slope says when a way ended. Instead every onset is weighed by how likely it makes the whole course
around it (regression with a Gaussian process as noise; Rasmussen and Williams, 2006, sections 2.7 and 4.2). How
unsteady the arm is nobody knows beforehand: each course is weighed with it small and large.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

RISE, ONSET = 0.4, 0.1
"""Shares of the range: up to where a course says something about its onset, and what it has passed soon after it."""
LEAD_S = 1.2
"""How much of the level is looked at: over longer, a hand comes to hold another one."""
HALF_PATH_S, HALF_PATH_SPREAD = 0.8, 0.4
"""Getting up to speed, or stopping, takes about this long however slow a way is, and differs by this share: slow ways
are strung together from movements of ordinary length (Vallbo and Wessberg, J Physiol 1993)."""
TAIL = 4.0
"""Some do go a slow way in one sweep: Student's t with three degrees of freedom has such tails."""
QUARTILES = 1.79
"""Half of a whole minimum-jerk path beside the time it takes from a quarter to three quarters of its range."""
UNSTEADY, RARITY = (0.001, 0.01, 0.02), (3.0, 0.0, 0.0)
"""How unsteady an arm may be, as shares of its pull, and minus the logarithm of how likely that is before its course
is seen: what was measured goes from 1 to 2 %, and an arm on a rest, or a machine, is steadier."""
SWING_HZ, SWING_S = 0.8, 0.3
"""It swings to and fro at about this rate and keeps no time: after 0.3 s its next swing is hardly foretold. Together
a band from 0.3 to 1.3 Hz (1 SD)."""
WANDER, WANDER_S = 1.5, 1.0
"""What a hand lets slip and puts right within about a second, beside how unsteady it is: five times slower than it
swings, and so no swing. Our estimate."""
LEVEL_SPREAD = 0.05
"""What the level may be off, as a share of the range: hardly anything is asked of it."""
MISFIT, FALTERING = 0.002, 0.06
"""What a course may differ from the path: everywhere, and by the share of what has been gone. Our estimates."""
BIN_S = 0.05
"""Courses are averaged over this: a quarter of the time in which they change."""
ONSETS, SHAPES = 40, 11


@dataclass(frozen=True, slots=True)
class Bend:
    """Where a course may have left its level: ``onsets_s`` (m,) and how likely each is (h, m), as logarithms.

    A row for each of ``UNSTEADY``.
    """

    onsets_s: Floats
    likely: Floats

    @property
    def evidence(self) -> Floats:
        """How likely an arm as unsteady as each of ``UNSTEADY`` makes the course (h,), as logarithms."""
        total: Floats = np.logaddexp.reduce(self.likely, axis=1)
        return total

    def dated(self, beside: Floats | float = 0.0) -> tuple[float, float]:
        """Return when the course left its level, in s, and what that may be off (1 SD).

        ``beside`` (h,) is the evidence from elsewhere of how unsteady the arm is.
        """
        likely = self.likely + np.reshape(beside - np.array(RARITY), (-1, 1))
        weights = np.exp(likely - likely.max()).sum(axis=0)
        weights /= weights.sum()
        mean_s = float(weights @ self.onsets_s)
        return mean_s, float(np.sqrt(weights @ (self.onsets_s - mean_s) ** 2))


def bend(t_s: Floats, rise: Floats, pull: Floats, quartiles_s: float) -> Bend:
    """Return where a course may have left its level.

    ``t_s``, ``rise`` and ``pull`` have shape (n,): a course that begins on its level and ends about ``RISE`` away
    from it, and the force at the same times, all in shares of the range. ``quartiles_s`` is the time the way took
    from a quarter to three quarters of its range.
    """
    usual_s = min(HALF_PATH_S, QUARTILES * max(quartiles_s, 2 * BIN_S))
    soon_s = float(t_s[np.flatnonzero(rise <= ONSET)[-1]]) if rise.min() <= ONSET else float(t_s[0])
    longest_s = max(2.2 * usual_s, 1.2 * QUARTILES * quartiles_s)
    onsets_s = np.linspace(soon_s - 0.7 * longest_s - 0.2, soon_s + 0.1, ONSETS)
    halves_s = np.geomspace(0.25 * usual_s, longest_s, SHAPES)
    by = max(round(BIN_S / float(np.median(np.diff(t_s)))), 1) if len(t_s) > 1 else 1
    noise = float(np.std(np.diff(rise))) / np.sqrt(2 * by) if len(t_s) > 1 else 0.0
    t_s, rise, pull = (_binned(values, by) for values in (t_s, rise, pull))
    paths = _path((t_s - onsets_s[:, None, None]) / halves_s[:, None])
    rare = TAIL * np.log1p(((halves_s / usual_s - 1.0) / HALF_PATH_SPREAD) ** 2 / TAIL)
    misfits = [_misfit(paths, rise, _covariance(t_s, rise, pull, noise, share)) for share in UNSTEADY]
    likely = [np.logaddexp.reduce(-(misfit + rare) / 2, axis=1) for misfit in misfits]
    return Bend(onsets_s, np.array(likely))


def _path(x: Floats) -> Floats:
    """Return half a minimum-jerk path from 0 to 1 between 0 and 1, standing before and straight on after."""
    half = np.clip(x, 0.0, 1.0) / 2
    way: Floats = 2 * half**3 * (10 - 15 * half + 6 * half**2) + 15 / 8 * np.maximum(x - 1.0, 0.0)
    return way


def _covariance(t_s: Floats, rise: Floats, pull: Floats, noise: float, unsteady: float) -> Floats:
    """Return what the values of a course may be off together: the arm, the level, and each on its own."""
    apart_s = t_s[:, None] - t_s
    swings = unsteady**2 * np.exp(-((apart_s / SWING_S) ** 2) / 2) * np.cos(math.tau * SWING_HZ * apart_s)
    wanders = (WANDER * unsteady) ** 2 * np.exp(-((apart_s / WANDER_S) ** 2) / 2)
    alone = (MISFIT + FALTERING * np.maximum(rise, 0.0)) ** 2 + noise**2
    together: Floats = np.outer(pull, pull) * (swings + wanders) + LEVEL_SPREAD**2 + np.diag(alone)
    return together


def _misfit(paths: Floats, rise: Floats, covariance: Floats) -> Floats:
    """Return how unlikely each path (..., n), stretched to fit best, makes the course (n,): minus twice the log."""
    root = np.linalg.cholesky(covariance)
    whiten = np.linalg.inv(root)
    course, ways = whiten @ rise, paths @ whiten.T
    both, size = ways @ course, np.maximum((ways**2).sum(axis=-1), 1e-12)
    gone: Floats = course @ course - np.maximum(both, 0.0) ** 2 / size + 2 * np.log(np.diag(root)).sum()
    return gone


def _binned(values: Floats, by: int) -> Floats:
    """Return the means of ``by`` values each; what is left over at the beginning is left out."""
    bins = len(values) // by
    means: Floats = values[len(values) - bins * by :].reshape(bins, by).mean(axis=1) if bins else values
    return means
