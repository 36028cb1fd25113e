"""The load cell's driver, at the level of pins, with a clock the test turns."""

import math
import warnings
from itertools import pairwise

import pytest
from gpiozero import SPISoftwareFallback
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.base import SensorAbsent, SensorState
from drivers.clock import SimulatedClock
from drivers.emulation.faults import NO_FAULTS, Fault, FaultScript, Kind
from drivers.emulation.hx711 import EmulatedHx711
from drivers.emulation.pins import QuietFactory, Stopwatch
from drivers.hx711 import Hx711
from drivers.hx711_wires import ChannelGain, PinWires, SpiWires
from drivers.load_cell import SHORT_PULLS_OFF, SNAP_OFF, LoadCalibration, phases_off
from drivers.samples import Quality

CALIBRATION = LoadCalibration(zero_count=1000, newton_per_count=0.0005)
START_S = 1000.0
WARMING = Quality.WARMING_UP


class Cell:
    """An emulated converter and the driver that reads it, over SPI or over plain pins."""

    def __init__(
        self, way="spi", force=lambda _t: 100.0, calibration=CALIBRATION, rate_hz=80, noise=0.0,
        channel_gain=ChannelGain.A128, faults=(),
    ):  # fmt: skip
        self.clock = SimulatedClock(START_S)
        self.factory = QuietFactory()
        self.stopwatch = Stopwatch()
        self.channel_gain = channel_gain
        pins = (10, 9) if way == "spi" else (5, 6)
        self.chip = EmulatedHx711(
            self.factory, *pins, force=force, clock=self.clock, newton_per_count=0.0005, zero_count=1000,
            sample_rate_hz=rate_hz, noise=noise, seed=3, channel_gain=channel_gain, name="band",
            stopwatch=self.stopwatch if way == "gpio" else None,
            faults=FaultScript(tuple(faults), begin_s=START_S) if faults else NO_FAULTS,
        )  # fmt: skip
        wires = self.spi_wires if way == "spi" else self.pin_wires
        self.source = Hx711(
            "band", way, wires, clock=self.clock, sample_rate_hz=rate_hz, calibration=calibration
        )  # fmt: skip
        self.source.open()

    def spi_wires(self):
        return SpiWires(self.factory, self.channel_gain)

    def pin_wires(self):
        return PinWires(self.factory, 5, 6, self.channel_gain, perf=self.stopwatch)

    def wait(self, seconds):
        self.clock.advance(self.clock.now() + seconds)

    def look(self):
        return list(self.source.read(self.clock.now()))

    def run(self, seconds):
        """Look as often as the driver wants to."""
        samples = []
        until_s = self.clock.now() + seconds - 1e-9
        while self.clock.now() < until_s:
            self.wait(self.source.period_s)
            samples += self.look()
        return samples

    def health(self):
        return self.source.health(self.clock.now())


@pytest.fixture(params=["spi", "gpio"])
def way(request):
    return request.param


