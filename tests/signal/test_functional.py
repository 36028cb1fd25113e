"""Functional tests: official counting rules on worked examples, the virtual patient and recorded people."""

import os
import random
from dataclasses import replace
from importlib.resources import files
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.patient import Pace, VirtualPatient
from drivers.samples import ImuSample
from edge.care.norms import Sex, Standing, chair_stand_standing, five_times_standing, norms, parse_norms
from edge.library import ContentError
from edge.model import Activity, Origin, Phase, PhaseSpan, Rep
from edge.signal.chair import Chair, ChairTest
from edge.signal.chair import advance as sit_and_stand
from edge.signal.events import PhaseBegan, RepFinished
from edge.signal.functional import Abort, Arrived, Go, Look, Stop, TestState, UsedArms
from edge.signal.pipeline import Pipeline
from edge.signal.profiles import exercise_for
from edge.signal.timed_walk import WalkTest, measured
from edge.signal.timed_walk import advance as walk_on

SHARED = Path(os.environ.get("STEADYRIG_SHARED", Path(__file__).parents[3] / "shared"))
STANDS = ChairTest(Chair.THIRTY_SECONDS)
FIVE = ChairTest(Chair.FIVE_TIMES)
SEATED = Look(0.9, Activity.RESTING, Phase.BOTTOM)


def told(test, *events, advance=sit_and_stand):
    for event in events:
        test = advance(test, event)
    return test


def stand(number, start_s, range_deg=80.0, up_s=0.8, down_s=0.8):
    """A finished stand: up, no pause, down."""
    top_s, end_s = start_s + up_s, start_s + up_s + down_s
    spans = (
        PhaseSpan(Phase.CONCENTRIC, start_s, top_s),
        PhaseSpan(Phase.TOP, top_s, top_s),
        PhaseSpan(Phase.ECCENTRIC, top_s, end_s),
    )
    return RepFinished(end_s + 0.05, Rep(number, start_s, end_s, spans, range_deg, "deg", None, None, 1.0))


def sitting(from_s, to_s, activity=Activity.RESTING, phase=Phase.BOTTOM, position=0.0):
    return [Look(from_s + i / 10, activity, phase, position) for i in range(round((to_s - from_s) * 10) + 1)]


def performed(stands, until_s, at_end=(), go_s=1.0):
    """Events of a test: "go", then looks and stands in the order of time, and ``at_end`` after them."""
    told_s = sorted([*stands, *sitting(go_s, until_s)], key=lambda event: event.t_s)
    return [replace(SEATED, t_s=go_s - 0.1), Go(go_s), *told_s, *at_end]


TEN = [stand(i + 1, 1.5 + 2.8 * i) for i in range(10)]
"""Ten stands, the last one over at 28.3 s."""


# ---- 30 seconds ----


def test_full_stands_are_counted_for_thirty_seconds():
    test = told(STANDS, *performed(TEN, 30.9))
    assert test.state is TestState.RUNNING
    test = told(test, Look(31.0, Activity.RESTING))
    assert test.state is TestState.DONE
    assert test.stands_result.stands == test.stands_result.fewest == test.stands_result.most == 10
    assert test.stands_result.stood_s[0] == pytest.approx(1.3)


@pytest.mark.parametrize(("position", "stands"), [(0.2, 10), (0.45, 10), (0.55, 11), (0.9, 11)])
def test_more_than_half_way_up_when_time_is_over_counts(position, stands):
    rising = Look(31.0, Activity.MOVING, Phase.CONCENTRIC, position)
    test = told(STANDS, *performed(TEN, 30.9, [rising]))
    assert test.state is TestState.RUNNING, "the stand in progress is waited for"
    result = told(test, stand(11, 30.4, up_s=1.0)).stands_result
    assert result.stands == stands
    assert (result.fewest < result.most) is (0.35 < position < 0.65)


