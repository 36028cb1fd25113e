"""What goes wrong with a motion sensor, from the bytes on its bus to the repetitions that are counted.

The rows of the fault table are tried in test_prove.py; here stands what they do not look at.

Each trial is a person doing repetitions with an emulated chip on the limb, the station's own driver, reader and
counter, and a fault script. The short run takes a sample of the trials; STEADYRIG_LONG=1 takes all of them.
"""

import math
import os
import random
from dataclasses import dataclass, field
from itertools import pairwise

import pytest

from drivers.base import SensorState
from drivers.bno08x import Bno08x
from drivers.clock import LoneClock
from drivers.emulation.bno085 import BOOT_S, EmulatedBno085
from drivers.emulation.faults import Fault, FaultScript, Kind
from drivers.emulation.i2c import EmulatedI2C
from drivers.patient import Pace, VirtualPatient
from drivers.reader import Reader
from drivers.realism import REALISTIC
from drivers.samples import Quality
from edge.bench.timing import performable
from edge.library import exercises
from edge.prove.bench import Bench, invented
from edge.prove.imu import SET_S as WHOLE_SET_S
from edge.prove.imu import THIGH
from edge.signal.events import RepFinished
from edge.signal.pipeline import Pipeline

LONG = bool(os.environ.get("STEADYRIG_LONG"))
LEAD_IN_S = 2.0
PACE = Pace(1.5, 0.5, 1.5, 1.0)
REPS = 4
SET_S = LEAD_IN_S + 1.15 * REPS * 4.5 + 3.0
LIMB = tuple(exercise.key for exercise in performable() if exercise.driver == "imu")


class WatchedClock(LoneClock):
    """A clock for one thread that lets somebody look at least every 10 ms."""

    def __init__(self, until_s, look):
        super().__init__(until_s=until_s)
        self._look = look

    def sleep_until(self, t_s):
        while self.now() < min(t_s, self.until_s):
            super().sleep_until(min(t_s, self.now() + 0.01))
            self._look(self.now())


@dataclass
class Trial:
    """One set with faults of the sensor "thigh", and everything that was seen of it."""

    faults: tuple = ()
    exercise: str = "goblet_squat"
    seed: int = 1
    until_s: float = SET_S
    pace: Pace = PACE
    reps: int = REPS
    chip_settings: dict = field(default_factory=dict)

    samples: list = field(default_factory=list)
    events: list = field(default_factory=list)
    states: list = field(default_factory=list)
    """(time, state) at every change of the sensor's state, as seen through its reader."""

    def run(self):
        exercise = exercises()[self.exercise]
        patient = VirtualPatient(self.seed, REALISTIC)
        patient.prepare(self.exercise, 0.0)
        patient.begin(self.exercise, LEAD_IN_S, self.pace)
        each_s = self.pace.out_s + self.pace.hold_s + self.pace.back_s + self.pace.rest_s
        patient.finish(LEAD_IN_S + (self.reps - 0.5) * each_s)
        self.pipeline = Pipeline(exercise)
        clock = WatchedClock(self.until_s, self._look)
        self.chip = EmulatedBno085(
            lambda t_s: patient.imu(exercise.place, t_s), clock, seed=self.seed, name="thigh",
            faults=FaultScript(tuple(self.faults)), boot_s=BOOT_S, **self.chip_settings,
        )  # fmt: skip
        bus = EmulatedI2C(self.chip)
        self.source = Bno08x("thigh", "i2c-1", lambda: bus, address=0x4A, clock=clock)
        self.reader = Reader("i2c-1", [self.source], clock, self._take)
        self.reader.start()
        assert clock.ended.wait(60 + self.until_s)
        assert self.reader.stop()
        self.truth = patient.truth()
        return self

    def _take(self, sample):
        self.samples.append(sample)
        self.events += self.pipeline.feed(sample)

    def _look(self, now_s):
        self.events += self.pipeline.tick(now_s)
        self.health = self.reader.health()["thigh"]
        state = self.health.state
        if not self.states or self.states[-1][1] is not state:
            self.states.append((now_s, state))

    @property
    def reps_found(self):
        return [event for event in self.events if isinstance(event, RepFinished)]

    @property
    def invented(self):
        """How many repetitions were counted for which there is no true one of their own."""
        return invented(self.truth, [event.rep for event in self.reps_found])

    def back_s(self, after_s):
        """When it was live again after a moment."""
        return next(t_s for t_s, state in self.states if t_s >= after_s and state is SensorState.LIVE)

    def last_before(self, t_s):
        """The time of the last sample measured before a moment."""
        return max(sample.t_s for sample in self.samples if sample.t_s < t_s)

    def first_after(self, t_s):
        return min((sample for sample in self.samples if sample.t_s >= t_s), key=lambda sample: sample.t_s)

    def steady(self):
        """Nothing that was published is no number, beyond the sensor's range, or out of order."""
        for sample in self.samples:
            parts = [*sample.accel_m_s2, *(sample.gyro_rad_s or ()), *(sample.quaternion_wxyz or ())]
            assert all(map(math.isfinite, parts)), sample
            assert max(map(abs, sample.accel_m_s2)) <= 90.0, sample
            assert max(map(abs, sample.gyro_rad_s or (0.0,))) <= 38.0, sample
            if sample.quaternion_wxyz:
                assert math.hypot(*sample.quaternion_wxyz) == pytest.approx(1.0, abs=0.05), sample
        assert all(a.t_s < b.t_s for a, b in pairwise(self.samples))


