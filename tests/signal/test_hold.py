"""Holds on a simulated trunk, limb or band: taken up, kept with sway and tremor, left, counted once."""

import math
import random
from dataclasses import asdict, replace
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from drivers.noise import Bno085Noise
from drivers.patient import Pace, VirtualPatient
from drivers.realism import REALISTIC, TREMULOUS
from drivers.samples import ImuSample, LoadSample
from edge.model import Activity, Phase
from edge.signal.events import ActivityChanged, PhaseBegan, RepFinished
from edge.signal.pipeline import Pipeline
from edge.signal.profiles import HoldProfile, profile_of, recorded_exercise

PLANK = recorded_exercise("plank", "hold")
GLIDE = recorded_exercise("nerve_glide", "hold_limb")
BAND = replace(recorded_exercise("band_hold", "hold_force"), driver="force")
UNKNOWN = recorded_exercise("something_held", "hold_generic")
QUICK = settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
THIRTY_S = ((4.0, 5.5, 12.0), (35.5, 36.7, -12.0))
"""Lying to plank by 12 degrees, thirty seconds, down again: (start_s, end_s, change)."""


def minimum_jerk(t, start_s, end_s):
    x = np.clip((t - start_s) / (end_s - start_s), 0.0, 1.0)
    return x**3 * (10 - 15 * x + 6 * x * x)


def course(t, moves, draw, sway, tremor):
    """A quantity with its moves, two slow waves of sway and a tremor of 9 Hz."""
    value = sum((change * minimum_jerk(t, start_s, end_s) for start_s, end_s, change in moves), np.full_like(t, 5.0))
    for size, rate_hz in ((sway, 0.25), (0.4 * sway, 0.7), (tremor, 9.3)):
        value = value + size * np.sin(math.tau * rate_hz * t + draw.uniform(0, math.tau))
    return value


def tilted(moves, until_s, rate_hz=50, seed=0, sway=0.8, tremor=0.2, gyro=True):
    """Return what a noisy chip reads on a segment whose tilt in degrees makes these moves."""
    draw, t = np.random.default_rng(seed), np.arange(int(until_s * rate_hz)) / rate_hz
    pitch, roll = np.radians(course(t, moves, draw, sway, tremor)), np.radians(course(t, (), draw, sway, 0.0))
    rate, turn = np.gradient(pitch, t), np.gradient(roll, t)
    lever_m = 0.2
    accel = [
        9.81 * np.sin(pitch) - lever_m * rate**2,
        9.81 * np.cos(pitch) * np.sin(roll),
        9.81 * np.cos(pitch) * np.cos(roll) + lever_m * np.gradient(rate, t),
    ]
    mount, _ = np.linalg.qr(draw.normal(size=(3, 3)))
    mount[:, 0] *= np.linalg.det(mount)
    force = np.stack(accel, 1) @ mount.T + draw.normal(0, 0.06, (len(t), 3)) + draw.normal(0, 0.1, 3)
    turns = np.stack([turn, -rate * np.cos(roll), rate * np.sin(roll)], 1) @ mount.T
    turns += draw.normal(0, 0.005, (len(t), 3)) + draw.normal(0, 0.005, 3)
    rows = zip(t.tolist(), force.tolist(), turns.tolist(), strict=True)
    return [ImuSample("worn", t_s, tuple(a), tuple(w) if gyro else None) for t_s, a, w in rows]


def pulled(moves, until_s, rate_hz=80, seed=0):
    """Return what a noisy load cell reads while a band is pulled by these moves in newtons."""
    draw, t = np.random.default_rng(seed), np.arange(int(until_s * rate_hz)) / rate_hz
    force = course(t, moves, draw, 2.0, 1.0) + draw.normal(0, 0.3, len(t))
    return [LoadSample("band", t_s, newton) for t_s, newton in zip(t.tolist(), force.tolist(), strict=True)]


def events_of(samples, exercise):
    pipeline = Pipeline(exercise)
    return [event for sample in samples for event in pipeline.feed(sample)]


