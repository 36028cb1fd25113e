"""Which of two signals began first: the trunk or the pull, the muscle or the load, and by how many milliseconds.

An onset is where a signal leaves its quiet: past the mean of a baseline by three of its standard deviations, for some
time on end (Hodges and Bui, Electroencephalogr Clin Neurophysiol 1996, 101:511, who compared 27 such rules against a
trained eye), and from there dated back to where it last was at its baseline. Two sensors have two rates, two noises
and two clocks: what each adds to the doubt is added up, and an order within the doubt is not told.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from edge.analysis.robust import Floats

SDS = 3.0
"""Standard deviations above the baseline: the largest Hodges and Bui tried, for few false alarms."""
HELD_S = 0.05
"""How long it has to stay there: the middle one of theirs (20, 50 and 100 samples at 1 kHz)."""
BACK_SDS = 1.0
"""Dated back to where it was last within this of the baseline. Our choice."""
BEFORE = 1 / (math.sqrt(SDS / BACK_SDS) - 1)
"""And before that by so many times the climb from there to the threshold: a limb's speed begins as the square of time
(a minimum-jerk path), which passes 1 and 3 at 1 and 1.73. A burst has no climb and is left where it is."""
LEAST_RISE = 0.01
"""Share of the whole rise that counts as noise at least: a coarse signal at rest may have none. Our choice."""
BASELINE_S, BASELINE_SAMPLES = 0.2, 10
"""A shorter quiet, or fewer samples of it, does not tell its deviation. Our choice."""
SURE = 2.0
"""Standard deviations by which an order has to be clear: 19 in 20 for a normal error."""


@dataclass(frozen=True, slots=True)
class Trace:
    """A signal that rises with activity: a speed, a force, an envelope. Arrays of shape (n,), times rising.

    ``late_s`` is by how much its own filter delays it, which is taken off; ``clock_s`` is what its times may be off
    against the other's (one standard deviation).
    """

    name: str
    t_s: Floats
    values: Floats
    late_s: float = 0.0
    clock_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Onset:
    """Where a trace began, and what that may be off: by its sampling, by its noise and by its clock, each one SD."""

    t_s: float
    sampling_s: float
    noise_s: float
    clock_s: float

    @property
    def spread_s(self) -> float:
        """One standard deviation of it all, the three being independent."""
        return math.hypot(self.sampling_s, self.noise_s, self.clock_s)


@dataclass(frozen=True, slots=True)
class Sequence:
    """The second's onset minus the first's, in ms, and its standard deviation; None where an onset was not found.

    ``leader`` is the name of the one that began first, None where that cannot be told: ``why`` says what stands in
    the way.
    """

    lead_ms: float | None = None
    spread_ms: float | None = None
    leader: str | None = None
    why: str = ""


def onset(trace: Trace, quiet_from_s: float, quiet_to_s: float) -> Onset | str:
    """Return the first onset after a quiet time, or the reason why there is none.

    The quiet is given on the trace's own times. The dating looks at two crossings, each anywhere within a step, which
    is step over root of 12 as a standard deviation, and weighs them as it does. What noise adds is taken as half the
    time between the dated onset and the threshold, or the time from there to twice the threshold where that is more:
    a slow rise leaves the noise slowly. Our choice; in simulations 2 of these deviations hold in 19 of 20 and more.
    """
    good = np.isfinite(trace.values)
    t_s, values = trace.t_s[good], trace.values[good]
    quiet = values[(t_s >= quiet_from_s) & (t_s <= quiet_to_s)]
    if quiet_to_s - quiet_from_s < BASELINE_S or len(quiet) < BASELINE_SAMPLES:
        return f"{trace.name}: {len(quiet)} samples of quiet; {BASELINE_SAMPLES} over {BASELINE_S:g} s are needed"
    mean = float(quiet.mean())
    sd = max(float(quiet.std(ddof=1)), LEAST_RISE * (float(values.max()) - mean))
    past = t_s > quiet_to_s
    crossed = _first_held(t_s, past & (values > mean + SDS * sd))
    if crossed is None:
        return f"{trace.name}: never left its quiet"
    if crossed == 0 or not past[crossed - 1]:
        return f"{trace.name}: had begun before the quiet was over"
    calm = np.flatnonzero(values[:crossed] <= mean + BACK_SDS * sd)
    last = int(calm[-1]) if len(calm) else 0
    step_s = float(np.diff(t_s[last : crossed + 1]).max())
    climb_s = max(float(t_s[crossed] - t_s[last]) - step_s, 0.0)
    clear = crossed + int(np.argmax(values[crossed:] > mean + 2 * SDS * sd))
    # Half a step after the last calm sample it was seen to leave; it began where the parabola touches the baseline.
    begun_s = float(t_s[last]) + step_s / 2 - BEFORE * climb_s
    return Onset(
        t_s=begun_s - trace.late_s,
        sampling_s=math.hypot(1 + BEFORE, BEFORE) * step_s / math.sqrt(12),
        noise_s=max((1 + BEFORE) * climb_s / 2, float(t_s[clear] - t_s[crossed])),
        clock_s=trace.clock_s,
    )


def sequence(first: Trace, second: Trace, quiet_from_s: float, quiet_to_s: float) -> Sequence:
    """Return which of two traces began first after a common quiet time, if that can be told at all.

    It cannot where the difference is smaller than ``SURE`` of its standard deviations; ``why`` then names the largest
    of the doubts: sampling, noise or clocks.
    """
    found = [onset(trace, quiet_from_s, quiet_to_s) for trace in (first, second)]
    missing = [one for one in found if isinstance(one, str)]
    if missing:
        return Sequence(why="; ".join(missing))
    one, other = (each for each in found if isinstance(each, Onset))
    lead_ms, spread_ms = 1000 * (other.t_s - one.t_s), 1000 * math.hypot(one.spread_s, other.spread_s)
    if abs(lead_ms) <= SURE * spread_ms:
        doubt = _largest_doubt(one, other)
        why = f"the difference of {lead_ms:.0f} ms is within +-{SURE * spread_ms:.0f} ms, most of it from {doubt}"
        return Sequence(lead_ms, spread_ms, None, why)
    return Sequence(lead_ms, spread_ms, first.name if lead_ms > 0 else second.name)


def _first_held(t_s: Floats, above: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> int | None:
    """Return the first index from which ``above`` holds for ``HELD_S`` on end, two samples at least."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], above, [False]])))
    for begin, end in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        if end - begin >= 2 and t_s[end - 1] - t_s[begin] >= HELD_S - 1e-9:
            return int(begin)
    return None


def _largest_doubt(one: Onset, other: Onset) -> str:
    doubts = {
        "the sampling": math.hypot(one.sampling_s, other.sampling_s),
        "the noise": math.hypot(one.noise_s, other.noise_s),
        "the clocks": math.hypot(one.clock_s, other.clock_s),
    }
    return max(doubts, key=lambda name: doubts[name])
