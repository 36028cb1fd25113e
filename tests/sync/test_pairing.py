"""Pairing by a code: redeemed once, over TLS that the code itself proves, and nobody guesses it."""

from __future__ import annotations

import json
import random
import re
import socket
import ssl
import time
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st

from edge.records import ID_SHAPE
from sync.broker.passwords import hashed
from sync.certificates import SERVER_CERTIFICATE, load_certificate, server_files
from sync.pairing import client as station_side
from sync.pairing.client import Invitation, PairingError, pair, read_invitation
from sync.pairing.codes import LENGTH, PairingCode, new_code, read_code
from sync.pairing.desk import (
    ENDED,
    MOST_WRONG_TRIES,
    TOO_LATE,
    TOO_MANY,
    TRIES_PER_ADDRESS,
    UNKNOWN,
    USED,
    VALID_S,
    WAIT_S,
    Desk,
    Place,
    offer_code,
)
from sync.pairing.messages import Granted, Redeem, encode
from sync.pairing.server import LATER, NOT_READ, PairingServer
from sync.store import writing
from sync.store.stations import events, known, new_id, revoke_station
from sync.typed import ALPHABET, CodeError

STATION, OTHER, PATIENT = "station-a-0001", "station-b-0002", "patient-a-0001"
WALL, WHO, PEPPER, KEY = 1_780_000_000.0, "Dr K. Lind", "a secret beside the database", "the clinic's public key"
CA = b"a CA in DER"
HERE = "192.0.2.7"


# ---- the code --------------------------------------------------------------------------------------------


def test_a_code_says_the_same_again_however_it_is_typed():
    code = new_code(CA)
    assert len(str(code)) == LENGTH + 4
    for typed in (str(code), str(code).lower(), str(code).replace("-", " "), f"  {code} "):
        assert read_code(typed) == code


@given(st.integers(0, LENGTH - 1), st.sampled_from(ALPHABET), st.integers(0, 2**32))
def test_one_wrong_character_is_noticed_before_anything_is_sent(place, character, seed):
    text = str(new_code(CA)).replace("-", "")
    wrong = text[:place] + character + text[place + 1 :]
    if wrong != text:
        with pytest.raises(CodeError, match="does not fit together"):
            read_code(wrong)


def test_two_characters_that_changed_places_are_noticed():
    text = str(new_code(CA)).replace("-", "")
    for place in range(LENGTH - 1):
        swapped = text[:place] + text[place + 1] + text[place] + text[place + 2 :]
        if swapped != text:
            with pytest.raises(CodeError):
                read_code(swapped)


@pytest.mark.parametrize("typed", ["", "ABCD", "x" * 20, "0" * 20, "💥" * 20])
def test_what_is_no_code_is_told(typed):
    with pytest.raises(CodeError):
        read_code(typed)


def test_a_code_proves_its_own_ca_and_no_other():
    code = new_code(CA)
    assert code.proves(CA)
    assert not any(code.proves(number.to_bytes(4, "big")) for number in range(2000))
    assert not PairingCode(code.name, "22222222", code.proof).proves(CA), "the proof is made with the secret"


def test_a_code_does_not_tell_its_secret_when_it_is_logged():
    code = new_code(CA)
    assert code.secret not in repr(Invitation("clinic.example", 8884, code))


@pytest.mark.parametrize(
    ("typed", "host", "port"),
    [
        ("clinic.example:8884/{}", "clinic.example", 8884),
        ("clinic.example/{}", "clinic.example", 8884),
        ("192.168.1.10:9000/{}\n", "192.168.1.10", 9000),
        ("[fd00::7]:8884/{}", "fd00::7", 8884),
    ],
)
def test_an_invitation_is_read_as_the_panel_shows_it(typed, host, port):
    code = new_code(CA)
    read = read_invitation(typed.format(code))
    assert (read.host, read.port, read.code) == (host, port, code)
    assert read_invitation(str(read)) == read


