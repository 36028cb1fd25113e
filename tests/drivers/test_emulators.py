"""The emulated chips against the facts of their data sheets, and against libraries that know the real ones."""

import statistics
import struct

import pytest
from adafruit_bno08x.i2c import BNO08X_I2C
from gpiozero import Device, OutputDevice, SPIDevice

from drivers.clock import SimulatedClock
from drivers.emulation.bno085 import QUEUE_TICKS, EmulatedBno085
from drivers.emulation.hx711 import EmulatedHx711
from drivers.emulation.i2c import EmulatedI2C
from drivers.emulation.imu_errors import ACCEL_NOISE_M_S2
from drivers.emulation.pins import QuietFactory, Stopwatch
from drivers.hx711_wires import ChannelGain

ACCEL, GYRO, GAME, ROTATION = 0x01, 0x02, 0x08, 0x05


def set_feature(feature, interval_us):
    return packet(2, bytes([0xFD, feature, 0, 0, 0]) + interval_us.to_bytes(4, "little") + bytes(8))


def packet(channel, payload):
    return struct.pack("<HBB", len(payload) + 4, channel, 0) + payload


def next_packet(chip):
    length = int.from_bytes(chip.read(4)[:2], "little") & 0x7FFF
    return chip.read(length) if length else b""


def drain(chip):
    packets = []
    while data := next_packet(chip):
        packets.append(data)
    return packets


def measurements(chip):
    """Every accelerometer report that waits as (time, sequence, z): base and delay taken apart by hand."""
    found = []
    while chip.read(4) != bytes(4):
        host_s = chip.interrupt_s
        data = next_packet(chip)
        assert data[2] == 3
        assert data[4] == 0xFB
        base_s = host_s - struct.unpack_from("<i", data, 5)[0] * 1e-4
        for at in range(9, len(data), 10):
            report, sequence, status, low = data[at : at + 4]
            assert report == ACCEL
            delay_s = ((status >> 2) << 8 | low) * 1e-4
            found.append((base_s + delay_s, sequence, struct.unpack_from("<h", data, at + 8)[0] / 256))
    return found


@pytest.fixture
def clock():
    return SimulatedClock(50.0)


@pytest.fixture
def chip(clock, truth):
    chip = EmulatedBno085(lambda t_s: truth((0.0, 0.0, t_s)), clock, noise=0.0)
    drain(chip)
    return chip


