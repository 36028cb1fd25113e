"""The clinic's certificates, and what a link says of one that it does not trust."""

from __future__ import annotations

import ssl
import threading
import time
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.x509.verification import PolicyBuilder, Store

from sync.broker import BRIDGE_USER, PrivateMosquitto, available
from sync.certificates import (
    CA_CERTIFICATE,
    CA_KEY,
    RENEW_BEFORE,
    SERVER_CERTIFICATE,
    SERVER_KEY,
    CertificateError,
    load_certificate,
    overdue,
    server_files,
)
from sync.mqtt import MqttTransport
from sync.tls import explain

NAMES = ["127.0.0.1", "broker.clinic.example"]
NOW = datetime(2026, 11, 21, tzinfo=UTC)
WITHIN_S = 30.0

with_mosquitto = pytest.mark.skipif(not available(), reason="mosquitto is not installed")


# ---- certificates ----------------------------------------------------------------------------------------


def test_the_first_call_makes_a_ca_and_later_ones_change_nothing(tmp_path):
    first = server_files(tmp_path, NAMES, NOW)
    made = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert set(made) == {CA_KEY, CA_CERTIFICATE, SERVER_KEY, SERVER_CERTIFICATE}
    assert server_files(tmp_path, NAMES, NOW + timedelta(days=300)) == first
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == made


def test_keys_are_for_their_owner_alone(tmp_path):
    files = server_files(tmp_path, NAMES, NOW)
    assert {path.name: path.stat().st_mode & 0o777 for path in (files.key, tmp_path / CA_KEY)} == {
        SERVER_KEY: 0o600,
        CA_KEY: 0o600,
    }


def test_a_certificate_is_renewed_in_time_under_the_same_ca(tmp_path):
    first = server_files(tmp_path, NAMES, NOW)
    ca = first.ca.read_bytes()
    due = first.ends_at - RENEW_BEFORE
    assert server_files(tmp_path, NAMES, due - timedelta(hours=1)).ends_at == first.ends_at
    renewed = server_files(tmp_path, NAMES, due)
    assert renewed.ends_at > first.ends_at
    assert renewed.ca.read_bytes() == ca


def test_other_names_need_another_certificate(tmp_path):
    server_files(tmp_path, NAMES, NOW)
    before = load_certificate(tmp_path / SERVER_CERTIFICATE)
    server_files(tmp_path, [*NAMES, "192.168.1.10"], NOW)
    assert load_certificate(tmp_path / SERVER_CERTIFICATE) != before


@pytest.mark.parametrize("clock", [datetime(1970, 1, 1, 0, 1, tzinfo=UTC), NOW], ids=["1970", "now"])
def test_a_station_whose_clock_woke_up_in_1970_trusts_its_clinic(tmp_path, clock):
    """T2: whoever needs the right time to fetch the time never gets it."""
    files = server_files(tmp_path, NAMES, NOW)
    ca, held = load_certificate(files.ca), load_certificate(files.certificate)
    verifier = PolicyBuilder().store(Store([ca])).time(clock).build_server_verifier(x509.DNSName(NAMES[1]))
    assert verifier.verify(held, []) == [held, ca]


def test_a_certificate_that_is_not_renewed_in_time_is_overdue(tmp_path):
    files = server_files(tmp_path, NAMES, NOW)
    assert overdue(files.certificate, files.ends_at - RENEW_BEFORE) is None, "its renewal is just due"
    assert overdue(files.certificate, files.ends_at - timedelta(days=12)) == timedelta(days=12)


def test_without_the_cas_key_the_end_is_told_in_time_and_refused_at_last(tmp_path):
    files = server_files(tmp_path, NAMES, NOW)
    (tmp_path / CA_KEY).unlink()
    assert server_files(tmp_path, NAMES, NOW).problem is None
    late = server_files(tmp_path, NAMES, files.ends_at - timedelta(days=10))
    assert f"ends on {files.ends_at.date()}" in late.problem
    assert "ca.key" in late.problem
    with pytest.raises(CertificateError, match=r"ca\.key cannot be used: .*restore it"):
        server_files(tmp_path, NAMES, files.ends_at)


