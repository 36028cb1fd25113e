"""A band that wears, a band that was swapped, and a band that is fine."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.analysis.band import Advice, BandDay, band_report, stiffness, stiffness_of_peaks
from edge.analysis.robust import TREND_FROM


def sessions(values, every_days=2.5):
    return [BandDay(i * every_days, value) for i, value in enumerate(values)]


def pulls(newtons_per_unit, reach=60.0, count=10, seed=0, noise=0.5):
    """The ways out of a session: stretch from loose to about ``reach``, force with a slack of 5 and noise."""
    draw = np.random.default_rng(seed)
    stretch = np.concatenate([np.linspace(0, reach * draw.uniform(0.9, 1.1), 80) for _ in range(count)])
    return stretch, newtons_per_unit * np.maximum(stretch - 5, 0) + draw.normal(0, noise, len(stretch))


# ---- one session ------------------------------------------------------------------------------------------


def test_the_stiffness_is_the_slope_of_force_over_stretch():
    assert stiffness(*pulls(2.0)) == pytest.approx(2.0, rel=0.01)


@pytest.mark.parametrize("reach", [45.0, 60.0, 75.0])
def test_pulling_less_far_is_no_softer_band(reach):
    assert stiffness(*pulls(2.0, reach=reach)) == pytest.approx(2.0, rel=0.02)


def test_how_long_a_band_hangs_loose_does_not_matter():
    stretch, _ = pulls(2.0)
    assert stiffness(stretch, 2.0 * np.maximum(stretch - 16, 0)) == pytest.approx(2.0, rel=0.02)


def test_a_slip_and_some_lost_samples_do_not_matter():
    stretch, force_n = pulls(2.0)
    force_n[100:140], force_n[300:320] = 0.0, np.nan
    assert stiffness(stretch, force_n) == pytest.approx(2.0, rel=0.05)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("stretch", "force_n"),
    [
        (np.zeros(0), np.zeros(0)),
        (np.linspace(0, 60, 10), np.linspace(0, 60, 10)),
        (np.full(200, 30.0), np.linspace(0, 60, 200)),
        (np.repeat([30.0, 60.0], 100), np.linspace(0, 60, 200)),
        (np.linspace(0, 60, 200), np.linspace(60, 0, 200)),
        (np.linspace(-60, 0, 200), np.linspace(0, 60, 200)),
    ],
)
def test_what_is_no_pull_on_a_band_has_no_stiffness(stretch, force_n):
    assert stiffness(stretch, force_n) is None


def test_peaks_at_the_usual_range_tell_it_more_coarsely(rep):
    reps = [rep(size=60.0, peak_force_n=120.0) for _ in range(5)]
    short = [rep(size=30.0, peak_force_n=20.0) for _ in range(5)]
    assert stiffness_of_peaks(reps + short, 60.0) == pytest.approx(2.0)
    assert stiffness_of_peaks(reps[:3], 60.0) is None


def test_force_alone_tells_no_stiffness(rep):
    assert stiffness_of_peaks([rep(size=120.0, unit="N", peak_force_n=120.0) for _ in range(8)], 120.0) is None


# ---- from session to session ------------------------------------------------------------------------------


def test_a_band_that_stays_is_fine():
    found = band_report(sessions([2.0, 2.02, 1.98, 2.0, 2.01, 1.99, 2.0, 2.02, 1.98, 2.0]))
    assert found.advice is Advice.FINE
    assert found.change == pytest.approx(0, abs=0.02)


def test_a_band_that_wears_is_to_be_replaced():
    found = band_report(sessions([2.0 * (1 - 0.02 * i) for i in range(12)]))
    assert found.advice is Advice.REPLACE
    assert found.change == pytest.approx(-0.18, abs=0.02)
    assert found.per_week.high < 0
    assert found.per_week.slope == pytest.approx(-0.04 / 1.96 * 7 / 2.5, rel=0.01)
    assert "less stiff than at first" in found.why


def test_the_limit_is_the_clinicians():
    worn = sessions([2.0 * (1 - 0.02 * i) for i in range(12)])
    assert band_report(worn, worn=0.3).advice is Advice.FINE


def test_three_soft_sessions_are_no_wear():
    found = band_report(sessions([2.2, 2.2, 2.2, 1.8, 2.0, 2.2, 2.2, 2.0, 2.3, 2.4, 2.3, 2.2, 1.8, 1.8, 1.8]))
    assert found.change < -0.15
    assert found.advice is Advice.FINE


def test_a_noisy_band_is_not_thrown_away():
    draw = np.random.default_rng(1)
    for _ in range(30):
        assert band_report(sessions(2.0 * (1 + 0.05 * draw.normal(size=12)))).advice is Advice.FINE


@pytest.mark.parametrize(("newest", "change"), [(3.0, 0.5), (1.0, -0.5)])
def test_a_sudden_change_asks_for_a_look(newest, change):
    found = band_report(sessions([2.0] * 6 + [newest]))
    assert (found.advice, found.change) == (Advice.LOOK, pytest.approx(change))
    assert "another band, another length, or damage" in found.why


def test_once_confirmed_it_is_another_band_with_a_history_of_its_own():
    found = band_report(sessions([2.0] * 10 + [1.2] * 4))
    assert found.advice is Advice.NOT_ENOUGH
    assert found.since_day == 25
    assert "4 sessions with this band" in found.why
    assert band_report(sessions([2.0] * 10 + [1.2] * 9)).advice is Advice.FINE


def test_one_odd_session_is_no_other_band():
    found = band_report(sessions([2.0] * 6 + [1.0] + [2.0] * 6))
    assert (found.advice, found.since_day) == (Advice.FINE, 0)


def test_a_new_band_is_not_judged_yet():
    assert band_report([]).advice is Advice.NOT_ENOUGH
    assert band_report(sessions([2.0] * (TREND_FROM - 1))).advice is Advice.NOT_ENOUGH


@given(st.lists(st.floats(0.5, 5), max_size=25), st.sampled_from([0.25, 2.0, 1024.0]))
def test_the_advice_has_no_unit(values, unit):
    one, other = band_report(sessions(values)), band_report(sessions([unit * value for value in values]))
    assert (other.advice, other.since_day, other.change) == (one.advice, one.since_day, one.change)
