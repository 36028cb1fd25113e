"""A bell that comes down hard on its dock is noticed; one that is put down is not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.samples import STANDARD_GRAVITY_M_S2 as G
from drivers.samples import LoadSample, Quality
from edge.records import Happened
from edge.safety.landing import LandingWatch

KG, BESIDE_N, AT_S = 12.0, 16.0 * G, 2.0
RATES = (10, 80)


def mean_n(of_time, t_s, rate_hz, steps=40):
    """What a converter reads: the mean of the force over its conversion."""
    return sum(of_time(t_s - k / steps / rate_hz) for k in range(steps)) / steps


def seen(of_time, rate_hz, seconds=5.0, quality=Quality.GOOD):
    watch = LandingWatch()
    times = (k / rate_hz for k in range(int(seconds * rate_hz)))
    return [
        one for t_s in times for one in watch.feed(LoadSample("dock", t_s, mean_n(of_time, t_s, rate_hz), quality))
    ]


def put_down(hand_s, kg=KG):
    return lambda t_s: BESIDE_N + kg * G * min(max((t_s - AT_S) / hand_s, 0.0), 1.0)


def dropped(height_m, kg=KG, stops_s=0.02):
    """A fall: the floor of the dock takes the momentum within ``stops_s``, then the bell stands."""
    push_n = kg * (2 * G * height_m) ** 0.5 / stops_s

    def force_n(t_s):
        if t_s < AT_S:
            return BESIDE_N
        return BESIDE_N + kg * G + (push_n if t_s < AT_S + stops_s else 0.0)

    return force_n


@pytest.mark.parametrize("rate_hz", RATES)
@pytest.mark.parametrize("height_m", [0.2, 0.5])
def test_a_bell_that_falls_on_the_dock_is_noticed_once(rate_hz, height_m):
    (one,) = seen(dropped(height_m), rate_hz)
    assert one.what is Happened.BELL_DROPPED
    assert one.value_n >= 2 * KG * G
    assert AT_S < one.t_s < AT_S + 1.0


@pytest.mark.parametrize("rate_hz", RATES)
@pytest.mark.parametrize("hand_s", [0.05, 0.25, 1.0, 3.0])
def test_a_bell_that_is_put_down_is_not(rate_hz, hand_s):
    assert seen(put_down(hand_s), rate_hz) == []


def test_a_kick_against_the_dock_leaves_nothing_standing_there():
    assert seen(lambda t_s: BESIDE_N + (400.0 if AT_S < t_s < AT_S + 0.2 else 0.0), 80) == []


def test_a_cell_that_cannot_be_believed_shows_nothing():
    assert seen(dropped(0.5), 80, quality=Quality.UNCALIBRATED) == []


@given(st.floats(0.1, 3.0), st.floats(2.5, 40.0), st.sampled_from(RATES), st.floats(0, 1 / 10))
def test_nobody_who_puts_a_bell_down_hears_an_alarm(hand_s, kg, rate_hz, phase_s):
    put = put_down(hand_s, kg)
    assert seen(lambda t_s: put(t_s + phase_s), rate_hz, 6.5) == []