def held(samples, exercise):
    """Return what is known of each hold, its repetition as ``rep``."""
    pipeline, holds = Pipeline(exercise), []
    for sample in samples:
        for event in pipeline.feed(sample):
            if isinstance(event, RepFinished):
                assert pipeline.last_hold.number == event.rep.number
                holds.append(SimpleNamespace(rep=event.rep, **asdict(pipeline.last_hold)))
    return holds


def ten_of_five_s(size, out_s=1.0, rest_s=1.5):
    moves, starts = [], []
    for i in range(10):
        start_s = 3.0 + i * (2 * out_s + 5.0 + rest_s)
        starts.append(start_s + out_s)
        moves += [(start_s, start_s + out_s, size), (start_s + out_s + 5.0, start_s + 2 * out_s + 5.0, -size)]
    return moves, starts, moves[-1][1] + 3.0


@pytest.fixture(scope="module")
def plank():
    return tilted(THIRTY_S, 42.0)


@pytest.mark.parametrize("exercise", [PLANK, GLIDE, BAND, UNKNOWN])
def test_the_profile_says_that_it_is_a_hold(exercise):
    assert isinstance(profile_of(exercise), HoldProfile)


@pytest.mark.parametrize("tremor", [0.0, 0.2, 0.5])
def test_a_plank_of_thirty_seconds_is_one_hold_of_thirty_seconds(tremor):
    [hold] = held(tilted(THIRTY_S, 42.0, tremor=tremor), PLANK)
    assert hold.held_s == pytest.approx(30.0, abs=0.6)
    assert [span.phase for span in hold.rep.spans] == [Phase.CONCENTRIC, Phase.TOP, Phase.ECCENTRIC]
    assert hold.rep.start_s == pytest.approx(4.0, abs=0.4)
    assert hold.interruptions == 0
    assert hold.rep.confidence == 1.0


def test_a_hold_is_reported_once_it_has_ended(plank):
    [event] = [event for event in events_of(plank, PLANK) if isinstance(event, RepFinished)]
    assert 35.5 < event.t_s < 36.7 + 2.5


def test_the_time_held_is_live(plank):
    pipeline, seen = Pipeline(PLANK), {}
    for sample in plank:
        pipeline.feed(sample)
        seen[round(sample.t_s, 2)] = pipeline.held_s
    assert seen[5.0] == 0.0
    assert seen[7.5] == pytest.approx(2.0, abs=0.5), "it runs before the hold is known to be one"
    assert seen[10.0] == pytest.approx(4.5, abs=0.5)
    assert seen[30.0] == pytest.approx(24.5, abs=0.5)
    assert seen[40.0] == 0.0


@pytest.mark.parametrize("rate_hz", [20, 50, 100, 200])
def test_ten_glides_of_five_seconds(rate_hz):
    moves, starts, until_s = ten_of_five_s(40.0)
    holds = held(tilted(moves, until_s, rate_hz=rate_hz), GLIDE)
    assert len(holds) == 10
    assert [hold.rep.spans[1].start_s for hold in holds] == pytest.approx(starts, abs=0.25)
    assert [hold.held_s for hold in holds] == pytest.approx([5.0] * 10, abs=0.3)
    assert [hold.rep.range_value for hold in holds] == pytest.approx([40.0] * 10, abs=4.0)


def test_without_a_gyroscope_holds_are_held_as_long():
    moves, _, until_s = ten_of_five_s(40.0)
    holds = held(tilted(moves, until_s, gyro=False), GLIDE)
    assert [hold.held_s for hold in holds] == pytest.approx([5.0] * 10, abs=0.4)


def test_a_band_kept_at_tension_is_a_hold():
    moves, starts, until_s = ten_of_five_s(80.0)
    holds = held(pulled(moves, until_s), BAND)
    assert [hold.held_s for hold in holds] == pytest.approx([5.0] * 10, abs=0.4)
    assert [hold.rep.spans[1].start_s for hold in holds] == pytest.approx(starts, abs=0.25)
    assert holds[0].rep.range_unit == "N"
    assert holds[0].rep.peak_force_n == pytest.approx(88.0, abs=6.0)


