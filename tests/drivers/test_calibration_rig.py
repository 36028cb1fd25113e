"""From the files to the drivers: newtons from a good file, bare counts and a reason from any other."""

import msgspec
import pytest

from drivers.calibration.files import Found, path_of, write
from drivers.calibration.record import LoadRecord, PoseRecord, moment, wiring
from drivers.calibration.rig import all_words, calibrated, load_calibrations, still_poses
from drivers.clock import SimulatedClock
from drivers.emulation.rig import EmulatedHardware
from drivers.factory import build_sources, parse_sensors
from drivers.samples import Quality

WALL_S = 1_800_000_000.0
BAND = {"chip": "hx711", "place": "band", "bus": "spi-0"}
BY_HAND = {"zero_count": 7, "newton_per_count": 0.001}
RIG = "station-0001"
DAY_S = 86_400.0


def config_of(extra):
    (config,) = parse_sensors({"band": {**BAND, **extra}}, "station.toml")
    return config


def record(config, made_s=WALL_S, **changes):
    made = moment(made_s)
    known = LoadRecord(
        sensor="band", rig=RIG, wiring=wiring(config), made_at=made, tared_at=made, capacity_kg=100.0, weight_kg=10.0,
        zero_count=1000, reference_zero_count=1000, newton_per_count=0.0005, spread_n=0.02, back_kg=0.0,
    )  # fmt: skip
    return msgspec.structs.replace(known, **changes)


def reading(tmp_path, extra=(), age_days=0.0):
    """Return a settled sample of 100 N on the emulated cell, and the health, with what the folder holds."""
    config = config_of(dict(extra))
    clock = SimulatedClock(1000.0, wall_at_start=WALL_S + age_days * DAY_S)
    truth = parse_sensors({"band": {**BAND, "zero_count": 1000, "newton_per_count": 0.0005}}, "the truth")
    hardware = EmulatedHardware(truth, lambda _p, _t: None, lambda _p, _t: 100.0, clock, noise=0.0)
    (source,) = build_sources([config], hardware, clock, load_calibrations([config], tmp_path, RIG))
    source.open()
    samples = []
    while clock.now() < 1000.5:
        clock.advance(clock.now() + source.period_s)
        samples += source.read(clock.now())
    health = source.health(clock.now())
    source.close()
    return samples[-1], health


@pytest.mark.parametrize("extra", [{}, BY_HAND], ids=["bare", "hand-set too"])
def test_a_good_file_gives_newtons_whatever_was_typed_into_the_settings(tmp_path, extra):
    write(tmp_path, record(config_of({})))
    sample, health = reading(tmp_path, extra)
    assert sample.force_n == pytest.approx(100.0)
    assert not sample.quality & (Quality.UNCALIBRATED | Quality.EXPIRED)
    assert not health.expired
    assert not [limit for limit in health.limits if "calibrat" in limit]


def test_an_expired_file_still_gives_newtons_and_says_so(tmp_path):
    write(tmp_path, record(config_of({})))
    sample, health = reading(tmp_path, age_days=91)
    assert sample.force_n == pytest.approx(100.0)
    assert not sample.quality & Quality.UNCALIBRATED
    assert sample.quality & Quality.EXPIRED
    assert health.expired
    assert "calibration expired on 2027-04-15: run steadyrig calibrate band" in health.limits


def test_a_calibration_expires_while_the_station_runs(tmp_path):
    config = config_of({})
    clock = SimulatedClock(0.0, wall_at_start=WALL_S + 89.9 * DAY_S)
    hardware = EmulatedHardware([config], lambda _p, _t: None, lambda _p, _t: 0.0, clock)
    write(tmp_path, record(config))
    (source,) = build_sources([config], hardware, clock, load_calibrations([config], tmp_path, RIG))
    assert not any("expired" in limit for limit in source.health(0.0).limits)
    marked = []
    for begin_s in (0.0, 0.2 * DAY_S):
        clock.advance(begin_s)
        source.open()
        while clock.now() < begin_s + 2.0:
            clock.advance(clock.now() + source.period_s)
            marked += [(begin_s, bool(sample.quality & Quality.EXPIRED)) for sample in source.read(clock.now())]
    source.close()
    assert set(marked) == {(0.0, False), (0.2 * DAY_S, True)}
    assert any("expired" in limit for limit in source.health(0.2 * DAY_S).limits)


def damaged(path):
    path.write_bytes(path.read_bytes()[:-20])


SPOILT = {
    "corrupt": damaged,
    "empty": lambda path: path.write_bytes(b""),
    "other rig": lambda path: write(path.parent, record(config_of({}), rig="station-0002")),
    "other port": lambda path: write(path.parent, record(config_of({"bus": "gpio", "clock_pin": 5, "data_pin": 6}))),
}


