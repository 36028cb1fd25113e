"""Raw recordings: every sample back as it was, so many megabytes at most, and a disk that refuses harms nothing."""

import errno
import math
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers import recorder as recorder_module
from drivers import shelf as shelf_module
from drivers.clock import SimulatedClock, SystemClock
from drivers.reader import Reader
from drivers.recorder import Recorder
from drivers.replay import RecordingError, ReplaySource, load_recording, load_trace
from drivers.samples import ImuSample, LoadSample, Quality
from drivers.shelf import Shelf
from drivers.traces import Mark, layout_for, pack

SENSORS = (("band", "band"), ("thigh", "thigh"), ("bell", "bell"))


def imu(t_s, name="thigh", **more):
    return ImuSample(name, t_s, (0.25, -9.8125, 0.5), (0.001953125, 0.0, -1.0), **more)


def load(t_s, force_n=12.3456789):
    return LoadSample("band", t_s, force_n)


def some(count, begin_s=1000.37):
    """Two sensors in turn, as they come."""
    for k in range(count):
        yield imu(begin_s + 0.01 * k, quaternion_wxyz=(1.0, 0.0, 0.0, 0.0), linear_m_s2=(0.5, 0.25, 0.0))
        yield load(begin_s + 0.01 * k + 0.004, 12.0 + math.sin(k))


@pytest.fixture
def recorder(tmp_path):
    made = []

    def make(max_mb=50.0, part_s=0.02, folder=tmp_path / "traces", **more):
        made.append(Recorder(folder, max_mb, SENSORS, part_s=part_s, **more))
        made[-1].start()
        return made[-1]

    yield make
    for one in made:
        one.stop()


def recordings(tmp_path):
    return Shelf(tmp_path / "traces", 0).recordings()


def record(one, items, name="session-0001"):
    one.begin(name)
    for item in items:
        if isinstance(item, Mark):
            one.mark(item.t_s, item.text)
        else:
            one.take(item)
    one.end()
    assert one.stop()


def test_every_sample_comes_back_as_it_was_in_the_order_it_came(recorder, tmp_path):
    samples = list(some(300))
    record(recorder(), samples)
    (path,) = recordings(tmp_path)
    assert path.name == "000001-session-0001.npz"
    trace = load_trace(path)
    assert list(trace.samples()) == samples
    assert trace.lost == 0
    assert dict(trace.sensors) == dict(SENSORS)


def test_a_trace_is_a_recording_in_the_shared_format(recorder, tmp_path):
    record(recorder(), some(50))
    (path,) = recordings(tmp_path)
    recording = load_recording(path)
    assert recording.t_s[0] == pytest.approx(0.37)
    assert recording.accel_m_s2.shape == recording.gyro_rad_s.shape == (50, 3)
    assert recording.force is None  # of another sensor, with times of its own: s1.force
    with np.load(path) as arrays:
        assert arrays["sensors"].tolist() == ["thigh", "band", "bell"]
        assert arrays["s1.force"].shape == (50, 1)
        assert arrays["accel"].dtype == np.float32


def test_a_station_without_motion_sensors_has_its_force_first(recorder, tmp_path):
    record(recorder(), [load(5.0), load(5.1)])
    recording = load_recording(recordings(tmp_path)[0])
    assert recording.force.tolist() == [[12.3456789], [12.3456789]]
    assert recording.force_unit == "N"


def test_counts_of_a_cell_without_a_calibration_are_not_called_newtons(recorder, tmp_path):
    record(recorder(), [LoadSample("band", 5.0, 84_000.0, Quality.UNCALIBRATED)])
    assert load_recording(recordings(tmp_path)[0]).force_unit is None


def test_a_part_that_a_sample_did_not_have_is_none_again(recorder, tmp_path):
    samples = [imu(1.0), ImuSample("thigh", 1.01, (0.0, 0.0, 9.75)), imu(1.02)]
    record(recorder(), samples)
    (path,) = recordings(tmp_path)
    assert [sample.gyro_rad_s for sample in load_trace(path).samples()] == [s.gyro_rad_s for s in samples]
    as_recording = list(load_recording(path).samples("thigh", "band"))
    assert [sample.gyro_rad_s is None for sample in as_recording] == [False, True, False]


