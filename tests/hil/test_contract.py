"""What every source promises the station, whatever chip is behind it.

``pytest`` runs this on emulated chips. ``pytest --hil station.toml`` runs the very same on the chips of a Raspberry
Pi and asks on the terminal for whatever needs a hand.
"""

import math
from itertools import pairwise
from statistics import fmean

import pytest

from drivers.base import SensorState
from drivers.calibration.load import rated_counts, still_limit
from drivers.calibration.record import capacity_kg
from drivers.calibration.still import MEASURE_S, Still, look
from drivers.samples import STANDARD_GRAVITY_M_S2, ImuSample, Quality

LOST_S, BACK_S, HAND_S = 0.5, 3.0, 20.0
LATE_S = 0.25
"""How old a sample may be when it is read: some periods, and a reader that was busy elsewhere."""
GRAVITY_TOLERANCE_M_S2 = 0.5
"""The chip promises 0.3 m/s2 (BNO08X data sheet, section 6.7); what it lies on may shake a little."""
REST_TURN_RAD_S = 0.1
"""The chip's own zero is off by 3.1 degrees a second at most (same place), 0.054 rad/s."""
TRUE_FORCE = Quality.UNCALIBRATED | Quality.WARMING_UP
"""What may be said of a load or a muscle at rest all the same: nobody calibrated it, or it was just switched on."""
PULL_N, PULL_COUNTS = 5.0, 10_000
"""A pull with 5 kg is ten times that; and for a cell without newtons, of 50 to 200 kg at gain 128."""


def test_it_opens_and_speaks_within_its_limit(stand):
    source = stand.open()
    opened_s = stand.clock.now()
    assert source.health(opened_s).state is SensorState.STARTING
    heard = stand.read_for(stand.promise.first_s, enough=bool)
    assert heard, f"no sample within {stand.promise.first_s:g} s"
    assert heard[0].sample.sensor == source.name == stand.name


def test_it_keeps_its_rate(stand):
    samples = stand.settled(4.0)
    span_s = samples[-1].t_s - samples[0].t_s
    assert (len(samples) - 1) / span_s == pytest.approx(stand.rate_hz, rel=stand.promise.rate_tolerance)


def test_times_rise_and_are_near_now(stand):
    stand.open()
    stand.read_for(stand.promise.first_s)
    heard = stand.read_for(2.0)
    assert all(before.sample.t_s < after.sample.t_s for before, after in pairwise(heard))
    ages_s = [one.at_s - one.sample.t_s for one in heard]
    assert -1.5 / stand.rate_hz <= min(ages_s)
    assert max(ages_s) <= LATE_S


def test_at_rest_nothing_is_wrong_with_a_sample(stand):
    samples = stand.settled(2.0)
    allowed = Quality.GOOD if isinstance(samples[0], ImuSample) else TRUE_FORCE
    assert {sample.quality & ~allowed for sample in samples} == {Quality.GOOD}


def test_it_feels_gravity_and_no_turning_at_rest(imu):
    for sample in imu.settled():
        assert math.hypot(*sample.accel_m_s2) == pytest.approx(STANDARD_GRAVITY_M_S2, abs=GRAVITY_TOLERANCE_M_S2)
        if sample.gyro_rad_s is not None:
            assert math.hypot(*sample.gyro_rad_s) <= REST_TURN_RAD_S
        if sample.quaternion_wxyz is not None:
            assert math.hypot(*sample.quaternion_wxyz) == pytest.approx(1.0, abs=0.01)
        if sample.linear_m_s2 is not None:
            assert math.hypot(*sample.linear_m_s2) <= GRAVITY_TOLERANCE_M_S2


def test_turned_over_it_feels_gravity_from_the_other_side(imu):
    before = mean_accel(imu.settled())
    imu.hand.turn_over(imu.name)
    after = mean_accel(imu.more())
    along = sum(a * b for a, b in zip(before, after, strict=True)) / STANDARD_GRAVITY_M_S2**2
    assert along == pytest.approx(-1.0, abs=0.2)


def mean_accel(samples):
    return [fmean(sample.accel_m_s2[axis] for sample in samples) for axis in range(3)]


def test_an_unloaded_cell_is_steady_enough_to_be_tared(cell):
    """The judgement is that of `steadyrig calibrate`."""
    bare = cell.bare()
    counts, capacity = bare.settled(MEASURE_S), capacity_kg(cell.config)
    bare.shut()
    found = look(counts, still_limit(capacity, None), capacity / rated_counts(capacity, None))
    assert isinstance(found, Still), found


def test_a_pull_is_positive_and_letting_go_takes_it_back(cell):
    samples = cell.settled()
    rest = fmean(forces(samples))
    cell.hand.press(cell.name)
    pulled = fmean(forces(cell.more())) - rest
    cell.hand.let_go(cell.name)
    left = fmean(forces(cell.more())) - rest
    # Which way round the wires are is found out by calibrating.
    if calibrated(samples):
        assert pulled >= PULL_N
    assert abs(pulled) >= (PULL_N if calibrated(samples) else PULL_COUNTS)
    assert abs(left) <= 0.2 * abs(pulled)


def forces(samples):
    return [sample.force_n for sample in samples]


def calibrated(samples):
    return not samples[0].quality & Quality.UNCALIBRATED


def test_its_health_is_live(stand):
    stand.settled(2.0)
    now_s = stand.clock.now()
    health = stand.open_source.health(now_s)
    assert (health.sensor, health.state, health.resets) == (stand.name, SensorState.LIVE, 0)
    assert health.age_s <= LATE_S
    assert health.rate_hz == pytest.approx(stand.rate_hz, rel=stand.promise.rate_tolerance)


def test_closed_twice_it_is_absent_and_opens_again(stand):
    stand.settled(0.5)
    source = stand.open_source
    source.close()
    source.close()
    assert source.health(stand.clock.now()).state is SensorState.ABSENT
    assert stand.settled(0.5)
    assert source.health(stand.clock.now()).state is SensorState.LIVE


def test_unplugged_it_is_lost_and_plugged_in_it_is_back(stand):
    reader, samples = stand.reader()
    try:
        stand.watch(reader, samples, lambda look: look.state is SensorState.LIVE, stand.promise.first_s + 1.0)
        stand.hand.unplug(stand.name)
        lost = stand.watch(reader, samples, lambda look: look.state is not SensorState.LIVE, HAND_S)
        assert lost.at_s - lost.newest_s <= LOST_S
        stand.watch(reader, samples, lambda look: look.at_s - lost.at_s > 2.0, 3.0)
        stand.hand.plug_in(stand.name)
        plugged_s = stand.clock.now()
        back = stand.watch(reader, samples, lambda look: look.state is SensorState.LIVE, HAND_S)
        assert back.at_s - plugged_s <= BACK_S
        assert reader.problems() == {}
    finally:
        stand.stop(reader)
