"""The NAU7802: the emulated chip against its data sheet, and the driver on the library and that chip."""

import math
import threading

import pytest
from cedargrove_nau7802 import NAU7802
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.base import SensorAbsent, SensorState
from drivers.clock import SimulatedClock
from drivers.emulation import nau7802 as facts
from drivers.emulation.faults import NO_FAULTS, Fault, FaultScript, Kind
from drivers.emulation.i2c import EmulatedI2C
from drivers.emulation.nau7802 import EmulatedNau7802
from drivers.factory import parse_sensors
from drivers.load_cell import SNAP_OFF, LoadCalibration
from drivers.nau7802 import RATES_HZ, Nau7802
from drivers.samples import Quality

CALIBRATION = LoadCalibration(zero_count=1000, newton_per_count=0.0005)
START_S = 1000.0
WARMING = Quality.WARMING_UP


class Chip:
    """The emulated chip alone, register by register."""

    def __init__(self, count=1234, **kwargs):
        self.clock = SimulatedClock(10.0)
        self.count = count
        self.chip = EmulatedNau7802(
            lambda _t: self.count, self.clock, newton_per_count=1.0, noise=0.0, **kwargs
        )  # fmt: skip

    def put(self, register, value):
        self.chip.write(bytes([register, value]))

    def get(self, register, count=1):
        self.chip.write(bytes([register]))
        return int.from_bytes(self.chip.read(count), "big")

    def wait(self, seconds):
        self.clock.advance(self.clock.now() + seconds)

    def start(self, rate_bits=3, gain_bits=7):
        self.put(facts.POWER, facts.RESET)
        self.put(facts.POWER, facts.DIGITAL)
        self.get(facts.POWER)
        self.put(facts.CONTROL_1, gain_bits)
        self.put(facts.CONTROL_2, rate_bits << 4 | facts.CALIBRATE)
        self.wait(0.5)
        self.get(facts.CONTROL_2)
        self.put(facts.POWER, facts.DIGITAL | facts.ANALOG | facts.START)
        self.wait(1.0)
        return self

    @property
    def ready(self):
        return bool(self.get(facts.POWER) & facts.READY)