numbers = st.floats(-1e3, 1e3)
vectors = st.none() | st.tuples(numbers, numbers, numbers)
odd_samples = st.one_of(
    st.builds(
        ImuSample,
        st.sampled_from(["thigh", "bell"]),
        st.floats(1e3, 1e6),
        vectors.filter(bool),
        vectors,
        st.none() | st.tuples(numbers, numbers, numbers, numbers),
        st.integers(0, 255).map(Quality),
        vectors,
    ),
    st.builds(LoadSample, st.just("band"), st.floats(1e3, 1e6), numbers, st.integers(0, 255).map(Quality)),
)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.lists(odd_samples, max_size=6), min_size=1, max_size=4))
def test_whatever_the_samples_and_wherever_the_parts_end_nothing_is_rounded(tmp_path_factory, parts):
    samples = [sample for part in parts for sample in part]
    if not samples:
        return
    shelf = Shelf(tmp_path_factory.mktemp("shelf"), 10**8)
    layout, folder, place = layout_for(SENSORS, samples), shelf.open("one"), 0
    for part in parts:
        shelf.write_part(folder, pack(layout, list(enumerate(part, place)), [(place, Mark(1e4, "part"))]))
        place += len(part)
    in_parts = load_trace(folder)
    shelf.join(folder)
    (path,) = shelf.recordings()
    for trace in (in_parts, load_trace(path)):
        assert [item for item in trace.events() if not isinstance(item, Mark)] == samples
        assert sum(isinstance(item, Mark) for item in trace.events()) == len(parts)
        assert trace.lost == 0


def test_marks_stand_between_the_samples_they_were_made_between(recorder, tmp_path):
    items = [
        Mark(1.0, "before"),
        imu(1.1),
        Mark(1.2, "listen 1 goblet_squat 8"),
        load(1.15),
        imu(1.3),
        Mark(2.0, "end"),
    ]
    record(recorder(), items)
    assert list(load_trace(recordings(tmp_path)[0]).events()) == items


def test_what_was_taken_outside_a_session_is_not_recorded(recorder, tmp_path):
    one = recorder()
    one.take(imu(1.0))
    one.mark(1.0, "nothing")
    record(one, [imu(2.0)])
    one.take(imu(3.0))
    assert [sample.t_s for sample in load_trace(recordings(tmp_path)[0]).samples()] == [2.0]


def test_a_kill_costs_no_more_than_the_last_part_and_the_next_start_joins_the_rest(recorder, tmp_path):
    one, samples = recorder(), list(some(200))
    one.begin("session-0001")
    for sample in samples[:300]:
        one.take(sample)
    until(lambda: held(tmp_path) == 300)
    (folder,) = recordings(tmp_path)
    (folder / "000009.npz.tmp").write_bytes(b"PK half a part")
    assert list(load_trace(folder).samples()) == samples[:300]
    # The process is gone; another one starts.
    recorder().stop()
    (path,) = recordings(tmp_path)
    assert path.suffix == ".npz"
    assert list(load_trace(path).samples()) == samples[:300]


RECORDING = """
import sys, time
from pathlib import Path
from drivers.recorder import Recorder
from drivers.samples import LoadSample
recorder = Recorder(Path(sys.argv[1]), 50.0, [("band", "band")], part_s=0.1)
recorder.start()
recorder.begin("session-0001")
for number in range(100_000):
    recorder.take(LoadSample("band", float(number), 1.0))
    print(number, flush=True)
    time.sleep(0.001)
"""


def test_a_real_kill_costs_no_more_than_the_last_part(tmp_path, recorder):
    child = subprocess.Popen([sys.executable, "-c", RECORDING, str(tmp_path / "traces")], stdout=subprocess.PIPE)
    began_s, taken = None, []
    for _ in child.stdout:
        taken.append(time.monotonic())
        began_s = began_s or taken[0]
        if taken[-1] - began_s > 1.6:
            break
    child.kill()
    child.communicate()
    recorder().stop()
    (path,) = recordings(tmp_path)
    kept = [int(sample.t_s) for sample in load_trace(path).samples()]
    assert kept == list(range(len(kept)))
    missing = taken[len(kept) :]
    assert not missing or missing[-1] - missing[0] < 1.0  # one part, and what a busy machine adds to it


def held(tmp_path):
    """How many samples of the newest recording are on the disk."""
    newest = recordings(tmp_path)[-1:]
    return len(list(load_trace(newest[0]).samples())) if newest and any(newest[0].glob("*.npz")) else 0


def until(condition, patience_s=10.0):
    give_up_s = time.monotonic() + patience_s
    while not (found := condition()) and time.monotonic() < give_up_s:
        time.sleep(0.005)
    assert found
    return found


