"""The load cell's driver, at the level of pins, with a clock the test turns."""

import math
import warnings

import pytest
from gpiozero import SPISoftwareFallback
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.base import SensorAbsent, SensorState
from drivers.clock import SimulatedClock
from drivers.emulation.hx711 import EmulatedHx711
from drivers.emulation.pins import QuietFactory
from drivers.hx711 import Hx711, LoadCalibration, PinWires, SpiWires
from drivers.samples import Quality

CALIBRATION = LoadCalibration(zero_count=1000, newton_per_count=0.0005)


class Cell:
    """An emulated converter and the driver that reads it, over SPI or over plain pins."""

    def __init__(self, way="spi", force=lambda _t: 100.0, calibration=CALIBRATION, rate_hz=80, noise=0.0):
        self.clock = SimulatedClock(1000.0)
        self.factory = QuietFactory()
        self.pulse_s = 0.0
        self._perf_s = 0.0
        pins = (10, 9) if way == "spi" else (5, 6)
        self.chip = EmulatedHx711(
            self.factory, *pins, force=force, clock=self.clock, newton_per_count=0.0005, zero_count=1000,
            sample_rate_hz=rate_hz, noise=noise, seed=3, pulse_clock=lambda: self._perf_s,
        )  # fmt: skip
        wires = self.spi_wires if way == "spi" else self.pin_wires
        self.source = Hx711(
            "band", way, wires, clock=self.clock, sample_rate_hz=rate_hz, calibration=calibration
        )  # fmt: skip
        self.source.open()

    def spi_wires(self):
        return SpiWires(self.factory, 0)

    def pin_wires(self):
        return PinWires(self.factory, 5, 6, perf=self._perf)

    def _perf(self):
        """Virtual time: every look at it is half a pulse later."""
        self._perf_s += self.pulse_s
        return self._perf_s

    def run(self, polls):
        samples = []
        for _ in range(polls):
            self.clock.advance(self.clock.now() + self.source.period_s)
            samples += self.source.read(self.clock.now())
        return samples

    def health(self):
        return self.source.health(self.clock.now())


@pytest.fixture(params=["spi", "gpio"])
def way(request):
    return request.param


