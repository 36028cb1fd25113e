"""Rows become lines: what the kit allows, how effort is capped, and the load of back-off sets."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.library import Kit, exercise, exercises
from edge.prescription.kit import fits, fitted
from edge.prescription.limits import Limits
from edge.prescription.lines import Notice, back_off_kg, lines_of, minutes, routine
from edge.prescription.plan import Prescription
from edge.prescription.programmes import begin, programme
from edge.prescription.row import Role, Row, Side, Span, one_dose
from edge.tempo import parse_tempo

SQUAT = Row(
    "squat",
    "goblet_squat",
    1,
    sets=Span(2, 3),
    reps=Span(8, 12),
    rpe=(Span(5, 5), Span(6, 6), Span(8, 9)),
    tempo=parse_tempo("3.1.0"),
    load_kg=(8.0, 12.0),
)
BACK_OFF = replace(SQUAT, name="squat_back_off", role=Role.BACK_OFF, rpe=(), load_kg=None, load_drop_pct=(10.0, 15.0))


def plan(*rows, **more) -> Prescription:
    return Prescription(1, "p-0001-aaaa", "station-0001", "Ana", "2026-11-21T08:00:00Z", rows, **more)


def owned(*items):
    return dict.fromkeys(items, ())


# ---- dose -----------------------------------------------------------------------------------------------------


def test_a_line_is_the_low_end_of_its_row():
    (line,) = lines_of(plan(SQUAT), SQUAT)
    assert (line.sets, line.reps, line.rpe) == (2, 8, (Span(5, 5), Span(6, 6)))
    assert (line.row, line.load_kg, line.tempo.bottom_s) == ("squat", (8.0, 12.0), 1.0)


def test_no_effort_passes_the_caps_and_who_pushes_too_hard_has_one_less():
    three = replace(SQUAT, exercise="leg_extension", sets=Span.of(3))
    assert next(lines_of(plan(three, limits=Limits({"rpe_cap": 7})), three)).rpe[2] == Span(7, 7)
    assert next(lines_of(plan(three, over_pusher=True), three)).rpe[2] == Span(8, 8)
    assert next(lines_of(plan(three), replace(three, rpe_cap=6))).rpe == (Span(5, 5), Span(6, 6), Span(6, 6))


def test_what_belongs_together_and_what_has_sides_are_lines_in_turn():
    both = replace(SQUAT, exercise="leg_extension", together=("leg_curl",), per_side=True)
    assert [(line.exercise, line.side) for line in lines_of(plan(both), both)] == [
        ("leg_extension", Side.LEFT),
        ("leg_extension", Side.RIGHT),
        ("leg_curl", Side.LEFT),
        ("leg_curl", Side.RIGHT),
    ]


def test_a_free_choice_offers_the_exercises_of_its_group():
    gym = programme("gym-4day")
    free = next(row for row in gym.rows if row.free_choice)
    (line,) = lines_of(plan(free), free)
    assert line.choices == exercise("upper_body_accessories").choices
    assert len(line.choices) > 1


def test_a_set_to_an_effort_has_no_number_of_repetitions():
    dips = next(row for row in programme("home-3day").rows if row.exercise == "bench_dip")
    (line,) = lines_of(plan(dips), dips)
    assert (line.reps, line.rpe) == (None, (Span(9, 9),) * 3)


def test_the_length_of_a_routine_counts_walks_holds_and_repetitions():
    walk = Row("walk", "walk", 1, duration_min=25, rest_s=60)
    stretch = Row("stretch", "stretch", 2, sets=Span.of(3), hold_s=30, rest_s=30)
    assert minutes(routine(plan(walk, stretch), (walk, stretch)).lines) == pytest.approx(25 + 1 + 3)


# ---- kit ------------------------------------------------------------------------------------------------------


def test_without_a_word_about_kit_nothing_is_left_out():
    assert fitted(SQUAT, None) == SQUAT


def test_an_alternative_of_the_row_comes_first_and_brings_no_load():
    press = replace(SQUAT, exercise="leg_press", alternatives=("hip_thrust", "sit_to_stand"))
    found = fitted(press, owned(Kit.CHAIR, Kit.BENCH, Kit.MAT))
    assert (found.exercise, found.load_kg, found.rpe) == ("hip_thrust", None, press.rpe)


def test_else_the_nearest_easier_exercise_with_less_effort_stands_in():
    found = fitted(SQUAT, owned(Kit.CHAIR))
    assert found.exercise != "goblet_squat"
    assert fits(found.exercise, owned(Kit.CHAIR))
    assert found.load_kg is None
    assert max(one.high for one in found.rpe) == 6
    assert found.name == "squat", "history hangs on the row"


def test_what_nothing_fits_is_left_out_with_a_notice():
    swing = replace(SQUAT, name="row", exercise="band_row")
    found = routine(plan(swing, kit=owned()), (swing,))
    if fitted(swing, owned()) is None:
        assert (found.lines, found.left_out, found.notice) == ((), ("row",), Notice.LEFT_OUT)
    dips = replace(SQUAT, name="press", exercise="chest_press_machine")
    left_out = routine(plan(dips, kit={}), (dips,))
    assert left_out.left_out == ("press",) or fits(left_out.lines[0].exercise, {})


def test_back_off_sets_go_with_their_top_set():
    kept = routine(plan(SQUAT, BACK_OFF, kit=owned(Kit.KETTLEBELL)), (SQUAT, BACK_OFF))
    assert [line.role for line in kept.lines] == [Role.MAIN, Role.BACK_OFF]
    replaced = routine(plan(SQUAT, BACK_OFF, kit=owned(Kit.CHAIR)), (SQUAT, BACK_OFF))
    assert [line.role for line in replaced.lines] == [Role.MAIN]
    assert replaced.left_out == ("squat_back_off",)


def easier_or_same(key):
    level, found = [key], {key}
    while level:
        level = [other for one in level for other in exercise(one).easier if other not in found]
        found.update(level)
    return found


@given(st.sampled_from(("home-3day", "gym-4day", "microroutine-6w")), st.sets(st.sampled_from(Kit)))
def test_whatever_is_owned_nothing_is_made_harder(name, items):
    made = begin(
        programme(name), "p-0001-aaaa", "station-0001", "Ana", "2026-11-21", date(2026, 11, 23), kit=owned(*items)
    )
    for row in made.rows:
        found = fitted(row, made.kit)
        if found is None:
            continue
        assert fits(found.exercise, made.kit)
        assert (found.sets, found.reps, found.hold_s, found.duration_min) == (
            row.sets, row.reps, row.hold_s, row.duration_min,
        )  # fmt: skip
        assert found.exercise in easier_or_same(row.exercise) | {*row.alternatives, *row.together}
        for now, was in zip(found.rpe, row.rpe, strict=True):
            assert (now is None and was is None) or now.high <= was.high


# ---- back-off sets --------------------------------------------------------------------------------------------


def test_back_off_sets_are_lighter_by_the_drop_and_round_down_to_a_bell_there_is():
    assert back_off_kg(100.0, (10, 15)) == 87.5
    assert back_off_kg(20.0, (10, 15), (8, 12, 16, 20)) == 16
    assert back_off_kg(8.0, (10, 15), (8, 12)) is None, "there is no lighter bell"
    assert back_off_kg(None, (10, 15), (8, 12)) is None, "nobody knows what the top set was"


weights = st.lists(st.floats(0.5, 100), max_size=8)
drops = st.tuples(st.floats(5, 30), st.floats(0, 10)).map(lambda pair: (pair[0], pair[0] + pair[1]))


@given(st.none() | st.floats(0.5, 200), drops, weights)
def test_a_back_off_set_is_never_heavier_than_the_smallest_drop_allows(top_kg, drop, there_are):
    found = back_off_kg(top_kg, drop, there_are)
    if found is not None:
        assert found <= top_kg * (1 - drop[0] / 100) + 1e-6
        assert not there_are or found in there_are


def test_every_exercise_of_the_library_can_be_a_line():
    for key in exercises():
        row = one_dose(1, key, 1, 5, parse_tempo("5 s hold"), None, 30.0)
        (line,) = lines_of(plan(row), row)
        assert line.tempo.hold_s is None, "the pause has its place"