class TestBno085:
    def test_the_unchanged_adafruit_class_reads_the_truth_within_a_step(self, clock, truth):
        told = truth((1.25, -3.5, 9.1), (0.5, -0.25, 1.1), (0.5, 0.5, -0.5, 0.5))
        bno = BNO08X_I2C(EmulatedI2C(EmulatedBno085(lambda _t: told, clock, noise=0.0)))
        for feature in (ACCEL, GYRO, GAME, ROTATION):
            bno.enable_feature(feature, 10_000)
        clock.advance(clock.now() + 0.02)
        assert bno.acceleration == pytest.approx(told.accel_m_s2, abs=2**-8)
        assert bno.gyro == pytest.approx(told.gyro_rad_s, abs=2**-9)
        w, x, y, z = told.quaternion_wxyz
        assert bno.game_quaternion == pytest.approx((x, y, z, w), abs=2**-14)
        assert bno.quaternion == pytest.approx((x, y, z, w), abs=2**-14)
        bno.begin_calibration()

    def test_an_empty_address_is_not_acknowledged(self, clock, chip):
        bus = EmulatedI2C(chip)
        with pytest.raises(OSError, match="0x4B") as caught:
            bus.writeto(0x4B, b"")
        assert caught.value.errno == 121
        bus.writeto(0x4A, b"")
        bus.detach(0x4A)
        with pytest.raises(OSError, match="0x4A"):
            bus.readfrom_into(0x4A, bytearray(4))

    def test_the_bus_is_held_by_one_at_a_time(self, chip):
        bus = EmulatedI2C(chip)
        assert bus.try_lock()
        assert not bus.try_lock()
        bus.unlock()
        assert bus.try_lock()

    def test_after_a_reset_three_packets_wait_and_features_are_off(self, clock, chip):
        chip.write(set_feature(ACCEL, 10_000))
        chip.write(packet(1, b"\x01"))
        clock.advance(51.0)
        packets = drain(chip)
        assert [data[2] for data in packets] == [0, 2, 1]
        assert packets[1][4] == 0xF1
        assert packets[1][6] == 0x84
        assert packets[2][4:] == b"\x01"

    def test_reading_a_header_leaves_the_packet_where_it_is(self, chip):
        assert chip.read(4) == bytes(4)
        chip.write(packet(2, b"\xf9\x00"))
        assert chip.read(4) == chip.read(4) == struct.pack("<HBB", 20, 2, 1)
        assert chip.read(20)[4] == 0xF8
        drain(chip)
        assert chip.read(20) == bytes(20)

    def test_what_was_not_read_comes_later_marked_as_continued(self, chip):
        chip.write(packet(2, b"\xf9\x00"))
        first = chip.read(12)
        rest = next_packet(chip)
        assert int.from_bytes(rest[:2], "little") == 0x8000 | (20 - 12 + 4)
        assert len(first[4:] + rest[4:]) == 16

    def test_a_feature_is_agreed_to_or_refused_in_the_answer(self, chip):
        chip.write(set_feature(ACCEL, 10_000))
        chip.write(set_feature(0x1E, 10_000))
        agreed, refused = drain(chip)
        assert agreed[4:6] == bytes([0xFC, ACCEL])
        assert int.from_bytes(agreed[9:13], "little") == 10_000
        assert int.from_bytes(refused[9:13], "little") == 0

    def test_reports_come_at_their_own_interval_with_their_own_time(self, clock, chip):
        chip.write(set_feature(ACCEL, 10_000))
        drain(chip)
        found = []
        while clock.now() < 51.0:
            clock.advance(clock.now() + 0.037)  # a host that reads at odd moments
            found += measurements(chip)
        assert [sequence for _, sequence, _ in found] == [n % 256 for n in range(len(found))]
        assert len(found) in (100, 101, 102, 103)
        for number, (t_s, _, z) in enumerate(found):
            assert t_s == pytest.approx(50.0 + 0.01 * (number + 1), abs=1.01e-4)
            assert z == pytest.approx(50.0 + 0.01 * (number + 1), abs=2**-8)

    def test_an_interval_of_zero_ends_the_reports(self, clock, chip):
        chip.write(set_feature(ACCEL, 10_000))
        chip.write(set_feature(ACCEL, 0))
        drain(chip)
        clock.advance(52.0)
        assert drain(chip) == []

    def test_a_host_that_sleeps_loses_the_oldest_and_the_sequence_shows_it(self, clock, chip):
        chip.write(set_feature(ACCEL, 10_000))
        drain(chip)
        clock.advance(50.0 + 3600.0)
        found = measurements(chip)
        assert len(found) == QUEUE_TICKS
        assert chip.dropped == 360_000 - QUEUE_TICKS
        assert found[0][1] == (360_000 - QUEUE_TICKS) % 256
        assert found[-1][0] == pytest.approx(clock.now(), abs=2e-4)

    def test_noise_is_as_large_as_stated_and_repeats_with_its_seed(self, truth):
        def z_values(seed):
            clock = SimulatedClock()
            chip = EmulatedBno085(lambda _t: truth(), clock, seed=seed)
            drain(chip)
            chip.write(set_feature(ACCEL, 10_000))
            drain(chip)
            found = []
            for _ in range(100):
                clock.advance(clock.now() + 0.3)
                found += measurements(chip)
            return [z for _, _, z in found]

        first = z_values(3)
        assert statistics.stdev(first) == pytest.approx(ACCEL_NOISE_M_S2, rel=0.1)
        assert first == z_values(3)
        assert first != z_values(4)


class Cell:
    """An emulated converter and bare pins to clock it by hand."""

    CLOCK, DATA = 5, 6

    def __init__(self, count=0, rate_hz=80, **kwargs):
        self.clock = SimulatedClock(10.0)
        self.factory = QuietFactory()
        self.count = count
        self.pulse_s = 0.0
        self.stopwatch = Stopwatch()
        self.chip = EmulatedHx711(
            self.factory, self.CLOCK, self.DATA, force=lambda _t: self.count, clock=self.clock, newton_per_count=1.0,
            sample_rate_hz=rate_hz, noise=0.0, stopwatch=self.stopwatch, **kwargs,
        )  # fmt: skip
        self.line = OutputDevice(self.CLOCK, pin_factory=self.factory)
        self.data = self.factory.pin(self.DATA)

    def settle(self, conversions=10):
        self.clock.advance(self.clock.now() + conversions / 80)
        return self

    def word(self, pulses=25):
        bits = []
        for _ in range(pulses):
            self.line.on()
            self.stopwatch.passed(self.pulse_s)
            bits.append(int(self.data.state))
            self.line.off()
        value = int("".join(map(str, bits[:24])), 2)
        return value - (1 << 24) if value >> 23 else value


