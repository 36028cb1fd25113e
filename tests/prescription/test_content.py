"""The shipped programmes against the tables of the sources, written out by hand, cell by cell."""

from __future__ import annotations

import json
from datetime import date

import pytest
from typer.testing import CliRunner

from edge.__main__ import app
from edge.library import ContentError, exercise, exercises
from edge.listing import prescribed
from edge.prescription.form import form_of, row_of
from edge.prescription.lines import lines_of, minutes, routine
from edge.prescription.programmes import (
    MODIFICATIONS,
    begin,
    is_gentle,
    parse_programme,
    programme,
    programmes,
    read_programmes,
)
from edge.prescription.row import Role
from edge.programme import parse_prescription, write_prescription

DAY = date(2026, 11, 23)
SLOW = "slow and controlled"
FIVE_TO_SEVEN = [5, 6, 7]

# day, order, exercise, sets, reps, rpe by set, tempo, what else
HOME = [
    (1, 1, "goblet_good_morning", 3, 15, [6, 6, 6], SLOW, {"role": "opener"}),
    (1, 2, "goblet_squat", 3, 12, FIVE_TO_SEVEN, "3.1.0", {"role": "main"}),
    (1, 3, "feet_up_dumbbell_bench_press", 3, 10, FIVE_TO_SEVEN, "normal", {"role": "main"}),
    (1, 4, "walk", 1, None, [None], None, {"role": "closer", "duration_min": 25}),
    (2, 1, "cat_cow", 3, 20, [None] * 3, None, {"role": "opener"}),
    (2, 2, "single_leg_romanian_deadlift", 3, 12, FIVE_TO_SEVEN, SLOW, {"role": "main", "per_side": True}),
    (2, 3, "seated_dumbbell_press", 3, 10, FIVE_TO_SEVEN, "normal", {"role": "main"}),
    (2, 4, "walk", 1, None, [None], None, {"role": "closer", "duration_min": 25}),
    (3, 1, "sphinx_pose", 3, 10, [None] * 3, None, {"role": "opener", "hold_s": 5}),
    (3, 2, "single_leg_hip_thrust", 3, 12, FIVE_TO_SEVEN, SLOW, {"role": "main", "per_side": True}),
    (3, 3, "split_squat", 3, 12, FIVE_TO_SEVEN, "normal", {"role": "main", "per_side": True}),
    (3, 4, "bench_dip", 3, None, [9, 9, 9], None, {"role": "accessory"}),
    (3, 5, "walk", 1, None, [None], None, {"role": "closer", "duration_min": 25}),
]

GYM = [
    (1, 1, "barbell_good_morning", 3, 15, [6, 6, 6], SLOW, {"note": "tolerable range"}),
    (1, 2, "high_bar_box_squat", 3, 10, FIVE_TO_SEVEN, "3.1.0", {}),
    (1, 3, "belt_squat", 3, 5, [6, 7, 8], "normal", {}),
    (1, 3, "belt_squat", 2, 8, [None, None], "normal", {"role": "back_off", "load_drop_pct": [10, 15]}),
    (1, 4, "feet_up_bench_press", 4, 6, [5, 6, 7, 7], "normal", {}),
    (1, 5, "walk", 1, None, [None], None, {"role": "closer", "duration_min": 25, "note": "talking pace"}),
    (2, 1, "curtsy_lunge", 3, 12, [7, 7, 7], None, {"per_side": True}),
    (2, 2, "romanian_deadlift", 3, 12, FIVE_TO_SEVEN, SLOW, {}),
    (2, 3, "seated_barbell_press", 3, 10, FIVE_TO_SEVEN, "normal", {}),
    (2, 4, "rear_foot_elevated_split_squat", 3, 12, [8, 8, 8], None, {"per_side": True}),
    (2, 5, "walk", 1, None, [None], None, {"role": "closer", "duration_min": 25}),
    (3, 1, "barbell_good_morning", 3, 15, [6, 6, 6], SLOW, {"note": "tolerable range"}),
    (3, 2, "low_bar_box_squat", 3, 6, FIVE_TO_SEVEN, "3.1.0", {}),
    (3, 3, "leg_press", 3, 10, [6, 7, 8], "normal", {"alternatives": ["hack_squat"], "note": "low back stress"}),
    (3, 4, "feet_up_bench_press", 3, 2, FIVE_TO_SEVEN, "x.1.x", {"note": "1 s pause on the chest"}),
    (3, 4, "feet_up_bench_press", 2, 5, [None, None], "x.1.x", {"role": "back_off", "load_drop_pct": [10, 15]}),
    (3, 5, "walk", 1, None, [None], None, {"role": "closer", "duration_min": 25}),
    (4, 1, "leg_extension", 3, [10, 15], [[8, 9]] * 3, None, {"together": ["leg_curl"], "role": "accessory"}),
    (4, 2, "back_extension", 3, [12, 15], [[6, 7]] * 3, SLOW, {"note": "tolerable range"}),
    (4, 3, "chest_press_machine", 3, 10, [6, 7, 8], "normal", {}),
    (4, 4, "upper_body_accessories", [2, 3], [8, 15], [[8, 9]] * 3, None, {"free_choice": True}),
    (4, 5, "walk", 1, None, [None], None, {"role": "closer", "duration_min": 25}),
]

