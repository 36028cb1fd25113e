"""Like cycles: found without an axis, whatever their size, and not taken for what merely moves."""

import math
import random
from dataclasses import replace
from itertools import pairwise
from statistics import median

import numpy as np
import pytest

from drivers.samples import ImuSample
from edge.signal.alike import Usual, cut, middle
from edge.signal.course import KEPT, STEP_S, Course
from edge.signal.cycles import ASIDE, CycleCounter
from edge.signal.events import RepFinished
from edge.signal.ladder import Ladder
from edge.signal.pipeline import Pipeline
from edge.signal.profiles import exercise_at, exercise_for, profile_of
from edge.signal.replay import replay
from edge.signal.turns import Turns

WRIST = exercise_at("something", "wrist (watch)")


def to_and_fro(size, period_s, count, *, before_s=3.0, after_s=3.0, seed=1, hz=50):
    """A wrist whose acceleration goes to and fro by ``size`` m/s^2 along a slanted line, with some noise."""
    draw, samples = random.Random(seed), []
    for i in range(int((before_s + count * period_s + after_s) * hz)):
        t_s = i / hz
        part = (t_s - before_s) / period_s
        y = size * (1 - math.cos(math.tau * part)) / 2 if 0 < part < count else 0.0
        samples.append(ImuSample("wrist", t_s, tuple(v + draw.gauss(0, 0.1) for v in (0.8 * y, 0.6 * y, 9.8))))
    return samples


def counted(samples, exercise=WRIST):
    pipeline = Pipeline(exercise)
    return [e for sample in samples for e in pipeline.feed(sample) if isinstance(e, RepFinished)]


@pytest.mark.parametrize("size", [1.5, 5.0, 15.0])
@pytest.mark.parametrize("period_s", [1.6, 3.0, 6.0])
def test_movements_of_any_size_and_pace_are_counted(size, period_s):
    assert abs(len(counted(to_and_fro(size, period_s, 8))) - 8) <= 1


@pytest.mark.parametrize("seed", range(4))
def test_the_mounting_changes_no_repetition_at_the_wrist(turned, seed):
    samples = to_and_fro(4.0, 2.5, 6)
    expected = [e.rep.end_s for e in counted(samples)]
    assert [e.rep.end_s for e in counted(turned(samples, seed))] == pytest.approx(expected, abs=1e-6)


def test_what_waits_to_be_believed_is_shown_as_doubt():
    pipeline, shown = Pipeline(WRIST), []
    for sample in to_and_fro(5.0, 2.5, 6):
        pipeline.feed(sample)
        shown.append((pipeline.pending, pipeline.reps))
    assert (2, 0) in shown
    assert all(pending == 0 for pending, reps in shown if reps)


def test_stillness_has_nothing_pending():
    pipeline = Pipeline(WRIST)
    for sample in to_and_fro(0.0, 1.0, 1, after_s=20.0):
        pipeline.feed(sample)
    assert (pipeline.pending, pipeline.reps) == (0, 0)


def swinging(bounce):
    """A minute of an arm that swings once in 1.1 s; its weight goes up and down by ``bounce`` m/s^2 at every step."""
    walk = to_and_fro(4.0, 1.1, 60)
    up = [bounce * math.sin(math.tau * (s.t_s - 3.0) / 0.55) / 2 for s in walk]
    return [
        ImuSample(s.sensor, s.t_s, (*s.accel_m_s2[:2], s.accel_m_s2[2] + (y if 3.0 < s.t_s < 69.0 else 0.0)))
        for s, y in zip(walk, up, strict=True)
    ]


def test_arms_that_swing_in_walking_are_not_believed():
    assert counted(swinging(4.0)) == []


def test_quick_repetitions_without_steps_are_counted():
    assert abs(len(counted(swinging(0.0))) - 60) <= 1


def test_whoever_walked_has_to_earn_what_follows():
    walk = swinging(4.0)
    later_s = walk[-1].t_s + 0.02
    lifts = [ImuSample(s.sensor, s.t_s + later_s, s.accel_m_s2) for s in to_and_fro(6.0, 2.5, 6)]
    before = to_and_fro(6.0, 2.5, 6)
    assert abs(len(counted(walk + lifts)) - 6) <= 1
    begun_s = before[-1].t_s + 0.02
    walk = [ImuSample(s.sensor, s.t_s + begun_s, s.accel_m_s2) for s in walk]
    assert abs(len(counted(before + walk)) - 6) <= 1
    assert counted(before + walk)[-1].rep.end_s < begun_s + 3.0


