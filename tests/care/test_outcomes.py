"""Outcome measures: what is stored, what is due, and when a change is more than chance."""

import re
from datetime import UTC, date, datetime, timedelta
from importlib.resources import files

import pytest
from care_past import FIRST, moment_of
from hypothesis import given
from hypothesis import strategies as st

from edge.care import words
from edge.care.change import Verdict, course, for_clinician, for_patient, judge
from edge.care.measures import NAMES, OutcomeError, measure, measures, parse_measures
from edge.care.norms import norms
from edge.care.outcomes import function_means, mean_speed_m_s, result, start_back_group
from edge.care.testing import measures_due, needs_practice
from edge.library import ContentError
from edge.model import Origin

ORIGINS = {"test": Origin.SENSED, "rating": Origin.SELF_REPORTED, "score": Origin.CLINICIAN_ENTERED}


def made(what, value, day=FIRST, *, practice=False, version=None):
    one = measure(what)
    version = (one.versions[0] if one.versions else "") if version is None else version
    at = moment_of(day).timestamp()
    return result(what, value, ORIGINS[one.kind], at, f"test-{what}-{day:%m%d}".replace("_", "-"), practice=practice,
                  version=version)  # fmt: skip


@pytest.mark.parametrize(
    ("what", "before", "after", "verdict", "better"),
    [
        ("chair_stand", 9, 11, Verdict.WITHIN_ERROR, True),
        ("chair_stand", 9, 12, Verdict.IMPORTANT, True),
        ("chair_stand", 12, 9, Verdict.IMPORTANT, False),
        ("five_times", 20, 17, Verdict.WITHIN_ERROR, True),
        ("five_times", 20, 15, Verdict.IMPORTANT, True),
        ("walk_2min", 120, 160, Verdict.WITHIN_ERROR, True),
        ("walk_2min", 120, 165, Verdict.BEYOND_ERROR, True),
        ("walk_10m", 1.0, 1.11, Verdict.WITHIN_ERROR, True),
        ("walk_10m", 1.0, 1.2, Verdict.IMPORTANT, True),
        ("function", 3, 5, Verdict.WITHIN_ERROR, True),
        ("function", 3, 5.5, Verdict.IMPORTANT, True),
        ("function_1", 3, 6, Verdict.WITHIN_ERROR, True),
        ("function_1", 3, 7, Verdict.BEYOND_ERROR, True),
        ("odi", 40, 31, Verdict.NOT_IMPORTANT, True),
        ("odi", 40, 30, Verdict.IMPORTANT, True),
        ("odi", 12, 8, Verdict.NOT_IMPORTANT, True),
        ("rmdq", 12, 17, Verdict.IMPORTANT, False),
        ("start_back", 8, 2, Verdict.NOT_COMPARED, None),
        ("global_change", 5, 9, Verdict.NOT_COMPARED, None),
        ("chair_stand", 9, 9, Verdict.WITHIN_ERROR, None),
    ],
)
def test_a_change_is_held_against_error_and_importance(what, before, after, verdict, better):
    assert judge(measure(what), before, after) == (verdict, better)


@given(st.sampled_from(NAMES), st.floats(0, 1), st.floats(0, 1))
def test_no_change_within_the_error_is_ever_called_a_change(what, first, second):
    one = measure(what)
    before, after = (one.low + share * (one.high - one.low) for share in (first, second))
    verdict, _ = judge(one, before, after)
    if one.error and abs(after - before) <= one.error:
        assert verdict in (Verdict.WITHIN_ERROR, Verdict.NOT_COMPARED)
    assert judge(one, after, before)[0] is verdict or one.share


def test_the_errors_of_the_chair_tests_are_those_of_the_norms():
    for name, held in norms().items():
        assert measure(name).error == held.change


def test_a_practice_trial_comes_first_and_is_never_compared():
    assert needs_practice((), "chair_stand")
    assert not needs_practice((), "walk_2min")
    trial = made("chair_stand", 8, practice=True)
    assert not needs_practice((trial,), "chair_stand")
    change = course((trial, made("chair_stand", 12, FIRST + timedelta(days=1))), "chair_stand")
    assert (change.verdict, change.count) == (Verdict.NOT_COMPARED, 1)


def test_what_patient_and_clinician_read():
    tests = (made("chair_stand", 9), made("chair_stand", 13, FIRST + timedelta(days=28)))
    change = course(tests, "chair_stand")
    chance = "Up to 2.5 either way may be chance."
    assert for_patient(change) == ("At the start it was 9 stands.", chance, "This change is larger.")
    assert for_clinician(change) == (
        "30-second chair stand: 13 stands (sensed), +4 in 28 days since 2026-10-05 (n = 2): better, "
        "larger than the error of 2.5 stands and important."
    )
    assert for_clinician(course(tests[:1], "chair_stand")) == (
        "30-second chair stand: 9 stands (sensed), too early to compare (n = 1)."
    )
    assert for_patient(course(tests[:1], "chair_stand")) == (
        "Your first result.", "We compare the next ones with it.",
    )  # fmt: skip
    assert for_patient(course((), "chair_stand")) == ("No result yet.",)
    assert for_clinician(course((), "odi")) == "ODI total: no result yet."


def test_a_small_change_is_called_about_the_same():
    change = course((made("walk_2min", 120), made("walk_2min", 140, FIRST + timedelta(days=14))), "walk_2min")
    assert for_patient(change)[-1] == "So it is about the same."
    assert "no change beyond the error of measurement of 42 m" in for_clinician(change)


