"""A device becomes a station: `steadyrig pair` against a real pairing desk, and what the device keeps apart."""

from __future__ import annotations

import io
import sqlite3
import time
from contextlib import closing

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from edge.alone import alone_with_sensors
from edge.belongings import set_aside
from edge.config import SettingsError, StationSettings, load_settings
from edge.pair import pair
from sync.certificates import load_certificate, server_files
from sync.journal import JournalError, open_journal
from sync.pairing.client import Invitation
from sync.pairing.desk import Desk, Place, offer_code
from sync.pairing.server import PairingServer
from sync.panel.accounts import add_patient
from sync.signing import load_verifier, new_key_pair
from sync.store import engine, upgrade, writing
from sync.store.stations import credentials, make_station, revoke_station

WHO, SECRET = "Dr K. Lind", "a secret beside the database"
ANA, PER = "patient-ana-0001", "patient-per-0002"
FIRST, SECOND = "station-first-01", "station-second-2"
HARDWARE = """
[station]
rtc = true
[paths]
data = "{data}"
[sensors.thigh]
chip = "bno08x"
place = "thigh"
bus = "i2c-1"
address = 0x4A
"""


class Clinic:
    """A clinic with a pairing desk, and two patients."""

    def __init__(self, folder):
        url = f"sqlite:///{folder / 'clinic.db'}"
        upgrade(url)
        self.database = engine(url)
        for patient_id, name in ((ANA, "Ana"), (PER, "Per")):
            add_patient(self.database, patient_id, name, name)
        new_key_pair(folder / "keys")
        self.keys = folder / "keys"
        self.files = server_files(self.keys, ["127.0.0.1"])
        place = Place("broker.clinic.example", 8883, (self.keys / "verify.pub").read_text())
        desk = Desk(self.database, SECRET, place, time.time)
        self.server = PairingServer(desk, lambda: server_files(self.keys, ["127.0.0.1"]), "127.0.0.1", 0)

    def invite(self, station_id, patient_id):
        ca = load_certificate(self.files.ca).public_bytes(Encoding.DER)
        with writing(self.database) as connection:
            make_station(connection, station_id, patient_id, WHO, time.time())
            code, _until = offer_code(connection, station_id, ca, SECRET, WHO, time.time())
        return str(Invitation("127.0.0.1", self.server.port, code))

    def paired(self):
        with self.database.connect() as connection:
            return sorted(credentials(connection))

    def close(self):
        self.server.close()
        self.database.dispose()


@pytest.fixture
def clinic(tmp_path):
    (tmp_path / "clinic").mkdir()
    made = Clinic(tmp_path / "clinic")
    yield made
    made.close()


@pytest.fixture
def config(tmp_path):
    """A device with its hardware described, and nothing else."""
    (tmp_path / "etc").mkdir()
    (tmp_path / "data").mkdir()
    path = tmp_path / "etc" / "station.toml"
    path.write_text(HARDWARE.format(data=tmp_path / "data"))
    return path


@pytest.fixture
def command(config):
    def run(invitation, **options):
        pair(invitation, **{"again": False, "leave_unsent": False, "as_user": "root", "config": config} | options)

    return run


def record(config, *records):
    """The station ran and wrote these records, which the clinic has not confirmed."""
    station = load_settings(config, StationSettings).station
    with closing(open_journal(config.parents[1] / "data" / "journal.db", station.patient_id)) as journal:
        journal.claim(station.id, station.patient_id)
        if records:
            journal.append(list(records), 1.0, 1.0)


def rep():
    from edge.records import Answered

    return Answered("session-0001", 1, "effort", 6)


def test_a_paired_device_has_everything_a_station_needs(clinic, config, command, capsys):
    command(clinic.invite(FIRST, ANA))
    settings = load_settings(config, StationSettings)
    assert (settings.station.id, settings.station.patient_id, settings.station.rtc) == (FIRST, ANA, True)
    assert (settings.mqtt.host, settings.mqtt.port, settings.mqtt.username) == ("broker.clinic.example", 8883, FIRST)
    assert len(settings.mqtt.password()) >= 43
    assert load_certificate(config.with_name("ca.crt")) == load_certificate(clinic.files.ca)
    load_verifier(config.with_name("clinic.pub"))
    assert settings.paths.data.endswith("data"), "what stands in station.toml stays"
    modes = {path.name: path.stat().st_mode & 0o777 for path in config.parent.iterdir() if path != config}
    assert modes == {"pairing.toml": 0o644, "station.password": 0o600, "ca.crt": 0o644, "clinic.pub": 0o644}
    assert clinic.paired() == [FIRST]
    said = capsys.readouterr()
    assert f"Paired: this is {FIRST}" in said.out
    assert settings.mqtt.password() not in said.out + said.err


