"""How a repetition was done, against movements whose answer is known on paper."""

import math
import random
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.model import Measures
from edge.signal.measures import CELL_S, FINE_S, HOLE_S, measure, spectral_arc_length

QUICK = settings(max_examples=25, deadline=None)
EDGES = (1.0, 4.0, 6.0, 7.0)
"""Three seconds out, two seconds held, one second back."""
RANGE = 80.0


def bell(x):
    """Speed of a minimum-jerk movement at share ``x`` of its time; its mean is 1 and its peak 1.875."""
    return np.where((x > 0) & (x < 1), 30 * x**2 * (1 - x) ** 2, 0.0)


def path(x):
    x = np.clip(x, 0, 1)
    return 10 * x**3 - 15 * x**4 + 6 * x**5


def performed(t_s, edges=EDGES, size=RANGE):
    """Shift and speed of a repetition out and back along minimum-jerk paths."""
    start, out_end, hold_end, end = edges
    out, back = (t_s - start) / (out_end - start), (t_s - hold_end) / (end - hold_end)
    speed = size * (bell(out) / (out_end - start) + bell(back) / (end - hold_end))
    return size * (path(out) - path(back)), speed


def times(rate_hz=100, until_s=8.0, seed=None):
    """Sampling times, unevenly spaced where a seed is given: every step 0.5 to 1.5 of its length."""
    even = np.arange(0, until_s, 1 / rate_hz)
    if seed is None:
        return even
    return np.sort(even + np.random.default_rng(seed).uniform(-0.25, 0.25, len(even)) / rate_hz)


def measured(t_s, edges=EDGES, *, with_speed=True, size=RANGE):
    shift, speed = performed(t_s, edges, size)
    return measure(t_s, shift, speed if with_speed else None, None, None, edges)


def arc_on_paper():
    """Spectral arc length of the minimum-jerk speed by direct quadrature of its Fourier integral."""
    x = np.linspace(0, 1, 4001)
    frequency = np.linspace(0, 4, 801)
    height = np.abs([np.trapezoid(bell(x) * np.exp(-2j * math.pi * f * x), x) for f in frequency])
    height = height[: np.flatnonzero(height >= 0.05)[-1] + 1]
    return -np.hypot(1 / (len(height) - 1), np.diff(height)).sum()


# ---- speed ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("with_speed", [True, False])
@pytest.mark.parametrize("rate_hz", [20, 50, 100, 200])
def test_speeds_are_those_of_the_two_ways_and_leave_the_hold_out(rate_hz, with_speed):
    found = measured(times(rate_hz), with_speed=with_speed)
    assert found.mean_speed == pytest.approx(2 * RANGE / 4, rel=0.002)
    assert found.peak_speed == pytest.approx(1.875 * RANGE / 1, rel=0.015)


def test_the_peak_speed_may_be_on_either_way():
    there = measured(times(), (1.0, 2.0, 4.0, 7.0))
    back = measured(times(), EDGES)
    assert there.peak_speed == pytest.approx(back.peak_speed, rel=1e-3)


def test_a_single_spike_is_no_peak_speed():
    t_s = times()
    shift, speed = performed(t_s)
    speed[250] = 1000.0
    found = measure(t_s, shift, speed, None, None, EDGES)
    assert found.peak_speed < 1.05 * 1.875 * RANGE


def test_a_noisy_force_has_no_wild_peak_speed():
    t_s = times(80)
    shift, _ = performed(t_s)
    noisy = shift + np.random.default_rng(3).normal(0, 0.3, len(t_s))
    assert measure(t_s, noisy, None, None, None, EDGES).peak_speed == pytest.approx(150, rel=0.06)


# ---- smoothness -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lasting_s", [0.6, 1.0, 3.0, 6.0])
def test_a_minimum_jerk_movement_has_the_arc_length_it_has_on_paper(lasting_s):
    middles_s = np.arange(0, lasting_s, CELL_S) + CELL_S / 2
    assert spectral_arc_length(bell(middles_s / lasting_s), CELL_S) == pytest.approx(arc_on_paper(), abs=0.01)


def test_the_mean_of_the_two_ways_is_the_smoothness():
    assert measured(times()).smoothness == pytest.approx(arc_on_paper(), abs=0.01)


def test_each_way_counts_for_half_of_the_smoothness():
    t_s = times()
    shift, speed = performed(t_s)
    shaking = 1 + 0.5 * np.sin(2 * math.pi * 5 * t_s)
    half = measure(t_s, shift, np.where(t_s < 5, speed * shaking, speed), None, None, EDGES).smoothness
    assert half < arc_on_paper() - 0.05
    assert half == pytest.approx((arc(speed * shaking, 1.0, 4.0) + arc_on_paper()) / 2, abs=0.01)