def test_a_stand_that_was_complete_before_the_end_counts_though_sitting_came_after():
    sinking = Look(31.0, Activity.MOVING, Phase.ECCENTRIC, 0.3)
    result = told(STANDS, *performed(TEN, 30.9, [sinking, stand(11, 29.6, up_s=1.0, down_s=0.7)])).stands_result
    assert result.stands == result.most == result.fewest == 11


@pytest.mark.parametrize(("phase", "position"), [(Phase.TOP, 1.0), (Phase.ECCENTRIC, 0.4)])
def test_who_had_stood_up_by_the_end_is_counted_without_sitting_down(phase, position):
    up = sitting(31.0, 37.0, Activity.HOLDING, phase, position)
    result = told(STANDS, *performed(TEN, 30.9, up)).stands_result
    assert result.stands == 11


def test_rising_after_the_end_is_not_counted():
    after = [Look(31.0, Activity.RESTING), stand(11, 31.2)]
    assert told(STANDS, *performed(TEN, 30.9, after)).stands_result.stands == 10


def test_a_stand_that_was_not_full_does_not_count_and_is_told():
    stands = [*TEN[:4], stand(5, 12.7, range_deg=45.0), *TEN[5:]]
    result = told(STANDS, *performed(stands, 31.0)).stands_result
    assert (result.stands, result.low, result.most) == (9, 1, 9)


def test_a_stand_that_was_nearly_full_leaves_a_doubt():
    stands = [*TEN[:4], stand(5, 12.7, range_deg=56.0), *TEN[5:]]
    result = told(STANDS, *performed(stands, 31.0)).stands_result
    assert (result.fewest, result.stands, result.most) == (9, 9, 10)
    assert result.confidence < 1.0


@pytest.mark.parametrize("when", [5, 200, 400])
def test_arms_score_zero_whenever_they_are_owned_up_to(when):
    events = performed(TEN, 31.0)
    events.insert(min(when, len(events)), UsedArms())
    result = told(STANDS, *events).stands_result
    assert result.stands == 0
    assert result.arms_used


def test_who_cannot_stand_scores_zero_with_little_confidence():
    result = told(STANDS, *performed([], 31.0)).stands_result
    assert result.stands == 0
    assert result.confidence <= 0.5


def test_a_stand_begun_before_go_does_not_count():
    early = stand(1, 0.5)
    assert told(STANDS, *performed([early, *TEN], 31.0)).stands_result.stands == 10


def test_a_practice_trial_is_marked():
    assert told(replace(STANDS, practice=True), *performed(TEN, 31.0)).stands_result.practice


@pytest.mark.parametrize("test", [STANDS, FIVE])
def test_go_before_the_counter_is_ready_starts_nothing(test):
    test = told(test, Look(0.9, Activity.ARMING), Go(1.0))
    assert (test.state, test.reason) == (TestState.ABORTED, Abort.NOT_READY)


@pytest.mark.parametrize("test", [STANDS, FIVE])
@pytest.mark.parametrize("blind", [[Look(2.0, Activity.BLIND)], [Look(2.6, Activity.MOVING)]])
def test_a_blind_sensor_makes_a_chair_test_invalid(test, blind):
    test = told(test, *performed([], 2.0), *blind)
    assert (test.state, test.reason) == (TestState.ABORTED, Abort.BLIND)
    assert told(test, *performed(TEN, 40.0)).stands_result is None


def test_the_patient_may_stop():
    test = told(STANDS, *performed(TEN[:2], 8.0), Stop())
    assert (test.state, test.reason, test.stands_result) == (TestState.ABORTED, Abort.STOPPED, None)


def test_a_test_that_is_over_changes_no_more():
    test = told(STANDS, *performed(TEN, 31.0))
    assert told(test, *TEN, Stop(), Look(90.0, Activity.BLIND), Go(91.0)) == test


def test_the_seconds_left_are_known():
    assert STANDS.left_s == 30.0
    assert told(STANDS, *performed(TEN, 11.0)).left_s == pytest.approx(20.0)


# ---- five times ----