# category, exercise, sets, reps, what else
MODIFICATION = [
    ("trunk strengthening", "bird_dog", [2, 4], [10, 20], {}),
    ("trunk strengthening", "plank", [2, 4], [10, 20], {}),
    ("trunk strengthening", "sit_up", [2, 4], [10, 20], {}),
    ("nerve glides", "sciatic_nerve_glide", 1, 10, {"hold_s": 5, "note": "tolerable range"}),
    ("nerve glides", "femoral_nerve_glide", 1, 10, {"hold_s": 5, "note": "tolerable range"}),
    ("repeated motions", "cobra_push_up", [2, 4], [10, 20], {}),
    ("repeated motions", "jefferson_curl", [2, 4], [10, 20], {}),
    ("repeated motions", "cat_cow", [2, 4], [10, 20], {}),
    ("general movement", "walk", 1, None, {"duration_min": 20, "times_per_day": 3}),
    ("general movement", "stretch", 3, None, {"hold_s": 30, "free_choice": True}),
    ("general movement", "yoga", 1, None, {"free_choice": True}),
]

NOTHING_ELSE = {
    "hold_s": None,
    "duration_min": None,
    "times_per_day": 1,
    "per_side": False,
    "load_drop_pct": None,
    "alternatives": [],
    "together": [],
    "free_choice": False,
}


def listed(name):
    """What ``steadyrig programme NAME --json`` prints."""
    result = CliRunner().invoke(app, ["programme", name, "--json"])
    assert result.exit_code == 0, result.output
    return json.loads(result.output)


@pytest.mark.parametrize(
    ("name", "table", "source"), [("home-3day", HOME, "S2 Table 3"), ("gym-4day", GYM, "S2 Table 4")]
)
def test_every_cell_of_a_training_week_is_as_the_source_has_it(name, table, source):
    rows = listed(name)
    assert len(rows) == len(table)
    for row, (day, order, key, sets, reps, rpe, tempo, more) in zip(rows, table, strict=True):
        expected = NOTHING_ELSE | {
            "week": 1, "day": day, "order": order, "exercise": key,
            "sets": sets, "reps": reps, "rpe": rpe, "tempo": tempo,
        } | more  # fmt: skip
        assert {cell: row[cell] for cell in expected} == expected
        assert row["source"] == f"{source}, day {day}, row {order}"


def test_every_row_of_the_symptom_modifications_is_as_the_source_has_it():
    rows = listed("symptom-modification")
    assert len(rows) == len(MODIFICATION)
    for row, (category, key, sets, reps, more) in zip(rows, MODIFICATION, strict=True):
        expected = NOTHING_ELSE | {
            "week": None,
            "day": None,
            "exercise": key,
            "sets": sets,
            "reps": reps,
            "tempo": None,
        }
        cells = expected | {"category": category, "role": "modification"} | more
        # A plank is a hold that the table lists under repetitions: how long each lasts is ours.
        own = {"hold_s"} if key == "plank" else set()
        assert {cell: row[cell] for cell in cells if cell not in own} == {
            k: v for k, v in cells.items() if k not in own
        }
        assert own <= set(row["ours"])
        assert row["source"] == f"S2 Table 1, {category}"


@pytest.mark.parametrize(
    ("weeks", "sessions_per_day", "session_min", "minutes_per_day", "sessions_per_week"),
    [((1, 2), 3, [5, 7], [15, 21], 21), ((3, 4), 2, 10, 20, 14)],
)
def test_the_six_weeks_have_the_blocks_of_the_source(
    weeks, sessions_per_day, session_min, minutes_per_day, sessions_per_week
):
    told = {one["name"]: one for one in json.loads(CliRunner().invoke(app, ["programme", "--json"]).output)}
    assert list(told) == ["gym-4day", "home-3day", "microroutine-6w", MODIFICATIONS]
    block = next(block for block in told["microroutine-6w"]["blocks"] if block["weeks"] == list(weeks))
    assert (block["sessions_per_day"], block["session_min"]) == (sessions_per_day, session_min)
    assert (block["minutes_per_day"], block["sessions_per_week"]) == (minutes_per_day, sessions_per_week)
    assert "days_per_week" in block["ours"], "the source does not say on how many days"
    rows = [row for row in listed("microroutine-6w") if row["week"] in weeks]
    assert {row["week"] for row in rows} == set(weeks)
    assert all((row["times_per_day"], row["session_min"]) == (sessions_per_day, session_min) for row in rows)