@pytest.mark.parametrize("body", [None, TREMULOUS])
def test_the_virtual_patient_holds_for_five_seconds(body):
    patient, draw = VirtualPatient(2, body) if body else VirtualPatient(2), random.Random(2)
    patient.prepare("sit_to_stand", 0.0)
    patient.begin("sit_to_stand", 3.0, Pace(1.2, 5.0, 1.2, 2.0))
    patient.finish(40.0)
    samples = []
    for i in range(50 * 50):
        true = patient.imu("thigh", i / 50)
        accel = tuple(value + draw.gauss(0, 0.06) for value in true.accel_m_s2)
        samples.append(ImuSample("thigh", i / 50, accel, true.gyro_rad_s))
    holds, truth = held(samples, GLIDE), patient.truth()
    assert len(holds) == len(truth) == 5
    assert [h.held_s for h in holds] == pytest.approx([rep.hold_end_s - rep.out_end_s for rep in truth], abs=0.4)


def test_touching_down_for_a_moment_stops_the_clock_and_not_the_hold():
    moves = (THIRTY_S[0], (15.0, 15.6, -12.0), (16.1, 16.7, 12.0), THIRTY_S[1])
    samples = tilted(moves, 42.0)
    [hold] = held(samples, PLANK)
    assert hold.interruptions == 1
    assert hold.interrupted_s == pytest.approx(1.3, abs=0.4)
    assert hold.held_s == pytest.approx(30.0 - hold.interrupted_s, abs=0.5)
    assert hold.rep.confidence < 1.0


def test_resting_in_between_makes_two_holds():
    moves = (THIRTY_S[0], (15.0, 15.8, -12.0), (21.0, 21.8, 12.0), THIRTY_S[1])
    holds = held(tilted(moves, 42.0), PLANK)
    assert [hold.held_s for hold in holds] == pytest.approx([9.5, 13.7], abs=0.7)
    assert holds[1].rep.pause_before_s == pytest.approx(5.2, abs=0.7)


def test_coming_half_way_back_for_longer_than_a_moment_makes_two_holds():
    moves = ((4.0, 5.0, 40.0), (10.0, 10.6, -20.0), (12.0, 12.6, 20.0), (18.0, 19.0, -40.0))
    holds = held(tilted(moves, 23.0), GLIDE)
    assert [hold.held_s for hold in holds] == pytest.approx([5.0, 5.4], abs=0.5)
    assert [hold.interruptions for hold in holds] == [0, 0]


def test_a_slow_drift_is_followed_and_told():
    [hold] = held(tilted(((4.0, 5.5, 25.0), (8.0, 38.0, -15.0), (40.0, 41.0, -10.0)), 45.0), PLANK)
    assert hold.held_s == pytest.approx(34.5, abs=0.7)
    assert hold.drift == pytest.approx(15.0, abs=2.5)
    assert hold.rep.confidence < 1.0
    [steady] = held(tilted(THIRTY_S, 42.0), PLANK)
    assert steady.drift < 3.0


def test_a_hold_that_never_began_is_nothing():
    up_and_down = ((4.0, 5.0, 12.0), (5.2, 6.2, -12.0), (9.0, 10.0, 2.0))
    events = events_of(tilted(up_and_down, 20.0), PLANK)
    assert not [event for event in events if isinstance(event, RepFinished)]
    assert Phase.TOP not in [event.phase for event in events if isinstance(event, PhaseBegan)]


def test_getting_down_on_the_mat_is_no_plank():
    moves = ((4.0, 6.0, 80.0), (12.0, 13.5, 12.0), (43.5, 44.5, -12.0))
    [hold] = held(tilted(moves, 50.0), PLANK)
    assert hold.rep.start_s == pytest.approx(12.0, abs=0.4)


def test_an_unknown_hold_is_counted_with_less_confidence():
    [hold] = held(tilted(((4.0, 5.5, 30.0), (15.5, 17.0, -30.0)), 20.0), UNKNOWN)
    assert hold.rep.confidence < 0.7