def test_five_times_ends_with_the_fifth_full_stand():
    test = told(FIVE, *performed(TEN[:4], 12.0))
    assert (test.state, test.five_times_result) == (TestState.RUNNING, None)
    result = told(test, TEN[4]).five_times_result
    assert result.to_stand_s == pytest.approx(1.5 + 4 * 2.8 + 0.8 - 1.0)
    assert result.to_sit_s == pytest.approx(result.to_stand_s + 0.8)
    assert result.spread_s > 0.0


def test_a_stand_that_was_not_full_is_not_one_of_the_five():
    low = [*TEN[:2], stand(3, 7.1, range_deg=40.0), *TEN[3:6]]
    test = told(FIVE, *performed(low[:5], 15.0))
    assert test.state is TestState.RUNNING
    result = told(test, low[5]).five_times_result
    assert result.low == 1
    assert len(result.stood_s) == 5


def test_who_stays_up_after_the_fifth_stand_has_a_time_and_no_sitting():
    up = [PhaseBegan(13.6, Phase.TOP), *sitting(13.6, 19.0, Activity.HOLDING, Phase.TOP, 1.0)]
    result = told(FIVE, *performed(TEN[:4], 13.5, up)).five_times_result
    assert result.to_stand_s == pytest.approx(12.6)
    assert result.to_sit_s is None


def test_not_done_within_a_minute_is_unable():
    test = told(FIVE, *performed(TEN[:3], 62.0))
    assert (test.state, test.reason) == (TestState.ABORTED, Abort.TOO_LONG)


def test_arms_leave_five_times_without_a_time():
    test = told(FIVE, *performed(TEN[:5], 16.0), UsedArms())
    assert (test.state, test.reason, test.five_times_result) == (TestState.ABORTED, Abort.ARMS, None)


# ---- with a counter ----


def run(test, samples, go_s):
    """Give a test what the pipeline says of these samples, with a look after each and "go" at ``go_s``."""
    pipeline = Pipeline(exercise_for("sit_to_stand"))
    for sample in samples:
        if test.state is TestState.READY and sample.t_s >= go_s:
            test = sit_and_stand(test, Go(go_s))
        events = pipeline.feed(sample)
        look = Look(sample.t_s, pipeline.activity, pipeline.phase, pipeline.position)
        test = told(test, *events, look)
    return test


def virtual(seed, pace, until_s, go_s=3.0):
    patient, draw = VirtualPatient(seed), random.Random(seed)
    patient.prepare("sit_to_stand", 0.0)
    patient.begin("sit_to_stand", go_s + 0.3, Pace(*pace))
    patient.finish(until_s)
    samples = []
    for i in range(int((until_s + 8.0) * 50)):
        true = patient.imu("thigh", i / 50)
        accel = tuple(value + draw.gauss(0, 0.06) for value in true.accel_m_s2)
        samples.append(ImuSample("thigh", i / 50, accel, true.gyro_rad_s))
    return patient.truth(), samples


def half_way_up_s(rep):
    """When a minimum-jerk path is half-way: in its middle."""
    return (rep.start_s + rep.out_end_s) / 2


@pytest.mark.parametrize("pace", [(0.8, 0.0, 0.8, 0.2), (1.0, 0.2, 1.0, 0.4), (1.6, 0.3, 1.5, 0.8)])
def test_the_virtual_patient_stands_as_often_as_it_did(pace):
    for seed in range(4):
        truth, samples = virtual(seed, pace, until_s=36.0)
        result = run(STANDS, samples, go_s=3.0).stands_result
        true = sum(half_way_up_s(rep) < 33.0 for rep in truth)
        assert result.fewest <= true <= result.most
        assert result.stands == true or result.fewest < result.most


@pytest.mark.parametrize("pace", [(0.8, 0.0, 0.8, 0.2), (1.6, 0.3, 1.5, 0.8)])
def test_the_virtual_patient_takes_as_long_for_five(pace):
    for seed in range(4):
        truth, samples = virtual(seed, pace, until_s=30.0)
        result = run(FIVE, samples, go_s=3.0).five_times_result
        assert result.to_stand_s == pytest.approx(truth[4].out_end_s - 3.0, abs=0.15)
        assert result.to_sit_s == pytest.approx(truth[4].end_s - 3.0, abs=0.15)


