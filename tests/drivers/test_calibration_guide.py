"""A technician is led through a calibration; mistakes are refused, done again, and leave no trace in the record."""

import math
from datetime import UTC, datetime

import pytest

from drivers.calibration.guide import Step
from drivers.calibration.guides import guide_for
from drivers.calibration.load_guide import LoadGuide
from drivers.calibration.pose_guide import PoseGuide
from drivers.calibration.record import LoadRecord
from drivers.calibration.rig import bare
from drivers.calibration.still import Why
from drivers.clock import SimulatedClock
from drivers.emulation.rig import EmulatedHardware
from drivers.factory import build_sources, parse_sensors
from drivers.samples import STANDARD_GRAVITY_M_S2 as G

MADE = datetime(2026, 11, 21, 8, tzinfo=UTC)
TRUE = {"zero_count": 84_000, "newton_per_count": 0.0004}


class Workshop:
    """An emulated, uncalibrated cell, a guide, and the hands that hang ``kg`` on the hook."""

    def __init__(self, stored=None, capacity_kg=100.0, stretch=0.0, seed=3):
        tables = {"band": {"chip": "hx711", "place": "band", "bus": "spi-0", "capacity_kg": capacity_kg}}
        (self.config,) = parse_sensors(tables, "station.toml")
        truth = parse_sensors({"band": {**tables["band"], **TRUE}}, "the truth")
        self.kg, self.clock = 0.0, SimulatedClock(100.0)
        hardware = EmulatedHardware(
            truth,
            lambda _p, _t: None,
            lambda _p, _t: self.kg * (1 + stretch * self.kg) * G,
            self.clock,
            seed=seed,
        )
        (self.source,) = build_sources([bare(self.config)], hardware, self.clock)
        self.source.open()
        self.guide = LoadGuide(self.config, "station-0001", stored)
        self.wait(0.5)

    def wait(self, seconds):
        until_s = self.clock.now() + seconds
        while self.clock.now() < until_s - 1e-9:
            self.clock.advance(self.clock.now() + self.source.period_s)
            for sample in self.source.read(self.clock.now()):
                self.guide.take(sample)
            self.guide.tick(self.clock.now())

    def measure(self, kg, told="not asked"):
        """Hang something, start the look, and wait for it; return the reason for a refusal."""
        self.kg = kg
        self.wait(0.2)
        if told == "not asked":
            self.guide.begin(self.clock.now())
        else:
            self.guide.weigh(told, self.clock.now())
        self.wait(3.0)
        assert not self.guide.measuring
        return self.guide.refusal and self.guide.refusal.why

    def through(self, second_kg=20.0):
        assert self.measure(0.0) is None
        self.guide.confirm()
        assert self.measure(10.0, told=10.0) is None
        assert self.measure(0.0) is None
        assert self.measure(10.0) is None
        assert self.measure(20.0, told=second_kg) is None
        if second_kg is None:
            assert self.measure(30.0) is None
        assert self.guide.step is Step.DONE
        return self.guide.record(MADE)


@pytest.fixture(scope="module")
def stored():
    return Workshop().through()


@pytest.mark.parametrize("second_kg", [20.0, None], ids=["a second known weight", "by halves"])
def test_a_whole_calibration_finds_the_true_cell(second_kg):
    record = Workshop().through(second_kg)
    assert record.newton_per_count == pytest.approx(0.0004, rel=1e-4)
    assert record.zero_count == record.reference_zero_count == pytest.approx(84_000, abs=15)
    assert (record.sensor, record.rig, record.weight_kg) == ("band", "station-0001", 10.0)
    assert record.made_at == record.tared_at == MADE
    assert 0.005 < record.spread_n < 0.03
    assert abs(record.back_kg) < 0.001
    assert record.repeated_share < 0.001
    assert record.linear_share < 0.001


