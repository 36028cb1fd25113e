"""The steps of a calibration: what passes, what is refused and by how much. Cells are emulated down to their pins."""

import math
import os
import random

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from drivers.bno08x import Bno08x
from drivers.calibration import load
from drivers.calibration.pose import angle_deg, still_pose
from drivers.calibration.still import Refusal, Still, Why, look
from drivers.clock import SimulatedClock
from drivers.emulation.bno085 import EmulatedBno085
from drivers.emulation.hx711 import EmulatedHx711
from drivers.emulation.i2c import EmulatedI2C
from drivers.emulation.pins import QuietFactory
from drivers.hx711 import Hx711, SpiWires
from drivers.samples import STANDARD_GRAVITY_M_S2, ImuSample, LoadSample, Quality

LONG = bool(os.environ.get("STEADYRIG_LONG"))
TRIALS = 1000 if LONG else 20
G = STANDARD_GRAVITY_M_S2
N_PER_COUNT = 0.0005
KG_PER_COUNT = N_PER_COUNT / G


class Cell:
    """An emulated, uncalibrated HX711: ``kg`` on it may be changed at any time, or be a function of time."""

    def __init__(self, seed=1, n_per_count=N_PER_COUNT, zero_count=40_000, rate_hz=80, noise=1.0):
        self.kg = 0.0
        self.clock, factory = SimulatedClock(1000.0), QuietFactory()
        EmulatedHx711(
            factory, 10, 9, force=lambda t_s: G * (self.kg(t_s) if callable(self.kg) else self.kg), clock=self.clock,
            newton_per_count=n_per_count, zero_count=zero_count, sample_rate_hz=rate_hz, seed=seed, noise=noise,
        )  # fmt: skip
        self.source = Hx711("band", "spi-0", lambda: SpiWires(factory), clock=self.clock, sample_rate_hz=rate_hz)
        self.source.open()
        self.samples(0.2 if rate_hz == 80 else 1.0)

    def samples(self, seconds=2.0):
        samples = []
        for _ in range(round(seconds / self.source.period_s)):
            self.clock.advance(self.clock.now() + self.source.period_s)
            samples += self.source.read(self.clock.now())
        return samples

    def look(self, kg=None, capacity_kg=100.0, n_per_count=None, seconds=2.0):
        if kg is not None:
            self.kg = kg
        return look(self.samples(seconds), load.still_limit(capacity_kg, n_per_count), KG_PER_COUNT)


def still(count, spread=20.0):
    return Still(count, spread, 160)


class TestLook:
    @pytest.mark.parametrize("rate_hz", [10, 80])
    def test_a_cell_left_alone_is_still_at_its_count(self, rate_hz):
        found = Cell(rate_hz=rate_hz).look()
        assert found.mean_count == pytest.approx(40_000, abs=20)
        assert 10 < found.spread_count < 60
        assert found.samples == pytest.approx(2 * rate_hz, abs=2)

    @pytest.mark.parametrize(
        "movement",
        [
            pytest.param(lambda t_s: 10 + 0.1 * math.sin(6 * t_s), id="swings"),
            pytest.param(lambda t_s: 10 * (t_s - 1000), id="is being loaded"),
            pytest.param(lambda t_s: 5.0 if t_s > 1001.5 else 0.0, id="gets a load"),
            pytest.param(lambda t_s: 3.0 if 1001.0 < t_s < 1001.1 else 0.0, id="is knocked"),
        ],
    )
    def test_a_cell_that_moves_is_refused(self, movement):
        refused = Cell().look(movement)
        assert refused.why is Why.MOVING
        assert refused.value > refused.limit == pytest.approx(0.0003 * 2_147_484 * KG_PER_COUNT, rel=1e-3)

    def test_a_bell_that_swings_by_five_degrees_is_refused(self):
        """Tension of a pendulum: m g (cos a + amplitude terms); twice as fast as the swing."""
        swing = math.radians(5)

        def tension(t_s):
            angle = swing * math.sin(4.0 * t_s)
            return 10 * (math.cos(angle) + 2 * (math.cos(angle) - math.cos(swing)))

        assert Cell().look(tension, n_per_count=N_PER_COUNT).why is Why.MOVING

    def test_a_converter_that_repeats_itself_is_refused(self):
        assert Cell(noise=0.0).look().why is Why.STUCK

    def test_the_end_of_the_range_is_refused(self):
        assert Cell().look(1000.0).why is Why.SATURATED

    def test_a_sensor_that_is_gone_is_refused_with_what_came(self):
        assert look([], 600.0, KG_PER_COUNT) == Refusal(Why.TOO_FEW, 0, 12)
        settling = [LoadSample("band", k / 80, float(k), Quality.SETTLING) for k in range(160)]
        assert look(settling, 600.0, KG_PER_COUNT).why is Why.TOO_FEW

    def test_a_reading_that_is_no_number_is_no_rest(self):
        broken = [LoadSample("band", k / 80, math.nan if k == 9 else float(k % 3)) for k in range(160)]
        assert look(broken, 600.0, KG_PER_COUNT).why is Why.MOVING

    def test_what_was_seen_while_warming_up_says_so(self):
        warm = [LoadSample("band", k / 80, float(k % 3), Quality.WARMING_UP) for k in range(160)]
        assert look(warm, 600.0, KG_PER_COUNT).warming_up