def marks(recording, name):
    """Return the samples, and when a force plate in the seat was unloaded and loaded again, in s."""
    samples = recording(name)
    with np.load(SHARED / "data" / "reps" / name, allow_pickle=False) as arrays:
        return samples, arrays["rep_start"].tolist(), arrays["rep_end"].tolist()


def test_a_recorded_person_stands_fourteen_times(recording):
    samples, starts, _ = marks(recording, "sts_S01_30sts.npz")
    go_s = starts[0] - 0.3
    result = run(STANDS, samples, go_s).stands_result
    assert sum(start < go_s + 30.0 for start in starts) == 14
    assert result.stands == 14
    assert all(start < go_s + stood for start, stood in zip(starts, result.stood_s, strict=False))


def test_a_recorded_person_takes_as_long_for_five_as_the_seat_felt(recording):
    samples, starts, ends = marks(recording, "sts_S01_5sts.npz")
    go_s = starts[0] - 0.3
    result = run(FIVE, samples, go_s).five_times_result
    # The seat is touched before the thigh has come to rest.
    assert result.to_sit_s == pytest.approx(ends[4] - go_s, abs=0.4)
    assert starts[4] < go_s + result.to_stand_s < ends[4]


def test_a_hole_in_the_recording_makes_the_test_invalid(recording):
    samples, starts, _ = marks(recording, "sts_S01_30sts.npz")
    seen = [sample for sample in samples if not 15.0 < sample.t_s < 15.8]
    test = run(STANDS, seen, starts[0] - 0.3)
    assert (test.state, test.reason) == (TestState.ABORTED, Abort.BLIND)


# ---- walks ----

TWO_MINUTES = WalkTest(duration_s=120.0)
TEN_METRES = WalkTest(distance_m=10.0, origin=Origin.CLINICIAN_ENTERED)


def step(number, start_s, length_s=0.6, pause_s=0.0):
    spans = (PhaseSpan(Phase.CONCENTRIC, start_s, start_s + length_s),)
    rep = Rep(number, start_s, start_s + length_s, spans, 1.0, "m/s2", None, pause_s, 0.8)
    return RepFinished(start_s + length_s + 0.4, rep)


def walked(steps, until_s, *more, go_s=1.0):
    looks = [Look(go_s + i / 5, Activity.MOVING) for i in range(int((until_s - go_s) * 5) + 1)]
    together = sorted([*steps, *looks, *more], key=lambda event: event.t_s)
    return [Look(go_s - 0.1, Activity.RESTING), Go(go_s), *together]


HUNDRED_A_MINUTE = [step(i + 1, 1.5 + 0.6 * i) for i in range(300)]


def test_two_minutes_end_by_the_clock_with_steps_and_cadence():
    test = told(TWO_MINUTES, *walked(HUNDRED_A_MINUTE, 123.9), advance=walk_on)
    assert test.state is TestState.RUNNING, "the last steps are still being told"
    result = told(test, Look(124.1, Activity.MOVING), advance=walk_on).result
    assert result.time_s == 120.0
    assert result.steps == 199
    assert result.cadence_per_min == pytest.approx(100.0)
    assert (result.pauses, result.paused_s, result.speed_m_s) == (0, 0.0, None)


def test_a_distance_is_entered_by_hand():
    result = told(TWO_MINUTES, *walked(HUNDRED_A_MINUTE, 124.5), advance=walk_on).result
    entered = measured(result, 150.0, Origin.SELF_REPORTED)
    assert (entered.speed_m_s, entered.origin) == (1.25, Origin.SELF_REPORTED)
    with pytest.raises(ValueError, match=r"a distance of 15000.0 m in 120 s; expected 0 to 600"):
        measured(result, 15000.0, Origin.SELF_REPORTED)


