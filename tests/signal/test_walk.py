"""Steps on a simulated walk: trunk, thigh, shank, wrist or pocket, any mounting, 60 to 130 steps a minute."""

import math
import random
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from drivers.patient import VirtualPatient
from drivers.samples import ImuSample
from edge.model import Activity
from edge.signal.events import ActivityChanged, RepFinished
from edge.signal.pipeline import Pipeline
from edge.signal.profiles import WalkProfile, profile_of, recorded_exercise
from edge.signal.walk import Beat, Rhythm

WALK = recorded_exercise("walk", "walk")
QUICK = settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
PLACES = ["trunk", "jacket", "thigh", "trousers", "shank", "wrist", "still hand"]
IMPACT_M_S2 = {
    "trunk": 1.5,
    "jacket": 1.5,
    "thigh": 4.0,
    "trousers": 4.0,
    "shank": 9.0,
    "wrist": 0.8,
    "still hand": 0.8,
}
"""Ringing after a heel strike at a brisk pace; it weakens on its way up."""


def heel_strikes(draw, start_s, length_s, cadence, limp):
    """Strikes with 3 % of variation; with a limp every second step is longer."""
    strikes = [start_s]
    while strikes[-1] < start_s + length_s:
        longer = limp if len(strikes) % 2 else -limp
        strikes.append(strikes[-1] + 60 / cadence * (1 + longer) * (1 + 0.03 * draw.standard_normal()))
    return np.array(strikes)


def limb_rad(place, phase, pace):
    """Angle of the segment over the stride (phase: pi per step) and the lever of the sensor in m."""
    one, two, three = np.sin(phase), np.sin(2 * phase + 0.7), np.sin(3 * phase + 2)
    if place in ("trunk", "jacket"):
        return math.radians(3.0 if place == "jacket" else 1.5) * np.sin(2 * phase + 0.3), 0.0
    if place == "still hand":
        return math.radians(1.0) * np.sin(2 * phase), 0.3
    size = math.radians({"wrist": 6, "shank": 16}.get(place, 10) + 13 * pace)
    second = {"wrist": 0.1, "shank": 0.45, "trousers": 0.35}.get(place, 0.2)
    return size * (one + second * two + (0.1 * three if place == "shank" else 0.0)), 0.5 if place == "wrist" else 0.25


def walked(place, cadence, seed, walks=((5.0, 40.0),), rate_hz=50, limp=0.0, gyro=True, turns=True):
    """Return the samples of some walks, each (start_s, length_s), and the heel strikes of each.

    The trunk rises and falls twice a step at first and second harmonic, sways once a stride, rings at every strike;
    the segment swings about a joint that moves with the trunk; every 12 s the person turns round within 2.2 s.
    """
    draw = np.random.default_rng([seed, int(cadence)])
    every = [heel_strikes(draw, start_s, length_s, cadence, limp) for start_s, length_s in walks]
    t = np.arange(int((every[-1][-1] + 5.0) * rate_hz)) / rate_hz
    pace = min(max(cadence / 110, 0.5), 1.2)
    lift = 0.016 * pace * (math.tau * cadence / 60) ** 2
    up, forward, sideways, angle, yaw = (np.zeros_like(t) for _ in range(5))
    for strikes in every:
        phase = np.interp(t, strikes, np.arange(len(strikes)) * math.pi)
        ramp = np.clip((t - strikes[0]) / 0.5, 0, 1) * np.clip((strikes[-1] - t) / 0.5, 0, 1)
        ramp = ramp * (1 + 0.08 * np.interp(t, strikes, draw.standard_normal(len(strikes))))
        up += ramp * lift * (np.cos(2 * phase + 0.5) + 0.45 * np.cos(4 * phase + 1.2))
        forward += ramp * 0.7 * lift * (np.sin(2 * phase) + 0.2 * np.sin(4 * phase))
        sideways += ramp * 0.3 * lift * np.sin(phase)
        swing, lever_m = limb_rad(place, phase, pace)
        angle += ramp * swing
        yaw += ramp * math.radians(1.5 if place == "still hand" else 4.0) * np.sin(phase + 1)
        for i, strike_s in enumerate(strikes):
            own = 1.0 if i % 2 == 0 or place not in ("thigh", "trousers", "shank") else 0.3
            after = np.clip(t - strike_s, 0, None)
            ring = own * IMPACT_M_S2[place] * pace * np.exp(-after / 0.04) * np.sin(math.tau * 13 * after)
            up += ring
            forward += 0.5 * ring
        for at in np.arange(strikes[0] + 12, strikes[-1] - 4, 12.0) if turns else ():
            x = np.clip((t - at) / 2.2, 0, 1)
            yaw += math.pi * x**3 * (10 - 15 * x + 6 * x * x)
    angle += math.radians(80) + math.radians(0.4) * np.sin(math.tau * 0.3 * t + seed)
    return read(t, (up, forward, sideways), angle, yaw, lever_m, draw, gyro=gyro), every


