"""The chips' noise: as large as the data sheets say, in the chips' own steps, and the same for the same seed."""

import numpy as np
import pytest

from drivers import noise
from drivers.noise import Bno085Noise, Hx711Noise
from drivers.patient import ImuTruth
from drivers.samples import STANDARD_GRAVITY_M_S2, Quality

STILL = ImuTruth((0.0, 0.0, STANDARD_GRAVITY_M_S2), (0.0, 0.0, 0.0), (1.0, 0.0, 0.0, 0.0))


def at_rest(seed, until_s=20.0, truth=STILL):
    chip = Bno085Noise(seed)
    return [chip.read("thigh", t_s, truth) for t_s in chip.times(until_s)]


def pulled(seed, rate_hz, force_n=50.0, until_s=20.0):
    cell = Hx711Noise(seed, rate_hz)
    return [cell.read("band", t_s, force_n) for t_s in cell.times(until_s)]


def test_one_seed_is_one_chip():
    assert at_rest(1) == at_rest(1) != at_rest(2)
    assert pulled(1, 80) == pulled(1, 80) != pulled(2, 80)


def test_noise_is_what_the_data_sheet_says():
    accel = np.array([sample.accel_m_s2 for sample in at_rest(1)])
    gyro = np.array([sample.gyro_rad_s for sample in at_rest(1)])
    step_noise = np.array([noise.ACCEL_STEP_M_S2, noise.GYRO_STEP_RAD_S]) / np.sqrt(12)
    assert accel.std(axis=0) == pytest.approx(np.hypot(noise.ACCEL_NOISE_M_S2, step_noise[0]), rel=0.1)
    assert gyro.std(axis=0) == pytest.approx(np.hypot(noise.GYRO_NOISE_RAD_S, step_noise[1]), rel=0.1)


def test_offsets_over_many_chips_are_what_the_data_sheet_says():
    mean = [np.mean([sample.accel_m_s2 for sample in at_rest(seed, 0.5)], axis=0) for seed in range(200)]
    off = np.array(mean) - STILL.accel_m_s2
    assert np.sqrt((off[:, :2] ** 2).mean()) == pytest.approx(noise.ACCEL_OFFSET_M_S2, rel=0.15)
    turn = [np.mean([sample.gyro_rad_s for sample in at_rest(seed, 0.5)], axis=0) for seed in range(200)]
    assert np.sqrt((np.array(turn) ** 2).mean()) == pytest.approx(noise.GYRO_OFFSET_RAD_S, rel=0.15)


def test_values_come_in_the_steps_of_the_chip():
    for sample in at_rest(3, 1.0):
        for values, step in (
            (sample.accel_m_s2, noise.ACCEL_STEP_M_S2),
            (sample.gyro_rad_s, noise.GYRO_STEP_RAD_S),
            (sample.quaternion_wxyz, noise.QUATERNION_STEP),
        ):
            assert all((value / step).is_integer() for value in values)
    assert all((sample.force_n / noise.LOAD_STEP_N) % 1 == pytest.approx(0.5, abs=0.5) for sample in pulled(1, 80))


def test_the_orientation_is_off_by_a_degree_or_two_and_stays_a_rotation():
    for seed in range(20):
        q = np.array([sample.quaternion_wxyz for sample in at_rest(seed, 0.2)])
        assert np.linalg.norm(q, axis=1) == pytest.approx(1.0, abs=1e-3)
        assert np.degrees(2 * np.arccos(np.clip(q[:, 0], -1, 1))).max() < 4.5


def test_the_end_of_the_range_is_the_end_and_is_flagged():
    thrown = ImuTruth((0.0, 0.0, 200.0), (0.0, 50.0, 0.0), (1.0, 0.0, 0.0, 0.0))
    for sample in at_rest(4, 0.2, thrown):
        assert sample.accel_m_s2[2] == pytest.approx(8 * STANDARD_GRAVITY_M_S2)
        assert sample.gyro_rad_s[1] == pytest.approx(np.radians(2000))
        assert sample.quality is Quality.SATURATED


@pytest.mark.parametrize("samples", [at_rest(5, 60.0), pulled(5, 80, until_s=60.0), pulled(5, 10, until_s=60.0)])
def test_times_are_uneven_but_never_turn_back(samples):
    steps = np.diff([sample.t_s for sample in samples])
    assert steps.min() > 0
    assert 0.01 < steps.std() / steps.mean() < 0.2


def test_the_faster_converter_is_the_noisier_one():
    slow, fast = (np.diff([sample.force_n for sample in pulled(6, rate_hz)]).std() for rate_hz in (10, 80))
    assert fast / slow == pytest.approx(90 / 50, rel=0.2)
    assert fast == pytest.approx(np.sqrt(2) * noise.BOARD_NOISE * 90e-9 / noise.CELL_V_PER_N, rel=0.1)


def test_a_step_takes_four_conversions_to_settle():
    cell = Hx711Noise(7)
    force = [cell.read("band", t_s, 0.0 if t_s < 1.0 else 100.0).force_n for t_s in cell.times(2.0)]
    first = next(i for i, t_s in enumerate(cell.times(2.0)) if t_s >= 1.0)
    assert np.array(force[first : first + 5]) - force[0] == pytest.approx([12.5, 50.0, 87.5, 100.0, 100.0], abs=0.5)


def test_a_load_cell_drifts_by_no_more_than_half_a_percent_of_its_range_in_ten_minutes():
    cells = [Hx711Noise(seed, 10) for seed in range(50)]
    drift = [cell.read("band", 600.0, 0.0).force_n - cell.read("band", 0.0, 0.0).force_n for cell in cells]
    assert 2.0 < np.abs(drift).max() < 5.5


def test_there_is_no_such_rate():
    with pytest.raises(KeyError):
        Hx711Noise(1, 40)