@pytest.mark.parametrize(("exercise", "place"), [(PLANK, "trunk"), (GLIDE, "thigh")])
def test_ten_minutes_of_fidgeting_within_the_tolerance_are_no_hold(exercise, place):
    """The tolerance is the class's floor for a change that stays, its settling time for one that does not."""
    patient, draw = VirtualPatient(9), random.Random(9)
    patient.prepare("sit_to_stand", 0.0)
    patient.fidget(2.0, 595.0)
    pipeline = Pipeline(exercise)
    for i in range(600 * 25):
        true = patient.imu(place, i / 25)
        accel = tuple(value + draw.gauss(0, 0.06) for value in true.accel_m_s2)
        pipeline.feed(ImuSample(place, i / 25, accel, true.gyro_rad_s))
    assert pipeline.reps == 0


@pytest.mark.parametrize("exercise", [GLIDE, UNKNOWN])
def test_standing_about_is_no_hold(exercise):
    patient, chip = VirtualPatient(3, REALISTIC), Bno085Noise(3, 25.0)
    patient.prepare("goblet_squat", 0.0)
    patient.stand(1.0, 300.0)
    pipeline = Pipeline(exercise)
    for t_s in chip.times(300.0):
        pipeline.feed(chip.read("thigh", t_s, patient.imu("thigh", t_s)))
    assert pipeline.reps == 0


@QUICK
@given(seed=st.integers(0, 10**6))
def test_the_mounting_does_not_matter(plank, turned, seed):
    [one], [other] = held(plank, PLANK), held(turned(plank, seed), PLANK)
    assert other.held_s == pytest.approx(one.held_s, abs=1e-6)
    assert other.rep.end_s == pytest.approx(one.rep.end_s, abs=1e-6)


@QUICK
@given(shift_s=st.integers(0, 100000).map(lambda n: n / 64))
def test_the_hour_of_the_clock_does_not_matter(plank, shift_s):
    later = [ImuSample(s.sensor, s.t_s + shift_s, s.accel_m_s2, s.gyro_rad_s) for s in plank]
    [one], [other] = held(plank, PLANK), held(later, PLANK)
    # Rounding may put one sample more into the stretch that is dated.
    assert other.held_s == pytest.approx(one.held_s, abs=0.02)


@QUICK
@given(data=st.data())
def test_what_was_said_is_never_taken_back(plank, data):
    cut = data.draw(st.integers(1, len(plank)))
    everything, prefix = events_of(plank, PLANK), events_of(plank[:cut], PLANK)
    assert everything[: len(prefix)] == prefix
    assert all(event.t_s > plank[cut - 1].t_s for event in everything[len(prefix) :])


def test_a_long_hole_ends_the_hold_with_what_was_seen_of_it(plank):
    samples = [sample for sample in plank if not 20.0 < sample.t_s < 25.0]
    [hold] = held(samples, PLANK)
    assert hold.held_s == pytest.approx(14.5, abs=0.6)
    assert hold.rep.end_s <= 20.0
    assert hold.rep.confidence <= 0.5


def test_a_short_hole_is_an_interruption_and_is_shown(plank):
    samples = [sample for sample in plank if not 20.0 < sample.t_s < 21.0]
    events = events_of(samples, PLANK)
    assert Activity.BLIND in [event.activity for event in events if isinstance(event, ActivityChanged)]
    [hold] = held(samples, PLANK)
    assert hold.interrupted_s == pytest.approx(1.0, abs=0.1)
    assert hold.held_s == pytest.approx(29.0, abs=0.7)


def test_after_a_hole_in_the_rest_the_start_posture_has_to_be_seen_again():
    moves, _, until_s = ten_of_five_s(40.0)
    first_start_s, second_start_s = moves[0][0], moves[2][0]
    samples = [s for s in tilted(moves, until_s) if not first_start_s - 0.5 < s.t_s < first_start_s + 3.0]
    holds = held(samples, GLIDE)
    assert holds[0].rep.start_s == pytest.approx(second_start_s, abs=0.3)
    assert len(holds) == 9
