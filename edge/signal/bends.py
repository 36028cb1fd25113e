"""When a force bends off a level: where a pull began, or, with time and force turned round, where it arrived.

The way off a level is half a minimum-jerk path (Flash and Hogan, J Neurosci 1985), straight from there on. An arm is
unsteady by one or two percent of what it pulls (Enoka et al., J Biomech 2003), as much as a slow pull changes in half
a second, but slowly: most of it lies below 2 Hz (Slifkin and Newell, J Exp Psychol Hum Percept Perform 1999). So no
level and no slope says when a way ended. Instead every onset is weighed by how likely it makes the whole course
around it (regression with a Gaussian process as noise; Rasmussen and Williams, 2006, section 2.7).
"""

from __future__ import annotations

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
UNSTEADY, UNSTEADY_S = (0.003, 0.015), 0.2
"""How unsteady an arm may be, as shares of its pull, each as likely as the other until its course is seen; and the
time over which that changes: 0.2 s is a middle of 0.8 Hz."""
LEVEL_SPREAD = 0.05
"""What the level may be off, as a share of the range: hardly anything is asked of it."""
MISFIT, FALTERING = 0.002, 0.06
"""What a course may differ from the path: everywhere, and by the share of what has been gone. Our estimates."""
BIN_S = 0.05
"""Courses are averaged over this: a quarter of the time in which they change."""
ONSETS, SHAPES = 50, 18


def bend(t_s: Floats, rise: Floats, pull: Floats, quartiles_s: float) -> tuple[float, float]:
    """Return when a course left its level, in s, and what that may be off (1 SD).

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
    shares = [_misfit(paths, rise, _covariance(t_s, rise, share * pull, noise)) for share in UNSTEADY]
    unlikely = -2 * np.logaddexp.reduce([-share / 2 for share in shares])
    unlikely += TAIL * np.log1p(((halves_s / usual_s - 1.0) / HALF_PATH_SPREAD) ** 2 / TAIL)
    likely = np.exp((unlikely.min() - unlikely) / 2).sum(axis=1)
    likely /= likely.sum()
    mean_s = float(likely @ onsets_s)
    return mean_s, float(np.sqrt(likely @ (onsets_s - mean_s) ** 2))


def _path(x: Floats) -> Floats:
    """Return half a minimum-jerk path from 0 to 1 between 0 and 1, standing before and straight on after."""
    half = np.clip(x, 0.0, 1.0) / 2
    way: Floats = 2 * half**3 * (10 - 15 * half + 6 * half**2) + 15 / 8 * np.maximum(x - 1.0, 0.0)
    return way


def _covariance(t_s: Floats, rise: Floats, unsteady: Floats, noise: float) -> Floats:
    """Return what the values of a course may be off together: unsteadiness, the level, and each on its own."""
    apart = (t_s[:, None] - t_s) / UNSTEADY_S
    alone = (MISFIT + FALTERING * np.maximum(rise, 0.0)) ** 2 + noise**2
    together: Floats = np.outer(unsteady, unsteady) * np.exp(-(apart**2) / 2) + LEVEL_SPREAD**2 + np.diag(alone)
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