def test_a_repetition_ends_near_where_it_settles_and_never_after_it_was_told():
    samples = to_and_fro(6.0, 2.0, 6)
    for number, event in enumerate(counted(samples), start=1):
        assert 3.0 + 2.0 * number - 0.4 < event.rep.end_s <= event.t_s


def test_arms_that_take_turns_count_two_for_each_cycle_of_the_one_that_is_seen():
    samples = to_and_fro(8.0, 4.0, 5)
    ones, twos = counted(samples), counted(samples, exercise_for("muvr_alt_dumbbell_biceps_curl"))
    assert len(twos) == 2 * len(ones) >= 8
    assert all(b.rep.start_s >= a.rep.end_s for a, b in pairwise(twos))
    assert [e.rep.end_s for e in twos[1::2]] == pytest.approx([e.rep.end_s for e in ones])


def test_another_exercise_in_the_same_set_has_to_be_earned_and_is_then_counted():
    first = to_and_fro(6.0, 2.5, 5)
    later_s = first[-1].t_s + 0.02
    matrix = np.linalg.qr(np.random.default_rng(5).normal(size=(3, 3)))[0]
    second = [
        ImuSample(s.sensor, s.t_s + later_s, tuple((matrix @ s.accel_m_s2).tolist()))
        for s in to_and_fro(2.0, 3.5, 6, seed=2)
    ]
    assert abs(len(counted(first + second)) - 11) <= 2


def test_a_turning_point_is_where_it_was_furthest():
    course = Course(0.0, (0.0, 0.0, 0.0))
    turns = Turns(course, 0)
    told = []
    for step, y in enumerate((1.0, 3.0, 2.9, 1.0, 0.2), start=1):
        course.append(step * STEP_S, (y, 0.0, 0.0))
        told.append(turns.update(1.0))
    assert told == [False, False, False, True, False]
    assert (turns.near, turns.far) == (0, 2)


def test_a_course_keeps_its_numbers_when_it_forgets():
    course = Course(0.0, (0.0, 0.0, 0.0))
    for step in range(1, 3 * KEPT):
        course.append(step * STEP_S, (float(step), 0.0, 0.0))
    assert 0 < course.oldest <= course.newest - KEPT + 1
    assert course[course.newest] == (float(course.newest), 0.0, 0.0)
    assert course.time_s(course.oldest) == course.oldest * STEP_S


def test_a_middle_is_robust_and_turns_with_the_axes():
    rows = np.random.default_rng(0).normal(size=(7, 3))
    matrix = np.linalg.qr(np.random.default_rng(1).normal(size=(3, 3)))[0]
    assert middle(rows @ matrix) == pytest.approx(middle(rows) @ matrix)
    far_off = np.vstack([np.zeros((4, 3)), [[100.0, 0.0, 0.0]]])
    assert np.linalg.norm(middle(far_off)) < 1.0


def cycle_of(values):
    """The cycle cut from a course of one axis, looked at every step."""
    course = Course(0.0, (values[0], 0.0, 9.8))
    turns = Turns(course, 0)
    for step, y in enumerate(values[1:], start=1):
        course.append(step * STEP_S, (y, 0.0, 9.8))
        if turns.update(1.0):
            return cut(course, turns)
    raise AssertionError("no cycle")


def wave(size, at=0.0):
    return [at + size * (1 - math.cos(math.tau * i / 30)) / 2 for i in range(31)]


def test_a_tired_repetition_fits_and_another_posture_does_not():
    usual = Usual([cycle_of(wave(6.0)) for _ in range(3)])
    assert usual.fits(cycle_of(wave(4.0)), 0.8)
    assert not usual.fits(cycle_of(wave(1.5)), 0.8)
    assert not usual.fits(cycle_of(wave(6.0, at=5.0)), 0.8)
    assert not usual.fits(cycle_of([-y for y in wave(6.0)]), 0.2)


def test_two_unequal_halves_are_one_repetition():
    course = Course(0.0, (0.0, 0.0, 9.8))
    ladder, found = Ladder(course, 0.6, 3), None
    for step in range(1, 700):
        part = step / 30
        y = 6.0 * math.sin(math.tau * part / 2) ** 2
        course.append(step * STEP_S, (y if int(part) % 2 else 0.0, 0.0 if int(part) % 2 else 0.9 * y, 9.8))
        found = found or ladder.update(-math.inf)
    assert found is not None
    ends_s = [cycle.far_s for cycle in found[1]]
    assert min(np.diff(ends_s)) == pytest.approx(60 * STEP_S, abs=3 * STEP_S)