def test_standing_still_is_a_pause():
    second = [step(101 + i, 81.5 + 0.6 * i, pause_s=20.0 if i == 0 else 0.0) for i in range(30)]
    result = told(TWO_MINUTES, *walked([*HUNDRED_A_MINUTE[:100], *second], 124.5), advance=walk_on).result
    assert (result.steps, result.pauses, result.paused_s) == (130, 1, 20.0)
    assert result.cadence_per_min == pytest.approx(100.0)
    assert result.missing_steps == 4


def test_ten_metres_end_on_arrival():
    events = walked(HUNDRED_A_MINUTE[:20], 12.5, Arrived(9.0))
    result = told(TEN_METRES, *events, advance=walk_on).result
    assert result.time_s == 8.0
    assert result.speed_m_s == 1.25
    assert result.steps == 12


def test_a_blind_sensor_costs_the_steps_and_not_the_time():
    events = [*walked(HUNDRED_A_MINUTE, 60.0), Look(60.1, Activity.BLIND), *walked([], 124.5)[2:]]
    result = told(TWO_MINUTES, *events, advance=walk_on).result
    assert result.blind
    assert (result.steps, result.cadence_per_min, result.pauses) == (None, None, None)
    assert result.time_s == 120.0


def test_a_walk_may_be_stopped_and_is_not_waited_for_for_ever():
    assert told(TWO_MINUTES, *walked([], 5.0), Stop(), advance=walk_on).reason is Abort.STOPPED
    assert told(TEN_METRES, *walked([], 602.0), advance=walk_on).reason is Abort.TOO_LONG
    assert told(TWO_MINUTES, Look(0.9, Activity.BLIND), Go(1.0), advance=walk_on).reason is Abort.NOT_READY


@settings(max_examples=20, deadline=None)
@given(shift_s=st.integers(0, 10**6))
def test_the_hour_of_the_clock_does_not_matter_to_a_test(shift_s):
    def later(event):
        if isinstance(event, RepFinished):
            return stand(event.rep.number, event.rep.start_s + shift_s)
        return replace(event, t_s=event.t_s + shift_s)

    plain = told(STANDS, *performed(TEN, 31.2)).stands_result
    shifted = told(STANDS, *map(later, performed(TEN, 31.2))).stands_result
    assert replace(shifted, stood_s=()) == replace(plain, stood_s=())
    assert shifted.stood_s == pytest.approx(plain.stood_s, abs=1e-6)


# ---- norms ----


def test_stands_are_compared_with_people_of_the_same_age_and_sex():
    assert chair_stand_standing(13, 62, Sex.MAN) is Standing.BELOW
    assert chair_stand_standing(12, 62, Sex.WOMAN) is Standing.WITHIN
    assert chair_stand_standing(12, 92, Sex.WOMAN) is Standing.ABOVE
    assert chair_stand_standing(12, 40, Sex.WOMAN) is None


def test_the_time_for_five_is_compared_with_the_same_age():
    assert five_times_standing(11.5, 65, Sex.MAN) is Standing.BELOW
    assert five_times_standing(11.5, 75, Sex.WOMAN) is Standing.WITHIN
    assert five_times_standing(11.5, 50, Sex.WOMAN) is None


def test_bands_follow_one_another_and_nobody_gets_better_with_age():
    for sex in Sex:
        bands = [band for band in norms()["chair_stand"].bands if band.sex is sex]
        assert all(a.oldest + 1 == b.youngest and a.low >= b.low for a, b in pairwise(bands))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("[five_times]", "[six_times]", "needs exactly the tables chair_stand, five_times"),
        ("men = [14, 19]", "", r"\[chair_stand\] needs source, change and bands of ages, men, women"),
        ("men = [14, 19]", "men = [19, 14]", "ages 60 to 64: the first number is the smaller one"),
        ("[chair_stand]", "[chair_stand", "not valid TOML"),
    ],
)
def test_a_bad_norm_file_is_refused_with_its_place(old, new, said):
    text = files("edge.content").joinpath("norms.toml").read_text("utf-8")
    with pytest.raises(ContentError, match=said):
        parse_norms(text.replace(old, new, 1), "here.toml")
