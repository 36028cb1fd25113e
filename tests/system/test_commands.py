"""The commands as people type them: answers on standard output, one sentence and status 2 for bad input."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from drivers.patient import Pace, VirtualPatient
from edge import clinic
from edge.demo.clinician import Clinician
from sync.broker import available, free_port
from sync.journal import Journal
from sync.signing import new_key_pair

ROOT = Path(__file__).parents[2]
SHARED = Path(os.environ.get("STEADYRIG_SHARED", ROOT.parent / "shared"))
needs_recordings = pytest.mark.skipif(not (SHARED / "data").is_dir(), reason=f"no shared recordings at {SHARED}")
needs_mosquitto = pytest.mark.skipif(not available(), reason="mosquitto is not installed")

STATION = """
[station]
id = "station-0001"
patient_id = "p-0001-aaaa"
[mqtt]
port = {port}
username = "station-0001"
password_file = "{folder}/station.password"
[paths]
data = "{folder}"
clinic_key = "{folder}/keys/verify.pub"
[sensors.thigh]
chip = "bno08x"
place = "thigh"
bus = "i2c-1"
address = 0x4A
[sensors.band]
chip = "hx711"
place = "band"
bus = "spi-0"
sample_rate_hz = 80
[controls]
green_pin = 17
white_pin = 27
red_pin = 22
[dock]
sensor = "band"
bells_kg = [8, 12]
"""
PANEL = """
[panel]
port = {web}
https = false
database = "sqlite:///{folder}/panel.db"
keys = "{folder}/keys"
secret_file = "{folder}/panel.secret"
[mqtt]
port = {port}
username = "bridge"
password_file = "{folder}/bridge.password"
"""


def steadyrig(*args, stdin=""):
    done = subprocess.run(
        [sys.executable, "-m", "edge", *map(str, args)],
        capture_output=True, text=True, check=False, timeout=100, input=stdin,
    )  # fmt: skip
    assert "Traceback" not in done.stderr
    return done


def refused(*args, **kwargs):
    """Return the one sentence that a command ends with."""
    done = steadyrig(*args, **kwargs)
    assert (done.returncode, done.stdout) == (2, "")
    (sentence,) = done.stderr.strip().splitlines()
    return sentence


@pytest.fixture
def recording(tmp_path):
    """A recorded set of five squats by the virtual patient, with changes to its arrays."""

    def write(**changes):
        patient = VirtualPatient(7)
        patient.prepare("goblet_squat", 0.0)
        patient.begin("goblet_squat", 2.0, Pace(2.0, 1.0, 1.2, 1.0))
        t_s = np.arange(0, 27, 0.01)
        truth = [patient.imu("thigh", t) for t in t_s]
        arrays = {
            "t": t_s,
            "accel": np.array([r.accel_m_s2 for r in truth]),
            "gyro": np.array([r.gyro_rad_s for r in truth]),
            **changes,
        }
        path = tmp_path / "set.npz"
        np.savez(path, **{k: v for k, v in arrays.items() if v is not None})
        return path

    return write


def test_replay_gives_start_end_and_phases(recording):
    done = steadyrig("replay", recording(), "--exercise", "goblet_squat", "--json")
    answer = json.loads(done.stdout)
    assert (done.returncode, answer["count"], len(answer["reps"])) == (0, 4, 4)
    for rep in answer["reps"]:
        assert rep["end_s"] - rep["start_s"] == pytest.approx(sum(rep["phases"].values()), abs=0.01)
        assert rep["phases"]["eccentric_s"] == pytest.approx(2.0, abs=0.5)


def test_replay_takes_no_notice_of_labels_in_the_file(recording):
    labelled = recording(rep_start=np.array([1.0, 2.0]), rep_end=np.array([2.0, 3.0]), true_reps=np.array(2))
    assert json.loads(steadyrig("replay", labelled, "--exercise", "goblet_squat", "--json").stdout)["count"] == 4


def test_replay_without_an_exercise_is_generic(recording):
    assert json.loads(steadyrig("replay", recording(), "--json").stdout)["exercise"] == "generic"


def test_replay_says_where_a_hole_makes_the_count_uncertain(recording):
    t_s = np.arange(0, 27, 0.01)
    holed = recording(t=np.where(t_s > 12, t_s + 2.5, t_s))
    answer = json.loads(steadyrig("replay", holed, "--exercise", "goblet_squat", "--json").stdout)
    assert answer["uncertain"]
    assert answer["holes"] == [{"start_s": pytest.approx(12, abs=0.02), "length_s": pytest.approx(2.5, abs=0.02)}]
    assert "uncertain: no sample for 2.5 s" in steadyrig("replay", holed, "--exercise", "goblet_squat").stdout


def test_replay_of_a_set_without_the_signal_it_needs_is_refused(recording):
    assert re.search(r"set\.npz: no 'force'; band_row", refused("replay", recording(), "--exercise", "band_row"))
    force_only = recording(accel=None, gyro=None, force=np.ones((2700, 1)))
    assert re.search(r"set\.npz: no 'accel'", refused("replay", force_only, "--exercise", "goblet_squat"))


@needs_recordings
@pytest.mark.parametrize(
    ("name", "exercise", "count"),
    [
        ("sts_S01_5sts", "sit_to_stand", 5),
        ("bar_A_squat_heavy_20190115T200906", "squat", 5),
        ("pte_s1_e1_correct", "seated_leg_raise", 10),
    ],
)
def test_replay_of_a_recorded_set(name, exercise, count):
    done = steadyrig("replay", SHARED / "data" / "reps" / f"{name}.npz", "--exercise", exercise, "--json")
    answer = json.loads(done.stdout)
    assert answer["count"] == count
    assert all(rep["start_s"] < rep["end_s"] and len(rep["phases"]) == 3 for rep in answer["reps"])


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"t": None}, r"set\.npz.*\bt\b"),
        ({"t": np.array([0.0, 2.0, 1.0])}, r"set\.npz.*\bt\b"),
        ({"accel": np.full((2700, 3), np.nan)}, r"set\.npz.*accel.*(finite|NaN)"),
        ({"accel": np.zeros((2700, 2))}, r"set\.npz.*accel.*\(2700, 2\)"),
        ({"accel": None, "gyro": None}, r"set\.npz.*accel"),
    ],
)
def test_a_broken_recording_is_named_with_its_key(recording, changes, said):
    assert re.search(said, refused("replay", recording(**changes), "--exercise", "goblet_squat"))


def test_an_unknown_exercise_or_file_is_named(recording, tmp_path):
    assert re.search(
        r"unknown exercise 'moon_walk'.*known", refused("replay", recording(), "--exercise", "moon_walk")
    )
    assert "none.npz" in refused("replay", tmp_path / "none.npz", "--exercise", "goblet_squat")
    (tmp_path / "text.npz").write_text("not a recording")
    assert "text.npz" in refused("replay", tmp_path / "text.npz", "--exercise", "goblet_squat")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('chip = "bno08x"', 'chip = "bno55"', r"station\.toml.*chip.*bno55.*bno08x"),
        ('[sensors.band]\nchip = "hx711"\nplace = "band"\nbus = "spi-0"\nsample_rate_hz = 80\n',
         '[sensors.other]\nchip = "bno08x"\nplace = "trunk"\nbus = "i2c-1"\naddress = 0x4A\n',
         r"station\.toml.*thigh.*other|station\.toml.*other.*thigh"),
        ('place = "band"', 'place = "thigh"', r"sensors\.thigh and sensors\.band both have place 'thigh'"),
        ("address = 0x4A", "address = 0x20", r"station\.toml.*address.*0x4A"),
        ("sample_rate_hz = 80", "sample_rate_hz = 33", r"station\.toml.*sample_rate_hz.*33"),
        ('patient_id = "p-0001-aaaa"', "", r"station\.toml.*patient_id"),
        ("[station]", "[station", r"station\.toml.*TOML"),
        ("port = 1883", "port = true", r"station\.toml.*mqtt\.port.*True"),
        ("red_pin = 22", "red_pin = 10", r"station\.toml: controls\.red_pin is 10.*sensors\.band"),
        ("red_pin = 22", "", r"station\.toml: controls\.red_pin is missing"),
        ('sensor = "band"', 'sensor = "thigh"', r"station\.toml: dock\.sensor is 'thigh'.*band"),
        ("bells_kg = [8, 12]", "bells_kg = []", r"station\.toml: dock\.bells_kg is \[\]"),
    ],
)  # fmt: skip
def test_a_broken_station_file_is_one_sentence(tmp_path, old, new, said):
    text = STATION.format(port=1883, folder=tmp_path)
    assert old in text
    path = tmp_path / "station.toml"
    path.write_text(text.replace(old, new))
    assert re.search(said, refused("station", "--config", path))


def test_a_station_without_the_clinics_key_says_so(tmp_path):
    path = tmp_path / "station.toml"
    path.write_text(STATION.format(port=1883, folder=tmp_path))
    (tmp_path / "station.password").write_text("x")
    assert re.search(r"paths\.clinic_key is .*verify\.pub", refused("station", "--config", path))


def test_a_station_refuses_another_pairings_journal_and_leaves_it_as_it_is(tmp_path):
    path = tmp_path / "station.toml"
    path.write_text(STATION.format(port=1883, folder=tmp_path))
    (tmp_path / "station.password").write_text("x")
    new_key_pair(tmp_path / "keys")
    with closing(Journal(tmp_path / "journal.db")) as journal:
        journal.claim("station-0099", "p-0099-bbbb")
    said = refused("station", "--config", path)
    assert "this is the journal of station station-0099, not of station station-0001" in said
    assert "steadyrig pair --again" in said


# As PANEL, with a broker of its own beside it: TLS, and a desk where stations are paired.
CLINIC = (
    PANEL.replace("/bridge.password", "/broker/bridge.password")
    + """\