class TestBothWays:
    def test_the_force_is_read_back(self, way):
        cell = Cell(way, force=lambda t_s: 100 * math.sin(t_s))
        samples = cell.run(400)[4:]
        assert len(samples) in (395, 396)
        for sample in samples:
            moved_n = 100.0 * cell.source.period_s  # what the force can change between conversion and notice
            assert sample.force_n == pytest.approx(100 * math.sin(sample.t_s), abs=moved_n + 0.0005)
            assert sample.quality is Quality.GOOD
        assert cell.health().state is SensorState.LIVE
        assert cell.health().rate_hz == pytest.approx(80, abs=0.5)

    @pytest.mark.parametrize("rate_hz", [10, 80])
    def test_the_first_conversions_are_flagged_as_settling(self, way, rate_hz):
        samples = Cell(way, rate_hz=rate_hz).run(10)
        assert [sample.quality for sample in samples[:5]] == [Quality.SETTLING] * 4 + [Quality.GOOD]
        assert samples[0].force_n < 50
        assert samples[4].force_n == pytest.approx(100.0)

    def test_without_calibration_the_count_is_given_and_flagged(self, way):
        sample = Cell(way, calibration=None).run(10)[-1]
        assert sample.force_n == 201_000
        assert sample.quality is Quality.UNCALIBRATED

    @pytest.mark.parametrize(("force_n", "count"), [(1e5, 0x7FFFFF), (-1e5, -0x800000)])
    def test_the_end_of_the_range_is_flagged(self, way, force_n, count):
        sample = Cell(way, force=lambda _t: force_n).run(10)[-1]
        assert sample.quality is Quality.SATURATED
        assert sample.force_n == CALIBRATION.force_n(count)

    def test_all_ones_is_no_reading(self, way):
        all_ones_n = -1001 * 0.0005
        cell = Cell(way, force=lambda t_s: all_ones_n if t_s < 1000.2 else 5.0)
        samples = cell.run(32)
        assert cell.health().errors["all_ones"] > 5
        first = next(sample for sample in samples if sample.force_n > 4.9)
        assert first.quality is Quality.GAP_BEFORE

    def test_a_wait_leaves_a_flagged_gap(self, way):
        cell = Cell(way)
        cell.run(10)
        cell.clock.advance(cell.clock.now() + 0.1)
        sample, *_ = cell.run(1)
        assert sample.quality is Quality.GAP_BEFORE
        assert cell.run(1)[0].quality is Quality.GOOD

    def test_the_time_is_when_the_conversion_was_noticed(self, way):
        cell = Cell(way)
        for sample in cell.run(20):
            assert (sample.t_s - 1000.0) / cell.source.period_s == pytest.approx(
                round((sample.t_s - 1000.0) / cell.source.period_s), abs=1e-6
            )

    def test_no_converter_is_absent_after_two_seconds(self, way):
        clock, factory = SimulatedClock(), QuietFactory()
        factory.pin(9).drive_high()
        factory.pin(6).drive_high()
        wires = (lambda: SpiWires(factory, 0)) if way == "spi" else (lambda: PinWires(factory, 5, 6))
        source = Hx711("band", way, wires, clock=clock)
        source.open()
        clock.advance(2.0)
        assert source.read(2.0) == []
        assert source.health(2.0).state is SensorState.STARTING
        clock.advance(2.1)
        with pytest.raises(SensorAbsent, match=r"band.*never ready"):
            source.read(2.1)

    def test_closed_twice_and_opened_again_it_settles_anew(self, way):
        cell = Cell(way)
        cell.run(10)
        cell.source.close()
        cell.source.close()
        assert cell.health().state is SensorState.ABSENT
        cell.source.open()
        assert cell.run(2)[0].quality is Quality.SETTLING

    @settings(max_examples=40, deadline=None)
    @given(st.integers(-0x7FFFFF, 0x7FFFFE).filter(lambda count: count != -1))
    @pytest.mark.parametrize("path", ["spi", "gpio"])
    def test_every_count_is_read_back_exactly(self, path, count):
        cell = Cell(path, force=lambda _t: (count - 1000) * 0.0005, calibration=None)
        assert cell.run(10)[-1].force_n == count


class TestLongPulses:
    def test_a_word_with_a_pulse_over_60_us_is_dropped_and_the_chip_settles(self):
        cell = Cell("gpio")
        cell.run(10)
        cell.pulse_s = 70e-6
        assert cell.run(1) == []
        cell.pulse_s = 0.0
        after = cell.run(12)
        assert after[0].quality is Quality.SETTLING | Quality.GAP_BEFORE
        settled = [sample for sample in after if sample.quality is Quality.GOOD]
        assert len(settled) >= 6
        assert all(sample.force_n == pytest.approx(100.0) for sample in settled)
        assert cell.health().errors["long_pulse"] == 1

    def test_pulses_of_59_us_are_believed(self):
        cell = Cell("gpio")
        cell.run(10)
        cell.pulse_s = 59e-6
        assert cell.run(1)[0].force_n == pytest.approx(100.0)


class TestSpiPort:
    def test_a_port_serves_one_converter(self):
        factory = QuietFactory()
        first = SpiWires(factory, 0)
        with pytest.raises(SensorAbsent, match="SPI port 0"):
            SpiWires(factory, 0)
        first.close()
        SpiWires(factory, 0).close()

    def test_a_port_the_pi_does_not_offer_is_not_replaced_by_slow_software(self):
        class NoPort(QuietFactory):
            def spi(self, **_pins):
                warnings.warn(SPISoftwareFallback("no /dev/spidev0.0"), stacklevel=1)

        with pytest.raises(SensorAbsent, match="enable it"):
            SpiWires(NoPort(), 0)