def test_the_code_may_be_typed_in(clinic, command, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO(clinic.invite(FIRST, ANA) + "\n"))
    command(None)
    assert clinic.paired() == [FIRST]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "expected what the panel shows"),
        ("127.0.0.1:1/ABCD", "has 20 characters. Here are 4"),
        ("127.0.0.1:1/2222-2222-2222-2222-2223", "does not fit together"),
        ("127.0.0.1:1/2222-2222-2222-2222-2222", "no pairing desk answers"),
    ],
)
def test_a_code_that_is_none_is_one_sentence_and_changes_nothing(config, command, typed, said):
    with pytest.raises(SettingsError, match=said):
        command(typed or " ")
    assert [path.name for path in config.parent.iterdir()] == ["station.toml"]


def test_a_working_pairing_is_not_overwritten(clinic, config, command):
    command(clinic.invite(FIRST, ANA))
    before = {path.name: path.read_bytes() for path in config.parent.iterdir()}
    invitation = clinic.invite(SECOND, PER)
    with pytest.raises(SettingsError, match="--again pairs it anew"):
        command(invitation)
    assert {path.name: path.read_bytes() for path in config.parent.iterdir()} == before
    assert clinic.paired() == [FIRST], "the code is not used up"
    command(invitation, again=True)
    assert load_settings(config, StationSettings).station.id == SECOND


def test_another_patient_finds_nothing_of_the_one_before(clinic, config, command, capsys):
    command(clinic.invite(FIRST, ANA))
    record(config)
    data = config.parents[1] / "data"
    (data / "calibration").mkdir()
    (data / "calibration" / "thigh.toml").write_text("of the place before")
    command(clinic.invite(SECOND, PER), again=True)
    aside = data / "before" / FIRST
    assert sorted(path.name for path in data.iterdir()) == ["before", "sensors.lock"]
    assert {"journal.db", "calibration"} <= {path.name for path in aside.iterdir()}
    assert f"is in {aside}" in capsys.readouterr().out
    record(config)


def test_records_that_the_clinic_never_got_are_not_left_behind_by_accident(clinic, config, command):
    command(clinic.invite(FIRST, ANA))
    record(config, rep())
    with writing(clinic.database) as connection:
        revoke_station(connection, FIRST, WHO, "Goes to another patient.", time.time())
    invitation = clinic.invite(SECOND, PER)
    with pytest.raises(SettingsError, match="1 of its records are not sent yet, and among them may be an alert"):
        command(invitation, again=True)
    assert clinic.paired() == []
    command(invitation, again=True, leave_unsent=True)
    kept = sqlite3.connect(config.parents[1] / "data" / "before" / FIRST / "journal.db")
    assert kept.execute("SELECT count(*) FROM outbox").fetchone() == (1,), "set aside, not thrown away"
    kept.close()


def test_a_journal_that_cannot_be_read_counts_as_unsent(clinic, config, command):
    command(clinic.invite(FIRST, ANA))
    (config.parents[1] / "data" / "journal.db").write_bytes(b"no database" * 400)
    with pytest.raises(SettingsError, match="cannot be read"):
        command(clinic.invite(SECOND, PER), again=True)


def test_a_running_station_is_not_paired(clinic, config, command):
    with alone_with_sensors(config.parents[1] / "data"), pytest.raises(SettingsError, match="stop the station first"):
        command(clinic.invite(FIRST, ANA))


def test_a_station_set_up_by_hand_says_what_to_leave_out(config, command):
    config.write_text(config.read_text().replace("[station]", '[station]\nid = "station-0001"'))
    with pytest.raises(
        SettingsError, match=r"station\.id is 'station-0001'; pairing by code says it in pairing\.toml"
    ):
        command("127.0.0.1:1/2222-2222-2222-2222-2222")


def test_a_mistake_in_the_hardware_is_told_before_the_code_is_used(clinic, config, command):
    config.write_text(config.read_text().replace("rtc = true", 'rtc = "yes"'))
    with pytest.raises(SettingsError, match=r"station\.rtc is 'yes'"):
        command(clinic.invite(FIRST, ANA))
    assert clinic.paired() == []


def test_the_password_is_for_a_user_there_is(clinic, command, monkeypatch):
    monkeypatch.setattr("os.geteuid", lambda: 0)
    with pytest.raises(SettingsError, match="--owner is 'nobody-of-that-name': no such user"):
        command(clinic.invite(FIRST, ANA), as_user="nobody-of-that-name")


def test_a_pairing_that_was_changed_by_hand_does_not_open_the_journal(clinic, config, command):
    command(clinic.invite(FIRST, ANA))
    record(config)
    paired = config.with_name("pairing.toml")
    paired.write_text(paired.read_text().replace(f'id = "{FIRST}"', f'id = "{SECOND}"'))
    with pytest.raises(JournalError, match="`steadyrig pair --again` moves this one aside"):
        record(config)


def test_what_is_set_aside_twice_is_kept_twice(tmp_path):
    for number in range(2):
        (tmp_path / "journal.db").write_text(str(number))
        set_aside(tmp_path, FIRST)
    assert set_aside(tmp_path, FIRST) is None
    kept = tmp_path / "before"
    assert [(kept / name / "journal.db").read_text() for name in (FIRST, f"{FIRST}-2")] == ["0", "1"]