@pytest.mark.parametrize("typed", ["", "clinic.example", "/{}", ":8884/{}", "clinic.example:0/{}", "c:99999/{}"])
def test_an_invitation_that_is_none_is_refused(typed):
    with pytest.raises(PairingError, match="expected what the panel shows"):
        read_invitation(typed.format(new_code(CA)))


# ---- ids ---------------------------------------------------------------------------------------------------


def test_new_ids_are_ids_and_differ():
    made = {new_id() for _ in range(200)}
    assert len(made) == 200
    assert all(re.fullmatch(ID_SHAPE, one) for one in made)


# ---- the desk --------------------------------------------------------------------------------------------


class Turned:
    """A clock that is turned by hand."""

    def __init__(self):
        self.now = WALL

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Turned()


@pytest.fixture
def desk(clinic, clock):
    return Desk(clinic, PEPPER, Place("clinic.example", 8883, KEY), clock)


def offered(clinic, clock, station_id=STATION, ca=CA):
    with writing(clinic) as connection:
        code, _until = offer_code(connection, station_id, ca, PEPPER, WHO, clock())
    return code


def ask(code, word="its own password", secret=None):
    return Redeem(code.name, secret or code.secret, hashed(word))


def wrong(code):
    return "".join(random.Random(code.secret).sample(ALPHABET, 8))


def test_the_right_code_pairs_its_own_station(desk, clinic, clock):
    code = offered(clinic, clock)
    asked = ask(code)
    assert desk.answer(asked, HERE) == Granted(STATION, PATIENT, "clinic.example", 8883, KEY)
    with clinic.connect() as connection:
        assert known(connection, STATION).paired_at == WALL
        assert known(connection, OTHER).paired_at is None
        assert [(one.what, one.author) for one in events(connection, STATION)] == [("paired", HERE), ("code", WHO)]


def test_the_answer_that_was_lost_is_given_again_to_the_same_station_only(desk, clinic, clock):
    code = offered(clinic, clock)
    asked = ask(code)
    first = desk.answer(asked, HERE)
    assert desk.answer(asked, HERE) == first
    assert desk.answer(ask(code, "another device"), "203.0.113.9") == USED
    with clinic.connect() as connection:
        assert "second time" in known(connection, STATION).trouble
        assert events(connection, STATION)[0].author == "203.0.113.9"


def test_a_code_ends_after_ten_minutes(desk, clinic, clock):
    code = offered(clinic, clock)
    clock.now += VALID_S + 1
    assert desk.answer(ask(code), HERE) == TOO_LATE
    with clinic.connect() as connection:
        assert known(connection, STATION).paired_at is None


def test_five_wrong_tries_end_a_code_wherever_they_come_from(desk, clinic, clock):
    code = offered(clinic, clock)
    for number in range(MOST_WRONG_TRIES):
        assert desk.answer(ask(code, secret=wrong(code)), f"203.0.113.{number}") == UNKNOWN
    assert desk.answer(ask(code), HERE) == ENDED
    with clinic.connect() as connection:
        assert "typed wrong too often" in known(connection, STATION).trouble
    again = offered(clinic, clock)
    with clinic.connect() as connection:
        assert known(connection, STATION).trouble is None, "a new code ends the trouble"
    assert isinstance(desk.answer(ask(again), HERE), Granted)


def test_guesses_at_a_code_that_opens_nothing_any_more_alarm_nobody(desk, clinic, clock):
    used, late = offered(clinic, clock), offered(clinic, clock, OTHER)
    desk.answer(ask(used), HERE)
    clock.now += VALID_S + 1
    for number in range(MOST_WRONG_TRIES):
        for code in (used, late):
            assert desk.answer(ask(code, secret=wrong(code)), f"203.0.113.{number}") == UNKNOWN
    with clinic.connect() as connection:
        assert [known(connection, one).trouble for one in (STATION, OTHER)] == [None, None]