ca_file = "{folder}/keys/ca.crt"
[broker]
port = {port}
folder = "{folder}/broker"
[pairing]
port = {pairing}
"""
)
DEVICE = """
[paths]
data = "{folder}/device"
[controls]
green_pin = 17
white_pin = 27
red_pin = 22
[sensors.thigh]
chip = "bno08x"
place = "thigh"
bus = "i2c-1"
address = 0x4A
"""
PHRASE = "a long-enough phrase 9"


class Services:
    """A clinic and a device as a technician sets them up, with their services as processes."""

    def __init__(self, folder):
        self.folder, self.processes = folder, []
        (folder / "device").mkdir()
        self.panel_file, self.station_file = folder / "panel.toml", folder / "station.toml"
        web, port, pairing = (free_port() for _ in range(3))
        self.panel_file.write_text(CLINIC.format(web=web, port=port, pairing=pairing, folder=folder))
        self.station_file.write_text(DEVICE.format(folder=folder))
        self.panel = f"http://127.0.0.1:{web}"

    def start(self, *command, ready=None, **env):
        """Start a service, and wait until it says that it is ready."""
        config = self.station_file if command == ("station",) else self.panel_file
        process = subprocess.Popen(
            [sys.executable, "-m", "edge", *command, "--config", str(config)],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, **env},
        )  # fmt: skip
        self.processes.append(process)
        while ready and ready not in (said := process.stdout.readline()):
            assert said, process.communicate()[1]
        return process

    def close(self):
        for process in self.processes:
            process.kill()
            process.communicate()


@pytest.fixture
def services(tmp_path):
    made = Services(tmp_path)
    yield made
    made.close()


def set_up_clinic(services):
    config = ("--config", services.panel_file)
    plan = services.folder / "plan.json"
    line = {"name": "squat", "order": 1, "exercise": "goblet_squat", "sets": 1, "reps": 3, "tempo": "3.1.0"}
    ids = {"version": 1, "patient_id": "p-0001-aaaa", "station_id": "station-0001", "first_name": "Ana"}
    plan.write_text(json.dumps({**ids, "issued_at": "2026-11-21T08:00:00Z", "rows": [line]}))
    # In this process where a command asks nothing: starting Python nine times is most of what this test would cost.
    clinic.new_key(services.panel_file)
    typed = steadyrig("clinic", "add-clinician", "lind", "--name", "Dr K. Lind", *config, stdin=f"{PHRASE}\n")
    assert typed.returncode == 0, typed.stderr
    clinic.add_patient("p-0001-aaaa", "Ana M.", "Ana", services.panel_file)
    clinic.add_station("station-0001", "p-0001-aaaa", services.panel_file)
    clinic.write_plan(plan, "Dr K. Lind", "First plan", services.panel_file)


def pair_device(services):
    """A clinician shows a code on the panel, and somebody types it at the device."""
    clinician = Clinician(services.panel)
    clinician.log_in("lind", PHRASE)
    show = next(form for form in clinician.open("/stations/station-0001").forms if form.action.endswith("/code"))
    shown = re.search(r"steadyrig pair (\S+:\d+/[-2-9A-Z]+)", clinician.submit(show, {}).text)[1]
    owner = ("--owner", services.folder.owner())
    done = steadyrig("pair", *owner, "--config", services.station_file, stdin=f"{shown}\n")
    assert done.returncode == 0, done.stderr
    assert "Paired: this is station-0001 of patient p-0001-aaaa" in done.stdout


def wait_for(condition, seconds=30):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.1)


@needs_mosquitto
@pytest.mark.skipif(not shutil.which("Xvfb"), reason="Xvfb is not installed")
@pytest.mark.timeout(300)  # eight processes, on a machine that may be busy
def test_a_clinic_is_set_up_a_device_is_paired_and_every_service_ends_on_sigterm(services):
    """Over TLS, with no password typed anywhere. The station waits to be paired and then takes the plan into use."""
    import sqlite3

    set_up_clinic(services)
    screen = subprocess.Popen(
        ["Xvfb", "-displayfd", "1", "-screen", "0", "1024x600x24", "-nolisten", "tcp"],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    try:
        display = screen.stdout.readline().strip()
        running = [
            services.start("broker", "run", ready="The broker is at"),
            services.start("panel", ready="Stations redeem pairing codes at"),
            services.start("bridge"),
        ]
        station = services.start("station", DISPLAY=f":{display}", SDL_VIDEODRIVER="x11")
        running.append(station)
        assert "station.toml: this device is not paired with a clinic" in station.stderr.readline()
        pair_device(services)

        def in_use():
            with sqlite3.connect(services.folder / "panel.db") as db:
                return db.execute("SELECT count(*) FROM receipt WHERE state = 'in_use'").fetchone()[0] == 1

        wait_for(in_use, 120)
        for process in reversed(running):
            process.send_signal(signal.SIGTERM)
        for process in running:
            _, err = process.communicate(timeout=60)
            assert (process.returncode, "Traceback" in err) == (0, False), err
        assert "steadyrig station: controls: " in err  # none here: told, and no reason not to start
    finally:
        screen.kill()
        screen.communicate()


@pytest.mark.parametrize(
    ("old", "new", "command", "said"),
    [
        ("sqlite:///{folder}/panel.db", "foo", "bridge", r"panel\.database is 'foo'"),
        ("keys =", "keys =", "panel", r"panel\.keys: .*new-key"),
        (
            'password_file = "{folder}/bridge.password"',
            'password_file = "{folder}"',
            "bridge",
            r"panel\.toml: mqtt\.password_file is .*Is a directory",
        ),
        (
            'password_file = "{folder}/bridge.password"',
            'ca_file = "{folder}/panel.toml"',
            "bridge",
            r"mqtt\.ca_file is .*expected a CA certificate",
        ),
    ],
)
def test_a_panel_that_cannot_start_is_one_sentence(tmp_path, old, new, command, said):
    panel = tmp_path / "panel.toml"
    assert old in PANEL
    panel.write_text(PANEL.replace(old, new).format(port=1883, web=free_port(), folder=tmp_path))
    assert re.search(said, refused(command, "--config", panel))


def test_a_password_that_was_not_given_is_asked_for(tmp_path):
    panel = tmp_path / "panel.toml"
    panel.write_text(PANEL.format(port=1883, web=8080, folder=tmp_path))
    args = ("clinic", "add-clinician", "lind", "--name", "Dr K. Lind", "--config", panel)
    assert "password refused" in refused(*args)


def test_screens_into_a_file_are_refused(tmp_path):
    (tmp_path / "file").write_text("")
    assert "expected a folder" in refused("screens", tmp_path / "file")


def test_a_taken_id_is_refused(tmp_path):
    panel = tmp_path / "panel.toml"
    panel.write_text(PANEL.format(port=1883, web=8080, folder=tmp_path))
    args = ("clinic", "add-patient", "p-0001-aaaa", "--name", "A", "--first-name", "A", "--config", panel)
    assert steadyrig(*args).returncode == 0
    assert "refused: patient 'p-0001-aaaa' is there already" in refused(*args)


@pytest.mark.parametrize("name", ["demo", "station", "bridge", "panel", "replay", "screens", "clinic"])
def test_every_command_explains_itself(name):
    assert "Usage" in steadyrig(name, "--help").stdout