def arc(speed, from_s, to_s):
    return spectral_arc_length(speed[round(100 * from_s) : round(100 * to_s)], 0.01)


@pytest.mark.parametrize("hold_s", [0.0, 1.0, 5.0])
def test_a_hold_is_not_counted_as_jerk(hold_s):
    edges = (1.0, 3.0, 3.0 + hold_s, 5.0 + hold_s)
    t_s = times(until_s=12.0)
    assert measured(t_s, edges).smoothness == pytest.approx(arc_on_paper(), abs=0.01)


def test_taken_as_one_movement_the_hold_would_have_counted():
    t_s = np.arange(0, 12, CELL_S)
    whole = performed(t_s, (1.0, 3.0, 8.0, 10.0))[1][50:500]
    assert spectral_arc_length(whole, CELL_S) < 2 * arc_on_paper()


def test_more_jerk_means_less_smooth():
    """From one sweep over a tremor to three separate pushes."""
    t_s = times()
    shift, speed = performed(t_s)
    moving = speed > 0

    def of(pace):
        return measure(t_s, shift, np.where(moving, pace, 0), None, None, EDGES).smoothness

    tremor = [of(speed * (1 + size * np.sin(2 * math.pi * 5 * t_s))) for size in (0.0, 0.2, 0.5, 0.9)]
    pushes = of(speed * (1 + np.cos(2 * math.pi * t_s * 3)))
    assert tremor == sorted(tremor, reverse=True)
    assert pushes < tremor[1] < tremor[0] - 0.02


def test_going_nowhere_has_no_smoothness():
    assert spectral_arc_length(np.zeros(50), CELL_S) is None


# ---- hold -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rate_hz", [20, 100])
def test_the_sway_of_a_sine_is_its_size_over_the_root_of_two(rate_hz):
    t_s = times(rate_hz)
    shift, speed = performed(t_s, (1.0, 2.0, 6.3, 7.3))
    swaying = shift + 0.5 * np.sin(2 * math.pi * 1.0 * t_s)
    found = measure(t_s, swaying, speed, None, None, (1.0, 2.0, 6.3, 7.3))
    assert found.hold_sway == pytest.approx(0.5 / math.sqrt(2), rel=0.03)


def test_a_slow_sinking_is_no_sway():
    t_s = times()
    shift, speed = performed(t_s)
    assert measure(t_s, shift - 2.0 * t_s, speed, None, None, EDGES).hold_sway == pytest.approx(0, abs=1e-6)


def test_a_pause_too_short_to_look_at_has_no_sway():
    assert measured(times(), (1.0, 3.0, 3.5, 5.0)).hold_sway is None


# ---- force ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rate_hz", [10, 80])
def test_force_of_half_a_sine(rate_hz):
    """100 N at the top over six seconds: impulse 2 / pi of the rectangle."""
    t_s, force_t_s = times(), times(rate_hz) + 0.003
    shift, speed = performed(t_s)
    force_n = 100 * np.sin(math.pi * np.clip((force_t_s - 1) / 6, 0, 1))
    found = measure(t_s, shift, speed, force_t_s, force_n, EDGES)
    assert found.peak_force_n == pytest.approx(100, rel=0.002)
    assert found.impulse_n_s == pytest.approx(600 * 2 / math.pi, rel=0.002)
    assert found.mean_force_n == pytest.approx(100 * 2 / math.pi, rel=0.002)


def test_without_a_load_cell_the_forces_are_not_known():
    found = measured(times())
    assert (found.peak_force_n, found.mean_force_n, found.impulse_n_s) == (None, None, None)


def test_a_force_that_fell_silent_is_not_guessed():
    t_s = times()
    shift, speed = performed(t_s)
    heard = t_s < 5.0
    found = measure(t_s, shift, speed, t_s[heard], np.full(heard.sum(), 50.0), EDGES)
    assert found.impulse_n_s is None
    assert found.peak_speed is not None


# ---- what is missing --------------------------------------------------------------------------------------


def test_values_that_are_no_numbers_are_missing_samples():
    t_s = times()
    shift, speed = performed(t_s)
    whole = measure(t_s, shift, speed, t_s, shift, EDGES)
    shift[210:218], speed[505:512] = np.nan, np.inf
    found = measure(t_s, shift, speed, t_s, shift, EDGES)
    for name in Measures.__slots__:
        assert getattr(found, name) == pytest.approx(getattr(whole, name), rel=0.02, abs=1e-3), name


def test_a_hole_hides_peak_and_smoothness_but_not_the_distance():
    t_s = times()
    seen = (t_s < 2.3) | (t_s > 2.3 + 2 * FINE_S)
    found = measured(t_s[seen], with_speed=False)
    assert (found.peak_speed, found.smoothness) == (None, None)
    assert found.mean_speed == pytest.approx(40, rel=0.01)


