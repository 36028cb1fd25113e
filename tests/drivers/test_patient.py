"""The virtual patient: consistent physics, exact bookkeeping, the same answer however often it is asked."""

import threading

import numpy as np
import pytest

from drivers.patient import MOVEMENTS, Pace, VirtualPatient
from drivers.samples import STANDARD_GRAVITY_M_S2

STEADY = Pace(out_s=1.0, hold_s=0.5, back_s=2.0, rest_s=1.0)
LIMB = [name for name, movement in MOVEMENTS.items() if not movement.pulls_band]


def performing(exercise, seed=1, until_s=20.0):
    patient = VirtualPatient(seed)
    patient.begin(exercise, 2.0, STEADY)
    patient.finish(until_s)
    return patient


def product(a, b):
    w = a[:, 0] * b[:, 0] - np.sum(a[:, 1:] * b[:, 1:], axis=1)
    v = a[:, :1] * b[:, 1:] + b[:, :1] * a[:, 1:] + np.cross(a[:, 1:], b[:, 1:])
    return np.column_stack([w, v])


@pytest.mark.parametrize("exercise", LIMB)
def test_turn_rate_is_the_derivative_of_the_orientation(exercise):
    patient, step_s = performing(exercise), 0.002
    patient.fidget(0.5, 1.5)
    seen = [patient.imu("thigh", i * step_s) for i in range(5000)]
    q = np.array([reading.quaternion_wxyz for reading in seen])
    gyro = np.array([reading.gyro_rad_s for reading in seen])
    turned = product(q[:-1] * [1, -1, -1, -1], q[1:])[:, 1:] * 2 / step_s
    assert np.abs(turned - (gyro[1:] + gyro[:-1]) / 2).max() < 1e-3
    assert np.abs(gyro).max() > 0.5


def test_at_rest_it_reads_one_g_upward_in_the_world():
    patient = VirtualPatient(4)
    patient.prepare("sit_to_stand", 0.0)
    reading = patient.imu("thigh", 1.0)
    q = np.array([reading.quaternion_wxyz])
    vector = np.array([[0.0, *reading.accel_m_s2]])
    world = product(product(q, vector), q * [1, -1, -1, -1])[0, 1:]
    assert world == pytest.approx([0.0, 0.0, STANDARD_GRAVITY_M_S2], abs=0.2)


def test_the_mounting_differs_between_seeds_and_places_but_not_between_calls():
    here, there = VirtualPatient(1), VirtualPatient(2)
    assert here.imu("thigh", 0.0) == here.imu("thigh", 0.0)
    assert here.imu("thigh", 0.0).accel_m_s2 != here.imu("wrist", 0.0).accel_m_s2
    assert here.imu("thigh", 0.0).accel_m_s2 != there.imu("thigh", 0.0).accel_m_s2


def test_how_often_it_is_asked_changes_nothing():
    often, once = performing("goblet_squat"), performing("goblet_squat")
    for i in range(2000):
        often.imu("thigh", i * 0.01)
    assert often.imu("thigh", 18.3) == once.imu("thigh", 18.3)
    assert often.reps_performed(30.0) == once.reps_performed(30.0) > 2
    assert often.truth() == once.truth()


def test_finish_completes_the_repetition_in_progress_and_starts_no_other():
    patient = VirtualPatient(3)
    patient.begin("sit_to_stand", 1.0, STEADY)
    patient.finish(1.5)
    assert patient.reps_performed(100.0) == 1
    assert patient.truth()[0].start_s == 1.0
    assert patient.truth()[0].end_s == pytest.approx(4.5, rel=0.2)


def test_finish_before_the_start_calls_it_off():
    patient = VirtualPatient(3)
    patient.begin("sit_to_stand", 5.0, STEADY)
    patient.finish(4.0)
    assert patient.reps_performed(100.0) == 0


def test_a_repetition_counts_once_it_has_ended():
    patient = performing("sit_to_stand")
    first = next(iter((patient.imu("thigh", 30.0), patient.truth())[1]))
    assert patient.reps_performed(first.end_s - 0.001) == 0
    assert patient.reps_performed(first.end_s) == 1


def test_seen_in_another_posture_it_changes_posture_before_the_first_repetition():
    patient = VirtualPatient(5)
    patient.prepare("sit_to_stand", 0.0)
    patient.imu("thigh", 1.0)
    patient.begin("goblet_squat", 2.0, STEADY)
    patient.finish(6.0)
    patient.imu("thigh", 30.0)
    assert patient.truth()[0].start_s == 5.0
    steps = [patient.imu("thigh", 1.0 + i * 0.01).accel_m_s2 for i in range(1500)]
    assert np.abs(np.diff(steps, axis=0)).max() < 0.5


def test_band_force_rises_from_slack_to_the_peak_and_returns():
    patient = VirtualPatient(6)
    patient.begin("band_row", 2.0, STEADY, peak_force_n=120.0)
    patient.finish(3.0)
    force = np.array([patient.force_n(i * 0.01) for i in range(1000)])
    assert force[:200].max() < 8.0
    assert 100.0 < force.max() < 145.0
    assert force[-100:].max() < 8.0


def test_durations_and_ranges_vary_from_one_repetition_to_the_next():
    patient = performing("sit_to_stand", until_s=200.0)
    patient.reps_performed(300.0)
    out_s = [rep.out_end_s - rep.start_s for rep in patient.truth()]
    assert np.mean(out_s) == pytest.approx(1.0, abs=0.05)
    assert 0.04 < np.std(out_s) < 0.14


def test_fidgeting_stays_small():
    patient = VirtualPatient(7)
    patient.prepare("sit_to_stand", 0.0)
    patient.fidget(1.0, 20.0)
    seen = np.array([patient.imu("thigh", i * 0.02).accel_m_s2 for i in range(1200)])
    tilt_deg = np.degrees(
        np.arccos(np.clip(seen @ seen[0] / np.linalg.norm(seen, axis=1) / np.linalg.norm(seen[0]), -1, 1))
    )
    assert 3.0 < tilt_deg.max() < 20.0
    assert patient.reps_performed(30.0) == 0


def test_two_threads_may_ask_while_a_third_commands():
    patient, troubles = VirtualPatient(8), []
    patient.begin("sit_to_stand", 0.0, STEADY)

    def ask():
        try:
            for i in range(3000):
                patient.imu("thigh", i * 0.01)
                patient.force_n(i * 0.01)
        except Exception as exc:  # handed to the main thread, where the test fails with it
            troubles.append(exc)

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    for i in range(30):
        patient.finish(float(i))
        patient.begin("sit_to_stand", i + 0.5, STEADY)
    for thread in threads:
        thread.join()
    assert troubles == []
