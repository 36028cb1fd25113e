"""Left and right, as a clinician would ask."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.analysis.symmetry import REPS_A_SIDE, Balance, compare_sides, symmetry

ABOUT_80 = [79.0, 80.0, 81.0, 80.0, 80.0, 79.5]


def scaled(values, by):
    return [by * value for value in values]


@pytest.mark.parametrize(
    ("left", "right", "balance"),
    [
        (100.0, 100.0, Balance.EVEN),
        (105.0, 95.0, Balance.EVEN),
        (110.0, 90.0, Balance.SLIGHT),
        (90.0, 110.0, Balance.SLIGHT),
        (120.0, 80.0, Balance.FINDING),
        (80.0, 120.0, Balance.FINDING),
        (100.0, 0.0, Balance.FINDING),
    ],
)
def test_the_bands(left, right, balance):
    found = symmetry([left] * 5, [right] * 5)
    assert found.balance is balance
    assert found.index == pytest.approx((left - right) / (left + right))


def test_a_clinician_may_set_other_bands():
    assert symmetry([110.0] * 5, [90.0] * 5, even=0.02, finding=0.08).balance is Balance.FINDING


def test_too_few_repetitions_on_a_side_say_nothing():
    found = symmetry(ABOUT_80, ABOUT_80[: REPS_A_SIDE - 1])
    assert (found.balance, found.index) == (Balance.NOT_ENOUGH, None)
    assert "6 repetitions left and 4 right" in found.why


def test_repetitions_unlike_one_another_say_nothing():
    wild = [20.0, 50.0, 80.0, 110.0, 140.0]
    found = symmetry(wild, scaled(wild, 1.3))
    assert found.balance is Balance.NOT_ENOUGH
    assert "differ too much" in found.why


def test_one_bad_repetition_is_no_asymmetry():
    assert symmetry([*ABOUT_80, 5.0], ABOUT_80).balance is Balance.EVEN


def test_nothing_on_either_side_cannot_be_compared():
    assert symmetry([0.0] * 5, [0.0] * 5).balance is Balance.NOT_ENOUGH


def test_the_sides_of_repetitions(rep):
    left = [rep(size=100.0, parts=(2.0, 1.0, 1.0), impulse_n_s=300.0, peak_force_n=90.0) for _ in range(6)]
    right = [rep(size=98.0, parts=(2.0, 1.0, 1.5), impulse_n_s=200.0, peak_force_n=89.0) for _ in range(6)]
    found = compare_sides(left, right)
    assert found["range"].balance is Balance.EVEN
    assert found["peak_force_n"].balance is Balance.EVEN
    assert found["impulse_n_s"].balance is Balance.FINDING
    assert found["concentric_s"].index == pytest.approx(-0.2)
    assert found["top_s"].balance is Balance.NOT_ENOUGH
    assert "smoothness" not in found


def test_repetitions_the_counter_doubts_are_left_out(rep):
    sure = [rep(size=100.0) for _ in range(5)]
    doubted = [rep(size=10.0, confidence=0.3) for _ in range(20)]
    assert compare_sides(sure + doubted, sure)["range"].index == 0
    assert compare_sides(doubted, sure)["range"].balance is Balance.NOT_ENOUGH


def test_degrees_and_newtons_are_not_compared(rep):
    with pytest.raises(ValueError, match="N and deg"):
        compare_sides([rep(unit="N")], [rep(unit="deg")])


sides = st.lists(st.floats(1, 1000), min_size=5, max_size=12)


@given(sides, sides, st.floats(0.01, 100))
def test_the_index_turns_over_with_the_sides_and_has_no_unit(left, right, unit):
    there, back = symmetry(left, right), symmetry(right, left)
    assert there.balance is back.balance
    if there.index is not None:
        assert there.index == pytest.approx(-back.index)
        assert there.index == pytest.approx(symmetry(scaled(left, unit), scaled(right, unit)).index)
        assert -1 <= there.index <= 1
