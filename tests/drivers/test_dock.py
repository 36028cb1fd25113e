"""A bell is told by its weight, or it is told that nobody knows; bumps, drift, hands and towels are no bells."""

import math
import random
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from drivers.base import ConfigError
from drivers.clock import SimulatedClock
from drivers.dock import Dock
from drivers.dock_config import DockConfig, parse_dock
from drivers.dock_events import Blind, Came, Cleared, Left, Strange
from drivers.emulation.rig import EmulatedHardware
from drivers.factory import build_sources, parse_sensors
from drivers.samples import STANDARD_GRAVITY_M_S2 as G
from drivers.samples import LoadSample, Quality

BELLS = (4.0, 6.0, 8.0, 10.0, 12.0, 14.0, 16.0, 20.0, 24.0)
LIFT_S, RING_S = 0.25, 0.12


class Shelf:
    """A dock and its cell: what stands on it changes as hands do it, with ringing; ``t_s`` is now."""

    def __init__(self, bells=BELLS, rate_hz=80, noise_kg=0.002, seed=1, drift_kg_s=0.0, zero_kg=0.0):
        self.dock = Dock(bells)
        self.t_s, self.kg, self.zero_kg = 0.0, 0.0, zero_kg
        self.events = []
        self._period_s = 1 / rate_hz
        self._draw = random.Random(seed)
        self._noise_kg, self._drift_kg_s = noise_kg, drift_kg_s

    def sample(self, kg, quality=Quality.GOOD):
        self.t_s += self._period_s
        self.zero_kg += self._drift_kg_s * self._period_s
        noise = self._draw.gauss(0, self._noise_kg)
        self.events += self.dock.take(LoadSample("dock", self.t_s, (kg + self.zero_kg + noise) * G, quality))

    def stand(self, seconds, quality=Quality.GOOD):
        for _ in range(round(seconds / self._period_s)):
            self.sample(self.kg, quality)
        return self

    def to(self, kg, wait_s=1.5):
        """Move to another weight in a quarter of a second; it rings for a moment, then rests."""
        start_s, before, step = self.t_s, self.kg, kg - self.kg
        while (since := self.t_s - start_s) < LIFT_S:
            self.sample(before + step * since / LIFT_S)
        self.kg = kg
        while (since := self.t_s - start_s - LIFT_S) < 4 * RING_S:
            self.sample(kg + 0.3 * step * math.exp(-since / RING_S) * math.cos(60 * since))
        return self.stand(wait_s)

    def bump(self, kg, seconds=0.05):
        keep, self.kg = self.kg, self.kg + kg
        self.stand(seconds)
        self.kg = keep
        return self.stand(1.0)

    def told(self):
        """Return the events since the last call, without their times and weights."""
        events, self.events = self.events, []
        return [(type(e).__name__, getattr(e, "bell_kg", getattr(e, "candidates", None))) for e in events]


def empty_shelf(**settings):
    shelf = Shelf(**settings).stand(1.0)
    assert shelf.told() == [("Cleared", None)]
    return shelf


@pytest.mark.parametrize("rate_hz", [10, 80])
@pytest.mark.parametrize("bell_kg", BELLS)
def test_every_bell_is_told_when_it_comes_and_when_it_leaves(bell_kg, rate_hz):
    shelf = empty_shelf(rate_hz=rate_hz)
    came_s = shelf.t_s
    shelf.to(bell_kg)
    (came,) = shelf.events
    assert (type(came), came.bell_kg, came.witnessed) == (Came, bell_kg, True)
    assert came.measured_kg == pytest.approx(bell_kg, rel=0.01)
    assert came_s < came.t_s < came_s + 1.2
    assert shelf.dock.bells == (bell_kg,)
    left_s = shelf.t_s
    shelf.to(0.0)
    assert shelf.events[1:] == [Left(pytest.approx(left_s, abs=0.25), bell_kg)]
    assert shelf.dock.bells == ()


def test_a_lifted_bell_is_told_before_the_dock_has_come_to_rest():
    shelf = empty_shelf().to(16.0)
    shelf.to(0.0, wait_s=0.0)
    assert shelf.told()[-1] == ("Left", 16.0)


@pytest.mark.parametrize("bell_kg", [8.0, 24.0])
def test_a_bell_a_little_off_its_mark_is_still_that_bell(bell_kg):
    for off in (0.985, 1.015):
        assert empty_shelf().to(bell_kg * off).told() == [("Came", bell_kg)]


