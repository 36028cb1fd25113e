"""The coach's decisions as a clinician would tell them: what happened, and what is different next time."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.coach.decide import again, decide, next_set
from edge.coach.dose import Dose, current, first_dose
from edge.coach.guess import Guess
from edge.coach.kit import Kit, step_kg
from edge.coach.rule_file import shipped
from edge.model import StopReason
from edge.prescription.limits import Limits
from edge.prescription.plan import CoachMode
from edge.prescription.row import Role, Row, Span
from edge.records import Locked, Severity, Standing


def told(made, history, terms=None, days=3):
    """The decision on each line: its rule, and what changes."""
    decisions = decide(history, terms or made.TERMS, made.after(history, days))
    return {one.row: one for one in decisions}


def good(made, terms=None, **other):
    """Two good days of everything the plan asks for."""
    rows = (terms or made.TERMS).rows
    sets = [made.good_set(row, n, row.reps.low, (row.load_kg or (None,))[0]) for row in rows for n in (1, 2, 3)]
    return made.past(made.session(3, sets), made.session(4, sets, **other))


def changed(one):
    """What is different after a decision, by name."""
    before, after = one.before.written(), one.after.written()
    return {name: after[name] for name in after if after[name] != before[name]}


# --- double progression -------------------------------------------------------------------------------------------


def test_after_two_good_days_repetitions_climb_first_as_far_as_the_week_allows(made):
    one = told(made, good(made))["squat"]
    assert (one.rule, changed(one)) == ("reps_up", {"reps": 9}), "3 x 8 grows by 20 % a week at most: 3 x 9"


def test_at_the_top_of_the_range_the_load_goes_up_and_repetitions_to_the_bottom(made):
    history = at_top(made)
    one = told(made, history)["squat"]
    assert (one.rule, changed(one)) == ("load_up", {"load_kg": 8.5, "reps": 8})


def at_top(made, terms=None, **other):
    """Two good days of 3 x 12, which earlier decisions had led to."""
    terms = terms or made.TERMS
    row = replace(made.SQUAT, reps=Span.of(8))
    begun = made.past(made.session(1), made.session(2))
    step = decide(begun, replace(made.TERMS, rows=(made.SQUAT,)), made.after(begun))[0]
    step = replace(step, after=replace(step.after, reps=12)).record(at=1.0)
    assert row.name == step.row
    sessions = [*begun.sessions, *(made.session(n, made.good_sets(reps=12, **other)) for n in (5, 6))]
    return made.past(*sessions, decisions=(step,))


def test_at_the_top_in_all_sets_but_one_nothing_goes_up(made):
    history = at_top(made)
    last = history.sessions[-1]
    sets = (*last.sets[:2], replace(last.sets[2], reps_verified=11))
    history = replace(history, sessions=(*history.sessions[:-1], replace(last, sets=sets)))
    assert "squat" not in told(made, history)


def test_one_lever_at_a_time(made):
    levers = {"sets", "range_share", "tempo", "hold_s", "duration_min", "exercise"}
    for history in (good(made), at_top(made), spiked(made)):
        for one in told(made, history).values():
            moved = set(changed(one))
            assert len(moved) <= 1 or moved == {"load_kg", "reps"}, moved
            assert not moved & levers or len(moved) == 1


@pytest.mark.parametrize(
    ("load_kg", "limits", "halved", "step"),
    [
        (8, {}, False, 0.8),
        (40, {}, False, 2.5),
        (8, {"load_step_pct": 5}, False, 0.4),
        (40, {"load_step_kg": 1}, False, 1),
        (8, {}, True, 0.4),
    ],
)
def test_a_step_is_the_smaller_of_percent_and_kilograms_and_half_for_people_who_push(load_kg, limits, halved, step):
    assert step_kg(load_kg, Limits(limits), halved=halved) == pytest.approx(step)


def test_a_load_between_two_weights_is_rounded_down(made):
    terms = replace(made.TERMS, kit=Kit({"goblet_squat": (8, 8.75, 12)}))
    assert changed(told(made, at_top(made), terms)["squat"])["load_kg"] == 8.75
    terms = replace(made.TERMS, kit=Kit({"goblet_squat": (8, 8.9, 12)}))
    assert told(made, at_top(made), terms)["squat"].rule == "bell_jump", "8.9 kg is more than 10 % above 8"


def test_a_bell_that_is_far_heavier_is_asked_for_and_never_applied(made):
    terms = replace(made.TERMS, kit=Kit({"goblet_squat": (8, 12, 16)}))
    one = told(made, at_top(made), terms)["squat"]
    assert (one.rule, one.standing, one.refer) == ("bell_jump", Standing.PROPOSED, True)
    assert changed(one)["load_kg"] == 12


def test_a_bell_that_would_be_twice_as_heavy_is_not_even_asked_for(made):
    terms = replace(made.TERMS, kit=Kit({"goblet_squat": (8, 16)}))
    assert "squat" not in told(made, at_top(made), terms)


def test_without_knowing_the_kit_no_load_goes_up(made):
    assert "squat" not in told(made, at_top(made), replace(made.TERMS, kit=Kit()))


def test_beyond_the_clinicians_band_the_coach_asks_and_beyond_the_ceiling_it_does_not(made):
    row = replace(made.SQUAT, load_kg=(8.0, 8.0))
    terms = replace(made.TERMS, rows=(row,))
    one = told(made, at_top(made), terms)["squat"]
    assert (one.rule, one.standing, changed(one)["load_kg"]) == ("beyond_band", Standing.PROPOSED, 8.5)
    terms = replace(terms, limits=Limits({"ceiling_kg": 8}))
    assert "squat" not in told(made, at_top(made), terms)


# --- what holds a step back ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("other", "rule"),
    [
        ({"start": None}, "unknown"),
        ({"worst": None}, "unknown"),
        ({"start": (4, 1), "worst": (6, 1)}, "amber"),
        ({"start": (2, 4), "worst": (3, 6)}, "amber"),
        ({"worst": (5, 1)}, "amber"),
        ({"start": (4, 1), "worst": (4, 1), "next_day": (4, 1)}, "start_rose"),
    ],
)
def test_symptoms_that_are_not_green_or_not_known_hold_every_line(made, other, rule):
    found = told(made, good(made, **other))
    assert {one.rule for one in found.values()} == {rule}
    assert not any(one.changes for one in found.values())


@pytest.mark.parametrize("next_day", [None, (4, 1), (2, 3)], ids=["not answered", "back up", "leg up"])
def test_without_a_settled_next_day_nothing_goes_up(made, next_day):
    assert not any(one.changes for one in told(made, good(made, next_day=next_day)).values())


def test_the_answer_of_the_second_day_serves_where_the_first_is_missing(made):
    assert told(made, good(made, next_day=None, second_day=(2, 1)))["squat"].rule == "reps_up"
    assert "squat" not in told(made, good(made, next_day=None, second_day=(2, None)))


@pytest.mark.parametrize("scores", [(2, 1), (9, 1)], ids=["fine", "raised"])
def test_an_answer_after_three_days_shows_nothing_and_holds(made, scores):
    history = good(made, next_day=None, second_day=scores)
    last = history.sessions[-1]
    late = replace_at(last.symptoms["second_day"], last.started_at + 73 * 3600)
    history = replace(
        history, sessions=(*history.sessions[:-1], replace(last, symptoms={**last.symptoms, "second_day": late}))
    )
    assert not any(one.changes for one in told(made, history).values())


def test_a_late_answer_beside_one_in_time_takes_nothing_from_it(made):
    history = good(made, second_day=(2, 1))
    last = history.sessions[-1]
    late = replace_at(last.symptoms["second_day"], last.started_at + 73 * 3600)
    history = replace(
        history, sessions=(*history.sessions[:-1], replace(last, symptoms={**last.symptoms, "second_day": late}))
    )
    assert told(made, history)["squat"].rule == "reps_up"


def test_an_answer_about_the_next_day_within_the_hour_is_none(made):
    history = good(made)
    last = history.sessions[-1]
    symptoms = {when: replace_at(one, last.started_at + 3600) for when, one in last.symptoms.items()}
    history = replace(history, sessions=(*history.sessions[:-1], replace(last, symptoms=symptoms)))
    assert "squat" not in told(made, history)


def replace_at(one, at):
    import msgspec

    return msgspec.structs.replace(one, at=at)


def test_a_lock_holds_everything(made):
    lock = Locked("lock-0001", "patient-01", Severity.EMERGENCY, ("saddle",), 1.0)
    assert {one.rule for one in told(made, replace(good(made), lock=lock)).values()} == {"locked"}


@pytest.mark.parametrize("unsure", [{"plan_good": False}, {"clock_trusted": False}])
def test_a_bad_plan_or_clock_holds_everything(made, unsure):
    found = told(made, good(made), replace(made.TERMS, **unsure))
    assert found
    assert not any(one.changes for one in found.values())


def test_low_pain_alone_never_raises(made):
    """No pain at all, and sets that were not done in full: function decides."""
    sets = [made.good_set(number=n, reps_verified=7) for n in (1, 2, 3)]
    history = made.past(*(made.session(n, sets, start=(0, 0), worst=(0, 0), next_day=(0, 0)) for n in (3, 4)))
    assert not any(one.changes and one.after.reps > 8 for one in told(made, history).values())


def test_high_pain_alone_holds_and_does_not_ease(made):
    """Amber while everything was done and had settled next day: tolerance decides."""
    assert not told(made, good(made, start=(5, 1), worst=(6, 1), next_day=(5, 1)))["squat"].changes


# --- less ---------------------------------------------------------------------------------------------------------


def spiked(made, **other):
    """The squat brought it on; the hinge did not."""
    sets = [*made.good_sets()[:2], made.good_set(number=3, symptom_change=1)]
    sets += [made.good_set(made.HINGE, n, 15, 6.0) for n in (1, 2, 3)]
    return made.past(made.session(3, sets, next_day=(5, 1), **other))


def test_after_a_spike_only_what_aggravated_is_eased_and_its_range_first(made):
    found = told(made, spiked(made))
    assert (found["squat"].rule, changed(found["squat"])) == ("spike", {"range_share": 0.75})
    assert "hinge" not in found or not found["hinge"].changes


def test_after_spike_upon_spike_the_levers_come_in_the_order_of_the_source(made):
    """S2-20: range, exercise, load or volume."""
    history, moved = made.past(), []
    for number in range(12):
        dose = current(made.SQUAT, history.decisions, 1, made.TERMS.limits)
        sets = [made.good_set(number=n + 1, load_kg=dose.load_kg, symptom_change=1) for n in range(dose.sets)]
        history = replace(history, sessions=(*history.sessions, made.session(number, sets, worst=(8, 1))))
        one = told(made, history)["squat"]
        history = replace(history, decisions=(*history.decisions, one.record(at=float(number))))
        moved.append(one.lever)
    assert moved[:5] == ["range", "range", "exercise", "load", "load"]
    assert moved[-1] in {"load", "volume"}


def test_too_hard_on_two_days_eases_in_the_other_order(made):
    """S2-12: repetitions, volume, tempo, range, load; repetitions are at the bottom here."""
    hard = [made.good_set(number=n, rpe=9) for n in (1, 2, 3)]
    one = told(made, made.past(made.session(3, hard), made.session(4, hard)))["squat"]
    assert (one.rule, changed(one)) == ("too_hard", {"sets": 2})


def test_one_hard_day_or_one_hard_set_eases_nothing(made):
    hard = [made.good_set(number=n, rpe=9) for n in (1, 2, 3)]
    assert "squat" not in told(made, made.past(made.session(3), made.session(4, hard)))
    one_set = [*made.good_sets()[:2], made.good_set(number=3, rpe=9)]
    assert "squat" not in told(made, made.past(made.session(3, one_set), made.session(4, one_set)))


def test_a_day_is_never_answered_twice(made):
    history = spiked(made)
    first = told(made, history)["squat"]
    history = replace(history, decisions=(first.record(at=1.0),))
    again = told(made, history).get("squat")
    assert again is None or not again.changes


@pytest.mark.parametrize(("days", "rule"), [(6, "reps_up"), (7, "away"), (13, "away"), (14, "away_long")])
def test_days_away_ease_and_from_two_weeks_the_clinic_is_told(made, days, rule):
    one = told(made, good(made), days=days)["squat"]
    assert one.rule == rule
    assert one.refer is (rule == "away_long")
    assert rule == "reps_up" or changed(one) == {"load_kg": 7.0}


def test_a_clock_that_jumps_ahead_eases_at_most(made):
    history = good(made)
    for days in (-400, -1, 30, 4000):
        found = decide(history, made.TERMS, history.sessions[-1].day + timedelta(days=days))
        assert not any((one.after.load_kg or 0) > (one.before.load_kg or 0) for one in found)
        assert not any((one.after.reps or 0) > (one.before.reps or 0) for one in found if days not in range(1, 7))


def test_people_who_push_have_a_lower_target_and_half_the_step(made):
    pushing = replace(made.TERMS, over_pusher=True)
    sets = [made.good_set(number=n, rpe=7) for n in (1, 2, 3)]
    history = made.past(made.session(0), made.session(3, sets), made.session(4, sets))
    assert told(made, history)["squat"].rule == "reps_up"
    assert "squat" not in told(made, history, pushing)
    fine = replace(pushing, kit=Kit({"goblet_squat": tuple(8 + i / 10 for i in range(80))}))
    assert changed(told(made, at_top(made), fine)["squat"])["load_kg"] == pytest.approx(8.4)


def test_a_symptom_modification_that_never_helped_may_be_dropped_if_the_clinic_agrees(made):
    row = Row("glide", "cat_cow", 3, sets=Span.of(3), reps=Span.of(10), role=Role.MODIFICATION)
    terms = replace(made.TERMS, rows=(row,))
    sets = [made.good_set(row, n, 10, None, load_origin=None) for n in (1, 2, 3)]
    one = told(made, made.past(*(made.session(n, sets) for n in range(6))), terms)["glide"]
    assert (one.rule, one.standing, one.after.sets) == ("not_helping", Standing.PROPOSED, 0)
    helped = [replace(one, symptom_change=-1) for one in sets]
    rest = [made.session(n, sets) for n in range(1, 6)]
    assert "glide" not in told(made, made.past(made.session(0, helped), *rest), terms)


def test_what_was_eased_comes_back_step_by_step_and_never_above_the_plan(made):
    history = spiked(made)
    history = replace(history, decisions=(told(made, history)["squat"].record(at=1.0),))
    history = replace(history, sessions=(*history.sessions, made.session(4), made.session(5)))
    one = told(made, history)["squat"]
    assert (one.rule, changed(one)) == ("back_up", {"range_share": 1.0})


# --- modes and the clinician's word -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mode", "more", "less"),
    [
        (CoachMode.SHADOW, Standing.SHADOW, Standing.SHADOW),
        (CoachMode.PROPOSE, Standing.PROPOSED, Standing.APPLIED),
        (CoachMode.APPLY, Standing.APPLIED, Standing.APPLIED),
    ],
)
def test_what_becomes_of_a_decision_is_the_clinicians_choice(made, mode, more, less):
    terms = replace(made.TERMS, mode=mode)
    assert told(made, good(made), terms)["squat"].standing is more
    assert told(made, spiked(made), terms)["squat"].standing is less


def test_switched_off_the_coach_says_nothing(made):
    assert decide(spiked(made), replace(made.TERMS, mode=CoachMode.OFF), made.after(spiked(made))) == ()


def test_while_a_proposal_waits_no_other_step_up_is_proposed(made):
    terms = replace(made.TERMS, mode=CoachMode.PROPOSE)
    history = good(made)
    first = told(made, history, terms)["squat"]
    more = [made.session(n) for n in (6, 7)]
    history = replace(history, decisions=(first.record(at=1.0),), sessions=(*history.sessions, *more))
    assert "squat" not in told(made, history, terms)
    declined = (*history.decisions, first.record(at=2.0, became=Standing.DECLINED, number=2))
    assert told(made, replace(history, decisions=declined), terms)["squat"].rule == "reps_up"


def test_a_new_plan_of_the_clinician_wins_over_every_decision(made):
    step = told(made, good(made))["squat"].record(at=1.0)
    limits = made.TERMS.limits
    assert current(made.SQUAT, (step,), 1, limits).reps == 9
    assert current(made.SQUAT, (step,), 2, limits) == first_dose(made.SQUAT)


def test_a_proposal_that_is_accepted_after_things_got_worse_has_no_effect(made):
    limits = made.TERMS.limits
    late = told(made, at_top(made))["squat"]
    eased = told(made, spiked(made))["squat"].record(at=5.0)
    accepted = late.record(at=9.0, became=Standing.ACCEPTED, number=2)
    assert current(made.SQUAT, (eased, accepted), 1, limits).load_kg == 8.0


def test_a_decision_that_holds_something_else_than_a_dose_has_no_effect(made):
    import msgspec

    step = told(made, good(made))["squat"].record(at=1.0)
    limits = made.TERMS.limits
    for after in (
        {},
        {"reps": 9},
        {**step.after, "load_kg": 99.0},
        {**step.after, "speed": 3},
        {**step.after, "sets": 9},
    ):
        odd = msgspec.structs.replace(step, after=after)
        assert current(made.SQUAT, (odd,), 1, limits) == first_dose(made.SQUAT)


# --- within a session ---------------------------------------------------------------------------------------------

DOSE = Dose("goblet_squat", 3, 10, 12.0, tempo="3.1.0")


@pytest.mark.parametrize(
    ("last", "rule", "after"),
    [
        ({}, None, {}),
        ({"rpe": 7}, None, {}),
        ({"rpe": 8}, "set_effort", {"load_kg": 10.5}),
        ({"symptom_change": 1}, "set_symptoms", {"range_share": 0.75}),
        ({"stopped": StopReason.PAIN}, "set_symptoms", {"range_share": 0.75}),
        ({"reps_left_symptoms": 1}, "set_effort", {"load_kg": 10.5}),
        ({"on_tempo": 0.5}, "set_tempo", {"load_kg": 10.5}),
        ({"reps_verified": 8}, "set_short", {"load_kg": 10.5}),
        ({"on_tempo": 0.1, "trusted": False}, None, {}),
        ({"rpe": None, "symptom_change": None}, None, {}),
    ],
)
def test_advice_for_the_next_set(made, last, rule, after):
    advice = next_set("session-009", made.SQUAT, [made.good_set(reps=10, load_kg=12.0, **last)], DOSE, made.TERMS)
    assert (advice.rule if advice else None) == rule
    assert (changed(advice) if advice else {}) == after


def test_a_guess_speaks_for_an_answer_that_is_missing_and_only_to_ease(made):
    last = [made.good_set(reps=10, load_kg=12.0, rpe=None)]
    sure, unsure = Guess(9.5, 0.5, 20), Guess(9.5, 3.0, 20)
    advice = next_set("session-009", made.SQUAT, last, DOSE, made.TERMS, guess=sure)
    assert (advice.rule, changed(advice)) == ("set_guess", {"load_kg": 10.5})
    for guess in (unsure, Guess(1.0, 0.1, 99)):
        assert next_set("session-009", made.SQUAT, last, DOSE, made.TERMS, guess=guess) is None


def test_a_guess_above_the_patients_word_is_told_and_changes_nothing(made):
    last = [made.good_set(reps=10, load_kg=12.0, rpe=6)]
    advice = next_set("session-009", made.SQUAT, last, DOSE, made.TERMS, guess=Guess(8.2, 0.5, 20))
    assert (advice.rule, advice.changes) == ("set_felt_less", False)
    assert advice.patient == "You said 6. Tempo says more like 8."
    assert "8.2 (at least 7.56)" in advice.clinician
    for guess in (Guess(8.2, 3.0, 20), Guess(6.2, 0.1, 99), Guess(3.0, 0.1, 99)):
        assert next_set("session-009", made.SQUAT, last, DOSE, made.TERMS, guess=guess) is None


@given(st.integers(0, 10), st.none() | st.integers(0, 10), st.floats(1, 10), st.floats(0.05, 3))
def test_a_guess_beside_an_answer_never_moves_a_dose(made, rpe, left, value, sd):
    last = [made.good_set(reps=10, load_kg=12.0, rpe=rpe, reps_left_symptoms=left)]
    alone = next_set("session-009", made.SQUAT, last, DOSE, made.TERMS)
    advice = next_set("session-009", made.SQUAT, last, DOSE, made.TERMS, guess=Guess(value, sd, 20))
    assert (advice.after if advice else DOSE) == (alone.after if alone else DOSE)
    if advice is not None:
        assert again(advice.record(0.0), shipped()) == advice.after


def test_advice_holds_for_its_session_only(made):
    row, limits = made.SQUAT, made.TERMS.limits
    dose = current(row, (), 1, limits)
    advice = next_set("session-009", row, [made.good_set(rpe=9)], dose, made.TERMS).record(at=1.0)
    assert current(row, (advice,), 1, limits, "session-009").load_kg == 7.0
    assert current(row, (advice,), 1, limits, "session-010") == current(row, (advice,), 1, limits) == dose


def test_a_break_is_answered_once_however_often_the_station_is_woken(made):
    history = good(made)
    first = told(made, history, days=9)["squat"]
    history = replace(history, decisions=(first.record(at=1.0),))
    again = told(made, history, days=10).get("squat")
    assert again is None or not again.changes


def test_three_short_routines_a_day_are_one_day_in_which_it_did_not_help(made):
    row = Row("glide", "cat_cow", 3, sets=Span.of(3), reps=Span.of(10), role=Role.MODIFICATION)
    terms = replace(made.TERMS, rows=(row,))
    sets = [made.good_set(row, n, 10, None, load_origin=None) for n in (1, 2, 3)]
    two_days = [made.session(n, sets, day=made.FIRST + timedelta(days=n // 3)) for n in range(6)]
    assert "glide" not in told(made, made.past(*two_days), terms)


@pytest.mark.parametrize(("cap", "rule"), [(None, "reps_up"), (6, None), (5, "too_hard")])
def test_in_the_first_week_the_coach_and_the_screen_go_by_the_same_cap(made, cap, rule):
    """What the source asks at 7 in its first week is no fault at 7, unless the clinician lowered the cap."""
    limits = Limits({} if cap is None else {"rpe_cap_first_week": cap})
    asked = Span.of(min(7, limits["rpe_cap_first_week"]))
    sets = made.good_sets(rpe=7, rpe_target=asked)
    history = made.past(made.session(1, sets, days=1), made.session(2, sets, days=1))
    terms = replace(made.TERMS, rows=(made.SQUAT,), limits=limits)
    one = told(made, history, terms, days=2).get("squat")
    assert (one.rule if one else None) == rule
