"""The bell dock: a load cell under a shelf that knows which kettlebell stands on it, which left, and when.

Bells are told by the change between one rest of the reading and the next, so a zero that drifts for hours makes none
of another. What fits two bells within the uncertainty is told as not sure, and what fits none as a strange weight;
nothing is guessed. Time comes from the samples.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from drivers.dock_events import Bells, Blind, Came, Cleared, DockEvent, Left, Strange, Unsure
from drivers.samples import STANDARD_GRAVITY_M_S2, LoadSample, Quality

REST_S = 0.4
"""The reading rests when it has been steady for so long: a bell put down rings for a third of a second. Ours."""
REST_SAMPLES = 3
"""At 10 conversions a second, fewer than these in 0.4 s are a gap."""
STEADY_KG = 0.1
"""Largest standard deviation of a rest: somebody jumping beside the dock shakes it by more. Ours."""
SAME_KG = 0.3
"""A rest within this of the one before is the same; at most a quarter of the smallest step between two bells."""
GONE_S = 0.2
"""A dock that reads nearly nothing for so long is empty: a bell dropped from 3 cm bounces for 0.16 s."""
MARKED_SHARE = 0.02
"""How far a bell may be from the number on it: competition bells promise 1 %, cheap ones are off by more. Ours."""
ZERO_KG = 0.1
"""What the zero may be off once the dock was seen empty: dust, a towel, a few minutes of drift."""
UNSEEN_ZERO_KG = 0.3
"""And before that: the drift since the calibration."""
DOUBTED_KG = 0.5
"""On top, while the cell itself says that it warms up or that its zero has drifted."""
DRIFT_KG_S = 0.5 / 600
"""Only a change as slow as this is drift and followed: half a percent of a 100 kg cell in ten minutes (F14)."""
SILENT_S = 1.0
"""Without a sample for so long the dock does not know what stands on it."""
AT_ONCE = 2
"""Bells that may stand on the dock together, and bells that may move between two rests: one for another, or two."""
_SAID_DOUBTFUL = Quality.WARMING_UP | Quality.DRIFTED
_NOT_WEIGHED = Quality.SATURATED | Quality.SETTLING


@dataclass(frozen=True, slots=True)
class _Rest:
    """A steady reading: since when, how much with the zero still in it, and how sure the mean is."""

    since_s: float
    kg: float
    error_kg: float
    doubted: bool


class _Window:
    """The last ``REST_S`` of samples, and whether they rest."""

    def __init__(self) -> None:
        self._samples: deque[tuple[float, float, bool]] = deque()

    def clear(self) -> None:
        """Forget what came before a gap."""
        self._samples.clear()

    def take(self, t_s: float, kg: float, doubted: bool) -> _Rest | None:
        """Take a sample; return the rest that it completes or continues."""
        samples = self._samples
        samples.append((t_s, kg, doubted))
        while len(samples) > 1 and samples[1][0] <= t_s - REST_S:
            samples.popleft()
        n = len(samples)
        if n < REST_SAMPLES or t_s - samples[0][0] < REST_S - 1e-6:
            return None
        mean = math.fsum(kg for _, kg, _ in samples) / n
        spread = math.sqrt(math.fsum((kg - mean) ** 2 for _, kg, _ in samples) / (n - 1))
        if spread > STEADY_KG:
            return None
        return _Rest(samples[0][0], mean, 2.0 * spread / math.sqrt(n), any(doubt for *_, doubt in samples))


class Dock:
    """Follows the dock's cell. Strictly causal, in constant memory; an event is never taken back.

    ``bells`` is what stands on it now, None while that is unknown.
    """

    def __init__(self, bells_kg: Sequence[float]) -> None:
        self._kinds = tuple(sorted(bells_kg))
        steps = [high - low for low, high in zip(self._kinds, self._kinds[1:], strict=False)]
        self._same_kg = min([SAME_KG, *(step / 4 for step in steps)])
        self._window = _Window()
        self.bells: Bells | None = None
        # What last stood on it for sure, and what that weighed; the zero those were measured from.
        self._known: Bells = ()
        self._known_kg = 0.0
        self._zero_kg = 0.0
        self._zero_seen = False
        self._looked = False
        self._newest_s = float("-inf")
        self._rested_kg: float | None = None
        self._rested_s = 0.0
        self._away_s: float | None = None
        self._gone_s: float | None = None
        self._blind = False

    def take(self, sample: LoadSample) -> list[DockEvent]:
        """Take the next sample of the dock's cell and return what it tells, oldest first."""
        if sample.quality & Quality.UNCALIBRATED:
            return self._go_blind(sample.t_s, "the dock's cell is not calibrated")
        if sample.quality & Quality.EXPIRED:
            return self._go_blind(sample.t_s, "the calibration of the dock's cell has expired")
        kg = sample.force_n / STANDARD_GRAVITY_M_S2
        if sample.quality & _NOT_WEIGHED or not math.isfinite(kg) or sample.t_s <= self._newest_s:
            return []
        events = self.tick(sample.t_s)
        if sample.quality & (Quality.GAP_BEFORE | Quality.RESET_BEFORE):
            self._window.clear()
        self._newest_s = sample.t_s
        self._blind = False
        self._note_way(sample.t_s, kg)
        rest = self._window.take(sample.t_s, kg, bool(sample.quality & _SAID_DOUBTFUL))
        if rest is not None:
            return events + self._rest(sample.t_s, rest)
        return events + self._look_for_empty(sample.t_s)

    def tick(self, now_s: float) -> list[DockEvent]:
        """Let time pass: a cell that says nothing any more leaves the dock blind."""
        if math.isinf(self._newest_s) or now_s - self._newest_s <= SILENT_S:
            return []
        return self._go_blind(self._newest_s + SILENT_S, "the dock's cell is silent")

    def _go_blind(self, t_s: float, reason: str) -> list[DockEvent]:
        if self._blind:
            return []
        self._blind, self._looked, self.bells = True, False, None
        self._zero_seen = False
        self._window.clear()
        self._rested_kg = self._away_s = self._gone_s = None
        return [Blind(t_s, reason)]

    # ---- where the reading is on its way to ---------------------------------------------------------------

    def _note_way(self, t_s: float, kg: float) -> None:
        """Note when the reading left its last rest, and since when it is next to nothing."""
        if self._rested_kg is not None:
            away = abs(kg - self._rested_kg) > self._same_kg
            self._away_s = (t_s if self._away_s is None else self._away_s) if away else None
        empty = abs(kg - self._zero_kg) < self._kinds[0] / 2
        self._gone_s = (t_s if self._gone_s is None else self._gone_s) if empty else None

    def _look_for_empty(self, t_s: float) -> list[DockEvent]:
        """Tell at once that the bells were lifted, before the empty dock has come to rest."""
        if self.bells and self._gone_s is not None and t_s - self._gone_s >= GONE_S:
            return self._become((), 0.0, 0.0, self._gone_s)
        return []

    # ---- what stands there --------------------------------------------------------------------------------

    def _rest(self, t_s: float, rest: _Rest) -> list[DockEvent]:
        if self._rested_kg is not None and abs(rest.kg - self._rested_kg) <= self._same_kg:
            self._follow_drift(t_s, rest)
            return []
        measured_kg = rest.kg - self._zero_kg
        error_kg = rest.error_kg + (ZERO_KG if self._zero_seen else UNSEEN_ZERO_KG)
        error_kg += DOUBTED_KG if rest.doubted else 0.0
        fitting = self._fitting(measured_kg, error_kg)
        self._rested_kg, self._rested_s = rest.kg, t_s
        uncertainty_kg = error_kg + MARKED_SHARE * abs(measured_kg)
        if fitting == [()]:
            # Between two bells the zero is seen anew, as far as it can have moved.
            self._zero_kg, self._zero_seen, measured_kg = rest.kg, True, 0.0
        if len(fitting) == 1:
            return self._become(fitting[0], measured_kg, uncertainty_kg, rest.since_s)
        self._looked, self.bells, self._away_s = True, None, None
        if fitting:
            return [Unsure(rest.since_s, tuple(fitting), measured_kg, uncertainty_kg)]
        return [Strange(rest.since_s, measured_kg, uncertainty_kg)]

    def _fitting(self, measured_kg: float, error_kg: float) -> list[Bells]:
        """Return what may stand there now: of all that fits, what takes the fewest bells to be moved.

        The change since the last thing known is compared, not the sum, so only bells that moved bring in how far
        they may be from their mark; an empty dock has no mark to be off.
        """
        fits: dict[int, list[Bells]] = {}
        change_kg = measured_kg - self._known_kg
        for bells in self._combinations():
            moved = set(bells) ^ set(self._known)
            if len(moved) > AT_ONCE:
                continue
            expected_kg = math.fsum(bells) - math.fsum(self._known) if bells else -self._known_kg
            marked_kg = math.fsum(moved) if bells else 0.0
            if abs(change_kg - expected_kg) <= error_kg + MARKED_SHARE * marked_kg:
                fits.setdefault(len(moved), []).append(bells)
        return fits[min(fits)] if fits else []

    def _combinations(self) -> Iterator[Bells]:
        for together in range(AT_ONCE + 1):
            yield from combinations(self._kinds, together)

    def _become(self, bells: Bells, measured_kg: float, uncertainty_kg: float, since_s: float) -> list[DockEvent]:
        """Take over what stands there now and return what that means happened."""
        before, seen, unsure = self._known, self._looked, self.bells is None
        left_s = self._away_s if self._away_s is not None else since_s
        gone = [kg for kg in before if kg not in bells]
        new = [kg for kg in bells if kg not in before]
        # Of two bells that came in one movement each gets the share its mark has of the measured sum.
        came_kg = measured_kg - self._known_kg + math.fsum(gone)
        share = came_kg / math.fsum(new) if new else 0.0
        events: list[DockEvent] = [Left(min(left_s, since_s), kg, seen) for kg in gone]
        events += [Came(since_s, kg, share * kg, uncertainty_kg, seen) for kg in new]
        if not events and unsure:
            events.append(Cleared(since_s, bells))
        self.bells = self._known = bells
        self._known_kg = measured_kg if bells else 0.0
        self._looked, self._away_s = True, None
        return events

    def _follow_drift(self, t_s: float, rest: _Rest) -> None:
        """While the same bells stand there, a slow change is the zero's; a quicker one stays to be judged."""
        passed_s = t_s - self._rested_s
        self._rested_s = t_s
        if self.bells is None or self._rested_kg is None:
            return
        off_kg = rest.kg - (self._zero_kg + self._known_kg)
        drift_kg = math.copysign(min(abs(off_kg), DRIFT_KG_S * passed_s), off_kg)
        self._zero_kg += drift_kg
        self._rested_kg = self._zero_kg + self._known_kg
