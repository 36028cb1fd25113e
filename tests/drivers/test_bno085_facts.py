"""The emulated motion chip against what is known of the real one, and its faults against what each one means."""

import errno
import struct
import threading

import pytest
from adafruit_bno08x.i2c import BNO08X_I2C

from drivers.clock import SimulatedClock, SystemClock
from drivers.emulation import sh2
from drivers.emulation.bno085 import BOOT_S, EmulatedBno085
from drivers.emulation.faults import Fault, FaultScript, Kind
from drivers.emulation.i2c import EmulatedI2C
from drivers.emulation.pins import QuietFactory
from drivers.emulation.wire import Wire
from drivers.shtp import parse_input

START_S = 50.0


def packet(channel, payload):
    return struct.pack("<HBB", len(payload) + 4, channel, 0) + payload


def set_feature(feature, interval_us, batch_us=0):
    return packet(2, struct.pack("<BBBHIII", 0xFD, feature, 0, 0, interval_us, batch_us, 0))


def command(number, *parameters, sequence=9):
    return packet(2, bytes([0xF2, sequence, number, *parameters]).ljust(12, b"\0"))


class Told:
    """A chip, a clock, and a host that reads as the libraries do: a header, then the whole."""

    def __init__(self, truth, *faults, features=(1,), interval_us=10_000, **kwargs):
        self.clock = SimulatedClock(START_S)
        script = FaultScript(tuple(faults), begin_s=START_S)
        kwargs.setdefault("noise", 0.0)
        self.chip = EmulatedBno085(
            lambda t_s: truth((0.0, 0.0, t_s)), self.clock, name="imu", faults=script, **kwargs
        )
        self.drain()
        for feature in features:
            self.chip.write(set_feature(feature, interval_us))
        self.drain()

    def go(self, seconds):
        self.clock.advance(self.clock.now() + seconds)
        return self

    def next(self):
        length = int.from_bytes(self.chip.read(4)[:2], "little") & 0x7FFF
        return self.chip.read(length) if length else b""

    def drain(self, limit=200):
        packets = []
        while len(packets) < limit and (data := self.next()):
            packets.append(data)
        return packets

    def z_values(self):
        """The accelerometer's z of every report that waits."""
        reports = [report for data in self.drain() for report in parse_input(data[4:], 0.0)]
        return [report.values[2] / 256 for report in reports]


@pytest.fixture
def told(truth):
    return lambda *faults, **kwargs: Told(truth, *faults, **kwargs)


