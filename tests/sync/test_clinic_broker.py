"""The clinic's broker heeds its database: who was paired may connect, who was revoked is put off."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime

import pytest
from sqlalchemy import select, update

from edge import broker as commands
from edge.config import SettingsError
from sync.broker import BRIDGE_USER, BrokerError, available, free_port
from sync.broker.clinic import ClinicBroker, ClinicFiles
from sync.broker.passwords import hashed
from sync.certificates import SERVER_CERTIFICATE, server_files
from sync.mqtt import MqttTransport
from sync.store import schema, writing
from sync.store.stations import revoke_station

A, B = "station-a-0001", "station-b-0002"
WORDS = {A: "word-a", B: "word-b"}
WITHIN_S = 30.0
REVOKED_WITHIN_S = 60.0

pytestmark = pytest.mark.skipif(not available(), reason="mosquitto is not installed")


def until(true, what, within_s=WITHIN_S):
    deadline = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < deadline, f"waited {within_s} s for {what}"
        time.sleep(0.02)


def pair(database, *station_ids):
    table = schema.station
    with writing(database) as connection:
        for name in station_ids:
            paired = {"credential": hashed(WORDS[name]), "paired_at": 1.0}
            connection.execute(update(table).where(table.c.id == name).values(paired))


@pytest.fixture
def files(tmp_path):
    return ClinicFiles(tmp_path / "broker", tmp_path / "keys", ["127.0.0.1"], [BRIDGE_USER, "bridge.2"])


@pytest.fixture
def broker(tmp_path, clinic, files):
    """Not started yet; whatever a test does, it is stopped."""
    made = ClinicBroker(files, tmp_path / "broker", clinic, "127.0.0.1", free_port())
    yield made
    made.stop()


def port_of(broker):
    return broker._mosquitto._where[1]


@pytest.fixture
def link(broker, tmp_path):
    """Make links of stations and bridges, which are stopped after the test."""
    made = []

    def connect(user):
        folder = tmp_path / "broker"
        word = WORDS.get(user) or (folder / f"{user}.password").read_text().strip()
        ca = str(folder / "ca.crt")
        one = MqttTransport(
            "127.0.0.1", port_of(broker), user, user, word, ca=ca, first_retry_s=0.05, longest_retry_s=0.1
        )
        one.start(lambda _message: None, [])
        made.append(one)
        return one

    yield connect
    for one in made:
        one.stop()


def test_paired_stations_and_bridges_connect_and_nobody_else(broker, clinic, link):
    pair(clinic, A)
    broker.start()
    for user in (A, BRIDGE_USER, "bridge.2"):
        one = link(user)
        until(lambda one=one: one.connected, user)
    stranger = link(B)
    until(lambda: stranger.problem, "a refusal")
    assert "Not authorized" in stranger.problem


def test_a_station_connects_once_it_is_paired_and_is_put_off_once_it_is_revoked(broker, clinic, link):
    broker.start()
    first, second = link(A), link(B)
    until(lambda: first.problem and second.problem, "refusals")
    pair(clinic, A, B)
    broker.look()
    until(lambda: first.connected and second.connected, "both")
    with writing(clinic) as connection:
        revoke_station(connection, A, "Dr K. Lind", "stolen", 2.0)
    broker.look()
    until(lambda: not first.connected, "the revoked one to be put off", REVOKED_WITHIN_S)
    until(lambda: "Not authorized" in (first.problem or ""), "a refusal")
    assert second.connected


def test_a_renewed_certificate_is_served_without_putting_anybody_off(broker, clinic, link, tmp_path):
    pair(clinic, A)
    broker.start()
    first = link(A)
    until(lambda: first.connected, A)
    before = (tmp_path / "broker" / SERVER_CERTIFICATE).read_bytes()
    server_files(tmp_path / "keys", ["127.0.0.1"], anew=True)
    broker.look()
    assert (tmp_path / "broker" / SERVER_CERTIFICATE).read_bytes() != before
    second = link(BRIDGE_USER)
    until(lambda: second.connected, "a connection under the new certificate")
    assert first.connected


def test_what_mosquitto_cannot_read_is_set_aside_and_told(broker, tmp_path):
    (tmp_path / "broker" / "mosquitto.db").write_bytes(bytes(4096))
    broker.start()
    broker.look()
    assert "set aside" in broker.problem
    assert [path.read_bytes() for path in (tmp_path / "broker").glob("mosquitto.db.unreadable-*")] == [bytes(4096)]


def test_a_configuration_that_mosquitto_refuses_is_told_and_nothing_is_set_aside(broker, tmp_path):
    kept = tmp_path / "broker" / "mosquitto.db"
    kept.write_bytes(b"precious")
    (tmp_path / "broker" / "steadyrig.acl").write_text("nonsense\n")
    with pytest.raises(BrokerError, match="did not start"):
        broker.start()
    assert kept.read_bytes() == b"precious"


def test_a_broker_that_ends_by_itself_is_told(broker):
    broker.start()
    os.kill(broker._mosquitto.pid, signal.SIGKILL)
    until(lambda: not broker._mosquitto.running, "its end")
    with pytest.raises(BrokerError, match="has ended"):
        broker.look()


def test_a_database_that_does_not_answer_changes_nothing(broker, clinic, link, tmp_path):
    pair(clinic, A)
    broker.start()
    first = link(A)
    until(lambda: first.connected, A)
    with writing(clinic) as connection:
        connection.exec_driver_sql("ALTER TABLE station RENAME TO away")
    broker.look()
    assert "who may connect cannot be brought up to date" in broker.problem
    assert first.connected
    with writing(clinic) as connection:
        connection.exec_driver_sql("ALTER TABLE away RENAME TO station")
    broker.look()
    assert broker.problem is None


def test_bridges_keep_their_passwords_and_nobody_else_reads_them(files, tmp_path):
    path = tmp_path / "broker" / "bridge.password"
    word = path.read_text()
    assert len(word) > 40
    assert path.stat().st_mode & 0o777 == 0o600
    ClinicFiles(tmp_path / "broker", tmp_path / "keys", ["127.0.0.1"], [BRIDGE_USER])
    assert path.read_text() == word


# ---- the command -----------------------------------------------------------------------------------------

PANEL = """
[panel]
database = "{database}"
keys = "{folder}/keys"
[broker]
port = {port}
folder = "{folder}/broker"
"""


@pytest.fixture
def settings(tmp_path, db_url):
    path = tmp_path / "panel.toml"
    path.write_text(PANEL.format(database=db_url, folder=tmp_path, port=free_port()))
    return path


@pytest.mark.timeout(300)  # a process of its own, on a machine that may be busy
def test_the_command_runs_the_broker_and_heeds_a_revocation(settings, tmp_path, clinic):
    pair(clinic, A)
    process = subprocess.Popen(
        [sys.executable, "-m", "edge", "broker", "run", "--config", settings],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    try:
        assert "The broker is at 127.0.0.1:" in process.stdout.readline()
        port = int(settings.read_text().split("port = ")[1].split()[0])
        ca = str(tmp_path / "broker" / "ca.crt")
        one = MqttTransport("127.0.0.1", port, A, A, WORDS[A], ca=ca, first_retry_s=0.05, longest_retry_s=0.1)
        one.start(lambda _message: None, [])
        until(lambda: one.connected, A)
        with writing(clinic) as connection:
            revoke_station(connection, A, "Dr K. Lind", "stolen", 2.0)
        until(lambda: not one.connected, "the revoked one to be put off", REVOKED_WITHIN_S)
        one.stop()
        process.send_signal(signal.SIGTERM)
        assert process.wait(WITHIN_S) == 0
    finally:
        process.kill()
        process.communicate()


def test_the_command_writes_what_mosquitto_accepts(settings, tmp_path, clinic, capsys):
    pair(clinic, A)
    commands.write(tmp_path / "out", drop_in=True, config=settings)
    assert capsys.readouterr().out == f"{tmp_path}/out/steadyrig.conf: 1 station may connect, and bridge\n"
    assert A in (tmp_path / "out" / "steadyrig.passwords").read_text()
    # Debian's own file, into which ours is dropped.
    whole = tmp_path / "mosquitto.conf"
    whole.write_text(
        f"persistence true\npersistence_location {tmp_path}/\nlog_dest file {tmp_path}/log\n"
        f"user {tmp_path.owner()}\ninclude_dir {tmp_path}/out\n"
    )
    port = int(settings.read_text().split("port = ")[1].split()[0])
    program = shutil.which("mosquitto", path="/usr/sbin:/usr/bin:/usr/local/sbin")
    process = subprocess.Popen([program, "-c", whole], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        ca = str(tmp_path / "out" / "ca.crt")
        one = MqttTransport("127.0.0.1", port, A, A, WORDS[A], ca=ca, first_retry_s=0.05, longest_retry_s=0.1)
        one.start(lambda _message: None, [])
        until(lambda: one.connected, A)
        one.stop()
    finally:
        process.kill()
        process.wait()


def test_renewing_tells_until_when(settings, capsys):
    commands.renew(settings)
    assert f"for 127.0.0.1, localhost, until {datetime.now(UTC).year + 2}-" in capsys.readouterr().out


def test_a_group_that_there_is_not_is_one_sentence(settings, tmp_path):
    with pytest.raises(SettingsError, match="no such group"):
        commands.write(tmp_path / "out", group="no-such-group", config=settings)


def test_no_plain_password_is_in_what_mosquitto_reads(files, tmp_path, clinic):
    pair(clinic, A)
    with clinic.connect() as connection:
        stored = connection.scalar(select(schema.station.c.credential).where(schema.station.c.id == A))
    files.write_users({A: stored})
    text = (tmp_path / "broker" / "steadyrig.passwords").read_text()
    assert WORDS[A] not in text
    assert (tmp_path / "broker" / "bridge.password").read_text().strip() not in text