def test_between_two_bells_nothing_is_guessed():
    shelf = empty_shelf(bells=(24.0, 25.0))
    shelf.to(24.5)
    (unsure,) = shelf.events
    assert unsure.candidates == ((24.0,), (25.0,))
    assert shelf.dock.bells is None
    assert shelf.to(0.0).told()[-1] == ("Cleared", None)
    assert shelf.dock.bells == ()


def test_a_cell_that_doubts_itself_widens_what_may_be_meant():
    sure = empty_shelf(bells=(12.0, 13.0)).to(12.4)
    assert [type(event) for event in sure.events] == [Strange]
    shelf = Shelf(bells=(12.0, 13.0))
    shelf.stand(1.0, Quality.WARMING_UP)
    shelf.told()
    shelf.kg = 12.5
    shelf.stand(1.5, Quality.WARMING_UP)
    assert shelf.told() == [("Unsure", ((12.0,), (13.0,)))]


@pytest.mark.parametrize("kg", [1.5, 5.0, 11.0, 13.0, 70.0])
def test_a_weight_that_is_no_bell_is_marked_and_gone_when_it_is_gone(kg):
    shelf = empty_shelf().to(kg)
    (strange,) = shelf.events
    assert type(strange) is Strange
    assert strange.measured_kg == pytest.approx(kg, abs=0.05)
    assert shelf.dock.bells is None
    assert shelf.to(0.0).told()[-1] == ("Cleared", None)


def test_a_hand_on_the_bell_is_not_another_bell():
    shelf = empty_shelf().to(12.0)
    shelf.told()
    shelf.to(15.0)
    assert shelf.told() == [("Strange", None)]
    shelf.to(12.0)
    assert shelf.told() == [("Cleared", None)]
    assert shelf.dock.bells == (12.0,)


@pytest.mark.parametrize(("kg", "seconds"), [(8.0, 0.05), (-12.0, 0.15), (30.0, 0.02), (0.6, 0.3)])
def test_a_bump_tells_nothing(kg, seconds):
    shelf = empty_shelf().to(12.0)
    shelf.told()
    for _ in range(5):
        shelf.bump(kg, seconds)
    assert shelf.told() == []
    assert shelf.dock.bells == (12.0,)


def test_somebody_jumping_beside_it_tells_nothing():
    shelf = empty_shelf().to(12.0)
    shelf.told()
    for k in range(400):
        shelf.sample(12.0 + 1.5 * math.sin(k / 3) * math.sin(k / 40))
    shelf.stand(1.0)
    assert shelf.told() == []


class TestTwoAtOnce:
    def test_two_bells_that_come_and_leave_one_by_one(self):
        shelf = empty_shelf().to(12.0).to(20.0)
        assert shelf.told() == [("Came", 12.0), ("Came", 8.0)]
        assert shelf.dock.bells == (8.0, 12.0)
        shelf.to(8.0)
        assert shelf.told() == [("Left", 12.0)]
        assert shelf.to(0.0).told() == [("Left", 8.0)]

    def test_the_second_one_is_weighed_by_itself(self):
        shelf = empty_shelf().to(12.15).to(12.15 + 8.1)
        came = shelf.events[-1]
        assert came.bell_kg == 8.0
        assert came.measured_kg == pytest.approx(8.1, abs=0.02)

    def test_one_in_exchange_for_another(self):
        shelf = empty_shelf().to(16.0)
        shelf.told()
        assert shelf.to(10.0).told() == [("Left", 16.0), ("Came", 10.0)]

    def test_two_put_down_in_one_movement_where_no_single_bell_fits(self):
        shelf = empty_shelf(bells=(4.0, 12.0, 24.0)).to(16.0)
        assert shelf.told() == [("Came", 4.0), ("Came", 12.0)]

    def test_three_are_more_than_the_dock_believes(self):
        assert empty_shelf(bells=(8.0, 12.0, 20.0)).to(40.0).told() == [("Strange", None)]


