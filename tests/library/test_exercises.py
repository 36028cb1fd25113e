"""The exercise library: everything the sources name is there, and nothing malformed gets in."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest

from edge.library import (
    STANDING,
    ContentError,
    Exercise,
    Family,
    Hook,
    Kit,
    Measured,
    Purpose,
    Sides,
    UnknownExercise,
    exercise,
    exercises,
    parse_exercises,
    read_exercises,
)
from edge.model import Phase
from edge.signal.profiles import HoldProfile, WalkProfile, profile_of

ALL = tuple(exercises().values())

# Written from the source programmes, row by row: (exercise, how it is measured, starts with, side, sensor).
# fmt: off
NAMED = (
    # Symptom modification (S2, Table 1).
    ("bird_dog",                       "counted", "concentric", "each", "imu"),
    ("plank",                          "held",    "concentric", "both", "imu"),
    ("sit_up",                         "counted", "concentric", "both", "imu"),
    ("sciatic_nerve_glide",            "held",    "concentric", "each", "imu"),
    ("femoral_nerve_glide",            "held",    "concentric", "each", "imu"),
    ("cobra_push_up",                  "counted", "concentric", "both", "imu"),
    ("jefferson_curl",                 "counted", "eccentric",  "both", "imu"),
    ("cat_cow",                        "counted", "concentric", "both", "imu"),
    ("walk",                           "timed",   "concentric", "none", "imu"),
    ("stretch",                        "held",    "concentric", "each", ""),
    ("yoga",                           "timed",   "concentric", "none", ""),
    # At home, three days a week (S2, Table 3), and what the doctor had given before.
    ("goblet_good_morning",            "counted", "eccentric",  "both", "imu"),
    ("goblet_squat",                   "counted", "eccentric",  "both", "imu"),
    ("feet_up_dumbbell_bench_press",   "by_hand", "eccentric",  "both", ""),
    ("single_leg_romanian_deadlift",   "counted", "eccentric",  "each", "imu"),
    ("seated_dumbbell_press",          "by_hand", "concentric", "both", ""),
    ("sphinx_pose",                    "held",    "concentric", "both", "imu"),
    ("single_leg_hip_thrust",          "counted", "concentric", "each", "imu"),
    ("split_squat",                    "counted", "eccentric",  "each", "imu"),
    ("bench_dip",                      "counted", "eccentric",  "both", "imu"),
    ("chair_squat",                    "counted", "eccentric",  "both", "imu"),
    ("clamshell",                      "counted", "concentric", "each", "imu"),
    ("piriformis_stretch",             "held",    "concentric", "each", ""),
    # In a gym, four days a week (S2, Table 4).
    ("barbell_good_morning",           "by_hand", "eccentric",  "both", ""),
    ("high_bar_box_squat",             "by_hand", "eccentric",  "both", ""),
    ("belt_squat",                     "by_hand", "eccentric",  "both", ""),
    ("feet_up_bench_press",            "by_hand", "eccentric",  "both", ""),
    ("curtsy_lunge",                   "counted", "eccentric",  "each", "imu"),
    ("romanian_deadlift",              "by_hand", "eccentric",  "both", ""),
    ("seated_barbell_press",           "by_hand", "concentric", "both", ""),
    ("rear_foot_elevated_split_squat", "counted", "eccentric",  "each", "imu"),
    ("low_bar_box_squat",              "by_hand", "eccentric",  "both", ""),
    ("leg_press",                      "by_hand", "eccentric",  "both", ""),
    ("hack_squat",                     "by_hand", "eccentric",  "both", ""),
    ("leg_extension",                  "by_hand", "concentric", "both", ""),
    ("leg_curl",                       "by_hand", "concentric", "both", ""),
    ("back_extension",                 "by_hand", "concentric", "both", ""),
    ("chest_press_machine",            "by_hand", "concentric", "both", ""),
    ("upper_body_accessories",         "by_hand", "concentric", "both", ""),
    # What the rigs can sense (S1 and the six weeks of S0: bands, steps, bell, tests, tasks, outside).
    ("hip_thrust",                     "counted", "concentric", "both", "imu"),
    ("goblet_box_squat",               "counted", "eccentric",  "both", "imu"),
    ("band_row",                       "counted", "concentric", "both", "force"),
    ("band_press",                     "counted", "concentric", "both", "force"),
    ("band_pull_apart",                "counted", "concentric", "both", "force"),
    ("band_pull_down",                 "counted", "concentric", "both", "force"),
    ("band_belt_squat",                "counted", "eccentric",  "both", "imu"),
    ("step_up",                        "counted", "concentric", "each", "imu"),
    ("step_down",                      "counted", "eccentric",  "each", "imu"),
    ("kettlebell_deadlift",            "counted", "eccentric",  "both", "imu"),
    ("kettlebell_swing",               "by_hand", "eccentric",  "both", ""),
    ("sit_to_stand",                   "counted", "concentric", "both", "imu"),
    ("seated_leg_raise",               "counted", "concentric", "each", "imu"),
    ("side_lying_leg_lift",            "counted", "concentric", "each", "imu"),
    ("lateral_raise",                  "by_hand", "concentric", "both", ""),
    ("biceps_curl",                    "by_hand", "concentric", "both", ""),
    ("triceps_extension",              "by_hand", "concentric", "both", ""),
    ("lift_from_floor",                "counted", "eccentric",  "both", "imu"),
    ("carry",                          "timed",   "concentric", "both", ""),
    ("reach",                          "by_hand", "concentric", "each", ""),
    ("sit_stand_cycles",               "counted", "concentric", "both", "imu"),
    ("outdoor_play",                   "by_hand", "concentric", "none", ""),
    ("community_class",                "by_hand", "concentric", "none", ""),
)
# fmt: on


@pytest.mark.parametrize(("key", "measured", "starts_with", "side", "driver"), NAMED, ids=[row[0] for row in NAMED])
def test_every_exercise_the_sources_name_is_there(
    key: str, measured: str, starts_with: str, side: str, driver: str
) -> None:
    one = exercise(key)
    assert (one.measured, one.starts_with, one.side, one.driver) == (measured, starts_with, side, driver)


def test_what_is_there_beside_them_is_marked_as_ours() -> None:
    assert [one.key for one in ALL if one.key not in {row[0] for row in NAMED} and not one.ours] == []


def test_an_unknown_exercise_is_answered_with_the_known_ones() -> None:
    with pytest.raises(UnknownExercise, match=r"unknown exercise 'jump'; known: .*band_row"):
        exercise("jump")


# ---- what each says of itself -----------------------------------------------------------------------------


def test_machines_and_barbells_are_never_sensed() -> None:
    for one in ALL:
        if all(kit & {Kit.MACHINE, Kit.BARBELL} for kit in one.kits):
            assert (one.driver, one.measured) == ("", Measured.BY_HAND), one.key


def test_what_is_counted_has_a_sensor_and_a_class_of_movement() -> None:
    for one in ALL:
        if one.sensed:
            assert isinstance(profile_of(one), HoldProfile) == (one.measured is Measured.HELD), one.key
            assert isinstance(profile_of(one), WalkProfile) == (one.measured is Measured.TIMED), one.key
        else:
            assert one.measured is not Measured.COUNTED, one.key


def test_effort_near_failure_is_only_for_what_is_far_from_the_back() -> None:
    for one in ALL:
        if one.rpe_cap is not None and one.rpe_cap >= 9:
            assert one.family is Family.FAR_FROM_BACK, one.key
        if one.purpose is Purpose.TRAINING:
            assert one.rpe_cap is not None, one.key


@pytest.mark.parametrize("key", ["leg_press", "hack_squat", "leg_extension", "leg_curl", "chest_press_machine"])
def test_a_machine_far_from_the_back_may_go_to_9(key: str) -> None:
    assert exercise(key).rpe_cap == 9


def test_a_band_has_a_hook_and_its_setup_names_it() -> None:
    for one in ALL:
        if all(Kit.BAND in kit for kit in one.kits):
            assert isinstance(one.hook, Hook), one.key
            assert f"{one.hook} hook" in one.setup, one.key
            assert "Keep your face out of the band's line." in one.instructions, one.key
        else:
            assert one.hook is None, one.key


def test_kit_that_is_owned_decides_what_can_be_done() -> None:
    squat = exercise("goblet_squat")
    assert squat.possible_with(frozenset({Kit.KETTLEBELL}))
    assert squat.possible_with(frozenset({Kit.DUMBBELL, Kit.MAT}))
    assert not squat.possible_with(frozenset({Kit.BAND}))
    assert exercise("walk").possible_with(frozenset())


def test_a_group_of_free_choice_offers_exercises_for_the_upper_body() -> None:
    choices = exercise("upper_body_accessories").choices
    assert {"band_pull_apart", "lateral_raise", "biceps_curl", "triceps_extension"} <= set(choices)
    assert [one.key for one in ALL if one.choices] == ["upper_body_accessories"]


def test_who_lies_or_kneels_is_not_taken_for_standing() -> None:
    assert {exercise(key).posture for key in ("plank", "bird_dog", "hip_thrust")} == {"lying", "kneeling"}
    assert exercise("goblet_squat").posture == STANDING


def test_one_side_after_the_other() -> None:
    assert exercise("split_squat").per_side
    assert not exercise("goblet_squat").per_side
    assert {one.side for one in ALL} == set(Sides)


# ---- words ------------------------------------------------------------------------------------------------

FORBIDDEN = re.compile(r"\b(damage|fail|failed|bad|weak|wear|missed|push through|no pain)\b", re.IGNORECASE)


def test_the_words_of_a_phase_fit_where_they_are_read_from_2_m() -> None:
    for one in ALL:
        assert set(one.words) == set(Phase)
        assert all(0 < len(word) <= 12 for word in one.words.values()), one.key


def test_every_sentence_is_short_and_blames_nobody() -> None:
    for one in ALL:
        assert one.sentences
        for sentence in one.sentences:
            assert len(sentence.split()) <= 12, sentence
            assert not FORBIDDEN.search(sentence), sentence


def test_the_setup_has_one_or_two_sentences() -> None:
    assert [one.key for one in ALL if not 1 <= len(re.findall(r"[.?!](?: |$)", one.setup)) <= 2] == []


def test_every_exercise_says_where_it_comes_from() -> None:
    assert [one.key for one in ALL if not re.search(r"S[012]\b|[Oo]urs", one.source)] == []
    # S1 makes claims without a reference: it names exercises, never a reason to trust them.
    assert {one.key for one in ALL if "S1" in one.source} == {"hip_thrust", "side_lying_leg_lift"}


# ---- easier and harder ------------------------------------------------------------------------------------


def below(one: Exercise) -> set[str]:
    """Every exercise that is easier, however many steps down."""
    found: set[str] = set()
    todo = list(one.easier)
    while todo:
        key = todo.pop()
        if key not in found:
            found.add(key)
            todo.extend(exercise(key).easier)
    return found


def test_nothing_is_easier_than_itself() -> None:
    assert [one.key for one in ALL if one.key in below(one)] == []


def test_harder_is_easier_read_backwards() -> None:
    for one in ALL:
        assert all(one.key in exercise(other).harder for other in one.easier)
        assert all(one.key in exercise(other).easier for other in one.harder)


def test_a_regression_allows_no_more_effort_near_the_back() -> None:
    for one in ALL:
        for key in one.easier:
            other = exercise(key)
            if other.family is Family.NEAR_BACK and one.rpe_cap and other.rpe_cap:
                assert other.rpe_cap <= one.rpe_cap, (one.key, key)


def test_every_main_exercise_of_the_programmes_has_something_easier() -> None:
    alone = {one.key for one in ALL if one.purpose is Purpose.TRAINING and not one.easier}
    assert alone == {
        "band_press", "band_pull_apart", "biceps_curl", "lateral_raise", "leg_curl", "sit_to_stand",
        "triceps_extension", "upper_body_accessories",
    }  # fmt: skip


# ---- what content may not say -----------------------------------------------------------------------------

GOOD = """
[lunge]
name = "Lunge"
kit = [["mat"], []]
measured = "counted"
sensor = { driver = "imu", place = "thigh", movement = "limb" }
starts_with = "eccentric"
words = { eccentric = "Lower", bottom = "Hold", concentric = "Lift", top = "Tall" }
posture = "standing"
side = "each"
purpose = "training"
family = "near_back"
setup = "Stand tall."
instructions = "Step forward."
easier = []
rpe_cap = 7
source = "ours"
"""


def test_a_good_file_is_read() -> None:
    one = parse_exercises(GOOD, "here.toml")["lunge"]
    assert (one.place, one.rpe_cap, one.kits) == ("thigh", 7, (frozenset({Kit.MAT}), frozenset()))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('name = "Lunge"', "name = 3", r"here.toml: \[lunge\] name is 3; expected text"),
        ('name = "Lunge"\n', "", r"\[lunge\] name is missing"),
        ('[["mat"], []]', '[["rope"]]', r"kit is 'rope'; expected a list of lists of band, kettlebell"),
        ('[["mat"], []]', "[]", r"kit is \[\]; expected a list of lists"),
        ('"counted"', '"guessed"', r"measured is 'guessed'; expected one of counted, held, timed, by_hand"),
        ('driver = "imu"', 'driver = "emg"', r"sensor.driver is 'emg'; expected one of imu, force"),
        (', movement = "limb"', "", r"sensor is .*; expected exactly the keys driver, place, movement"),
        ('"eccentric"', '"top"', r"starts_with is 'top'; expected one of concentric, eccentric"),
        ('"Lower"', '"Lower very slowly"', r"words.eccentric is 'Lower very slowly'; expected 1 to 12 characters"),
        (', top = "Tall"', "", r"words is .*; expected exactly the keys eccentric, bottom"),
        ('"standing"', '"hanging"', r"posture is 'hanging'; expected one of standing, seated"),
        ('"each"', '"left"', r"side is 'left'; expected one of both, each, none"),
        ('"training"', '"fun"', r"purpose is 'fun'; expected one of modification"),
        ('"near_back"', '"back"', r"family is 'back'; expected one of near_back, far_from_back"),
        ('"Stand tall."', '"Stand tall"', r"setup is 'Stand tall'; expected whole sentences"),
        (
            '"Step forward."',
            '"One two three four five six seven eight nine ten eleven twelve thirteen."',
            r"instructions is 'One two .*'; expected sentences of 12 words at most",
        ),
        ("easier = []", 'easier = "walk"', r"easier is 'walk'; expected a list of exercises"),
        ("rpe_cap = 7", "rpe_cap = 11", r"rpe_cap is 11; expected a whole number from 1 to 10"),
        ("rpe_cap = 7", "rpe_cap = true", r"rpe_cap is True; expected a whole number"),
        ('source = "ours"', 'source = ""', r"source is ''; expected text"),
        ('source = "ours"', 'source = "ours"\nours = 1', r"ours is 1; expected true or false"),
        ('source = "ours"', 'source = "ours"\nhook = "top"', r"hook is 'top'; expected one of low, middle, high"),
        ('source = "ours"', 'source = "ours"\nfigure = { poses = [{}] }', r"figure.poses is .*; expected a list"),
        ('source = "ours"', 'source = "ours"\ncolour = "red"', r"colour is not known; expected one of name, kit"),
        ("[lunge]", "[lunge", "here.toml: not valid TOML"),
        ("[lunge]", "lunge = 3\n[step]", r"here.toml: lunge is 3; expected a table \[lunge\]"),
    ],
)
def test_a_malformed_exercise_is_refused_with_file_key_value_and_what_was_expected(
    old: str, new: str, said: str
) -> None:
    assert old in GOOD
    with pytest.raises(ContentError, match=said):
        parse_exercises(GOOD.replace(old, new, 1), "here.toml")


def test_names_of_others_are_checked_once_all_files_are_read() -> None:
    with pytest.raises(ContentError, match=r"\[lunge\] easier is 'jump'; expected another exercise"):
        read_exercises({"a.toml": GOOD.replace("easier = []", 'easier = ["jump"]')})
    with pytest.raises(ContentError, match=r"\[lunge\] easier is 'lunge'; expected another exercise"):
        read_exercises({"a.toml": GOOD.replace("easier = []", 'easier = ["lunge"]')})


def test_a_circle_of_easier_exercises_is_refused() -> None:
    one = GOOD.replace("easier = []", 'easier = ["step"]')
    other = GOOD.replace("[lunge]", "[step]").replace("easier = []", 'easier = ["lunge"]')
    with pytest.raises(ContentError, match=r"easier is a circle: .*lunge"):
        read_exercises({"a.toml": one, "b.toml": other})


def test_an_exercise_stands_in_one_file_only() -> None:
    with pytest.raises(ContentError, match=r"b.toml: \[lunge\] is in another file too"):
        read_exercises({"a.toml": GOOD, "b.toml": GOOD})


def test_the_shipped_files_are_those_of_the_package() -> None:
    shelf = files("edge.content").joinpath("exercises")
    names = {one.name for one in shelf.iterdir()}
    assert {name for name in names if name.endswith(".toml")} >= {
        "band.toml",
        "bells.toml",
        "floor.toml",
        "outside.toml",
    }
