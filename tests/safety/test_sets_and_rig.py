"""What finished sets, the bell, the band, the plan and the clock ask for."""

from __future__ import annotations

import math
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.samples import ImuSample
from edge.history.facts import SetFact
from edge.model import StopReason
from edge.prescription.limits import Limits
from edge.records import Form, Happened, Incident, Locked, Moment, Severity, SymptomsTold
from edge.safety.band import Band, Look, band
from edge.safety.bell import BellWatch
from edge.safety.situation import AfterSet, Beginning, FollowUp, InSet, verdict
from edge.safety.standing import clock, cut_off, plan
from edge.safety.table import Action, found
from edge.safety.table import verdict as of

LIMITS = Limits()
TODAY = date(2026, 11, 21)


def done(**changes):
    fields = {"symptom_change": 0, "stopped": StopReason.TARGET, "trusted": True} | changes
    return SetFact("band_row", "row_a", 1, 10, 10, fields.pop("stopped"), fields.pop("trusted"), **fields)


def after(*sets, incidents=()):
    *before, last = sets
    return verdict(AfterSet(last, before, incidents), LIMITS)


def incident(what=Happened.OVER_FORCE, number=1):
    return Incident("session-0001", 1, number, what, 120.0, "N", 0.0)


def test_a_set_as_planned_goes_on():
    assert after(done()).may_go_up


def test_a_set_stopped_for_pain_ends_the_session():
    told = after(done(stopped=StopReason.PAIN))
    assert told.stops("session")


@pytest.mark.parametrize(
    ("changes", "action", "down"),
    [
        ((0,), Action.CONTINUE, False),
        ((-1,), Action.CONTINUE, False),
        ((1,), Action.HOLD, False),
        ((None,), Action.HOLD, False),
        ((1, 1), Action.HOLD, True),
        ((1, None), Action.HOLD, True),
        ((None, 1), Action.HOLD, True),
        ((None, None), Action.HOLD, False),
        ((1, 0), Action.CONTINUE, False),
    ],
)
def test_more_pain_holds_and_twice_goes_a_step_back(changes, action, down):
    told = after(*[done(symptom_change=one) for one in changes])
    assert (told.action, told.goes_down) == (action, down)


@pytest.mark.parametrize("changes", [{"trusted": False}, {"reps_by_hand": 0}, {"reps_by_hand": 4}])
def test_doubtful_sets_and_sets_by_hand_never_let_anything_go_up(changes):
    assert after(done(**changes)).action is Action.HOLD


def test_a_set_that_became_slow_ends():
    assert after(done(speed_loss=0.3)).stops("set")
    assert after(done(speed_loss=0.29)).may_go_up
    assert after(done(speed_loss=None)).may_go_up


CHANGES = st.sampled_from((-1, 0, 1, None))


@given(st.lists(CHANGES, min_size=1, max_size=4), st.data())
def test_pain_up_or_unanswered_after_any_set_is_never_milder(changes, data):
    k = data.draw(st.integers(0, len(changes) - 1))
    told = after(*[done(symptom_change=one) for one in changes])
    for worse in (1, None):
        if worse is None and changes[k] == 1 and k < len(changes) - 1:
            continue  # an earlier "more" keeps its place: records are not taken back
        now = after(*[done(symptom_change=worse if j == k else one) for j, one in enumerate(changes)])
        assert now.action.strictness >= told.action.strictness
        assert told.may_go_up or not now.may_go_up


def test_the_second_overload_of_a_set_ends_it():
    assert verdict(InSet([incident()]), LIMITS).action is Action.REGRESS
    again = verdict(InSet([incident(), incident(Happened.SATURATED, 2)]), LIMITS)
    assert again.stops("set")
    assert again.keys[0] == "over_force_again"


def test_a_snap_stops_the_exercise_at_once():
    assert verdict(InSet([incident(Happened.BAND_SNAP)]), LIMITS).stops("exercise")


