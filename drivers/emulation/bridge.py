"""An emulated load cell on its converter: force goes in, words of 24 bits come out, faults included.

Whatever carries the words (pins, a bus) is another file's matter.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable

from drivers.emulation.faults import NO_FAULTS, Fault, FaultScript, Kind

COUNT_MAX = 0x7FFFFF
COUNT_MIN = -0x800000
CREEP_S = 200.0
"""Time constant of creep: after ten minutes, for which a fault's size is given, it is 95 % done."""
TEN_MINUTES_S = 600.0

_NOISE_ROWS = 4099  # a prime, so that the pattern does not fall in step with anything

Force = Callable[[float], float]
"""Newtons on the cell at a time in seconds on the clock."""


class Bridge:
    """A cell whose converter reads ``count = zero_count + force / newton_per_count``, with ``sigma`` counts of noise.

    Acts out glitches, saturation, freezing, drift and creep. To be asked in the order of time.
    """

    def __init__(
        self,
        force: Force,
        *,
        newton_per_count: float,
        zero_count: int,
        sigma: float,
        seed: int,
        name: str = "",
        faults: FaultScript = NO_FAULTS,
    ) -> None:
        rng = random.Random(seed)
        self._noise = [rng.gauss(0.0, sigma) for _ in range(_NOISE_ROWS)]
        self._force = force
        self._count_per_newton = 1.0 / newton_per_count
        self._zero_count = zero_count
        self._name = name
        self._faults = faults
        self._creep_n = 0.0
        self._asked_s: float | None = None
        self._asked = 0
        self._word = 0

    def word(self, t_s: float, share: float = 1.0) -> int:
        """Return the signed word of a conversion at ``t_s``; ``share`` is what settling and gain leave of it."""
        self._asked += 1
        if self._faults.active(self._name, Kind.FREEZE, t_s):
            return self._word
        force_n = self._force(t_s)
        force_n += self._crept_n(t_s, force_n) + self._drifted_n(t_s)
        count = (self._zero_count + force_n * self._count_per_newton) * share
        count += self._noise[self._asked % _NOISE_ROWS]
        saturation = self._faults.active(self._name, Kind.SATURATION, t_s)
        if saturation:
            count = -math.inf if saturation.size < 0 else math.inf
        self._word = round(max(COUNT_MIN, min(COUNT_MAX, count)))
        glitch = self._faults.active(self._name, Kind.GLITCH, t_s)
        return self._wild(glitch) if glitch else self._word

    def _wild(self, fault: Fault) -> int:
        """Return the word, or now and then what users saw instead of it: all ones, ones to the end, a spike."""
        draw = random.Random(f"{fault.seed}:{self._name}:{self._asked}")
        if draw.random() >= fault.size:
            return self._word
        ones = (1 << draw.randint(8, 23)) - 1
        spike = self._word + draw.choice((-1, 1)) * draw.uniform(0.02, 1.0) * COUNT_MAX
        return draw.choice((-1, ones, self._word | ones, round(max(COUNT_MIN, min(COUNT_MAX, spike)))))

    def _drifted_n(self, t_s: float) -> float:
        """Return how far the zero has moved; it stays where it is when the fault is over."""
        moved_n = 0.0
        for fault in self._faults.of(self._name, Kind.DRIFT):
            lasted_s = min(max(t_s - self._faults.begin_s - fault.start_s, 0.0), fault.duration_s)
            moved_n += fault.size * lasted_s / TEN_MINUTES_S
        return moved_n

    def _crept_n(self, t_s: float, force_n: float) -> float:
        """Return how much more the load seems to be than it is; after it is gone that goes back as slowly."""
        since_s = t_s if self._asked_s is None else self._asked_s
        self._asked_s = t_s
        fault = self._faults.active(self._name, Kind.CREEP, t_s)
        towards_n = fault.size * force_n if fault else 0.0
        self._creep_n += (towards_n - self._creep_n) * -math.expm1(-(t_s - since_s) / CREEP_S)
        return self._creep_n


class Pace:
    """When a converter is done with conversions: at its own rate, slower while that has dropped."""

    def __init__(self, rate_hz: float, name: str, faults: FaultScript) -> None:
        self._rate_hz = rate_hz
        self._name = name
        self._faults = faults
        self.restart(0.0)

    def restart(self, now_s: float) -> None:
        """The first conversion begins now."""
        self.done = 0
        self.done_s = now_s

    def done_by(self, now_s: float) -> bool:
        """Tell whether conversions were finished since last asked; ``done`` counts them, ``done_s`` is the newest."""
        drop = self._faults.active(self._name, Kind.RATE_DROP, now_s)
        rate_hz = self._rate_hz * (drop.size if drop else 1.0)
        # A conversion due at this very moment is ready: times are sums of floats.
        new = math.floor((now_s - self.done_s) * rate_hz + 1e-6)
        if new < 1:
            return False
        self.done += new
        self.done_s += new / rate_hz
        return True