def test_the_steps_come_in_order_and_each_look_takes_its_time():
    shop = Workshop()
    assert shop.guide.step is Step.EMPTY
    assert not shop.guide.can_go_back
    shop.guide.begin(shop.clock.now())
    shop.wait(1.5)
    assert shop.guide.measuring
    assert shop.guide.progress(shop.clock.now()) == pytest.approx(0.5, abs=0.02)
    shop.wait(1.1)
    assert (shop.guide.measuring, shop.guide.step) == (False, Step.CONFIRM)
    shop.guide.begin(shop.clock.now())
    assert not shop.guide.measuring  # a question, not a look
    shop.guide.confirm()
    assert shop.guide.step is Step.WEIGHT


def test_a_known_cell_is_not_asked_whether_it_is_empty(stored):
    shop = Workshop(stored)
    assert shop.measure(0.0) is None
    assert shop.guide.step is Step.WEIGHT


def test_ten_kg_left_on_a_known_cell_are_refused_and_told_and_the_step_can_be_done_again(stored):
    shop = Workshop(stored)
    assert shop.measure(10.0) is Why.LOADED
    assert shop.guide.refusal.value == pytest.approx(10.0, abs=0.01)
    assert shop.guide.step is Step.EMPTY
    assert shop.measure(0.0) is None
    assert shop.guide.step is Step.WEIGHT


def test_a_new_zero_alone_keeps_the_span_and_its_date(stored):
    shop = Workshop(stored)
    shop.measure(1.0)  # the hook weighs a kg more now
    assert shop.guide.can_keep
    shop.guide.keep()
    record = shop.guide.record(datetime(2026, 12, 24, tzinfo=UTC))
    assert record.zero_count == pytest.approx(84_000 + G / 0.0004, abs=15)
    assert record.reference_zero_count == stored.reference_zero_count
    assert record.newton_per_count == stored.newton_per_count
    assert (record.made_at, record.tared_at) == (MADE, datetime(2026, 12, 24, tzinfo=UTC))


def test_a_second_calibration_keeps_the_first_zero_as_its_reference(stored):
    shop = Workshop(stored)
    assert shop.measure(1.0) is None
    for kg, told in ((11.0, {"told": 10.0}), (1.0, {}), (11.0, {})):
        assert shop.measure(kg, **told) is None
    shop.guide.skip()
    record = shop.guide.record(MADE)
    assert record.reference_zero_count == stored.reference_zero_count
    assert record.zero_count > stored.zero_count + 20_000
    assert record.newton_per_count == pytest.approx(0.0004, rel=1e-3)
    assert record.linear_share is None


@pytest.mark.parametrize(
    ("hung", "told", "why"),
    [
        pytest.param(0.0, 10.0, Why.NO_CHANGE, id="nothing hangs"),
        pytest.param(10.0, 4.9, Why.TOO_LIGHT, id="too light"),
        pytest.param(10.0, 101.0, Why.TOO_HEAVY, id="too heavy"),
        pytest.param(10.0, math.nan, Why.TOO_LIGHT, id="not a number"),
    ],
)
def test_a_weight_that_cannot_be_is_refused_and_asked_again(hung, told, why):
    shop = Workshop()
    shop.measure(0.0)
    shop.guide.confirm()
    assert shop.measure(hung, told=told) is why
    assert shop.guide.step is Step.WEIGHT
    assert shop.measure(10.0, told=10.0) is None
    assert shop.guide.step is Step.OFF


def test_a_weight_left_on_or_exchanged_is_noticed():
    shop = Workshop()
    shop.measure(0.0)
    shop.guide.confirm()
    shop.measure(10.0, told=10.0)
    assert shop.measure(10.0) is Why.NOT_BACK
    assert shop.guide.refusal.value == pytest.approx(10.0, abs=0.01)
    shop.measure(0.0)
    assert shop.measure(12.0) is Why.NOT_REPEATED
    assert shop.guide.refusal.value == pytest.approx(20.0, abs=0.1)