class TestChip:
    def test_it_comes_up_after_a_moment_and_only_then_knows_its_number(self):
        chip = Chip()
        chip.put(facts.POWER, facts.DIGITAL)
        assert not chip.get(facts.REVISION_ID) & 0xF
        seen = [chip.get(facts.POWER) for _ in range(3)]
        assert seen[-1] & facts.UP
        assert chip.get(facts.REVISION_ID) & 0xF == 0xF

    def test_nothing_is_converted_before_cycle_start(self):
        chip = Chip().start()
        assert chip.ready
        chip.put(facts.POWER, facts.DIGITAL | facts.ANALOG)
        chip.get(facts.RESULT, 3)
        chip.wait(1.0)
        assert not chip.ready

    def test_the_ready_bit_falls_when_the_conversion_is_read(self):
        chip = Chip().start()
        assert chip.ready
        assert chip.ready
        assert chip.get(facts.RESULT, 3) == 1234
        assert not chip.ready
        chip.wait(1 / 80)
        assert chip.ready

    @pytest.mark.parametrize(("bits", "rate_hz"), facts.RATES_HZ.items())
    def test_conversions_come_at_the_chosen_rate(self, bits, rate_hz):
        chip = Chip().start(bits)
        found = 0
        for _ in range(4000):
            chip.wait(0.0005)
            if chip.ready:
                chip.get(facts.RESULT, 3)
                found += 1
        assert found in (2 * rate_hz, 2 * rate_hz + 1)

    @pytest.mark.parametrize("bits", range(8))
    def test_the_count_goes_with_the_gain(self, bits):
        assert Chip(128_000).start(gain_bits=bits).get(facts.RESULT, 3) == 1000 * 2**bits

    def test_reset_forgets_everything(self):
        chip = Chip().start()
        chip.put(facts.POWER, facts.RESET)
        assert [chip.get(register) for register in (facts.CONTROL_1, facts.CONTROL_2)] == [0, 0]

    def test_without_its_own_calibration_the_amplifier_is_off(self):
        chip = Chip(count=0)
        chip.put(facts.POWER, facts.DIGITAL | facts.ANALOG | facts.START)
        chip.put(facts.CONTROL_1, 7)
        chip.wait(2.0)
        chip.get(facts.POWER)
        assert chip.get(facts.RESULT, 3) == facts.OFFSET_COUNTS

    def test_calibration_takes_its_time_and_tells_when_it_fails(self):
        chip = Chip()
        chip.chip.calibration_fails = True
        chip.put(facts.POWER, facts.DIGITAL | facts.ANALOG)
        chip.put(facts.CONTROL_2, 3 << 4 | facts.CALIBRATE)
        chip.get(facts.POWER)
        assert chip.get(facts.CONTROL_2) & facts.CALIBRATE
        chip.wait(0.06)
        assert chip.get(facts.CONTROL_2) & (facts.CALIBRATE | facts.CALIBRATION_ERROR) == facts.CALIBRATION_ERROR

    def test_there_is_only_one_address(self):
        assert Chip().chip.address == 0x2A

    def test_the_librarys_own_read_doubles_the_count(self):
        """Why the driver does not use it."""

        class Quick(NAU7802):
            def reset(self):
                self._pu_digital = True
                return True

            def enable(self, power=True):
                self._pu_analog = power
                self._pu_cycle_start = True
                return True

        clock = SimulatedClock()
        chip = EmulatedNau7802(lambda _t: 123_456 - facts.OFFSET_COUNTS, clock, newton_per_count=1.0, noise=0.0)
        library = Quick(EmulatedI2C(chip))
        clock.advance(2.0)
        assert library.available()
        assert library.read() == 2 * 123_456


class Cell:
    """An emulated chip on a bus, and the driver that reads it."""

    def __init__(self, force=lambda _t: 100.0, calibration=CALIBRATION, rate_hz=80, noise=0.0, faults=(), **chosen):
        self.clock = SimulatedClock(START_S)
        self.chip = EmulatedNau7802(
            force, self.clock, newton_per_count=0.0005, zero_count=1000, noise=noise, seed=3, name="band",
            faults=FaultScript(tuple(faults), begin_s=START_S) if faults else NO_FAULTS, **chosen,
        )  # fmt: skip
        self.bus = EmulatedI2C(self.chip)
        self.source = Nau7802(
            "band", "i2c-1", lambda: self.bus, clock=self.clock, sample_rate_hz=rate_hz, calibration=calibration,
            **chosen,
        )  # fmt: skip

    def run(self, seconds):
        """Read as a reader does: opened again a quarter of a second after it was lost."""
        samples, until_s = [], self.clock.now() + seconds - 1e-9
        while self.clock.now() < until_s:
            self.clock.advance(self.clock.now() + self.source.period_s)
            try:
                if self.source._chip is None:
                    self.source.open()
                samples += self.source.read(self.clock.now())
            except SensorAbsent:
                self.source.close()
                self.clock.advance(self.clock.now() + 0.25)
        return samples

    def health(self):
        return self.source.health(self.clock.now())


