"""What is asked of a recording before it is counted, and how the answer is written."""

import numpy as np
import pytest

from drivers.patient import Pace, VirtualPatient
from drivers.replay import RecordingError
from edge.model import Phase, PhaseSpan, Rep
from edge.replay import Replayed, replay_file


@pytest.fixture
def squats(tmp_path):
    """A set of four squats, of which only these signals were recorded."""

    def write(*keys):
        patient = VirtualPatient(7)
        patient.prepare("goblet_squat", 0.0)
        patient.begin("goblet_squat", 2.0, Pace(2.0, 1.0, 1.2, 1.0))
        patient.finish(20.0)
        t_s = np.arange(0, 27, 0.02)
        truth = [patient.imu("thigh", t) for t in t_s]
        signals = {
            "accel": np.array([one.accel_m_s2 for one in truth]),
            "gyro": np.array([one.gyro_rad_s for one in truth]),
            "force": np.full((len(t_s), 1), 3.0),
        }
        path = tmp_path / "set.npz"
        np.savez(path, t=t_s, **{key: signals[key] for key in keys})
        return path

    return write


@pytest.mark.parametrize("keys", [("accel", "gyro"), ("accel",), ("gyro",), ("gyro", "force")])
def test_a_squat_is_counted_from_whatever_tells_it(squats, keys):
    assert len(replay_file(squats(*keys), "goblet_squat").reps) == 4


def test_a_movement_nobody_has_named_is_counted_from_a_gyroscope_alone(squats):
    assert len(replay_file(squats("gyro"), None).reps) == 4


@pytest.mark.parametrize(
    ("keys", "exercise", "said"),
    [
        (("gyro",), "barbell_row", r"^set\.npz: no 'accel'; barbell_row is counted from it$"),
        (("force",), "goblet_squat", r"^set\.npz: no 'accel'; goblet_squat is counted from it$"),
        (("accel", "gyro"), "band_row", r"^set\.npz: no 'force'; band_row is counted from it$"),
    ],
)
def test_what_an_exercise_cannot_be_counted_without_is_named(squats, keys, exercise, said):
    with pytest.raises(RecordingError, match=said):
        replay_file(squats(*keys), exercise)


@pytest.mark.parametrize(
    ("value", "unit", "written"),
    [
        (0.437, "m", " 0.44 m "),
        (71.26, "deg", " 71.3 deg "),
        (98.04, "N", " 98.0 N "),
        (0.01234, "raw", " 0.0123 raw "),
    ],
)
def test_a_range_is_written_with_as_many_digits_as_say_something(value, unit, written):
    spans = (
        PhaseSpan(Phase.CONCENTRIC, 0.0, 1.0),
        PhaseSpan(Phase.TOP, 1.0, 1.0),
        PhaseSpan(Phase.ECCENTRIC, 1.0, 2.0),
    )
    rep = Rep(1, 0.0, 2.0, spans, value, unit, None, None, 1.0)
    assert written in Replayed("set.npz", "some", (rep,), ()).as_text()
