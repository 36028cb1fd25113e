"""Turned bits on both sides: none that matters comes through, and nothing that a body does to a sensor is dropped."""

import math
import random
import struct
from collections import Counter
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.bno08x import Bno08x
from drivers.clock import SimulatedClock
from drivers.emulation.i2c import EmulatedI2C
from drivers.flips import Flips
from drivers.samples import ImuSample, Quality

PERIOD_S = 0.01
G = 9.80665
END_M_S2 = 78.4
AT = 40
"""The instant of a set of 80 to which something happens."""


def grid(values, step):
    return tuple(round(value * step) / step for value in values)


def limb(index, vigour, seed=0):
    """What a limb does that swings by ``vigour`` times 45 degrees to and fro once a second, with a chip's noise."""
    draw = random.Random(f"{seed}:{index}")
    t_s = index * PERIOD_S
    angle, rate = vigour * math.sin(math.tau * t_s) * 0.8, vigour * math.tau * math.cos(math.tau * t_s) * 0.8
    accel = (0.5 * G * math.sin(angle), G * math.cos(angle) + 0.1 * rate * rate, 0.7 * G * math.sin(angle) + 0.3)
    gyro = (rate, 0.1 * rate, 0.05)
    turn = (math.cos(angle / 2), math.sin(angle / 2), 0.0, 0.0)
    return ImuSample(
        "thigh",
        t_s,
        grid((value + draw.gauss(0.0, 0.0104) for value in accel), 256),
        grid((value + draw.gauss(0.0, 0.0017) for value in gyro), 512),
        grid((value + draw.gauss(0.0, 0.00045) for value in turn), 16384),
    )


def course(vigour=1.0, seed=0):
    return [limb(index, vigour, seed) for index in range(80)]


def through(samples):
    """What comes through, and how many samples later each did."""
    errors = Counter()
    flips = Flips(PERIOD_S, errors)
    passed = []
    for index, sample in enumerate(samples):
        passed += [(one, index - round(one.t_s / PERIOD_S)) for one in flips.take(sample)]
    passed += [(one, 0) for one in flips.release(samples[-1].t_s + 1.0)]
    return [one for one, _ in passed], max(late for _, late in passed), errors["flipped"]


def pushed(samples, pushes, turns=()):
    """The samples with accelerations and turn rates added from ``AT`` on; clipped as the chip does."""
    pushed = list(samples)
    for offset, push in enumerate(pushes):
        sample = pushed[AT + offset]
        accel = (min(max(a + b, -END_M_S2), END_M_S2) for a, b in zip(sample.accel_m_s2, push, strict=True))
        turn = turns[offset] if turns else (0.0, 0.0, 0.0)
        gyro = (a + b for a, b in zip(sample.gyro_rad_s, turn, strict=True))
        pushed[AT + offset] = replace(sample, accel_m_s2=grid(accel, 256), gyro_rad_s=grid(gyro, 512))
    return pushed


def comes_through(samples):
    passed, late, dropped = through(samples)
    return passed == samples and late <= 1 and dropped == 0


class TestTurnedBits:
    @pytest.mark.parametrize(("vigour", "bits_lost"), [(0.0, 0), (0.3, 0), (1.0, 2)])
    @pytest.mark.parametrize(
        ("part", "step", "least_bit"), [("accel_m_s2", 256, 8), ("gyro_rad_s", 512, 7), ("quaternion_wxyz", 16384, 9)]
    )
    def test_each_that_matters_is_found_in_every_number(self, part, step, least_bit, vigour, bits_lost):
        """In a limb that swings at 5 rad/s the smallest of them drown, four times as large ones do not."""
        for bit in range(least_bit + bits_lost, 15):
            for axis in range(len(getattr(limb(0, 0.0), part))):
                samples = course(vigour, seed=bit)
                values = list(getattr(samples[AT], part))
                values[axis] = (round(values[axis] * step) ^ 1 << bit) / step
                samples[AT] = replace(samples[AT], **{part: tuple(values)})
                passed, _, dropped = through(samples)
                told = [one for one in passed if one.quality]
                assert dropped == 1, f"bit {bit} of number {axis}"
                assert [round(one.t_s / PERIOD_S) for one in told] == [AT + 1]
                assert told[0].quality is Quality.GAP_BEFORE

    def test_two_with_one_good_sample_between_are_both_found(self):
        samples = course(0.3)
        x, y, z = samples[AT].accel_m_s2
        samples[AT] = replace(samples[AT], accel_m_s2=(x, y, (round(z * 256) ^ 1 << 13) / 256))
        x, y, z = samples[AT + 2].gyro_rad_s
        samples[AT + 2] = replace(samples[AT + 2], gyro_rad_s=((round(x * 512) ^ 1 << 12) / 512, y, z))
        passed, _, dropped = through(samples)
        assert dropped == 2
        assert len(passed) == 78

    def test_a_restart_told_by_a_dropped_sample_is_told_by_the_next(self):
        samples = course()
        x, y, z = samples[AT].accel_m_s2
        flipped = (x, y, (round(z * 256) ^ 1 << 13) / 256)
        samples[AT] = replace(samples[AT], accel_m_s2=flipped, quality=Quality.RESET_BEFORE)
        passed, _, _ = through(samples)
        assert passed[AT].quality is Quality.RESET_BEFORE | Quality.GAP_BEFORE


