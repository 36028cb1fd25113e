"""A plan changed by hand: rows put in, taken out and moved, and the changes of two people joined."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.library import Kit, exercises
from edge.prescription.amend import added, companions, groups, joined, moved, put, suggested, without
from edge.prescription.limits import Limits
from edge.prescription.plan import CoachMode
from edge.prescription.programmes import begin, programme
from edge.prescription.row import Role, Span
from edge.programme import parse_prescription, write_prescription

NAMES = ("home-3day", "gym-4day", "microroutine-6w")


def plan(name="gym-4day"):
    return begin(programme(name), "p-0001-aaaa", "station-0001", "Ana", "2026-11-21", date(2026, 11, 23))


def day(made, number):
    return [row.name for group in groups(made) if group.day == number for row in group.rows]


def checked(made):
    """What a station reads of it."""
    return parse_prescription(write_prescription(made))


# ---- order ----------------------------------------------------------------------------------------------------


def test_a_row_moves_one_place_and_its_back_off_sets_go_with_it():
    up = checked(moved(plan(), "d1_belt_squat", -1))
    assert day(up, 1) == [
        "d1_good_morning",
        "d1_belt_squat",
        "d1_belt_squat_back_off",
        "d1_high_bar_box_squat",
        "d1_bench_press",
        "d1_walk",
    ]
    assert day(checked(moved(up, "d1_belt_squat", 1)), 1) == day(plan(), 1)


def test_at_either_end_nothing_moves():
    assert moved(plan(), "d1_good_morning", -1) == plan()
    assert moved(plan(), "d1_walk", 1) == plan()
    assert moved(plan(), "nobody", 1) == plan()


def test_two_rows_of_the_same_order_get_one_each_when_they_are_moved():
    made = plan("home-3day")
    made = put(made, replace(made.row("d1_goblet_squat"), order=1))
    first = day(made, 1)[0]
    swapped = checked(moved(made, first, 1))
    assert day(swapped, 1)[:2] == [day(made, 1)[1], first]


@given(st.sampled_from(NAMES), st.data())
def test_moving_about_loses_no_row_and_changes_nothing_but_the_order(name, data):
    made = before = plan(name)
    for _ in range(data.draw(st.integers(1, 6))):
        row = data.draw(st.sampled_from(made.rows))
        made = moved(made, row.name, data.draw(st.sampled_from((-1, 1))))
    assert {row.name: replace(row, order=1) for row in checked(made).rows} == {
        row.name: replace(row, order=1) for row in before.rows
    }


# ---- in and out -----------------------------------------------------------------------------------------------


def test_back_off_sets_go_when_their_top_set_goes_and_follow_it_to_another_day():
    assert not {"d1_belt_squat", "d1_belt_squat_back_off"} & {
        row.name for row in without(plan(), "d1_belt_squat").rows
    }
    on_day_four = checked(put(plan(), replace(plan().row("d1_belt_squat"), day=4, order=7)))
    assert day(on_day_four, 4)[-2:] == ["d1_belt_squat", "d1_belt_squat_back_off"]
    assert companions(plan(), plan().row("d1_belt_squat_back_off")) == ()


def test_a_new_row_has_the_dose_of_a_programme_and_comes_before_the_closing_walk():
    made = plan("home-3day")
    row = suggested(made, "hip_thrust", Span.of(1), 1)
    assert (row.role, row.ours >= {"sets", "reps", "rpe"}) == (Role.MAIN, True), "no programme has it: all is ours"
    assert all(one.high <= 6 for one in row.rpe), "whoever begins, begins light"
    assert day(checked(added(made, row)), 1)[-2:] == ["hip_thrust", "d1_walk"]
    squat = suggested(made, "leg_press", Span.of(1), 1)
    assert (squat.sets, squat.reps, squat.source) == (Span.of(3), Span.of(10), "S2 Table 4, day 3, row 3")
    assert (squat.load_kg, squat.alternatives) == (None, ())


def test_a_second_row_of_an_exercise_has_a_name_of_its_own():
    made = plan("home-3day")
    once = added(made, suggested(made, "hip_thrust", None, None))
    twice = checked(added(once, suggested(once, "hip_thrust", None, None)))
    assert [row.name for row in twice.rows if row.exercise == "hip_thrust"] == ["hip_thrust", "hip_thrust_2"]


@given(st.sampled_from(NAMES), st.sampled_from(sorted(exercises())), st.data())
def test_every_exercise_can_be_added_to_every_day_as_it_is_suggested(name, key, data):
    made = plan(name)
    group = data.draw(st.sampled_from(groups(made)))
    row = suggested(made, key, group.weeks, group.day)
    new = checked(added(made, row))
    assert new.row(row.name) == row
    assert {one.name for one in new.rows} - {row.name} == {one.name for one in made.rows}
    assert without(new, row.name).rows != new.rows


# ---- two people -----------------------------------------------------------------------------------------------


def test_what_two_changed_apart_is_joined():
    base = plan("home-3day")
    mine = replace(without(base, "d1_walk"), coach=CoachMode.PROPOSE, limits=Limits({"pain_ceiling": 4}))
    theirs = replace(
        put(base, replace(base.row("d1_goblet_squat"), sets=Span.of(2), rpe=(Span.of(5),) * 2)),
        limits=Limits({"rpe_cap": 7}),
        kit={Kit.MAT: ()},
    )
    both = joined(base, mine, theirs)
    assert both.lost == ()
    assert both.plan.row("d1_walk") is None
    assert both.plan.row("d1_goblet_squat").sets == Span.of(2)
    assert dict(both.plan.limits.changed) == {"pain_ceiling": 4, "rpe_cap": 7}
    assert (both.plan.coach, both.plan.kit) == (CoachMode.PROPOSE, {Kit.MAT: ()})


def test_where_both_changed_the_same_theirs_stays_and_it_is_told():
    base = plan("home-3day")
    mine = replace(without(base, "d1_goblet_squat"), limits=Limits({"pain_ceiling": 4}))
    theirs = replace(
        put(base, replace(base.row("d1_goblet_squat"), rest_s=120.0)), limits=Limits({"pain_ceiling": 3})
    )
    both = joined(base, mine, theirs)
    assert set(both.lost) == {"pain_ceiling", "d1_goblet_squat"}
    assert both.plan == theirs


@pytest.mark.parametrize("name", NAMES)
def test_joined_with_nothing_is_nothing_new(name):
    base = plan(name)
    mine = without(base, base.rows[0].name)
    assert joined(base, mine, base).plan == mine
    assert joined(base, base, mine).plan == mine
    assert joined(base, mine, mine).lost == ()
