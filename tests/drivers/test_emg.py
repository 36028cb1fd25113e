"""A muscle's envelope board, on gpiozero's own MCP3008 over an emulated chip, pin by pin."""

import math
import statistics
from dataclasses import replace

import numpy as np
import pytest
from gpiozero import MCP3008, SPIDevice
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.base import ConfigError, SensorAbsent, SensorState
from drivers.clock import SimulatedClock
from drivers.emulation.faults import NO_FAULTS, Fault, FaultScript, Kind
from drivers.emulation.mcp3008 import NOISE_STEPS, EmulatedMcp3008, Input
from drivers.emulation.pins import QuietFactory
from drivers.emulation.rig import EmulatedHardware
from drivers.factory import build_sources, parse_sensors
from drivers.muscle import HELD_S, Onset, Reference
from drivers.samples import MuscleSample, Quality
from drivers.table import value
from drivers.traces import Trace, layout_for, pack
from drivers.vitals import STALE_AFTER_S
from edge.analysis.emg import Channel, State, activation, reference_from
from edge.library import exercises
from edge.signal.pipeline import Pipeline

TABLE = {"chip": "emg", "place": "left_glute", "bus": "spi-0", "channel": 0}
PINS = {"clock_pin": 11, "mosi_pin": 10, "miso_pin": 9, "select_pin": 8}


class TestChip:
    @settings(max_examples=40, deadline=None)
    @given(st.integers(0, 1023), st.integers(0, 7))
    def test_gpiozeros_own_class_reads_every_value_on_every_channel(self, value, channel):
        factory = QuietFactory()
        chip = EmulatedMcp3008(factory, **PINS, clock=SimulatedClock())
        chip.inputs[channel] = Input(lambda _t: value / 1023, noise=0.0)
        with MCP3008(channel=channel, pin_factory=factory, **PINS) as converter:
            assert converter.raw_value == value
        with MCP3008(channel=(channel + 1) % 8, pin_factory=factory, **PINS) as other:
            assert other.raw_value == 0

    def test_a_null_bit_goes_before_ten_bits_and_the_line_floats_before_it(self):
        factory = QuietFactory()
        chip = EmulatedMcp3008(factory, **PINS, clock=SimulatedClock())
        chip.inputs[5] = Input(lambda _t: 0b1010110011 / 1023, noise=0.0)
        with SPIDevice(pin_factory=factory, **PINS) as device:
            first, second, third = device._spi.transfer([0b00000001, 0b1101_0000, 0])
        assert first == 0xFF
        assert second == 0b11111_0_10
        assert third == 0b10110011

    def test_two_chips_share_the_lines_and_only_the_selected_one_speaks(self):
        factory, clock = QuietFactory(), SimulatedClock()
        other_pins = {**PINS, "select_pin": 7}
        for pins, level in ((PINS, 100), (other_pins, 900)):
            EmulatedMcp3008(factory, **pins, clock=clock).inputs[0] = Input(
                lambda _t, level=level: level / 1023, noise=0.0
            )
        with MCP3008(pin_factory=factory, **PINS) as one, MCP3008(pin_factory=factory, **other_pins) as other:
            assert [one.raw_value, other.raw_value, one.raw_value] == [100, 900, 100]


LEVELS = {"rest_level": 0.02, "rest_sd": 0.002, "full_level": 0.62}
"""A reference, as the station puts it into the settings of the person's muscle."""


class Rig:
    """Emulated boards, their drivers, and a clock to turn."""

    def __init__(self, muscle=lambda _place, _t: 0.3, faults=(), tables=None, noise=1.0, levels=LEVELS):
        self.clock = SimulatedClock()
        configs = parse_sensors(tables or {"glute": TABLE}, "station.toml")
        configs = tuple(replace(config, settings={**config.settings, **levels}) for config in configs)
        script = FaultScript(tuple(faults)) if faults else NO_FAULTS
        self.hardware = EmulatedHardware(
            configs, None, lambda _place, _t: 0.0, self.clock, muscle=muscle, noise=noise, faults=script
        )
        self.sources = build_sources(configs, self.hardware, self.clock)
        for source in self.sources:
            source.open()

    def run(self, seconds, source=None):
        source = source or self.sources[0]
        samples, until_s = [], self.clock.now() + seconds - 1e-9
        while self.clock.now() < until_s:
            self.clock.advance(self.clock.now() + source.period_s)
            samples += source.read(self.clock.now())
        return samples

    def health(self):
        return self.sources[0].health(self.clock.now())


