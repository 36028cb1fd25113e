"""A patient's own way of doing an exercise: a mean curve with a robust band, and how far a repetition is from it.

A repetition becomes a curve of fixed length, part by part: so many points for the way out, for the hold and for the
way back, each evenly over its own time. Slower, faster and longer held repetitions then lie on one another, and what
is left is the path: range, shape, tremble. Tempo is no part of a signature; it is judged against the plan.

The band is the median and the median absolute deviation of repetitions that were sure and inside their targets, a
few from each session so that the band holds what changes from day to day. When it is full it is kept as it is: a
reference that followed the patient would hide every drift. To learn anew is a clinician's decision.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

import numpy as np

from edge.analysis.robust import TO_SD, Floats, Trend, trend
from edge.analysis.usable import LEAST_CONFIDENCE
from edge.model import Rep, Verdict

VERSION = 1
OUT, HOLD, BACK = 20, 6, 20
"""Points of the parts of a curve: every 5 % of a way, which is 150 ms of three seconds. Our choice."""
POINTS = OUT + HOLD + BACK
KEPT = 24
A_SESSION = 6
"""Curves a signature is made of, and how many of them one session may give: four sessions at least. Our choice."""
READY_FROM = 8
"""Curves from which on a band is used: the deviation of fewer is a guess. Our choice."""
NARROWEST = 0.03
"""The band is never taken narrower than this share of the range: sensors and straps differ by as much. Our choice."""


@dataclass(frozen=True, slots=True)
class Distance:
    """How far a repetition is from a signature, in robust standard deviations over its points.

    ``largest`` is that of the point ``where``, a share of the curve from 0 (start) to 1 (end).
    """

    rms: float
    largest: float
    where: float


@dataclass(frozen=True, slots=True)
class Signature:
    """The curves learned so far, oldest first, each with the session it came from; never more than ``KEPT``."""

    exercise: str
    unit: str
    curves: tuple[tuple[float, ...], ...] = ()
    sessions: tuple[str, ...] = ()

    @property
    def ready(self) -> bool:
        """True when there are enough curves to compare with."""
        return len(self.curves) >= READY_FROM

    @property
    def full(self) -> bool:
        """True when nothing more is learned."""
        return len(self.curves) >= KEPT

    def learned(self, rep: Rep, curve: Floats, verdict: Verdict, session: str) -> Signature:
        """Return the signature with this ``curve`` of shape (POINTS,), or unchanged where it may not teach.

        It teaches when the counter was sure of it, its verdict was on target or there was nothing to judge, its
        session gave fewer than ``A_SESSION`` so far, and the signature is not full. Raises ValueError for another
        unit.
        """
        self._check(rep.range_unit)
        sure = rep.confidence > LEAST_CONFIDENCE and verdict in (Verdict.ON_TARGET, Verdict.NOT_JUDGED)
        if self.full or not sure or self.sessions.count(session) >= A_SESSION or not np.isfinite(curve).all():
            return self
        rounded = tuple(float(f"{value:.4g}") for value in curve.tolist())
        return replace(self, curves=(*self.curves, rounded), sessions=(*self.sessions, session))

    def band(self) -> tuple[Floats, Floats]:
        """Return the middle and the standard deviation at each point, both of shape (POINTS,).

        The deviation is 1.4826 times the median absolute one. Raises ValueError while there is no curve.
        """
        if not self.curves:
            raise ValueError(f"the signature of {self.exercise} has no curve yet")
        return _band(np.array(self.curves))

    def distance(self, curve: Floats, unit: str) -> Distance | None:
        """Return how far a ``curve`` of shape (POINTS,) is; None until the signature is ready, or without a curve.

        Raises ValueError for another unit.
        """
        self._check(unit)
        return _distance(curve, *self.band()) if self.ready and np.isfinite(curve).all() else None

    def usual(self) -> float | None:
        """Return the median ``rms`` of the signature's own curves, each against all the others; None until ready.

        A new repetition's distance is to be read beside it: points of one curve go together, so 1 is not the usual.
        """
        if not self.ready:
            return None
        curves = np.array(self.curves)
        return float(np.median([_distance(c, *_band(np.delete(curves, i, 0))).rms for i, c in enumerate(curves)]))

    def to_dict(self) -> dict[str, Any]:
        """Return plain lists, numbers and words, with a version."""
        return {
            "version": VERSION,
            "exercise": self.exercise,
            "unit": self.unit,
            "points": [OUT, HOLD, BACK],
            "curves": [list(curve) for curve in self.curves],
            "sessions": list(self.sessions),
        }

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Signature:
        """Return the signature that :meth:`to_dict` gave. Raises ValueError for another version or broken content."""
        if stored.get("version") != VERSION or stored.get("points") != [OUT, HOLD, BACK]:
            raise ValueError(f"a signature of version {stored.get('version')!r} cannot be read; expected {VERSION}")
        try:
            curves = tuple(tuple(float(value) for value in curve) for curve in stored["curves"])
            sessions = tuple(str(session) for session in stored["sessions"])
            signature = cls(str(stored["exercise"]), str(stored["unit"]), curves, sessions)
        except (KeyError, TypeError) as exc:
            raise ValueError(f"a stored signature is broken: {exc!r}") from None
        if len(sessions) != len(curves) or len(curves) > KEPT or any(len(curve) != POINTS for curve in curves):
            raise ValueError(f"the stored signature of {signature.exercise} has {len(curves)} curves that do not fit")
        return signature

    def _check(self, unit: str) -> None:
        if unit != self.unit:
            raise ValueError(f"the signature of {self.exercise} is in {self.unit}, the repetition in {unit}")


def curve_of(t_s: Floats, shift: Floats, edges: tuple[float, float, float, float]) -> Floats:
    """Return a repetition as a curve of shape (POINTS,), in the unit of ``shift``.

    ``t_s`` and ``shift`` have shape (n,); ``edges`` are the start, the end of the way out, the end of the hold and
    the end, in seconds, as in :func:`edge.signal.measures.measure`. Values that are no numbers are left out; where
    nothing else is there, so is the curve.
    """
    good = np.isfinite(t_s) & np.isfinite(shift)
    if not good.any():
        return np.full(POINTS, np.nan)
    at_s = np.interp(np.arange(POINTS), (0, OUT, OUT + HOLD, POINTS - 1), edges)
    return np.interp(at_s, t_s[good], shift[good])


@dataclass(frozen=True, slots=True)
class Scored:
    """One repetition's distance ``rms`` on a day; ``day`` counts from any fixed date."""

    day: float
    session: str
    rms: float


