"""A recording as a picture."""

import re

import numpy as np
import pytest

from drivers.patient import Pace, VirtualPatient
from edge.__main__ import main
from edge.plot import plot_file
from edge.replay import replay_file


@pytest.fixture
def file(tmp_path):
    """A virtual patient's set as a recording."""
    patient = VirtualPatient(5)
    patient.prepare("goblet_squat", 0.0)
    patient.begin("goblet_squat", 2.0, Pace(1.0, 0.5, 1.0, 1.0))
    patient.finish(12.0)
    t = np.arange(0.0, 18.0, 0.02)
    truths = [patient.imu("thigh", when) for when in t]
    path = tmp_path / "squats.npz"
    np.savez(path, t=t, accel=[x.accel_m_s2 for x in truths], gyro=[x.gyro_rad_s for x in truths])
    return path


def test_the_picture_shows_what_the_replay_counts(file, tmp_path):
    out = tmp_path / "out.svg"
    counted = plot_file(file, "goblet_squat", out)
    assert counted.reps == replay_file(file, "goblet_squat").reps
    svg = out.read_text()
    numbers = [int(n) for n in re.findall(r">(\d+)</text>", svg)]
    for number in range(1, len(counted.reps) + 1):
        assert number in numbers
    for word in ("eccentric", "bottom", "concentric", "reported", "resting", f"{len(counted.reps)} repetitions"):
        assert word in svg


def test_the_same_recording_gives_the_same_file(file, tmp_path):
    plot_file(file, "goblet_squat", tmp_path / "one.svg")
    plot_file(file, "goblet_squat", tmp_path / "two.svg")
    assert (tmp_path / "one.svg").read_bytes() == (tmp_path / "two.svg").read_bytes()


@pytest.mark.parametrize("name", ["out.bmp", "nowhere/out.svg"])
def test_a_picture_that_cannot_be_written_is_one_sentence(file, tmp_path, monkeypatch, capsys, name):
    monkeypatch.setattr("sys.argv", ["steadyrig", "replay", str(file), "--plot", str(tmp_path / name)])
    with pytest.raises(SystemExit, match="2"):
        main()
    assert name in capsys.readouterr().err