class TestTare:
    """F15: a tare on a loaded cell is refused every time."""

    STORED = (40_000.0, N_PER_COUNT)

    @pytest.mark.long
    @pytest.mark.parametrize("seed", range(TRIALS))
    def test_ten_kg_left_on_are_refused_every_time(self, seed):
        """Whatever the cell, its rating, its wiring, its drift since, and however the bell hangs."""
        draw = random.Random(f"F15:{seed}")
        capacity_kg = draw.choice([20, 50, 100, 200, 300])
        counts = load.counts_per_mv_v() * draw.uniform(1.0, 3.0)  # at the rated load
        n_per_count = capacity_kg * G / counts * draw.choice([1, -1])
        zero = draw.randint(-400_000, 400_000)
        drift_kg = capacity_kg * draw.uniform(-0.005, 0.005)
        cell = Cell(seed, n_per_count, zero, noise=draw.uniform(0.5, 4.0))
        swing_kg, speed = draw.choice([0.0, 0.002, 0.01, 0.3]), draw.uniform(1, 20)
        cell.kg = lambda t_s: 10 + drift_kg + swing_kg * math.sin(speed * t_s)
        found = cell.look(capacity_kg=capacity_kg, n_per_count=n_per_count)
        if isinstance(found, Still):
            found = load.tare(found, capacity_kg, (zero, n_per_count), confirmed=True)
        assert isinstance(found, Refusal), f"seed F15:{seed}"
        assert found.why in (Why.LOADED, Why.MOVING), f"seed F15:{seed}: {found}"

    @pytest.mark.parametrize("seed", range(3))
    def test_the_empty_cell_with_some_drift_is_tared(self, seed):
        cell = Cell(seed, zero_count=40_000)
        found = load.tare(cell.look(1.5, n_per_count=N_PER_COUNT), 100.0, self.STORED)
        assert found == pytest.approx(40_000 + 1.5 * G / N_PER_COUNT, abs=30)

    @settings(deadline=None)
    @given(st.floats(-300, 300), st.floats(1, 500), st.floats(1e-5, 0.01), st.booleans())
    def test_more_than_two_percent_of_the_range_is_loaded_and_less_is_not(self, kg, capacity_kg, scale, turned):
        n_per_count = -scale if turned else scale
        zero = still(40_000 + kg * G / n_per_count)
        found = load.tare(zero, capacity_kg, (40_000.0, n_per_count), confirmed=True)
        assume(abs(abs(kg) - 0.02 * capacity_kg) > 1e-6)
        if abs(kg) > 0.02 * capacity_kg:
            assert found.why is Why.LOADED
            assert found.value == pytest.approx(kg, abs=1e-6)
            assert found.limit == pytest.approx(0.02 * capacity_kg)
        else:
            assert found == round(zero.mean_count)

    def test_small_steps_do_not_add_up(self):
        """Each tare is held against the zero of the first calibration, which no tare moves."""
        tares = {kg: load.tare(still(40_000 + kg / KG_PER_COUNT), 100, self.STORED) for kg in (1.0, 1.9, 2.8, 3.7)}
        assert [kg for kg, found in tares.items() if isinstance(found, int)] == [1.0, 1.9]

    def test_a_first_tare_needs_somebody_to_say_that_nothing_hangs_on_it(self):
        assert load.tare(still(40_000), 100.0, None).why is Why.UNCONFIRMED
        assert load.tare(still(40_000), 100.0, None, confirmed=True) == 40_000

    @pytest.mark.parametrize("count", [2_100_000, -2_100_000, 8_000_000])
    def test_a_bridge_far_out_of_balance_is_refused_even_when_confirmed(self, count):
        refused = load.tare(still(count), 100.0, None, confirmed=True)
        assert (refused.why, refused.limit) == (Why.ZERO_FAR_OFF, 25.0)
        assert refused.value == pytest.approx(100 * abs(count) / 2**23)