class TestDriver:
    @pytest.mark.parametrize("rate_hz", RATES_HZ)
    def test_the_force_is_read_back_at_every_rate(self, rate_hz):
        cell = Cell(force=lambda t_s: 100 * math.sin(t_s), rate_hz=rate_hz)
        samples = cell.run(4.0)
        assert len(samples) >= 4.0 * rate_hz - 14
        for sample in samples:
            assert sample.force_n == pytest.approx(100 * math.sin(sample.t_s), abs=100 * cell.source.period_s + 0.001)
            assert sample.quality is WARMING
        assert cell.health().state is SensorState.LIVE
        assert cell.health().rate_hz == pytest.approx(rate_hz, rel=0.01)
        assert (SNAP_OFF in cell.health().limits) is (rate_hz < 60)

    @settings(max_examples=40, deadline=None)
    @given(st.integers(-0x7FFFFF, 0x7FFFFE).filter(lambda count: count & (count + 1) != 0))
    def test_every_count_is_read_as_it_is(self, count):
        cell = Cell(force=lambda _t: (count - 1000) * 0.0005, calibration=None)
        samples = cell.run(0.3)
        assert samples[-1].force_n == count
        assert samples[-1].quality is Quality.UNCALIBRATED | WARMING

    @pytest.mark.parametrize(("gain", "channel"), [(1, 1), (64, 2), (128, 2)])
    def test_gain_and_channel_are_chosen(self, gain, channel):
        samples = Cell(gain=gain, channel=channel).run(1.0)
        assert len(samples) > 60
        assert all(sample.force_n == pytest.approx(100.0) for sample in samples)

    @pytest.mark.parametrize("force_n", [1e5, -1e5])
    def test_the_end_of_the_range_is_flagged_from_the_first_sample_on(self, force_n):
        samples = Cell(force=lambda t_s: force_n if t_s > START_S + 1 else 5.0).run(2.0)
        after = [sample for sample in samples if sample.t_s > START_S + 1]
        assert len(after) > 70
        assert all(sample.quality & Quality.SATURATED for sample in after)

    def test_no_chip_is_absent(self):
        cell = Cell()
        cell.bus.detach(0x2A)
        with pytest.raises(SensorAbsent, match=r"band: no load cell converter at 0x2A on i2c-1"):
            cell.source.open()

    def test_another_chip_at_its_address_is_refused(self):
        class Other:
            address = 0x2A

            def write(self, data):
                pass

            def read(self, count):
                return bytes([0x08] * count)

        source = Nau7802("band", "i2c-1", lambda: EmulatedI2C(Other()), clock=SimulatedClock())
        with pytest.raises(SensorAbsent, match=r"it says revision 8, expected 15"):
            source.open()

    def test_an_amplifier_that_cannot_be_calibrated_is_told(self):
        cell = Cell()
        cell.chip.calibration_fails = True
        cell.source.open()
        cell.clock.advance(START_S + 0.2)
        with pytest.raises(SensorAbsent, match=r"band: its amplifier cannot be calibrated"):
            cell.source.read(cell.clock.now())

    def test_opening_takes_no_time(self):
        cell = Cell()
        cell.source.open()
        assert cell.clock.now() == START_S

    def test_closed_twice_and_opened_again_it_goes_on(self):
        cell = Cell()
        cell.run(0.5)
        cell.source.close()
        cell.source.close()
        assert cell.health().state is SensorState.ABSENT
        assert cell.run(0.5)[0].quality & Quality.GAP_BEFORE

    def test_two_on_one_bus_are_refused(self):
        table = {"chip": "nau7802", "place": "band", "bus": "i2c-1"}
        with pytest.raises(ValueError, match="uses address 0x2A on bus 'i2c-1'"):
            parse_sensors({"a": table, "b": {**table, "place": "foot"}}, "station.toml")
        assert len(parse_sensors({"a": table, "b": {**table, "bus": "i2c-3"}}, "station.toml")) == 2

    @pytest.mark.parametrize(
        ("key", "value", "words"),
        [
            ("sample_rate_hz", 50, "sample_rate_hz is 50, expected 10, 20, 40, 80 or 320"),
            ("gain", 3, "gain is 3, expected 1, 2, 4, 8, 16, 32, 64 or 128"),
            ("channel", 0, "channel is 0, expected 1 or 2"),
            ("address", 0x2A, "address is not a key of a nau7802"),
        ],
    )
    def test_settings_that_cannot_be_are_refused(self, key, value, words):
        with pytest.raises(ValueError, match=words):
            parse_sensors({"a": {"chip": "nau7802", "place": "band", "bus": "i2c-1", key: value}}, "station.toml")

    def test_two_of_them_in_two_threads_do_not_mix_their_registers(self):
        """The library's registers share one buffer."""
        cells = [Cell(force=lambda _t, n=n: n) for n in (50.0, 250.0)]
        found = [[], []]
        threads = [
            threading.Thread(target=lambda k=k: found[k].extend(cells[k].run(3.0))) for k in range(2)
        ]  # fmt: skip
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for forces, expected in zip(found, (50.0, 250.0), strict=True):
            assert len(forces) > 220
            assert all(sample.force_n == pytest.approx(expected) for sample in forces)