class TestDriver:
    def test_the_level_is_read_a_hundred_times_a_second(self):
        rig = Rig(lambda _place, t_s: 0.5 + 0.4 * math.sin(t_s))
        samples = rig.run(3.0)
        assert len(samples) == 300
        assert all(isinstance(sample, MuscleSample) for sample in samples)
        for sample in samples:
            assert sample.level == pytest.approx(0.5 + 0.4 * math.sin(sample.t_s), abs=6 * NOISE_STEPS / 1023)
            assert sample.quality is Quality.GOOD
        assert rig.health().state is SensorState.LIVE
        assert rig.health().rate_hz == pytest.approx(100, abs=1)

    def test_the_end_of_the_range_is_flagged_and_rest_is_not(self):
        rig = Rig(lambda _place, t_s: 1.0 if t_s > 1.005 else 0.02)
        rest, cut = rig.run(1.0), rig.run(1.0)
        assert not any(sample.quality for sample in rest)
        assert all(sample.quality is Quality.SATURATED for sample in cut)
        assert 0.5 < statistics.stdev(sample.level * 1023 for sample in rest) < 3.0

    def test_several_muscles_share_a_chip_or_a_port(self):
        tables = {
            "left": TABLE,
            "right": {**TABLE, "channel": 7, "place": "right_glute"},
            "back": {**TABLE, "device": 1, "place": "back"},
        }
        levels = {"left_glute": 0.1, "right_glute": 0.5, "back": 0.9}
        rig = Rig(lambda place, _t: levels[place], tables=tables, noise=0.0)
        found = [rig.run(0.1, source)[-1].level for source in rig.sources]
        assert found == pytest.approx([0.1, 0.5, 0.9], abs=0.001)
        rig.sources[0].close()
        assert rig.run(0.1, rig.sources[1])[-1].level == pytest.approx(0.5, abs=0.001)

    def test_they_share_a_bus_and_so_a_thread(self):
        tables = {"left": TABLE, "right": {**TABLE, "channel": 7, "place": "right_glute"}}
        assert {source.bus for source in Rig(tables=tables).sources} == {"spi-0"}

    def test_a_host_that_is_late_leaves_a_flagged_gap(self):
        rig = Rig()
        rig.run(0.5)
        rig.clock.advance(rig.clock.now() + 0.05)
        assert [bool(sample.quality & Quality.GAP_BEFORE) for sample in rig.run(0.05)[:2]] == [True, False]

    def test_without_a_chip_it_is_absent_and_not_a_full_contraction(self):
        faults = [Fault(Kind.UNPLUG, "glute", 0.0, 1.0)]
        with pytest.raises(SensorAbsent, match=r"glute: no converter on spi-0, device 0"):
            Rig(faults=faults)

    @pytest.mark.parametrize("kind", [Kind.UNPLUG, Kind.SILENCE])
    def test_a_chip_that_goes_is_lost_within_half_a_second_without_a_wrong_level(self, kind):
        rig = Rig(faults=[Fault(kind, "glute", 1.0, 10.0)])
        samples = rig.run(1.0 + STALE_AFTER_S - 0.03)
        assert rig.health().errors["no_answer"] > 20
        assert all(sample.level == pytest.approx(0.3, abs=0.01) for sample in samples)
        with pytest.raises(SensorAbsent, match=r"glute: the converter on spi-0 is gone"):
            rig.run(0.2)

    def test_a_level_that_never_changes_is_frozen_after_a_while(self):
        rig = Rig(faults=[Fault(Kind.FREEZE, "glute", 1.0)])
        rig.run(20.0)
        assert rig.health().state is SensorState.LIVE
        rig.run(12.0)
        assert rig.health().state is SensorState.FROZEN

    def test_closed_twice_and_opened_again_it_goes_on(self):
        rig = Rig()
        rig.run(0.1)
        rig.sources[0].close()
        rig.sources[0].close()
        assert rig.health().state is SensorState.ABSENT
        rig.sources[0].open()
        assert len(rig.run(0.1)) == 10


