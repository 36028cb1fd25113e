"""The counter as a function on arrays."""

import numpy as np
import pytest

from edge.signal.profiles import exercise_at
from edge.signal.replay import replay
from edge.signal.score import count_reps


@pytest.fixture(scope="module")
def arrays(performed):
    truth, samples = performed("goblet_squat", (1.0, 0.5, 1.5, 1.0), seed=8, until_s=20.0, noise_seed=8)
    t = np.array([sample.t_s for sample in samples])
    accel = np.array([sample.accel_m_s2 for sample in samples])
    return truth, t, accel, np.array([sample.gyro_rad_s for sample in samples])


@pytest.mark.parametrize("lacks", [None, "has_gyro", "has_accel"])
def test_zeros_of_a_sensor_that_is_not_there_are_not_taken_for_readings(arrays, lacks):
    truth, t, accel, gyro = arrays
    meta = {"exercise": "goblet_squat", "sensor_location": "thigh", "has_accel": True, "has_gyro": True}
    if lacks:
        meta[lacks] = False
        accel, gyro = (accel * 0, gyro) if lacks == "has_accel" else (accel, gyro * 0)
    assert len(count_reps(t, accel, gyro, meta)) == len(truth)


def test_a_prefix_gives_the_beginning_of_the_answer(arrays):
    _, t, accel, gyro = arrays
    meta = {"exercise": "goblet_squat"}
    whole = count_reps(t, accel, gyro, meta)
    for n in range(300, len(t), 400):
        part = count_reps(t[:n], accel[:n], gyro[:n], meta)
        assert part == whole[: len(part)]


@pytest.mark.parametrize("exercise", ["something", "squat", "kettlebell_swing"])
def test_a_gyroscope_alone_counts_any_movement(arrays, exercise):
    """Counted by cycles, what is turned is enough; how high and how hard is not known and not needed."""
    truth, t, accel, gyro = arrays
    meta = {"exercise": exercise, "sensor_location": "", "has_accel": False}
    assert abs(len(count_reps(t, accel * 0, gyro, meta)) - len(truth)) <= 1


def test_an_unknown_movement_is_counted_with_less_certainty(performed):
    _, samples = performed("goblet_squat", (1.0, 0.5, 1.5, 1.0), seed=8, until_s=20.0, noise_seed=8)
    known, unknown = (replay(samples, exercise_at("something", place)) for place in ("wrist (watch)", "a hat"))
    assert {rep.confidence for rep in known} == {0.7}
    assert {rep.confidence for rep in unknown} == {0.5}