class TestHx711:
    @pytest.mark.parametrize("count", [0, 1, -2, 12345, -12345, 0x7FFFFF, -0x800000])
    def test_a_word_of_25_pulses_carries_the_count(self, count):
        assert Cell(count).settle().word() == count

    def test_a_force_beyond_the_range_stays_at_its_end(self):
        assert Cell(9e6).settle().word() == 0x7FFFFF
        assert Cell(-9e6).settle().word() == -0x800000

    def test_data_is_high_until_a_conversion_is_ready_and_after_it_was_read(self):
        cell = Cell(5)
        assert cell.data.state
        cell.settle()
        assert not cell.data.state
        cell.word()
        assert cell.data.state
        cell.settle(1)
        assert not cell.data.state

    def test_an_unread_conversion_is_replaced_by_the_newer_one(self):
        cell = Cell(5).settle()
        assert not cell.data.state
        cell.count = 6
        assert cell.settle(1).word() == 6
        assert cell.data.state

    @pytest.mark.parametrize(("pulses", "factor"), [(25, 1.0), (26, 0.0), (27, 0.5)])
    def test_extra_pulses_choose_channel_and_gain_of_the_next_conversions(self, pulses, factor):
        cell = Cell(4000).settle()
        assert cell.word(pulses) == 4000
        after = [cell.settle(1).word(pulses) for _ in range(6)]
        assert after[-1] == 4000 * factor
        assert (after[0] == 4000) is (pulses == 25)  # another gain takes four conversions to settle

    @pytest.mark.parametrize(("wired", "pulses"), [("A128", 25), ("B32", 26), ("A64", 27)])
    def test_the_cell_may_be_wired_for_any_channel_and_gain(self, wired, pulses):
        cell = Cell(4000, channel_gain=ChannelGain[wired]).settle()
        assert [cell.settle(1).word(pulses) for _ in range(7)][-1] == 4000

    def test_a_pulse_over_60_us_switches_off_and_the_chip_settles_anew_at_gain_128(self):
        cell = Cell(4000).settle()
        cell.word(27)
        cell.pulse_s = 61e-6
        cell.settle(1).word()
        cell.pulse_s = 0.0
        assert cell.data.state
        assert cell.settle(2).word() < 4000
        assert cell.settle(6).word() == 4000

    def test_a_pulse_of_59_us_is_allowed(self):
        cell = Cell(4000).settle()
        cell.pulse_s = 59e-6
        assert cell.word() == 4000
        assert cell.settle(1).word() == 4000

    def test_clocked_while_busy_it_gives_ones_and_takes_the_pulses_for_a_gain(self):
        cell = Cell(4000).settle()
        cell.word()
        assert cell.word() == -1
        assert cell.settle(1).word() != 4000
        assert cell.settle(6).word() == 4000

    @pytest.mark.parametrize("rate_hz", [10, 80])
    def test_conversions_come_at_the_boards_rate(self, rate_hz):
        cell = Cell(1, rate_hz)
        ready = 0
        for _ in range(2000):
            cell.clock.advance(cell.clock.now() + 0.001)
            if not cell.data.state:
                ready += 1
                cell.word()
        assert ready in (2 * rate_hz - 1, 2 * rate_hz)

    def test_reading_word_after_word_leaves_no_trace_in_memory(self):
        cell = Cell(1).settle()
        for _ in range(500):
            cell.settle(1).word()
        assert all(len(pin.states) <= 2 for pin in cell.factory.pins.values())

    def test_gpiozeros_own_software_spi_reads_the_same_value(self, monkeypatch):
        class GpiozeroSpi(QuietFactory):
            def _get_spi_class(self, shared, hardware):
                return super(QuietFactory, self)._get_spi_class(shared, hardware)

        factory, clock = GpiozeroSpi(), SimulatedClock()
        monkeypatch.setattr(Device, "pin_factory", factory)
        EmulatedHx711(factory, 10, 9, force=lambda _t: -77777, clock=clock, newton_per_count=1.0, noise=0.0)
        clock.advance(1.0)
        with SPIDevice(clock_pin=11, mosi_pin=10, miso_pin=9, select_pin=8, pin_factory=factory) as device:
            bits = "".join(f"{byte:08b}" for byte in device._spi.transfer([0xAA] * 6 + [0x80]))
        # The chip puts a bit out when MOSI rises, and the port looks while it is still high.
        assert int(bits[0:48:2], 2) - (1 << 24) == -77777
