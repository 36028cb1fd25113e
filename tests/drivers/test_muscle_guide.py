"""A person's own reference of a muscle: rest, three efforts, what is refused on the way, and where it is kept."""

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from drivers.base import ConfigError
from drivers.calibration.effort import EFFORT_S, EFFORTS, PAUSE_S, REST_S
from drivers.calibration.files import NOTHING, muscle_path, read, write
from drivers.calibration.guide import HANDS_OFF_S, Step
from drivers.calibration.guides import guide_for
from drivers.calibration.muscle_guide import MuscleGuide, Sense
from drivers.calibration.record import MuscleRecord, moment, wiring
from drivers.calibration.rig import bare, load_calibrations
from drivers.calibration.still import Why
from drivers.clock import SimulatedClock
from drivers.emg import SATURATED_FROM
from drivers.emulation.faults import NO_FAULTS, Fault, FaultScript, Kind
from drivers.emulation.rig import EmulatedHardware
from drivers.factory import build_sources, parse_sensors
from drivers.samples import MuscleSample, Quality
from drivers.table import value

ANA, BEN = "p-0001-aaaa", "p-0002-bbbb"
RIG = "station-0001"
TABLE = {"chip": "emg", "place": "left_glute", "bus": "spi-0", "channel": 0}
(GLUTE,) = parse_sensors({"glute": TABLE}, "station.toml")
STILL, SLACK = lambda _place, _t: None, lambda _place, _t: 0.0
WALL_S = 1_800_000_000.0
MADE = moment(WALL_S)
RECORD = MuscleRecord(
    sensor="glute", rig=RIG, wiring=wiring(GLUTE), patient=ANA, place="left_glute", made_at=MADE,
    rest_level=0.02, rest_sd=0.002, full_level=0.62, efforts=3, spread_share=0.05,
)  # fmt: skip


class Paper:
    """A board without pins, for many trials: a level and its noise."""

    period_s = 0.01

    def __init__(self, couch, seed):
        self.couch, self.draw = couch, random.Random(seed)

    def read(self, now_s):
        level = min(1.0, max(0.0, self.couch.muscle(now_s) + self.draw.gauss(0.0, 0.0015)))
        return [MuscleSample("glute", now_s, level, Quality.SATURATED if level >= SATURATED_FROM else Quality.GOOD)]


class Couch:
    """An emulated board on somebody's muscle, the guide, and what the person does with the muscle."""

    def __init__(self, faults=(), rest=0.02):
        self.clock = SimulatedClock(100.0)
        self.rest, self.muscle = rest, lambda _t: rest
        hardware = EmulatedHardware(
            [GLUTE], STILL, SLACK, self.clock, muscle=lambda _place, t_s: self.muscle(t_s), seed=3,
            faults=FaultScript(tuple(faults)) if faults else NO_FAULTS,
        )  # fmt: skip
        (self.source,) = build_sources([bare(GLUTE)], hardware, self.clock)
        self.source.open()
        self.guide = guide_for(GLUTE, RIG, None, ANA)
        self.wait(0.5)

    def wait(self, seconds):
        until_s = self.clock.now() + seconds
        while self.clock.now() < until_s - 1e-9:
            self.clock.advance(self.clock.now() + self.source.period_s)
            for sample in self.source.read(self.clock.now()):
                self.guide.take(sample)
            self.guide.tick(self.clock.now())

    def measure(self, level, from_s=0.8, to_s=5.5):
        """Begin the step's look, be at ``level`` between two of its seconds; return the reason for a refusal."""
        begun_s = self.clock.now()
        self.muscle = lambda t_s: level(t_s - begun_s) if from_s <= t_s - begun_s < to_s else self.rest
        self.guide.begin(begun_s)
        self.wait(HANDS_OFF_S + (EFFORT_S if self.guide.step is Step.EFFORT else REST_S) + 0.1)
        self.muscle = lambda _t: self.rest
        return self.guide.refusal and self.guide.refusal.why

    def effort(self, level=0.62, **when):
        if self.guide.step is Step.PAUSE:
            self.wait(PAUSE_S + 0.1)
        assert self.guide.step is Step.EFFORT
        return self.measure(lambda _s: level, **when)

    def at_rest(self):
        assert self.measure(lambda _s: self.rest) is None


def test_rest_and_three_efforts_make_the_reference():
    couch = Couch()
    couch.at_rest()
    assert [couch.effort(level) for level in (0.60, 0.62, 0.64)] == [None] * 3
    assert couch.guide.step is Step.DONE
    record = couch.guide.record(MADE)
    assert (record.patient, record.place, record.sensor, record.rig) == (ANA, "left_glute", "glute", RIG)
    assert record.rest_level == pytest.approx(0.02, abs=0.002)
    assert 0.0005 < record.rest_sd < 0.004
    assert record.full_level == pytest.approx(0.62, abs=0.005)
    assert record.spread_share == pytest.approx(0.04 / 0.6, abs=0.01)
    assert (record.efforts, record.made_at, record.valid_days) == (EFFORTS, MADE, 1)


