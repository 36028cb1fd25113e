"""The zero of a load cell: it follows drift while the cell is provably empty, and never a load."""

import random

import pytest

from drivers.zero import FAR_SHARE, ZeroTracker

RANGE = 0x800000
SHARE = RANGE / 100
"""One per cent of the range."""
DRIFT_PER_S = 0.005 * RANGE / 600
"""The worst drift that boards were seen to have: 0.5 % of the range in ten minutes (F14)."""
RATE_HZ = 10


class Bench:
    """A cell in counts: drift, a load, and noise."""

    def __init__(self, drift_per_s=DRIFT_PER_S, zero=5000, seed=1):
        self.tracker = ZeroTracker(zero, RANGE)
        self.t_s = 0.0
        self._zero = zero
        self._drift_per_s = drift_per_s
        self._draw = random.Random(seed)

    def hold(self, seconds, load=0.0, sway=0.0):
        for _ in range(round(seconds * RATE_HZ)):
            self.t_s += 1 / RATE_HZ
            noise = self._draw.gauss(0.0, 21.0) + sway * self._draw.uniform(-1.0, 1.0)
            self.tracker.take(self.t_s, self._zero + self._drift_per_s * self.t_s + load + noise)
        return self

    @property
    def wrong(self):
        """How far the reading of the empty cell would be from zero, in per cent of the range."""
        return abs(self._drift_per_s * self.t_s - self.tracker.offset) / SHARE

    @property
    def drifted(self):
        return self.tracker.drifted(self.t_s)


def test_an_empty_cell_reads_zero_after_half_an_hour_of_drift():
    bench = Bench().hold(1800)
    assert bench.wrong < 0.02
    assert not bench.drifted


@pytest.mark.parametrize("load", [0.05, 0.1, 0.3, 2.0, 20.0])
def test_a_load_that_stays_is_never_taken_for_the_zero_however_small(load):
    bench = Bench(drift_per_s=0.0).hold(60).hold(1100, load * SHARE)
    assert bench.wrong < 0.02
    assert not bench.drifted
    assert bench.hold(400, load * SHARE).drifted  # for so long, drift could hide in it


def test_sets_of_repetitions_with_rests_between_keep_the_zero_right():
    bench = Bench()
    for _ in range(10):
        bench.hold(30)
        for _ in range(12):
            bench.hold(3, 4 * SHARE, sway=SHARE).hold(2, 0.1 * SHARE, sway=0.2 * SHARE)
    bench.hold(10)
    assert bench.wrong < 0.02


def test_creep_under_a_load_moves_nothing():
    bench = Bench(drift_per_s=0.0).hold(60)
    for step in range(600):
        bench.hold(1, (5 + 0.15 * step / 600) * SHARE)
    assert bench.wrong < 0.02
    assert bench.hold(10).wrong < 0.02


def test_a_cell_that_is_switched_on_loaded_is_not_zeroed():
    bench = Bench(drift_per_s=0.0).hold(600, 0.2 * SHARE)
    assert bench.tracker.offset == 0.0


def test_a_zero_far_from_the_calibrated_one_is_not_followed_but_told():
    bench = Bench(drift_per_s=0.01 * RANGE / 2000).hold(5400)
    assert abs(bench.tracker.offset) <= FAR_SHARE * RANGE
    assert bench.drifted


def test_after_an_interruption_nothing_is_known_of_the_load():
    bench = Bench(drift_per_s=0.0).hold(60)
    bench.tracker.restart()
    bench.hold(60, 0.1 * SHARE)
    assert bench.wrong < 0.02