def drift(scored: Sequence[Scored]) -> Trend | None:
    """Return the trend of the distance, per week, of the median of each session; None for fewer than 8 sessions.

    Sessions are taken in the order of their days. Theil-Sen slope and Mann-Kendall test, see
    :func:`edge.analysis.robust.trend`. A rising distance says that the movement is no longer the one learned, for
    better or worse.
    """
    by_session = sorted(scored, key=lambda one: (one.day, one.session))
    medians = []
    for _, group in groupby(by_session, key=lambda one: (one.day, one.session)):
        reps = list(group)
        medians.append((reps[0].day / 7, float(np.median([one.rms for one in reps]))))
    return trend(np.array([week for week, _ in medians]), np.array([middle for _, middle in medians]))


def _band(curves: Floats) -> tuple[Floats, Floats]:
    middle = np.median(curves, axis=0)
    deviation = TO_SD * np.median(np.abs(curves - middle), axis=0)
    return middle, np.maximum(deviation, NARROWEST * float(np.ptp(middle)))


def _distance(curve: Floats, middle: Floats, deviation: Floats) -> Distance:
    off = np.abs(curve - middle) / np.maximum(deviation, np.finfo(float).tiny)
    at = int(np.argmax(off))
    return Distance(float(np.sqrt(np.mean(off**2))), float(off[at]), at / (POINTS - 1))