def used(folder):
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def noise(count, seed):
    """Samples that do not compress."""
    chance = np.random.default_rng(seed)
    for k, row in enumerate(chance.normal(size=(count, 3)).tolist()):
        yield ImuSample("thigh", 1000.0 + 0.01 * k, tuple(row))


def test_the_oldest_recordings_make_room_and_the_limit_is_never_passed(tmp_path):
    shelf, most = Shelf(tmp_path, 100_000), 0
    for number in range(12):
        folder = shelf.open(f"session-{number:04d}")
        samples = list(noise(400, number))
        for at in range(0, 400, 100):
            part = list(enumerate(samples[at : at + 100], at))
            shelf.write_part(folder, pack(layout_for(SENSORS, samples), part, []))
            most = max(most, used(tmp_path))
        shelf.join(folder)
        most = max(most, used(tmp_path))
    left = [path.name for path in shelf.recordings()]
    assert 50_000 < most <= 100_000
    assert left == [f"{n + 1:06d}-session-{n:04d}.npz" for n in range(12 - len(left), 12)]
    assert len(left) >= 3


def test_a_session_larger_than_the_limit_keeps_its_end(tmp_path):
    shelf = Shelf(tmp_path, 60_000)
    folder, samples = shelf.open("long"), list(noise(3000, 1))
    for at in range(0, 3000, 100):
        shelf.write_part(folder, pack(layout_for(SENSORS, samples), list(enumerate(samples[at : at + 100], at)), []))
        assert used(tmp_path) <= 60_000
    shelf.join(folder)
    trace = load_trace(folder)
    kept = list(trace.samples())
    assert kept == samples[-len(kept) :]
    assert trace.lost == 3000 - len(kept) > 0


def test_numbers_and_not_clocks_say_which_recording_is_the_oldest(tmp_path):
    shelf = Shelf(tmp_path, 10**6)
    for name in ("first", "second"):
        folder = shelf.open(name)
        shelf.write_part(folder, pack(layout_for(SENSORS, [imu(1.0)]), [(0, imu(1.0))], []))
        shelf.join(folder)
    os.utime(tmp_path / "000001-first.npz", (2e9, 2e9))
    assert [path.name for path in shelf.recordings()] == ["000001-first.npz", "000002-second.npz"]
    assert shelf.open("third").name == "000003-third.parts"


def test_a_disk_that_refuses_is_told_and_tried_again_and_the_file_says_what_is_missing(
    recorder, tmp_path, monkeypatch
):
    one = recorder()
    samples = list(some(150))
    one.begin("session-0001")
    whole = shelf_module._write_whole

    def refuse(_path, _write):
        raise OSError(errno.ENOSPC, "No space left on device")

    for sample in samples[:100]:
        one.take(sample)
    until(lambda: held(tmp_path) == 100)
    monkeypatch.setattr(shelf_module, "_write_whole", refuse)
    for sample in samples[100:200]:
        one.take(sample)
    until(lambda: one.problem)
    assert one.problem == "recording is off: disk full (No space left on device)"
    assert one.trouble is shelf_module.Trouble.DISK_FULL
    until(lambda: not one._waiting)
    monkeypatch.setattr(shelf_module, "_write_whole", whole)
    for sample in samples[200:]:
        one.take(sample)
    one.end()
    assert one.stop()
    assert one.problem is one.trouble is None
    trace = load_trace(recordings(tmp_path)[0])
    assert list(trace.samples()) == samples[:100] + samples[200:]
    assert trace.lost == 100


def test_the_last_of_the_disk_is_left_to_the_journal(recorder, tmp_path, monkeypatch):
    monkeypatch.setattr(shelf_module, "KEEP_FREE_BYTES", 10**18)
    one = recorder()
    record(one, some(10))
    assert recordings(tmp_path) == [] or list(recordings(tmp_path)[0].glob("*")) == []
    assert "are free on its disk" in one.problem


def test_a_folder_that_cannot_be_made_is_told_and_nothing_ends(recorder, tmp_path):
    (tmp_path / "file").write_text("in the way")
    one = recorder(folder=tmp_path / "file" / "traces")
    record(one, some(10))
    assert one.problem.startswith("recording is off: the disk refuses (")


def test_a_disk_that_stands_still_never_holds_up_whoever_takes_samples(recorder, tmp_path, monkeypatch):
    gate, entered = threading.Event(), threading.Event()
    monkeypatch.setattr(recorder_module, "MOST_WAITING", 500)

    def stuck(_self, _folder, _arrays):
        entered.set()
        gate.wait(20.0)

    monkeypatch.setattr(Shelf, "write_part", stuck)
    one = recorder()
    one.begin("session-0001")
    one.take(imu(1.0))
    assert entered.wait(5.0)
    began_s = time.monotonic()
    for sample in some(5000):
        one.take(sample)
    assert time.monotonic() - began_s < 1.0
    assert len(one._waiting) <= 501
    began_s = time.monotonic()
    assert not one.stop()
    assert time.monotonic() - began_s < 1.5
    gate.set()