def test_across_a_longer_hole_nothing_is_known_of_the_ways():
    t_s = times()
    seen = (t_s < 2.2) | (t_s > 2.2 + HOLE_S + 0.1)
    found = measured(t_s[seen], with_speed=False)
    assert (found.peak_speed, found.mean_speed, found.smoothness) == (None, None, None)


@pytest.mark.parametrize("kept", [slice(0, 0), slice(0, 1), slice(0, 150), slice(500, 800)])
def test_what_was_not_seen_is_not_known(kept):
    t_s = times()
    shift, speed = performed(t_s)
    found = measure(t_s[kept], shift[kept], speed[kept], t_s[kept], shift[kept], EDGES)
    assert found == Measures(hold_sway=None)


# ---- whatever the movement --------------------------------------------------------------------------------


@QUICK
@given(later_s=st.integers(0, 10**6).map(lambda n: n / 64))
def test_the_hour_of_the_clock_does_not_matter(later_s):
    t_s = times(64)
    shift, speed = performed(t_s)
    now = measure(t_s, shift, speed, t_s, shift, EDGES)
    later = measure(t_s + later_s, shift, speed, t_s + later_s, shift, tuple(e + later_s for e in EDGES))
    for name in Measures.__slots__:
        assert getattr(later, name) == pytest.approx(getattr(now, name), rel=1e-4, abs=1e-4), name


@QUICK
@given(gain=st.floats(0.01, 100))
def test_a_larger_movement_is_faster_and_no_less_smooth(gain):
    one, other = measured(times()), measured(times(), size=gain * RANGE)
    assert other.smoothness == pytest.approx(one.smoothness, rel=1e-6)
    assert other.peak_speed == pytest.approx(gain * one.peak_speed)
    assert other.mean_speed == pytest.approx(gain * one.mean_speed)


@QUICK
@given(rate_hz=st.integers(20, 200), seed=st.integers(0, 10**6), with_speed=st.booleans())
def test_the_sampling_does_not_matter(rate_hz, seed, with_speed):
    fine, coarse = measured(times(200)), measured(times(rate_hz, seed=seed), with_speed=with_speed)
    assert coarse.smoothness == pytest.approx(fine.smoothness, abs=0.03)
    assert coarse.peak_speed == pytest.approx(fine.peak_speed, rel=0.03)
    assert coarse.mean_speed == pytest.approx(fine.mean_speed, rel=0.01)
    assert coarse.hold_sway == pytest.approx(0, abs=1e-6)


@QUICK
@given(values=st.lists(st.floats(-1e6, 1e6) | st.just(math.nan), min_size=1, max_size=60), seed=st.integers(0, 99))
def test_any_numbers_at_all_are_survived(values, seed):
    edges = tuple(sorted(random.Random(seed).uniform(-1, 4) for _ in range(4)))
    t_s, shift = np.arange(len(values)) / 20, np.array(values)
    for speed in (None, np.abs(shift)):
        found = measure(t_s, shift, speed, t_s, shift, edges)
        assert found.smoothness is None or found.smoothness < 0


def test_a_repetition_is_measured_in_less_than_a_millisecond():
    t_s = times(100)
    shift, speed = performed(t_s)
    took_s = []
    for _ in range(30):
        begun_s = time.perf_counter()
        measure(t_s, shift, speed, t_s, shift, EDGES)
        took_s.append(time.perf_counter() - begun_s)
    assert min(took_s) < 0.001


@pytest.mark.parametrize(("exercise", "unit"), [("goblet_squat", "deg"), ("band_row", "N")])
def test_every_finished_repetition_is_measured(performed, finished, exercise, unit):
    truth, samples = performed(exercise, (2.0, 1.0, 2.0, 1.0), seed=6, until_s=20.0, noise_seed=6)
    for event, true in zip(finished(samples, exercise), truth, strict=True):
        found = event.rep.measures
        assert event.rep.range_unit == unit
        # Out and back in the time of both ways; a minimum-jerk path peaks at 1.875 times its mean.
        moving_s = (true.out_end_s - true.start_s) + (true.end_s - true.hold_end_s)
        assert found.mean_speed == pytest.approx(2 * event.rep.range_value / moving_s, rel=0.15)
        assert 1.5 < found.peak_speed / found.mean_speed < 2.6
        assert -2.5 < found.smoothness < -1.35
        assert 0.0 <= found.hold_sway < 0.05 * event.rep.range_value
        if unit == "N":
            assert found.peak_force_n == event.rep.peak_force_n
            assert found.mean_force_n < found.peak_force_n
            assert found.impulse_n_s == pytest.approx(
                found.mean_force_n * (event.rep.end_s - event.rep.start_s), rel=0.1
            )