class TestFacts:
    def test_the_advertisement_names_the_chips_channels(self, truth):
        chip = EmulatedBno085(lambda _t: truth(), SimulatedClock())
        length = int.from_bytes(chip.read(4)[:2], "little")
        said = chip.read(length)[4:]
        assert 260 <= len(said) <= 280
        assert said[0] == 0
        tags, at = [], 1
        while at < len(said) and said[at]:
            tags.append((said[at], said[at + 2 : at + 2 + said[at + 1]]))
            at += 2 + said[at + 1]
        names = [value for tag, value in tags if tag == 9]
        channels = [value[0] for tag, value in tags if tag == 6]
        assert dict(zip(names, channels, strict=True))[b"inputNormal\0"] == 3
        assert sorted(channels) == [0, 1, 2, 3, 4, 5]

    def test_a_product_id_request_is_answered_once_per_part_of_the_software(self, told):
        chip = told()
        chip.chip.write(packet(2, b"\xf9\x00"))
        answers = chip.drain()
        assert len(answers) == 4
        assert all(len(data) == 20 and data[4] == 0xF8 for data in answers)
        assert len({data[8:12] for data in answers}) == 4  # different part numbers

    def test_packets_are_numbered_for_each_channel_by_itself(self, truth):
        chip = Told(truth)
        chip.go(0.05)
        chip.chip.write(packet(2, b"\xf9\x00"))
        numbers = {}
        for _ in range(300):
            chip.go(0.01)
            for data in chip.drain():
                numbers.setdefault(data[2], []).append(data[3])
        assert set(numbers) == {2, 3}
        for found in numbers.values():
            assert found == [(found[0] + n) & 0xFF for n in range(len(found))]

    def test_the_calibration_is_switched_asked_for_and_saved(self, told):
        chip = told()
        chip.chip.write(command(7, 1, 1, 0, 0, sequence=4))
        (answer,) = chip.drain()
        assert (answer[4], answer[6], answer[7], answer[9]) == (0xF1, 7, 4, 0)
        chip.chip.write(command(7, 0, 0, 0, 1))
        (answer,) = chip.drain()
        assert tuple(answer[10:13]) == (1, 1, 0)
        chip.chip.write(command(6))
        (answer,) = chip.drain()
        assert (answer[6], answer[9]) == (6, 0)
        assert chip.chip.saves == 1
        chip.chip.save_status = 1
        chip.chip.write(command(6))
        assert chip.drain()[0][9] == 1
        assert chip.chip.saves == 1

    def test_a_batch_waits_for_its_interval_and_a_long_one_moves_its_base(self, told):
        chip = told(features=())
        chip.chip.write(set_feature(1, 500_000, batch_us=3_000_000))
        chip.drain()
        assert chip.go(2.9).drain() == []
        (data,) = chip.go(0.7).drain()
        times = [report.t_s for report in parse_input(data[4:], START_S + 3.6)]
        assert times == pytest.approx([START_S + 0.5 * n for n in range(1, 8)], abs=2e-4)
        assert b"\xfa" in data

    def test_the_base_counts_from_the_interrupt_which_is_given_again_every_10_ms(self, told):
        chip = told()
        chip.go(0.0137)
        assert chip.chip.read(4) != bytes(4)
        assert chip.chip.interrupt_s == pytest.approx(START_S + 0.01)
        chip.drain()
        chip.go(0.0337)  # to 47.4 ms; measured at 20 ms, so again at 30 and 40
        chip.chip.read(4)
        assert chip.chip.interrupt_s == pytest.approx(START_S + 0.04)

    def test_the_interrupt_line_falls_at_that_moment_and_rises_when_the_packet_is_read(self, truth):
        pins, edges = QuietFactory(), []
        chip = Told(truth, pins=pins, int_pin=17)

        def note(ticks, state):
            edges.append((ticks, state))

        pin = pins.pin(17)
        pin.edges, pin.when_changed = "falling", note
        chip.go(0.0137).drain()
        assert edges == [(pytest.approx(START_S + 0.01), False)]
        assert pin.state

    def test_while_it_boots_it_acknowledges_nothing(self, told):
        chip = told(boot_s=BOOT_S)
        chip.chip.reset()
        with pytest.raises(OSError, match="starting") as caught:
            chip.chip.read(4)
        assert caught.value.errno == errno.EREMOTEIO
        assert [data[2] for data in chip.go(BOOT_S).drain()] == [0, 2, 1]

    def test_the_reset_line_restarts_it_when_it_is_let_go(self, truth):
        pins = QuietFactory()
        chip = Told(truth, pins=pins, reset_pin=4)
        pin = pins.pin(4)
        pin.function = "output"
        pin.state = False
        with pytest.raises(OSError, match="acknowledge"):
            chip.chip.read(4)
        pin.state = True
        assert [data[2] for data in chip.drain()] == [0, 2, 1]
        assert chip.chip.hard_resets == 1

    @pytest.mark.parametrize("feature", sorted(sh2.MEASURED))
    def test_every_report_has_the_length_the_protocol_gives_it(self, told, feature):
        chip = told(features=(feature, 1))
        (data,) = chip.go(0.0101).drain()
        assert len(data) == 4 + 5 + sum(sh2.LENGTHS[one] for one in {feature, 1})
        assert [report.report_id for report in parse_input(data[4:], 0.0)][-1:] == [1]

    def test_a_tap_and_a_finished_flush_are_events(self, told):
        chip = told()
        chip.chip.tap()
        chip.chip.write(packet(2, b"\xf0\x01"))
        tap, flushed = chip.drain()
        assert (tap[9], len(tap)) == (0x10, 4 + 5 + 5)
        assert flushed[9:] == b"\xef\x01"

    def test_the_unchanged_library_stumbles_over_reports_it_does_not_know_as_over_the_real_chips(self, truth):
        clock = SimulatedClock(START_S)
        chip = EmulatedBno085(lambda _t: truth(), clock, noise=0.0)
        bno = BNO08X_I2C(EmulatedI2C(chip))
        for feature in (0x07, 0x0F, 0x28):
            chip.write(set_feature(feature, 10_000))
            clock.advance(clock.now() + 0.1)
            with pytest.raises(KeyError, match=str(feature)):
                bno.acceleration  # noqa: B018 - the property reads the bus
            chip.write(set_feature(feature, 0))
            while chip.read(300) != bytes(300):
                pass

    def test_the_unchanged_library_calibrates_and_saves(self, truth):
        chip = EmulatedBno085(lambda _t: truth(), SystemClock(), noise=0.0)
        bno = BNO08X_I2C(EmulatedI2C(chip))
        bno.begin_calibration()
        assert chip.calibrating == (True, True, True)
        bno.save_calibration_data()
        assert chip.saves == 1

    def test_a_bus_with_a_clock_takes_the_time_of_its_bits(self, truth):
        class Stepped:
            now_s = 0.0

            def now(self):
                return self.now_s

            def sleep_until(self, t_s):
                self.now_s = max(self.now_s, t_s)

        clock = Stepped()
        bus = EmulatedI2C(EmulatedBno085(lambda _t: truth(), clock), clock=clock, baudrate_hz=100_000)
        bus.readfrom_into(0x4A, bytearray(4))
        assert clock.now_s == bus.busy_s == pytest.approx(5 * 9 / 100_000)  # 0.45 ms: the empty poll of PLATFORM


