"""What a virtual patient does between sets has the sizes known of people."""

import numpy as np
import pytest

from drivers.patient import VirtualPatient
from drivers.samples import STANDARD_GRAVITY_M_S2

ACTIVITIES = ["stand", "sit", "walk", "handle", "adjust_band"]


def idle(activity, seed=1, until_s=120.0):
    patient = VirtualPatient(seed)
    patient.prepare("sit_to_stand" if activity == "sit" else "goblet_squat", 0.0)
    getattr(patient, activity)(1.0, until_s)
    return patient


def seen(patient, place="thigh", until_s=120.0, step_s=0.01):
    times = np.arange(0.0, until_s, step_s)
    readings = [patient.imu(place, t_s) for t_s in times]
    return times, np.array([r.accel_m_s2 for r in readings]), np.array([r.gyro_rad_s for r in readings])


@pytest.mark.parametrize("activity", ACTIVITIES)
def test_no_activity_is_a_repetition_and_one_seed_is_one_story(activity):
    assert idle(activity).reps_performed(200.0) == 0
    one, same, other = (seen(idle(activity, seed), step_s=0.5)[1] for seed in (1, 1, 2))
    assert (one == same).all()
    assert (one != other).any()
    pulls = [[idle(activity, seed).force_n(t_s) for t_s in range(120)] for seed in (1, 1)]
    assert pulls[0] == pulls[1]


def test_a_thigh_swings_by_30_to_40_degrees_about_every_second():
    times, _, gyro = seen(idle("walk"))
    axis = np.linalg.eigh(gyro.T @ gyro)[1][:, 2]
    angle = np.degrees(np.cumsum(gyro @ axis) * 0.01)
    turns = np.flatnonzero(np.diff(np.sign(np.convolve(gyro @ axis, np.ones(15) / 15, "same")))) + 1
    swings = np.abs(np.diff(angle[turns]))
    strides = swings > 20.0
    assert 28.0 < np.median(swings[strides]) < 42.0
    length_s = np.diff(times[turns])[strides]
    assert 2 * np.median(length_s) == pytest.approx(1 / 0.9, abs=0.2)


def smoothed(values, width):
    return np.apply_along_axis(lambda v: np.convolve(v, np.ones(width) / width, "same"), 0, values)


def test_the_body_rises_and_falls_with_every_step():
    _, accel, _ = seen(idle("walk"), "bar")
    size = np.linalg.norm(smoothed(accel, 10), axis=1)[50:-50]
    assert size.mean() == pytest.approx(STANDARD_GRAVITY_M_S2, abs=0.2)
    assert np.percentile(size, 95) > STANDARD_GRAVITY_M_S2 + 1.0


def test_a_foot_strike_jolts_what_is_strapped_to_soft_tissue():
    _, accel, _ = seen(idle("walk"))
    sharp = np.linalg.norm(accel - smoothed(accel, 10), axis=1)[50:-50]
    assert 8.0 < sharp.max() < 40.0


@pytest.mark.parametrize(("place", "low", "high"), [("thigh", 38, 65), ("wrist", 50, 85), ("bell", 8, 25)])
def test_picking_up_a_bell_bends_the_body_and_hardly_the_bell(place, low, high):
    _, accel, _ = seen(idle("handle"), place, step_s=0.05)
    slow = np.apply_along_axis(lambda v: np.convolve(v, np.ones(10) / 10, "valid"), 0, accel)
    slow /= np.linalg.norm(slow, axis=1, keepdims=True)
    assert low < np.degrees(np.arccos(np.clip(slow @ slow[0], -1, 1)).max()) < high


def test_a_sitter_crosses_the_legs_for_a_while_only():
    _, accel, _ = seen(idle("sit", until_s=600.0), until_s=600.0, step_s=0.1)
    unit = accel / np.linalg.norm(accel, axis=1, keepdims=True)
    tilt_deg = np.degrees(np.arccos(np.clip(unit @ unit[0], -1, 1)))
    assert 15.0 < tilt_deg.max() < 45.0
    assert (tilt_deg < 10.0).mean() > 0.5


def test_a_band_is_adjusted_with_no_more_than_60_newtons():
    for seed in range(5):
        patient = idle("adjust_band", seed)
        force = np.array([patient.force_n(t_s) for t_s in np.arange(0.0, 120.0, 0.05)])
        assert 30.0 < force.max() < 67.0
        assert force.min() > -1.0


def test_it_stands_up_before_it_walks():
    patient = VirtualPatient(3)
    patient.prepare("sit_to_stand", 0.0)
    patient.imu("thigh", 0.0)
    patient.walk(1.0, 30.0)
    _, accel, gyro = seen(patient, until_s=3.9)
    assert np.abs(gyro).max() > 0.5
    assert np.abs(gyro[260:390]).max() < 0.1
    unit = accel / np.linalg.norm(accel, axis=1, keepdims=True)
    assert np.degrees(np.arccos(unit[-1] @ unit[0])) > 60.0


def test_nothing_happens_in_no_time():
    patient, twin = (VirtualPatient(4), VirtualPatient(4))
    patient.prepare("goblet_squat", 0.0)
    twin.prepare("goblet_squat", 0.0)
    for activity in ("stand", "walk", "handle", "adjust_band"):
        getattr(patient, activity)(1.0, 0.0)
    assert patient.imu("thigh", 50.0) == twin.imu("thigh", 50.0)
    assert patient.force_n(50.0) == twin.force_n(50.0)
