"""How the patient is: as the safety rules see it, and never calmer for a question that was not answered."""

from dataclasses import replace

import pytest
from care_past import FIRST, a_lock, one_session
from hypothesis import given
from hypothesis import strategies as st

from edge.care.feeling import Feeling, feeling, hurt, signs, within_tolerance
from edge.history.facts import History
from edge.model import StopReason
from edge.prescription.limits import Limits
from edge.records import Incident, Moment, SymptomsTold

score = st.integers(0, 10)
maybe = st.one_of(st.none(), score)


def told(moment, back, leg, **more):
    return SymptomsTold("session-0001", moment, 0.0, back=back, leg=leg, **more)


@given(score, score, score, score, st.sampled_from([-1, 0, 1]), st.booleans(), st.booleans())
def test_raised_begins_where_the_safety_rules_leave_green(back, leg, start_back, start_leg, distal, weaker, bearable):
    symptoms = pytest.importorskip("edge.safety.symptoms")
    limits, start = Limits(), told(Moment.START, start_back, start_leg, distal=0)
    answers = told(Moment.WORST, back, leg, distal=distal, weaker=weaker, tolerable=bearable)
    green = symptoms.zone(symptoms.in_session(start, answers, limits)) is symptoms.Zone.GREEN
    assert any(signs(answers, start, limits).values()) is not green


@given(maybe, maybe, maybe, maybe)
def test_an_answer_left_open_never_calms_more_than_the_best_answer_would(back, leg, later_back, later_leg):
    def after(**answers):
        worst = {"back": back, "leg": leg}
        return History((one_session(FIRST, answers={Moment.WORST: worst, Moment.NEXT_DAY: answers}),))

    limits = Limits()
    open_answers = feeling(after(back=later_back, leg=later_leg), limits)
    best = feeling(after(back=later_back or 0, leg=later_leg or 0), limits)
    assert not (open_answers is Feeling.CALM and best is Feeling.RAISED)


@given(score)
def test_a_leg_that_hurt_too_much_is_not_calmed_by_an_answer_about_the_back(back):
    open_leg = {Moment.WORST: {"leg": 8}, Moment.NEXT_DAY: {"back": back, "leg": None}}
    assert feeling(History((one_session(FIRST, answers=open_leg),)), Limits()) is Feeling.RAISED


def test_nothing_told_is_neither_calm_nor_raised(limits):
    silent = replace(one_session(FIRST), symptoms={})
    assert feeling(History((silent,)), limits) is Feeling.NOT_TOLD
    assert feeling(History(lock=a_lock()), limits) is Feeling.RAISED


def test_a_set_that_was_stopped_for_pain_lasts_until_a_calm_answer_after_that_session(limits):
    stopped = one_session(FIRST, after=None, ended=StopReason.PAIN)
    assert feeling(History((stopped,)), limits) is Feeling.RAISED
    assert feeling(History((one_session(FIRST, ended=StopReason.PAIN),)), limits) is Feeling.CALM


def test_within_tolerance_needs_the_next_days_answer(limits):
    assert within_tolerance(one_session(FIRST), limits)
    assert not within_tolerance(one_session(FIRST, after=None), limits)
    assert not within_tolerance(one_session(FIRST, after=4), limits)
    assert not within_tolerance(one_session(FIRST, ended=None), limits)
    assert not within_tolerance(one_session(FIRST, answers={Moment.NEXT_DAY: {"weaker": True}}), limits)


def test_an_incident_makes_a_session_one_that_hurt(limits):
    snap = Incident("session-0001", 1, 1, "band_snap", 0.0, "N", 0.0)
    assert hurt(replace(one_session(FIRST), incidents=(snap,)), limits)
