"""The motion sensor's driver, at the level of bytes on the bus, with a clock the test turns."""

import math
import random
import struct
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.base import SensorAbsent, SensorState
from drivers.bno08x import Bno08x
from drivers.clock import SimulatedClock
from drivers.emulation.faults import Fault, Kind
from drivers.emulation.i2c import EmulatedI2C
from drivers.samples import ImuSample, Quality
from drivers.sensor_hub import MAX_PACKETS_PER_READ
from drivers.shtp import CargoError, parse_input

ACCEL, GYRO, GAME = 0x01, 0x02, 0x08
UPRIGHT = (0, 0, 0, 16384)
ONE_G = (0, 0, 2510)


def report(kind, values, sequence=0, accuracy=3, delay=0):
    head = bytes([kind, sequence & 0xFF, accuracy | (delay >> 8) << 2, delay & 0xFF])
    return head + struct.pack(f"<{len(values)}h", *values)


def cargo(*reports, base=0):
    return struct.pack("<Bi", 0xFB, base) + b"".join(reports)


def instant(number, accel=ONE_G, gyro=(0, 0, 0), turn=UPRIGHT, accuracy=3):
    parts = ((ACCEL, accel), (GYRO, gyro), (GAME, turn))
    return cargo(*(report(kind, values, number, accuracy) for kind, values in parts if values is not None))


class ScriptedChip:
    """A chip that sends exactly what a test wrote down, one packet after the other."""

    address = 0x4A

    def __init__(self):
        self.packets = []
        self.written = []

    def say(self, channel, payload):
        self.packets.append(struct.pack("<HBB", len(payload) + 4, channel, 0) + payload)

    def write(self, data):
        self.written.append(data)

    def read(self, count):
        data = self.packets[0] if self.packets else b""
        if count > 4 and self.packets:
            self.packets.pop(0)
        return data[:count].ljust(count, b"\0")


class Script:
    """The driver on a scripted chip."""

    def __init__(self, chip=None):
        self.clock = SimulatedClock(1000.0)
        self.chip = chip or ScriptedChip()
        bus = EmulatedI2C(self.chip)
        self.source = Bno08x("thigh", "i2c-1", lambda: bus, address=0x4A, clock=self.clock)
        self.source.open()

    def hear(self, *payloads):
        """Return the samples a read makes of input packets that arrive 10 ms after the last read."""
        self.clock.advance(self.clock.now() + 0.01)
        for payload in payloads:
            self.chip.say(3, payload)
        return list(self.source.read(self.clock.now()))

    def health(self):
        return self.source.health(self.clock.now())


@pytest.fixture
def script():
    return Script()