@pytest.mark.parametrize("extra", [{}, BY_HAND], ids=["bare", "hand-set too"])
@pytest.mark.parametrize("way", SPOILT)
def test_a_file_that_cannot_be_believed_leaves_the_cell_uncalibrated_with_the_reason(tmp_path, way, extra):
    """F16. Hand-set numbers do not step in: something about this cell has changed since it was calibrated."""
    write(tmp_path, record(config_of({})))
    SPOILT[way](path_of(tmp_path, "band"))
    sample, health = reading(tmp_path, extra)
    assert sample.quality & Quality.UNCALIBRATED
    assert sample.force_n == pytest.approx(201_000)  # the bare count
    (words,) = [limit for limit in health.limits if limit.startswith("uncalibrated: ")]
    assert "uncalibrated: calibration file band.toml " in words
    assert words.endswith(": run steadyrig calibrate band")


def test_without_a_file_hand_set_numbers_hold_and_are_told_to_have_no_date(tmp_path):
    sample, health = reading(tmp_path, {"zero_count": 1000, "newton_per_count": 0.0005})
    assert sample.force_n == pytest.approx(100.0)
    assert not sample.quality & Quality.UNCALIBRATED
    assert "calibrated by hand in station.toml, without a date: run steadyrig calibrate band" in health.limits


def test_without_anything_the_cell_is_uncalibrated_and_says_what_to_do(tmp_path):
    sample, health = reading(tmp_path)
    assert sample.quality & Quality.UNCALIBRATED
    assert "uncalibrated: run steadyrig calibrate band" in health.limits


def test_a_watched_source_is_its_source(tmp_path):
    config = config_of({})
    clock = SimulatedClock()
    hardware = EmulatedHardware([config], lambda _p, _t: None, lambda _p, _t: 0.0, clock)
    (source,) = build_sources([config], hardware, clock, {})
    assert (source.name, source.bus, source.period_s) == ("band", "spi-0", source.source.period_s)
    with pytest.raises(OSError, match="before it was opened"):
        source.read(0.0)


def test_a_motion_sensor_needs_no_file_to_be_used():
    (config,) = parse_sensors({"a": {"chip": "bno08x", "place": "a", "bus": "i2c-1", "address": 0x4A}}, "s.toml")
    assert calibrated(config, Found(problem="damaged")) == config


def test_a_still_pose_is_used_while_it_holds(tmp_path):
    thigh = {"chip": "bno08x", "place": "thigh", "bus": "i2c-1", "address": 0x4A}
    configs = parse_sensors({"thigh": thigh, "trunk": {**thigh, "address": 0x4B}, "band": BAND}, "station.toml")
    pose = PoseRecord(
        sensor="thigh", rig=RIG, wiring=wiring(configs[0]), made_at=moment(WALL_S), up=(0.0, 0.6, 0.8),
        gyro_bias_rad_s=(0.0, 0.0, 0.0), spread_m_s2=0.1,
    )  # fmt: skip
    write(tmp_path, pose)
    write(tmp_path, record(configs[2]))
    calibrations = load_calibrations(configs, tmp_path, RIG)
    assert still_poses(calibrations, WALL_S) == {"thigh": (0.0, 0.6, 0.8)}
    assert still_poses(calibrations, WALL_S + 91 * DAY_S) == {}


def test_what_is_to_be_known_of_a_whole_rig_is_one_line(tmp_path):
    imu = {"chip": "bno08x", "place": "thigh", "bus": "i2c-1", "address": 0x4A}
    muscle = {"chip": "emg", "place": "glute", "bus": "spi-0", "channel": 0}
    band = {**BAND, "bus": "gpio", "clock_pin": 5, "data_pin": 6}
    configs = parse_sensors({"thigh": imu, "band": band, "glute": muscle}, "s.toml")
    write(tmp_path, record(configs[1]))
    path_of(tmp_path, "thigh").write_text("spoilt")
    calibrations = load_calibrations(configs, tmp_path, RIG, "p-0001-aaaa")
    assert all_words(configs, calibrations, WALL_S + 91 * DAY_S) == (
        "thigh: no still pose: calibration file thigh.toml is damaged or was changed by hand: "
        "run steadyrig calibrate thigh; band: calibration expired on 2027-04-15: run steadyrig calibrate band; "
        "glute: no reference: run steadyrig calibrate glute"
    )
    assert all_words(configs[1:2], calibrations, WALL_S) == ""


@pytest.mark.parametrize("capacity", [0, -5, 5000, "50", True])
def test_a_capacity_that_no_cell_has_is_refused(capacity):
    with pytest.raises(ValueError, match=r"sensors\.band\.capacity_kg is .*as printed on the cell"):
        config_of({"capacity_kg": capacity})
