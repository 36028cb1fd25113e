"""The road: target ahead of the line, in the order and length of the tempo."""

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from display.gallery.states import live
from display.shapes import AHEAD_S, PAST_S, Piece
from display.view.road import LEAD_S, UNJUDGED_S, road_of
from edge.library import exercise
from edge.live import Live
from edge.model import Activity, Phase
from edge.tempo import parse_tempo

ROW, SQUAT = exercise("band_row"), exercise("goblet_squat")


def ahead(pieces: tuple[Piece, ...]) -> list[tuple[Phase, float, float]]:
    return [(p.phase, round(p.start_s, 3), round(p.end_s, 3)) for p in pieces if p.end_s > 0]


def test_the_present_phase_began_when_it_began_and_the_rest_follows_its_targets() -> None:
    road = road_of(SQUAT, parse_tempo("3.1.1"), live(Phase.ECCENTRIC, 1.5, None), 4)
    assert ahead(road.pieces) == [
        (Phase.ECCENTRIC, -1.5, 1.5),
        (Phase.BOTTOM, 1.5, 2.5),
        (Phase.CONCENTRIC, 2.5, 3.5),
        (Phase.TOP, 3.5, 3.5 + UNJUDGED_S),
    ]


def test_whoever_takes_longer_than_asked_is_waited_for() -> None:
    road = road_of(SQUAT, parse_tempo("3.1.1"), live(Phase.ECCENTRIC, 4.0, None), 4)
    assert ahead(road.pieces)[0] == (Phase.BOTTOM, 0.0, 1.0)
    waiting = next(p for p in road.pieces if p.end_s == 0.0)
    assert (waiting.phase, waiting.from_height, waiting.to_height) == (Phase.ECCENTRIC, 0.0, 0.0)


@pytest.mark.parametrize("activity", [Activity.WAITING, Activity.ARMING, Activity.RESTING, Activity.BLIND])
def test_before_motion_begins_the_road_waits(activity: Activity) -> None:
    for t_s in (1.0, 9.0):
        road = road_of(SQUAT, parse_tempo("3.1.1"), Live(t_s, activity), 8)
        assert ahead(road.pieces)[:2] == [(Phase.TOP, -PAST_S, LEAD_S), (Phase.ECCENTRIC, LEAD_S, LEAD_S + 3.0)]


def test_a_squat_goes_down_first_and_a_row_goes_up_first() -> None:
    tempo, waiting = parse_tempo("1.1.1"), Live(9.0, Activity.RESTING)
    assert [p.to_height for p in road_of(SQUAT, tempo, waiting, 1).pieces] == [1, 0, 0, 1, 1]
    assert [p.to_height for p in road_of(ROW, tempo, waiting, 1).pieces] == [0, 1, 1, 0, 0]


def test_a_part_without_a_target_is_not_judged_and_has_a_drawn_length() -> None:
    pieces = {p.phase: p for p in road_of(SQUAT, parse_tempo("1.1.0"), Live(9.0, Activity.RESTING), 1).pieces}
    assert pieces[Phase.ECCENTRIC].judged
    assert not pieces[Phase.CONCENTRIC].judged
    assert pieces[Phase.CONCENTRIC].end_s - pieces[Phase.CONCENTRIC].start_s == pytest.approx(UNJUDGED_S)


def test_after_the_last_repetition_only_rest_is_ahead() -> None:
    road = road_of(ROW, parse_tempo("1.1.1.1"), live(Phase.ECCENTRIC, 0.5, 12.0), 1)
    assert [p.phase for p in road.pieces if p.start_s >= 0] == [Phase.BOTTOM]


def test_a_lost_sensor_has_no_dot_and_no_trace() -> None:
    look = replace(live(Phase.TOP, 0.5, 12.0), activity=Activity.BLIND)
    road = road_of(ROW, parse_tempo("3.1.1"), look, 3)
    assert road.dot_height is None
    assert road.trace == ()


@given(
    tempo=st.sampled_from(["3.1.1", "3.1.0", "x.1.x", "normal", "20.20.20.20", "1.1.1"]),
    phase=st.sampled_from(Phase),
    for_s=st.floats(0.0, 60.0),
    left=st.integers(0, 50),
    key=st.sampled_from(["band_row", "goblet_squat", "sit_to_stand"]),
)
def test_the_road_has_no_gap_and_no_jump_and_reaches_over_the_whole_window(
    tempo: str, phase: Phase, for_s: float, left: int, key: str
) -> None:
    due = exercise(key)
    pieces = road_of(due, parse_tempo(tempo), live(phase, for_s, None, due.phases[0]), left).pieces
    assert pieces[-1].end_s >= AHEAD_S
    assert pieces[0].start_s <= 0.0
    for before, after in pairwise(pieces):
        assert before.end_s == pytest.approx(after.start_s)
        assert before.to_height == after.from_height
