"""Thresholds a clinician may set: defaults inside hard limits, each with a source, nothing beyond."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.library import ContentError
from edge.prescription.limits import LimitError, Limits, parse_thresholds, thresholds
from edge.prescription.plan import ceiling_kg
from edge.prescription.programmes import begin, programme
from edge.prescription.row import Row
from edge.programme import PlanError, parse_prescription, write_prescription

ONE = """
[pain_ceiling]
group = "symptoms"
label = "Most pain"
default = 5
min = 0
max = 7
unit = "of 10"
source = "a paper"
ours = false
safer = "low"
"""


def test_a_clinician_may_lower_the_pain_ceiling_and_everything_else_stays():
    limits = Limits({"pain_ceiling": 3})
    assert limits["pain_ceiling"] == 3
    assert {key: limits[key] for key in limits if key != "pain_ceiling"} == {
        key: one.default for key, one in thresholds().items() if key != "pain_ceiling"
    }


@given(st.sampled_from(sorted(thresholds())), st.floats(0.001, 1000))
def test_nobody_passes_a_hard_limit(key, beyond):
    for value in (thresholds()[key].max + beyond, thresholds()[key].min - beyond):
        with pytest.raises(LimitError, match=f"limit {key} is"):
            Limits({key: value})


def test_not_a_number_is_no_limit():
    with pytest.raises(LimitError, match="pain_ceiling is nan"):
        Limits({"pain_ceiling": float("nan")})


def test_an_unknown_limit_is_refused_with_those_there_are():
    with pytest.raises(LimitError, match=r"'pain' is not known.*pain_ceiling"):
        Limits({"pain": 3})


def test_every_default_says_where_it_comes_from_and_which_are_ours():
    for one in thresholds().values():
        assert one.source
        assert one.source.startswith("Our ") is one.ours, one.key


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (("default = 5", "default = 9"), r"limits: \[pain_ceiling\] default is 9; expected 0 to 7"),
        (("default = 5", 'default = "five"'), r"default is 'five'; expected a number"),
        (('safer = "low"', 'safer = "down"'), r"safer is 'down'; expected one of low, high, none"),
        (("ours = false", "ours = 0"), r"ours is 0; expected true or false"),
        (("max = 7\n", ""), r"exactly the keys"),
        (("[pain_ceiling]", "[pain_ceiling"), r"limits: not valid TOML"),
    ],
)
def test_a_malformed_table_is_refused_with_file_key_value_and_what_was_expected(change, named):
    assert parse_thresholds(ONE, "limits")["pain_ceiling"].default == 5
    with pytest.raises(ContentError, match=named):
        parse_thresholds(ONE.replace(*change), "limits")


# ---- ceilings -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("exercise", "limit", "kg"),
    [
        ("band_row", "ceiling_kg", 24),
        ("goblet_squat", "ceiling_kg", 24),
        ("sit_to_stand", "ceiling_kg", 24),
        ("high_bar_box_squat", "ceiling_barbell_kg", 60),
        ("romanian_deadlift", "ceiling_barbell_kg", 60),
        ("leg_press", "ceiling_machine_kg", 100),
        ("belt_squat", "ceiling_machine_kg", 100),
    ],
)
def test_a_load_is_held_under_the_ceiling_of_its_kit_and_a_row_may_have_its_own(exercise, limit, kg):
    row = Row("row", exercise, 1)
    assert ceiling_kg(row, Limits()) == kg
    assert thresholds()[limit].ours
    assert ceiling_kg(row, Limits({limit: 7})) == 7
    assert ceiling_kg(replace(row, ceiling_kg=12), Limits({limit: 7})) == 12


def gym(**row):
    made = begin(programme("gym-4day"), "p-0001-aaaa", "station-0001", "Ana", "2026-11-21", date(2026, 11, 23))
    changed = [replace(one, **row) if one.name == "d1_high_bar_box_squat" else one for one in made.rows]
    return replace(made, rows=tuple(changed))


def test_the_gym_programme_takes_the_loads_of_a_gym():
    assert parse_prescription(write_prescription(gym(load_kg=(40.0, 60.0))))
    with pytest.raises(PlanError, match=r"load_kg is \[40.0, 62.5\]; expected at most the ceiling, 60 kg"):
        parse_prescription(write_prescription(gym(load_kg=(40.0, 62.5))))


def test_no_row_has_a_ceiling_beyond_the_hard_limit_of_its_kit():
    assert parse_prescription(write_prescription(gym(ceiling_kg=200.0)))
    with pytest.raises(PlanError, match="ceiling_kg is 201; expected at most 200 kg with its kit"):
        parse_prescription(write_prescription(gym(ceiling_kg=201.0)))
