"""Outcome tests in a session: offered where all is calm, counted or told, stopped at any time, and never a dose."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st
from session_run import SESSION, WALL, SessionRun, plan, row

from edge import records
from edge.care.how_to import how_to, parse_how_to
from edge.care.measures import measure
from edge.care.nudges import Nudge
from edge.care.outcomes import wording
from edge.care.testing import PUT_OFF
from edge.care.testing import tests_due as due_on
from edge.history.fold import fold
from edge.library import ContentError
from edge.model import Activity, Origin, Phase, PhaseSpan, Rep, StopReason
from edge.prescription.plan import TESTS
from edge.records import Locked, Moment, Nudged, SessionStarted, Severity, SymptomsTold
from edge.session import (
    Action,
    Finding,
    Heard,
    LockClosed,
    Mixup,
    NudgeChanged,
    OpenSession,
    Play,
    Screen,
    Sound,
    Started,
    SwitchedOff,
    Tick,
    WornChanged,
)
from edge.session.asking import about_symptoms
from edge.session.effects import EndListening, Listen
from edge.session.testing import STILL_S
from edge.session.testing_state import Without
from edge.signal.events import PhaseBegan, RepFinished
from edge.signal.functional import Look

CALM = (2, 0)
"""Back and leg at the check-in; a leg without pain is not asked how far down it goes."""


def visit(*tests, answers=CALM, places=("thigh",), history=None, **more):
    """A session whose check-in is answered, with measures to ask for; on the first screen after it."""
    run = SessionRun(row("sit_to_stand"), places=places, **more)
    run.press()
    past = {} if history is None else {"history": history}
    questions = about_symptoms(Moment.START, SESSION)
    run(Started(run.t_s, SESSION, WALL, questions, day="2027-01-15", tests=tests, **past))
    tell(run, *answers)
    return run


def tell(run, *answers):
    for answer in answers:
        run.press(Action.ANSWER, answer)
        run.press()


def look(run, activity, phase=None, position=0.0, seconds=0.1):
    run.t_s = round(run.t_s + seconds, 3)
    run(Tick(run.t_s))
    return run(Heard(run.t_s, Look(run.t_s, activity, phase, position)))


def sit_still(run):
    """Until the tone."""
    for _ in range(40):
        if any(isinstance(effect, Play) and effect.sound is Sound.REP for effect in look(run, Activity.RESTING)):
            return
    raise AssertionError("no tone after four seconds of sitting still")


def stand(run, range_value=85.0):
    """One full stand in 2 s, as the counter tells it."""
    start_s = run.t_s
    for _ in range(10):
        look(run, Activity.MOVING, Phase.CONCENTRIC, 0.5)
    run(Heard(run.t_s, PhaseBegan(run.t_s, Phase.TOP)))
    for _ in range(10):
        look(run, Activity.MOVING, Phase.ECCENTRIC, 0.5)
    spans = (
        PhaseSpan(Phase.CONCENTRIC, start_s, start_s + 1),
        PhaseSpan(Phase.ECCENTRIC, start_s + 1, start_s + 2),
    )
    rep = Rep(1, start_s, start_s + 2, spans, range_value, "deg", None, None, 0.9)
    run(Heard(run.t_s, RepFinished(run.t_s, rep, ())))


def thirty_seconds(run, stands=10):
    run.press()
    sit_still(run)
    for _ in range(stands):
        stand(run)
    for _ in range(400):
        if run.screen is not Screen.TESTING:
            return
        look(run, Activity.RESTING)


def no_pain(run):
    tell(run, 0)


def results_of(run):
    return run.saved("test")


# ---- when ----------------------------------------------------------------------------------------------------


def test_a_test_is_offered_after_the_check_in_and_before_the_first_set():
    run = visit("chair_stand")
    assert run.screen is Screen.TEST_OFFER
    run.press(Action.SKIP)
    assert run.screen is Screen.READY


def test_without_a_test_that_is_due_the_routine_begins():
    assert visit().screen is Screen.READY


@pytest.mark.parametrize(
    "answers",
    [(9, 0), (6, 0), (2, 3, 1)],
    ids=["red", "amber", "further down the leg"],
)
def test_over_symptoms_nothing_is_tested(answers):
    run = visit("chair_stand", answers=answers)
    for _ in range(3):
        assert run.screen not in (Screen.TEST_OFFER, Screen.TEST_RATING)
        run.press()


def test_nothing_is_tested_while_the_last_session_is_not_over_with():
    """It ended with pain over the ceiling, the leg is more numb, and nobody has asked since."""
    started = SessionStarted("session-0000", "p-0001-aaaa", 1, WALL - 86_400, day="2027-01-14")
    told = SymptomsTold("session-0000", Moment.WORST, WALL - 86_000, 2, 0, weaker=True, tolerable=True)
    assert visit("chair_stand", history=fold([started, told])).screen is not Screen.TEST_OFFER
    calm = SymptomsTold("session-0000", Moment.WORST, WALL - 86_000, 2, 0, weaker=False, tolerable=True)
    assert visit("chair_stand", history=fold([started, calm])).screen is Screen.TEST_OFFER


def test_nothing_is_tested_while_the_leg_gets_worse_from_session_to_session():
    """Every score is inside its limits, and still there are questions before anything goes on."""
    past = []
    for number, leg in ((1, 1), (2, 2)):
        at = WALL - (3 - number) * 86_400
        past.append(SessionStarted(f"session-9{number:03}", "p-0001-aaaa", 1, at, day=f"2027-01-{12 + number}"))
        past.append(SymptomsTold(f"session-9{number:03}", Moment.START, at, 1, leg, distal=0))
    run = visit("chair_stand", answers=(1, 3, 0), history=fold(past))
    for _ in range(40):
        assert run.screen is not Screen.TEST_OFFER
        run.press(Action.ANSWER, 0)
        run.press()
        if run.screen is Screen.READY:
            break
    assert run.screen is Screen.READY


def test_a_station_that_asks_nothing_tests_nothing():
    run = SessionRun(row("sit_to_stand"))
    run.press()
    run(Started(run.t_s, SESSION, WALL, (), day="2027-01-15", tests=("chair_stand",)))
    assert run.screen is Screen.READY


def test_nothing_is_tested_on_an_unknown_day_or_a_gentle_routine():
    run = SessionRun(row("sit_to_stand"))
    run.state = replace(run.state, routine=replace(run.state.routine, gentle=True))
    run.press()
    run(
        Started(
            run.t_s, SESSION, WALL, about_symptoms(Moment.START, SESSION), day="2027-01-15", tests=("chair_stand",)
        )
    )
    tell(run, *CALM)
    assert run.screen is Screen.READY
    run = SessionRun(row("sit_to_stand"))
    run.press()
    unsure = Started(
        run.t_s, SESSION, WALL, about_symptoms(Moment.START, SESSION), day="2027-01-15", clock_trusted=False,
        tests=("chair_stand",),
    )  # fmt: skip
    run(unsure)
    tell(run, *CALM)
    assert run.screen is Screen.READY


def test_what_is_put_off_is_written_down_and_leads_on():
    run = visit("chair_stand")
    run.press(Action.SKIP)
    (told,) = run.saved("nudge")
    assert (told.what, told.answered) == ("test_chair_stand", PUT_OFF)
    assert results_of(run) == []


def test_who_says_yes_to_the_reminder_begins_the_session_that_tests():
    run = SessionRun(row("sit_to_stand"))
    run(NudgeChanged(run.t_s, Nudge("test-due-1", "test_due", "Time to see how you move.", "Do the test"), WALL))
    effects = run.press(Action.NUDGE)
    assert OpenSession() in effects
    assert effects[0].record.answered == "accepted"
    run = SessionRun(row("sit_to_stand"))
    run(NudgeChanged(run.t_s, Nudge("slot-due-1", "slot_due", "Time for routine 2.", "Start"), WALL))
    assert OpenSession() not in run.press(Action.NUDGE)


def test_red_on_the_offer_leaves_the_session():
    run = visit("chair_stand")
    run.press(Action.STOP)
    assert run.screen is Screen.SUMMARY
    assert run.saved("session_end")[0].stop_reason is StopReason.OTHER


# ---- chair tests that a sensor counts -----------------------------------------------------------------------


def test_a_practice_comes_first_is_kept_and_then_the_test_counts():
    run = visit("chair_stand")
    thirty_seconds(run, 9)
    tell(run, 0)  # no hands
    no_pain(run)
    assert run.screen is Screen.TEST_RESULT
    run.press()
    assert run.screen is Screen.TEST_OFFER
    thirty_seconds(run, 11)
    tell(run, 0)
    no_pain(run)
    run.press()
    assert run.screen is Screen.READY
    practice, real = results_of(run)
    assert (practice.value, practice.practice) == (9.0, True)
    assert (real.value, real.practice, real.unit, real.origin) == (11.0, False, "stands", Origin.SENSED)
    assert practice.test_id != real.test_id


def once(run):
    """As if a practice trial had been done before."""
    trial = records.Tested("test-0000", "chair_stand", 8.0, "stands", Origin.SENSED, practice=True, at=1.0)
    five = records.Tested("test-0001", "five_times", 12.0, "s", Origin.SENSED, practice=True, at=1.0)
    before = (*run.state.testing.before, trial, five)
    run.state = replace(run.state, testing=replace(run.state.testing, before=before, practice=False))
    return run


def test_the_counter_is_listened_to_only_while_the_test_goes_on():
    run = once(visit("chair_stand"))
    thirty_seconds(run)
    about = [one for one in run.effects if isinstance(one, Listen | EndListening)]
    assert [type(one) for one in about] == [Listen, EndListening]
    assert all(one.test for one in about)
    assert run.saved("rep") == run.saved("set") == run.saved("trace") == []


def test_the_tone_waits_for_somebody_who_sits_still():
    run = once(visit("chair_stand"))
    run.press()
    for _ in range(100):
        look(run, Activity.MOVING)
    assert run.state.testing.go_s is None
    for _ in range(25):
        look(run, Activity.RESTING)
    look(run, Activity.MOVING)  # half a second too early: it begins anew
    still_from_s = run.t_s
    sit_still(run)
    assert run.t_s - still_from_s >= STILL_S
    assert run.state.testing.go_s == run.t_s


def test_hands_that_help_make_a_chair_stand_0_by_the_patients_word():
    run = once(visit("chair_stand"))
    thirty_seconds(run, 10)
    tell(run, 1)
    (record,) = results_of(run)
    assert (record.value, record.origin) == (0.0, Origin.SELF_REPORTED)


def test_five_times_is_the_time_to_the_fifth_stand_by_the_samples():
    run = once(visit("five_times"))
    run.press()
    sit_still(run)
    for _ in range(5):
        stand(run)
    tell(run, 0)
    (record,) = results_of(run)
    assert (record.what, record.unit, record.origin) == ("five_times", "s", Origin.SENSED)
    assert record.value == pytest.approx(9.0, abs=0.2)


def test_hands_leave_five_times_without_a_time():
    run = once(visit("five_times"))
    run.press()
    sit_still(run)
    for _ in range(5):
        stand(run)
    tell(run, 1)
    no_pain(run)
    assert results_of(run) == []
    assert run.state.testing.without is Without.ARMS


def test_a_sensor_that_does_not_see_all_of_it_leaves_no_number_and_it_may_be_tried_again():
    run = once(visit("chair_stand"))
    run.press()
    sit_still(run)
    stand(run)
    look(run, Activity.BLIND)
    no_pain(run)
    assert (run.screen, run.state.testing.without, results_of(run)) == (Screen.TEST_RESULT, Without.BLIND, [])
    run.press(Action.BACK)
    assert run.screen is Screen.TEST_OFFER


def test_a_stand_that_may_be_none_is_told_as_a_doubt():
    run = once(visit("chair_stand"))
    run.press()
    sit_still(run)
    for _ in range(5):
        stand(run)
    stand(run, range_value=60.0)  # 0.71 of the largest: nearly full
    while run.screen is Screen.TESTING:
        look(run, Activity.RESTING)
    tell(run, 0)
    assert (results_of(run)[0].value, results_of(run)[0].note) == (5.0, "5 to 6")


def test_a_sensor_of_the_rig_that_is_silent_is_waited_for():
    run = once(visit("chair_stand"))
    run.state = replace(run.state, usable={"thigh": False})
    run.press()
    assert run.screen is Screen.TEST_OFFER


# ---- by the clock and by hand -------------------------------------------------------------------------------


def test_without_a_sensor_the_clock_runs_and_the_patient_tells_the_stands():
    run = once(visit("chair_stand", places=("band",)))
    run.press()
    run.wait(4)
    assert not any(isinstance(one, Listen) for one in run.effects)
    run.wait(31)
    assert run.screen is Screen.TEST_HANDS
    tell(run, 0)
    assert run.screen is Screen.TEST_ENTRY
    for step in (5, 5, 1, -1):
        run.press(Action.MORE if step > 0 else Action.FEWER, step)
    run.press()
    (record,) = results_of(run)
    assert (record.value, record.origin) == (10.0, Origin.SELF_REPORTED)


def test_a_walk_of_two_minutes_ends_with_a_tone_and_the_metres_are_told():
    run = visit("walk_2min")
    run.press()
    run.wait(5)
    before = len(run.effects)
    run.wait(119)
    assert run.screen is Screen.TESTING
    run.wait(1)
    assert [one.sound for one in run.effects[before:] if isinstance(one, Play)] == [Sound.SET_DONE]
    assert run.screen is Screen.TEST_ENTRY
    for step in (50, 50, 10, 1):
        run.press(Action.MORE, step)
    run.press()
    (record,) = results_of(run)
    assert (record.what, record.value, record.unit, record.origin) == ("walk_2min", 111.0, "m", Origin.SELF_REPORTED)


def test_a_number_that_nobody_knows_is_no_zero():
    run = visit("walk_2min")
    run.press()
    run.wait(130)
    run.press()
    no_pain(run)
    assert (run.state.testing.without, results_of(run)) == (Without.NOT_TOLD, [])


def test_zero_metres_can_be_told():
    run = visit("walk_2min")
    run.press()
    run.wait(130)
    run.press(Action.MORE, 1)
    run.press(Action.FEWER, -1)
    run.press()
    assert results_of(run)[0].value == 0.0


@given(st.lists(st.sampled_from((-50, -10, -1, 1, 10, 50)), max_size=30))
def test_a_number_by_hand_stays_inside_its_measure(steps):
    run = visit("walk_2min")
    run.press()
    run.wait(130)
    for step in steps:
        run.press(Action.MORE if step > 0 else Action.FEWER, step)
        assert run.state.testing.told is None or 0 <= run.state.testing.told <= 400


def test_ten_metres_are_the_mean_speed_of_two_walks():
    run = visit("walk_10m")
    for seconds in (8, 10):
        run.press()
        run.wait(5)
        run.press()  # on the tone itself nobody has arrived
        assert run.screen is Screen.TESTING
        run.wait(seconds)
        run.press()
    no_pain(run)
    (record,) = results_of(run)
    assert (record.value, record.unit, record.origin) == (1.125, "m/s", Origin.SELF_REPORTED)
    assert run.state.testing.number == 1


def test_a_walk_that_nobody_ends_has_no_number():
    run = visit("walk_10m")
    run.press()
    run.wait(620)
    assert (run.state.testing.without, results_of(run)) == (Without.TOO_LONG, [])


# ---- stopping, pain, locks ----------------------------------------------------------------------------------


def test_pain_stops_the_test_and_the_session_and_leaves_no_number():
    run = once(visit("chair_stand"))
    run.press()
    sit_still(run)
    stand(run)
    effects = run.press(Action.STOP)
    assert {type(one) for one in effects} == {EndListening, Play}
    run.press(Action.REASON, "pain")
    assert results_of(run) == []
    assert run.saved("session_end")[0].stop_reason is StopReason.PAIN
    assert (run.screen, run.state.asking.question.group) == (Screen.ASKING, Moment.WORST)


def test_who_is_tired_goes_on_with_the_routine_and_no_more_tests_come():
    run = visit("walk_2min", "walk_10m")
    run.press()
    run.wait(30)
    run.press(Action.STOP)
    run.press(Action.REASON, "tired")
    no_pain(run)
    run.press()
    assert (run.screen, results_of(run)) == (Screen.READY, [])
    assert {told.what for told in run.saved("nudge")} == {"test_walk_2min", "test_walk_10m"}


def test_more_pain_in_the_test_is_asked_about_and_judged_like_a_set():
    run = visit("walk_2min")
    run.press()
    run.wait(130)
    run.press()
    tell(run, 1, 8, 0, 0)
    assert run.screen is Screen.TOLD
    assert run.saved("session_end")[0].stop_reason is StopReason.PAIN
    told = run.saved("symptoms")[-1]
    assert (told.moment, told.change, told.back, told.set_number) == (Moment.TESTED, 1, 8, 1)


def test_a_little_more_pain_is_said_and_ends_the_tests():
    run = visit("walk_2min", "walk_10m")
    run.press()
    run.wait(130)
    run.press()
    tell(run, 1, 5, 0, 0)
    assert run.screen is Screen.TOLD
    run.press()
    assert run.screen is Screen.TEST_RESULT
    run.press()
    assert run.screen is Screen.READY
    assert not run.state.guard.verdict_on("sit_to_stand", run.state.plan.limits).may_go_up


def test_whether_a_test_hurt_may_be_left_open_and_how_much_may_not():
    run = visit("walk_2min", "walk_10m")
    run.press()
    run.wait(130)
    run.press()
    run.press(Action.SKIP)
    assert run.screen is Screen.TEST_RESULT
    assert [one.moment for one in run.saved("symptoms")] == [Moment.START]
    run.press()
    assert run.screen is Screen.TEST_OFFER
    run = visit("walk_2min")
    run.press()
    run.wait(130)
    run.press()
    tell(run, 1)
    for _ in range(3):
        run.press(Action.SKIP)
    assert run.screen is Screen.TOLD


def test_a_lock_in_the_middle_of_a_test_ends_it_without_a_number():
    run = once(visit("chair_stand"))
    run.press()
    sit_still(run)
    stand(run)
    effects = run(LockClosed(run.t_s, Locked("lock-0001", "p-0001-aaaa", Severity.EMERGENCY, (), WALL)))
    assert (run.screen, results_of(run)) == (Screen.LOCKED, [])
    assert any(isinstance(one, EndListening) for one in effects)


def test_switching_off_in_the_middle_of_a_test_ends_it_without_a_number():
    run = once(visit("chair_stand"))
    run.press()
    sit_still(run)
    run(SwitchedOff(run.t_s))
    assert results_of(run) == []
    assert any(isinstance(one, EndListening) for one in run.effects)


@given(st.integers(0, 11), st.sampled_from(("pain", "tired", "other")), st.booleans())
def test_a_test_that_is_stopped_leaves_no_number(stands, reason, practice):
    run = visit("chair_stand")
    run = run if practice else once(run)
    run.press()
    sit_still(run)
    for _ in range(stands):
        stand(run)
    run.press(Action.STOP)
    run.press(Action.REASON, reason)
    for _ in range(6):
        run.press(Action.SKIP)
        run.press()
    assert results_of(run) == []


# ---- ratings ------------------------------------------------------------------------------------------------

OWN = ("Carry the shopping", "Sit through a film")


def test_own_activities_are_rated_one_by_one_and_written_down_as_one_sitting():
    run = visit("function", own_activities=OWN)
    assert (run.screen, run.state.testing.due) == (Screen.TEST_RATING, ("function_1", "function_2"))
    tell(run, 3)
    assert results_of(run) == []
    tell(run, 7)
    first, second = results_of(run)
    assert [(one.what, one.value, one.origin) for one in (first, second)] == [
        ("function_1", 3.0, Origin.SELF_REPORTED), ("function_2", 7.0, Origin.SELF_REPORTED),
    ]  # fmt: skip
    assert (first.at, first.note, second.note) == (second.at, wording(OWN[0]), wording(OWN[1]))
    assert run.screen is Screen.READY


def test_a_rating_that_is_left_open_is_no_zero_and_is_not_asked_again_today():
    run = visit("global_change")
    run.press(Action.SKIP)
    assert results_of(run) == []
    assert [told.what for told in run.saved("nudge")] == ["test_global_change"]


def test_red_among_the_ratings_leaves_no_number():
    run = visit("function", own_activities=OWN)
    tell(run, 3)
    run.press(Action.STOP)
    assert (run.screen, results_of(run)) == (Screen.SUMMARY, [])


# ---- what is due --------------------------------------------------------------------------------------------

TODAY = date(2027, 1, 15)
NOON = datetime(2027, 1, 15, 12, tzinfo=UTC).timestamp()


def done(what, days_ago, note="", **more):
    at = NOON - days_ago * 86_400
    known = {"unit": "", "origin": Origin.SENSED, "practice": False} | more
    return records.Tested(f"test-{what.replace('_', '-')}-{days_ago}", what, 5.0, at=at, note=note, **known)


def due_of(*records, **more):
    return due_on(plan(row("sit_to_stand"), **more), fold(records), TODAY, UTC)


def started(days_ago):
    day = TODAY - timedelta(days_ago)
    return SessionStarted(f"session-{days_ago:04}", "p-0001-aaaa", 1, NOON - days_ago * 86_400, day=day.isoformat())


def test_one_moving_test_a_day_and_the_ratings_before_it():
    assert due_of(own_activities=OWN) == ("function", "chair_stand")
    assert due_of(done("chair_stand", 3), own_activities=OWN) == ("function", "walk_2min")
    assert due_of(done("chair_stand", 0)) == ()
    assert due_of(done("chair_stand", 14), done("walk_2min", 13)) == ("chair_stand",)


def test_the_plan_names_what_is_asked_for():
    assert due_of(tests=("five_times",)) == ("five_times",)
    assert due_of(tests=()) == ()


def test_another_wording_is_rated_anew():
    rated = [done(f"function_{n}", 1, wording(name), origin=Origin.SELF_REPORTED) for n, name in enumerate(OWN, 1)]
    assert "function" not in due_of(*rated, own_activities=OWN)
    assert "function" in due_of(*rated, own_activities=(OWN[0], "Walk the dog"))


def test_the_change_since_the_beginning_is_asked_an_interval_after_it():
    assert "global_change" not in due_of(started(13))
    assert "global_change" in due_of(started(14))
    assert "global_change" not in due_of(started(28), done("global_change", 5))


def test_what_was_put_off_today_is_asked_tomorrow():
    off = Nudged("nudge-0001", "test_chair_stand", NOON, PUT_OFF)
    assert due_of(off) == ()
    rating = Nudged("nudge-0002", "test_function", NOON, PUT_OFF)
    assert due_of(rating, own_activities=OWN) == ("chair_stand",)
    yesterday = Nudged("nudge-0001", "test_chair_stand", NOON - 86_400, PUT_OFF)
    assert due_of(yesterday) == ("chair_stand",)


# ---- the instructions ---------------------------------------------------------------------------------------


def test_every_test_has_instructions_in_our_words_and_the_source_of_its_procedure():
    assert set(how_to()) <= set(TESTS)
    for one in how_to().values():
        assert one.lines
        assert "words are ours" in one.source
        assert measure(one.key).kind == "test"


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ('name = "2-minute walk"', 'name = ""', r"\[walk_2min\] name is ''; expected some text"),
        ("seconds = 120", "seconds = 9999", r"\[walk_2min\] seconds is 9999; expected a number from 0 to 600"),
        ("steps = [1, 10, 50]", "steps = [0]", r"steps is \[0\]; expected whole numbers above 0"),
        ('exercise = "walk"\nseconds = 120', 'exercise = "fly"\nseconds = 120', "exercise is 'fly'; expected one of"),
        ("trials = 2", "tries = 2", "trials is missing"),
        ("[walk_10m]", "[walk_6min]", "expected chair_stand, five_times, walk_2min, walk_10m in this order"),
        ("Any pace is fine.", "It is bad to stop.", "expected it without"),
    ],
)
def test_instructions_that_cannot_be_used_are_refused_with_their_place(before, after, said):
    text = files("edge.content").joinpath("tests.toml").read_text("utf-8")
    assert before in text
    with pytest.raises(ContentError, match=said):
        parse_how_to(text.replace(before, after), "tests.toml")


def test_a_sensor_in_the_wrong_place_is_put_right_first():
    run = once(visit("chair_stand"))
    run(WornChanged(run.t_s, (Finding(Mixup.SWAPPED, ("thigh", "trunk")),)))
    run.press()
    assert run.screen is Screen.TEST_OFFER
    run(WornChanged(run.t_s, ()))
    run.press()
    assert run.screen is Screen.TESTING