class TestBothWays:
    @pytest.mark.parametrize("rate_hz", [10, 80])
    def test_the_force_is_read_back_with_its_own_time(self, way, rate_hz):
        cell = Cell(way, force=lambda t_s: 100 * math.sin(t_s), rate_hz=rate_hz)
        samples = cell.run(6.0)
        assert len(samples) >= 6.0 * rate_hz - 9
        late_s = cell.source.period_s
        for sample in samples:
            assert sample.force_n == pytest.approx(100 * math.sin(sample.t_s), abs=100 * late_s + 0.0005)
            assert sample.quality is WARMING
        assert cell.health().state is SensorState.LIVE
        assert cell.health().rate_hz == pytest.approx(rate_hz, rel=0.01)

    @pytest.mark.parametrize("rate_hz", [10, 80])
    def test_what_is_not_settled_is_never_published(self, way, rate_hz):
        samples = Cell(way, rate_hz=rate_hz).run(1.5)
        assert samples
        assert all(sample.force_n == pytest.approx(100.0) for sample in samples)
        assert samples[0].t_s > START_S + 4 / rate_hz

    @pytest.mark.parametrize("channel_gain", list(ChannelGain))
    def test_channel_and_gain_are_those_asked_for_from_the_first_sample_on(self, way, channel_gain):
        samples = Cell(way, channel_gain=channel_gain).run(0.5)
        assert len(samples) > 25
        assert all(sample.force_n == pytest.approx(100.0) for sample in samples)

    def test_without_calibration_the_count_is_given_and_flagged(self, way):
        cell = Cell(way, calibration=None)
        sample = cell.run(0.2)[-1]
        assert sample.force_n == 201_000
        assert sample.quality is Quality.UNCALIBRATED | WARMING

    @pytest.mark.parametrize(("force_n", "count"), [(1e5, 0x7FFFFF), (-1e5, -0x800000)])
    def test_the_end_of_the_range_is_flagged_from_the_first_sample_on(self, way, force_n, count):
        cell = Cell(way, force=lambda t_s: force_n if t_s > 1000.5 else 20.0)
        samples = [sample for sample in cell.run(1.0) if sample.t_s > 1000.5]
        assert len(samples) > 30
        for sample in samples:
            assert sample.quality & Quality.SATURATED
            assert sample.force_n == pytest.approx(CALIBRATION.force_n(count), abs=0.01)
        assert cell.health().state is SensorState.LIVE  # the same word again is what saturation means

    def test_a_zero_of_minus_one_count_is_a_reading_like_any_other(self, way):
        all_ones_n = -1001 * 0.0005
        cell = Cell(way, force=lambda _t: all_ones_n, noise=0.02)  # less than a count: most words are all ones
        assert len(cell.run(1.0)) > 70

    def test_a_host_that_is_late_leaves_a_flagged_gap(self, way):
        cell = Cell(way)
        cell.run(0.5)
        cell.wait(0.0312)
        late = cell.look() + cell.run(0.05)
        assert [bool(sample.quality & Quality.GAP_BEFORE) for sample in late[:3]] == [True, False, False]
        assert cell.health().errors == {"missed": 1}

    def test_one_conversion_missed_is_noticed_however_the_clocks_stand(self, way):
        for late_s in (0.0255, 0.029, 0.034):
            cell = Cell(way)
            cell.run(0.5)
            cell.wait(late_s)
            # The first word after a hole waits for two more.
            assert any(sample.quality & Quality.GAP_BEFORE for sample in cell.look() + cell.run(0.2)), late_s

    def test_a_host_that_is_a_little_late_misses_nothing(self, way):
        cell = Cell(way)
        cell.run(0.5)
        for _ in range(50):
            cell.wait(0.011)
            assert all(not sample.quality & Quality.GAP_BEFORE for sample in cell.look())

    @pytest.mark.parametrize("rate_hz", [10, 80])
    @pytest.mark.parametrize("late", [1.04, 1.5, 2.32, 3.2, 5.0])
    def test_a_late_look_costs_the_conversions_it_missed_and_no_settling(self, way, rate_hz, late):
        """With the clock line low nothing powers the chip down, however long nobody reads."""
        for phase in range(8):
            cell = Cell(way, rate_hz=rate_hz, noise=1.0)
            before = cell.run((32 + phase / 8) / rate_hz)
            cell.wait(late / rate_hz)
            after = cell.look() + cell.run(16 / rate_hz)
            times_s = [sample.t_s for sample in before + after]
            assert cell.health().resets == 0
            assert max(b - a for a, b in pairwise(times_s)) * rate_hz <= late + 1.0
            holes = cell.health().errors.get("missed", 0)
            assert (1 if late > 2.0 else 0) <= holes <= 2  # which one is missing may turn out only at the next

    def test_a_brown_out_is_one_also_for_a_host_that_was_late_just_before(self, way):
        cell = Cell(way, channel_gain=ChannelGain.A64, faults=[Fault(Kind.SELF_RESET, "band", 0.531)])
        samples = cell.run(0.5)
        cell.wait(0.029)
        samples += cell.run(0.5)
        assert cell.health().resets == 1
        assert all(sample.force_n == pytest.approx(100.0) for sample in samples)

    def test_no_converter_is_absent_after_two_seconds(self, way):
        clock, factory = SimulatedClock(), QuietFactory()
        factory.pin(9).drive_high()
        factory.pin(6).drive_high()
        wires = (lambda: SpiWires(factory)) if way == "spi" else (lambda: PinWires(factory, 5, 6))
        source = Hx711("band", way, wires, clock=clock)
        source.open()
        clock.advance(2.0)
        assert source.read(2.0) == []
        assert source.health(2.0).state is SensorState.STARTING
        clock.advance(2.1)
        with pytest.raises(SensorAbsent, match=r"band.*never ready"):
            source.read(2.1)

    def test_a_data_line_that_stays_low_is_no_reading(self, way):
        clock, factory = SimulatedClock(), QuietFactory()
        wires = (lambda: SpiWires(factory)) if way == "spi" else (lambda: PinWires(factory, 5, 6))
        source = Hx711("band", way, wires, clock=clock)
        source.open()
        factory.pin(9).drive_low()
        factory.pin(6).drive_low()
        while clock.now() < 2.0 - 1e-6:
            clock.advance(clock.now() + source.period_s)
            assert source.read(clock.now()) == []
        clock.advance(2.1)
        with pytest.raises(SensorAbsent, match=r"band.*never ready"):
            source.read(2.1)
        assert source.health(clock.now()).errors["line_low"] > 300

    def test_closed_twice_and_opened_again_it_settles_anew_behind_a_gap(self, way):
        cell = Cell(way)
        cell.run(0.2)
        cell.source.close()
        cell.source.close()
        assert cell.health().state is SensorState.ABSENT
        cell.source.open()
        assert cell.health().state is SensorState.STARTING
        first, second, *_ = cell.run(0.2)
        assert first.quality & Quality.GAP_BEFORE
        assert not second.quality & Quality.GAP_BEFORE

    @settings(max_examples=40, deadline=None)
    @given(st.integers(-0x800000, 0x7FFFFF))
    @pytest.mark.parametrize("path", ["spi", "gpio"])
    def test_every_count_is_read_back_exactly(self, path, count):
        cell = Cell(path, force=lambda _t: (count - 1000) * 0.0005)
        cell.wait(0.2)
        assert cell.source._wires.word() == count