def test_a_part_that_cannot_be_read_costs_itself_alone(tmp_path):
    shelf, samples = Shelf(tmp_path, 10**7), list(some(30))
    folder = shelf.open("one")
    for at in (0, 20, 40):
        shelf.write_part(folder, pack(layout_for(SENSORS, samples), list(enumerate(samples[at : at + 20], at)), []))
    (folder / "000002.npz").write_bytes(b"damaged")
    shelf.join(folder)
    trace = load_trace(shelf.recordings()[0])
    assert list(trace.samples()) == samples[:20] + samples[40:]
    assert trace.lost == 20


BROKEN = {
    "no order": lambda arrays: arrays.pop("order"),
    "short quality": lambda arrays: arrays.update(quality=arrays["quality"][:-1]),
    "words": lambda arrays: arrays.update(accel=arrays["accel"].astype(str)),
    "no signal": lambda arrays: [arrays.pop(key) for key in ("accel", "gyro", "quaternion", "linear")],
    "marks": lambda arrays: arrays.update(mark=np.array(["end 1"])),
    "places": lambda arrays: arrays.update(places=np.array(["thigh"])),
    "times": lambda arrays: arrays.update(t0=np.array([1.0, 2.0])),
}


@pytest.mark.parametrize("how", BROKEN)
def test_a_trace_that_does_not_fit_together_is_one_sentence(tmp_path, how):
    samples = list(some(5))
    arrays = dict(pack(layout_for(SENSORS, samples), list(enumerate(samples)), []))
    BROKEN[how](arrays)
    np.savez(tmp_path / "odd.npz", **arrays)
    with pytest.raises(RecordingError, match=r"^odd\.npz .*\.$"):
        load_trace(tmp_path / "odd.npz")


def test_what_is_no_session_is_none_and_what_is_no_file_is_one_sentence(tmp_path):
    np.savez(tmp_path / "set.npz", t=np.arange(3.0), accel=np.zeros((3, 3)))
    assert load_trace(tmp_path / "set.npz") is None
    for path in (tmp_path / "none.npz", Path(__file__), tmp_path):
        with pytest.raises(RecordingError, match=path.name):
            load_trace(path)


def played(trace, clock, run):
    """Play a trace through a reader, as a live sensor would be."""
    source, got = ReplaySource("replay", trace, clock), []
    reader = Reader("replay", [source], clock, lambda sample: got.append((clock.now(), sample)))
    reader.start()
    run(source)
    assert reader.stop()
    return got


def test_a_session_plays_through_a_reader_in_real_time(tmp_path):
    samples = list(some(60))
    shelf = Shelf(tmp_path, 10**7)
    folder = shelf.open("one")
    shelf.write_part(folder, pack(layout_for(SENSORS, samples), list(enumerate(samples)), []))
    clock = SystemClock()
    got = played(load_trace(folder), clock, lambda source: until(lambda: source.finished and source._vitals.sample_s))
    assert [sample.sensor for _, sample in got] == [sample.sensor for sample in samples]
    late_s = [when_s - sample.t_s for when_s, sample in got]
    assert min(late_s) >= 0.0
    spans = [[item.t_s for item in items] for items in (samples, [sample for _, sample in got])]
    assert spans[1][-1] - spans[1][0] == pytest.approx(spans[0][-1] - spans[0][0])
    assert sorted(late_s)[len(late_s) // 2] < 0.2


def test_a_session_plays_through_a_reader_as_fast_as_the_clock_is_turned(tmp_path):
    samples = list(some(3000, begin_s=1000.0))
    shelf = Shelf(tmp_path, 10**7)
    folder = shelf.open("one")
    shelf.write_part(folder, pack(layout_for(SENSORS, samples), list(enumerate(samples)), []))
    clock = SimulatedClock(1000.0)

    def run(_source):
        while clock.now() < 1031.0:
            clock.advance(1031.0)
        clock.close()

    began_s = time.monotonic()
    got = played(load_trace(folder), clock, run)
    assert [sample for _, sample in got] == samples  # begun at the very second, not even the times are rounded
    assert time.monotonic() - began_s < 10.0