def directions():
    """Any direction that is not along an axis of the sensor to within five degrees."""
    parts = st.tuples(*[st.floats(-1.0, 1.0)] * 3)
    return (
        parts.filter(lambda d: math.hypot(*d) > 0.1)
        .map(lambda d: tuple(part / math.hypot(*d) for part in d))
        .filter(lambda d: max(map(abs, d)) < math.cos(math.radians(5.0)))
    )


class TestRealMotion:
    @given(
        strength=st.floats(10.0, 8 * G),
        along=directions(),
        lasts_s=st.floats(0.012, 0.05),
        begins_s=st.floats(0.0, 0.01),
        vigour=st.floats(0.0, 1.0),
    )
    def test_a_foot_strike_comes_through_whole_however_short(self, strength, along, lasts_s, begins_s, vigour):
        times_s = [index * PERIOD_S - begins_s for index in range(7)]
        shape = [math.sin(math.pi * t_s / lasts_s) if 0.0 < t_s < lasts_s else 0.0 for t_s in times_s]
        pushes = [tuple(strength * part * now for part in along) for now in shape]
        assert comes_through(pushed(course(vigour), pushes))

    @given(
        strength=st.floats(10.0, 12 * G),
        axis=st.integers(0, 2),
        shake=st.floats(0.04, 0.2),
        begins_s=st.floats(0.0, 0.01),
    )
    def test_a_bell_that_is_caught_along_one_axis_turns_the_sensor_as_well(self, strength, axis, shake, begins_s):
        """Its blow rings down at 25 Hz; what is beyond the range is clipped.

        It turns the sensor by ``shake`` rad/s for each m/s^2: the speed of 10 ms over a lever of 25 to 5 cm.
        """
        times_s = [index * PERIOD_S + begins_s for index in range(12)]
        ring = [math.exp(-t_s / 0.03) * math.cos(math.tau * 25.0 * t_s) for t_s in times_s]
        pushes = [tuple(strength * now if at == axis else 0.0 for at in range(3)) for now in ring]
        turns = [(0.0, shake * strength * now, 0.0) for now in ring]
        assert comes_through(pushed(course(0.5), pushes, turns))

    @given(step=st.tuples(*[st.floats(-END_M_S2, END_M_S2)] * 3), rate=st.tuples(*[st.floats(-30.0, 30.0)] * 3))
    def test_what_lasts_for_two_samples_comes_through_whatever_it_is(self, step, rate):
        assert comes_through(pushed(course(0.5), [step] * 2, [rate] * 2))

    @pytest.mark.parametrize("axis", range(3))
    @pytest.mark.parametrize("lasts", [1, 2, 5])
    def test_a_sensor_at_the_end_of_its_range_does(self, axis, lasts):
        push = tuple(200.0 if at == axis else 0.0 for at in range(3))
        assert comes_through(pushed(course(0.5), [push] * lasts))

    @pytest.mark.parametrize("seed", range(20))
    def test_a_shaken_sensor_does(self, seed):
        """As hard as the sensor can tell, from one instant to the next."""
        draw = random.Random(seed)
        pushes = [tuple(draw.uniform(-60.0, 60.0) for _ in range(3)) for _ in range(35)]
        turns = [tuple(draw.uniform(-20.0, 20.0) for _ in range(3)) for _ in range(35)]
        assert comes_through(pushed(course(), pushes, turns))

    def test_an_ordinary_movement_is_not_delayed(self):
        passed, late, dropped = through(course(0.3))
        assert (len(passed), late, dropped) == (80, 0, 0)

    @pytest.mark.parametrize("part", ["gyro_rad_s", "quaternion_wxyz"])
    def test_a_part_that_is_missing_once_is_no_turned_bit(self, part):
        samples = course(0.0)
        samples[AT] = replace(samples[AT], **{part: None})
        assert comes_through(samples)