def test_between_two_efforts_the_muscle_recovers_and_nothing_can_be_begun():
    couch = Couch()
    couch.at_rest()
    couch.effort()
    assert (couch.guide.step, couch.guide.measuring, couch.guide.can_go_back) == (Step.PAUSE, True, False)
    couch.guide.begin(couch.clock.now())
    couch.wait(PAUSE_S / 2)
    assert couch.guide.step is Step.PAUSE
    assert couch.guide.progress(couch.clock.now()) == pytest.approx(0.5, abs=0.05)
    couch.wait(PAUSE_S / 2 + 0.1)
    assert (couch.guide.step, couch.guide.measuring) == (Step.EFFORT, False)


@pytest.mark.parametrize(
    ("level", "when", "why"),
    [
        (lambda _s: 0.06, {}, Why.WEAK),
        (lambda _s: 0.6, {"to_s": 2.0}, Why.NOT_HELD),
        (lambda s: 0.9 if s % 0.5 < 0.25 else 0.4, {}, Why.WAVERING),
        (lambda _s: 1.0, {}, Why.CUT_OFF),
    ],
    ids=["weak", "a twitch", "wavering", "cut off"],
)
def test_an_effort_that_is_no_reference_is_refused_with_the_reason(level, when, why):
    couch = Couch()
    couch.at_rest()
    assert couch.measure(level, **when) is why
    assert couch.guide.step in (Step.EFFORT, Step.REST)


def test_after_an_effort_that_was_cut_off_the_rest_is_measured_anew_because_the_gain_changes_it():
    couch = Couch()
    couch.at_rest()
    couch.effort()
    couch.effort(1.0)
    assert (couch.guide.step, couch.guide.refusal.why, couch.guide.plateaus) == (Step.REST, Why.CUT_OFF, [])
    assert not couch.guide.can_go_back
    couch.at_rest()
    assert [couch.effort() for _ in range(3)] == [None] * 3


@pytest.mark.parametrize(
    ("rest", "why"), [(1.0, Why.LOOSE), (0.4, Why.NOT_AT_REST)], ids=["an electrode off", "a muscle at work"]
)
def test_at_rest_the_end_of_the_range_is_told_from_a_muscle_at_work(rest, why):
    couch = Couch(rest=rest)
    assert couch.measure(lambda _s: rest) is why
    assert couch.guide.step is Step.REST


def test_hum_is_no_rest():
    couch = Couch()
    assert couch.measure(lambda s: 0.02 + 0.06 * (s % 0.04 < 0.02)) is Why.NOT_AT_REST


def test_a_board_that_is_not_there_gave_too_few_readings():
    couch = Couch(faults=[Fault(Kind.SILENCE, "glute", 101.0, 0.3)])
    couch.measure(lambda _s: 0.02)
    assert couch.guide.refusal is None
    gone = Couch()
    gone.guide.begin(gone.clock.now())
    gone.clock.advance(gone.clock.now() + 10.0)
    gone.guide.tick(gone.clock.now())
    assert gone.guide.refusal.why is Why.TOO_FEW


def test_the_effort_that_is_unlike_the_others_is_done_again():
    couch = Couch()
    couch.at_rest()
    assert [couch.effort(level) for level in (0.60, 0.30, 0.62)] == [None, None, Why.EFFORTS_APART]
    assert couch.guide.plateaus == [pytest.approx(0.60, abs=0.01), pytest.approx(0.62, abs=0.01)]
    assert couch.effort(0.61) is None
    assert couch.guide.record(MADE).full_level == pytest.approx(0.61, abs=0.005)


def test_steps_can_be_done_again():
    couch = Couch()
    couch.at_rest()
    couch.effort(0.3)
    couch.wait(PAUSE_S + 0.1)
    couch.guide.back()
    assert (couch.guide.step, couch.guide.plateaus) == (Step.EFFORT, [])
    couch.guide.back()
    assert couch.guide.step is Step.REST
    couch.at_rest()
    assert [couch.effort() for _ in range(3)] == [None] * 3
    with pytest.raises(RuntimeError, match="not finished"):
        MuscleGuide(GLUTE, RIG, ANA).record(MADE)


def test_the_live_reading_says_rest_activity_or_cut_off():
    couch = Couch()
    couch.at_rest()
    said = []
    for level in (0.02, 0.1, 1.0):
        couch.muscle = lambda _t, level=level: level
        couch.wait(0.6)
        said.append(couch.guide.live_sense())
    assert said == [Sense.AT_REST, Sense.ACTIVE, Sense.CUT_OFF]
    assert MuscleGuide(GLUTE, RIG, ANA).live_sense() is None


