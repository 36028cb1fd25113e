"""A session on emulated chips, recorded raw: counted anew from the file, it is the same session."""

import json
import time

import numpy as np
import pytest
from typer.testing import CliRunner

from drivers.recorder import Recorder
from drivers.replay import load_recording, load_trace
from drivers.shelf import Shelf
from drivers.traces import Mark, Trace
from edge import records
from edge.__main__ import app
from edge.prescription.plan import Prescription
from edge.prescription.row import one_dose
from edge.rawlog import Deed, Done, read
from edge.rerun import Rerun
from edge.session import Action, Screen
from edge.tempo import parse_tempo

SENSORS = [("band", "band"), ("thigh", "thigh")]
PLAN = Prescription(
    1, "p-0001-aaaa", "station-0001", "Ana", "2026-11-21",
    (
        one_dose(1, "goblet_squat", 1, 3, parse_tempo("normal"), None, 5.0),
        one_dose(2, "band_row", 1, 2, parse_tempo("normal"), None, 5.0),
    ),
)  # fmt: skip


def train(house, plan):
    """Squats with a chip that restarts on the way, then rows."""
    house.station.take_plan(plan)
    house.wait(2.0)
    house.press(Action.MAIN)
    house.wait(0.5)
    house.press(Action.MAIN)
    house.wait(1.5)
    house.begin()
    house.wait(60.0, lambda: len(house.state.reps) == 1)
    house.wait(0.8)
    house.hardware.chips["thigh"].reset()
    house.wait_for(Screen.LOST)
    house.body.finish(house.clock.now())
    house.wait(6.0)
    house.press(Action.MAIN)
    house.wait(2.0)
    house.begin()
    house.wait_for(Screen.REST)
    house.body.finish(house.clock.now())
    house.press(Action.MAIN)
    house.body.prepare("band_row", house.clock.now())
    house.wait(5.0)
    house.press(Action.MAIN)
    house.wait(2.0)
    house.begin("band_row")
    house.wait_for(Screen.REST)
    house.press(Action.MAIN)
    assert house.state.screen is Screen.SUMMARY


@pytest.fixture(scope="module")
def session(tmp_path_factory, emulated_house):
    """The house after a session, and the file it was recorded in."""
    folder = tmp_path_factory.mktemp("traces")
    recorder = Recorder(folder, 50.0, SENSORS, part_s=0.05)
    recorder.start()
    house = emulated_house(recorder)
    try:
        train(house, PLAN)
    finally:
        house.stop()
    assert recorder.stop()
    (path,) = Shelf(folder, 0).recordings()
    return house, path


def test_a_recorded_session_replays_to_the_identical_repetitions(session):
    house, path = session
    trace = load_trace(path)
    assert trace.lost == 0
    rerun = Rerun(trace)
    again = [
        (
            one.number, round(rep.start_s - one.start_s, 3), round(rep.end_s - one.start_s, 3),
            round(rep.range_value, 3), round(rep.confidence, 3),
        )
        for one, rep in rerun.run()
    ]  # fmt: skip
    assert again == house.reps()
    assert [len(one.reps) for one in rerun.sets] == [3, 2]
    written = [r for r in house.saved if isinstance(r, records.SetDone)]
    assert [set(one.doubts) <= set(r.doubts) for one, r in zip(rerun.sets, written, strict=True)] == [True, True]
    assert "reset" in rerun.sets[0].doubts


def test_without_the_pause_that_was_made_it_would_be_another_session(session):
    _, path = session
    trace = load_trace(path)
    deeds = [read(item).deed for item in trace.events() if isinstance(item, Mark)]
    assert deeds == [Deed.LISTEN, Deed.PAUSE, Deed.RESUME, Deed.END, Deed.LISTEN, Deed.END]


def test_what_is_more_than_was_asked_for_belongs_to_no_set(session):
    _, path = session
    trace = load_trace(path)
    fewer = np.char.replace(trace.arrays["mark"], "goblet_squat 3", "goblet_squat 2")
    rerun = Rerun(Trace(trace.file, {**trace.arrays, "mark": fewer}))
    assert len(list(rerun.run())) == 4
    assert [len(one.reps) for one in rerun.sets] == [2, 2]


def test_the_command_counts_a_session_set_by_set(session):
    house, path = session
    said = json.loads(CliRunner().invoke(app, ["replay", str(path), "--json"]).stdout)
    assert [(one["exercise"], one["planned"], one["count"]) for one in said["sets"]] == [
        ("goblet_squat", 3, 3),
        ("band_row", 2, 2),
    ]
    assert [rep["start_s"] for one in said["sets"] for rep in one["reps"]] == [rep[1] for rep in house.reps()]
    assert said["samples_lost"] == 0
    text = CliRunner().invoke(app, ["replay", str(path)]).stdout
    assert "set 1: 3 of 3 repetitions, goblet_squat, uncertain: reset" in text


def test_the_whole_session_is_also_one_long_recording_of_its_first_motion_sensor(session):
    _, path = session
    recording = load_recording(path)
    assert recording.accel_m_s2.shape == (len(recording.t_s), 3)
    said = CliRunner().invoke(app, ["replay", str(path), "--exercise", "goblet_squat", "--json"])
    assert json.loads(said.stdout)["exercise"] == "goblet_squat"


def test_a_session_is_replayed_at_its_own_pace(session):
    _, path = session
    trace = load_trace(path)
    first_s = next(iter(trace.events())).t_s
    began_s, told = time.monotonic(), []

    class EnoughError(Exception):
        pass

    def wait(t_s):
        if t_s - first_s > 0.5:
            raise EnoughError
        time.sleep(max(0.0, began_s + t_s - first_s - time.monotonic()))
        told.append(t_s)

    with pytest.raises(EnoughError):
        list(Rerun(trace).run(wait))
    assert 0.45 <= time.monotonic() - began_s < 2.0
    assert len(told) > 50


@pytest.mark.parametrize("text", ["listen 1 goblet_squat", "listen x goblet_squat 3", "dance 1", "", "pause"])
def test_a_word_of_another_version_is_passed_over(text):
    assert read(Mark(1.0, text)) is None


def test_what_was_done_reads_as_it_was_told():
    assert read(Mark(1.0, "listen 2 band_row 8")) == Done(1.0, Deed.LISTEN, 2, "band_row", 8)
    assert read(Mark(2.0, "resume 2")) == Done(2.0, Deed.RESUME, 2)