def test_a_long_stay_at_the_far_end_is_no_repetition():
    samples = to_and_fro(6.0, 2.0, 1, before_s=2.0, after_s=0.0)[:150]
    there = samples[-1].accel_m_s2
    stay = [ImuSample("wrist", 3.0 + i / 50, there) for i in range(1, 80 * 50)]
    back = [ImuSample("wrist", 83.0 + i / 50, (0.0, 0.0, 9.8)) for i in range(1, 500)]
    assert counted(samples + stay + back) == []


@pytest.mark.parametrize(("degrees", "period_s", "counted"), [(4.0, 8.0, False), (25.0, 12.0, True)])
def test_a_slow_sway_is_no_slow_repetition(degrees, period_s, counted):
    draw = np.random.default_rng(3)
    turns = 2 * np.pi * np.arange(int(6 * period_s * 50)) / 50 / period_s
    tilt = np.radians(degrees) * (1 - np.cos(turns)) / 2
    samples = [
        ImuSample("wrist", i / 50, (9.8 * np.sin(a), 0.0, 9.8 * np.cos(a) + draw.normal(0, 0.03)))
        for i, a in enumerate(tilt)
    ]
    assert bool(replay(samples, WRIST)) is counted


def test_who_drifts_bit_by_bit_is_followed_and_who_jumps_is_not():
    drifting = [cycle_of(wave(6.0, at=0.9 * number)) for number in range(8)]
    for number in range(1, 8):
        assert Usual(drifting[:number]).fits(drifting[number], 0.8)
    assert not Usual(drifting[:4]).fits(drifting[7], 0.8)


def test_what_moves_after_a_long_rest_has_to_be_earned():
    lifts = to_and_fro(6.0, 2.5, 6, after_s=20.0)
    later_s = lifts[-1].t_s + 0.02

    def then(count):
        return lifts + [replace(s, t_s=s.t_s + later_s) for s in to_and_fro(6.0, 2.5, count, seed=2)]

    assert len(counted(then(1))) == len(counted(then(2))) == len(counted(lifts))
    assert len(counted(then(4))) == len(counted(lifts)) + 4


def ripples(period_s, count):
    """Lifts with a jerk in the middle of each that is almost as large as they are."""
    samples = to_and_fro(5.0, period_s, count)
    jerk = [2.0 * math.sin(2 * math.tau * (s.t_s - 3.0) / period_s) for s in samples]
    until_s = 3.0 + count * period_s
    return [
        replace(s, accel_m_s2=(s.accel_m_s2[0] + (j if 3.0 < s.t_s < until_s else 0.0), *s.accel_m_s2[1:]))
        for s, j in zip(samples, jerk, strict=True)
    ]


@pytest.mark.parametrize("period_s", [1.2, 1.5, 2.0, 3.0, 4.5])
def test_jerks_within_a_repetition_are_none(period_s):
    assert abs(len(counted(ripples(period_s, 10))) - 10) <= 1


def reps(samples, profile):
    counter = CycleCounter(profile, (*WRIST.phases, WRIST.rest_phase))
    for sample in samples:
        counter.step(sample, None)
    return counter.reps


def uneven(seed):
    """Half a minute of swings of several paces, sizes and directions at once, which no two boxes see alike."""
    draw = np.random.default_rng(seed)
    t_s = np.arange(0.0, 30.0, 0.02)
    felt = np.array([[0.0, 0.0, 9.8]]) + draw.normal(0, 0.1, (len(t_s), 3))
    for period_s in (4.0, 1.9, 0.9):
        way = draw.normal(0, 1.5, 3)
        felt += np.outer(np.sin(math.tau * t_s / (period_s * draw.uniform(0.8, 1.2))), way)
    return [ImuSample("wrist", t, tuple(a)) for t, a in zip(t_s.tolist(), felt.tolist(), strict=True)]


@pytest.mark.parametrize("seed", [3, 9])
def test_what_is_counted_is_the_median_of_what_five_boxes_count(seed):
    profile, samples = profile_of(WRIST), uneven(seed)
    alone = []
    for power in ASIDE:
        by = profile.aside**power
        one = replace(profile, aside=None, smooth_s=profile.smooth_s * by, coarse_s=profile.coarse_s * by)
        alone.append(reps(samples, one))
    assert abs(reps(samples, profile) - median(alone)) <= 1 < abs(alone[0] - median(alone))