class TestFaults:
    def test_bits_flip_in_the_share_of_packets_that_was_asked_for(self, told):
        clean, noisy = told(), told(Fault(Kind.BIT_ERRORS, "imu", 0.0, size=0.2))
        wrong = 0
        for _ in range(1000):
            (true,) = clean.go(0.01).drain()
            noisy.go(0.01).chip.read(4), noisy.chip.read(4)  # as the library: the header twice
            got = noisy.chip.read(len(true))
            wrong += got != true
            assert sum((a ^ b).bit_count() for a, b in zip(got, true, strict=True)) <= 1
        assert wrong == pytest.approx(200 * 19 / 27, rel=0.25)  # the other flips hit the headers read before

    def test_nothing_acknowledges_during_a_burst_and_all_of_it_does_after(self, told):
        chip = told(Fault(Kind.NACK, "imu", 1.0, 0.5))
        chip.go(1.0)
        for transfer in (lambda: chip.chip.read(4), lambda: chip.chip.write(b"")):
            with pytest.raises(OSError, match="acknowledge") as caught:
                transfer()
            assert caught.value.errno == 121
        assert chip.go(0.5).drain()

    def test_a_share_of_the_transfers_can_go_unacknowledged(self, told):
        chip = told(Fault(Kind.NACK, "imu", 1.0, size=0.3)).go(1.0)
        lost = 0
        for _ in range(1000):
            try:
                chip.chip.read(4)
            except OSError:
                lost += 1
        assert lost == pytest.approx(300, rel=0.2)

    def test_a_held_clock_line_blocks_the_transfer_until_the_fault_is_over(self, truth):
        waits = []

        def block(until_s):
            waits.append(until_s)
            chip.clock.advance(until_s)

        chip = Told(truth, Fault(Kind.HANG, "imu", 1.0, 10.0), block=block)
        chip.go(1.5).chip.read(4)
        assert waits == [START_S + 11.0]

    def test_a_transfer_can_be_stuck_for_good(self, truth):
        stuck, let_go = threading.Event(), threading.Event()

        def block(_until_s):
            stuck.set()
            let_go.wait()

        chip = Told(truth, Fault(Kind.HANG, "imu", 1.0), block=block).go(2.0)
        errors = []

        def host():
            try:
                chip.chip.read(4)
            except OSError as exc:
                errors.append(exc.errno)

        thread = threading.Thread(target=host, daemon=True)
        thread.start()
        assert stuck.wait(5.0)
        assert thread.is_alive()
        let_go.set()
        thread.join(5.0)
        assert errors == [errno.ETIMEDOUT]

    def test_endless_data_never_runs_dry_and_the_measurements_still_come(self, told):
        chip = told(Fault(Kind.ENDLESS, "imu", 0.0, 1.0))
        packets = chip.go(0.05).drain(limit=50)
        assert len(packets) == 50
        assert sum(len(parse_input(data[4:], 0.0)) for data in packets) == 5
        assert len(chip.go(2.0).drain()) < 50

    def test_a_silent_chip_answers_with_nothing_and_loses_what_it_would_have_measured(self, told):
        chip = told(Fault(Kind.SILENCE, "imu", 0.105, 1.0))
        assert len(chip.go(0.1).z_values()) == 10
        assert chip.go(0.5).drain() == []
        first, *_ = chip.go(0.6).z_values()
        assert first == pytest.approx(START_S + 1.11, abs=0.004)

    def test_a_frozen_chip_repeats_a_value_under_new_numbers(self, told):
        chip = told(Fault(Kind.FREEZE, "imu", 1.0, 1.0))
        chip.go(0.9).drain()
        chip.go(0.1).drain()
        chip.go(0.3)
        reports = [one for data in chip.drain() for one in parse_input(data[4:], 0.0)]
        assert len({one.values for one in reports}) == 1
        assert len({one.sequence for one in reports}) == len(reports) == 30

    def test_a_self_reset_happens_once_and_switches_the_reports_off(self, told):
        chip = told(Fault(Kind.SELF_RESET, "imu", 1.0))
        chip.go(1.2)
        assert [data[2] for data in chip.drain()] == [0, 2, 1]
        assert chip.go(1.0).drain() == []

    def test_a_plug_that_comes_back_finds_a_chip_that_starts_anew(self, told):
        chip = told(Fault(Kind.UNPLUG, "imu", 1.0, 5.0)).go(3.0)
        with pytest.raises(OSError, match="acknowledge"):
            chip.chip.read(4)
        assert [data[2] for data in chip.go(4.0).drain()] == [0, 2, 1]

    def test_bad_values_are_impossible_or_owned_up_to_by_the_chip(self, told):
        chip = told(Fault(Kind.BAD_VALUE, "imu", 0.0, size=0.25), features=(1, 2, 8))
        reports = []
        for _ in range(100):
            chip.go(0.1)
            reports += [one for data in chip.drain() for one in parse_input(data[4:], 0.0)]
        bad = [one for one in reports if one.accuracy == 0]
        assert len(bad) == pytest.approx(0.25 * len(reports), rel=0.15)
        assert any(set(one.values) == {-32768} for one in bad)
        assert any(one.values == (0, 0, 0, 0) for one in bad if one.report_id == 8)

    def test_the_rate_falls_to_the_share_asked_for(self, told):
        chip = told(Fault(Kind.RATE_DROP, "imu", 0.0, 10.0, size=0.4))
        count = 0
        for _ in range(100):
            count += len(chip.go(0.1).z_values())
        assert count == pytest.approx(400, abs=2)

    def test_the_same_script_gives_the_same_bytes(self, told):
        def run(seed):
            chip = told(*(Fault(kind, "imu", 0.0, size=0.5, seed=seed) for kind in (Kind.BIT_ERRORS, Kind.BAD_VALUE)))
            return [chip.go(0.01).drain(limit=5) for _ in range(100)]

        assert run(1) == run(1)
        assert run(1) != run(2)

    @pytest.mark.parametrize("kind", [Kind.BIT_ERRORS, Kind.BAD_VALUE])
    def test_each_kind_has_random_numbers_of_its_own_seed(self, told, kind):
        def run(seed):
            chip = told(Fault(kind, "imu", 0.0, size=0.5, seed=seed))
            return [chip.go(0.01).drain(limit=5) for _ in range(50)]

        assert run(1) != run(2)


def test_a_wire_without_faults_lets_everything_pass():
    wire = Wire("imu", FaultScript(), SimulatedClock())
    wire.reach()
    wire.begin_packet(8)
    assert wire.restart_s() is None
    assert wire.carry(b"as it was") == b"as it was"
