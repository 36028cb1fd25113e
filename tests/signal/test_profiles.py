"""Classes of movement are checked when they are read, and names find their class."""

import pytest

from edge.library import ContentError, UnknownExercise, exercises
from edge.model import Phase
from edge.signal.profiles import CycleProfile, exercise_at, exercise_for, parse_profiles, profile_of, profiles
from edge.signal.replay import replay

GOOD = """
[class.generic]
method = "cycles"
smooth_s = 0.6
floor = 0.5
first = 4
[place]
wrist = "generic"
[instead.generic]
hat = "generic"
[recorded.squat]
class = "generic"
starts_with = "eccentric"
"""


def test_every_exercise_of_the_station_has_a_class():
    assert {profile_of(exercise) for exercise in exercises().values() if exercise.sensed} <= set(
        profiles().classes.values()
    )


def test_a_good_file_is_read():
    read = parse_profiles(GOOD, "here.toml")
    assert read.classes["generic"] == CycleProfile(smooth_s=0.6, floor=0.5, first=4)
    assert read.recorded["squat"].starts_with is Phase.ECCENTRIC


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"cycles"', '"guess"', r"\[class.generic\] method is 'guess'"),
        ("floor = 0.5", "floor = -1", r"\[class.generic\] floor is -1; expected a number above 0"),
        ("first = 4", "", r"\[class.generic\] needs exactly the keys method, smooth_s"),
        ('wrist = "generic"', 'wrist = "arm"', r"\[place\] wrist is 'arm'; expected one of generic"),
        ('hat = "generic"', 'hat = "head"', r"\[instead.generic\] hat is 'head'; expected one of generic"),
        ("[instead.generic]", "[instead.head]", r"\[instead.head\] is 'head'; expected one of generic"),
        ('"eccentric"', '"top"', r"starts_with is 'top'"),
        ("[recorded.squat]", "[squat]", "needs exactly the tables class, place, instead, recorded"),
        ("[class.generic]", "[class.other]", "class.generic] is missing"),
        ("[place]", "[place", "not valid TOML"),
    ],
)
def test_a_bad_file_is_refused_with_its_place(old, new, said):
    with pytest.raises(ContentError, match=said):
        parse_profiles(GOOD.replace(old, new, 1), "here.toml")


def test_the_library_comes_before_recordings():
    assert exercise_for("sit_to_stand") is exercises()["sit_to_stand"]
    assert exercise_for("squat").movement == "bar"


def test_an_unknown_name_is_answered_with_some_known_ones():
    with pytest.raises(UnknownExercise, match="unknown exercise 'jumping'; known are for example band_belt_squat"):
        exercise_for("jumping")


@pytest.mark.parametrize(
    ("place", "movement"),
    [("on the kettlebell", "bell_lift"), ("wrist (watch)", "wrist"), ("left thigh", "generic"), ("a hat", "generic")],
)
def test_a_name_never_heard_of_goes_by_the_place(place, movement):
    assert exercise_at("jumping", place).movement == movement


def test_an_exercise_may_count_more_than_one_for_each_cycle():
    read = parse_profiles(GOOD + "per_cycle = 2\n", "here.toml")
    assert (read.per_cycle["squat"], parse_profiles(GOOD, "here.toml").per_cycle["squat"]) == (2, 1)
    with pytest.raises(ContentError, match="per_cycle is 0; expected a whole number above 0"):
        parse_profiles(GOOD + "per_cycle = 0\n", "here.toml")


def test_an_unknown_movement_of_a_limb_is_counted_even_where_it_never_rests(performed):
    """No standstill, not even before the first: a posture would never be found."""
    truth, samples = performed("goblet_squat", (1.0, 0.0, 1.0, 0.0), seed=5, until_s=22.0, noise_seed=5)
    begun = [sample for sample in samples if truth[0].out_end_s < sample.t_s < truth[-1].end_s + 1.0]
    found = replay(begun, exercise_at("jumping", "left thigh"))
    assert abs(len(found) - (len(truth) - 1)) <= 1


def test_a_squat_is_counted_from_the_thigh_as_well_as_from_the_bar(performed):
    """The name says what is done, the place from where it is seen: a thigh turns and hardly rises."""
    truth, samples = performed("goblet_squat", (2.0, 0.0, 1.0, 1.0), seed=5, until_s=40.0, noise_seed=5)
    at_thigh = exercise_at("squat", "IMU on the left thigh")
    assert (at_thigh.movement, at_thigh.starts_with) == ("limb", Phase.ECCENTRIC)
    assert exercise_at("squat", "wrist").movement == "bar"
    assert len(replay(samples, at_thigh)) == len(truth)