def test_a_weight_typed_as_another_is_found_by_the_second_one():
    """20 lb typed as kg: the span alone cannot tell, the second weight does."""
    shop = Workshop()
    shop.measure(0.0)
    shop.guide.confirm()
    for kg, told in ((9.07, {"told": 20.0}), (0.0, {}), (9.07, {})):
        assert shop.measure(kg, **told) is None
    assert shop.measure(20.0, told=20.0) is Why.NOT_LINEAR


@pytest.mark.parametrize("second_kg", [40.0, None], ids=["a second known weight", "by halves"])
def test_a_bent_cell_is_found(second_kg):
    shop = Workshop(stretch=0.001)
    shop.measure(0.0)
    shop.guide.confirm()
    shop.measure(10.0, told=10.0)
    shop.measure(0.0)
    shop.measure(10.0)
    first = shop.measure(40.0, told=second_kg)
    assert (first or shop.measure(50.0)) is Why.NOT_LINEAR
    shop.guide.back()
    assert shop.guide.step in (Step.AGAIN, Step.SECOND)


def test_a_step_back_is_measured_anew():
    shop = Workshop()
    shop.measure(0.0)
    shop.guide.confirm()
    shop.measure(12.0, told=10.0)
    shop.guide.back()
    assert shop.guide.step is Step.WEIGHT
    assert shop.guide.live_kg() is None  # the span was taken back
    assert shop.measure(10.0, told=10.0) is None
    shop.measure(0.0)
    shop.measure(10.0)
    shop.guide.skip()
    assert shop.guide.record(MADE).newton_per_count == pytest.approx(0.0004, rel=1e-3)


def test_a_sensor_that_falls_silent_ends_the_look_with_too_few_samples():
    shop = Workshop()
    shop.guide.begin(shop.clock.now())
    shop.guide.tick(shop.clock.now() + 4.4)
    assert shop.guide.measuring
    shop.guide.tick(shop.clock.now() + 4.6)
    assert shop.guide.refusal.why is Why.TOO_FEW


def test_the_live_value_is_in_counts_and_then_in_kg(stored):
    shop = Workshop()
    assert shop.guide.live_kg() is None
    assert shop.guide.live_count() == pytest.approx(84_000, abs=30)
    known = Workshop(stored)
    known.kg = 7.5
    known.wait(1.0)
    assert known.guide.live_kg() == pytest.approx(7.5, abs=0.01)


def test_nothing_is_written_before_the_end():
    shop = Workshop()
    shop.measure(0.0)
    with pytest.raises(RuntimeError, match="not finished"):
        shop.guide.record(MADE)


def test_a_motion_sensor_is_led_through_its_still_pose(truth):
    (config,) = parse_sensors(
        {"thigh": {"chip": "bno08x", "place": "thigh", "bus": "i2c-1", "address": 0x4A}}, "s.toml"
    )
    clock = SimulatedClock(100.0)
    turning = {"rad_s": 1.0}
    hardware = EmulatedHardware(
        [config], lambda _p, _t: truth((0.0, G, 0.0), (turning["rad_s"], 0, 0)), lambda _p, _t: 0.0, clock
    )
    (source,) = build_sources([config], hardware, clock)
    source.open()
    guide = guide_for(config, "station-0001", None)
    assert isinstance(guide, PoseGuide)

    def wait(seconds):
        for _ in range(round(seconds * 100)):
            clock.advance(clock.now() + 0.01)
            for sample in source.read(clock.now()):
                guide.take(sample)
            guide.tick(clock.now())

    wait(1.0)
    guide.begin(clock.now())
    wait(3.0)
    assert guide.refusal.why is Why.MOVING
    turning["rad_s"] = 0.0
    guide.begin(clock.now())
    wait(3.0)
    assert guide.step is Step.DONE
    record = guide.record(MADE)
    assert record.up == pytest.approx((0.0, 1.0, 0.0), abs=0.01)
    assert guide.live_accel()[1] == pytest.approx(G, abs=0.2)


def test_a_cell_gets_a_guide_for_cells_whatever_was_stored(stored):
    shop = Workshop()
    assert guide_for(shop.config, "r", stored).stored is stored
    assert isinstance(stored, LoadRecord)
