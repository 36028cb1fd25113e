"""What is due: weeks that go by when they were trained, days away, plans that run out, clocks that lie."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from edge.care.nudges import ANSWERS, kinds
from edge.history.facts import History, SessionFact, SetFact
from edge.model import StopReason
from edge.prescription.due import due
from edge.prescription.limits import Limits
from edge.prescription.lines import Notice, lines_of
from edge.prescription.offers import OFFERS, SHORT_MIN, TAKEN
from edge.prescription.plan import Prescription
from edge.prescription.position import UNKNOWN, Hold, Now, position
from edge.prescription.programmes import begin, programme
from edge.prescription.row import Role, one_dose
from edge.records import Locked, Moment, Nudged, Severity, SymptomsTold
from edge.tempo import parse_tempo

MONDAY = date(2026, 11, 23)
HOUR = 3600.0
MANY = 2000 if os.environ.get("STEADYRIG_LONG") == "1" else 150


def at(day: int, hour: float = 9.0, *, trusted: bool = True) -> Now:
    """The moment on a day of the programme, counted from 0, at an hour."""
    return Now((day * 24 + hour) * HOUR + 1_795_392_000.0, MONDAY + timedelta(days=day), trusted)


def plan(name="microroutine-6w", **changes) -> Prescription:
    made = begin(programme(name), "p-0001-aaaa", "station-0001", "Ana", "2026-11-21T08:00:00Z", MONDAY)
    return replace(made, **changes)


def told(moment, back=2, leg=1, **more):
    return SymptomsTold("session-0001", moment, 1_795_392_000.0, back, leg, **more)


WELL = {
    Moment.START: told(Moment.START),
    Moment.WORST: told(Moment.WORST, back=3),
    Moment.NEXT_DAY: told(Moment.NEXT_DAY),
}

MOMENTS = (Moment.START, Moment.WORST)

A_SET = SetFact("cat_cow", "w1_cat_cow", 1, 10, 10, StopReason.TARGET, trusted=True)


def session(day: int, hour: float = 9.0, *, ended=StopReason.TARGET, trusted=True, version=1, symptoms=WELL):
    """One session, done and well tolerated unless said otherwise."""
    now = at(day, hour)
    name = f"session-{day:03d}-{hour:04.1f}"
    return SessionFact(name, now.day, now.at, trusted, version, (A_SET,), symptoms, (), ended)


def test_a_session_left_at_its_questions_is_no_session_of_the_day():
    left = replace(session(0, 8), sets=())
    assert due(plan(), History((left,)), at(0, 8.2)).now
    assert not due(plan(), History((session(0, 8),)), at(0, 8.2)).now


def trained(*days: int, per_day: int = 3, **more) -> History:
    """Every session of these days was done, four hours apart."""
    return History(tuple(session(day, 8 + 4 * n, **more) for day in days for n in range(per_day)))


def exercises(found):
    return [line.exercise for line in found.routine.lines]


# ---- the first week -----------------------------------------------------------------------------------------

LIGHT = Limits({"rpe_cap_first_week": 6})


def efforts(found):
    return [one.high for line in found.routine.lines for one in line.rpe if one is not None]


def test_a_first_week_that_the_clinician_wants_lighter_is_lighter_on_the_screen():
    gym = plan("gym-4day", limits=LIGHT)
    assert max(efforts(due(gym, History(), at(0)))) == 6
    begun = trained(0, per_day=1)
    assert max(efforts(due(gym, begun, at(6)))) == 6, "its seventh day"
    assert max(efforts(due(gym, begun, at(7)))) > 6


def test_while_nobody_knows_the_date_it_is_taken_for_the_first_week():
    gym = plan("gym-4day", limits=LIGHT)
    assert max(efforts(due(gym, trained(0, per_day=1), at(30, trusted=False)))) == 6


@pytest.mark.parametrize("name", ["home-3day", "gym-4day", "microroutine-6w"])
def test_no_row_of_the_sources_first_weeks_is_lowered_by_the_default(name):
    made = plan(name)
    for row in made.rows:
        assert list(lines_of(made, row, first_week=True)) == list(lines_of(made, row))


def test_what_rises_from_set_to_set_begins_at_five_or_six_as_the_source_says():
    for name in ("home-3day", "gym-4day", "microroutine-6w"):
        for row in programme(name).rows:
            if len({*row.rpe}) > 1:
                assert row.rpe[0].high <= 6, row.name


# ---- weeks and days -----------------------------------------------------------------------------------------


def test_on_the_first_day_the_first_of_three_short_routines_is_due():
    found = due(plan(), History(), at(0))
    assert (found.week, found.day, found.session, found.done_today, found.missed) == (1, None, 1, 0, 0)
    assert exercises(found) == ["cat_cow", "sciatic_nerve_glide", "femoral_nerve_glide", "cobra_push_up"]
    assert (found.block.sessions_per_day, found.routine.notices) == (3, ())


def test_the_next_slot_waits_for_the_gap_and_then_is_due():
    history = History((session(0, 9),))
    early = due(plan(), history, at(0, 11))
    assert (early.session, early.routine.notice) == (None, Notice.WAIT)
    assert early.next_at == at(0, 12).at
    assert due(plan(), history, at(0, 12)).session == 2


def test_after_the_last_slot_of_the_day_nothing_is_due_until_tomorrow():
    found = due(plan(), trained(0), at(0, 22))
    assert (found.session, found.next_at, found.routine.notice) == (None, None, Notice.DONE_TODAY)
    assert due(plan(), trained(0), at(1)).session == 1


def test_a_week_is_over_after_seven_days_and_most_of_its_sessions():
    assert due(plan(), trained(*range(7)), at(6, 22)).week == 1, "not before its seven days"
    assert due(plan(), trained(*range(7)), at(7)).week == 2
    assert due(plan(), trained(*range(5)), at(7)).week == 2, "15 of 21 are enough"
    assert due(plan(), trained(*range(4)), at(7)).week == 1, "12 are not"


def test_the_next_block_begins_when_the_last_sessions_were_tolerated():
    found = due(plan(), trained(*range(14)), at(14))
    assert (found.week, found.hold) == (3, None)
    assert "band_row" in exercises(found)


@pytest.mark.parametrize(
    ("symptoms", "hold"),
    [
        (WELL | {Moment.WORST: told(Moment.WORST, back=6)}, Hold.TOLERANCE),
        (WELL | {Moment.WORST: told(Moment.WORST, leg=6)}, Hold.TOLERANCE),
        (WELL | {Moment.WORST: told(Moment.WORST, leg=None)}, Hold.TOLERANCE),
        (WELL | {Moment.WORST: told(Moment.WORST, tolerable=False)}, Hold.TOLERANCE),
        (WELL | {Moment.WORST: told(Moment.WORST, weaker=True)}, Hold.TOLERANCE),
        (WELL | {Moment.NEXT_DAY: told(Moment.NEXT_DAY, back=4)}, Hold.NEXT_DAY),
        (WELL | {Moment.NEXT_DAY: told(Moment.NEXT_DAY, back=None)}, Hold.NEXT_DAY),
        ({Moment.WORST: told(Moment.WORST)}, Hold.NEXT_DAY),
        ({}, Hold.TOLERANCE),
    ],
)
def test_a_flare_up_or_a_missing_answer_holds_the_block(symptoms, hold):
    history = trained(*range(14))
    sessions = tuple(replace(one, symptoms=symptoms) for one in history.sessions)
    found = due(plan(), replace(history, sessions=sessions), at(14))
    assert (found.week, found.hold) == (2, hold)
    assert Notice.HELD in found.routine.notices
    assert found.session == 1, "the same routine goes on"


@pytest.mark.parametrize(
    ("hours", "back", "hold"),
    [(50, 2, None), (50, 3, Hold.NEXT_DAY), (80, 2, Hold.NEXT_DAY), (80, 9, Hold.NEXT_DAY)],
    ids=["second day", "second day, raised", "late", "late, raised"],
)
def test_the_second_day_serves_where_the_next_was_not_asked_and_a_late_answer_never_does(hours, back, hold):
    history = trained(*range(14))
    *before, last = (replace(one, symptoms={key: WELL[key] for key in MOMENTS}) for one in history.sessions)
    after = SymptomsTold(last.session_id, Moment.SECOND_DAY, last.started_at + hours * HOUR, back, 1)
    last = replace(last, symptoms={**last.symptoms, Moment.SECOND_DAY: after})
    found = due(plan(), History((*before, last)), at(17))
    assert (found.week, found.hold) == (2 if hold else 3, hold)


def test_sessions_that_were_stopped_or_cut_off_bring_no_week_on():
    for ended in (StopReason.PAIN, StopReason.TIRED, StopReason.TECHNICAL, None):
        assert due(plan(), trained(*range(7), ended=ended), at(7)).week == 1


def test_training_days_follow_one_another_with_a_free_day_between():
    home = plan("home-3day")
    assert due(home, History(), at(0)).day == 1
    assert due(home, trained(0, per_day=1), at(1)).routine.notice is Notice.REST_DAY
    second = due(home, trained(0, per_day=1), at(2))
    assert (second.day, second.session, exercises(second)[0]) == (2, 1, "cat_cow")
    assert due(home, trained(0, 2, per_day=1), at(4)).day == 3
    full = due(home, trained(0, 2, 4, per_day=1), at(6))
    assert (full.session, full.routine.notice) == (None, Notice.REST_DAY), "three days a week"
    assert due(home, trained(0, 2, 4, per_day=1), at(7)).day == 1


def test_a_day_that_was_stopped_is_offered_again():
    history = trained(0, per_day=1, ended=StopReason.PAIN)
    assert due(plan("home-3day"), history, at(2)).day == 1


def test_sides_are_lines_of_their_own_and_back_off_sets_follow_their_top_sets():
    gym = plan("gym-4day")
    first = due(gym, History(), at(0)).routine.lines
    assert [(line.exercise, line.role) for line in first][2:4] == [
        ("belt_squat", Role.MAIN),
        ("belt_squat", Role.BACK_OFF),
    ]
    second = due(gym, trained(0, per_day=1), at(1)).routine.lines
    lunges = [line.side for line in second if line.exercise == "curtsy_lunge"]
    assert lunges == ["left", "right"]


def test_a_pause_is_placed_where_it_is_in_the_exercise():
    third = due(plan("gym-4day"), trained(0, 1, per_day=1), at(2)).routine.lines
    bench = next(line for line in third if line.exercise == "feet_up_bench_press")
    assert (bench.tempo.bottom_s, bench.tempo.eccentric_s) == (1.0, None)


def test_a_programme_that_is_over_is_repeated_and_says_so():
    days = range(42)
    history = History(
        tuple(
            session(day, 8 + 4 * n) for day in days for n in range(3 if day < 14 else 2 if day < 28 else day % 7 < 5)
        )
    )
    found = due(plan(), history, at(42))
    assert (found.week, Notice.FINISHED in found.routine.notices) == (6, True)


def test_sessions_of_an_earlier_programme_are_not_counted():
    assert due(plan(version=5, began=5), trained(*range(14)), at(14)).week == 1
    edited = plan(version=5, began=1)
    assert due(edited, trained(*range(14)), at(14)).week == 3, "an edit keeps the place"


# ---- missed ---------------------------------------------------------------------------------------------------


def test_missed_slots_are_told_and_never_made_up_for():
    found = due(plan(), trained(0, per_day=1), at(2))
    assert (found.missed, found.session, found.away_days) == (5, 1, 2)
    assert due(plan("home-3day"), History((session(0),)), at(5)).missed == 0, "there is still room in the week"
    assert due(plan("home-3day"), History((session(0),)), at(6)).missed == 1


def test_after_a_week_away_the_block_before_is_taken_up_again():
    history = trained(*range(16))
    assert due(plan(), history, at(21)).week == 3, "six days away change nothing"
    found = due(plan(), history, at(22))
    assert (found.week, found.routine.notice, found.away_days) == (1, Notice.AWAY_REGRESSED, 7)
    back = replace(history, sessions=(*history.sessions, session(22, 9)))
    again = due(plan(), back, at(22, 14))
    assert (again.week, again.routine.notices) == (1, ()), "one session later it is an ordinary first week"


def test_after_two_weeks_away_the_gentle_routine_remains_until_the_clinic_answers():
    history = trained(*range(16))
    found = due(plan(), history, at(29))
    assert (found.routine.notice, found.routine.gentle) == (Notice.AWAY_ASK, True)
    assert exercises(found) == ["cat_cow", "sciatic_nerve_glide", "femoral_nerve_glide"]
    back = replace(history, sessions=(*history.sessions, session(29, 9)))
    assert due(plan(), back, at(30)).routine.notice is Notice.AWAY_ASK, "a session does not answer for the clinic"
    answered = due(plan(version=2), back, at(30))
    assert (answered.week, answered.routine.gentle) == (1, False)


def test_how_long_away_is_the_clinicians_to_say():
    patient = plan(limits=Limits({"missed_days_regress": 20, "missed_days_ask": 30}))
    assert due(patient, trained(*range(16)), at(30)).week == 3


# ---- plans that run out, locks --------------------------------------------------------------------------------


def test_a_plan_that_ran_out_leaves_the_gentle_routine_and_after_its_grace_nothing():
    ends = plan(valid_until=MONDAY + timedelta(days=3), limits=Limits({"missed_days_regress": 28}))
    history = trained(0, 1, 2, 3)
    assert not due(ends, history, at(3, 23)).routine.gentle, "its last day is inside"
    gentle = due(ends, history, at(4))
    assert (gentle.routine.gentle, gentle.routine.notice, gentle.session) == (True, Notice.PLAN_OVER_GENTLE, 1)
    assert due(ends, history, at(17)).routine.gentle
    over = due(ends, history, at(18))
    assert (over.routine.lines, over.routine.notice, over.session) == ((), Notice.PLAN_OVER, None)


def test_a_clock_set_back_does_not_make_a_plan_valid_again():
    ends = plan(valid_until=MONDAY + timedelta(days=3))
    found = due(ends, trained(4, 5), at(1))
    assert found.routine.gentle
    assert due(ends, trained(4, 5), at(1, trusted=False)).routine.gentle


def test_a_plan_for_a_later_day_leaves_the_gentle_routine_until_then():
    later = plan(valid_from=MONDAY + timedelta(days=2))
    assert due(later, History(), at(1)).routine.notice is Notice.PLAN_LATER
    assert due(later, History(), at(2)).routine.notice is None


def test_while_training_is_locked_nothing_is_due():
    lock = Locked("lock-0001", "p-0001-aaaa", Severity.EMERGENCY, ("saddle",), 1.0)
    found = due(plan(), replace(trained(0), lock=lock), at(1))
    assert (found.routine.lines, found.session, found.routine.notice) == ((), None, Notice.LOCKED)


def test_a_plan_without_a_floor_has_no_gentle_routine():
    ends = plan(valid_until=MONDAY, floor=())
    assert due(ends, History(), at(2)).routine.lines == ()
    assert due(ends, History(), at(2)).session is None


# ---- a clock nobody trusts ------------------------------------------------------------------------------------


def test_without_a_trusted_clock_a_week_needs_every_one_of_its_sessions():
    assert due(plan(), trained(*range(6), trusted=False), at(90, trusted=False)).week == 1
    found = due(plan(), trained(*range(7), trusted=False), at(0, trusted=False))
    assert (found.week, found.routine.notice) == (2, Notice.CLOCK)


def test_without_a_trusted_clock_a_session_is_due_and_nothing_is_called_missed():
    found = due(plan(), trained(0, per_day=1), at(60, trusted=False))
    assert (found.session, found.missed, found.away_days, found.done_today) == (1, None, None, None)


def test_sessions_without_a_date_are_no_days_away_and_bring_nothing_on_by_themselves():
    """A flat clock battery for ten days: the patient has trained on, and is neither sent back nor on for it."""
    for done, days in ((range(2), 10), (range(16), 7)):
        dated = trained(*done).sessions
        undated = tuple(session(max(done) + n, 9, trusted=False) for n in range(1, days + 1))
        place = due(plan(), History(dated), at(max(done), 22)).week
        fixed = due(plan(), History((*dated, *undated)), at(max(done) + days + 1))
        assert (fixed.week, fixed.hold) == (place, None)
        assert Notice.AWAY_REGRESSED not in fixed.routine.notices
        assert fixed.away_days < 7


def test_once_the_date_is_known_again_what_was_done_without_one_counts():
    undated = tuple(session(day, hour, trusted=False) for day in range(3, 8) for hour in (8, 12, 16))
    back = History((*trained(0).sessions, *undated, session(11, 8)))
    found = due(plan(), back, at(11, 12))
    assert (found.week, found.missed) == (2, 0)


def test_one_session_without_a_date_hides_no_absence_that_is_certain():
    dated = trained(*range(16)).sessions
    history = History((*dated, session(3, 9, trusted=False)))
    assert due(plan(), history, at(27)).week == 3, "twelve days and a session somewhere: it may have been every six"
    found = due(plan(), history, at(28))
    assert (found.week, found.away_days, found.routine.notice) == (1, 7, Notice.AWAY_REGRESSED)


def test_nothing_known_at_all_is_the_first_routine():
    found = due(plan(), History(), UNKNOWN)
    assert (found.week, found.session, found.routine.notice) == (1, 1, Notice.CLOCK)


# ---- over generated histories -----------------------------------------------------------------------------------

sessions_of_a_month = st.lists(
    st.builds(
        session,
        st.integers(0, 60),
        st.sampled_from((8.0, 12.0, 16.0)),
        ended=st.sampled_from((*StopReason, None, StopReason.TARGET, StopReason.TARGET)),
        trusted=st.booleans(),
        version=st.integers(1, 3),
        symptoms=st.sampled_from((WELL, WELL, {}, WELL | {Moment.WORST: told(Moment.WORST, back=8)})),
    ),
    max_size=90,
).map(lambda found: tuple(sorted(found, key=lambda one: one.started_at)))
moments = st.builds(at, st.integers(-400, 800), st.floats(0, 23), trusted=st.booleans())
names = st.sampled_from(("microroutine-6w", "home-3day", "gym-4day"))


@settings(max_examples=MANY)
@given(names, sessions_of_a_month, moments, moments)
@example("microroutine-6w", trained(*range(14)).sessions, at(14), at(30))
def test_a_week_never_advances_by_a_clock_step(name, sessions, before, after):
    """However far the clock is off: no more weeks than the completed sessions bring on, and none without one."""
    patient, history = plan(name, version=3), History(sessions)
    completed = sum(one.ended is StopReason.TARGET for one in sessions)
    least = min(int(block.done_share * block.sessions_per_week) for block in patient.blocks)
    for now in (before, after):
        week = due(patient, history, now).week
        assert week <= 1 + completed // max(least, 1)
        untrusted = replace(now, clock_trusted=False)
        assert due(patient, history, untrusted).week == due(patient, history, UNKNOWN).week


@settings(max_examples=MANY)
@given(sessions_of_a_month, st.integers(0, 60), st.integers(7, 800))
def test_a_step_forward_of_a_week_or_more_never_brings_the_programme_on(sessions, day, step):
    patient, history = plan(version=3), History(sessions)
    last = max((one.day for one in sessions if one.clock_trusted), default=None)
    if last is not None and MONDAY + timedelta(days=day) >= last:
        assert due(patient, history, at(day + step)).week <= due(patient, history, at(day)).week


def heaviest_kg(routine):
    return max((line.load_kg[1] for line in routine.lines if line.load_kg is not None), default=0.0)


@settings(max_examples=MANY)
@given(names, sessions_of_a_month, moments, st.integers(0, 60), st.floats(1, 20))
def test_no_fallback_is_ever_heavier_than_the_plan(name, sessions, now, until, load_kg):
    loaded = plan(name, version=3, valid_until=None)
    loaded = replace(loaded, rows=tuple(replace(row, load_kg=(0.0, load_kg)) for row in loaded.rows))
    history = History(sessions)
    before = due(loaded, history, now).routine
    after = due(replace(loaded, valid_until=MONDAY + timedelta(days=until)), history, now).routine
    assert heaviest_kg(after) <= heaviest_kg(before)
    assert after.lines == before.lines or heaviest_kg(after) == 0


@settings(max_examples=MANY)
@given(names, sessions_of_a_month, moments, st.sampled_from(sorted(OFFERS)), st.floats(-20, 20))
def test_an_offer_that_was_taken_only_ever_leaves_less_to_do(name, sessions, now, what, hours_ago):
    patient = plan(name, version=3)
    taken = Nudged("offer-0001", what, max(now.at - hours_ago * HOUR, 0.0), "accepted")
    before = due(patient, History(sessions), now)
    after = due(patient, History(sessions, nudges=(taken,)), now)
    assert (after.week, after.now) == (before.week, before.now)
    if after.routine.gentle:
        assert {line.row for line in after.routine.lines} <= {row.name for row in patient.floor}
        assert heaviest_kg(after.routine) == 0
    else:
        assert after.routine.lines == before.routine.lines[: len(after.routine.lines)]


def test_the_offers_are_nudges_and_the_short_version_is_as_long_as_its_nudge_says():
    assert OFFERS.keys() < kinds().keys()
    assert kinds()["slot_missed"].extra == SHORT_MIN
    assert TAKEN in ANSWERS


@settings(max_examples=MANY)
@given(names, sessions_of_a_month, moments, st.data())
def test_unknown_answers_never_bring_the_programme_further(name, sessions, now, data):
    patient = plan(name, version=3)
    silent = tuple(replace(one, symptoms={}) if data.draw(st.booleans()) else one for one in sessions)
    assert due(patient, History(silent), now).week <= due(patient, History(sessions), now).week


@settings(max_examples=MANY)
@given(sessions_of_a_month, moments)
def test_the_position_is_one_fold_over_the_sessions(sessions, now):
    """What is due hangs on nothing but plan, history and moment: asked twice it is the same."""
    patient = plan(version=3)
    assert due(patient, History(sessions), now) == due(patient, History(sessions), now)
    assert 1 <= position(patient, sessions, now).week <= patient.weeks


def test_forged_sessions_of_a_plan_that_was_never_written_are_not_counted():
    assert due(plan(version=3), trained(*range(14), version=9), at(14)).week == 1


def test_a_plan_of_one_row_has_one_line():
    row = one_dose(1, "goblet_squat", 3, 8, parse_tempo("3.1.0"), (8.0, 8.0), 60.0)
    simple = Prescription(1, "p-0001-aaaa", "station-0001", "Ana", "2026-11-21T08:00:00Z", (row,))
    (line,) = due(simple, History(), at(0)).routine.lines
    assert (line.row, line.sets, line.reps, line.load_kg, line.side) == ("goblet_squat", 3, 8, (8.0, 8.0), None)
