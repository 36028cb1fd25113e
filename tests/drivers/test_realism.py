"""A body is no minimum-jerk machine: what realism adds, and what it leaves alone."""

import random

import numpy as np
import pytest

from drivers.motion import way
from drivers.patient import Pace, VirtualPatient
from drivers.realism import REALISTIC, TREMULOUS, shape_of

STEADY = Pace(out_s=1.0, hold_s=2.0, back_s=3.0, rest_s=1.5)


def performing(exercise="sit_to_stand", realism=REALISTIC, seed=1, pace=STEADY):
    patient = VirtualPatient(seed, realism)
    patient.prepare(exercise, 0.0)
    patient.begin(exercise, 2.0, pace)
    patient.finish(40.0)
    patient.reps_performed(60.0)
    return patient


def pitch_rate(patient, times):
    """The thigh turns about one axis of the sensor only, whatever its mounting."""
    gyro = np.array([patient.imu("thigh", t_s).gyro_rad_s for t_s in times])
    axis = np.linalg.eigh(gyro.T @ gyro)[1][:, 2]
    return gyro @ axis


def test_realism_changes_no_time_of_what_is_performed():
    assert performing(realism=None).truth() == performing().truth() == performing(realism=TREMULOUS).truth()


def test_speed_peaks_early_and_late_but_not_always_in_the_middle():
    peaks = []
    for seed in range(6):
        patient = performing(seed=seed)
        for rep in patient.truth():
            times = np.linspace(rep.start_s, rep.out_end_s, 60)
            speed = np.abs(pitch_rate(patient, times))
            peaks.append(np.argmax(speed) / 59)
    assert 0.3 < min(peaks) < 0.43
    assert 0.53 < max(peaks) < 0.65


def moved_in_hold(patient, rep, from_s, to_s):
    rate = np.degrees(pitch_rate(patient, np.arange(rep.out_end_s + from_s, rep.out_end_s + to_s, 0.01)))
    return np.ptp(rate.cumsum() * 0.01)


def test_a_hold_begins_off_target_and_wanders_yet_not_far():
    person, machine = performing(), performing(realism=None)
    first, later, still = (
        np.array([moved_in_hold(who, rep, *span) for rep in who.truth()])
        for who, span in ((person, (0.0, 0.6)), (person, (0.6, 1.6)), (machine, (0.0, 1.6)))
    )
    assert 1.0 < first.max() < 5.0
    assert 0.7 < later.max() < 2.5
    assert still.max() < 0.5


def test_sitting_down_fast_makes_the_sensor_wobble_and_standing_does_not():
    fast = performing(pace=Pace(1.0, 1.0, 0.8, 2.0))
    for rep in fast.truth():
        after = pitch_rate(fast, np.arange(rep.end_s, rep.end_s + 0.1, 0.005))
        before = pitch_rate(fast, np.arange(rep.out_end_s, rep.out_end_s + 0.1, 0.005))
        assert np.abs(np.diff(after)).max() > 2 * np.abs(np.diff(before)).max()


def test_no_way_is_jerkier_than_the_tremor():
    for length_s in np.arange(0.5, 5.0, 0.05).tolist():
        shape = shape_of(random.Random(round(length_s * 100)), REALISTIC, length_s)
        change = max(abs(way(t_s, 0.0, length_s, shape)[2]) for t_s in np.linspace(0, length_s, 200).tolist())
        # A minimum-jerk path has 5.8 / T^2; a slow way that gets up to speed in half a second has 3 / (0.5 T).
        assert change < max(14.0 / length_s**2, 9.0 / length_s)


def rest_rms(realism, signal):
    patient = VirtualPatient(4, realism)
    patient.prepare("sit_to_stand", 0.0)
    values = np.array([signal(patient, i * 0.005) for i in range(4000)])
    slow = np.apply_along_axis(lambda v: np.convolve(v, np.ones(61) / 61, "same"), 0, values)
    return np.sqrt(((values - slow)[100:-100] ** 2).sum(axis=1).mean())


def test_tremor_has_the_size_that_was_measured_in_people():
    def accel(patient, t_s):
        return patient.imu("thigh", t_s).accel_m_s2

    assert 0.05 < rest_rms(REALISTIC, accel) < 0.3
    assert 0.5 < rest_rms(TREMULOUS, accel) < 2.0


@pytest.mark.parametrize(("realism", "low", "high"), [(REALISTIC, 0.5, 2.0), (TREMULOUS, 1.0, 4.0)])
def test_a_held_force_is_unsteady_by_percents(realism, low, high):
    patient = performing("band_row", realism, pace=Pace(1.0, 8.0, 1.0, 1.0))
    rep = patient.truth()[0]
    held = np.array([patient.force_n(t_s) for t_s in np.arange(rep.out_end_s + 1, rep.hold_end_s, 0.01)])
    left = held - np.convolve(held, np.ones(201) / 201, "same")
    assert low < 100 * left[110:-110].std() / held.mean() < high


def test_the_angle_runs_on_from_one_repetition_to_the_next():
    patient = performing()
    jumps = [
        np.abs(np.subtract(patient.imu("thigh", t_s + 1e-6).accel_m_s2, patient.imu("thigh", t_s - 1e-6).accel_m_s2))
        for rep in patient.truth()
        for t_s in (rep.start_s, rep.out_end_s, rep.hold_end_s, rep.end_s)
    ]
    assert np.max(jumps) < 0.01
