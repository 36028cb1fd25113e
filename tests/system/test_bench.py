"""The benchmarks run and say what they measured; how fast a machine is, no test asserts."""

import csv
import doctest
import json
import os
import subprocess
import sys

import numpy as np
import pytest

from drivers.patient import Pace
from edge.bench import bodies, journal, recordings
from edge.bench.bodies import performed
from edge.bench.counter import GROWING
from edge.bench.known import KNOWN
from edge.library import exercises
from edge.signal.profiles import profiles


def bench(*args):
    return subprocess.run(
        [sys.executable, "-m", "edge", "bench", *args], capture_output=True, text=True, check=False, timeout=100
    )


COUNTED_CLASSES = len(profiles().classes)
LONG = bool(os.environ.get("STEADYRIG_LONG"))


FIGURES = [
    ("screen", 1, 0),
    ("journal", 4, 1),
    ("drivers", 3, 0),
    ("counter", COUNTED_CLASSES + len(GROWING), len(KNOWN)),
]


@pytest.mark.parametrize(("name", "goals", "yardsticks"), FIGURES if LONG else FIGURES[:1])
def test_a_benchmark_gives_its_figures(name, goals, yardsticks):
    found = json.loads(bench(name, "--json").stdout)
    assert sum(figure["goal"] is not None for figure in found) == goals
    assert sum(figure["goal"] is None for figure in found) == yardsticks
    for figure in found:
        assert {"name", "value", "unit", "goal", "holds", "yardstick", "yardstick_value"} == set(figure)
        assert figure["value"] > 0 or figure["unit"] == "kB"
        assert figure["holds"] == (figure["goal"] is None or figure["value"] <= figure["goal"])


def test_a_journal_at_its_limit_is_opened_and_salvaged(monkeypatch):
    monkeypatch.setattr(journal, "MOST_BYTES", 1_000_000)
    found = {figure.name: figure for figure in journal.figures()}
    assert len(found) == 5
    salvaged = found["journal at its limit salvaged"]
    assert salvaged.value > 0
    assert salvaged.yardstick_value == found["journal at its limit opened, its past read"].value > 0


def recorded(folder, sets):
    """Write recordings of people who move like the virtual patient: (file, person, label, seed)."""
    with (folder / "manifest.csv").open("w", newline="") as lines:
        table = csv.writer(lines)
        table.writerow(("file", "participant", "exercise", "sensor_location", "true_reps"))
        for name, person, label, seed in sets:
            truth, samples = performed(exercises()["goblet_squat"], Pace(1.0, 0.5, 1.0, 1.0), 4, seed)
            assert len(truth) == 4
            np.savez(
                folder / name,
                t=[s.t_s for s in samples],
                accel=[s.accel_m_s2 for s in samples],
                gyro=[s.gyro_rad_s for s in samples],
                rep_end=[rep.end_s for rep in truth],
            )
            table.writerow((name, person, "goblet_squat", "thigh", label))


def test_recordings_are_scored_by_group(tmp_path):
    recorded(tmp_path, [("a_1.npz", "ann", 4, 1), ("a_2.npz", "ann", 5, 2), ("b_1.npz", "bob", 7, 3)])
    note, ann, bob, macro, total = json.loads(
        bench("recordings", "--folder", str(tmp_path), "--by", "person", "--json").stdout
    )
    assert "exact" in note["note"]
    assert (ann["name"], ann["sets"], ann["exact"], ann["within_one"], ann["mae"], ann["bias"]) == (
        ("ann", 2, 50.0, 100.0, 0.5, -0.5)
    )
    assert (bob["exact"], bob["within_one"], bob["mae"], bob["bias"]) == (0.0, 0.0, 3.0, -3.0)
    assert bob["found"] == 100.0
    assert bob["end_ms"] < 200
    # Two small groups stand together as one, so the mean over groups is that of all sets.
    assert macro["mae"] == total["mae"] == pytest.approx(4 / 3)


@pytest.mark.parametrize("unknown", [False, True])
def test_names_can_be_hidden_from_the_counter(tmp_path, monkeypatch, unknown):
    recorded(tmp_path, [("a_1.npz", "ann", 4, 1)])
    told = []
    monkeypatch.setattr(recordings, "count_reps", lambda t, accel, gyro, meta: told.append(meta) or [])
    list(recordings.figures(tmp_path, "source", unknown=unknown))
    assert ("exercise" in told[0]) is ("sensor_location" in told[0]) is not unknown
    assert told[0]["has_accel"] is told[0]["has_gyro"] is True


@pytest.mark.parametrize("module", [bodies, recordings])
def test_the_examples_in_the_text_hold(module):
    assert doctest.testmod(module).failed == 0


def test_recordings_that_are_not_there_are_said_not_to_be(tmp_path):
    done = bench("recordings", "--folder", str(tmp_path / "nowhere"))
    assert done.returncode == 0
    assert "nothing was counted" in done.stdout


def test_a_damaged_recording_and_a_grouping_that_is_not_are_one_sentence(tmp_path):
    recorded(tmp_path, [("a_1.npz", "ann", 4, 1)])
    (tmp_path / "a_1.npz").write_bytes(b"PK")
    done = bench("recordings", "--folder", str(tmp_path))
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "a_1.npz cannot be read" in done.stderr
    done = bench("recordings", "--by", "moon")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)


def test_an_unknown_benchmark_is_one_sentence():
    done = bench("moon")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "unknown benchmark 'moon'; there are: counter" in done.stderr