def test_four_wrong_tries_do_not(desk, clinic, clock):
    code = offered(clinic, clock)
    for _ in range(MOST_WRONG_TRIES - 1):
        desk.answer(ask(code, secret=wrong(code)), HERE)
    assert isinstance(desk.answer(ask(code), HERE), Granted)


def test_an_address_with_many_wrong_codes_waits_and_nobody_else_does(desk, clinic, clock):
    code = offered(clinic, clock)
    for number in range(TRIES_PER_ADDRESS):
        assert desk.answer(Redeem(f"Z{number}", "22222222", hashed("x")), HERE) == UNKNOWN
    assert desk.answer(ask(code), HERE) == TOO_MANY
    clock.now += WAIT_S
    assert desk.answer(Redeem("ZZZ", "22222222", hashed("x")), HERE) == UNKNOWN
    assert isinstance(desk.answer(ask(offered(clinic, clock)), "203.0.113.9"), Granted)


@pytest.mark.parametrize(
    ("first", "second", "waits"),
    [
        ("2001:db8::1", "2001:db8::ffff:2", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        (HERE, "192.0.2.8", False),
    ],
)
def test_one_house_has_many_addresses_of_ipv6_and_counts_once(desk, clinic, clock, first, second, waits):
    for number in range(TRIES_PER_ADDRESS):
        desk.answer(Redeem(f"Z{number}", "22222222", hashed("x")), first)
    answer = desk.answer(ask(offered(clinic, clock)), second)
    assert answer == TOO_MANY if waits else isinstance(answer, Granted)


def test_who_comes_with_a_used_code_again_and_again_fills_no_history(desk, clinic, clock):
    code = offered(clinic, clock)
    desk.answer(ask(code), HERE)
    for number in range(50):
        desk.answer(ask(code, f"device {number}"), "203.0.113.9")
    with clinic.connect() as connection:
        assert len(events(connection, STATION)) == 2 + TRIES_PER_ADDRESS


def test_addresses_are_not_remembered_without_end(desk, monkeypatch):
    monkeypatch.setattr("sync.pairing.desk.MOST_ADDRESSES", 20)
    for number in range(30):
        desk.answer(Redeem("ZZZ", "22222222", hashed("x")), f"10.0.0.{number}")
    assert len(desk._wrong) == 20


def test_a_hundred_guesses_pair_nothing(desk, clinic, clock):
    code, chance = offered(clinic, clock), random.Random(7)
    for number in range(100):
        guess = "".join(chance.choices(ALPHABET, k=8))
        answer = desk.answer(ask(code, secret=guess), f"10.1.0.{number}")
        assert answer in (UNKNOWN, ENDED)
    with clinic.connect() as connection:
        assert known(connection, STATION).paired_at is None


def test_a_revoked_stations_code_opens_nothing(desk, clinic, clock):
    code = offered(clinic, clock)
    with writing(clinic) as connection:
        revoke_station(connection, STATION, WHO, "lost", WALL)
    assert desk.answer(ask(code), HERE) == UNKNOWN


def test_the_database_alone_opens_nothing(clinic, clock):
    code = offered(clinic, clock)
    elsewhere = Desk(clinic, "another secret", Place("clinic.example", 8883, KEY), clock)
    assert elsewhere.answer(ask(code), HERE) == UNKNOWN


# ---- over TLS --------------------------------------------------------------------------------------------


@pytest.fixture
def keys_folder(tmp_path):
    server_files(tmp_path / "keys", ["127.0.0.1"])
    return tmp_path / "keys"


@pytest.fixture
def server(desk, keys_folder):
    with PairingServer(desk, lambda: server_files(keys_folder, ["127.0.0.1"]), "127.0.0.1", 0) as running:
        yield running


@pytest.fixture
def invitation(server, clinic, clock, keys_folder):
    return Invitation("127.0.0.1", server.port, offered(clinic, clock, ca=der(keys_folder)))


def der(folder):
    return load_certificate(folder / "ca.crt").public_bytes(Encoding.DER)


def test_a_station_pairs_over_tls_and_the_clinic_never_learns_its_password(invitation, clinic, keys_folder):
    paired = pair(invitation)
    assert paired.granted == Granted(STATION, PATIENT, "clinic.example", 8883, KEY)
    assert paired.ca.encode() == (keys_folder / "ca.crt").read_bytes()
    assert len(paired.password) >= 43
    with clinic.connect() as connection:
        dump = str(connection.exec_driver_sql("SELECT * FROM station").all())
    assert paired.password not in dump
    with pytest.raises(PairingError, match="used already"):
        pair(invitation)


def test_nothing_is_said_to_a_server_that_the_code_does_not_prove(desk, clinic, clock, tmp_path, keys_folder):
    server_files(tmp_path / "stranger", ["127.0.0.1"])
    said = []

    class Listening(Desk):
        def answer(self, asked, address):
            said.append(asked)
            return super().answer(asked, address)

    listening = Listening(clinic, PEPPER, Place("x", 1, "x"), clock)
    stranger = lambda: server_files(tmp_path / "stranger", ["127.0.0.1"])  # noqa: E731
    with PairingServer(listening, stranger, "127.0.0.1", 0) as server:
        code = offered(clinic, clock, ca=der(keys_folder))
        with pytest.raises(PairingError, match="not the clinic that made this code"):
            pair(Invitation("127.0.0.1", server.port, code))
    assert said == []


def test_a_server_that_shows_the_right_ca_without_its_key_is_refused(desk, clinic, clock, tmp_path, keys_folder):
    """Anybody can copy the CA's certificate; the second connection asks for a certificate that it signed."""
    server_files(tmp_path / "stranger", ["127.0.0.1"])
    (tmp_path / "copied").mkdir()
    for name in ("server.key", SERVER_CERTIFICATE):
        (tmp_path / "copied" / name).write_bytes((tmp_path / "stranger" / name).read_bytes())
    (tmp_path / "copied" / "ca.crt").write_bytes((keys_folder / "ca.crt").read_bytes())
    held = server_files(tmp_path / "stranger", ["127.0.0.1"])
    copied = type(held)(
        *(tmp_path / "copied" / path.name for path in (held.ca, held.certificate, held.key)), held.ends_at
    )
    with PairingServer(desk, lambda: copied, "127.0.0.1", 0) as server:
        code = offered(clinic, clock, ca=der(keys_folder))
        with pytest.raises(PairingError, match="another CA"):
            pair(Invitation("127.0.0.1", server.port, code))
    with clinic.connect() as connection:
        assert known(connection, STATION).paired_at is None


def test_an_expired_certificate_is_told(desk, clinic, clock, tmp_path):
    old = datetime(2021, 1, 1, tzinfo=UTC)
    with PairingServer(desk, lambda: server_files(tmp_path / "old", ["127.0.0.1"], old), "127.0.0.1", 0) as server:
        code = offered(clinic, clock, ca=der(tmp_path / "old"))
        with pytest.raises(PairingError, match="has run out"):
            pair(Invitation("127.0.0.1", server.port, code))


def test_nobody_at_the_address_is_told(clinic, clock, monkeypatch):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        where = Invitation("127.0.0.1", closed.getsockname()[1], new_code(CA))
    with pytest.raises(PairingError, match=r"no pairing desk answers at 127\.0\.0\.1"):
        pair(where)


def test_a_lost_answer_is_asked_for_again(invitation, monkeypatch, clinic):
    real, lost, told = station_side._line, [], []

    def losing(connection):
        line = real(connection)
        if b"paired" in line and not lost:
            lost.append(line)
            raise OSError("the network went away")
        return line

    monkeypatch.setattr(station_side, "_line", losing)
    assert pair(invitation, told.append).granted.station_id == STATION
    assert len(lost) == 1
    assert "once more" in told[0]


def test_a_name_that_the_certificate_does_not_have_is_told_once(desk, clinic, clock, keys_folder):
    other = lambda: server_files(keys_folder, ["clinic.example"])  # noqa: E731
    with PairingServer(desk, other, "127.0.0.1", 0) as server:
        told = []
        with pytest.raises(PairingError, match=r"adds '127\.0\.0\.1' to broker\.names"):
            pair(Invitation("127.0.0.1", server.port, offered(clinic, clock, ca=der(keys_folder))), told.append)
    assert told == [], "to ask once more changes nothing"


def test_something_else_at_that_port_is_told(invitation, monkeypatch):
    monkeypatch.setattr(station_side, "_line", lambda _connection: b"")
    with pytest.raises(PairingError, match=r"what answers at 127\.0\.0\.1:\d+ is no pairing desk; .* port"):
        pair(invitation)


def send(server, line):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with socket.create_connection(("127.0.0.1", server.port), 10) as plain, context.wrap_socket(plain) as connection:
        connection.sendall(line)
        return connection.recv(4096)


@pytest.mark.parametrize(
    "line",
    [
        b"GET / HTTP/1.1\n",
        b"{}\n",
        b"\xff\xfe\n",
        b'{"ask":"pair","name":"ABC","secret":"22222222","credential":"plain"}\n',
        b'{"ask":"pair","name":"ABC","secret":"22222222","credential":"' + hashed("x").encode() + b'\\nbridge:x"}\n',
        b'{"ask":"ca","more":1}\n',
        b"[" * 5000 + b"\n",
    ],
)
def test_what_is_not_understood_is_refused(server, line):
    assert send(server, line) == encode(NOT_READ)


def test_too_much_gets_no_answer_and_the_next_one_does(server):
    assert send(server, b"x" * 20_000 + b"\n") == b""
    assert json.loads(send(server, b'{"ask":"ca"}\n'))["is"] == "ca"


def test_who_speaks_no_tls_or_nothing_at_all_disturbs_nobody(server):
    silent = [socket.create_connection(("127.0.0.1", server.port), 5) for _ in range(30)]
    for number, one in enumerate(silent):
        if number % 2:
            one.sendall(b"GET / HTTP/1.1\r\n\r\n")
    assert json.loads(send(server, b'{"ask":"ca"}\n'))["is"] == "ca"
    for one in silent:
        one.close()


def test_strangers_who_never_shake_hands_are_hung_up_on_and_hold_no_sockets(server, monkeypatch):
    monkeypatch.setattr("sync.pairing.server.MOST_FROM_ONE", 5)
    silent = [socket.create_connection(("127.0.0.1", server.port), 5) for _ in range(8)]
    try:
        for one in silent[5:]:
            one.settimeout(30.0)
            assert one.recv(1) == b"", "hung up on at once, long before the time for a handshake is over"
        silent.pop(0).close()
        deadline_s = time.monotonic() + 30.0
        while sum(server._open.values()) > 4 and time.monotonic() < deadline_s:
            time.sleep(0.01)
        assert json.loads(send(server, b'{"ask":"ca"}\n'))["is"] == "ca"
    finally:
        for one in silent:
            one.close()


def test_a_database_that_is_away_is_told_and_asked_again_later(invitation, clinic):
    with writing(clinic) as connection:
        connection.exec_driver_sql("ALTER TABLE pairing RENAME TO away")
    with pytest.raises(PairingError, match=LATER.why):
        pair(invitation)
    with writing(clinic) as connection:
        connection.exec_driver_sql("ALTER TABLE away RENAME TO pairing")
    assert pair(invitation).granted.station_id == STATION


def test_the_desk_closes_twice_and_frees_its_port(desk, keys_folder):
    first = PairingServer(desk, lambda: server_files(keys_folder, ["127.0.0.1"]), "127.0.0.1", 0)
    first.close()
    first.close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", first.port), 1)


def test_a_port_that_is_taken_is_an_error(desk, server, keys_folder):
    with pytest.raises(OSError, match="in use"):
        PairingServer(desk, lambda: server_files(keys_folder, ["127.0.0.1"]), "127.0.0.1", server.port)