class TestSamples:
    def test_each_holds_the_truth_of_its_own_instant(self, bench):
        bench = bench()
        bench.source.open()
        samples = bench.run(2.0)
        assert len(samples) in (198, 199, 200)
        for sample in samples:
            assert isinstance(sample, ImuSample)
            truth = bench.chip._motion(sample.t_s)
            assert sample.accel_m_s2 == pytest.approx(truth.accel_m_s2, abs=0.006)
            assert sample.gyro_rad_s == pytest.approx(truth.gyro_rad_s, abs=0.003)
            assert sample.quaternion_wxyz == pytest.approx(truth.quaternion_wxyz, abs=2e-4)
            assert sample.quality is Quality.GOOD
        steps = [b.t_s - a.t_s for a, b in pairwise(samples)]
        assert steps == pytest.approx([0.01] * len(steps), abs=1.01e-4)
        assert bench.health().state is SensorState.LIVE
        assert bench.health().rate_hz == pytest.approx(100, abs=0.5)

    def test_a_backlog_comes_in_the_order_it_was_measured(self, bench):
        bench = bench()
        bench.source.open()
        bench.run(0.1)
        bench.wait(0.3)
        samples = bench.read()
        assert len(samples) == 30
        times = [sample.t_s for sample in samples]
        assert times == sorted(times)
        assert times[-1] == pytest.approx(bench.clock.now(), abs=0.011)
        for sample in samples:
            assert sample.gyro_rad_s[0] == pytest.approx(math.cos(sample.t_s), abs=0.003)

    def test_reports_the_host_was_too_late_for_leave_a_flagged_gap(self, bench):
        bench = bench()
        bench.source.open()
        bench.run(0.1)
        bench.wait(1.5)
        first, *others = bench.read()
        assert first.quality is Quality.GAP_BEFORE
        assert all(sample.quality is Quality.GOOD for sample in others)
        assert bench.health().errors["missed"] == bench.chip.dropped > 0

    def test_time_is_host_time_less_base_plus_rebase_and_delay(self):
        data = cargo(
            report(ACCEL, ONE_G, delay=0),
            report(ACCEL, ONE_G, delay=300),
            b"\xfa" + struct.pack("<i", 50),
            report(ACCEL, ONE_G, delay=20),
            base=1000,
        )
        assert [r.t_s for r in parse_input(data, 20.0)] == pytest.approx([19.9, 19.93, 19.907])

    def test_reports_nobody_asked_for_are_passed_over(self, script):
        script.hear()
        stray = bytes([0x10, 0, 0, 0, 0]) + bytes([0x07, *range(15)])
        (sample,) = script.hear(cargo(stray, report(ACCEL, ONE_G), report(GYRO, (1, 2, 3)), report(GAME, UPRIGHT)))
        assert sample.gyro_rad_s == (1 / 512, 2 / 512, 3 / 512)

    def test_parts_that_come_first_in_separate_packets_are_joined(self, script):
        (sample,) = script.hear(
            cargo(report(GYRO, (512, 0, 0))), cargo(report(GAME, UPRIGHT)), cargo(report(ACCEL, ONE_G))
        )
        assert sample.gyro_rad_s == (1.0, 0.0, 0.0)
        assert sample.quaternion_wxyz == (1.0, 0.0, 0.0, 0.0)

    def test_a_part_that_stays_away_is_none_and_delays_by_two_reads_at_most(self, script):
        script.hear(instant(0))
        assert script.hear(instant(1, gyro=None, turn=None)) == []
        late = script.hear(instant(2, gyro=None, turn=None)) + script.hear(instant(3, gyro=None, turn=None))
        assert [sample.gyro_rad_s is None for sample in late] == [False, True]  # within 1.5 periods, then not

    def test_low_accuracy_is_passed_on(self, script):
        (sample,) = script.hear(instant(0, accuracy=0))
        assert sample.quality is Quality.LOW_ACCURACY

    def test_the_end_of_the_range_is_flagged(self, script):
        (sample,) = script.hear(instant(0, accel=(20080, 0, 0)))
        assert sample.quality is Quality.SATURATED

    def test_what_cannot_be_is_refused(self, script):
        assert script.hear(instant(0, accel=(32767, 0, 0), gyro=None, turn=None)) == []
        assert script.hear(instant(1, gyro=(32767, 0, 0), turn=(0, 0, 0, 0))) == []
        (sample,) = script.hear() + script.hear()
        assert sample.quality is Quality.GAP_BEFORE
        assert sample.gyro_rad_s is None
        assert sample.quaternion_wxyz is None
        assert script.health().errors["implausible"] == 3

    @pytest.mark.parametrize("base", [-20_000, 200_000, 2**31 - 1, -(2**31)])
    def test_a_time_that_cannot_be_is_refused(self, script, base):
        good = instant(0)
        assert script.hear(good[:1] + struct.pack("<i", base) + good[5:]) == []
        assert script.health().errors["time"] == 3

    def test_a_sample_is_never_older_than_the_one_before(self, script):
        script.hear(instant(0))
        late = instant(1)
        assert script.hear(late[:1] + struct.pack("<i", 500) + late[5:]) == []
        assert script.health().errors["order"] == 1

    def test_the_same_bytes_for_two_seconds_are_a_frozen_sensor(self, script):
        for number in range(250):
            script.hear(instant(number))
        assert script.health().state is SensorState.FROZEN
        script.hear(instant(250, accel=(0, 0, 2511)))
        assert script.health().state is SensorState.LIVE