def test_the_first_weeks_are_mobility_and_nerve_glides_as_the_symptom_modifications_dose_them():
    glides = [row for row in listed("microroutine-6w") if "nerve_glide" in row["exercise"]]
    assert {row["week"] for row in glides} == {1, 2}
    assert all((row["sets"], row["reps"], row["hold_s"]) == (1, 10, 5) for row in glides)
    first = {row["exercise"] for row in listed("microroutine-6w") if row["week"] == 1}
    assert all(exercise(key).purpose == "modification" for key in first)


def test_the_middle_weeks_use_bands_and_steps_and_ask_for_little_effort():
    rows = [row for row in listed("microroutine-6w") if row["week"] in (3, 4)]
    assert {"band_row", "step_up", "bird_dog"} <= {row["exercise"] for row in rows}
    assert all(rpe is None or rpe == [5, 6] for row in rows for rpe in row["rpe"])


def test_the_last_weeks_are_strength_and_occupational_tasks_and_what_the_source_leaves_out_is_ours():
    rows = [row for row in listed("microroutine-6w") if row["week"] in (5, 6)]
    tasks = {row["exercise"] for row in rows if row["role"] == "task"}
    assert tasks == {"lift_from_floor", "carry", "reach", "sit_stand_cycles"}
    squat = next(row for row in rows if row["exercise"] == "goblet_squat")
    assert (squat["sets"], squat["reps"], squat["rpe"], squat["tempo"]) == (3, 12, [5, 6, 7], "3.1.0")
    block = programme("microroutine-6w").blocks[-1]
    assert {"sessions_per_day", "days_per_week", "session_min"} <= block.ours


@pytest.mark.parametrize("week", [1, 3, 5])
def test_a_routine_takes_about_as_long_as_its_block_says(week):
    template = programme("microroutine-6w")
    plan = begin(template, "p-0001-aaaa", "station-0001", "Ana", "2026-11-21T08:00:00Z", DAY)
    block = plan.block_of(week)
    took = minutes(routine(plan, [row for row in plan.rows if week in row.weeks]).lines)
    assert block.session_min.low - 0.5 <= took <= block.session_min.high + 0.5


def test_every_row_of_every_programme_can_be_done_with_the_kit_it_names():
    for template in programmes().values():
        for row in template.rows:
            for key in (row.exercise, *row.together):
                assert exercise(key).possible_with(frozenset(template.kit)), (template.name, key)


def test_every_number_has_a_source_and_what_no_source_gives_is_named():
    for template in programmes().values():
        for row in prescribed(template):
            assert row["source"].startswith(("S0", "S2")), row
            assert "rest_s" in row["ours"], "no source gives a rest"


def test_no_programme_repeats_claims_without_a_citation():
    assert not any("S1" in json.dumps(row) for name in programmes() for row in listed(name))


def test_every_row_is_written_as_it_was_read():
    for template in programmes().values():
        for row in template.rows:
            assert row_of(form_of(row)) == row


@pytest.mark.parametrize("name", ["home-3day", "gym-4day", "microroutine-6w"])
def test_every_programme_makes_a_plan_that_can_be_signed(name):
    plan = begin(programme(name), "p-0001-aaaa", "station-0001", "Ana", "2026-11-21T08:00:00Z", DAY)
    assert parse_prescription(write_prescription(plan)) == plan
    assert plan.floor
    assert all(map(is_gentle, plan.floor))
    assert plan.valid_until > plan.valid_from
    assert len(write_prescription(plan)) < 16_000, "far below the 64 KiB of a message"


def test_an_unknown_programme_is_answered_with_those_there_are():
    with pytest.raises(ContentError, match="unknown programme 'six-weeks'; known: gym-4day, home-3day"):
        programme("six-weeks")


def test_a_person_can_read_a_programme():
    text = CliRunner().invoke(app, ["programme", "gym-4day"]).output
    assert "3. belt_squat: 2 x 8, 10-15 % lighter, tempo normal [back_off; S2 Table 4, day 1, row 3" in text
    assert "3. leg_press or hack_squat: 3 x 10, RPE 6, 7, 8, tempo normal" in text
    assert "1. leg_extension + leg_curl: 3 x 10-15, RPE 8-9, 8-9, 8-9" in text


# ---- files that cannot be used ------------------------------------------------------------------------------