class TestDrift:
    RATE = 0.4 / 600

    def test_a_zero_that_drifts_for_hours_makes_no_other_bell(self):
        shelf = empty_shelf(rate_hz=10, drift_kg_s=self.RATE).to(12.0)
        shelf.told()
        shelf.stand(3600)
        assert shelf.zero_kg > 2.3
        assert shelf.told() == []
        shelf.to(0.0)
        shelf.to(14.0)
        assert shelf.told() == [("Left", 12.0), ("Came", 14.0)]

    def test_an_empty_dock_that_drifted_weighs_the_next_bell_right(self):
        shelf = empty_shelf(rate_hz=10, drift_kg_s=-self.RATE).stand(3600)
        assert shelf.told() == []
        shelf.to(10.0)
        assert shelf.events[0].measured_kg == pytest.approx(10.0, abs=0.1)

    def test_what_grows_faster_than_drift_is_told(self):
        shelf = empty_shelf(rate_hz=10).to(12.0)
        shelf.told()
        for _ in range(600):
            shelf.kg += 0.002
            shelf.sample(shelf.kg)
        assert ("Strange", None) in shelf.told()


class TestFirstLook:
    def test_a_bell_that_already_stands_there_is_not_told_as_coming(self):
        shelf = Shelf(zero_kg=0.2)
        shelf.kg = 12.0
        shelf.stand(1.0)
        (came,) = shelf.events
        assert (came.bell_kg, came.witnessed) == (12.0, False)

    def test_silence_makes_it_blind_and_what_changed_meanwhile_was_not_witnessed(self):
        shelf = empty_shelf().to(12.0)
        shelf.told()
        assert shelf.dock.tick(shelf.t_s + 0.9) == []
        assert shelf.dock.tick(shelf.t_s + 5.0) == [
            Blind(pytest.approx(shelf.t_s + 1.0), "the dock's cell is silent")
        ]
        assert shelf.dock.tick(shelf.t_s + 6.0) == []
        assert shelf.dock.bells is None
        shelf.t_s += 10.0
        shelf.kg = 8.0
        shelf.stand(1.0)
        assert shelf.events == [
            Left(pytest.approx(shelf.t_s, abs=1.1), 12.0, witnessed=False),
            Came(pytest.approx(shelf.t_s, abs=1.1), 8.0, *[pytest.approx(8.0, abs=9)] * 2, witnessed=False),
        ]

    def test_after_silence_the_same_bell_is_told_as_there(self):
        shelf = empty_shelf().to(12.0)
        shelf.t_s += 10.0
        shelf.told()
        shelf.stand(1.0)
        assert [type(event) for event in shelf.events] == [Blind, Cleared]
        assert shelf.events[1].bells == (12.0,)

    @pytest.mark.parametrize(
        ("quality", "why"),
        [
            (Quality.UNCALIBRATED, "the dock's cell is not calibrated"),
            (Quality.EXPIRED, "the calibration of the dock's cell has expired"),
        ],
    )
    def test_an_uncalibrated_cell_weighs_nothing(self, quality, why):
        shelf = Shelf()
        shelf.kg = 12.0
        shelf.stand(2.0, quality)
        assert shelf.events == [Blind(pytest.approx(1 / 80), why)]
        assert shelf.dock.bells is None

    def test_saturated_settling_and_impossible_readings_are_left_out(self):
        shelf = empty_shelf()
        shelf.kg = 12.0
        shelf.stand(0.9, Quality.SATURATED)
        assert shelf.told() == []
        for value in (math.nan, math.inf):
            shelf.dock.take(LoadSample("dock", shelf.t_s + 0.001, value))
        shelf.stand(1.0)
        assert shelf.told() == [("Came", 12.0)]


stays = st.lists(st.tuples(st.sampled_from([0.0, *BELLS]), st.floats(0.8, 3.0)), min_size=1, max_size=8)


@settings(deadline=None, max_examples=25)
@given(stays, st.sampled_from([10, 80]), st.integers(0, 2**16))
def test_whatever_comes_and_goes_through_an_empty_dock_is_told_once_and_in_order(stays, rate_hz, seed):
    shelf = Shelf(rate_hz=rate_hz, seed=seed, noise_kg=0.02).stand(1.0)
    shelf.told()
    expected = []
    for bell_kg, wait_s in stays:
        if bell_kg:
            expected += [("Came", bell_kg), ("Left", bell_kg)]
        shelf.to(bell_kg, wait_s).to(0.0, 0.8)
    events = shelf.events
    assert shelf.told() == expected, f"seed {seed}"
    assert all(one.t_s <= other.t_s for one, other in pairwise(events)), f"seed {seed}"


