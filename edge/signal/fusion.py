"""A second sensor beside the one that counts: whether it went along with a repetition, and the force in it.

It never counts. Where the counting sensor is blind the count stops, however well the second one is: nobody would know
whether the two mean the same movement.
"""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from statistics import median

import numpy as np
from numpy.typing import NDArray

from drivers.samples import ImuSample, LoadSample, Sample, Vector
from edge.model import Rep
from edge.signal.orientation import Gravity, usable_accel
from edge.signal.trust import Trust

Floats = NDArray[np.float64]

LOOK_S = 0.04
"""A second sensor is looked at 25 times a second, and its newest ``LOOKS`` are kept: 40 s."""
LOOKS = 1000
FLOOR_DEG, FLOOR_N = 10.0, 15.0
"""From here on a second sensor has moved, or has been loaded: beyond sway, and the floor of a pull."""
LIKE_USUAL = 0.35
"""Share of its usual swing below which it did not go along; the cycle counter asks the same of its own cycles."""
USUAL_FROM, LEAST_FROM = 8, 2
"""Repetitions that make a usual swing: at most and at least. Before, staying still says nothing."""
FORCES = 4096
"""Conversions kept: 50 s at 80 a second, more than the longest repetition that is announced late."""


class Support:
    """One second sensor, at another place or of another kind."""

    def __init__(self) -> None:
        self._trust = Trust(_has_signal)
        self._gravity = Gravity()
        self._looks: deque[tuple[float, Vector]] = deque(maxlen=LOOKS)
        self._swings: deque[float] = deque(maxlen=USUAL_FROM)
        self._floor = FLOOR_DEG

    def feed(self, sample: Sample) -> bool:
        """Take a sample and return whether it can be trusted; one that cannot is passed over."""
        self._trust.feed(sample)
        if self._trust.broken:
            self._gravity = Gravity()
        if not self._trust.usable:
            return False
        look = self._look(sample)
        if not self._looks or sample.t_s - self._looks[-1][0] >= LOOK_S:
            self._looks.append((sample.t_s, look))
        return True

    def _look(self, sample: Sample) -> Vector:
        if isinstance(sample, LoadSample):
            self._floor = FLOOR_N
            return sample.force_n, 0.0, 0.0
        accel = usable_accel(sample)
        return self._gravity.update(sample, accel) if accel and isinstance(sample, ImuSample) else (0.0, 0.0, 0.0)

    def agrees(self, start_s: float, end_s: float) -> bool | None:
        """Return whether it moved in a repetition as it usually does, None where its silence says nothing.

        To be asked once per repetition: the swing is remembered.
        """
        swing = self._swing([look for t_s, look in self._looks if start_s <= t_s <= end_s])
        if swing is None:
            return None
        usual = median(self._swings) if len(self._swings) >= LEAST_FROM else None
        self._swings.append(swing)
        if swing >= self._floor and (usual is None or swing >= LIKE_USUAL * usual):
            return True
        return False if usual is not None and usual >= self._floor else None

    def _swing(self, looks: list[Vector]) -> float | None:
        """Return the largest difference from the first look: degrees between directions, or newtons."""
        if len(looks) < 2:
            return None
        x: Floats = np.array(looks)
        if self._floor == FLOOR_N:
            return float(np.ptp(x[:, 0]))
        return float(np.degrees(np.arccos(np.clip(x @ x[0], -1.0, 1.0)).max()))


class Forces:
    """The newest forces of a load cell, whichever sensor counts."""

    def __init__(self) -> None:
        self._past: deque[tuple[float, float]] = deque(maxlen=FORCES)

    def keep(self, t_s: float, force_n: float) -> None:
        """Keep a force that can be trusted; NaN for one at the end of the range: it is "at least" so much."""
        self._past.append((t_s, force_n))

    def joined(self, rep: Rep, *, driving: bool) -> Rep:
        """Return the repetition with the forces in it: peak and mean in N, impulse in N s.

        A second cell (not ``driving``) that nobody pulled has nothing to do with it. One that came to the end of its
        range has no numbers to tell.
        """
        inside = [row for row in self._past if rep.start_s <= row[0] <= rep.end_s]
        if len(inside) < 2:
            return rep
        t_s, force_n = np.array(inside).T
        if np.isnan(force_n).any():
            unknown = replace(rep.measures, peak_force_n=None, mean_force_n=None, impulse_n_s=None)
            return replace(rep, peak_force_n=None, measures=unknown)
        peak_n = float(force_n.max())
        if not driving and peak_n < FLOOR_N:
            return rep
        impulse_n_s = float(np.trapezoid(force_n, t_s))
        measures = replace(
            rep.measures,
            peak_force_n=peak_n,
            mean_force_n=impulse_n_s / float(t_s[-1] - t_s[0]),
            impulse_n_s=impulse_n_s,
        )
        return replace(rep, peak_force_n=peak_n, measures=measures)


def _has_signal(sample: Sample) -> bool:
    return isinstance(sample, LoadSample) or usable_accel(sample) is not None