GOOD = """
title = "Two days"
source = "a table"
floor = ["cat_cow"]
activities = ["walk"]

[[blocks]]
name = "all"
weeks = [1, 2]

[[rows]]
name = "squat"
weeks = 1
day = 1
order = 1
exercise = "goblet_squat"
sets = 3
reps = [8, 12]
rpe = [5, 6, [6, 7]]
source = "a table, row 1"

[[rows]]
name = "squat_back_off"
weeks = 1
day = 1
order = 1
exercise = "goblet_squat"
sets = 2
reps = 8
load_drop_pct = [10, 15]
role = "back_off"
source = "a table, row 1"
"""


def test_a_good_file_is_read():
    read = parse_programme(GOOD, "two-days", "two-days.toml")
    assert [row.role for row in read.rows] == [Role.MAIN, Role.BACK_OFF]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("sets = 3", "sets = 0", r"rows\[0\]\.sets is 0; expected .*>= 1"),
        ("sets = 3", 'sets = "three"', r"rows\[0\]\.sets is 'three'; expected"),
        ("sets = 3", "sets = 11\nsoets = 1", r"rows\[0\].*unknown field `soets`"),
        ("sets = 3", "sets = 4", r"rows\[0\]: rpe has 3 entries; expected one per set, 4"),
        ("reps = [8, 12]", "reps = [12, 8]", r"rows\[0\]: range \[12, 8\] runs backwards: expected \[low, high\]"),
        ("reps = [8, 12]", "reps = 51", r"rows\[0\].reps is 51; expected .*<= 50"),
        ("rpe = [5, 6, [6, 7]]", "rpe = [5, 6, 11]", r"rows\[0\]\.rpe\[2\] is 11; expected .*<= 10"),
        ('"goblet_squat"\nsets = 3', '"goblet_squad"\nsets = 3', r"rows\[0\]: unknown exercise 'goblet_squad'"),
        ("sets = 3", 'sets = 3\ntempo = "fast"', r"rows\[0\]: tempo 'fast' cannot be read"),
        ("sets = 3", 'sets = 3\nrole = "star"', r"rows\[0\]\.role is 'star'; expected one of opener, main"),
        ("sets = 3", 'sets = 3\nours = ["courage"]', r"rows\[0\]: ours is 'courage'; expected names of"),
        ("sets = 3", "sets = 3\nload_drop_pct = [10, 15]", r"rows\[0\]: load_drop_pct is \[10, 15\]; expected it"),
        ("load_drop_pct = [10, 15]", "load_drop_pct = [15, 10]", r"rows\[1\]: load_drop_pct is \[15, 10\]; expected"),
        ("order = 1\nexercise = \"goblet_squat\"\nsets = 2", 'order = 2\nexercise = "goblet_squat"\nsets = 2',
         r"squat_back_off is back_off; expected a top set"),
        ('source = "a table, row 1"\n\n', "\n\n", r"rows\[0\]: source is ''; expected who"),
        ('name = "squat_back_off"', 'name = "squat"', r"rows\[1\]: name is 'squat'; expected one that no"),
        ("weeks = [1, 2]", "weeks = [2, 3]", r"blocks\[0\]: weeks is \[2, 3\]; expected to begin with week 1"),
        ("weeks = 1\nday = 1", "weeks = 3\nday = 1", r"rows\[0\]: weeks is \[3, 3\]; expected weeks 1 to 2"),
        ('activities = ["walk"]', 'activities = ["plank"]', r"activities is 'plank'; expected an exercise"),
        ('title = "Two days"', "title = 2", r"title is 2; expected `str`"),
        ('title = "Two days"', "", r"missing required field `title`"),
        ("[[blocks]]", "[[blocks", r"not valid TOML"),
    ],
)  # fmt: skip
def test_a_malformed_programme_is_refused_with_file_key_value_and_what_was_expected(old, new, said):
    assert old in GOOD
    with pytest.raises(ContentError, match=rf"two-days\.toml: .*{said}"):
        parse_programme(GOOD.replace(old, new, 1), "two-days", "two-days.toml")


def test_a_floor_of_unknown_rows_is_refused():
    library = GOOD.replace('floor = ["cat_cow"]\n', "")
    with pytest.raises(
        ContentError, match=r"programmes/two\.toml: floor is 'cat_cow'; expected rows of modifications"
    ):
        read_programmes({"two": GOOD, MODIFICATIONS: library})


def test_every_exercise_of_the_sources_is_in_the_library():
    named = {row[2] for row in (*HOME, *GYM)} | {row[1] for row in MODIFICATION} | {"hack_squat", "leg_curl"}
    assert named <= set(exercises())


def test_the_shipped_doses_pass_under_the_caps_of_the_library_unchanged():
    for name in ("home-3day", "gym-4day", "microroutine-6w"):
        plan = begin(programme(name), "p-0001-aaaa", "station-0001", "Ana", "2026-11-21T08:00:00Z", DAY)
        for row in plan.rows:
            for line in lines_of(plan, row):
                assert line.rpe == row.rpe[: row.sets.low]