def fault(kind, start_s=0.0, duration_s=math.inf, **kwargs):
    return Fault(kind, "thigh", start_s, duration_s, **kwargs)


def some_time(seed):
    """A moment somewhere within the set."""
    return random.Random(seed).uniform(LEAD_IN_S, LEAD_IN_S + REPS * 4.0)


def test_without_a_fault_every_repetition_is_counted():
    for exercise in LIMB:
        trial = Trial(exercise=exercise).run()
        assert len(trial.reps_found) == len(trial.truth) == REPS
        assert len(trial.samples) >= 0.99 * 100 * (SET_S - 0.15)
        assert [state for _, state in trial.states][-1] is SensorState.LIVE


class TestF01BitErrors:
    def test_no_packet_however_corrupt_stops_anything(self):
        packets = 100_000 if LONG else 3_000
        trial = Trial(
            (fault(Kind.BIT_ERRORS, 1.0, size=1.0),), until_s=1.0 + packets / 100, reps=packets // 450
        ).run()
        assert sum(trial.health.errors.values()) > packets / 2
        assert "unexpected" not in trial.health.errors
        trial.steady()

    @pytest.mark.parametrize("seed", range(20 if LONG else 1))
    @pytest.mark.parametrize("exercise", LIMB)
    def test_one_in_a_hundred_costs_two_samples_in_a_hundred_and_no_repetition(self, exercise, seed):
        trial = Trial((fault(Kind.BIT_ERRORS, size=0.01, seed=seed),), exercise, seed).run()
        good = [sample for sample in trial.samples if not sample.quality & ~Quality.GAP_BEFORE]
        assert len(good) >= 0.98 * 100 * (SET_S - 0.15)
        assert len(trial.reps_found) == len(trial.truth) == REPS, f"seed {seed}"
        assert trial.invented == 0

    @pytest.mark.parametrize(
        ("exercise", "seed"),
        [("sit_to_stand", 4095860232), ("goblet_squat", 3939050967), ("kettlebell_deadlift", 683825793)],
    )
    def test_a_turned_bit_that_looks_like_a_knock_neither_loses_nor_moves_a_repetition(self, exercise, seed):
        """One worth 8 to 64 m/s^2 in a slow movement was once taken for a seat, or for standing up from one."""
        clean = Bench(seed, (), exercise, THIGH)
        turned = Bench(seed, [Fault(Kind.BIT_ERRORS, "thigh", 0.0, size=0.01, seed=seed)], exercise, THIGH)
        for bench in (clean, turned):
            bench.train(WHOLE_SET_S)
        ends_s = [rep.end_s for rep in clean.reps]
        assert [rep.end_s for rep in turned.reps] == pytest.approx(ends_s, abs=0.05)
        assert turned.looks[-1].health["thigh"].errors["flipped"] > 0


