"""A bar is counted by its way up and down in metres: slow and quick, from rest or from the middle of a repetition."""

import math
import random

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from drivers.samples import ImuSample
from edge.model import Phase
from edge.signal.events import ActivityChanged, PartialRep, RepFinished
from edge.signal.pipeline import Pipeline
from edge.signal.profiles import exercise_at, exercise_for
from edge.signal.score import count_reps

SQUAT, ROW = exercise_for("squat"), exercise_for("barbell_row")
UNKNOWN = exercise_at("something", "on the barbell")
G, START_S = 9.81, 4.0
QUICK = settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def eased(part):
    """The minimum-jerk path from 0 to 1."""
    x = min(max(part, 0.0), 1.0)
    return x**3 * (10 - 15 * x + 6 * x * x)


def felt(height, until_s, *, tilt=lambda _: 0.0, rate_hz=50, seed=1, from_s=0.0, mount=None, with_gyro=True):
    """What a sensor feels at ``height`` (m) while it tilts (rad) about one of its axes, with a chip's errors."""
    draw, h, samples = random.Random(seed), 1e-3, []
    offset, bias = ([draw.gauss(0, size) for _ in range(3)] for size in (0.08, 0.005))
    matrix = np.linalg.qr(np.random.default_rng(mount).normal(size=(3, 3)))[0] if mount is not None else np.eye(3)
    if np.linalg.det(matrix) < 0:
        matrix[:, 0] *= -1
    for i in range(int((until_s - from_s) * rate_hz)):
        t = from_s + i / rate_hz
        weight = G + (height(t + h) - 2 * height(t) + height(t - h)) / h**2
        turn = (tilt(t + h) - tilt(t - h)) / (2 * h)
        accel = np.array([weight * math.sin(tilt(t)), 0.0, weight * math.cos(tilt(t))])
        accel += [o + draw.gauss(0, 0.06) for o in offset]
        gyro = np.array([0.0, -turn, 0.0]) + [b + draw.gauss(0, 0.005) for b in bias]
        turned = tuple((matrix @ gyro).tolist()) if with_gyro else None
        samples.append(ImuSample("bar", t - from_s, tuple((matrix @ accel).tolist()), turned))
    return samples


def lifted(reps, phases, size_m, *, up=False, sizes=None, **how):
    """The samples of a set from rest, and the times at which its repetitions end. ``size_m`` is the way in m."""
    out_s, hold_s, back_s, rest_s = phases
    period_s = sum(phases)
    sizes = sizes or [size_m] * reps

    def share(t):
        rep, part = divmod(t - START_S, period_s)
        if not 0 <= rep < reps:
            return 0.0
        way = eased(part / out_s) if part < out_s + hold_s else 1.0 - eased((part - out_s - hold_s) / back_s)
        return way * sizes[int(rep)]

    sign = 1 if up else -1
    samples = felt(
        lambda t: sign * share(t),
        START_S + reps * period_s + 4.0,
        tilt=lambda t: math.radians(25.0) * share(t),
        **how,
    )
    return samples, [START_S + (i + 1) * period_s - rest_s for i in range(reps)]


def known(samples, exercise):
    pipeline = Pipeline(exercise)
    return [e for sample in samples for e in pipeline.feed(sample) if isinstance(e, RepFinished)]


@pytest.mark.parametrize("up", [False, True], ids=["squat", "row"])
@pytest.mark.parametrize("size_m", [0.3, 0.5, 0.7])
@pytest.mark.parametrize("phases", [(0.8, 0, 0.7, 0.2), (1, 0, 1, 1), (2, 0, 1, 0.5), (1, 0, 1, 8)])
def test_every_repetition_is_known_at_its_end_the_first_one_too(phases, size_m, up):
    samples, ends = lifted(6, phases, size_m, up=up)
    events = known(samples, ROW if up else SQUAT)
    assert len(events) == len(ends)
    for event, end_s in zip(events, ends, strict=True):
        assert abs(event.t_s - end_s) < 0.35
        assert abs(event.rep.end_s - end_s) < 0.35


@pytest.mark.parametrize("up", [False, True], ids=["squat", "row"])
@pytest.mark.parametrize("phases", [(2, 1, 2, 1), (3, 1, 1, 0), (3, 1, 3, 1), (2, 5, 2, 2)])
def test_slow_repetitions_and_holds_are_counted_once(phases, up):
    assert len(known(lifted(6, phases, 0.6, up=up)[0], ROW if up else SQUAT)) == 6


@pytest.mark.parametrize("rate_hz", [20, 25, 100, 200])
def test_the_rate_of_the_sensor_does_not_matter(rate_hz):
    assert len(known(lifted(5, (1, 0, 1, 0.5), 0.5, rate_hz=rate_hz)[0], SQUAT)) == 5


def test_a_sensor_without_a_gyroscope_counts_as_well():
    assert len(known(lifted(5, (1, 0, 1, 0.5), 0.5, with_gyro=False)[0], SQUAT)) == 5


@QUICK
@given(mount=st.integers(0, 10**6))
def test_the_mounting_does_not_matter(mount):
    plain, turned = (known(lifted(4, (1, 0, 1, 0.5), 0.5, mount=m)[0], SQUAT) for m in (None, mount))
    assert len(plain) == len(turned) == 4