class TestItsRate:
    @pytest.mark.parametrize("tolerance", [0.85, 0.97, 1.0, 1.06, 1.2])
    def test_a_board_whose_oscillator_is_off_loses_nothing_and_has_no_gaps(self, tolerance):
        cell = Cell(noise=1.0, faults=[Fault(Kind.RATE_DROP, "band", 0.0, size=tolerance)])
        samples = cell.run(10.0)
        assert len(samples) >= 10.0 * 80 * tolerance - 9
        assert not any(sample.quality & Quality.GAP_BEFORE for sample in samples[10:])
        assert cell.health().rate_hz == pytest.approx(80 * tolerance, rel=0.01)

    @pytest.mark.parametrize("tolerance", [0.93, 0.998, 1.011])
    def test_samples_are_dated_better_than_the_host_looks(self, tolerance):
        faults = [Fault(Kind.RATE_DROP, "band", 0.0, size=tolerance)]
        cell = Cell(force=lambda t_s: t_s - START_S, faults=faults)  # the force tells the time
        errors_s = [sample.t_s - START_S - sample.force_n for sample in cell.run(20.0)[80:]]
        assert max(map(abs, errors_s)) < cell.source.period_s
        assert sum(map(abs, errors_s)) / len(errors_s) < cell.source.period_s / 5

    def test_times_rise_and_none_lies_in_the_future(self):
        cell = Cell(noise=1.0)
        before_s = 0.0
        for step in range(2000):
            cell.wait(0.001 + 0.009 * (step * 37 % 11) / 10)
            for sample in cell.look():
                assert before_s < sample.t_s <= cell.clock.now()
                before_s = sample.t_s

    def test_a_board_left_at_10_is_told_and_goes_on_without_what_needs_80(self):
        cell = Cell(noise=1.0, faults=[Fault(Kind.RATE_DROP, "band", 2.0, size=1 / 8)])
        cell.run(2.0)
        assert cell.health().limits == ()
        cell.run(4.0)
        health = cell.health()
        assert health.limits == (SNAP_OFF, SHORT_PULLS_OFF, phases_off(10))
        assert health.state is SensorState.LIVE
        cell.run(4.0)
        assert cell.health().rate_hz == pytest.approx(10, rel=0.05)

    def test_a_cell_asked_for_10_says_at_once_what_it_cannot_do(self):
        assert Cell(rate_hz=10).health().limits == (SNAP_OFF, SHORT_PULLS_OFF, phases_off(10))


class TestLongPulses:
    def test_a_word_with_a_pulse_over_60_us_is_dropped_and_the_chip_settles(self):
        cell = Cell("gpio", faults=[Fault(Kind.LONG_PULSE, "band", 0.5, 0.0125)])
        samples = cell.run(1.0)
        gaps = [sample.t_s for sample in samples if sample.quality & Quality.GAP_BEFORE]
        assert len(gaps) == 1
        assert 0.55 <= gaps[0] - START_S <= 0.62
        assert all(sample.force_n == pytest.approx(100.0) for sample in samples)
        assert cell.health().errors == {"long_pulse": 1}

    def test_pulses_of_59_us_are_believed(self):
        cell = Cell("gpio")
        cell.run(0.5)
        pulse = iter(range(10**6))
        cell.source._wires._perf = lambda: next(pulse) * 59e-6
        assert len(cell.run(0.1)) in (7, 8, 9)

    def test_hardware_makes_no_long_pulses(self):
        cell = Cell("spi", faults=[Fault(Kind.LONG_PULSE, "band", 0.0)])
        assert len(cell.run(1.0)) > 70


class TestSpiPort:
    def test_a_port_serves_one_converter(self):
        factory = QuietFactory()
        first = SpiWires(factory)
        with pytest.raises(SensorAbsent, match="SPI port 0"):
            SpiWires(factory)
        first.close()
        SpiWires(factory).close()

    def test_a_port_the_pi_does_not_offer_is_not_replaced_by_slow_software(self):
        class NoPort(QuietFactory):
            def spi(self, **_pins):
                warnings.warn(SPISoftwareFallback("no /dev/spidev0.0"), stacklevel=1)

        with pytest.raises(SensorAbsent, match="enable it"):
            SpiWires(NoPort())