UPRIGHT, ONE_G = (0, 0, 0, 16384), (12, -7, 2510)


class Tape:
    """A chip that says what it is given; ``turn`` is the byte and bit that turns when a packet is read as a whole."""

    address = 0x4A

    def __init__(self):
        self.packets = []
        self.turn = None

    def write(self, data):
        pass

    def read(self, count):
        said = bytearray(self.packets[0] if self.packets else b"")
        if count > 4 and self.packets:
            self.packets.pop(0)
            if self.turn:
                byte, bit = self.turn
                said[byte] ^= 1 << bit
        return bytes(said[:count].ljust(count, b"\0"))


def packet(index):
    """One packet of all three reports of a limb at rest, as it goes over the bus."""
    head = struct.pack("<BB", index & 0xFF, 3) + b"\0"
    cargo = struct.pack("<Bi", 0xFB, 12)
    for kind, values in ((1, ONE_G), (2, (1, 0, -2)), (8, UPRIGHT)):
        cargo += bytes([kind]) + head + struct.pack(f"<{len(values)}h", *values)
    return struct.pack("<HBB", len(cargo) + 4, 3, index & 0xFF) + cargo


@pytest.mark.parametrize("byte", range(len(packet(0))))
def test_no_bit_of_a_packet_does_harm_wherever_it_turns(byte):
    """Through the whole driver: numbers stay those of a limb at rest, times rise, two samples are lost at most."""
    for bit in range(8):
        clock, tape = SimulatedClock(1000.0), Tape()
        bus = EmulatedI2C(tape)
        source = Bno08x("thigh", "i2c-1", lambda bus=bus: bus, address=0x4A, clock=clock)
        source.open()
        samples = []
        for index in range(10):
            clock.advance(clock.now() + PERIOD_S)
            tape.packets.append(packet(index))
            tape.turn = (byte, bit) if index == 5 else None
            samples += source.read(clock.now())
        which = f"bit {bit} of byte {byte}"
        assert len(samples) >= 8, which
        assert all(a.t_s < b.t_s for a, b in pairwise(samples)), which
        for sample in samples:
            assert sample.accel_m_s2 == pytest.approx([v / 256 for v in ONE_G], abs=0.51), which
            assert sample.gyro_rad_s == pytest.approx([1 / 512, 0.0, -2 / 512], abs=0.13), which
            assert sample.quaternion_wxyz == pytest.approx([1.0, 0.0, 0.0, 0.0], abs=0.016), which
            assert 1000.0 < sample.t_s <= clock.now() + PERIOD_S, which


class TestWaiting:
    @pytest.fixture
    def suspect(self):
        """The guard while a sample waits that bears the mark."""
        flips = Flips(PERIOD_S, Counter())
        flips.take(limb(0, 0.0))
        self.sample = replace(limb(1, 0.0), accel_m_s2=(0.0, G + 32.0, 0.3))
        assert flips.take(self.sample) == []
        return flips

    def test_a_suspect_nobody_follows_is_let_through(self, suspect):
        assert suspect.release(0.03) == []
        assert suspect.release(0.036) == [self.sample]
        assert suspect.release(0.05) == []

    def test_who_comes_too_late_does_not_testify(self, suspect):
        assert suspect.take(limb(5, 0.0)) == [self.sample, limb(5, 0.0)]

    def test_a_restart_forgets_it(self, suspect):
        suspect.restart()
        assert suspect.release(1.0) == []
        assert suspect.take(limb(5, 0.0)) == [limb(5, 0.0)]
