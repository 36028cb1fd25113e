"""Repetitions from a load cell whose unit nobody knows: never calibrated, or a recording that does not say.

How many newtons a swing has is not known, so it is measured in the cell's own noise, and only like cycles count, as
with any movement nobody has named.
"""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise
from statistics import median

from drivers.samples import ImuSample, LoadSample, Sample
from edge.model import Activity, Phase
from edge.signal.cycles import CycleCounter
from edge.signal.events import RepFinished, SignalEvent
from edge.signal.profiles import CycleProfile

NOISE_S = 1.0
"""The cell's noise is taken from so much time at the beginning."""
IN_NOISE = 40.0
"""The smallest swing that counts, in standard deviations of the noise: 0.8 N for an HX711 on a 200 kg cell, two
hundredths of what a force plate feels of a person standing up. Our choice; 40 to 200 count the same on the latter."""
DIFFERENCE = 0.954
"""Median of the difference of two normal readings, in standard deviations of one: 0.6745 times the root of 2."""


class UnscaledForce:
    """Counts like cycles of a force in an unknown unit, called ``raw``; tells nothing in newtons."""

    def __init__(self, profile: CycleProfile, phases: tuple[Phase, Phase, Phase, Phase], per_cycle: int = 1) -> None:
        self.unit = "raw"
        self._floor = profile.floor
        self._cycles = CycleCounter(profile, phases, per_cycle)
        self._scale: float | None = None
        self._first: list[tuple[float, float]] = []

    @staticmethod
    def takes(sample: Sample) -> bool:
        """Return whether the sample is a force that can be used."""
        return isinstance(sample, LoadSample) and math.isfinite(sample.force_n)

    @property
    def reps(self) -> int:
        """Repetitions counted so far."""
        return self._cycles.reps

    @property
    def activity(self) -> Activity:
        """What the counter sees right now."""
        return self._cycles.activity

    @property
    def phase(self) -> Phase | None:
        """The phase the screen may show; None while none is known."""
        return self._cycles.phase

    @property
    def position(self) -> float:
        """0 at the near end of a cycle, 1 at its far end."""
        return self._cycles.position

    @property
    def signal(self) -> float:
        """How far the force is from the near end of a cycle, in its own unit."""
        return self._cycles.signal / self._scale if self._scale else 0.0

    @property
    def pending(self) -> int:
        """Repetitions that seem to be under way while it takes more of them to be believed."""
        return self._cycles.pending

    def step(self, sample: Sample, force_n: float | None) -> list[SignalEvent]:
        """Take the next usable sample and return what follows from it; ``force_n`` is not looked at."""
        if not isinstance(sample, LoadSample):
            return []
        if self._scale is None:
            self._first.append((sample.t_s, sample.force_n))
            if sample.t_s - self._first[0][0] >= NOISE_S:
                self._learn()
            return []
        felt = ImuSample(sample.sensor, sample.t_s, (sample.force_n * self._scale, 0.0, 0.0))
        return [self._in_own_unit(event) for event in self._cycles.step(felt, None)]

    def blind(self, t_s: float) -> list[SignalEvent]:
        """Counting stops, and has to be earned again with first cycles."""
        return self._cycles.blind(t_s)

    def _learn(self) -> None:
        """Let the smallest swing that counts be so many times the noise; what was fed so far is too short for one."""
        values = [value for _, value in self._first]
        steps = [abs(after - before) for before, after in pairwise(values)]
        noise = median(steps) / DIFFERENCE or sum(steps) / len(steps)
        if noise > 0:
            self._scale = self._floor / (IN_NOISE * noise)
            self._first = []
        else:  # not one step of the converter: go on looking
            del self._first[:-1]

    def _in_own_unit(self, event: SignalEvent) -> SignalEvent:
        if not isinstance(event, RepFinished) or self._scale is None:
            return event
        own = event.rep.range_value / self._scale
        return replace(event, rep=replace(event.rep, range_value=own, range_unit=self.unit))