def test_the_second_drop_ends_the_set():
    drops = [incident(Happened.BELL_DROPPED, 1), incident(Happened.OUT_OF_PLANE, 2)]
    assert verdict(InSet(drops[:1]), LIMITS).action is Action.HOLD
    assert verdict(InSet(drops), LIMITS).stops("set")


# ---- the bell ------------------------------------------------------------------------------------------------


def swing(watch, axis, at_s):
    """One swing of 2 s about an axis, sensed at 100 a second."""
    for k in range(200):
        rate = 3.0 * math.sin(math.tau * k / 200)
        sample = ImuSample("bell", at_s + k / 100, (0.0, 0.0, 9.8), tuple(rate * part for part in axis))
        assert watch.feed(sample) == ()
    return watch.rep(at_s + 2.0)


@pytest.mark.parametrize(("off_deg", "flagged"), [(0, False), (20, False), (40, True), (90, True)])
def test_a_swing_out_of_the_plane_of_the_first_ones_is_flagged(off_deg, flagged):
    watch = BellWatch(LIMITS)
    assert [swing(watch, (1.0, 0.0, 0.0), 2.0 * n) for n in range(3)] == [()] * 3
    off = math.radians(off_deg)
    told = swing(watch, (math.cos(off), math.sin(off), 0.0), 6.0)
    assert [one.what for one in told] == ([Happened.OUT_OF_PLANE] if flagged else [])


def falling(felt):
    watch, told = BellWatch(LIMITS), []
    for k, accel in enumerate(felt):
        told += watch.feed(ImuSample("bell", k / 100, (0.0, 0.0, accel)))
    return told


def test_a_bell_that_falls_and_hits_is_a_drop():
    (drop,) = falling([9.8] * 50 + [0.5] * 20 + [120.0] + [9.8] * 50)
    assert drop.what is Happened.BELL_DROPPED


@pytest.mark.parametrize(
    "felt", [[9.8] * 50 + [0.5] * 20 + [25.0] * 10 + [9.8] * 50, [9.8] * 50 + [120.0] + [9.8] * 50]
)
def test_a_float_that_a_hand_catches_and_a_knock_are_no_drops(felt):
    assert falling(felt) == []


# ---- the band ------------------------------------------------------------------------------------------------

SOUND = Band("red", TODAY - timedelta(days=30), 400, (120.0,), (Look(TODAY, True),))


def of_band(today=TODAY, **changes):
    return [one.rule.key for one in band(Band(**{**band_fields(), **changes}), today, LIMITS)]


def band_fields():
    return {name: getattr(SOUND, name) for name in Band.__slots__}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, []),
        ({"looks": ()}, ["band_check_due"]),
        ({"looks": (Look(TODAY - timedelta(days=1), True),)}, ["band_check_due"]),
        ({"looks": (Look(TODAY, True), Look(TODAY, False))}, ["band_put_aside"]),
        ({"looks": (Look(TODAY - timedelta(days=9), False),)}, ["band_put_aside", "band_check_due"]),
        ({"incident_since": True}, ["band_check_due"]),
        ({"since": TODAY - timedelta(days=364)}, []),
        ({"since": TODAY - timedelta(days=365)}, ["band_retired"]),
        ({"since": None}, ["band_retired"]),
        ({"stretches": 4999}, []),
        ({"stretches": 5000}, ["band_retired"]),
        ({"peaks_n": (120.0, 901.0, 100.0)}, ["band_retired"]),
        ({"today": None}, ["band_check_due"]),
    ],
)
def test_a_band_is_looked_at_daily_and_retired_at_its_limits(changes, expected):
    assert of_band(**changes) == expected
    assert all(found(key).rule.action is Action.STOP for key in expected)


# ---- plan, clock, power --------------------------------------------------------------------------------------


def keys_of(*args, **more):
    return [one.rule.key for one in plan(*args, LIMITS, **more)]