class TestF02Nack:
    @pytest.mark.parametrize("seed", range(20 if LONG else 2))
    def test_a_tenth_of_a_second_is_ridden_through(self, seed):
        start_s = some_time(seed)
        trial = Trial((fault(Kind.NACK, start_s, 0.1),), seed=seed, chip_settings={"queue_ticks": 4}).run()
        assert all(state is SensorState.LIVE for t_s, state in trial.states if t_s > 1.0)
        gap = trial.first_after(start_s + 0.07)
        assert gap.quality & Quality.GAP_BEFORE
        assert len(trial.reps_found) == len(trial.truth), f"seed {seed}"

    def test_what_the_chip_kept_meanwhile_is_no_gap(self):
        trial = Trial((fault(Kind.NACK, 10.0, 0.3),)).run()
        assert all(b.t_s - a.t_s < 0.015 for a, b in pairwise(trial.samples) if a.t_s > 1.0)
        assert not any(sample.quality for sample in trial.samples if sample.t_s > 1.0)

    @pytest.mark.parametrize("seed", range(20 if LONG else 2))
    @pytest.mark.parametrize("duration_s", [1.0, 10.0])
    def test_a_longer_one_loses_the_sensor_in_time_and_gets_it_back_by_itself(self, duration_s, seed):
        start_s = some_time(seed)
        end_s = start_s + duration_s
        trial = Trial((fault(Kind.NACK, start_s, duration_s),), seed=seed, until_s=SET_S + duration_s).run()
        lost_s = next(t_s for t_s, state in trial.states if t_s > start_s and state is SensorState.ABSENT)
        assert lost_s - trial.last_before(start_s) <= 0.5 + 1e-6
        assert trial.back_s(end_s) - end_s <= 3.0
        assert trial.first_after(end_s).quality & Quality.RESET_BEFORE
        assert trial.invented == 0, f"seed {seed}"


def test_f03_a_held_clock_line_blocks_no_longer_than_it_is_held_and_what_was_measured_is_kept():
    trial = Trial((fault(Kind.HANG, 10.0, 0.4),)).run()
    assert all(b.t_s - a.t_s < 0.015 for a, b in pairwise(trial.samples) if a.t_s > 1.0)
    assert len(trial.reps_found) == REPS


@pytest.mark.parametrize("seed", range(20 if LONG else 2))
def test_f08_what_cannot_be_is_never_published_and_the_chips_own_doubt_is_passed_on(seed):
    trial = Trial((fault(Kind.BAD_VALUE, 3.0, 8.0, size=0.3, seed=seed),), seed=seed).run()
    trial.steady()
    during = [sample for sample in trial.samples if 3.2 < sample.t_s < 10.8]
    assert any(sample.quality & Quality.LOW_ACCURACY for sample in during)
    assert trial.health.errors["implausible"] > 100
    assert trial.invented == 0, f"seed {seed}"
    good = sum(not sample.quality for sample in during) / len(during)
    assert good < 0.7


def test_a_rate_that_falls_shows_in_health():
    trial = Trial((fault(Kind.RATE_DROP, 5.0, size=0.5),)).run()
    assert trial.health.rate_hz == pytest.approx(50.0, abs=1.0)
    assert trial.health.yield_fraction == pytest.approx(0.5, abs=0.02)
    assert trial.health.limits == ("50 of 100 samples a second: phases are exact to 20 ms",)
    assert trial.invented == 0
