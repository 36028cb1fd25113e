"""The figure that shows every exercise: it moves as a body can, and what touches the floor stays where it is."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from math import ceil, dist, hypot
from pathlib import Path

import pygame
import pytest
from hypothesis import given
from hypothesis import strategies as st

from display.figure import draw_view
from display.figure_sheet import render_figures
from display.gallery.states import ROUTINE, SQUAT, STATION, at
from display.shapes import FigureView, ReadyView
from display.view.by_screen import view
from edge.figure import JOINTS, Disc, Figure, FigureError, Line, Point, limits_of, read_figure, side_by_side, slip
from edge.figure.body import FOREARM, HEAD_RADIUS, SHANK, THIGH, UPPER_ARM
from edge.figure_motion import LONGEST_HOLD_S, Course, course_of
from edge.figure_svg import figure_svg
from edge.library import Exercise, Measured, exercise, exercises
from edge.live import Live
from edge.session import Screen
from edge.tempo import parse_tempo

STEPS = [k / 40 for k in range(41)]
SLIP = 0.003
"""Half a centimetre on a person of 1.7 m: less than a line is wide."""
CLEAR_OF_HEAD = HEAD_RADIUS + 0.05
"""The line of a pull passes the head at this distance at least. Ours."""
DRAWN = [one for one in exercises().values() if one.figure is not None]


def figure_of(one: Exercise) -> Figure:
    assert one.figure is not None
    return one.figure


@pytest.fixture(params=DRAWN, ids=lambda one: one.key)
def shown(request: pytest.FixtureRequest) -> Exercise:
    return request.param


def test_every_exercise_has_a_figure_of_two_to_four_poses() -> None:
    assert [one.key for one in exercises().values() if one.figure is None] == []
    assert {len(figure_of(one).poses) for one in DRAWN} <= {2, 3, 4}


def test_what_is_planted_does_not_slide(shown: Exercise) -> None:
    figure = figure_of(shown)
    worst = max(slip(figure.at(step)[1], dict(figure.contacts)) for step in STEPS)
    assert worst < SLIP, f"{worst:.4f} body heights"


def test_only_what_walks_has_nothing_planted() -> None:
    assert {one.key for one in DRAWN if not figure_of(one).contacts} == {"walk", "carry"}


def test_no_joint_goes_further_than_a_person_can(shown: Exercise) -> None:
    figure = figure_of(shown)
    for step in STEPS:
        pose, _ = figure.at(step)
        for joint in JOINTS:
            low, high = limits_of(joint, front=figure.front)
            assert low - 2 <= getattr(pose, joint) <= high + 2, (joint, step)


def test_nothing_jumps(shown: Exercise) -> None:
    figure = figure_of(shown)
    fine = [figure.at(k / 200)[1] for k in range(201)]
    furthest = max(dist(one[name], other[name]) for one, other in pairwise(fine) for name in one)
    assert furthest < 0.03, "body heights in a two-hundredth of the way"


def test_what_goes_round_ends_where_it_began() -> None:
    for one in DRAWN:
        figure = figure_of(one)
        if figure.cycle:
            first, last = figure.at(0.0)[1], figure.at(0.99999)[1]
            assert all(dist(first[name], last[name]) < 0.001 for name in first), one.key


def test_bones_keep_their_length(shown: Exercise) -> None:
    figure = figure_of(shown)
    if figure.front:
        return
    for step in STEPS:
        _, points = figure.at(step)
        for side in ("near", "far"):
            for start, end, length in (
                ("shoulder", "elbow", UPPER_ARM),
                ("elbow", "hand", FOREARM),
                ("hip", "knee", THIGH),
                ("knee", "ankle", SHANK),
            ):
                assert dist(points[f"{side}_{start}"], points[f"{side}_{end}"]) == pytest.approx(length)


def test_nobody_sinks_into_the_floor(shown: Exercise) -> None:
    figure = figure_of(shown)
    lowest = min(y for step in STEPS for _, y in figure.at(step)[1].values())
    assert lowest > -0.02


def test_a_movement_can_be_seen(shown: Exercise) -> None:
    figure = figure_of(shown)
    (_, start), (_, end) = figure.at(0.0), figure.at(0.5 if figure.cycle else 1.0)
    assert max(dist(start[name], end[name]) for name in start) > 0.1


# ---- bands ------------------------------------------------------------------------------------------------


def test_a_band_never_pulls_towards_the_face(shown: Exercise) -> None:
    """Where a band comes off its hook it flies along its own line, and on beyond the hand."""
    figure = figure_of(shown)
    for prop in figure.props:
        if prop.kind != "band" or figure.front:
            continue
        for step in STEPS:
            _, points = figure.at(step)
            ends = [points[where] if isinstance(where, str) else where for where in prop.at]
            for start, end in pairwise(ends):
                assert from_ray(points["head"], start, end) > CLEAR_OF_HEAD, step


def from_ray(point: Point, start: Point, through: Point) -> float:
    """Return how far a point is from the line that begins at ``start`` and goes on through another."""
    (x0, y0), (x1, y1) = start, through
    length = hypot(x1 - x0, y1 - y0)
    along = max(((point[0] - x0) * (x1 - x0) + (point[1] - y0) * (y1 - y0)) / length, 0.0)
    return dist(point, (x0 + along * (x1 - x0) / length, y0 + along * (y1 - y0) / length))


# ---- in time ----------------------------------------------------------------------------------------------


def test_a_squat_at_3_1_0_goes_down_in_three_seconds_and_stays_for_one() -> None:
    course = course_of(exercise("goblet_squat"), parse_tempo("3.1.0"))
    assert (course.out_s, course.hold_s) == (3.0, 1.0)
    down_s = course.rest_s + 3.0
    assert course.position_at(course.rest_s) == 0.0
    assert course.position_at(down_s) == course.position_at(down_s + 0.9) == pytest.approx(1.0)
    assert 0.0 < course.position_at(down_s + 1.5) < 1.0


def test_a_row_pulls_first_and_lets_go_slowly() -> None:
    course = course_of(exercise("band_row"), parse_tempo("3.1.1"))
    assert (course.out_s, course.back_s) == (1.0, 3.0)


def test_a_hold_of_the_row_is_shown_and_a_long_one_is_shortened() -> None:
    glide = exercise("sciatic_nerve_glide")
    assert course_of(glide, parse_tempo("5 s hold")).hold_s == 5.0
    assert course_of(glide, parse_tempo("normal"), hold_s=30.0).hold_s == LONGEST_HOLD_S


@given(
    st.floats(0.2, 10), st.floats(0, 5), st.floats(0.2, 10), st.floats(0.1, 5), st.floats(0, 1e4), st.floats(0, 0.01)
)
def test_the_course_is_smooth_and_begins_again(
    out_s: float, hold_s: float, back_s: float, rest_s: float, t_s: float, step_s: float
) -> None:
    course = Course(out_s, hold_s, back_s, rest_s)
    now, later = course.position_at(t_s), course.position_at(t_s + step_s)
    assert 0.0 <= now <= 1.0
    # A minimum-jerk path is at most 15/8 as fast as its mean.
    assert abs(later - now) <= 15 / 8 * step_s / min(out_s, back_s) + 1e-6
    assert course.position_at(course.length_s * 3) == pytest.approx(0.0, abs=1e-6)


# ---- on the screen ----------------------------------------------------------------------------------------


def ready(key: str, *, now_s: float = 100.0, calm: bool = False, tempo: str = "3.1.0") -> ReadyView:
    line = replace(SQUAT, exercise=key, tempo=parse_tempo(tempo))
    found = view(
        at(Screen.READY, routine=replace(ROUTINE, lines=(line,)), now_s=now_s),
        Live(),
        replace(STATION, calm=calm),
    )
    assert isinstance(found, ReadyView)
    return found


def test_the_figure_moves_while_the_patient_gets_ready_and_stands_still_where_it_is_calm() -> None:
    seen = {ready("goblet_squat", now_s=100.0 + k / 5).figure for k in range(40)}
    assert len({figure.positions for figure in seen if figure}) > 10
    assert {ready("goblet_squat", now_s=now_s, calm=True).figure for now_s in (100.0, 101.0)} == {
        FigureView(figure_of(exercise("goblet_squat")), (0.0, 1.0))
    }


def test_what_no_sensor_can_tell_waits_for_no_sensor_by_name() -> None:
    assert [line.label for line in ready("leg_press").sensors] == ["Band sensor", "Thigh sensor"]


def test_a_walk_has_no_phases_to_be_told() -> None:
    assert [text for text, _ in ready("walk").pace] == ["Your own speed"]


def test_moving_and_calm_figures_are_drawn_in_their_box_alone() -> None:
    for calm in (False, True):
        shown = ready("bird_dog", calm=calm).figure
        assert shown is not None
        surface = pygame.Surface((300, 200))
        draw_view(surface, (50, 30, 200, 120), shown)
        drawn = pygame.surfarray.array3d(surface).any(axis=2)
        assert drawn[50:250, 30:150].all()
        assert drawn.sum() == 200 * 120
        assert len({tuple(surface.get_at((x, y))) for x in range(50, 250) for y in range(30, 150)}) > 10


def test_every_figure_is_on_a_sheet(tmp_path: Path) -> None:
    assert len(render_figures(tmp_path)) == ceil(len(DRAWN) / 16)


# ---- on paper ---------------------------------------------------------------------------------------------


def test_both_stills_and_the_arrow_lie_inside_the_drawing(shown: Exercise) -> None:
    marks, (left, bottom, right, top) = side_by_side(figure_of(shown))
    boxes = [mark.box for mark in marks]
    assert left - 1e-9 <= min(box[0] for box in boxes) <= max(box[2] for box in boxes) <= right + 1e-9
    assert bottom - 1e-9 <= min(box[1] for box in boxes) <= max(box[3] for box in boxes) <= top + 1e-9
    assert all(isinstance(mark, Line | Disc) for mark in marks)


def test_a_still_is_black_and_white_and_says_what_it_shows(shown: Exercise) -> None:
    drawn = figure_svg(shown, (240, 120))
    assert drawn.startswith("<svg xmlns")
    assert f"<title>{shown.name}</title>" in drawn
    assert {part.split('"')[0] for part in drawn.split("#")[1:]} <= {"000000", "8a8a8a", "ffffff"}


# ---- what content may not say -----------------------------------------------------------------------------

GOOD = {"contacts": {"feet": [0, 0]}, "poses": [{}, {"hip": 90, "knee": 90}]}


def test_a_good_figure_is_read() -> None:
    figure = read_figure(GOOD)
    assert [name for name, _ in figure.contacts] == ["near_foot", "far_foot"]
    assert figure.poses[1].near_hip == figure.poses[1].far_hip == 90


def test_a_pose_begins_with_the_one_before_it_and_one_side_may_differ() -> None:
    figure = read_figure({"poses": [{"trunk": 10}, {"far_hip": 20, "hip": 30}]})
    assert (figure.poses[1].trunk, figure.poses[1].near_hip, figure.poses[1].far_hip) == (10, 30, 20)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"poses": [{}]}, r"figure.poses is .*; expected a list of 2 to 4 poses"),
        ({"poses": [{}, {"knee": 200}]}, r"pose 2: knee is 200; expected 0 to 160 degrees"),
        ({"poses": [{}, {"wing": 20}]}, r"pose 2: wing is not a joint"),
        ({"poses": [{}, 3]}, r"pose 2 is 3; expected joint angles"),
        ({"poses": [{}, {"knee": True}]}, r"pose 2: knee is True"),
        ({"contacts": {"feet": [0]}}, r"figure.contacts.feet is \[0\]; expected \[x, y\]"),
        ({"contacts": {"tail": [0, 0]}}, r"figure.contacts.tail is not known here"),
        ({"contacts": {"feet": [0, 0], "hip": [0, 0]}}, r"figure.contacts.hip is not known here"),
        ({"props": [["rope", [0, 0]]]}, r"expected a list that begins with one of floor, mat"),
        ({"props": [["bell", [0, 0], [1, 1]]]}, r"expected 1 places after bell"),
        ({"props": [["bell", "wing"]]}, r"bell at 'wing'; expected \[x, y\] or one of"),
        ({"props": [["bell", [9, 0]]]}, r"expected \[x, y\] of at most 2 body heights"),
        ({"view": "top"}, r"figure.view is 'top'; expected one of side, front"),
        ({"cycle": 1}, r"figure.cycle is 1; expected true or false"),
        ({"sound": 1}, r"figure.sound is not known"),
    ],
)
def test_a_malformed_figure_is_refused_with_its_place(change: dict[str, object], said: str) -> None:
    with pytest.raises(FigureError, match=said):
        read_figure({**GOOD, **change})


def test_what_is_held_has_a_hold_in_words() -> None:
    for one in exercises().values():
        if one.measured is Measured.HELD:
            assert one.words[one.phases[1]] == "Hold", one.key