class TestSpan:
    @pytest.mark.parametrize("n_per_count", [0.0005, -0.0005, 0.0002])
    def test_a_known_weight_gives_newton_per_count(self, n_per_count):
        cell = Cell(n_per_count=n_per_count)
        zero, loaded = cell.look(0.0), cell.look(10.0)
        assert load.span(zero, loaded, 10.0, 100.0) == pytest.approx(n_per_count, rel=2e-4)

    @pytest.mark.parametrize(
        ("hung_kg", "told_kg", "why"),
        [
            (0.0, 10.0, Why.NO_CHANGE),
            (1.0, 10.0, Why.NO_CHANGE),
            (50.0, 10.0, Why.TOO_SENSITIVE),
            (4.0, 4.0, Why.TOO_LIGHT),
            (4.0, math.nan, Why.TOO_LIGHT),
            (110.0, 110.0, Why.TOO_HEAVY),
        ],
    )
    def test_a_weight_that_cannot_be_is_refused(self, hung_kg, told_kg, why):
        cell = Cell()
        assert load.span(cell.look(0.0), cell.look(hung_kg), told_kg, 100.0).why is why

    def test_a_converter_at_another_gain_has_other_limits(self):
        zero, loaded = still(0), still(10 * G / N_PER_COUNT / 2)  # gain 64 halves the counts
        assert load.span(zero, loaded, 10.0, 100.0, gain=64) == pytest.approx(2 * N_PER_COUNT)
        assert load.span(zero, still(10_000), 10.0, 100.0, gain=64).why is Why.NO_CHANGE

    def test_a_zero_that_comes_back_passes_and_one_that_does_not_is_told_in_kg(self):
        zero = still(40_000)
        assert load.returned(zero, still(40_000 + 0.1 / KG_PER_COUNT), N_PER_COUNT, 100) == pytest.approx(0.1)
        refused = load.returned(zero, still(40_000 - 0.3 / KG_PER_COUNT), N_PER_COUNT, 100)
        assert (refused.why, refused.limit) == (Why.NOT_BACK, pytest.approx(0.2))
        assert refused.value == pytest.approx(-0.3)

    def test_the_same_weight_twice_reads_the_same(self):
        zero, first = still(1000), still(101_000)
        assert load.repeated(zero, first, still(101_400)) == pytest.approx(0.004)
        assert load.repeated(zero, first, still(100_400)).why is Why.NOT_REPEATED

    @pytest.mark.parametrize("other_kg", [4.0, 20.0, 60.0])
    def test_a_second_weight_lies_on_the_line(self, other_kg):
        cell = Cell()
        zero, n_per_count = cell.look(0.0), N_PER_COUNT
        other = cell.look(other_kg)
        assert load.linear(zero, other, other_kg, n_per_count) < 0.001
        assert load.linear(zero, other, other_kg * 1.02, n_per_count).why is Why.NOT_LINEAR

    @settings(deadline=None)
    @given(st.floats(5, 50), st.floats(5, 50), st.floats(-3e5, 3e5), st.sampled_from([N_PER_COUNT, -N_PER_COUNT]))
    def test_by_halves_a_straight_cell_passes_whatever_the_weights_are(self, a_kg, b_kg, zero, n_per_count):
        def at(kg):
            return still(zero + kg * G / n_per_count)

        assert load.additive(at(0), at(a_kg), at(b_kg), at(a_kg + b_kg)) < 1e-6

    def test_by_halves_a_bent_cell_is_found(self):
        def at(kg):
            return still(kg * (1 + 0.0005 * kg) / KG_PER_COUNT)  # 2.5 % more at 50 kg than the line from zero

        refused = load.additive(at(0), at(20), at(30), at(50))
        assert (refused.why, refused.limit) == (Why.NOT_LINEAR, pytest.approx(0.5))
        assert refused.value == pytest.approx(100 * 0.6 / 51.25, rel=1e-6)


