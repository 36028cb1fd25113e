"""Recordings: what is read, what is refused and in which words, and how they play."""

import numpy as np
import pytest

from drivers.base import DriverError, SensorState
from drivers.clock import SimulatedClock
from drivers.replay import RecordingError, ReplaySource, load_recording
from drivers.samples import ImuSample, LoadSample, Quality

T_S = np.arange(5) * 0.02
ACCEL = np.tile([0.0, 0.0, 9.81], (5, 1))


@pytest.fixture
def save(tmp_path):
    def write(**arrays):
        path = tmp_path / "set.npz"
        np.savez(path, **arrays)
        return path

    return write


def test_a_whole_recording_is_read(save):
    path = save(t=T_S, accel=ACCEL.astype(np.float32), gyro=np.ones((5, 3)), force=np.ones((5, 2)))
    recording = load_recording(path)
    assert recording.t_s.tolist() == T_S.tolist()
    assert recording.accel_m_s2.shape == recording.gyro_rad_s.shape == (5, 3)
    assert recording.force.shape == (5, 2)


def test_signals_that_were_not_recorded_are_none(save):
    recording = load_recording(save(t=T_S, accel=ACCEL, gyro=np.empty((5, 0))))
    assert recording.gyro_rad_s is None
    assert recording.force is None


def test_the_answers_are_never_looked_at(save):
    path = save(t=T_S, accel=ACCEL, rep_start=np.array([object()]), rep_end=np.array([np.nan]))
    assert load_recording(path).t_s.shape == (5,)


BAD_TIME = T_S.copy()
BAD_TIME[2] = 1.0
NAN_TIME = T_S.copy()
NAN_TIME[1] = np.nan


@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        ({"accel": ACCEL}, "has no key t"),
        ({"t": np.empty(0), "accel": np.empty((0, 3))}, "key t is empty"),
        ({"t": BAD_TIME, "accel": ACCEL}, "key t falls, expected times in ascending order"),
        ({"t": NAN_TIME, "accel": ACCEL}, "key t holds NaN"),
        ({"t": T_S, "accel": np.full((5, 3), np.inf)}, "key accel holds NaN or infinity"),
        ({"t": T_S, "accel": ACCEL[:4]}, r"key accel has shape (4, 3), expected (5, 3)"),
        ({"t": T_S, "accel": np.ones((5, 2))}, r"key accel has shape (5, 2)"),
        ({"t": T_S, "accel": ACCEL, "force": np.ones(5)}, "key force has 1 dimensions, expected 2"),
        ({"t": T_S.reshape(5, 1), "accel": ACCEL}, "key t has 2 dimensions, expected 1"),
        ({"t": T_S, "accel": ACCEL.astype(str)}, "key accel has type"),
        ({"t": T_S, "gyro": np.empty((5, 0))}, "has no signal"),
        ({"t": T_S, "accel": np.array([[object()] * 3] * 5)}, "cannot be read"),
    ],
)
def test_what_cannot_be_used_is_refused_in_one_sentence(save, arrays, words):
    with pytest.raises(RecordingError) as caught:
        load_recording(save(**arrays))
    message = str(caught.value)
    assert message.startswith("set.npz ")
    assert words in message
    assert message.endswith(".")
    assert "\n" not in message
    assert isinstance(caught.value, DriverError)
    assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize("content", [b"", b"not a recording", b"PK\x03\x04 broken", b"\x93NUMPY"])
def test_another_kind_of_file_is_refused(tmp_path, content):
    path = tmp_path / "set.npz"
    path.write_bytes(content)
    with pytest.raises(RecordingError, match=r"set.npz cannot be read.*npz"):
        load_recording(path)


def test_a_truncated_file_is_refused(save):
    path = save(t=T_S, accel=ACCEL)
    path.write_bytes(path.read_bytes()[:-300])
    with pytest.raises(RecordingError, match=r"set.npz"):
        load_recording(path)


def test_a_damaged_byte_is_noticed(save):
    path = save(t=T_S, accel=ACCEL)
    data = bytearray(path.read_bytes())
    at = data.find(np.float64(9.81).tobytes())
    data[at] ^= 0xFF
    path.write_bytes(data)
    with pytest.raises(RecordingError, match=r"set.npz"):
        load_recording(path)


def test_a_single_array_or_a_missing_file_is_refused(tmp_path):
    np.save(tmp_path / "one.npy", T_S)
    with pytest.raises(RecordingError, match=r"one.npy has no key t"):
        load_recording(tmp_path / "one.npy")
    with pytest.raises(RecordingError, match=r"none.npz does not exist"):
        load_recording(tmp_path / "none.npz")


def test_samples_come_in_the_order_of_time_with_both_sensors(save):
    recording = load_recording(save(t=T_S + 7.0, accel=ACCEL, force=np.arange(10.0).reshape(5, 2)))
    samples = list(recording.samples("thigh", "seat", start_s=100.0, force_column=1))
    assert [sample.t_s for sample in samples] == pytest.approx(np.repeat(100.0 + T_S, 2))
    assert samples[0] == ImuSample("thigh", 100.0, (0.0, 0.0, 9.81))
    assert samples[-1] == LoadSample("seat", 100.08, 9.0, Quality.UNCALIBRATED)


def test_a_force_is_in_newtons_only_where_the_file_says_so(save):
    force = np.ones((5, 1))
    quality = [
        next(iter(load_recording(save(t=T_S, force=force, **unit)).samples("a", "b"))).quality
        for unit in ({"force_unit": "N"}, {"force_unit": "lbf"}, {})
    ]
    assert quality == [Quality.GOOD, Quality.UNCALIBRATED, Quality.UNCALIBRATED]


def test_a_replay_yields_what_is_due_and_then_falls_silent(save):
    clock = SimulatedClock(50.0)
    source = ReplaySource("thigh", load_recording(save(t=T_S, accel=ACCEL)), clock)
    source.open()
    assert [sample.t_s for sample in source.read(50.0)] == [50.0]
    assert len(source.read(50.05)) == 2
    assert source.read(50.05) == []
    assert not source.finished
    assert len(source.read(51.0)) == 2
    assert source.finished
    assert source.health(51.0).state is SensorState.STALE
    clock.advance(60.0)
    source.open()
    assert [sample.t_s for sample in source.read(60.0)] == [60.0]
    source.close()
    assert source.read(70.0) == []


def damaged(tmp_path, kind):
    """An archive with a member that zipfile or numpy cannot take apart."""
    import io
    import zipfile

    path = tmp_path / "damaged.npz"
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "<f8", "fortran_order": False, "shape": (10**12,)})
    body = {"claims": header.getvalue(), "raw": b"no array"}.get(kind, b"x" * 100)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("t" if kind == "raw" else "t.npy", body)
    data = bytearray(path.read_bytes())
    for mark, flag_at, method_at in ((b"PK\x03\x04", 6, 8), (b"PK\x01\x02", 8, 10)):
        at = data.index(mark)
        if kind == "encrypted":
            data[at + flag_at] |= 1
        if kind == "compression":
            data[at + method_at] = 77
    path.write_bytes(bytes(data))
    return path


@pytest.mark.parametrize("kind", ["encrypted", "compression", "claims", "raw"])
def test_an_archive_that_cannot_be_taken_apart_is_one_sentence(tmp_path, kind):
    with pytest.raises(RecordingError, match=r"damaged\.npz") as caught:
        load_recording(damaged(tmp_path, kind))
    assert "\n" not in str(caught.value)
