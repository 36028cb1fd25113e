"""F09: sensors that are swapped, the wrong way round, or one and the same.

The generated set: a person with a sensor on thigh and trunk, each strapped on anyhow, seen at calibration and on
another day, when straps sit some degrees off, the chips' offsets are others and the movement is done at another pace.
"""

import math
import os
import random
from dataclasses import replace
from functools import lru_cache

import pytest

from drivers.clock import SimulatedClock
from drivers.emulation.faults import Fault, FaultScript, Kind
from drivers.emulation.rig import EmulatedHardware
from drivers.factory import build_sources, parse_sensors
from drivers.identity import Finding, Mixup, Signature, Twins, mixups, shown, still
from drivers.noise import Bno085Noise
from drivers.patient import Pace, VirtualPatient
from drivers.realism import REALISTIC
from drivers.samples import ImuSample

PERSONS = range(300 if os.environ.get("STEADYRIG_LONG") else 6)
PLACES = ("thigh", "trunk")
STRAP_DEG = 8.0
UP = (0.0, 0.0, 1.0)


def turned(vector, axis, angle_rad):
    """Turn a vector about a unit axis (Rodrigues)."""
    cos, sin = math.cos(angle_rad), math.sin(angle_rad)
    along = sum(a * v for a, v in zip(axis, vector, strict=True)) * (1 - cos)
    x, y, z = axis
    across = (y * vector[2] - z * vector[1], z * vector[0] - x * vector[2], x * vector[1] - y * vector[0])
    return tuple(v * cos + c * sin + a * along for v, c, a in zip(vector, across, axis, strict=True))


@lru_cache(maxsize=4)
def worn(person, day, flipped=None):
    """The samples of both places, 1.5 s at rest and then one time standing up and sitting down."""
    draw = random.Random(f"{person}:{day}")
    patient = VirtualPatient(person, REALISTIC)
    patient.prepare("sit_to_stand", 0.0)
    patient.begin("sit_to_stand", 2.0, Pace(draw.uniform(1, 2), 0.5, draw.uniform(1, 2), 1.0))
    patient.finish(3.0)
    samples = {}
    for number, place in enumerate(PLACES):
        axis = [draw.gauss(0, 1) for _ in range(3)]
        axis = [part / math.hypot(*axis) for part in axis]
        angle_rad = math.radians(max(-20.0, min(20.0, draw.gauss(0, STRAP_DEG))))
        flip = tuple(float(flipped == (place, one)) for one in range(3))
        chip = Bno085Noise(1000 * person + 10 * day + number)
        samples[place] = []
        for t_s in chip.times(7.0):
            sample = chip.read(place, t_s, patient.imu(place, t_s))
            accel, gyro = (turned(one, axis, angle_rad) for one in (sample.accel_m_s2, sample.gyro_rad_s))
            if any(flip):
                accel, gyro = turned(accel, flip, math.pi), turned(gyro, flip, math.pi)
            samples[place].append(replace(sample, accel_m_s2=accel, gyro_rad_s=gyro))
    return samples


def signatures(samples, *, moved):
    found = {}
    for place, mine in samples.items():
        rest = still([sample for sample in mine if sample.t_s < 1.5])
        found[place] = shown(rest, [sample for sample in mine if sample.t_s >= 1.5]) if moved else rest
    return found


def swapped(found):
    return {"thigh": found["trunk"], "trunk": found["thigh"]}


@pytest.mark.parametrize("person", PERSONS)
def test_after_a_trial_movement_every_swap_is_found_and_nothing_is_made_up(person):
    stored, today = (signatures(worn(person, day), moved=True) for day in (0, 1))
    assert mixups(stored, today) == ()
    assert mixups(stored, swapped(today)) == (Finding(Mixup.SWAPPED, PLACES),)


@pytest.mark.parametrize("person", PERSONS)
def test_a_still_pose_alone_finds_a_swap_or_owns_that_it_cannot_tell(person):
    stored, today = (signatures(worn(person, day), moved=False) for day in (0, 1))
    (found,) = mixups(stored, swapped(today))
    assert found.mixup in (Mixup.SWAPPED, Mixup.ALIKE)
    assert all(finding.mixup is Mixup.ALIKE for finding in mixups(stored, today))


@pytest.mark.parametrize("person", PERSONS)
def test_a_sensor_turned_over_is_found(person):
    stored = signatures(worn(person, 0), moved=True)
    today = signatures(worn(person, 1, flipped=("thigh", person % 3)), moved=True)
    assert mixups(stored, today) != ()


