"""The time sensors take on an I2C bus, against figures reckoned by hand and against the bytes that really pass."""

import pytest

from drivers.__main__ import main
from drivers.base import ConfigError
from drivers.bno08x import CHIP, Bno08x
from drivers.budget import Budget, busy, nau7802, packets, parse_buses
from drivers.clock import LoneClock
from drivers.config import Traffic
from drivers.emulation.bno085 import EmulatedBno085
from drivers.emulation.i2c import EmulatedI2C
from drivers.factory import load_budgets, parse_sensors

THIGH = {"chip": "bno08x", "place": "thigh", "bus": "i2c-1", "address": 0x4A}
SHANK = {**THIGH, "place": "shank", "address": 0x4B}
SLOW = {"i2c-1": {"baudrate_hz": 100_000}}
GAME_ROTATION, LINEAR = 12, 10
HEAD = 4 + 5


def ms(byte_count, baudrate_hz):
    return 1000 * busy(packets("", 1, byte_count), baudrate_hz)


@pytest.mark.parametrize(
    ("byte_count", "at_100_khz", "at_400_khz"),
    [
        (HEAD + GAME_ROTATION, 2.9, 0.72),
        (HEAD + GAME_ROTATION + LINEAR, 3.8, 0.94),
        (HEAD + GAME_ROTATION + 2 * LINEAR, 4.7, 1.2),
    ],
)
def test_a_packet_takes_the_milliseconds_reckoned_by_hand(byte_count, at_100_khz, at_400_khz):
    assert ms(byte_count, 100_000) == pytest.approx(at_100_khz, abs=0.05)
    assert ms(byte_count, 400_000) == pytest.approx(at_400_khz, abs=0.05)


def test_two_sensors_with_two_separate_reports_are_too_much_for_100_khz_and_a_quarter_of_400():
    traffic = (packets("game", 100, HEAD + GAME_ROTATION), packets("linear", 100, HEAD + LINEAR))
    for baudrate_hz, share in ((100_000, 1.1), (400_000, 0.28)):
        budget = Budget("i2c-1", baudrate_hz, {"thigh": traffic, "shank": traffic})
        assert budget.busy == pytest.approx(share, abs=0.02)
        assert budget.fits == (baudrate_hz == 400_000)


def test_a_converter_is_a_small_share():
    assert sum(busy(one, 400_000) for one in nau7802(320)) == pytest.approx(0.101, abs=0.001)
    assert sum(busy(one, 100_000) for one in nau7802(80)) == pytest.approx(0.101, abs=0.001)


def test_the_usual_station_fits_at_400_khz_and_a_slow_bus_is_refused_with_the_arithmetic():
    tables = {"thigh": THIGH, "shank": SHANK}
    assert len(parse_sensors(tables, "station.toml")) == 2
    with pytest.raises(ConfigError) as caught:
        parse_sensors(tables, "station.toml", SLOW)
    message = str(caught.value)
    assert message.startswith(
        "station.toml: bus i2c-1 would be 175% busy: (thigh 9700 bytes/s + shank 9700 bytes/s) x 9 bits / 100000 "
    )
    assert "expected at most 80%: set buses.i2c-1.baudrate_hz to 400000 here and in the Pi's boot settings" in message
    assert message.endswith("or put a sensor on another bus.")


def test_the_way_out_fits_the_bus():
    tables = {"thigh": {**THIGH, "rate_hz": 200}, "shank": {**SHANK, "rate_hz": 200}}
    with pytest.raises(ConfigError, match=r"80%: ask for fewer reports or a lower rate, or put"):
        parse_sensors(tables, "station.toml")
    parse_sensors({"thigh": tables["thigh"], "shank": {**tables["shank"], "bus": "i2c-3"}}, "station.toml", {})


@pytest.mark.parametrize(
    ("buses", "words"),
    [
        (3, "buses is 3, expected a table for each bus"),
        ({"spi-0": {}}, 'buses.spi-0 is not an I2C bus, expected a name such as "i2c-1"'),
        ({"i2c-1": 4}, "buses.i2c-1 is 4, expected a table"),
        ({"i2c-1": {}}, "i2c-1.baudrate_hz is missing"),
        ({"i2c-1": {"baudrate": 1}}, "buses.i2c-1.baudrate is not a key of a bus, expected baudrate_hz"),
        (
            {"i2c-1": {"baudrate_hz": 1_000_000}},
            "baudrate_hz is 1000000, expected a whole number from 10000",
        ),
        ({"i2c-1": {"baudrate_hz": True}}, "baudrate_hz is True"),
    ],
)
def test_what_cannot_be_is_refused(buses, words):
    with pytest.raises(ConfigError) as caught:
        parse_buses(buses, "station.toml")
    assert words in str(caught.value)


@pytest.mark.parametrize("reports", ["accel", "accel gyro game_rotation", "accel gyro game_rotation linear"])
def test_the_bytes_that_really_pass_are_never_more_than_was_reckoned(truth, reports):
    clock = LoneClock()
    bus = EmulatedI2C(EmulatedBno085(lambda _t: truth(), clock))
    source = Bno08x("thigh", "i2c-1", lambda: bus, address=0x4A, clock=clock, reports=reports)
    source.open()
    for _ in range(20):
        clock.sleep_until(clock.now() + 0.01)
        source.read(clock.now())
    before_s = bus.busy_s
    for _ in range(1000):
        clock.sleep_until(clock.now() + 0.01)
        source.read(clock.now())
    share = (bus.busy_s - before_s) / 10.0
    (config,) = parse_sensors({"thigh": {**THIGH, "reports": reports}}, "station.toml")
    reckoned = sum(busy(one, 400_000) for one in CHIP.traffic(config))
    assert share <= reckoned
    if reports == "accel":
        assert share == pytest.approx(reckoned, rel=0.01)


def test_the_command_prints_the_reckoning_and_fails_where_it_does_not_fit(tmp_path, capsys):
    path = tmp_path / "station.toml"
    sensors = "\n".join(
        f'[sensors.{name}]\nchip = "bno08x"\nplace = "{name}"\nbus = "i2c-1"\naddress = {address}'
        for name, address in (("thigh", 0x4A), ("shank", 0x4B))
    )
    path.write_text(sensors)
    assert main(["--config", str(path), "--budget"]) == 0
    shown = capsys.readouterr().out
    assert "i2c-1 at 400 kHz: 44% busy, 80% may be planned" in shown
    assert "thigh         100/s x   30 bytes x 9 bits =   6.8%  accel" in shown
    path.write_text("[buses.i2c-1]\nbaudrate_hz = 100000\n" + sensors)
    assert main(["--config", str(path), "--budget"]) == 1
    assert "i2c-1 at 100 kHz: 175% busy" in capsys.readouterr().out
    assert main(["--config", str(path)]) == 2
    assert "bits/s" in capsys.readouterr().err
    assert [budget.fits for budget in load_budgets(path)] == [False]


def test_a_sum_is_of_all_its_transfers():
    assert Budget("i2c-1", 90_000, {"a": (Traffic("x", 100, 10), Traffic("y", 200, 10))}).busy == pytest.approx(0.3)