def test_no_wild_trial_makes_a_reference_that_is_not_the_muscles():
    """Whatever somebody does, a reference that comes of it lies between the efforts that were made."""
    seed, made = 20261121, 0
    draw = random.Random(seed)
    for trial in range(40):
        couch, done = Couch(), []
        couch.source = Paper(couch, trial)
        couch.at_rest()
        while couch.guide.step is not Step.DONE and len(done) < 8:
            level = draw.uniform(0.1, 0.95)
            done.append(level)
            couch.effort(level, to_s=draw.uniform(1.0, 6.0))
        if couch.guide.step is Step.DONE:
            made += 1
            full = couch.guide.record(MADE).full_level
            assert min(done) - 0.01 <= full <= max(done) + 0.01, (seed, trial, done, full)
    assert 0 < made < 40


# ---- the file ---------------------------------------------------------------------------------------------


def test_it_is_kept_per_person_and_place_whole_or_not_at_all(tmp_path):
    path = write(tmp_path, RECORD)
    assert path == tmp_path / ANA / "left_glute.toml" == muscle_path(tmp_path, ANA, "left_glute")
    assert read(tmp_path, GLUTE, RIG, ANA).record == RECORD
    assert list(path.parent.iterdir()) == [path]
    assert read(tmp_path, GLUTE, RIG, BEN) == NOTHING
    assert read(tmp_path, GLUTE, RIG) == NOTHING


@pytest.mark.parametrize(
    ("config", "rig", "patient", "words"),
    [
        (replace(GLUTE, settings={**GLUTE.settings, "device": 1}), RIG, ANA, "is of another wiring (device was 0"),
        (GLUTE, "station-0002", ANA, "is of another rig"),
        (GLUTE, RIG, BEN, "is of another person or muscle (left_glute of p-0001-aaaa)"),
        (replace(GLUTE, place="right_glute"), RIG, ANA, "is of another person or muscle"),
    ],
)
def test_it_is_believed_of_nobody_and_nothing_else(tmp_path, config, rig, patient, words):
    wrong = muscle_path(tmp_path, patient, config.place)
    path = write(tmp_path, RECORD)
    wrong.parent.mkdir(exist_ok=True)
    path.replace(wrong)
    found = read(tmp_path, config, rig, patient)
    assert found.record is None
    assert words in found.problem
    assert found.problem.endswith("run steadyrig calibrate glute")


def test_a_place_or_person_that_names_no_file_is_refused_in_words(tmp_path):
    for wrong in (replace(GLUTE, place="../left"), replace(GLUTE, place="left glute")):
        assert "cannot name a file" in read(tmp_path, wrong, RIG, ANA).problem
    with pytest.raises(ConfigError, match=r"station\.patient_id '\.\.' cannot name a file"):
        write(tmp_path, msgspec.structs.replace(RECORD, patient=".."))


@pytest.mark.parametrize("wrong", [{"full_level": 0.02}, {"rest_sd": float("nan")}, {"full_level": 0.026}])
def test_what_no_muscle_gives_is_no_record(wrong):
    with pytest.raises(ValueError, match=r"full_level is no more than rest|not finite"):
        msgspec.structs.replace(RECORD, **wrong)


# ---- what the station makes of it -------------------------------------------------------------------------


def station_reads(folder, patient, made=MADE, age=timedelta()):
    """Return a sample at 0.32 of the range and the health, as a station of that patient has them."""
    clock = SimulatedClock(10.0, wall_at_start=(made + age).timestamp())
    hardware = EmulatedHardware([GLUTE], STILL, SLACK, clock, muscle=lambda _p, _t: 0.32, noise=0.0)
    (source,) = build_sources([GLUTE], hardware, clock, load_calibrations([GLUTE], folder, RIG, patient))
    source.open()
    samples = []
    while clock.now() < 10.3:
        clock.advance(clock.now() + source.period_s)
        samples += source.read(clock.now())
    health = source.health(clock.now())
    source.close()
    return samples[-1], health


def test_the_station_reads_its_own_patients_muscle_beside_the_reference(tmp_path):
    write(tmp_path, RECORD)
    sample, health = station_reads(tmp_path, ANA)
    assert sample.activation == pytest.approx(0.5, abs=0.002)
    assert sample.onset_s is not None
    assert (sample.quality, health.limits, health.expired) == (Quality.GOOD, (), False)


def test_nobody_is_read_beside_somebody_elses_reference(tmp_path):
    write(tmp_path, RECORD)
    sample, health = station_reads(tmp_path, BEN)
    assert (sample.activation, sample.onset_s) == (None, None)
    assert value(sample).startswith("no reference")
    assert health.limits == ("no reference: run steadyrig calibrate glute",)


def test_a_reference_of_yesterday_is_none(tmp_path):
    """Electrodes are put on anew: the same muscle reads otherwise."""
    write(tmp_path, RECORD)
    sample, health = station_reads(tmp_path, ANA, age=timedelta(days=1))
    assert (sample.activation, sample.onset_s) == (None, None)
    assert sample.quality == Quality.EXPIRED | Quality.UNCALIBRATED
    assert health.expired
    assert health.limits == ("calibration expired on 2027-01-16: run steadyrig calibrate glute",)
    assert datetime(2027, 1, 16, tzinfo=UTC).date() == (MADE + timedelta(days=1)).date()