def test_range_and_speed_are_those_of_the_lift():
    for event in known(lifted(6, (1.0, 0, 1.0, 0), 0.5)[0], SQUAT)[2:]:
        assert event.rep.range_unit == "m"
        assert event.rep.range_value == pytest.approx(0.5, abs=0.1)
        assert event.rep.measures.peak_speed == pytest.approx(0.94, abs=0.15)
        assert event.rep.duration_of(Phase.ECCENTRIC) == pytest.approx(1.0, abs=0.3)
        assert event.rep.duration_of(Phase.CONCENTRIC) == pytest.approx(1.0, abs=0.3)


@pytest.mark.parametrize("up", [False, True], ids=["down first", "up first"])
def test_where_only_the_place_is_known_the_first_repetition_shows_the_way(up):
    samples, ends = lifted(5, (1, 0, 1, 1), 0.5, up=up)
    events = known(samples, UNKNOWN)
    assert [event.rep.end_s for event in events] == pytest.approx(ends, abs=0.35)


def test_samples_that_begin_within_a_repetition_count_its_way_back():
    height = lambda t: -0.6 * (1 - math.cos(math.tau * t / 2.4)) / 2 if t < 6.0 else -0.6  # noqa: E731
    from_s = 0.9
    events = known(felt(lambda t: height(t) if t < 7.2 else 0.0, 7.1, from_s=from_s), SQUAT)
    assert len(events) == 2
    assert events[0].rep.confidence < events[1].rep.confidence


def test_a_small_movement_between_is_partial():
    pipeline = Pipeline(SQUAT)
    samples, _ = lifted(6, (1, 0, 1, 0.5), 0.6, sizes=[0.6, 0.6, 0.6, 0.2, 0.6, 0.6])
    events = [e for sample in samples for e in pipeline.feed(sample)]
    assert pipeline.reps == 5
    assert len([e for e in events if isinstance(e, PartialRep)]) <= 1


def walked(t):
    """Ten minutes with a bar: unracked, walked out, walked about with, set down on the rack again, every minute."""
    part = t % 60.0
    rack = 0.06 * (eased((part - 5.0) / 0.6) - eased((part - 50.0) / 0.6))
    steps = eased((part - 8.0) / 1.0) - eased((part - 45.0) / 1.0)
    return rack + 0.025 * steps * math.sin(math.tau * 1.8 * t)


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("exercise", [SQUAT, ROW, UNKNOWN], ids=["squat", "row", "unknown"])
def test_ten_minutes_of_unracking_and_walking_with_a_bar_count_nothing(exercise, seed):
    sway = lambda t: math.radians(5.0) * math.sin(0.9 * t)  # noqa: E731
    assert known(felt(walked, 600.0, tilt=sway, rate_hz=25, seed=seed), exercise) == []


def test_a_hand_that_turns_on_its_way_takes_hold_and_lifts_nothing():
    way = lambda t: eased((t - 3.0) / 1.0) - eased((t - 5.0) / 1.0)  # noqa: E731
    reach = felt(lambda t: -0.5 * way(t), 9.0, tilt=lambda t: math.radians(80.0) * way(t))
    assert known(reach, SQUAT) == []


def test_what_was_under_way_in_a_hole_is_dropped():
    samples, ends = lifted(6, (1, 0, 1, 0.5), 0.5)
    kept = [s for s in samples if not ends[2] - 1.2 < s.t_s < ends[2] - 0.4]
    pipeline = Pipeline(SQUAT)
    events = [e for sample in kept for e in pipeline.feed(sample)]
    assert any(isinstance(e, ActivityChanged) and e.activity.value == "blind" for e in events)
    assert pipeline.reps <= 5


@QUICK
@given(cut=st.integers(1, 900))
def test_what_was_said_is_never_taken_back(cut):
    samples = lifted(5, (1, 0, 1, 0.5), 0.5)[0]
    whole, part = Pipeline(SQUAT), Pipeline(SQUAT)
    everything = [e for s in samples for e in whole.feed(s)]
    prefix = [e for s in samples[:cut] for e in part.feed(s)]
    assert everything[: len(prefix)] == prefix


@pytest.mark.parametrize(
    ("name", "exercise", "reps"),
    [
        ("bar_A_bench_heavy_20190111T161008.npz", "bench_press", 5),
        ("bar_A_dead_medium_20190115T203034.npz", "deadlift", 10),
        ("bar_A_ohp_heavy_20190114T144946.npz", "overhead_press", 5),
        ("bar_D_row_medium_20190118T183452.npz", "barbell_row", 10),
        ("bar_D_squat_heavy_20190118T180351.npz", "squat", 5),
    ],
)
def test_recorded_sets(recording, name, exercise, reps):
    samples = recording(name)
    t = np.array([s.t_s for s in samples])
    accel, gyro = (np.array([getattr(s, key) for s in samples]) for key in ("accel_m_s2", "gyro_rad_s"))
    meta = {"exercise": exercise, "sensor_location": "wrist (MetaMotion wristband)", "has_gyro": True}
    assert len(count_reps(t, accel, gyro, meta)) == reps