def test_a_ca_at_its_end_says_that_stations_must_be_paired_again(tmp_path):
    server_files(tmp_path, NAMES, NOW)
    with pytest.raises(CertificateError, match="pair every station again"):
        server_files(tmp_path, NAMES, NOW + timedelta(days=20 * 365))


@pytest.mark.parametrize("names", [[], ["bücher.example"]])
def test_a_name_that_cannot_be_is_refused(tmp_path, names):
    with pytest.raises(CertificateError, match="name"):
        server_files(tmp_path, names, NOW)


def test_two_programs_that_start_together_make_one_ca(tmp_path):
    found, threads = [], []
    for _ in range(4):
        thread = threading.Thread(target=lambda: found.append(server_files(tmp_path, NAMES, NOW)))
        thread.start()
        threads.append(thread)
    for thread in threads:
        thread.join()
    ca = load_certificate(tmp_path / CA_CERTIFICATE)
    load_certificate(tmp_path / SERVER_CERTIFICATE).verify_directly_issued_by(ca)
    assert len(found) == 4


# ---- what a link says ------------------------------------------------------------------------------------


def linked(broker, ca, host="127.0.0.1"):
    return MqttTransport(
        host, broker.port, BRIDGE_USER, BRIDGE_USER, "word", ca=ca, first_retry_s=0.05, longest_retry_s=0.1
    )


def outcome(link):
    """Return the link's problem once it has one, or None once it is connected."""
    link.start(lambda _message: None, [])
    deadline = time.monotonic() + WITHIN_S
    try:
        while link.problem is None and not link.connected:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        return link.problem
    finally:
        link.stop()


@pytest.fixture
def broker(tmp_path):
    if not available():
        pytest.skip("mosquitto is not installed")
    made = PrivateMosquitto(tmp_path / "mosquitto", {BRIDGE_USER: "word"}, tls=True)
    made.start()
    yield made
    made.stop()


def replace_certificate(broker, names, at):
    """Let the broker serve a certificate that the clinic's CA made at another time or for other names."""
    folder = broker._folder
    (folder / SERVER_CERTIFICATE).unlink()
    server_files(folder, names, at)
    broker.stop()
    broker.start()


def test_a_station_that_trusts_the_clinics_ca_connects(broker):
    assert outcome(linked(broker, broker.ca)) is None


def test_another_clinics_broker_is_not_trusted(broker, tmp_path):
    other = str(server_files(tmp_path / "other", NAMES).ca)
    assert "127.0.0.1 is not of the clinic this station is paired with" in outcome(linked(broker, other))


def test_a_certificate_that_ran_out_is_told_with_the_way_out(broker):
    replace_certificate(broker, ["127.0.0.1"], datetime(2021, 1, 1, tzinfo=UTC))
    said = outcome(linked(broker, broker.ca))
    assert said.startswith("the certificate of 127.0.0.1 has run out")
    assert "steadyrig broker renew" in said


def test_a_certificate_for_another_name_is_told_with_the_way_out(broker):
    replace_certificate(broker, ["broker.clinic.example"], datetime.now(UTC))
    said = outcome(linked(broker, broker.ca))
    assert "for other names" in said
    assert "adds '127.0.0.1' to broker.names" in said


@with_mosquitto
def test_a_broker_without_tls_is_told(tmp_path):
    plain = PrivateMosquitto(tmp_path / "plain", {BRIDGE_USER: "word"})
    plain.start()
    try:
        ca = str(server_files(tmp_path / "keys", NAMES).ca)
        assert "does not speak TLS" in outcome(linked(plain, ca))
    finally:
        plain.stop()


def test_a_clock_before_the_certificate_is_told():
    error = ssl.SSLCertVerificationError()
    error.verify_code = 9
    assert "the clock must be set" in explain(error, "broker")


def test_a_link_that_was_not_told_of_tls_is_told(broker):
    said = outcome(linked(broker, None))
    assert "hung up before it greeted; look at mqtt.port and at mqtt.ca_file" in said
