"""F09: sensors that are swapped, the wrong way round, or one and the same.

The generated set: a person who stands with a sensor on thigh and trunk, each strapped on anyhow, seen at calibration
and on another day, when straps sit some degrees off and the chips' offsets are others.
"""

import math
import os
import random
from dataclasses import replace

import pytest

from drivers.clock import SimulatedClock
from drivers.emulation.faults import Fault, FaultScript, Kind
from drivers.emulation.rig import EmulatedHardware
from drivers.factory import build_sources, parse_sensors
from drivers.identity import Finding, Mixup, Signature, Twins, alike, misworn, still
from drivers.noise import Bno085Noise
from drivers.patient import VirtualPatient
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


def signatures(person, day, mounted):
    """How both sensors lie while their owner stands on a day; each was ``mounted`` by a turn about the x axis."""
    draw = random.Random(f"{person}:{day}")
    patient = VirtualPatient(person, REALISTIC)
    patient.prepare("sit_to_stand", 0.0)
    found = {}
    for number, (place, mount_rad) in enumerate(zip(PLACES, mounted, strict=True)):
        axis = [draw.gauss(0, 1) for _ in range(3)]
        axis = [part / math.hypot(*axis) for part in axis]
        angle_rad = math.radians(max(-20.0, min(20.0, draw.gauss(0, STRAP_DEG))))
        chip = Bno085Noise(1000 * person + 10 * day + number)
        samples = []
        for t_s in chip.times(1.5):
            sample = chip.read(place, t_s, patient.imu(place, t_s))
            accel = turned(turned(sample.accel_m_s2, (1.0, 0.0, 0.0), mount_rad), axis, angle_rad)
            samples.append(replace(sample, accel_m_s2=accel))
        found[place] = still(samples)
    return found


def swapped(found):
    return {"thigh": found["trunk"], "trunk": found["thigh"]}


@pytest.mark.parametrize("person", PERSONS)
def test_a_still_pose_finds_a_swap_or_it_was_owned_at_calibration_that_it_cannot(person):
    for quarters in range(4):
        mounted = 0.0, quarters * math.pi / 2
        stored, today = (signatures(person, day, mounted) for day in (0, 1))
        assert misworn(stored, today) == ()
        found = misworn(stored, swapped(today)) == (Finding(Mixup.SWAPPED, PLACES),)
        assert found or alike(stored)


def test_of_people_whose_sensors_lie_a_quarter_apart_most_swaps_are_found():
    found = 0
    for person in PERSONS:
        stored, today = (signatures(person, day, (0.0, -math.pi / 2)) for day in (0, 1))
        found += misworn(stored, swapped(today)) == (Finding(Mixup.SWAPPED, PLACES),)
    assert found > 0.5 * len(PERSONS), found


def test_poses_less_than_sixty_degrees_apart_are_alike():
    for deg, told in ((10, True), (59, True), (61, False), (170, False)):
        angle = math.radians(deg)
        stored = {"a": Signature(UP), "b": Signature((0.0, math.sin(angle), math.cos(angle)))}
        assert alike(stored) == ((Finding(Mixup.ALIKE, ("a", "b")),) if told else ())


def test_a_sensor_that_is_new_or_missing_is_not_judged():
    assert misworn({"a": Signature(UP)}, {"b": Signature(UP)}) == ()


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
    assert misworn(stored, stored) == ()
    assert misworn(stored, seen) == (Finding(Mixup.SWAPPED, ("shank", "thigh")),)


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
