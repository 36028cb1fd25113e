"""station.toml: what it may say, the words for what it may not, and the station it becomes."""

import math
import sys
from pathlib import Path

import pytest

from drivers.base import ConfigError, DriverError, SensorState
from drivers.bno08x import Bno08x
from drivers.clock import SimulatedClock
from drivers.emulation.rig import EmulatedHardware
from drivers.factory import PiHardware, build_sources, build_watchdog, load_sensors, parse_sensors
from drivers.samples import ImuSample, LoadSample, Quality

EXAMPLE = Path(__file__).parents[2] / "docs" / "station.example.toml"
THIGH = {"chip": "bno08x", "place": "thigh", "bus": "i2c-1", "address": 0x4A}
BAND = {"chip": "hx711", "place": "band", "bus": "spi-0"}
PINS = {**BAND, "bus": "gpio", "clock_pin": 5, "data_pin": 6}


def without(table, key):
    return {name: value for name, value in table.items() if name != key}


def test_the_example_is_valid():
    thigh, band = load_sensors(EXAMPLE)
    assert (thigh.name, thigh.chip, thigh.place, thigh.bus) == ("thigh", "bno08x", "thigh", "i2c-1")
    assert thigh.settings["address"] == 0x4A
    assert band.settings == {"sample_rate_hz": 80, "channel_gain": "A128", "capacity_kg": 100}


def test_what_is_left_out_has_a_default():
    (band,) = parse_sensors({"band": BAND}, "station.toml")
    assert band.settings == {"sample_rate_hz": 80, "channel_gain": "A128"}


@pytest.mark.parametrize(
    ("tables", "words"),
    [
        (None, "[sensors] is missing"),
        ({}, "[sensors] is missing"),
        ({"thigh": 3}, "sensors.thigh is 3, expected a table"),
        ({"thigh": {**THIGH, "chip": "mpu6050"}}, "sensors.thigh.chip is 'mpu6050', expected one of bno08x, hx711"),
        ({"thigh": {**THIGH, "chip": ["bno08x"]}}, "sensors.thigh.chip is ['bno08x'], expected one of"),
        ({"thigh": without(THIGH, "chip")}, "sensors.thigh.chip is missing, expected one of"),
        ({"thigh": without(THIGH, "place")}, "sensors.thigh.place is missing"),
        ({"thigh": without(THIGH, "address")}, "sensors.thigh.address is missing, expected 0x4A or 0x4B"),
        ({"thigh": {**THIGH, "address": 0x55}}, "sensors.thigh.address is 0x55, expected 0x4A or 0x4B"),
        ({"thigh": {**THIGH, "address": "4A"}}, "sensors.thigh.address is '4A', expected 0x4A or 0x4B"),
        ({"thigh": {**THIGH, "bus": "i2c"}}, "sensors.thigh.bus is 'i2c', expected an I2C bus"),
        ({"thigh": {**THIGH, "bus": 1}}, "sensors.thigh.bus is 1, expected an I2C bus"),
        ({"thigh": {**THIGH, "adress": 1}}, "sensors.thigh.adress is not a key of a bno08x"),
        ({"band": {**BAND, "bus": "spi-7"}}, "sensors.band.bus is 'spi-7', expected \"spi-0\""),
        ({"band": {**BAND, "sample_rate_hz": 50}}, "sensors.band.sample_rate_hz is 50, expected 10 or 80"),
        ({"band": {**BAND, "channel_gain": "B64"}}, "channel_gain is 'B64', expected one of A128, B32, A64"),
        ({"band": {**BAND, "sample_rate_hz": True}}, "sensors.band.sample_rate_hz is True, expected 10 or 80"),
        ({"band": {**BAND, "zero_count": 5}}, "sensors.band.newton_per_count is missing"),
        ({"band": {**BAND, "newton_per_count": 0.1}}, "sensors.band.zero_count is missing"),
        ({"band": {**BAND, "zero_count": 1, "newton_per_count": 0.0}}, "newton_per_count is 0.0, expected a number"),
        ({"band": {**BAND, "zero_count": 1, "newton_per_count": math.nan}}, "newton_per_count is nan"),
        ({"band": without(PINS, "data_pin")}, "sensors.band.data_pin is missing, expected a GPIO number"),
        ({"band": {**PINS, "clock_pin": 28}}, "sensors.band.clock_pin is 28, expected a GPIO number from 0 to 27"),
        ({"band": {**BAND, "clock_pin": 5}}, 'sensors.band.clock_pin is given, expected only with bus "gpio"'),
        ({"a": THIGH, "b": THIGH}, "sensors.b uses address 0x4A on bus 'i2c-1'"),
        ({"a": BAND, "b": BAND}, "sensors.b uses GPIO"),
        ({"a": PINS, "b": {**PINS, "clock_pin": 7}}, "sensors.b uses GPIO 6 on bus 'gpio'"),
        ({"a": BAND, "b": {**PINS, "clock_pin": 10}}, "sensors.b uses GPIO 10"),
        ({"band": {**PINS, "data_pin": 5}}, "sensors.band.data_pin is 5, expected another pin than clock_pin"),
    ],
)
def test_what_cannot_be_is_refused_in_one_sentence(tables, words):
    with pytest.raises(ConfigError) as caught:
        parse_sensors(tables, "station.toml")
    message = str(caught.value)
    assert message.startswith("station.toml: ")
    assert words in message
    assert message.endswith(".")
    assert "\n" not in message


