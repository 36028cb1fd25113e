"""Spread and trend against numbers that can be worked out by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.analysis.robust import TREND_FROM, median_error, spread, trend

DAYS = np.arange(12.0)


def test_the_spread_of_a_normal_sample_is_its_standard_deviation():
    values = np.random.default_rng(1).normal(50, 3, 4001)
    assert spread(values) == pytest.approx(3, rel=0.05)
    assert median_error(values) == pytest.approx(1.2533 * 3 / 4001**0.5, rel=0.05)


def test_one_wild_value_in_twelve_changes_no_trend():
    values = 100 - 2 * DAYS
    values[5] = 1e6
    found = trend(DAYS, values)
    assert (found.slope, found.level) == pytest.approx((-2, 100))
    assert found.real


def test_the_test_is_that_of_mann_and_kendall():
    """Ten rising values: S = 45, variance 125, z = 44 / 11.18, p = 8.3e-5 (worked by hand)."""
    found = trend(np.arange(10.0), np.arange(10.0) ** 2)
    assert found.p_value == pytest.approx(8.3e-5, rel=0.01)


def test_ties_widen_the_doubt():
    """Twelve values in six pairs: S = 60, variance (12 11 29 - 6 2 1 9) / 18 = 206.7, z = 4.10, p = 4.06e-5."""
    tied = trend(DAYS, np.repeat(np.arange(6.0), 2))
    assert tied.p_value == pytest.approx(4.06e-5, rel=0.02)


def test_values_without_a_trend_have_none():
    found = trend(DAYS, np.array([5.0, 4, 6, 5, 5, 6, 4, 5, 6, 4, 5, 5]))
    assert not found.real
    assert found.low < 0 < found.high or found.slope == 0


def test_the_same_value_throughout_is_no_trend():
    found = trend(DAYS, np.full(12, 7.0))
    assert (found.slope, found.p_value, found.level) == (0, 1, 7)


def test_too_few_times_are_no_trend():
    assert trend(DAYS[: TREND_FROM - 1], DAYS[: TREND_FROM - 1]) is None
    assert trend(np.zeros(20), np.arange(20.0)) is None


def test_one_trend_in_twenty_is_chance():
    draw = np.random.default_rng(2)
    real = sum(trend(DAYS, draw.normal(size=12)).real for _ in range(400))
    assert 5 <= real <= 35


def test_the_interval_holds_the_true_slope_nearly_always():
    draw = np.random.default_rng(3)
    found = [trend(DAYS, 0.5 * DAYS + draw.normal(size=12)) for _ in range(300)]
    assert sum(t.low <= 0.5 <= t.high for t in found) >= 270


@given(st.lists(st.floats(-1e3, 1e3), min_size=TREND_FROM, max_size=30), st.floats(-10, 10), st.floats(-1e3, 1e3))
def test_a_line_added_adds_to_the_slope(values, slope, level):
    t, y = np.arange(len(values), dtype=float), np.array(values)
    plain, tilted = trend(t, y), trend(t, y + slope * t + level)
    assert tilted.slope == pytest.approx(plain.slope + slope, abs=1e-6)
    assert plain.low <= plain.slope <= plain.high
