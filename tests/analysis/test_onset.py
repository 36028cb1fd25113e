"""Which began first, by how much, and when nobody can tell."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.analysis.onset import Onset, Trace, onset, sequence

QUIET = (0.2025, 1.2025)
"""Between samples at every rate used here, so that a rounded time belongs to it or not for good."""


def times(rate_hz):
    return np.arange(0, 4, 1 / rate_hz)


def limb(name, begun_s, rate_hz=100, noise=0.003, lasting_s=1.0, seed=0, **trace):
    """The speed of a minimum-jerk movement, its peak 1."""
    t_s = times(rate_hz)
    x = np.clip((t_s - begun_s) / lasting_s, 0, 1)
    return Trace(name, t_s, 16 * x**2 * (1 - x) ** 2 + noisy(seed, len(t_s), noise), **trace)


def muscle(name, begun_s, rate_hz=500, noise=0.02, seed=0, **trace):
    """An envelope that comes up within 20 ms."""
    t_s = times(rate_hz)
    return Trace(name, t_s, np.clip((t_s - begun_s) / 0.02, 0, 1) + noisy(seed, len(t_s), noise), **trace)


def noisy(seed, count, size):
    return np.random.default_rng(seed).normal(0, size, count)


# ---- one onset --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rate_hz", [100, 200])
def test_a_slow_rise_is_dated_back_to_where_it_began(rate_hz):
    found = [onset(limb("trunk", 1.5, rate_hz, seed=seed), *QUIET).t_s for seed in range(20)]
    assert np.median(found) == pytest.approx(1.5, abs=0.015)


def test_the_threshold_alone_would_be_late():
    trace = limb("trunk", 1.5, 200)
    crossed_s = trace.t_s[np.argmax(trace.values > 0.03)]
    assert crossed_s > 1.54
    assert onset(trace, *QUIET).t_s < crossed_s - 0.02


def test_a_burst_is_left_where_it_is():
    assert onset(muscle("muscle", 1.5), *QUIET).t_s == pytest.approx(1.5, abs=0.005)


def test_the_delay_of_a_filter_is_taken_off():
    late = onset(muscle("muscle", 1.5, late_s=0.08), *QUIET)
    assert late.t_s == pytest.approx(1.42, abs=0.005)


@pytest.mark.parametrize(
    ("rate_hz", "noise"), [(200, 0.005), (100, 0.01), (80, 0.01), (100, 0.05), (20, 0.01), (10, 0.01)]
)
def test_the_stated_doubt_holds_in_nine_of_ten(rate_hz, noise):
    draw, held = np.random.default_rng(7), 0
    for seed in range(60):
        begun_s = 1.5 + draw.uniform(0, 0.1)
        found = onset(limb("limb", begun_s, rate_hz, noise, seed=seed), *QUIET)
        held += abs(found.t_s - begun_s) <= 2 * found.spread_s
    assert held >= 54


def test_a_short_spike_is_no_onset():
    trace = muscle("muscle", 2.5)
    trace.values[int(1.6 * 500) : int(1.6 * 500) + 15] = 1.0
    assert onset(trace, *QUIET).t_s == pytest.approx(2.5, abs=0.01)


def test_a_signal_without_any_noise_has_an_onset_too():
    assert onset(limb("trunk", 1.5, noise=0.0), *QUIET).t_s == pytest.approx(1.5, abs=0.03)


def test_the_last_digit_of_a_coarse_signal_is_no_onset():
    """A converter at rest that shows the same value throughout, and one step more from 1.3 s on."""
    t_s = times(100)
    values = np.where(t_s > 2.0, 1.0, np.where(t_s > 1.3, 0.002, 0.0))
    assert onset(Trace("load", t_s, values), *QUIET).t_s == pytest.approx(2.0, abs=0.01)


def test_between_two_samples_an_onset_is_in_the_middle_on_average():
    off_s = [onset(muscle("m", 1.5 + i / 400, 20, noise=0.001), *QUIET).t_s - 1.5 - i / 400 for i in range(20)]
    assert np.mean(off_s) == pytest.approx(0, abs=0.012)


def test_missing_values_are_left_out():
    trace = muscle("muscle", 1.5)
    trace.values[::7] = np.nan
    assert onset(trace, *QUIET).t_s == pytest.approx(1.5, abs=0.005)


@pytest.mark.parametrize(
    ("trace", "quiet", "why"),
    [
        (limb("trunk", 9.0), QUIET, "trunk: never left its quiet"),
        (muscle("muscle", 1.19), QUIET, "had begun before the quiet was over"),
        (limb("trunk", 1.5), (1.105, 1.195), "9 samples of quiet; 10 over 0.2 s are needed"),
        (limb("pull", 1.5, rate_hz=10), (0.45, 1.15), "7 samples of quiet"),
    ],
)
def test_what_cannot_be_found_says_why(trace, quiet, why):
    found = onset(trace, *quiet)
    assert isinstance(found, str)
    assert why in found


# ---- an order ---------------------------------------------------------------------------------------------


def test_the_trunk_sets_before_the_pull():
    found = sequence(limb("trunk", 1.5), limb("pull", 1.8, rate_hz=80, seed=1), *QUIET)
    assert found.leader == "trunk"
    assert found.lead_ms == pytest.approx(300, abs=40)
    assert found.spread_ms < 60


def test_the_muscle_is_before_the_load():
    found = sequence(limb("load", 1.6, rate_hz=80), muscle("muscle", 1.45), *QUIET)
    assert found.leader == "muscle"
    assert found.lead_ms == pytest.approx(-150, abs=40)


def test_a_difference_within_the_doubt_has_no_leader():
    found = sequence(limb("trunk", 1.50), limb("pull", 1.52, seed=1), *QUIET)
    assert found.leader is None
    assert abs(found.lead_ms) < 2 * found.spread_ms
    assert "is within +-" in found.why


@pytest.mark.parametrize(
    ("first", "second", "doubt"),
    [
        (muscle("a", 1.5), muscle("b", 1.53, rate_hz=20), "the sampling"),
        (muscle("a", 1.5, clock_s=0.1), muscle("b", 1.6), "the clocks"),
        (limb("a", 1.5, 200, noise=0.1), limb("b", 1.55, 200, noise=0.1, seed=1), "the noise"),
    ],
)
def test_the_refusal_names_what_stands_in_the_way(first, second, doubt):
    found = sequence(first, second, *QUIET)
    assert found.leader is None
    assert found.why.endswith(doubt)


def test_both_reasons_are_told_where_neither_began():
    found = sequence(limb("trunk", 9.0), limb("pull", 9.0), *QUIET)
    assert (found.lead_ms, found.leader) == (None, None)
    assert found.why == "trunk: never left its quiet; pull: never left its quiet"


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6), lead_s=st.floats(-0.5, 0.5), later_s=st.integers(0, 10**5))
def test_the_order_turns_over_with_the_traces_and_not_with_the_hour(seed, lead_s, later_s):
    one, other = limb("one", 2.0, seed=seed), limb("other", 2.0 + lead_s, rate_hz=80, seed=seed + 1)
    there, back = sequence(one, other, *QUIET), sequence(other, one, *QUIET)
    assert there.lead_ms == pytest.approx(-back.lead_ms)
    assert there.leader == back.leader
    if there.leader and abs(lead_s) > 0.1:
        assert there.leader == ("one" if lead_s > 0 else "other")
    shifted = [Trace(t.name, t.t_s + later_s, t.values) for t in (one, other)]
    again = sequence(*shifted, QUIET[0] + later_s, QUIET[1] + later_s)
    assert again.lead_ms == pytest.approx(there.lead_ms, abs=0.1)


@settings(max_examples=60, deadline=None)
@given(values=st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=80))
def test_any_numbers_at_all_are_survived(values):
    trace = Trace("x", np.arange(len(values)) / 20, np.array(values))
    assert isinstance(onset(trace, 0.0, 1.0), Onset | str)