class TestFaults:
    @pytest.mark.parametrize("seconds", [0.04, 1.0, 10.0])
    def test_nacks_are_ridden_through_or_end_in_a_recovery_within_three_seconds(self, seconds):
        cell = Cell(noise=1.0, faults=[Fault(Kind.NACK, "band", 2.0, seconds)])
        samples = cell.run(6.0 + seconds)
        before = max(sample.t_s for sample in samples if sample.t_s <= START_S + 2.0)
        after = min(sample.t_s for sample in samples if sample.t_s > START_S + 2.0)
        assert before > START_S + 1.95
        assert after - (START_S + 2.0 + seconds) <= 3.0
        assert cell.health().errors["bus"] > 0
        assert all(sample.force_n == pytest.approx(100.0, abs=0.5) for sample in samples)

    @pytest.mark.parametrize("kind", [Kind.UNPLUG, Kind.SILENCE, Kind.STUCK])
    def test_without_conversions_it_is_lost_within_100_ms_and_comes_back(self, kind):
        cell = Cell(noise=1.0, faults=[Fault(kind, "band", 2.0, 3.0)])
        cell.run(2.09)
        assert cell.health().state is SensorState.STALE
        samples = cell.run(6.0)
        back_s = min(sample.t_s for sample in samples if sample.t_s > START_S + 4.0)
        assert back_s - (START_S + 5.0) <= 3.0
        assert all(sample.force_n == pytest.approx(100.0, abs=0.5) for sample in samples)

    def test_after_a_reset_of_its_own_it_is_set_up_again_within_two_seconds(self):
        cell = Cell(noise=1.0, faults=[Fault(Kind.SELF_RESET, "band", 2.003)])
        samples = cell.run(5.0)
        after = [sample for sample in samples if sample.t_s > START_S + 2.003]
        assert after[0].t_s - START_S <= 2.5
        assert after[0].quality & Quality.GAP_BEFORE
        assert cell.health().resets == 1
        assert all(sample.force_n == pytest.approx(100.0, abs=0.5) for sample in samples)

    def test_a_word_that_never_changes_is_frozen(self):
        cell = Cell(noise=1.0, faults=[Fault(Kind.FREEZE, "band", 2.0)])
        cell.run(2.15)
        assert cell.health().state is SensorState.FROZEN

    @pytest.mark.parametrize("seed", range(4))
    def test_flipped_bits_and_glitches_make_no_wrong_force(self, seed):
        faults = [
            Fault(Kind.BIT_ERRORS, "band", 1.0, size=0.005, seed=seed),
            Fault(Kind.GLITCH, "band", 1.0, size=0.01, seed=seed),
        ]
        samples = Cell(noise=1.0, faults=faults).run(20.0)
        assert len(samples) > 1000
        assert max(abs(sample.force_n - 100.0) for sample in samples) < 12.5

    def test_a_slower_rate_than_asked_is_told(self):
        cell = Cell(noise=1.0, faults=[Fault(Kind.RATE_DROP, "band", 1.0, size=1 / 8)])
        cell.run(4.0)
        assert SNAP_OFF in cell.health().limits
        assert cell.health().state is SensorState.LIVE
