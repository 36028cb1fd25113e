"""Calibration files: whole or not at all, of this rig, this sensor and this wiring, or not believed (F16)."""

import hashlib
import os
import re
import tomllib
from dataclasses import replace
from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.base import ConfigError
from drivers.calibration import files
from drivers.calibration.files import NOTHING, from_toml, path_of, read, to_toml, write
from drivers.calibration.record import LoadRecord, PoseRecord, doubts, expires_at, moment, wiring
from drivers.factory import parse_sensors

BAND = {"chip": "hx711", "place": "band", "bus": "gpio", "clock_pin": 5, "data_pin": 6}
THIGH = {"chip": "bno08x", "place": "thigh", "bus": "i2c-1", "address": 0x4A}
BAND_CONFIG, THIGH_CONFIG = parse_sensors({"band": BAND, "thigh": THIGH}, "station.toml")
RIG = "station-0001"
MADE = datetime(2026, 11, 21, 8, 0, 0, tzinfo=UTC)
LOAD = LoadRecord(
    sensor="band", rig=RIG, wiring=wiring(BAND_CONFIG), made_at=MADE, tared_at=MADE, capacity_kg=100.0,
    weight_kg=10.0, zero_count=41_000, reference_zero_count=40_000, newton_per_count=-0.0005, spread_n=0.02,
    back_kg=-0.01, repeated_share=0.001,
)  # fmt: skip
POSE = PoseRecord(
    sensor="thigh", rig=RIG, wiring=wiring(THIGH_CONFIG), made_at=MADE, up=(0.0, 0.6, 0.8),
    gyro_bias_rad_s=(0.001, 0.0, -0.002), spread_m_s2=0.02,
)  # fmt: skip


@pytest.mark.parametrize(("record", "config"), [(LOAD, BAND_CONFIG), (POSE, THIGH_CONFIG)], ids=["load", "pose"])
def test_what_is_written_is_read_back(tmp_path, record, config):
    folder = tmp_path / "calibration"
    path = write(folder, record)
    assert path == folder / f"{config.name}.toml"
    assert read(folder, config, RIG).record == record
    assert list(folder.iterdir()) == [path]  # nothing half-made is left beside it
    assert path.stat().st_mode & 0o777 == 0o644


def test_a_file_says_what_it_is_in_toml_that_people_can_read():
    text = to_toml(LOAD).decode()
    assert text.startswith("# Written by `steadyrig calibrate band`")
    tables = tomllib.loads(text)
    assert (tables["schema"], tables["rig"], tables["kind"]) == (1, RIG, "load")
    assert tables["wiring"] == {
        "chip": "hx711", "bus": "gpio", "clock_pin": 5, "data_pin": 6, "channel_gain": "A128",
    }  # fmt: skip
    assert tables["made_at"] == MADE
    assert len(tables["checksum"]) == 64


def test_no_file_is_neither_a_record_nor_a_problem(tmp_path):
    assert read(tmp_path / "none", BAND_CONFIG, RIG) == NOTHING


@settings(deadline=None)
@given(st.data())
def test_no_damaged_byte_is_believed(data):
    text = bytearray(to_toml(LOAD))
    at = data.draw(st.integers(0, len(text) - 1))
    text[at] ^= data.draw(st.integers(1, 255))
    with pytest.raises(files._Void):
        from_toml(bytes(text))


@settings(deadline=None)
@given(st.integers(0, len(to_toml(LOAD)) - 1))
def test_no_part_of_a_file_is_believed(length):
    with pytest.raises(files._Void):
        from_toml(to_toml(LOAD)[:length])


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_no_rubbish_is_believed(text):
    with pytest.raises(files._Void):
        from_toml(text)


def resigned(text):
    """Return changed text with a checksum that fits it again: what strictness alone has to catch."""
    body = text.rpartition(b"checksum = ")[0]
    return body + b'checksum = "' + hashlib.sha256(body).hexdigest().encode() + b'"\n'


REASONS = {
    "changed by hand": (to_toml(LOAD).replace(b"-0.0005", b"-0.0006"), "is damaged or was changed by hand"),
    "empty": (b"", "is damaged"),
    "binary": (bytes(range(256)), "is damaged"),
    "too long": (to_toml(LOAD) + b"#" * 20_000, "is damaged"),
    "other rig": (to_toml(msgspec.structs.replace(LOAD, rig="station-0002")), r"is of another rig \(station-0002\)"),
    "other sensor": (to_toml(msgspec.structs.replace(LOAD, sensor="dock")), r"is of another sensor \(dock\)"),
    "other pin": (
        to_toml(msgspec.structs.replace(LOAD, wiring={**LOAD.wiring, "data_pin": 13})),
        r"is of another wiring \(data_pin was 13, station.toml has 6\)",
    ),
    "other chip": (
        to_toml(msgspec.structs.replace(LOAD, wiring={**LOAD.wiring, "chip": "nau7802"})),
        r"is of another wiring \(chip was 'nau7802'",
    ),
    "other gain": (
        to_toml(msgspec.structs.replace(LOAD, wiring={**LOAD.wiring, "channel_gain": "B32"})),
        r"is of another wiring \(channel_gain was 'B32', station.toml has 'A128'\)",
    ),
    "a pin more": (
        to_toml(msgspec.structs.replace(LOAD, wiring={**LOAD.wiring, "address": 42})),
        r"is of another wiring \(address was 42, station.toml has None\)",
    ),
    "other kind": (
        to_toml(msgspec.structs.replace(POSE, sensor="band", wiring=LOAD.wiring)),
        "is of another kind of sensor",
    ),
    "other schema": (
        resigned(to_toml(LOAD).replace(b"schema = 1", b"schema = 2")),
        "was written by another version",
    ),
}