class TestActivation:
    @pytest.mark.parametrize(("level", "share"), [(0.02, 0.0), (0.32, 0.5), (0.62, 1.0), (0.92, 1.5)])
    def test_it_is_the_share_of_the_persons_own_reference(self, level, share):
        samples = Rig(lambda _place, _t: level).run(1.0)
        assert statistics.mean(sample.activation for sample in samples) == pytest.approx(share, abs=0.01)
        assert f"{100 * samples[-1].activation:.0f} % of reference" in value(samples[-1])

    def test_without_a_reference_there_is_no_percentage(self):
        samples = Rig(lambda _place, _t: 0.5, levels={}).run(0.5)
        assert {(s.activation, s.onset_s, s.quality) for s in samples} == {(None, None, Quality.UNCALIBRATED)}
        assert value(samples[-1]) == "no reference  [UNCALIBRATED]"

    def test_the_onset_is_where_it_left_the_rest_and_stays_while_the_muscle_works(self):
        samples = Rig(lambda _place, t_s: 0.32 if 1.005 < t_s < 2.005 else 0.02).run(3.0)
        onsets = [(round(s.t_s, 2), s.onset_s) for s in samples]
        assert all(onset is None for t_s, onset in onsets if t_s <= 1.0 + HELD_S)
        working = {onset for t_s, onset in onsets if 1.01 + HELD_S < t_s <= 2.0}
        assert [round(onset, 6) for onset in working] == [1.01]
        assert all(onset is None for t_s, onset in onsets if t_s > 2.02 + HELD_S)
        at_work, at_rest = samples[150], samples[250]
        assert value(at_work).endswith("% of reference, active for 0.5 s")
        assert value(at_rest).endswith("% of reference, at rest")

    def test_a_twitch_shorter_than_it_takes_to_be_sure_is_no_onset(self):
        samples = Rig(lambda _place, t_s: 0.5 if 1.005 < t_s < 1.045 else 0.02).run(2.0)
        assert all(sample.onset_s is None for sample in samples)

    @settings(max_examples=30, deadline=None)
    @given(st.lists(st.floats(0.0, 1.0), min_size=1, max_size=60), st.data())
    def test_nothing_later_changes_an_onset(self, levels, data):
        cut = data.draw(st.integers(0, len(levels)))

        def onsets(some):
            onset = Onset(Reference(0.02, 0.002, 0.62))
            return [onset.feed(0.01 * n, level) for n, level in enumerate(some)]

        assert onsets(levels)[:cut] == onsets(levels[:cut])

    def test_after_a_hole_the_onset_is_found_anew(self):
        onset = Onset(Reference(0.02, 0.002, 0.62))
        assert [onset.feed(0.01 * n, 0.5) for n in range(10)][-1] == 0.0
        assert onset.feed(1.0, 0.5) is None
        assert [onset.feed(1.0 + 0.01 * n, 0.5) for n in range(1, 7)][-1] == 1.0


class TestSettings:
    @pytest.mark.parametrize(
        ("tables", "words"),
        [
            ({"a": {**TABLE, "channel": 8}}, "sensors.a.channel is 8, expected a whole number from 0 to 7"),
            ({"a": {**TABLE, "device": 2}}, "sensors.a.device is 2, expected a whole number from 0 to 1"),
            ({"a": {**TABLE, "sample_rate_hz": 50}}, "sample_rate_hz is 50, expected a whole number from 100 to 500"),
            ({"a": {**TABLE, "bus": "spi-1"}}, "sensors.a.bus is 'spi-1', expected \"spi-0\""),
            ({"a": TABLE, "b": TABLE}, "sensors.b uses channel 0 of device 0 on bus 'spi-0'"),
            (
                {"a": TABLE, "b": {"chip": "hx711", "place": "band", "bus": "spi-0"}},
                "sensors.b uses GPIO 10 on bus 'spi-0', expected one that sensors.a does not use",
            ),
            (
                {"b": {"chip": "hx711", "place": "band", "bus": "spi-0"}, "a": {**TABLE, "device": 1}},
                "sensors.a uses GPIO",
            ),
            (
                {"a": TABLE, "b": {"chip": "hx711", "place": "x", "bus": "gpio", "clock_pin": 5, "data_pin": 9}},
                "sensors.b uses GPIO 9",
            ),
        ],
    )
    def test_what_cannot_be_is_refused(self, tables, words):
        with pytest.raises(ConfigError) as caught:
            parse_sensors(tables, "station.toml")
        assert words in str(caught.value)


class TestInTheStation:
    def test_a_counter_passes_a_muscle_by(self):
        for key in ("band_row", "goblet_squat"):
            pipeline = Pipeline(exercises()[key])
            assert all(pipeline.feed(MuscleSample("glute", i / 100, 0.3)) == [] for i in range(300))

    def test_a_recording_keeps_its_levels_and_a_terminal_shows_them(self):
        samples = Rig(levels={}).run(0.3)
        arrays = pack(layout_for([("glute", "left_glute")], samples), list(enumerate(samples)), [])
        assert list(Trace("trace.npz", arrays).samples()) == samples
        assert value(MuscleSample("glute", 1.0, 0.5, activation=0.25)).strip() == "25 % of reference, at rest"

    def test_levels_become_shares_of_the_persons_own_contraction(self):
        """Rest, a reference contraction, half of it, and one beyond the board's range: each is told apart."""

        def muscle(_place, t_s):
            return {0: 0.03, 1: 0.63, 2: 0.33, 3: 1.0}[int(t_s / 2.0001)]

        rig = Rig(muscle)
        parts = [rig.run(2.0) for _ in range(4)]
        channel = Channel(full_scale=1.0, raw=False)
        arrays = [(np.array([s.t_s for s in part]), np.array([s.level for s in part])) for part in parts]
        reference = reference_from(channel, *arrays[0], *arrays[1])
        rest, _, half, cut = (activation(channel, reference, *array) for array in arrays)
        assert rest.state is State.REST
        assert half.state is State.ACTIVE
        assert half.level == pytest.approx(0.5, abs=0.01)
        assert cut.state is State.SATURATED
