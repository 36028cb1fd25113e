"""Zones of symptoms, as a clinician would tell them, and what can never happen."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import asdict, replace

from edge.prescription.limits import Limits, thresholds
from edge.records import Moment, SymptomsTold
from edge.safety.situation import Asked, FollowUp, verdict
from edge.safety.symptoms import AFTER_A_SET, QUESTIONS, Zone, in_session, later, leg_trend, zone
from edge.safety.table import Action
from edge.safety.table import verdict as of

LIMITS = Limits()
FIELDS = ("back", "leg", "distal", "weaker", "tolerable")


def told(moment=Moment.START, **changes):
    fields = {"back": 2, "leg": 2, "distal": 0, "weaker": False, "tolerable": True} | changes
    return SymptomsTold("session-0001", moment, 0.0, **fields)


def at_end(**changes):
    return in_session(told(), told(Moment.WORST, **changes), LIMITS)


def next_day(**changes):
    return later(told(), told(Moment.WORST), told(Moment.NEXT_DAY, **changes), Moment.NEXT_DAY, LIMITS)


def second_day(**changes):
    return later(told(), told(Moment.WORST), told(Moment.SECOND_DAY, **changes), Moment.SECOND_DAY, LIMITS)


@pytest.mark.parametrize("part", ["back", "leg"])
@pytest.mark.parametrize(
    ("start", "worst", "expected"),
    [
        (3, 5, Zone.GREEN),
        (2, 4, Zone.GREEN),
        (2, 5, Zone.AMBER),
        (4, 6, Zone.AMBER),
        (5, 7, Zone.RED),
        (2, 6, Zone.RED),
        (0, 3, Zone.AMBER),
        (0, 4, Zone.RED),
        (6, 3, Zone.GREEN),
    ],
)
def test_zones_in_a_session(part, start, worst, expected):
    begun = replace(told(back=0, leg=0), **{part: start})
    now = replace(begun, moment=Moment.WORST, **{part: worst})
    assert zone(in_session(begun, now, LIMITS)) is expected


def test_back_and_leg_are_held_against_their_own_start():
    start = told(back=4, leg=0)
    assert zone(in_session(start, told(Moment.WORST, back=5, leg=2), LIMITS)) is Zone.GREEN
    assert zone(in_session(start, told(Moment.WORST, back=0, leg=4), LIMITS)) is Zone.RED


def test_the_leg_has_a_ceiling_of_its_own():
    stricter = Limits({"leg_pain_ceiling": 3})
    begun = told(back=4, leg=4)
    assert zone(in_session(begun, begun, LIMITS)) is Zone.GREEN
    (only,) = in_session(begun, begun, stricter)
    assert (only.rule.key, only.facts["part"]) == ("pain_amber", "leg")


def test_new_weakness_is_red_whatever_the_scores():
    assert of(at_end(back=0, leg=0, weaker=True)).action is Action.STOP
    assert of(next_day(back=0, leg=0, weaker=True)).action is Action.STOP


def test_not_bearable_outranks_numbers():
    assert zone(at_end(back=0, leg=0, tolerable=False)) is Zone.RED
    calm = of(next_day(back=0, leg=0, tolerable=False))
    assert calm.goes_down
    assert not calm.may_go_up


def test_distal_spread_is_amber_and_never_a_lock():
    spread = of(at_end(distal=1))
    assert (zone(spread.reasons), spread.action) == (Zone.AMBER, Action.HOLD)
    for asked, action in ((0, Action.CONTINUE), (1, Action.HOLD), (2, Action.HOLD)):
        limits = Limits({"distal_action": asked})
        told_now = of(in_session(told(), told(Moment.WORST, distal=1), limits))
        assert (told_now.action, told_now.goes_down) == (action, asked == 2)


def test_no_answer_is_not_zero():
    empty = SymptomsTold("session-0001", Moment.START, 0.0)
    assert zone(in_session(empty, empty, LIMITS)) is Zone.UNKNOWN
    zeros = told(back=0, leg=0)
    assert zone(in_session(zeros, zeros, LIMITS)) is Zone.GREEN
    assert of(in_session(None, None, LIMITS)).action is Action.STOP


@pytest.mark.parametrize(
    ("score", "up", "down"),
    [(2, True, False), (3, True, False), (4, False, False), (5, False, True), (9, False, True)],
)
def test_after_24_hours_one_point_is_fine_two_hold_three_regress(score, up, down):
    now = of(next_day(back=score))
    assert (now.may_go_up, now.goes_down) == (up, down)


def test_still_raised_after_48_hours_regresses():
    assert of(second_day(back=2)).may_go_up
    assert of(second_day(back=3)).goes_down
    assert not of(second_day(back=3)).may_go_up


def test_a_day_without_an_answer_counts_as_above_the_last_one():
    start, end = told(back=2), told(Moment.WORST, back=4)
    silent = later(start, end, None, Moment.NEXT_DAY, LIMITS)
    (high,) = [one for one in silent if one.rule.key == "later_high"]
    assert (high.facts["score"], high.facts["answered"]) == (5, False)
    assert of(silent).goes_down


@pytest.mark.parametrize("score", [0, 3, 10])
def test_a_late_answer_holds_whatever_its_scores_are(score):
    late = verdict(
        FollowUp(Moment.SECOND_DAY, told(), told(), told(Moment.SECOND_DAY, back=score), late=True), LIMITS
    )
    assert (late.action, late.goes_down) == (Action.HOLD, False)


def test_the_plain_words_of_a_late_answer_count_as_ever():
    said = told(Moment.SECOND_DAY, tolerable=False)
    assert verdict(FollowUp(Moment.SECOND_DAY, told(), told(), said, late=True), LIMITS).goes_down


def test_before_the_answer_is_due_nothing_goes_up():
    early = verdict(FollowUp(Moment.NEXT_DAY, told(), told(Moment.WORST), None, due=False), LIMITS)
    assert (early.action, early.goes_down) == (Action.HOLD, False)


def test_a_leg_that_gets_worse_three_times_is_asked_about():
    assert leg_trend([told(leg=1), told(leg=2), told(leg=3)])
    assert not leg_trend([told(leg=1), told(leg=3), told(leg=3)])
    assert not leg_trend([told(leg=3), told(leg=4)])
    assert leg_trend([told(leg=1), told(leg=None), told(leg=4)])
    assert leg_trend([told(distal=1), told(distal=1)])
    assert not leg_trend([])


def test_after_a_set_that_hurt_three_answers_are_enough():
    hurt = told(Moment.WORST, back=3, distal=None, tolerable=None)
    assert zone(in_session(told(), hurt, LIMITS)) is Zone.UNKNOWN
    assert zone(in_session(told(), hurt, LIMITS, AFTER_A_SET)) is Zone.GREEN


def test_a_leg_without_symptoms_is_not_asked_how_far_they_reach():
    assert zone(in_session(told(leg=0), told(Moment.WORST, leg=0, distal=None), LIMITS)) is Zone.GREEN
    assert zone(in_session(told(leg=0), told(Moment.WORST, leg=1, distal=None), LIMITS)) is Zone.UNKNOWN


# ---- what can never happen -----------------------------------------------------------------------------------

SCORES = st.integers(0, 10)
TOLD = st.fixed_dictionaries(
    {
        "back": SCORES,
        "leg": SCORES,
        "distal": st.sampled_from((-1, 0, 1)),
        "weaker": st.booleans(),
        "tolerable": st.booleans(),
    }
)
CHANGED = st.fixed_dictionaries(
    {},
    optional={
        key: st.integers(round(one.min), round(one.max)) | st.floats(one.min, one.max)
        for key, one in thresholds().items()
        if one.group == "symptoms"
    },
).map(Limits)  # fmt: skip
MOMENTS = st.sampled_from(list(Moment))


def judged(start, now, moment, limits):
    """The verdict on ``now`` at any moment; at the start it is its own start."""
    if moment in (Moment.NEXT_DAY, Moment.SECOND_DAY):
        return verdict(FollowUp(moment, start, start, now), limits)
    return verdict(Asked(now if moment is Moment.START else start, now), limits)


def milder(one, other):
    """Tell whether ``one`` asks for less caution than ``other`` in anything."""
    return (
        one.action.strictness < other.action.strictness
        or (one.may_go_up and not other.may_go_up)
        or (other.goes_down and not one.goes_down)
    )


@pytest.mark.parametrize("changed", [{}, {"pain_rise": 0}, {"pain_ceiling": 2, "pain_rise": 1}, {"rise_24h": 0}])
@pytest.mark.parametrize("part", ["back", "leg"])
def test_from_0_to_10_the_action_only_ever_becomes_stricter(part, changed):
    limits = Limits(changed)
    for moment in Moment:
        for begun in range(11):
            start = told(**{part: begun})
            ladder = [judged(start, told(moment, **{part: score}), moment, limits) for score in range(11)]
            assert not any(milder(worse, better) for better, worse in pairwise(ladder)), (moment, begun)


@given(begun=TOLD, answers=TOLD, moment=MOMENTS, part=st.sampled_from(("back", "leg")), more=SCORES, limits=CHANGED)
def test_more_pain_never_yields_a_milder_action(begun, answers, moment, part, more, limits):
    start, now = told(**begun), told(moment, **answers)
    worse = replace(now, **{part: max(getattr(now, part), more)})
    assert not milder(judged(start, worse, moment, limits), judged(start, now, moment, limits))


@given(begun=TOLD, answers=TOLD, moment=MOMENTS, limits=CHANGED)
def test_worse_answers_never_yield_a_milder_action(begun, answers, moment, limits):
    start, now = told(**begun), told(moment, **answers)
    for worse in ({"weaker": True}, {"tolerable": False}, {"distal": 1}):
        assert not milder(judged(start, replace(now, **worse), moment, limits), judged(start, now, moment, limits)), (
            worse
        )


@given(begun=TOLD, answers=TOLD, moment=MOMENTS, gone=st.sets(st.sampled_from(FIELDS), min_size=1), limits=CHANGED)
def test_removing_an_answer_never_yields_a_milder_action(begun, answers, moment, gone, limits):
    """Of the answers that the moment asks for. A missing one holds at least, and never lets anything go up."""
    gone &= set(QUESTIONS[moment])
    start, now = told(**begun), told(moment, **answers)
    less = judged(start, replace(now, **dict.fromkeys(gone)), moment, limits)
    assert less.action.strictness >= judged(start, now, moment, limits).action.strictness
    assert not gone or not less.may_go_up


@given(begun=TOLD, answers=TOLD, moment=MOMENTS, gone=st.sampled_from(("back", "leg")), limits=CHANGED)
def test_a_start_that_nobody_knows_never_lets_anything_go_up(begun, answers, moment, gone, limits):
    start = replace(told(**begun), **{gone: None})
    if moment is not Moment.START:
        assert not judged(start, told(moment, **answers), moment, limits).may_go_up
    assert not judged(None, None, moment, limits).may_go_up


@given(begun=TOLD, answers=TOLD, moment=MOMENTS, key=st.sampled_from(sorted(
    key for key, one in thresholds().items() if one.group == "symptoms")), share=st.floats(0, 1))  # fmt: skip
def test_a_stricter_limit_is_never_milder(begun, answers, moment, key, share):
    one = thresholds()[key]
    stricter = one.min if one.safer == "low" else one.max
    start, now = told(**begun), told(moment, **answers)
    strict = Limits({key: one.default + share * (stricter - one.default)})
    assert not milder(judged(start, now, moment, strict), judged(start, now, moment, LIMITS))


@given(begun=TOLD, answers=TOLD, moment=MOMENTS)
def test_every_reason_carries_what_made_it(begun, answers, moment):
    for one in judged(told(**begun), told(moment, **answers), moment, LIMITS).reasons:
        if "part" in one.facts:
            assert one.facts["score"] == asdict(told(moment, **answers))[one.facts["part"]]