def read(t, moved, angle, yaw, lever_m, draw, *, gyro):
    """What a chip with offsets and noise, mounted anyhow, reads of this."""
    up, forward, sideways = moved
    rate, turn = np.gradient(angle, t), np.gradient(yaw, t)
    sine, cosine = np.sin(angle), np.cos(angle)
    up = up + 9.81
    accel = [
        up * sine + forward * cosine - lever_m * rate**2,
        sideways,
        up * cosine - forward * sine + lever_m * np.gradient(rate, t),
    ]
    mount, _ = np.linalg.qr(draw.normal(size=(3, 3)))
    mount[:, 0] *= np.linalg.det(mount)
    accel = np.stack(accel, 1) @ mount.T + draw.normal(0, 0.06, (len(t), 3)) + draw.normal(0, 0.1, 3)
    gyro_rad_s = np.stack([turn * sine, -rate, turn * cosine], 1) @ mount.T + draw.normal(0, 0.005, (len(t), 3))
    rows = zip(t.tolist(), accel.tolist(), gyro_rad_s.tolist(), strict=True)
    return [ImuSample("worn", t_s, tuple(a), tuple(w) if gyro else None) for t_s, a, w in rows]


def events_of(samples):
    pipeline = Pipeline(WALK)
    return [event for sample in samples for event in pipeline.feed(sample)]


def steps_of(samples):
    return [event.rep for event in events_of(samples) if isinstance(event, RepFinished)]


@pytest.fixture(scope="module")
def walk():
    """Forty seconds at 100 steps a minute with the sensor on the thigh."""
    return walked("thigh", 100, seed=1)


def test_the_profile_says_that_it_is_a_walk():
    assert isinstance(profile_of(WALK), WalkProfile)


@pytest.mark.parametrize("cadence", [60, 75, 95, 115, 130])
@pytest.mark.parametrize("place", PLACES)
def test_steps_are_counted_wherever_the_sensor_is_worn(place, cadence):
    # One or two are missing where walking starts and stops; turning round may cost or add one.
    samples, [strikes] = walked(place, cadence, seed=3)
    assert len(steps_of(samples)) == pytest.approx(len(strikes) - 1, abs=3)


@pytest.mark.parametrize("place", ["trunk", "thigh", "wrist"])
def test_a_limp_is_a_walk(place):
    samples, [strikes] = walked(place, 80, seed=4, limp=0.12)
    assert len(steps_of(samples)) == pytest.approx(len(strikes) - 1, abs=3)


@pytest.mark.parametrize("rate_hz", [20, 33, 100, 200])
@pytest.mark.parametrize("place", ["trunk", "shank"])
def test_the_rate_of_the_sensor_does_not_matter(place, rate_hz):
    samples, [strikes] = walked(place, 110, seed=5, rate_hz=rate_hz)
    assert len(steps_of(samples)) == pytest.approx(len(strikes) - 1, abs=3)


@pytest.mark.parametrize("place", PLACES)
def test_cadence_is_known_while_walking_and_unknown_while_standing(place):
    samples, _ = walked(place, 105, seed=6, turns=False)
    pipeline, seen = Pipeline(WALK), {}
    for sample in samples:
        pipeline.feed(sample)
        seen[round(sample.t_s, 2)] = pipeline.cadence_per_min
    assert seen[4.0] is None
    assert seen[30.0] == pytest.approx(105, rel=0.05)
    assert seen[max(seen)] is None