def test_two_sensors_share_a_bus_at_two_addresses():
    assert len(parse_sensors({"a": THIGH, "b": {**THIGH, "address": 0x4B}}, "station.toml")) == 2


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"none.toml cannot be read"):
        load_sensors(tmp_path / "none.toml")
    bad = tmp_path / "bad.toml"
    bad.write_text("[sensors\n")
    with pytest.raises(ConfigError, match=r"bad.toml is not valid TOML"):
        load_sensors(bad)


def emulated(tables, truth, seed=0):
    clock = SimulatedClock()
    configs = parse_sensors(tables, "station.toml")
    places = {"thigh": 1.0, "shank": 2.0}
    hardware = EmulatedHardware(
        configs,
        lambda place, _t: truth((places[place], 0.0, 9.0)),
        lambda place, _t: 40.0 if place == "band" else 80.0,
        clock,
        seed=seed,
        noise=0.0,
    )
    return clock, configs, hardware


def test_an_emulated_station_delivers_every_sensor_at_its_rate(truth):
    pins = {**PINS, "place": "foot", "zero_count": 100, "newton_per_count": 0.001}
    tables = {
        "thigh": THIGH,
        "shank": {**THIGH, "place": "shank", "address": 0x4B},
        "band": {**BAND, "zero_count": 0, "newton_per_count": 0.0005},
        "foot": pins,
    }
    clock, configs, hardware = emulated(tables, truth)
    samples = []
    watchdog = build_watchdog(configs, hardware, clock, samples.append)
    watchdog.start()
    while clock.now() < 5.0:
        clock.advance(5.0)
    clock.advance(5.0)
    health = watchdog.health()
    clock.close()
    assert watchdog.stop()
    by_name = {name: [sample for sample in samples if sample.sensor == name] for name in tables}
    assert len(by_name["thigh"]) in range(487, 491)  # 0.1 s to start
    assert len(by_name["band"]) in range(392, 396)  # the first few settle
    assert isinstance(by_name["thigh"][0], ImuSample)
    assert isinstance(by_name["band"][0], LoadSample)
    assert by_name["thigh"][-1].accel_m_s2[0] == 1.0
    assert by_name["shank"][-1].accel_m_s2[0] == 2.0
    assert by_name["band"][-1].force_n == pytest.approx(40.0)
    assert all(sample.force_n == pytest.approx(80.0) for sample in by_name["foot"])
    assert all(sample.quality is Quality.WARMING_UP for sample in by_name["foot"])
    assert health["thigh"].state is SensorState.FROZEN  # nothing moves and nothing is noisy


def test_the_same_drivers_meet_an_empty_bus(truth):
    clock, configs, hardware = emulated({"thigh": THIGH}, truth)
    hardware.i2c(1).detach(0x4A)
    (source,) = build_sources(configs, hardware, clock)
    assert isinstance(source, Bno08x)
    with pytest.raises(OSError, match="no motion sensor at 0x4A"):
        source.open()


def test_off_a_pi_the_missing_library_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "adafruit_extended_bus", None)
    monkeypatch.setitem(sys.modules, "gpiozero.pins.lgpio", None)
    hardware = PiHardware()
    with pytest.raises(DriverError, match="I2C library is not installed"):
        hardware.i2c(1)
    with pytest.raises(DriverError, match="GPIO library is not installed"):
        _ = hardware.pin_factory
