"""Muscle activity as a share of a reference contraction, rest and cut-off told apart."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.analysis.emg import Channel, EmgError, State, activation, reference_from

RAW = Channel(full_scale=1024.0, raw=True)
BOARD = Channel(full_scale=1024.0, raw=False)
RATE_HZ = 500


def times(lasting_s):
    return np.arange(0, lasting_s, 1 / RATE_HZ)


def muscle(size, lasting_s=2.0, seed=0, noise=4.0, full_scale=1024.0):
    """A bare signal: noise of the muscle's ``size`` and the amplifier's, about the middle, cut at the ends."""
    draw = np.random.default_rng(seed)
    count = len(times(lasting_s))
    signal = full_scale / 2 + draw.normal(0, np.hypot(size, noise), count)
    return times(lasting_s), np.clip(signal, 0, full_scale)


def board(height, lasting_s=2.0, seed=0):
    t_s = times(lasting_s)
    return t_s, np.clip(20 + height + np.random.default_rng(seed).normal(0, 3, len(t_s)), 0, 1024)


def by(gain, signal):
    return signal[0], gain * signal[1]


def learned():
    return reference_from(RAW, *muscle(0), *muscle(100, seed=1))


# ---- the level --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("share", [0.25, 0.5, 1.0, 1.2])
def test_the_level_is_a_share_of_the_reference(share):
    found = activation(RAW, learned(), *muscle(100 * share, seed=2))
    assert found.state is State.ACTIVE
    assert found.level == pytest.approx(share, rel=0.1)
    assert found.active_share > 0.98


def test_a_noisy_amplifier_makes_no_activity():
    """Noise of 30 beside a muscle of 50 stands 58 high; its square is taken off."""
    reference = reference_from(RAW, *muscle(0, noise=30.0), *muscle(100, seed=1, noise=30.0))
    assert 0.44 < activation(RAW, reference, *muscle(50, seed=2, noise=30.0)).level < 0.5


def test_a_board_that_makes_its_own_envelope_is_read_as_it_is():
    reference = reference_from(BOARD, *board(0), *board(400, seed=1))
    assert activation(BOARD, reference, *board(200, seed=2)).level == pytest.approx(0.5, abs=0.02)


def test_a_burst_has_its_peak_and_its_share_of_the_time():
    t_s, rest = muscle(0, 2.0, seed=3)
    burst = muscle(100, 2.0, seed=4)[1]
    inside = (t_s >= 1.0) & (t_s < 1.4)
    found = activation(RAW, learned(), t_s, np.where(inside, burst, rest))
    assert found.state is State.ACTIVE
    assert found.active_share == pytest.approx(0.22, abs=0.05)
    assert found.level == pytest.approx(0.2, abs=0.05)
    assert 0.9 < found.peak < 1.5


def test_the_envelope_is_not_late():
    t_s, rest = muscle(0, 2.0, seed=3)
    height = RAW.envelope(t_s, np.where(t_s >= 1.0, muscle(100, 2.0, seed=4)[1], rest))
    half = t_s[np.argmax(height > height[t_s > 1.2].mean() / 2)]
    assert half == pytest.approx(1.0, abs=0.05)


# ---- rest, cut-off, silence -------------------------------------------------------------------------------


def test_the_noise_of_a_resting_muscle_is_no_activity():
    found = activation(RAW, learned(), *muscle(0, 5.0, seed=9))
    assert found.state is State.REST
    assert found.level < 0.05
    assert found.active_share < 0.02


def test_a_heartbeat_is_no_activity():
    t_s, rest = muscle(0, 5.0, seed=9)
    beat = np.where((t_s > 2.0) & (t_s < 2.06), 612.0, rest)
    found = activation(RAW, learned(), t_s, beat)
    assert found.state is State.REST
    assert found.active_share > 0


def test_a_tenth_of_the_reference_is_seen():
    assert activation(RAW, learned(), *muscle(15, seed=9)).state is State.ACTIVE


def test_a_signal_cut_off_is_at_least_so_high():
    found = activation(RAW, learned(), *muscle(600, seed=2))
    assert found.state is State.SATURATED
    assert found.level > 2
    reference = reference_from(BOARD, *board(0), *board(400, seed=1))
    assert activation(BOARD, reference, *board(2000)).state is State.SATURATED


def test_a_resting_envelope_at_zero_is_not_cut_off():
    reference = reference_from(BOARD, *board(0), *board(400, seed=1))
    assert activation(BOARD, reference, times(2.0), np.zeros(len(times(2.0)))).state is State.REST


@pytest.mark.parametrize(
    ("t_s", "readings"),
    [
        (np.zeros(0), np.zeros(0)),
        (times(2.0), np.full(len(times(2.0)), np.nan)),
        (np.arange(0, 2, 0.2), np.full(10, 512.0)),
    ],
)
def test_without_readings_the_channel_is_silent(t_s, readings):
    found = activation(RAW, learned(), t_s, readings)
    assert (found.state, found.level, found.peak, found.active_share) == (State.SILENT, None, None, None)


# ---- a reference that is none -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rest", "contraction", "why"),
    [
        (muscle(0, 0.2), muscle(100), "the rest is shorter than 0.5 s"),
        (muscle(0), muscle(100, 0.3), "the contraction is shorter than 0.5 s"),
        (muscle(0), muscle(700), "the contraction is cut off by the converter; turn the gain down"),
        (muscle(0), muscle(3, seed=1), "hardly differs from the rest"),
        (muscle(100), muscle(0), "hardly differs from the rest"),
    ],
)
def test_a_bad_reference_says_what_to_do(rest, contraction, why):
    with pytest.raises(EmgError, match=why):
        reference_from(RAW, *rest, *contraction)


def test_the_best_half_second_of_a_contraction_counts():
    t_s, strong = muscle(100, 3.0, seed=1)
    slow_start = np.where(t_s < 2.0, muscle(0, 3.0, seed=5)[1], strong)
    assert reference_from(RAW, *muscle(0), t_s, slow_start).full == pytest.approx(learned().full, rel=0.1)


@given(gain=st.floats(0.05, 1.0), size=st.floats(5, 100))
def test_the_gain_of_the_amplifier_does_not_matter(gain, size):
    scaled = Channel(1024.0 * gain, raw=True)
    reference = reference_from(scaled, *by(gain, muscle(0)), *by(gain, muscle(100, seed=1)))
    one = activation(RAW, learned(), *muscle(size, seed=2))
    other = activation(scaled, reference, *by(gain, muscle(size, seed=2)))
    assert other.level == pytest.approx(one.level, rel=1e-6)