def test_three_sensors_that_went_round_are_named():
    stored = {"a": Signature(UP), "b": Signature((0.0, 1.0, 0.0)), "c": Signature((1.0, 0.0, 0.0))}
    seen = {"a": stored["b"], "b": stored["c"], "c": stored["a"]}
    assert mixups(stored, seen) == (Finding(Mixup.SWAPPED, ("a", "b", "c")),)


def test_a_sensor_that_is_new_or_missing_is_not_judged():
    assert mixups({"a": Signature(UP)}, {"b": Signature(UP)}) == ()


def test_both_on_one_limb_is_a_sensor_at_the_wrong_place():
    stored = {"a": Signature(UP), "b": Signature((0.0, 1.0, 0.0))}
    assert mixups(stored, {"a": Signature(UP), "b": Signature(UP)}) == (
        Finding(Mixup.ALIKE, ("a", "b")),
        Finding(Mixup.TURNED, ("b",)),
    )


@pytest.mark.parametrize("mixup", Mixup)
def test_a_finding_says_what_to_do(mixup):
    words = str(Finding(mixup, ("thigh", "trunk")))
    assert "thigh and trunk" in words
    assert ": " in words


class TestStill:
    @staticmethod
    def samples(accel=(0.0, 0.0, 9.8), count=150):
        return [ImuSample("a", n / 100, accel) for n in range(count)]

    def test_a_sensor_at_rest_has_a_direction(self):
        assert still(self.samples()) == Signature(UP)

    def test_too_short_moving_falling_or_without_acceleration_it_has_none(self):
        assert still([]) is None
        assert still(self.samples(count=50)) is None
        assert still(self.samples(accel=(0.0, 0.0, 5.0))) is None
        assert still(self.samples(accel=None)) is None
        assert still([ImuSample("a", n / 100, (math.sin(n / 5), 0.0, 9.8)) for n in range(150)]) is None

    def test_without_a_gyroscope_the_movement_still_has_its_far_pose(self):
        movement = [ImuSample("a", n / 100, (9.8, 0.0, 0.0)) for n in range(50)]
        found = shown(Signature(UP), movement)
        assert found.far_up == (1.0, 0.0, 0.0)
        assert found.turning_rad_s is None


def station(truth, *faults):
    thigh = {"chip": "bno08x", "place": "thigh", "bus": "i2c-1", "address": 0x4A}
    tables = {"thigh": thigh, "shank": {**thigh, "address": 0x4B, "place": "shank"}}
    configs, clock = parse_sensors(tables, "station.toml"), SimulatedClock()
    hardware = EmulatedHardware(
        configs,
        lambda place, _t: truth((0.0, 0.0, 9.8) if place == "thigh" else (0.0, 9.8, 0.0)),
        None,
        clock,
        faults=FaultScript(tuple(faults)),
    )
    sources = build_sources(configs, hardware, clock)
    for source in sources:
        source.open()
    samples = []
    for _ in range(300):
        clock.advance(clock.now() + 0.01)
        samples += [sample for source in sources for sample in source.read(clock.now())]
    return samples


def test_an_emulated_station_can_have_its_sensors_swapped(truth):
    stored = {name: still([s for s in station(truth) if s.sensor == name]) for name in ("thigh", "shank")}
    faults = (Fault(Kind.SWAP, "thigh", 0.0, other="shank"), Fault(Kind.SWAP, "shank", 0.0, other="thigh"))
    seen = {name: still([s for s in station(truth, *faults) if s.sensor == name]) for name in ("thigh", "shank")}
    assert mixups(stored, stored) == ()
    assert mixups(stored, seen) == (Finding(Mixup.SWAPPED, ("shank", "thigh")),)


class TestTwins:
    def test_two_chips_in_the_same_place_are_no_twins(self, truth):
        twins = Twins()
        same = (Fault(Kind.SWAP, "shank", 0.0, other="thigh"),)
        assert all(twins.feed(sample) is None for sample in station(truth, *same))

    def test_one_chip_under_two_names_is_noticed_within_half_a_second(self, truth):
        twins = Twins()
        for sample in (s for s in station(truth) if s.sensor == "thigh"):
            assert twins.feed(sample) is None or sample.t_s > 0.1
            found = twins.feed(replace(sample, sensor="shank", t_s=sample.t_s + 0.003))
            if found:
                break
        assert found == Finding(Mixup.TWINS, ("shank", "thigh"))
        assert sample.t_s < 0.5
