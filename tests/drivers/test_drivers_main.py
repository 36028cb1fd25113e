"""``python -m drivers``: a look at the sensors from the terminal."""

import errno
import re
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from drivers.__main__ import main
from drivers.base import Health, SensorAbsent, SensorState
from drivers.calibration.files import FOLDER, write
from drivers.calibration.record import PoseRecord, wiring
from drivers.clock import Pacer, SimulatedClock
from drivers.emulation.rig import EmulatedHardware
from drivers.factory import parse_sensors
from drivers.load_cell import LoadCell
from drivers.reading import ImuTruth
from drivers.samples import ImuSample, LoadSample, Quality
from drivers.table import HEAD, Row, plain, table

EXAMPLE = Path(__file__).parents[2] / "docs" / "station.example.toml"


class Turned(SimulatedClock):
    """The clock of one look at the sensors: it waits for all of them, however busy this machine is."""

    def __init__(self):
        super().__init__(start_s=1000.0, wall_at_start=datetime.now(UTC).timestamp())
        self._watching = threading.get_ident()
        self._until_s = 0.0

    def look(self, *arguments, seconds):
        """Run the command for so many seconds of this clock and return its status."""
        self._until_s = self.now() + seconds
        self.join()
        pacer = Pacer(self, speed=20.0)
        pacer.start()
        try:
            return main([*map(str, arguments), "--seconds", str(seconds)])
        finally:
            pacer.stop()
            assert pacer.error is None

    def sleep_until(self, t_s):
        super().sleep_until(t_s)
        if threading.get_ident() == self._watching and t_s >= self._until_s:
            self.close()  # the readers, which are about to be ended, wait for nobody any more


@pytest.fixture
def turned(monkeypatch):
    """The clock that ``python -m drivers`` goes by, turned twenty times as fast as real time."""
    clock = Turned()
    monkeypatch.setattr("drivers.__main__.SystemClock", lambda: clock)
    return clock


def test_emulated_sensors_are_shown_with_value_and_rate(capsys, turned):
    assert turned.look("--config", EXAMPLE, "--emulate", seconds=1.6) == 0
    lines = capsys.readouterr().out.splitlines()
    assert any(line.startswith("thigh") and "live" in line and "m/s2" in line for line in lines)
    assert any(line.startswith("band") and "live" in line and " N  [UNCALIBRATED" in line for line in lines)


def test_what_a_slow_cell_cannot_do_is_told_beside_its_rate():
    cell = LoadCell("band", 80, None)
    cell.opened(0.0)
    for number in range(20):
        cell.found(0.1 * number, 1000 + number)
    line = plain(Row(cell.health(1.9), None))
    assert "10.0 Hz" in line
    assert "band snap detection is off" in line
    assert "10 conversions a second: phases are exact to 300 ms" in line


def test_a_fault_that_is_acted_out_is_named_beside_what_it_does(tmp_path, capsys, turned):
    script = tmp_path / "faults.toml"
    script.write_text('[[fault]]\nkind = "nack"\nsensor = "thigh"\nstart_s = 0.0\n')
    assert turned.look("--config", EXAMPLE, "--emulate", "--faults", script, seconds=0.6) == 0
    thigh = [line for line in capsys.readouterr().out.splitlines() if line.startswith("thigh")]
    assert "absent" in thigh[-1]
    assert "acted out: nack" in thigh[-1]
    assert "no motion sensor at 0x4A on i2c-1" in thigh[-1]


@pytest.mark.parametrize("by_code", [False, True], ids=["set up by hand", "paired by code"])
def test_how_the_sensors_are_worn_is_told_of_each_of_them(tmp_path, capsys, monkeypatch, turned, by_code):
    thigh = {"chip": "bno08x", "place": "thigh", "bus": "i2c-1", "address": 0x4A}
    configs = parse_sensors({"thigh": thigh, "shank": {**thigh, "address": 0x4B, "place": "shank"}}, "station.toml")
    ups = {"thigh": (0.0, 0.0, 1.0), "shank": (0.0, 0.8, 0.6)}
    for config in configs:
        pose = PoseRecord(
            sensor=config.name, rig="station-0001", wiring=wiring(config), made_at=datetime.now(UTC),
            up=ups[config.name], gyro_bias_rad_s=(0.0, 0.0, 0.0), spread_m_s2=0.1,
        )  # fmt: skip
        write(tmp_path / FOLDER, pose)
    still, upright = (0.0, 0.0, 0.0), (1.0, 0.0, 0.0, 0.0)

    def motion(place, _t_s):
        x, y, z = ups[place]
        return ImuTruth((-9.81 * x, -9.81 * y, -9.81 * z) if place == "thigh" else (0.0, 7.85, 5.89), still, upright)

    monkeypatch.setattr("drivers.__main__.PiHardware", lambda: EmulatedHardware(configs, motion, None, turned))
    config = tmp_path / "station.toml"
    tables = "".join(
        f'[sensors.{one.name}]\nchip = "bno08x"\nplace = "{one.place}"\nbus = "i2c-1"\n'
        f"address = {one.whole('address')}\n"
        for one in configs
    )
    who, where = '[station]\nid = "station-0001"\n', f'[paths]\ndata = "{tmp_path}"\n'
    config.write_text(where + tables if by_code else who + where + tables)
    if by_code:
        config.with_name("pairing.toml").write_text(who)
    assert turned.look("--config", config, seconds=2.1) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines.pop(0) == f"recording is on, in {tmp_path / 'traces'}"
    last = {line.split()[0]: line for line in lines}
    assert "The sensor thigh seems to be the wrong way round" in last["thigh"]
    assert "wrong way round" not in last["shank"]
    assert all("shank and thigh cannot be told apart" in line for line in last.values())