def test_an_ended_plan_leaves_the_gentle_routine_and_then_nothing():
    assert keys_of(TODAY, TODAY) == []
    assert keys_of(None, TODAY) == []
    assert keys_of(TODAY - timedelta(days=1), TODAY) == ["plan_expired"]
    assert keys_of(TODAY - timedelta(days=14), TODAY) == ["plan_expired"]
    assert keys_of(TODAY - timedelta(days=15), TODAY) == ["plan_over", "plan_expired"]
    assert keys_of(TODAY - timedelta(days=1), TODAY, has_floor=False) == ["plan_over", "plan_expired"]
    assert keys_of(TODAY, TODAY, has_plan=False) == ["no_plan"]


def test_without_a_date_the_plan_goes_on_and_nothing_goes_up():
    assert keys_of(TODAY - timedelta(days=99), None) == ["clock_distrust"]
    assert not of(clock(trusted=False)).may_go_up
    assert of(clock(trusted=True)).may_go_up


@given(st.integers(-60, 200), st.booleans(), st.booleans())
def test_an_older_or_unknown_plan_is_never_milder(days_past, has_floor, newer):
    def strictness(days, **more):
        told = plan(TODAY - timedelta(days=days), TODAY, LIMITS, has_floor=has_floor, newer_waits=newer, **more)
        return of(told).action.strictness

    assert strictness(days_past + 1) >= strictness(days_past)
    assert strictness(days_past, has_plan=False) >= strictness(days_past)


def test_a_session_that_was_cut_off_asks_first():
    assert of(cut_off(interrupted=True, asked_since=False)).stops("session")
    assert of(cut_off(interrupted=True, asked_since=True)).may_go_up


# ---- before a session ----------------------------------------------------------------------------------------

FINE = SymptomsTold("session-0002", Moment.START, 0.0, 2, 1, 0)
WELL = {
    "locks": (), "flags_due": None, "start": FINE, "starts": (), "follow_ups": (), "today": TODAY, "has_plan": True,
    "plan_last_day": TODAY + timedelta(days=9), "has_floor": True, "newer_plan_waits": False, "interrupted": False,
    "asked_since": False, "band": SOUND,
}  # fmt: skip
LOCK = Locked("lock-0001", "patient-0001", Severity.EMERGENCY, ("saddle_numb",), 0.0)
TROUBLE = {
    "locks": (LOCK,),
    "flags_due": Form.SHORT,
    "start": None,
    "follow_ups": (FollowUp(Moment.NEXT_DAY, FINE, FINE, None),),
    "today": None,
    "has_plan": False,
    "plan_last_day": TODAY - timedelta(days=3),
    "newer_plan_waits": True,
    "interrupted": True,
    "band": Band("red", None, 0),
}


def test_when_all_is_known_and_well_training_begins():
    assert verdict(Beginning(**WELL), LIMITS).may_go_up


@given(st.sets(st.sampled_from(sorted(TROUBLE))), st.sampled_from(sorted(TROUBLE)))
def test_one_more_trouble_is_never_milder(troubles, one_more):
    before = Beginning(**WELL | {name: TROUBLE[name] for name in troubles})
    after_it = Beginning(**WELL | {name: TROUBLE[name] for name in (*troubles, one_more)})
    told, now = verdict(before, LIMITS), verdict(after_it, LIMITS)
    if not {"today", "has_plan"} & {one_more}:  # what cannot be told any more is replaced by a hold or a stop
        assert now.action.strictness >= told.action.strictness
    assert not now.may_go_up


@given(st.sets(st.sampled_from(sorted(TROUBLE))))
def test_a_lock_stops_everything_whatever_else_is_known(troubles):
    told = verdict(Beginning(**WELL | {name: TROUBLE[name] for name in troubles} | {"locks": (LOCK,)}), LIMITS)
    assert told.stops("training")
    assert told.keys[0] == "locked"