@pytest.mark.parametrize("kind", REASONS)
def test_a_file_that_does_not_fit_is_a_problem_in_words_and_never_raises(tmp_path, kind):
    text, words = REASONS[kind]
    path_of(tmp_path, "band").write_bytes(text)
    found = read(tmp_path, BAND_CONFIG, RIG)
    assert found.record is None
    assert found.problem.startswith("calibration file band.toml ")
    assert found.problem.endswith(": run steadyrig calibrate band")
    assert re.search(words, found.problem)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"newton_per_count = -0.0005", b"newton_per_count = 0.0"),
        (b"newton_per_count = -0.0005", b"newton_per_count = nan"),
        (b"newton_per_count = -0.0005", b"newton_per_count = 5.0"),
        (b"newton_per_count = -0.0005", b'newton_per_count = "-0.0005"'),
        (b"newton_per_count = -0.0005\n", b""),
        (b"spread_n = 0.02", b"spread_n = inf"),
        (b"spread_n = 0.02", b"spread_n = -0.02"),
        (b"zero_count = 41000", b"zero_count = 99999999"),
        (b"zero_count = 41000", b"zero_count = 41000.5"),
        (b"valid_days = 90", b"valid_days = 9000"),
        (b"made_at = 2026-11-21T08:00:00Z", b"made_at = 2026-11-21T08:00:00"),
        (b"made_at = 2026-11-21T08:00:00Z", b"made_at = 1"),
        (b"schema = 1", b"schema = 1\nsurprise = 2"),
        (b'kind = "load"', b'kind = "colour"'),
        (b'kind = "load"\n', b""),
        (b'rig = "station-0001"', b"rig = "),
    ],
)
def test_what_no_measurement_gives_is_not_believed_even_with_a_good_checksum(tmp_path, old, new):
    assert old in to_toml(LOAD)
    path_of(tmp_path, "band").write_bytes(resigned(to_toml(LOAD).replace(old, new, 1)))
    found = read(tmp_path, BAND_CONFIG, RIG)
    assert found.record is None
    assert "calibration file band.toml" in found.problem
    assert "\n" not in found.problem


def test_a_pose_that_is_no_direction_is_not_believed():
    with pytest.raises(files._Void, match="unit vector"):
        from_toml(resigned(to_toml(POSE).replace(b"0.6, 0.8", b"0.6, 0.9")))


def test_a_file_that_cannot_be_opened_is_a_problem_in_words(tmp_path):
    path_of(tmp_path, "band").mkdir()
    assert "cannot be read (Is a directory)" in read(tmp_path, BAND_CONFIG, RIG).problem


@pytest.mark.parametrize("name", ["../band", "a/b", "", ".", "x" * 41, "bänd"])
def test_a_sensor_whose_name_is_no_file_name_never_reaches_the_disk(tmp_path, name):
    with pytest.raises(ConfigError, match="cannot name a file"):
        write(tmp_path, msgspec.structs.replace(LOAD, sensor=name))
    assert list(tmp_path.iterdir()) == []
    assert "cannot name a file" in read(tmp_path, replace(BAND_CONFIG, name=name), RIG).problem


class TestPowerCut:
    """Whatever call fails or whenever the power goes, the old file or the new one is there, whole."""

    CALLS = ("fchmod", "fsync", "replace")

    @pytest.mark.parametrize("call", CALLS)
    def test_a_disk_that_refuses_leaves_the_old_file(self, tmp_path, monkeypatch, call):
        write(tmp_path, LOAD)

        def refuse(*_args, **_kwargs):
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(os, call, refuse)
        with pytest.raises(OSError, match="No space"):
            write(tmp_path, msgspec.structs.replace(LOAD, zero_count=5))
        monkeypatch.undo()
        assert read(tmp_path, BAND_CONFIG, RIG).record == LOAD
        assert [path.name for path in tmp_path.iterdir()] == ["band.toml"]

    def test_everything_is_on_the_disk_before_the_name_changes_and_the_name_after(self, tmp_path, monkeypatch):
        done = []

        def noted(name):
            real = getattr(os, name)

            def call(*args, **kwargs):
                done.append(name)
                return real(*args, **kwargs)

            monkeypatch.setattr(os, name, call)

        noted("fsync")
        noted("replace")
        write(tmp_path, LOAD)
        assert done == ["fsync", "replace", "fsync"]


class TestExpiry:
    def test_it_holds_for_ninety_days_and_then_says_so(self):
        last_s = expires_at(LOAD).timestamp()
        assert expires_at(LOAD) == datetime(2027, 2, 19, 8, 0, 0, tzinfo=UTC)
        assert doubts(LOAD, MADE.timestamp()) == doubts(LOAD, last_s - 1) == ()
        assert doubts(LOAD, last_s) == ("calibration expired on 2027-02-19: run steadyrig calibrate band",)

    def test_a_date_still_to_come_is_the_clocks_doubt(self):
        assert doubts(LOAD, MADE.timestamp() - 3600) == ()
        assert doubts(LOAD, 0.0) == ("calibrated on 2026-11-21, which is still to come: set the clock",)

    def test_a_moment_is_in_whole_seconds_of_utc(self):
        assert moment(MADE.timestamp() + 0.9) == MADE