def held(axes=(0.0, 0.0, G), turn=(0.0, 0.0, 0.0), seconds=2.0, noise=0.02, change=lambda _t: (0.0, 0.0, 0.0)):
    draw = random.Random(5)
    for k in range(round(seconds * 100)):
        t_s = k / 100
        accel = tuple(a + c + draw.gauss(0, noise) for a, c in zip(axes, change(t_s), strict=True))
        gyro = tuple(w + draw.gauss(0, noise / 10) for w in turn)
        yield ImuSample("thigh", t_s, accel, gyro, None)


class TestPose:
    def test_an_emulated_sensor_held_still_tells_where_up_is(self, truth):
        clock = SimulatedClock(1000.0)
        chip = EmulatedBno085(lambda _t: truth((0.0, 0.6 * G, 0.8 * G)), clock, seed=3, noise=1.0)
        bus = EmulatedI2C(chip)
        source = Bno08x("thigh", "i2c-1", lambda: bus, address=0x4A, clock=clock)
        source.open()
        samples = []
        for _ in range(250):
            clock.advance(clock.now() + 0.01)
            samples += source.read(clock.now())
        pose = still_pose(samples[-200:])
        assert angle_deg(pose.up, (0.0, 0.6, 0.8)) < 1.0
        assert math.hypot(*pose.up) == pytest.approx(1.0)
        assert max(map(abs, pose.gyro_bias_rad_s)) < 0.02

    def test_gyro_offset_and_spread_are_measured(self):
        pose = still_pose(list(held(turn=(0.01, -0.02, 0.0))))
        assert pose.gyro_bias_rad_s == pytest.approx((0.01, -0.02, 0.0), abs=1e-3)
        assert pose.spread_m_s2 == pytest.approx(0.02 * 3**0.5, rel=0.1)
        assert pose.samples == 200

    @pytest.mark.parametrize(
        "moving",
        [
            pytest.param({"turn": (0.1, 0.0, 0.0)}, id="turns steadily"),
            pytest.param({"noise": 0.5}, id="is shaken"),
            pytest.param({"change": lambda t_s: (0.3 * t_s, 0.0, 0.0)}, id="leans slowly"),
            pytest.param({"change": lambda t_s: (2.0 if 1.0 < t_s < 1.1 else 0.0, 0.0, 0.0)}, id="is knocked"),
        ],
    )
    def test_a_sensor_that_moves_is_refused(self, moving):
        refused = still_pose(list(held(**moving)))
        assert refused.why is Why.MOVING
        assert refused.value > refused.limit

    def test_what_is_not_gravity_is_refused(self):
        refused = still_pose(list(held((0.0, 0.0, 8.5))))
        assert (refused.why, refused.limit) == (Why.NOT_GRAVITY, 0.5)
        assert refused.value == pytest.approx(G - 8.5, abs=0.01)

    def test_a_frozen_sensor_is_refused(self):
        assert still_pose(list(held(noise=0.0))).why is Why.STUCK

    def test_a_sensor_without_a_gyro_is_told_as_missing_samples(self):
        bare = [ImuSample("thigh", s.t_s, s.accel_m_s2, None, None) for s in held()]
        assert still_pose(bare) == Refusal(Why.TOO_FEW, 0, 12)

    def test_nan_never_passes(self):
        assert isinstance(still_pose(list(held((math.nan, 0.0, G)))), Refusal)

    @settings(deadline=None)
    @given(st.tuples(*[st.floats(-1, 1)] * 3), st.floats(0.1, 20))
    def test_an_angle_does_not_depend_on_lengths_and_is_half_a_turn_to_the_opposite(self, up, length):
        assume(math.hypot(*up) > 0.1)
        assert angle_deg(up, tuple(length * x for x in up)) == pytest.approx(0.0, abs=1e-5)
        assert angle_deg(up, tuple(-length * x for x in up)) == pytest.approx(180.0, abs=1e-5)

    def test_an_angle_is_that_between_the_directions(self):
        assert angle_deg((1, 0, 0), (1, 1, 0)) == pytest.approx(45)
        assert angle_deg((1, 0, 0), (0, 0, 0)) == 180
