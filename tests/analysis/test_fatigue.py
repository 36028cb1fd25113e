"""Growing slower within a set, and when that says nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.analysis.fatigue import REPS_FROM, Meaning, fatigue
from edge.tempo import parse_tempo

FAST, OWN, SLOW, PACED = (parse_tempo(text) for text in ("2.0.X", "3.1.0", "slow and controlled", "3.1.2"))


@pytest.fixture
def lifts(rep):
    """Return the function that makes a set of lifts of so many seconds each."""
    return lambda *seconds: [rep(i + 1, (2.0, 1.0, lasting_s)) for i, lasting_s in enumerate(seconds)]


def test_the_loss_is_from_the_best_lift_to_the_last(lifts):
    found = fatigue(lifts(1.25, 1.0, 1.1, 1.25), FAST)
    assert found.meaning is Meaning.FATIGUE
    assert found.speed_loss == pytest.approx(0.2)


def test_who_ends_with_the_fastest_lift_has_lost_nothing(lifts):
    assert fatigue(lifts(1.3, 1.2, 1.1, 1.0), FAST).speed_loss == 0


def test_a_smaller_range_in_the_same_time_is_slower(rep):
    reps = [rep(i + 1, (2.0, 0.0, 1.0), size) for i, size in enumerate((80.0, 80.0, 80.0, 60.0))]
    assert fatigue(reps, FAST).speed_loss == pytest.approx(0.25)


@pytest.mark.parametrize("tempo", [PACED, SLOW])
def test_in_a_paced_set_no_loss_is_told_and_the_reason_is(lifts, tempo):
    found = fatigue(lifts(*[2.0 + 0.1 * i for i in range(10)]), tempo)
    assert (found.meaning, found.speed_loss, found.speed_trend) == (Meaning.PACED, None, None)
    assert "paced" in found.why
    assert found.tempo_trend.slope == pytest.approx(0.1)


def test_at_ones_own_speed_a_loss_may_have_other_reasons(lifts):
    found = fatigue(lifts(1.0, 1.0, 1.1, 1.25), OWN)
    assert found.meaning is Meaning.OWN_PACE
    assert found.speed_loss == pytest.approx(0.2)
    assert "other reasons" in found.why


def test_a_steady_slowing_is_a_real_trend_with_its_interval(lifts):
    found = fatigue(lifts(*[1 / (1 - 0.03 * i) for i in range(12)]), FAST).speed_trend
    assert found.real
    assert found.slope == pytest.approx(-0.03)
    assert found.low <= found.slope <= found.high


def test_one_slow_lift_in_the_middle_is_no_trend(lifts):
    found = fatigue(lifts(1.0, 1.02, 0.98, 1.0, 2.5, 1.01, 0.99, 1.0, 1.02, 0.98), FAST)
    assert not found.speed_trend.real


def test_a_short_set_has_a_loss_but_no_trend(lifts):
    found = fatigue(lifts(1.0, 1.0, 1.0, 1.1), FAST)
    assert (found.speed_trend, found.tempo_trend) == (None, None)
    assert "no trend" in found.why


def test_too_few_sure_repetitions_say_nothing(lifts, rep):
    doubted = [rep(i + 4, confidence=0.4) for i in range(10)]
    found = fatigue([*lifts(1.0, 1.0, 1.0), *doubted], FAST)
    assert (found.meaning, found.speed_loss) == (Meaning.NOT_ENOUGH, None)
    assert f"3 sure repetitions; {REPS_FROM} are needed" in found.why


@given(st.lists(st.floats(0.2, 10), min_size=REPS_FROM, max_size=20), st.floats(0.1, 100))
def test_the_loss_is_a_share_and_has_no_unit(rep, seconds, gain):
    small = [rep(i + 1, (1.0, 0.0, s), 80.0) for i, s in enumerate(seconds)]
    large = [rep(i + 1, (1.0, 0.0, s), 80.0 * gain) for i, s in enumerate(seconds)]
    found = fatigue(small, FAST)
    assert 0 <= found.speed_loss < 1
    assert fatigue(large, FAST).speed_loss == pytest.approx(found.speed_loss)
