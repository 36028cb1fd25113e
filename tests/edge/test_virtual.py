"""A virtual patient's set as a recording."""

import numpy as np
import pytest

from edge.__main__ import main
from edge.library import exercises
from edge.replay import replay_file
from edge.tempo import parse_tempo
from edge.virtual import pace_of, record_set


@pytest.mark.parametrize("exercise", ["sit_to_stand", "band_row"])
def test_the_replay_counts_what_the_virtual_patient_did(tmp_path, exercise):
    path = tmp_path / "set.npz"
    truth = record_set(path, exercise, "2-1-1-1", reps=4, seed=2)
    counted = replay_file(path, exercise)
    assert len(counted.reps) == len(truth) >= 4
    with np.load(path) as stored:
        assert stored["rep_end"].tolist() == [rep.end_s for rep in truth]
    for rep, true in zip(counted.reps, truth, strict=True):
        assert rep.end_s == pytest.approx(true.end_s, abs=0.3)


def test_a_tempo_runs_in_the_order_of_the_exercise():
    tempo = parse_tempo("3-1-2-0")
    squat, row = pace_of(tempo, exercises()["goblet_squat"]), pace_of(tempo, exercises()["band_row"])
    assert (squat.out_s, squat.hold_s, squat.back_s, squat.rest_s) == (3.0, 1.0, 2.0, 0.5)
    assert (row.out_s, row.hold_s, row.back_s, row.rest_s) == (2.0, 0.0, 3.0, 1.0)


@pytest.mark.parametrize(
    ("more", "named"),
    [
        (["--tempo", "fast"], "fast"),
        (["--exercise", "flying"], "flying"),
        (["--exercise", "plank"], "plank"),
        (["nowhere/set.npz"], "nowhere"),
    ],
)
def test_what_cannot_be_recorded_is_one_sentence(tmp_path, monkeypatch, capsys, more, named):
    monkeypatch.chdir(tmp_path)
    file = [] if more[0].endswith(".npz") else ["set.npz"]
    monkeypatch.setattr("sys.argv", ["steadyrig", "virtual", *file, *more])
    with pytest.raises(SystemExit, match="2"):
        main()
    said = capsys.readouterr().err
    assert named in said
    assert said.count("\n") == 1
