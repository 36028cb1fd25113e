"""What must hold whatever the movement: mounting, hour, strength, rate, batching, prefix, pauses, nonsense, gaps."""

import math
import random
from dataclasses import fields, replace
from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from drivers.patient import Pace, VirtualPatient
from drivers.samples import ImuSample, LoadSample
from edge.model import Measures
from edge.signal.events import RepFinished
from edge.signal.pipeline import Pipeline
from edge.signal.profiles import exercise_at, exercise_for, recorded_exercise
from edge.signal.replay import replay

QUICK = settings(
    max_examples=8, deadline=None, print_blob=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture(scope="module")
def squats(performed):
    """Twelve seconds of squats, at 50 Hz."""
    return performed("goblet_squat", (1.0, 0.5, 1.0, 0.7), seed=4, until_s=12.0, rate_hz=50, noise_seed=4)[1]


@pytest.fixture(scope="module")
def swings():
    """Ten swings of a bell, at 50 Hz: what the hand feels goes from nothing at the top to twice the weight below."""
    draw, samples = random.Random(1), []
    for i in range(1250):
        t_s = i / 50
        size = 10.5 if 2.0 < t_s < 22.0 else 0.0
        x = 9.81 + size * math.sin(math.tau * (t_s - 2.0) / 2.0)
        samples.append(
            ImuSample("bell", t_s, (x + draw.gauss(0, 0.2), 0.3 * x + draw.gauss(0, 0.2), draw.gauss(0, 0.2)))
        )
    return samples


def ends(samples, exercise):
    return [rep.end_s for rep in replay(samples, exercise)]


BELL = exercise_for("kettlebell_swing")
SQUAT = exercise_for("goblet_squat")


def test_ten_swings_are_counted(swings):
    assert len(ends(swings, BELL)) == 10


def test_swings_are_announced_one_by_one(swings):
    pipeline = Pipeline(BELL)
    known = [e.t_s for s in swings for e in pipeline.feed(s) if isinstance(e, RepFinished)]
    assert len(set(known)) == len(known)


def test_noise_alone_is_no_swing():
    draw = random.Random(2)
    still = [ImuSample("bell", i / 50, tuple(draw.gauss(m, 0.3) for m in (0.0, 0.0, 9.81))) for i in range(3000)]
    assert ends(still, BELL) == []


def test_a_hole_in_a_set_of_swings_blinds_the_counter(swings):
    pipeline = Pipeline(BELL)
    for sample in swings[:600]:
        pipeline.feed(sample)
    counted = pipeline.reps
    pipeline.feed(swings[700])
    assert pipeline.activity.value == "blind"
    assert pipeline.reps == counted


@QUICK
@given(accel=st.lists(st.tuples(*[st.floats(-200, 200)] * 3), min_size=1, max_size=200))
@pytest.mark.parametrize("place", ["thigh", "wrist", "nowhere"])
def test_any_numbers_at_all_are_survived(place, accel):
    exercise = exercise_at("something", place)
    samples = [ImuSample("x", i * 0.04, a, a) for i, a in enumerate(accel)]
    for rep in replay(samples, exercise):
        assert rep.end_s <= samples[-1].t_s


# ---- the same for every class of movement ----

RATE_HZ = 50
CLASSES = {
    "limb": exercise_for("goblet_squat"),
    "therapy": recorded_exercise("therapy", "therapy"),
    "force": exercise_for("band_row"),
    "hold": recorded_exercise("hold", "hold_limb"),
    "bar": recorded_exercise("bar", "bar"),
    "bell": exercise_for("kettlebell_swing"),
    "wrist": recorded_exercise("wrist", "wrist"),
    "generic": recorded_exercise("generic", "generic"),
    "walk": recorded_exercise("walk", "walk"),
}
CYCLED = 8
QUICKER = settings(QUICK, max_examples=3)
every_class = pytest.mark.parametrize("name", CLASSES)
without_walk = pytest.mark.parametrize("name", [name for name in CLASSES if name != "walk"])


BELL_ARM_M, BELL_BACK, BELL_WAY = 0.8, math.radians(-40.0), math.radians(125.0)
HIKE_S, HANG_S = 0.6, 0.8


def there_and_back(t_s, starts):
    """0 at rest, 1 at the far end of a cycle of 2 s."""
    begun_s = next((start_s for start_s in starts if start_s <= t_s < start_s + 2.0), t_s)
    return (1 - math.cos(math.pi * (t_s - begun_s))) / 2


def lifted(t_s, starts):
    """A bar that goes up by half a metre, in hands that turn by 25 degrees."""
    h, share = 1e-3, there_and_back(t_s, starts)
    weight = 9.81 + 0.5 * (there_and_back(t_s + h, starts) - 2 * share + there_and_back(t_s - h, starts)) / h**2
    turn = math.radians(25.0) * share
    return weight * math.sin(turn), 0.0, weight * math.cos(turn)


def swung(t_s, starts):
    """A bell on an arm: it hangs, is hiked back by 40 degrees, swings up to 85 degrees, and hangs after a pause."""

    def angle(t_s):
        since_s = min((t_s - start_s - 2.0 for start_s in starts if start_s <= t_s), default=math.inf)
        until_s = min((start_s - t_s for start_s in starts if start_s > t_s), default=math.inf)
        hung = max(min(since_s / HANG_S, until_s / HIKE_S, 1.0), 0.0)
        return BELL_BACK * (1 + math.cos(math.pi * hung)) / 2 + BELL_WAY * there_and_back(t_s, starts)

    h, now = 1e-3, angle(t_s)
    before, after = angle(t_s - h), angle(t_s + h)
    pull = 9.81 * math.cos(now) + BELL_ARM_M * ((after - before) / (2 * h)) ** 2
    return pull, 0.0, 9.81 * math.sin(now) + BELL_ARM_M * (after - 2 * now + before) / h**2


def waved(t_s, starts):
    """A weight that goes out and back, turning a little."""
    x = 6.0 * there_and_back(t_s, starts)
    return x, 0.4 * x, 9.81 - 0.1 * x


CYCLES = {"bar": lifted, "bell": swung, "wrist": waved, "generic": waved}


def cycled(name, pauses=()):
    """Cycles of 2 s from 2 s on, with 2 s of rest at the end; ``pauses`` are (after which, seconds)."""
    draw, samples, starts, t_s = random.Random(3), [], [], 2.0
    for number in range(CYCLED):
        starts.append(t_s)
        between_s = HANG_S + HIKE_S if name == "bell" else 0.0
        t_s += 2.0 + sum(length_s + between_s for after, length_s in pauses if after == number)
    for i in range(int((t_s + 2.0) * RATE_HZ)):
        accel = CYCLES[name](i / RATE_HZ, starts)
        samples.append(ImuSample("weight", i / RATE_HZ, tuple(a + draw.gauss(0, 0.1) for a in accel)))
    return samples


def walked(until_s):
    """A thigh that swings by 20 degrees and bounces, 108 steps a minute from 2 s on until 3 s before the end."""
    draw, samples = random.Random(4), []
    for i in range(int(until_s * RATE_HZ)):
        t_s = i / RATE_HZ
        size, phase = math.radians(20.0) * (2 < t_s < until_s - 3), 1.8 * math.pi * (t_s - 2.0)
        angle, rate = size * math.sin(phase), size * 1.8 * math.pi * math.cos(phase)
        accel = (9.81 * math.sin(angle), 0.0, 9.81 * math.cos(angle) + 5.0 * size * math.sin(2 * phase + 0.5))
        turn = (0.0, -rate, 0.0)
        noisy = [tuple(v + draw.gauss(0, noise) for v in part) for part, noise in ((accel, 0.05), (turn, 0.003))]
        samples.append(ImuSample("imu", t_s, *noisy))
    return samples


def done(patient, name, until_s):
    draw, samples = random.Random(4), []
    for i in range(int(until_s * RATE_HZ)):
        t_s = i / RATE_HZ
        if name == "force":
            samples.append(LoadSample("cell", t_s, patient.force_n(t_s) + draw.gauss(0, 0.2)))
        else:
            true = patient.imu("thigh", t_s)
            accel = tuple(a + draw.gauss(0, 0.05) for a in true.accel_m_s2)
            samples.append(ImuSample("imu", t_s, accel, tuple(w + draw.gauss(0, 0.003) for w in true.gyro_rad_s)))
    return samples


@cache
def performance(name):
    """The samples of a set of this class at 50 Hz, and times at which the person keeps the start posture."""
    if name in CYCLES:
        return cycled(name), ()
    if name == "walk":
        return walked(18.0), ()
    patient = VirtualPatient(4)
    exercise = "band_row" if name == "force" else "goblet_squat"
    patient.prepare(exercise, 0.0)
    patient.begin(exercise, 2.0, Pace(1.0, 4.0, 1.0, 2.5) if name == "hold" else Pace(1.0, 0.5, 1.0, 1.2))
    patient.finish(12.0)
    samples = done(patient, name, 19.0)
    return samples, tuple((one.end_s + after.start_s) / 2 for one, after in pairwise(patient.truth()))


def counted(name, samples):
    return ends(samples, CLASSES[name])


def same_ends(name, reps_s, within_s):
    """What ends of repetitions are compared with; cycles are looked at in steps of 0.08 s, which may fall anew."""
    return pytest.approx(reps_s, abs=max(within_s, 0.25) if name in CYCLES else within_s)


def at_rate(samples, rate_hz):
    """The same motion read at another rate, in straight lines between the samples there are."""
    t_s = np.array([s.t_s for s in samples])
    new_s = np.arange(t_s[0], t_s[-1], 1 / rate_hz)

    def read(values):
        return list(
            zip(*(np.interp(new_s, t_s, column).tolist() for column in zip(*values, strict=True)), strict=True)
        )

    if isinstance(samples[0], LoadSample):
        forces = read([(s.force_n,) for s in samples])
        return [LoadSample("cell", t, force) for t, (force,) in zip(new_s.tolist(), forces, strict=True)]
    accel = read([s.accel_m_s2 for s in samples])
    gyro = read([s.gyro_rad_s for s in samples]) if samples[0].gyro_rad_s else [None] * len(accel)
    return [ImuSample("imu", t, a, g) for t, a, g in zip(new_s.tolist(), accel, gyro, strict=True)]


@every_class
def test_every_class_counts_its_movement(name):
    samples, rests = performance(name)
    known = {"walk": 23}.get(name, CYCLED if name in CYCLES else len(rests) + 1)
    assert len(counted(name, samples)) == pytest.approx(known, abs=1 if name == "walk" else 0)


@QUICKER
@given(seed=st.integers(0, 10**6))
@every_class
def test_the_mounting_never_matters(turned, name, seed):
    samples, _ = performance(name)
    assert counted(name, turned(samples, seed)) == same_ends(name, counted(name, samples), 0.02)


@QUICKER
@given(shift_s=st.integers(0, 6_000_000).map(lambda n: n / 64))
@every_class
def test_the_hour_never_matters(name, shift_s):
    samples, _ = performance(name)
    later = [replace(s, t_s=s.t_s + shift_s) for s in samples]
    assert counted(name, later) == same_ends(name, [end_s + shift_s for end_s in counted(name, samples)], 2e-3)


@QUICKER
@given(gain=st.floats(0.4, 4.0))
def test_a_band_twice_as_stiff_gives_the_same_count(gain):
    samples, _ = performance("force")
    stronger = [replace(s, force_n=s.force_n * gain) for s in samples]
    assert counted("force", stronger) == pytest.approx(counted("force", samples), abs=0.1)


@QUICKER
@given(gain=st.floats(0.97, 1.03))
@every_class
def test_a_scale_that_is_off_by_three_percent_gives_the_same_count(name, gain):
    samples, _ = performance(name)
    if name == "force":
        off = [replace(s, force_n=s.force_n * gain) for s in samples]
    else:
        off = [replace(s, accel_m_s2=tuple(gain * a for a in s.accel_m_s2)) for s in samples]
    assert len(counted(name, off)) == len(counted(name, samples))


@QUICKER
@given(rate_hz=st.floats(25, 200))
@without_walk
def test_the_rate_never_matters(name, rate_hz):
    samples, _ = performance(name)
    assert counted(name, at_rate(samples, rate_hz)) == same_ends(name, counted(name, samples), 0.15)


@QUICKER
@given(data=st.data())
@every_class
def test_nothing_is_taken_back_however_the_samples_are_grouped(name, data):
    samples, _ = performance(name)
    cut = data.draw(st.integers(1, len(samples)))
    sizes = data.draw(st.lists(st.integers(1, 40), min_size=1, max_size=5))
    whole, part = Pipeline(CLASSES[name]), Pipeline(CLASSES[name])
    everything = [event for sample in samples for event in whole.feed(sample)]
    prefix, at, turn = [], 0, 0
    while at < cut:
        frame = samples[at : min(at + sizes[turn % len(sizes)], cut)]
        prefix += [event for sample in frame for event in part.feed(sample)]
        # The clock on the wall ticks once per frame, and says nothing while samples come.
        assert part.tick(frame[-1].t_s + 0.02) == []
        at, turn = at + len(frame), turn + 1
    assert everything[: len(prefix)] == prefix
    assert all(event.t_s > samples[cut - 1].t_s for event in everything[len(prefix) :])


@QUICKER
@given(data=st.data())
@pytest.mark.parametrize("name", ["limb", "therapy", "force", "hold"])
def test_a_pause_between_repetitions_changes_no_count(name, data):
    samples, rests = performance(name)
    at_s = data.draw(st.sampled_from(rests))
    length_s = data.draw(st.floats(0.2, 15.0))
    draw = random.Random(7)
    kept = next(s for s in samples if s.t_s >= at_s)

    def resting(t_s):
        if isinstance(kept, LoadSample):
            return replace(kept, t_s=t_s, force_n=kept.force_n + draw.gauss(0, 0.2))
        accel = tuple(a + draw.gauss(0, 0.05) for a in kept.accel_m_s2)
        return replace(kept, t_s=t_s, accel_m_s2=accel, gyro_rad_s=tuple(draw.gauss(0, 0.003) for _ in range(3)))

    before = [s for s in samples if s.t_s < kept.t_s]
    pause = [resting(kept.t_s + i / RATE_HZ) for i in range(int(length_s * RATE_HZ))]
    after = [replace(s, t_s=s.t_s + len(pause) / RATE_HZ) for s in samples if s.t_s >= kept.t_s]
    assert len(counted(name, before + pause + after)) == len(counted(name, samples))


@QUICKER
@given(after=st.integers(4, 6), length_s=st.floats(0.2, 6.0))
@pytest.mark.parametrize("name", CYCLES)
def test_a_pause_between_cycles_changes_no_count(name, after, length_s):
    assert len(counted(name, cycled(name, [(after, length_s)]))) == CYCLED


@QUICKER
@given(seed=st.integers(0, 10**6))
@every_class
def test_numbers_that_are_none_are_left_out(name, seed):
    samples, _ = performance(name)
    draw, nonsense, good = random.Random(seed), [], []
    for sample in samples:
        if draw.random() < 0.1:
            value = draw.choice([math.nan, math.inf, -math.inf, 1e300])
            sick = {"force_n": value} if name == "force" else {"accel_m_s2": (0.0, value, 9.8)}
            nonsense.append(replace(sample, **sick))
        else:
            nonsense.append(sample)
            good.append(sample)
    reps = replay(nonsense, CLASSES[name])
    assert [rep.end_s for rep in reps] == counted(name, good)
    for rep in reps:
        numbers = [rep.start_s, rep.end_s, rep.range_value, rep.confidence, rep.peak_force_n, *rep.edge_spread_s]
        numbers += [getattr(rep.measures, field.name) for field in fields(Measures)]
        assert all(math.isfinite(number) for number in numbers if number is not None)


@QUICKER
@given(data=st.data())
@without_walk
def test_a_gap_invents_no_repetition_and_is_owned_up_to(name, data):
    samples, _ = performance(name)
    begin_s = data.draw(st.floats(3.0, samples[-1].t_s - 5.0))
    length_s = data.draw(st.floats(0.6, 4.0))
    pipeline = Pipeline(CLASSES[name])
    for sample in samples:
        if not begin_s < sample.t_s < begin_s + length_s:
            pipeline.feed(sample)
    assert pipeline.reps <= len(counted(name, samples))
    assert pipeline.uncertain