def test_standing_still_is_a_pause_and_no_steps():
    samples, walks = walked("trunk", 100, seed=7, walks=((5.0, 20.0), (40.0, 20.0)))
    events = events_of(samples)
    steps = [event.rep for event in events if isinstance(event, RepFinished)]
    assert len(steps) == pytest.approx(sum(len(strikes) - 1 for strikes in walks), abs=5)
    assert not [step for step in steps if 27.0 < step.end_s < 39.5]
    assert max(step.pause_before_s or 0.0 for step in steps) == pytest.approx(15.0, abs=1.5)
    seen = [event.activity for event in events if isinstance(event, ActivityChanged)]
    assert seen == [Activity.RESTING, *[Activity.MOVING, Activity.RESTING] * 2]


def test_steps_follow_one_another_without_overlap(walk):
    steps = steps_of(walk[0])
    assert [step.number for step in steps] == list(range(1, len(steps) + 1))
    assert all(a.end_s <= b.start_s for a, b in pairwise(steps))


def test_progress_is_told_while_walking(walk):
    known = [event.t_s for event in events_of(walk[0]) if isinstance(event, RepFinished)]
    assert len(set(known[:8])) == 1, "the first eight steps are announced together"
    assert known[7] < 5.0 + 8.0
    assert max(b - a for a, b in pairwise(known)) < 2.5


def test_without_a_gyroscope_a_trunk_still_counts_with_less_confidence():
    with_gyro, [strikes] = walked("trunk", 100, seed=8)
    without, _ = walked("trunk", 100, seed=8, gyro=False)
    assert len(steps_of(without)) == pytest.approx(len(strikes) - 1, abs=3)
    assert steps_of(without)[0].confidence < steps_of(with_gyro)[0].confidence


@pytest.mark.parametrize("place", ["thigh", "trunk"])
def test_ten_minutes_of_sitting_and_fidgeting_are_no_steps(place):
    patient, draw = VirtualPatient(9), random.Random(9)
    patient.prepare("sit_to_stand", 0.0)
    patient.fidget(2.0, 595.0)
    pipeline = Pipeline(WALK)
    for i in range(600 * 25):
        true = patient.imu(place, i / 25)
        accel, gyro = (
            tuple(v + draw.gauss(0, s) for v in values)
            for values, s in ((true.accel_m_s2, 0.06), (true.gyro_rad_s, 0.005))
        )
        pipeline.feed(ImuSample(place, i / 25, accel, gyro))
    assert pipeline.reps == 0


@pytest.mark.parametrize(("periods_s", "begun"), [((1.2, 1.3, 1.1, 1.2), 4), ((0.8, 1.9, 0.9, 2.0), 0)])
def test_only_even_swings_begin_a_walk(periods_s, begun):
    rhythm, t_s = Rhythm(2, profile_of(WALK)), 0.0
    for period_s in periods_s:
        rhythm.hear(Beat(t_s, t_s + period_s, 100.0))
        t_s += period_s
    assert len(rhythm.begun(doubtful=False)) == begun


@QUICK
@given(shift_s=st.integers(0, 100000).map(lambda n: n / 64))
def test_the_hour_of_the_clock_does_not_matter(walk, shift_s):
    later = [ImuSample(s.sensor, s.t_s + shift_s, s.accel_m_s2, s.gyro_rad_s) for s in walk[0]]
    assert [s.end_s - shift_s for s in steps_of(later)] == pytest.approx(
        [s.end_s for s in steps_of(walk[0])], abs=1e-3
    )


@QUICK
@given(data=st.data())
def test_what_was_said_is_never_taken_back(walk, data):
    cut = data.draw(st.integers(1, len(walk[0])))
    everything, prefix = events_of(walk[0]), events_of(walk[0][:cut])
    assert everything[: len(prefix)] == prefix
    assert all(event.t_s > walk[0][cut - 1].t_s for event in everything[len(prefix) :])


def test_a_hole_blinds_and_its_steps_are_not_made_up(walk):
    samples = [sample for sample in walk[0] if not 20.0 < sample.t_s < 23.0]
    steps = steps_of(samples)
    assert not [step for step in steps if step.start_s < 22.9 and step.end_s > 20.1]
    assert next(step.pause_before_s for step in steps if step.end_s > 23.0) is None, "nobody knows what it was"
    # Five steps were in the hole, and it takes a stride or two on either side to know the rhythm.
    assert len(walk[1][0]) - 1 - 5 - 8 <= len(steps) <= len(walk[1][0]) - 1 - 5