def test_worse_is_told_without_judgement():
    change = course((made("walk_2min", 160), made("walk_2min", 100, FIRST + timedelta(days=14))), "walk_2min")
    said = " ".join(for_patient(change))
    assert said.endswith("Up to 42 either way may be chance. This change is larger.")
    assert not any(re.search(rf"\b{re.escape(word)}\b", said.lower()) for word in words.NEVER)


def test_a_questionnaire_is_compared_within_its_version_only():
    tests = (
        made("odi", 40, version="2.0"), made("odi", 30, FIRST + timedelta(days=14), version="2.1a"),
        made("odi", 20, FIRST + timedelta(days=28), version="2.1a"),
    )  # fmt: skip
    change = course(tests, "odi")
    assert (change.first.value, change.difference, change.count) == (30, -10, 2)
    assert "version 2.1a), -10 in 14 days" in for_clinician(change)
    assert "important (at least 10 of 100; error of measurement not known)" in for_clinician(change)


def test_own_activities_are_numbers_here_and_their_mean_needs_the_same_ones():
    later, latest = (FIRST + timedelta(days=14 * n) for n in (1, 2))
    tests = (
        made("function_1", 2), made("function_2", 4),
        made("function_1", 6, later), made("function_2", 6, later), made("function_1", 9, latest),
    )  # fmt: skip
    means = function_means(tests)
    assert [one.value for one in means] == [3, 6]
    assert course(means, "function").verdict is Verdict.IMPORTANT
    assert all(one.note == "" for one in tests)
    assert function_means(tests[:1]) == ()


def test_the_walk_over_a_course_is_the_mean_of_its_speeds():
    assert mean_speed_m_s((10.0, 8.0)) == pytest.approx(1.125)
    with pytest.raises(OutcomeError, match="expected at least one"):
        mean_speed_m_s(())


def test_start_back_groups():
    assert [start_back_group(*one) for one in ((0, 0), (3, 3), (4, 3), (4, 4), (9, 5))] == [
        "low", "low", "medium", "high", "high",
    ]  # fmt: skip
    for wrong in ((3, 4), (10, 5), (9, 4), (5, 0)):
        with pytest.raises(OutcomeError, match="expected 0 to 9"):
            start_back_group(*wrong)


@pytest.mark.parametrize(
    ("what", "value", "origin", "version", "complaint"),
    [
        ("chair_stand", 61, Origin.SENSED, "", "expected a whole number from 0 to 60"),
        ("chair_stand", 9.5, Origin.SENSED, "", "expected a whole number"),
        ("chair_stand", float("nan"), Origin.SENSED, "", "chair stand is nan"),
        ("odi", 40, Origin.SELF_REPORTED, "2.0", "expected a clinician"),
        ("odi", 40, Origin.CLINICIAN_ENTERED, "", "version is ''; expected one of 1.0"),
        ("walk_2min", 120, Origin.SENSED, "2.0", "expected one of none"),
        ("function_1", 5, Origin.SENSED, "", "comes from a sensor"),
        ("function_4", 5, Origin.SELF_REPORTED, "", "measure 'function_4' is not known"),
    ],
)
def test_what_cannot_be_is_refused(what, value, origin, version, complaint):
    with pytest.raises(OutcomeError, match=complaint):
        result(what, value, origin, 0.0, "test-0001", version=version)


def test_a_test_is_due_after_the_clinicians_days_and_at_once_where_there_was_none(limits):
    tests = (made("chair_stand", 9), made("walk_2min", 100, practice=True))
    wanted = ("chair_stand", "walk_2min")
    assert measures_due(tests, wanted, FIRST + timedelta(days=13), limits) == ("walk_2min",)
    assert measures_due(tests, wanted, FIRST + timedelta(days=14), limits) == wanted
    future = (made("chair_stand", 9, date(2027, 1, 1)),)
    assert measures_due(future, ("chair_stand",), FIRST, limits) == ()


def test_no_item_of_a_questionnaire_is_shipped():
    text = files("edge.content").joinpath("outcomes.toml").read_text("utf-8").lower()
    assert not any(word in text for word in ("washing", "dressing", "lifting", "because of my back", "bothersome"))
    assert all(len(one.source) > 10 for one in measures().values())


def test_a_malformed_file_is_refused_with_file_key_value_and_what_was_expected():
    text = files("edge.content").joinpath("outcomes.toml").read_text("utf-8")
    for before, after, complaint in (
        ("[odi]", "[oswestry]", "mine.toml: has the tables"),
        ('kind = "rating"', 'kind = "guess"', r"\[function\] kind is 'guess'; expected one of test, rating, score"),
        (
            "error = 42",
            'error = "norms"',
            r"\[walk_2min\] error is 'norms'; norms.toml knows chair_stand, five_times",
        ),
        ("high = 400", "high = -4", r"\[walk_2min\] high is -4; expected a number from 0"),
        ("whole = true", "whole = 1", r"\[chair_stand\] whole is 1; expected true or false"),
        ("versions = []", 'versions = "2.0"', r"versions is '2.0'; expected a list"),
    ):
        with pytest.raises(ContentError, match=complaint):
            parse_measures(text.replace(before, after, 1), "mine.toml")


def test_times_are_read_in_the_patients_zone():
    assert datetime.fromtimestamp(made("chair_stand", 9).at, UTC).date() == FIRST