class TestStartAndLoss:
    def test_an_absent_chip_can_be_tried_again_until_it_is_there(self, bench):
        bench = bench()
        bench.bus.detach(0x4A)
        with pytest.raises(SensorAbsent, match=r"thigh.*0x4A.*i2c-1"):
            bench.source.open()
        assert bench.health().state is SensorState.ABSENT
        bench.bus.attach(bench.chip)
        bench.source.open()
        assert bench.health().state is SensorState.STARTING
        assert bench.run(0.1)

    def test_a_chip_that_answers_nothing_is_given_up(self, script):
        for _ in range(199):
            script.hear()
        script.clock.advance(script.clock.now() + 0.02)
        with pytest.raises(SensorAbsent, match="no reports"):
            script.hear()
        requests = [data for data in script.chip.written if data[4:5] == b"\xfd"]
        assert len(requests) in (9, 12)  # three reports, asked for every half second

    def test_a_restart_is_noticed_and_the_reports_asked_for_again(self, bench):
        bench = bench()
        bench.source.open()
        bench.run(1.0)
        bench.chip.reset()
        after = bench.run(0.2)
        assert len(after) >= 15
        assert after[0].quality is Quality.RESET_BEFORE
        assert after[1].quality is Quality.GOOD
        assert bench.health().resets == 1

    @pytest.mark.parametrize(
        "notice", [(0, b"\0" + bytes(200)), (2, bytes([0xF1, 0, 0x84, 0, 0, 0, 1]).ljust(16, b"\0")), (1, b"\x01")]
    )
    def test_any_one_of_the_three_notices_of_a_restart_is_enough(self, script, notice):
        script.hear(instant(0))
        script.chip.written.clear()
        script.chip.say(*notice)
        script.hear()
        assert [data[5] for data in script.chip.written if data[4] == 0xFD] == [ACCEL, GYRO, GAME]
        (sample,) = script.hear(instant(1))
        assert sample.quality & Quality.RESET_BEFORE
        assert script.health().resets == 1

    def test_a_gap_in_time_is_flagged_where_the_numbers_show_none(self, script):
        script.hear(instant(0))
        script.clock.advance(script.clock.now() + 0.2)
        (sample,) = script.hear(instant(1))
        assert sample.quality is Quality.GAP_BEFORE

    def test_a_transfer_that_was_held_up_does_not_make_the_samples_late(self, bench):
        def block(until_s):
            one.clock.advance(until_s)

        one = bench(faults=[Fault(Kind.HANG, "thigh", 1.0, 0.3)], chip={"block": block})
        one.source.open()
        one.run(0.98)
        one.wait(0.025)
        samples = one.read() + one.read() + one.read() + one.read()  # each read is bounded in time
        assert len(samples) == pytest.approx(32, abs=1)
        assert one.health().errors == {}

    def test_a_restart_nobody_heard_of_is_mended_by_asking_again(self, bench):
        bench = bench()
        bench.source.open()
        bench.run(1.0)
        bench.chip.reset()
        while bench.chip.read(300)[2] != 1:
            pass  # the notice goes by unheard
        assert len(bench.run(1.0)) >= 40

    def test_opening_again_marks_the_new_heading(self, bench):
        bench = bench()
        bench.source.open()
        bench.run(0.1)
        bench.source.close()
        bench.source.close()
        bench.wait(5.0)
        bench.source.open()
        assert bench.run(0.1)[0].quality is Quality.RESET_BEFORE

    def test_a_short_failure_of_the_bus_is_ridden_through(self, bench):
        bench = bench()
        bench.source.open()
        bench.run(0.2)
        bench.bus.detach(0x4A)
        assert bench.run(0.4) == []
        assert bench.health().errors["bus"] == 40
        bench.bus.attach(bench.chip)
        assert len(bench.run(0.1)) >= 10
        assert bench.health().state is SensorState.LIVE

    def test_a_chip_that_is_busy_starting_is_waited_for(self, bench):
        bench = bench()
        bench.source.open()
        bench.bus.detach(0x4A)
        assert bench.run(0.9) == []
        bench.bus.attach(bench.chip)
        assert len(bench.run(0.1)) >= 8

    def test_a_long_failure_of_the_bus_loses_the_sensor(self, bench):
        bench = bench()
        bench.source.open()
        bench.run(0.2)
        lost_s = bench.clock.now()
        bench.bus.detach(0x4A)
        with pytest.raises(SensorAbsent, match="bus fails"):
            bench.run(2.0)
        assert bench.clock.now() - lost_s < 0.55

    def test_silence_is_stale_after_half_a_second(self, bench):
        bench = bench()
        bench.source.open()
        bench.run(0.2)
        bench.wait(0.51)
        assert bench.health().state is SensorState.STALE
        assert bench.health().rate_hz == 0