@settings(deadline=None, max_examples=25)
@example([38.5, 2.0, 1.0], 0)
@given(st.lists(st.floats(-2, 40), min_size=1, max_size=6), st.integers(0, 2**16))
def test_a_bell_is_only_told_where_its_weight_is_within_the_uncertainty(weights, seed):
    """Never a guess: whatever is told to stand there weighs what stands there."""
    shelf = Shelf(seed=seed).stand(1.0)
    for kg in weights:
        shelf.to(kg)
        if shelf.dock.bells is not None:
            told_kg = sum(shelf.dock.bells)
            assert abs(told_kg - kg) <= 0.9 + 0.02 * 2 * told_kg, f"seed {seed}: {shelf.dock.bells} for {kg}"


@settings(deadline=None, max_examples=8)
@given(stays, st.integers(1, 400))
def test_a_prefix_gives_the_events_of_the_whole_up_to_then(stays, cut):
    def run(limit):
        shelf = Shelf(seed=4)
        taken = []
        keep = shelf.dock.take

        def counted(sample):
            taken.append(sample)
            return keep(sample) if len(taken) <= limit else []

        shelf.dock.take = counted
        for bell_kg, wait_s in stays:
            shelf.to(bell_kg, wait_s)
        return shelf.events

    whole, part = run(10**9), run(cut)
    assert whole[: len(part)] == part


def test_through_pins_and_driver_a_bell_is_told():
    tables = {
        "dock": {"chip": "hx711", "place": "dock", "bus": "spi-0", "zero_count": 9000, "newton_per_count": 3e-4}
    }
    configs = parse_sensors(tables, "station.toml")
    clock = SimulatedClock(100.0)
    hardware = EmulatedHardware(
        configs, lambda _p, _t: None, lambda _p, t_s: 16.0 * G if 103.0 <= t_s < 106.0 else 0.0, clock
    )
    (source,) = build_sources(configs, hardware, clock)
    source.open()
    dock, events = Dock(parse_dock({"sensor": "dock", "bells_kg": [12, 16, 20]}, configs, "s").bells_kg), []
    while clock.now() < 108.0:
        clock.advance(clock.now() + source.period_s)
        for sample in source.read(clock.now()):
            events += dock.take(sample)
    cleared, came, left = events
    assert (type(cleared), type(came), type(left)) == (Cleared, Came, Left)
    assert (came.bell_kg, left.bell_kg) == (16.0, 16.0)
    assert came.measured_kg == pytest.approx(16.0, abs=0.01)
    assert came.t_s == pytest.approx(103.0, abs=0.1)
    assert left.t_s == pytest.approx(106.0, abs=0.1)


CONFIGS = parse_sensors(
    {
        "dock": {"chip": "hx711", "place": "dock", "bus": "spi-0"},
        "thigh": {"chip": "bno08x", "place": "thigh", "bus": "i2c-1", "address": 0x4A},
    },
    "station.toml",
)


def test_the_settings_name_the_cell_and_the_bells():
    table = {"sensor": "dock", "bells_kg": [16, 4, 8.5]}
    assert parse_dock(table, CONFIGS, "station.toml") == DockConfig("dock", (4.0, 8.5, 16.0))


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (5, r"station.toml: dock is 5, expected a table"),
        ({"bells_kg": [4]}, r"dock.sensor is missing, expected one of the load cells dock"),
        ({"sensor": "thigh", "bells_kg": [4]}, r"dock.sensor is 'thigh', expected one of the load cells dock"),
        ({"sensor": "dock"}, r"dock.bells_kg is missing"),
        ({"sensor": "dock", "bells_kg": []}, r"dock.bells_kg is \[\], expected a list of kg"),
        ({"sensor": "dock", "bells_kg": [4, 4]}, r"each once"),
        ({"sensor": "dock", "bells_kg": [True]}, r"bells_kg is True"),
        ({"sensor": "dock", "bells_kg": ["8"]}, r"bells_kg is '8'"),
        ({"sensor": "dock", "bells_kg": [0.2]}, r"bells_kg is 0.2"),
        ({"sensor": "dock", "bells_kg": [4], "size": 1}, r"dock.size is not a key of a dock"),
    ],
)
def test_settings_that_cannot_be_are_refused_in_one_sentence(table, said):
    with pytest.raises(ConfigError, match=said) as caught:
        parse_dock(table, CONFIGS, "station.toml")
    assert str(caught.value).endswith(".")
