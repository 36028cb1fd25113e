"""A bell is counted by the pulls of the hand: each swing as the bell floats, nothing while it is carried about."""

import math
import random

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from drivers.samples import ImuSample
from edge.model import Phase
from edge.signal.events import ActivityChanged, RepFinished
from edge.signal.pipeline import Pipeline
from edge.signal.profiles import exercise_for, recorded_exercise
from edge.signal.score import count_reps

SWING = exercise_for("kettlebell_swing")
SNATCH = exercise_for("kettlebell_snatch")
UNKNOWN = recorded_exercise("something", "bell")
ARM_M, G = 0.8, 9.81
QUICK = settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def eased(part):
    """The minimum-jerk path from 0 to 1."""
    x = min(max(part, 0.0), 1.0)
    return x**3 * (10 - 15 * x + 6 * x * x)


def felt(angle, height, until_s, rate_hz=100, seed=1, knocks=(), side=(0.0, 0.0, 1.0)):
    """What a bell on an arm feels: ``angle`` from hanging (rad) and ``height`` of the shoulder (m) over time.

    ``knocks`` last 20 ms and have 6 g; ``side`` is the direction of the handle in the sensor's axes.
    """
    draw, h, samples = random.Random(seed), 1e-3, []
    along = np.array(side) / np.linalg.norm(side)
    across = np.cross(along, [1.0, 0.3, 0.2])
    across /= np.linalg.norm(across)
    for i in range(int(until_s * rate_hz)):
        t = i / rate_hz
        before, now, after = angle(t - h), angle(t), angle(t + h)
        weight = G + (height(t + h) - 2 * height(t) + height(t - h)) / h**2
        pull = weight * math.cos(now) + ARM_M * ((after - before) / (2 * h)) ** 2
        pull += 6 * G if any(knock <= t < knock + 0.02 for knock in knocks) else 0.0
        aside = weight * math.sin(now) + ARM_M * (after - 2 * now + before) / h**2
        noise = [draw.gauss(0, 0.15) for _ in range(3)]
        samples.append(ImuSample("bell", t, tuple((pull * along + aside * across + noise).tolist())))
    return samples


def handled(t):
    """Height of a bell that is lifted at 2 s and, from 60 s on, put down and lifted again every ten seconds."""
    if t < 60.0:
        return 0.5 * eased((t - 2.0) / 0.7)
    part = t % 10.0
    return 0.5 * (1.0 - eased(part / 0.7) + eased((part - 5.0) / 0.6))


def walked(t):
    """The same, carried about at two steps per second from 5 s to 58 s."""
    return handled(t) + (0.02 * math.sin(math.tau * 2.0 * t) if 5.0 < t < 58.0 else 0.0)


HIKE_S, FIRST_S = 5.0, 5.6


def swung(swings, period_s, top_deg=85.0, **how):
    """The samples of a bell that is lifted, hiked back, swung and put down, and the times at which it is highest."""
    back, top = math.radians(-40.0), math.radians(top_deg)
    stop_s = FIRST_S + swings * period_s

    def angle(t):
        if t < FIRST_S:
            return back * eased((t - HIKE_S) / (FIRST_S - HIKE_S))
        if t < stop_s:
            return back + (top - back) * (1 - math.cos(math.tau * (t - FIRST_S) / period_s)) / 2
        return back * (1 - eased((t - stop_s) / 0.8))

    def height(t):
        return 0.5 * eased((t - 2.0) / 0.7) - 0.5 * eased((t - stop_s - 1.5) / 0.7)

    knocks = (stop_s + 2.2,)
    return felt(angle, height, stop_s + 5.0, knocks=knocks, **how), [
        FIRST_S + (i + 0.5) * period_s for i in range(swings)
    ]


def known(samples, exercise):
    pipeline = Pipeline(exercise)
    return [e for sample in samples for e in pipeline.feed(sample) if isinstance(e, RepFinished)]


@pytest.mark.parametrize("period_s", [1.7, 1.85, 2.0])
@pytest.mark.parametrize("rate_hz", [25, 50, 100, 200])
def test_every_swing_is_announced_at_its_top_the_first_one_too(period_s, rate_hz):
    samples, tops = swung(6, period_s, rate_hz=rate_hz)
    events = known(samples, SWING)
    assert len(events) == len(tops)
    for event, top_s in zip(events, tops, strict=True):
        assert event.rep.end_s == pytest.approx(top_s, abs=0.2)
        assert event.t_s - top_s < 0.3
        assert event.t_s - event.rep.end_s < 0.15


def test_a_swing_goes_down_turns_and_comes_up_again():
    samples, tops = swung(5, 1.8)
    reps = [event.rep for event in known(samples, SWING)]
    assert [span.phase for span in reps[0].spans] == [Phase.ECCENTRIC, Phase.BOTTOM, Phase.CONCENTRIC]
    for rep, top_s in zip(reps[1:], tops[1:], strict=True):
        assert rep.spans[0].end_s == pytest.approx(top_s - 0.9, abs=0.2)
        assert rep.pause_before_s == 0.0


def test_a_swing_of_which_nobody_knows_where_it_begins_ends_at_the_bottom():
    samples, tops = swung(6, 1.8)
    events = known(samples, UNKNOWN)
    assert [event.rep.end_s for event in events] == pytest.approx([top_s + 0.9 for top_s in tops], abs=0.25)


def test_swings_that_hardly_rise_are_no_repetitions():
    assert known(swung(6, 2.0, top_deg=30.0)[0], SWING) == []