class TestCorruption:
    def test_a_lost_top_bit_costs_one_packet_and_prints_nothing(self, script, capsys):
        script.hear(instant(0))
        broken = instant(1)
        assert script.hear(b"\x7b" + broken[1:]) == []
        (sample,) = script.hear(instant(2))
        assert sample.quality is Quality.GAP_BEFORE
        assert script.health().errors == {"packet": 1, "missed": 3}
        assert capsys.readouterr() == ("", "")

    @pytest.mark.parametrize("payload", [b"", b"\xfb\x00", instant(0)[:-3], instant(0) + b"\x77", b"\xff" * 60])
    def test_a_cargo_that_cannot_be_separated_is_refused_as_a_whole(self, payload):
        with pytest.raises(CargoError):
            parse_input(payload, 1.0)

    def test_a_floating_bus_is_no_data_and_no_noise_on_the_terminal(self, script, capsys):
        script.chip.packets = [b"\xff" * 8]
        assert script.hear() == []
        assert script.health().errors["header"] == 1
        assert capsys.readouterr() == ("", "")

    def test_a_bus_that_always_has_data_does_not_hold_the_thread(self):
        class Endless(ScriptedChip):
            reads = 0

            def read(self, count):
                self.reads += 1
                return (struct.pack("<HBB", 20, 2, 0) + bytes(16))[:count]

        endless = Script(Endless())
        endless.hear()
        assert endless.chip.reads == 3 * MAX_PACKETS_PER_READ

    def test_a_slow_bus_is_left_after_20_ms(self):
        class Slow(ScriptedChip):
            def read(self, count):
                clock.advance(clock.now() + 0.004)
                return (struct.pack("<HBB", 20, 2, 0) + bytes(16))[:count]

        slow = Script(Slow())
        clock = slow.clock
        start_s = clock.now()
        slow.hear()
        assert clock.now() - start_s < 0.01 + 0.02 + 0.013

    def test_a_header_that_grows_between_two_looks_does_not_bring_back_the_packet_before(self):
        class Growing(ScriptedChip):
            """Its header was corrupted when first read; the whole packet says how long it really is."""

            def read(self, count):
                data = super().read(count)
                return struct.pack("<HBB", 14, 3, 0) if count == 4 and self.grow and self.packets else data

        growing = Growing()
        growing.grow = False
        script = Script(growing)
        (first,) = script.hear(instant(0, accel=(0, 0, 2600)))
        growing.grow = True
        assert script.hear(instant(1)) == []
        assert script.health().errors["packet"] == 1
        growing.grow = False
        (sample,) = script.hear(instant(2))
        assert sample.accel_m_s2 != first.accel_m_s2

    def test_a_corrupted_sequence_number_does_not_claim_two_hundred_lost_reports(self, script):
        script.hear(instant(0))
        script.hear(instant(193))
        script.hear(instant(2))
        assert script.health().errors["missed"] <= 6

    def test_a_packet_longer_than_can_be_is_not_read_in_full(self, script):
        script.chip.packets = [struct.pack("<HBB", 30_000, 3, 0) + bytes(30_000)]
        assert script.hear() == []
        assert script.health().errors["packet"] == 1
        assert len(script.hear(instant(0))) == 1

    @settings(max_examples=60, deadline=None)
    @given(st.lists(st.tuples(st.integers(0, 255), st.binary(max_size=40)), max_size=8))
    def test_arbitrary_packets_never_get_through(self, packets):
        script = Script()
        for channel, payload in packets:
            script.chip.say(channel, payload)
        script.hear()
        script.chip.packets.clear()
        assert script.hear(instant(200))

    @settings(max_examples=60, deadline=None)
    @given(st.tuples(*[st.integers(-15_000, 15_000)] * 3), st.tuples(*[st.integers(-15_000, 15_000)] * 3))
    def test_every_value_in_range_is_read_back_exactly(self, accel, gyro):
        (sample,) = Script().hear(instant(0, accel=accel, gyro=gyro))
        assert sample.accel_m_s2 == tuple(value / 256 for value in accel)
        assert sample.gyro_rad_s == tuple(value / 512 for value in gyro)

    @pytest.mark.parametrize("seed", [1, 2])
    def test_one_flipped_bit_in_a_hundred_packets_costs_two_samples_in_a_hundred_at_most(self, bench, seed):
        bench = bench(noise=1.0)
        noisy = _FlippingBus(bench.bus, seed)
        bench.bus = noisy
        bench.source.open()
        samples = bench.run(60.0)
        assert noisy.flips > 100
        assert len(samples) >= 0.98 * 6000
        times = [sample.t_s for sample in samples]
        assert times == sorted(times)


class _FlippingBus:
    """A bus that flips one bit in 1 % of the packets it reads."""

    def __init__(self, bus, seed):
        self._bus = bus
        self._rng = random.Random(seed)
        self.flips = 0

    def __getattr__(self, name):
        return getattr(self._bus, name)

    def readfrom_into(self, address, buffer, *, start=0, end=None):
        self._bus.readfrom_into(address, buffer, start=start, end=end)
        stop = len(buffer) if end is None else end
        if any(buffer[start:stop]) and self._rng.random() < 0.01:
            self.flips += 1
            buffer[self._rng.randrange(start, stop)] ^= 1 << self._rng.randrange(8)