@pytest.mark.parametrize(
    ("refusal", "said"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "recording is off: disk full"),
        (OSError(errno.EROFS, "Read-only file system"), "recording is off: disk is read-only"),
        (OSError(errno.EIO, "Input/output error"), "recording is off: the disk refuses"),
    ],
)
def test_a_disk_that_takes_no_recording_is_told_first(tmp_path, capsys, monkeypatch, turned, refusal, said):
    config = tmp_path / "station.toml"
    config.write_text(EXAMPLE.read_text().replace("/var/lib/steadyrig", str(tmp_path)))

    def refuse(_descriptor):
        raise refusal

    monkeypatch.setattr("drivers.shelf.os.fsync", refuse)
    monkeypatch.setattr("drivers.__main__.PiHardware", NoPi)
    assert turned.look("--config", config, seconds=0.1) == 0
    assert capsys.readouterr().out.splitlines()[0] == f"{said} ({tmp_path}: {refusal.strerror})"
    assert [path.name for path in tmp_path.iterdir()] == ["station.toml"]  # nothing is left behind, nothing made


class NoPi:
    """Where nothing is wired."""

    def i2c(self, bus_number):
        raise SensorAbsent(f"no bus {bus_number}")

    @property
    def pin_factory(self):
        raise SensorAbsent("no pins")

    def perf(self):
        return 0.0

    def renew(self, bus):
        pass


def test_in_a_terminal_the_table_is_drawn_over_itself(capsys, monkeypatch, turned):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("COLUMNS", "60")
    assert turned.look("--config", EXAMPLE, "--emulate", seconds=1.2) == 0
    first, *more = capsys.readouterr().out.split("\x1b[J")[1:]
    assert first.splitlines()[0] == HEAD[:60].rstrip()
    assert len(more) >= 2
    assert max(map(len, first.splitlines())) <= 60
    assert re.search(rf"\x1b\[{len(more[0].splitlines()) - 1}A$", more[0])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[sensors.thigh]\nchip = 3\n", r"station.toml: sensors.thigh.chip is 3, expected one of .*\n"),
        ("", r"station.toml: \[sensors\] is missing, expected a table for each sensor, such as \[sensors.thigh\].\n"),
    ],
)
def test_a_configuration_that_cannot_be_is_one_sentence(tmp_path, capsys, text, said):
    bad = tmp_path / "station.toml"
    bad.write_text(text)
    assert main(["--config", str(bad)]) == 2
    assert re.fullmatch(said, capsys.readouterr().err)


def test_a_fault_script_that_cannot_be_is_one_sentence(tmp_path, capsys):
    script = tmp_path / "faults.toml"
    script.write_text('[[fault]]\nkind = "rain"\nsensor = "thigh"\nstart_s = 0.0\n')
    assert main(["--config", str(EXAMPLE), "--emulate", "--faults", str(script)]) == 2
    assert capsys.readouterr().err.startswith("faults.toml: fault 1.kind is 'rain', expected one of ")


def test_faults_are_for_emulated_sensors(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["--config", str(EXAMPLE), "--faults", "x.toml"])
    assert ended.value.code == 2
    assert "--faults is for emulated sensors: give --emulate as well" in capsys.readouterr().err


def test_a_row_says_all_that_is_known_and_a_dash_for_what_is_not():
    health = Health(
        "band", SensorState.LIVE, 0.0124, 79.96, {"glitch": 2, "all_ones": 1}, 1, 0.991, None, 31.25, ("snap off",)
    )
    row = Row(health, LoadSample("band", 1.0, 98.0665, Quality.WARMING_UP))
    assert " ".join(plain(row).split()) == (
        "band live 80.0 Hz 99.1% 12 ms - 31.2 C 1 98.07 N [WARMING_UP] errors: all_ones=1 glitch=2 snap off"
    )
    head, figures, errors, limits = table([row], 200)
    assert head == HEAD
    assert figures.startswith("band")
    assert (errors, limits) == ("    errors: all_ones=1 glitch=2", "    snap off")


def test_the_last_value_of_a_sensor_that_is_gone_is_not_shown_as_if_it_were_of_now():
    health = Health("thigh", SensorState.ABSENT, 3.0, 0.0)
    line = plain(Row(health, ImuSample("thigh", 1.0, (0.0, 0.0, 9.81)), "thigh: no motion sensor at 0x4A"))
    assert "9.81" not in line
    assert line.endswith("thigh: no motion sensor at 0x4A")


def test_an_old_value_comes_with_its_age():
    health = Health("thigh", SensorState.STALE, 12.3, 0.0, accuracy=0)
    line = plain(Row(health, ImuSample("thigh", 1.0, None)))
    assert " ".join(line.split()) == "thigh stale 0.0 Hz - 12 s 0 of 3 - 0 no acceleration"
