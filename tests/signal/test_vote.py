"""Several counts of one movement: what most of them say is told, and nothing before that."""

from statistics import median_low

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.signal.alike import Cycle
from edge.signal.vote import LEAD, Vote


def cycle(end_s):
    at = (0.0, 0.0, 9.8)
    return Cycle(end_s - 2.0, end_s - 1.0, end_s, 0, at, at, 3.0, np.zeros(48), np.zeros(3))


def told(vote, heard):
    """The ends of what is told, for (voter, end of the cycle it counted)."""
    known = [vote.add(voter, cycle(end_s)) for voter, end_s in heard]
    return [one.end_s for one in known if one is not None]


def test_one_voter_decides_alone():
    assert told(Vote(1), [(0, 2.0), (0, 4.0)]) == [2.0, 4.0]


def test_the_second_of_three_decides_and_the_third_adds_nothing():
    assert told(Vote(3), [(0, 2.0), (1, 2.1), (2, 2.2), (2, 4.2), (0, 4.0)]) == [2.1, 4.2]


def test_one_that_counts_twice_as_much_is_outvoted():
    heard = [(voter, second) for second in range(1, 7) for voter in (0, 1, 2) if voter == 0 or second % 2 == 0]
    assert told(Vote(3), heard) == [2, 4, 6]


def test_one_that_misses_some_is_outvoted():
    heard = [(voter, second) for second in range(1, 7) for voter in (0, 1, 2) if voter or second > 4]
    assert told(Vote(3), heard) == [1, 2, 3, 4, 5, 6]


def test_a_lead_from_another_set_is_forgotten():
    vote = Vote(3)
    assert told(vote, [(0, 2.0), (0, 4.0)]) == []
    assert vote.pending == 2
    vote.forget()
    assert vote.pending == 0
    assert told(vote, [(1, 102.0), (0, 102.1), (2, 102.2)]) == [102.1]


@given(heard=st.lists(st.integers(0, 4), max_size=5 * LEAD))
@pytest.mark.parametrize("voters", [1, 3, 5])
def test_what_is_told_is_the_median_of_the_counts_at_every_moment(voters, heard):
    vote, counts, known = Vote(voters), [0] * voters, 0
    for now_s, drawn in enumerate(heard):
        voter = drawn % voters
        if counts[voter] - known >= LEAD:
            continue
        counts[voter] += 1
        one = vote.add(voter, cycle(float(now_s)))
        known += one is not None
        assert one is None or one.end_s == now_s
        assert known == median_low(counts)


@given(heard=st.integers(LEAD + 1, 10 * LEAD))
def test_a_lead_is_bounded(heard):
    vote = Vote(3)
    assert told(vote, [(0, float(s)) for s in range(heard)]) == []
    assert vote.pending == LEAD