@QUICK
@given(side=st.tuples(*[st.floats(-1, 1)] * 3).filter(lambda v: sum(x * x for x in v) > 0.1))
def test_the_mounting_does_not_matter(side):
    assert len(known(swung(4, 1.8, side=side, rate_hz=50)[0], SWING)) == 4


@pytest.mark.parametrize("exercise", [SWING, SNATCH, UNKNOWN], ids=["swing", "snatch", "unknown"])
def test_ten_minutes_of_lifting_carrying_and_putting_down_count_nothing(exercise):
    knocks = [60.7 + 10.0 * i for i in range(54)]
    assert known(felt(lambda _: 0.0, walked, 600.0, rate_hz=50, knocks=knocks), exercise) == []


def test_swings_after_handling_count_as_ever():
    before = felt(lambda _: 0.0, walked, 100.0, rate_hz=50)
    samples, tops = swung(3, 1.8, rate_hz=50)
    later = [ImuSample(s.sensor, s.t_s + 100.0, s.accel_m_s2) for s in samples]
    assert [event.rep.end_s for event in known(before + later, SWING)] == pytest.approx(
        [top_s + 100.0 for top_s in tops], abs=0.2
    )


LIFT, LOCK_S, DROP, CATCH, TURN = (3.2, 0.35), 1.2, (0.4, 0.25), (3.0, 0.35), (0.35, 0.25)


def snatched(times, *, side=(0.0, 0.6, 0.8), odd=(), lift=LIFT, catch=CATCH):
    """A bell snatched from the floor, caught and snatched again, and lowered gently: samples and times of the turns.

    Each part is what is felt at most or least, in g, and how long it lasts. ``odd`` are repetitions pulled from
    another side.
    """
    parts, turns, t_s = [(1.0, 2.0)], [], 2.0
    for i in range(times):
        for part in (lift, (1.0, LOCK_S), DROP, catch, TURN):
            parts.append((*part, i in odd))
            t_s += part[1]
        turns.append(t_s - TURN[1] / 2)
    parts += [lift, (1.0, 4.0)]
    draw, samples, t_s = random.Random(5), [], 0.0
    for size, length_s, *other in parts:
        axis = (0.8, 0.6, 0.0) if other and other[0] else side
        for _ in range(round(length_s * 100)):
            begun_s = len(samples) / 100 - t_s
            feel = 1.0 + (size - 1.0) * math.sin(math.pi * begun_s / length_s)
            value = tuple(feel * G * a + draw.gauss(0, 0.15) for a in axis)
            samples.append(ImuSample("bell", len(samples) / 100, value))
        t_s += length_s
    return samples, turns


def test_a_snatch_is_announced_where_the_bell_turns_below():
    samples, turns = snatched(5)
    events = known(samples, SNATCH)
    assert [event.rep.end_s for event in events] == pytest.approx(turns, abs=0.1)
    assert all(event.t_s - turn_s < 0.3 for event, turn_s in zip(events, turns, strict=True))


def test_the_time_overhead_is_the_hold_of_a_snatch():
    for event in known(snatched(4)[0], SNATCH):
        assert event.rep.duration_of(Phase.TOP) == pytest.approx(LOCK_S, abs=0.25)


def test_a_pull_from_another_side_is_handling():
    assert len(known(snatched(5, odd=(4,))[0], SNATCH)) == 4


def test_a_bell_that_is_raised_and_lowered_without_a_hard_pull_is_not_snatched():
    assert known(snatched(5, lift=(1.75, 0.9), catch=(1.75, 0.9))[0], SNATCH) == []


def test_what_was_under_way_in_a_hole_is_dropped():
    samples, _ = swung(6, 1.8)
    kept = [s for s in samples if not 9.0 < s.t_s < 9.8]
    pipeline = Pipeline(SWING)
    events = [e for sample in kept for e in pipeline.feed(sample)]
    assert any(isinstance(e, ActivityChanged) and e.activity.value == "blind" for e in events)
    assert pipeline.reps == 5


@QUICK
@given(cut=st.integers(1, 1800))
@pytest.mark.parametrize("exercise", [SWING, SNATCH], ids=["swing", "snatch"])
def test_what_was_said_is_never_taken_back(exercise, cut):
    samples = swung(4, 1.8)[0] if exercise is SWING else snatched(4)[0]
    whole, part = Pipeline(exercise), Pipeline(exercise)
    everything = [e for s in samples for e in whole.feed(s)]
    prefix = [e for s in samples[:cut] for e in part.feed(s)]
    assert everything[: len(prefix)] == prefix


@pytest.mark.parametrize(
    ("name", "exercise", "reps"),
    [
        ("ktbl_author_1_swing.npz", "kettlebell_swing", 10),
        ("ktbl_author_4_swing.npz", "kettlebell_swing", 10),
        ("ktbl_author_6_snatch.npz", "kettlebell_snatch", 8),
        ("ktbl_subj_zero_swing_swing.npz", "kettlebell_swing", 15),
    ],
)
def test_recorded_swings_and_snatches(recording, name, exercise, reps):
    samples = recording(name)
    t = np.array([s.t_s for s in samples])
    accel = np.array([s.accel_m_s2 for s in samples])
    meta = {"exercise": exercise, "sensor_location": "on the kettlebell", "has_gyro": False}
    assert len(count_reps(t, accel, np.zeros_like(accel), meta)) == reps
