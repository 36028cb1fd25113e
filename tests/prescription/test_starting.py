"""What an exercise begins with that stands in for another: light, and never above what the clinician wrote."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.library import Kit, exercise, exercises
from edge.prescription.limits import Limits
from edge.prescription.lines import routine
from edge.prescription.plan import Prescription
from edge.prescription.row import Row, Span
from edge.prescription.starting import starting_load, weighed

DEADLIFT = Row("lift", "low_bar_box_squat", 1, sets=Span.of(2), reps=Span.of(5), load_kg=(12.0, 20.0))
BELLS = {Kit.KETTLEBELL: (6.0, 8.0, 10.0, 16.0)}


def plan(*rows, **more):
    return Prescription(1, "p-0001-aaaa", "station-0001", "Ana", "2026-11-21T08:00:00Z", rows or (DEADLIFT,), **more)


def test_the_lightest_weight_there_is():
    assert starting_load(plan(kit=BELLS), "lift", "kettlebell_deadlift") == (6.0, 6.0)


def test_what_the_plan_prescribes_for_that_exercise_itself_at_its_low_end():
    own = Row("bell", "kettlebell_deadlift", 2, load_kg=(10.0, 16.0))
    assert starting_load(plan(DEADLIFT, own, kit=BELLS), "lift", "kettlebell_deadlift") == (10.0, 10.0)


@pytest.mark.parametrize(
    ("row", "limits"),
    [
        (replace(DEADLIFT, load_kg=(4.0, 20.0)), Limits()),
        (replace(DEADLIFT, ceiling_kg=4.0), Limits()),
        (replace(DEADLIFT, load_kg=None), Limits({"ceiling_kg": 4.0})),
    ],
    ids=["row", "its ceiling", "the plan's ceiling"],
)
def test_where_no_weight_is_light_enough_it_is_done_without_one(row, limits):
    assert starting_load(plan(row, kit=BELLS, limits=limits), "lift", "kettlebell_deadlift") == (0.0, 0.0)


def test_of_a_pull_only_how_much_it_may_be_at_most():
    pull = Row("pull", "band_row", 1, load_kg=(5.0, 7.0))
    assert starting_load(plan(pull), "pull", "band_pull_apart") == (0.0, 5.0)


def test_where_nobody_knows_there_is_no_number():
    assert starting_load(plan(), "lift", "kettlebell_deadlift") is None, "no word about the weights"
    assert starting_load(plan(kit=BELLS), "lift", "sit_to_stand") is None, "nothing to be loaded"
    assert starting_load(plan(replace(DEADLIFT, load_kg=None)), "lift", "band_row") is None


def test_what_stands_in_for_want_of_kit_begins_so_too():
    row = replace(DEADLIFT, alternatives=("kettlebell_deadlift",))
    (line,) = routine(plan(row, kit=BELLS), (row,)).lines
    assert (line.exercise, line.load_kg) == ("kettlebell_deadlift", (6.0, 6.0))


KG = st.floats(0.5, 60).map(lambda kg: round(kg, 1))
BANDS = st.none() | st.tuples(KG, KG).map(lambda pair: (min(pair), max(pair)))
KEYS = st.sampled_from(sorted(exercises()))


@given(
    st.lists(
        st.builds(Row, st.sampled_from("abc"), KEYS, st.just(1), load_kg=BANDS, ceiling_kg=st.none() | KG), max_size=3
    ),
    KEYS,
    st.none() | st.dictionaries(st.sampled_from(list(Kit)), st.lists(KG, max_size=3).map(tuple)),
    st.integers(1, 60),
)
def test_never_above_a_ceiling_nor_the_low_end_of_the_row_whatever_the_plan_and_the_kit(rows, key, kit, ceiling_kg):
    rows = list({row.name: row for row in rows}.values())
    written = plan(*(rows or [DEADLIFT]), kit=kit, limits=Limits({"ceiling_kg": ceiling_kg}))
    for row in written.rows:
        load = starting_load(written, row.name, key)
        if load is None:
            continue
        assert weighed(key)
        assert load[1] <= written.ceiling_kg(row)
        assert row.load_kg is None or load[1] <= row.load_kg[0]
        assert load[0] == load[1] or exercise(key).driver == "force"
