"""Feedback fades as an exercise is learned, comes back when it is needed, and shows who leans on it."""

from dataclasses import replace
from datetime import timedelta

import pytest
from care_past import FIRST, one_session, one_set
from hypothesis import given
from hypothesis import strategies as st

from edge.care.feedback import Leaning, dependency, next_set, parse_settings, share_after
from edge.history.facts import History
from edge.library import ContentError
from edge.prescription.limits import Limits

SQUAT = "goblet_squat"


def trained(sessions, limits, *, sets=3, every=2, eased_on=()):
    """Let somebody train by the schedule; return the history and the pattern of each session."""
    history, patterns = History(), []
    for number in range(sessions):
        day, done = FIRST + timedelta(days=every * number), []
        for _ in range(sets):
            plan = next_set(history, SQUAT, day, limits, done_today=done, eased_on=eased_on)
            done.append(one_set(feedback=plan.feedback))
        patterns.append("".join("F" if one.feedback else "-" for one in done))
        history = replace(history, sessions=(*history.sessions, one_session(day, sets=done)))
    return history, patterns


def test_full_for_the_first_sessions_then_ever_fewer_sets_down_to_the_least_share(limits):
    _, patterns = trained(14, limits)
    assert patterns[:4] == ["FFF"] * 4
    helped = [one.count("F") for one in patterns]
    assert sum(helped[4:9]) > sum(helped[9:14])
    assert sum(helped[-4:]) == 3  # a quarter of twelve sets


def test_the_schedule_is_the_same_every_time_and_after_a_restart_in_the_middle_of_a_session(limits):
    history, _ = trained(7, limits)
    day = FIRST + timedelta(days=14)
    done = [one_set(feedback=next_set(history, SQUAT, day, limits).feedback)]
    again = [next_set(history, SQUAT, day, limits, done_today=done) for _ in range(3)]
    assert len(set(again)) == 1


def test_a_new_exercise_begins_in_full_beside_one_that_has_faded(limits):
    history, _ = trained(10, limits)
    plan = next_set(history, "band_row", FIRST + timedelta(days=20), limits)
    assert (plan.feedback, plan.share, plan.why) == (True, 1.0, "new exercise")
    assert plan.sentence == "The screen helps in every set."


def test_after_a_break_it_is_full_again(limits):
    history, _ = trained(10, limits)
    assert next_set(history, SQUAT, FIRST + timedelta(days=19), limits).share < 1
    plan = next_set(history, SQUAT, FIRST + timedelta(days=25), limits)
    assert (plan.share, plan.why) == (1.0, "after a break")


def test_after_a_regression_it_is_full_again_for_as_many_sessions(limits):
    eased = FIRST + timedelta(days=15)
    _, patterns = trained(14, limits, eased_on=(eased,))
    assert "-" in "".join(patterns[4:8])
    assert patterns[8:12] == ["FFF"] * 4
    assert "-" in "".join(patterns[12:])


@given(st.integers(0, 60), st.integers(1, 20), st.floats(0, 1))
def test_the_share_never_rises_and_stays_between_its_limits(sessions, full, least):
    limits = Limits({"feedback_full_sessions": full, "feedback_least_share": least})
    assert 1.0 >= share_after(sessions, limits) >= share_after(sessions + 1, limits) >= round(least, 6)
    assert share_after(full - 1, limits) == 1.0


@given(st.integers(1, 5), st.integers(1, 4), st.sampled_from([0.0, 0.25, 0.5, 1.0]))
def test_in_the_long_run_as_many_sets_have_feedback_as_the_share_says(sets, full, least):
    limits = Limits({"feedback_full_sessions": full, "feedback_least_share": least})
    history, _ = trained(20, limits, sets=sets, every=1)
    wanted = sum(share_after(number, limits) for number in range(20) for _ in range(sets))
    helped = sum(one.feedback for session in history.sessions for one in session.sets)
    assert helped == pytest.approx(wanted, abs=1.0)


def judged(helped, alone):
    sets = [one_set(on_tempo=value, feedback=True) for value in helped]
    sets += [one_set(on_tempo=value, feedback=False) for value in alone]
    return dependency(History((one_session(FIRST, sets=sets),)), SQUAT)


def test_it_is_too_early_with_few_sets():
    early = judged((0.9, 0.9, 0.9), (0.9,) * 9)
    assert (early.leaning, early.difference) == (Leaning.TOO_EARLY, None)
    assert early.for_clinician() == (
        "Not enough sets yet to tell: 3 sets with help, 9 without. 4 of each are needed."
    )


def test_much_poorer_alone_is_leaning_and_the_same_alone_is_steady():
    leans = judged((0.9, 1.0, 0.9, 0.8), (0.4, 0.5, 0.3, 0.4))
    assert leans.leaning is Leaning.LEANS
    assert leans.low > 0
    assert leans.for_clinician() == (
        "Leans on the screen: of 100 repetitions 50 more are on tempo with its help "
        "(likely 32 more to 68 more; 4 sets with help, 4 without)."
    )
    assert judged((0.9,) * 8, (0.9,) * 8).leaning is Leaning.STEADY
    assert judged((0.9, 0.7, 1.0, 0.8), (0.8, 0.9, 0.5, 0.9)).leaning is Leaning.UNCLEAR


def test_equal_values_are_not_taken_for_certainty():
    one = judged((1.0,) * 4, (1.0,) * 4)
    assert one.high > 0.05
    assert one.leaning is Leaning.UNCLEAR


def test_untrusted_and_unjudged_sets_say_nothing():
    sets = [one_set(feedback=n % 2 == 0, trusted=False) for n in range(20)]
    sets += [one_set(feedback=n % 2 == 0, on_tempo=None) for n in range(20)]
    assert dependency(History((one_session(FIRST, sets=sets),)), SQUAT).with_sets == 0


def test_the_unpractised_beginning_is_not_compared():
    beginning = [one_set(on_tempo=0.2) for _ in range(20)]
    later = [one_set(on_tempo=0.9, feedback=n % 2 == 0) for n in range(16)]
    one = dependency(History((one_session(FIRST, sets=beginning + later),)), SQUAT)
    assert one.with_sets < 20


def test_a_malformed_file_is_refused_with_file_key_value_and_what_was_expected():
    from importlib.resources import files

    text = files("edge.content").joinpath("feedback.toml").read_text("utf-8")
    for before, after, complaint in (
        ("[fade]", "[fading]", "mine.toml: has the tables fading"),
        ("per_session = 0.15", "per_session = 2", r"\[fade\] per_session is 2; expected a number from 0 to 1"),
        ("fewest_sets = 4", "fewest_sets = 1", r"\[dependency\] fewest_sets is 1; expected a number from 2"),
        ("by your own feel", "bad", r"\[words\] some .*'bad' is never said"),
    ):
        with pytest.raises(ContentError, match=complaint):
            parse_settings(text.replace(before, after, 1), "mine.toml")
