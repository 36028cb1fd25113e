"""What the broker lets a station see and do, tried by Mosquitto's own clients, which nobody here wrote."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.records import ID_SHAPE
from sync.broker import BRIDGE_USER, BrokerError, PrivateMosquitto, available
from sync.broker.files import BRIDGE_SHAPE, access, config, password_lines
from sync.broker.passwords import HASHED, hashed
from sync.certificates import server_files

A, B = "station-a-0001", "station-b-0002"
WORDS = {A: "word-a", B: "word-b", BRIDGE_USER: "bridge-word"}
WITHIN_S = 30.0
KEPT = ("-i", "whatever", "-c", "-x", "60")
"""A session that the broker keeps; mosquitto_sub wants a client id for it, and the broker takes the user's name."""

with_mosquitto = pytest.mark.skipif(
    not available() or not shutil.which("mosquitto_pub"), reason="mosquitto or mosquitto-clients is not installed"
)


class Clients:
    """Runs mosquitto_pub and mosquitto_sub against a broker, as one of its users."""

    def __init__(self, broker):
        self.broker = broker

    def _command(self, program, user, options):
        who = ["-u", user, "-P", WORDS[user]] if user else []
        trust = ["--cafile", self.broker.ca] if self.broker.ca else []
        return [program, "-V", "5", "-h", "127.0.0.1", "-p", str(self.broker.port), "-q", "1", *trust, *who, *options]

    def run(self, program, user, *options):
        command = self._command(program, user, options)
        return subprocess.run(command, capture_output=True, text=True, timeout=WITHIN_S, check=False)

    def publish(self, user, topic, text, *options):
        return self.run("mosquitto_pub", user, "-t", topic, "-m", text, *options)

    def remember(self, user, *topics):
        """Subscribe, and leave the broker keeping what comes for :meth:`heard`."""
        done = self.run("mosquitto_sub", user, *KEPT, "-E", *as_topics(topics))
        assert done.returncode == 0, done.stderr

    def heard(self, user, count, *topics):
        """Return the topics and texts of the first messages there are; without topics, of those remembered."""
        done = self.run("mosquitto_sub", user, *KEPT, "-C", str(count), "-v", *as_topics(topics or ("st/none",)))
        return done.stdout.splitlines()

    def listen(self, user, *options):
        """Start listening below the user's own name, and return the process once it does."""
        topic = f"st/{user}/down/ready"
        self.publish(BRIDGE_USER, topic, "ready", "-r")
        process = subprocess.Popen(
            self._command("mosquitto_sub", user, ["-t", f"st/{user}/down/#", "-v", *options]),
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
        assert process.stdout.readline() == f"{topic} ready\n"
        return process


def as_topics(topics):
    return [word for topic in topics for word in ("-t", topic)]


def until(true, what):
    deadline = time.monotonic() + WITHIN_S
    while not true():
        assert time.monotonic() < deadline, f"waited {WITHIN_S} s for {what}"
        time.sleep(0.02)


@pytest.fixture
def broker(tmp_path):
    made = PrivateMosquitto(tmp_path / "mosquitto", WORDS, tls=True)
    made.start()
    yield made
    made.stop()


@pytest.fixture
def clients(broker):
    return Clients(broker)


# ---- what a station may ----------------------------------------------------------------------------------


@with_mosquitto
def test_a_station_writes_upwards_below_its_own_name_and_nowhere_else(clients):
    clients.remember(BRIDGE_USER, "st/+/up/#", "st/+/down/#", "#")
    for topic in (f"st/{B}/up/record", f"st/{A}/down/plan", f"st/{B}/down/plan", "st/bridge/up/record", "other"):
        assert "Not authorized" in clients.publish(A, topic, "forbidden").stderr, topic
    assert clients.publish(A, f"st/{A}/up/record", "mine").returncode == 0
    assert set(clients.heard(BRIDGE_USER, 1)) == {f"st/{A}/up/record mine"}


@with_mosquitto
def test_a_station_reads_what_is_for_it_and_nothing_else(clients):
    for topic in (f"st/{B}/down/plan", f"st/{A}/down/plan"):
        clients.publish(BRIDGE_USER, topic, "retained", "-r")
    clients.publish(B, f"st/{B}/up/status", "retained", "-r")
    clients.publish(A, f"st/{A}/up/status", "retained", "-r")
    # Each filter brings what is retained under it before the next one does; the last brings our own plan once more.
    wide = ("#", "$SYS/#", "+/+/+/+", "st/+/down/#", f"st/{B}/#", f"st/{B}/down/plan")
    heard = clients.heard(A, 4, *wide, f"st/{A}/down/plan")
    assert heard == [f"st/{A}/down/plan retained"] * 4
    clients.remember(B, f"st/{A}/down/#", f"st/{B}/down/ack")
    clients.publish(BRIDGE_USER, f"st/{A}/down/ack", "for A")
    clients.publish(BRIDGE_USER, f"st/{B}/down/ack", "for B")
    assert clients.heard(B, 1) == [f"st/{B}/down/ack for B"]


@with_mosquitto
def test_a_shared_subscription_opens_nothing_to_a_station(clients):
    clients.remember(A, "$share/bridge/st/+/up/#", "$share/x/#", f"st/{A}/down/ack")
    clients.publish(B, f"st/{B}/up/record", "secret")
    clients.publish(BRIDGE_USER, f"st/{A}/down/ack", "for A")
    assert clients.heard(A, 1) == [f"st/{A}/down/ack for A"]


@with_mosquitto
def test_nobody_is_anonymous_and_nobody_guesses(clients):
    for user, more in (
        (None, ()),
        (None, ("-u", A)),
        (None, ("-u", A, "-P", "wrong")),
        (None, ("-u", "x", "-P", "x")),
    ):
        done = clients.run("mosquitto_pub", user, "-t", f"st/{A}/up/record", "-m", "x", *more)
        assert done.returncode != 0, more
        assert "ot authori" in done.stderr


@with_mosquitto
def test_there_is_no_way_in_without_tls(broker, clients):
    done = clients.run("mosquitto_pub", A, "-t", f"st/{A}/up/record", "-m", "x")
    assert done.returncode == 0
    plain, broker.ca = broker.ca, None
    assert clients.run("mosquitto_pub", A, "-t", f"st/{A}/up/record", "-m", "x").returncode != 0
    broker.ca = plain
    assert (broker._folder / "steadyrig.conf").read_text().count("listener ") == 1


@with_mosquitto
def test_a_client_refuses_the_broker_of_another_clinic(broker, clients, tmp_path):
    broker.ca = str(server_files(tmp_path / "other", ["127.0.0.1"]).ca)
    done = clients.publish(A, f"st/{A}/up/record", "x")
    assert done.returncode != 0
    assert "certificate" in done.stderr.lower() or "tls" in done.stderr.lower()


# ---- attacks ---------------------------------------------------------------------------------------------


@with_mosquitto
@pytest.mark.parametrize("size", [300_000, 50_000_000], ids=["300 kB", "50 MB"])
def test_an_oversized_message_costs_its_sender_the_connection_and_nobody_else(clients, tmp_path, size):
    other = clients.listen(B, "-C", "2")
    clients.remember(BRIDGE_USER, "st/+/up/#")
    big = tmp_path / "big"
    big.write_bytes(bytes(size))
    # Under MQTT 3.1.1 the client is not told the limit, and sends all of it.
    assert clients.run("mosquitto_pub", A, "-V", "311", "-t", f"st/{A}/up/record", "-f", str(big)).returncode != 0
    clients.publish(A, f"st/{A}/up/record", "small")
    assert clients.heard(BRIDGE_USER, 1) == [f"st/{A}/up/record small"]
    clients.publish(BRIDGE_USER, f"st/{B}/down/ack", "still here")
    assert other.communicate(timeout=WITHIN_S)[0].endswith("still here\n")


@with_mosquitto
def test_another_stations_client_id_does_not_push_it_off(clients):
    gone = ("--will-topic", f"st/{A}/up/status", "--will-payload", "gone", "--will-qos", "1")
    first = clients.listen(A, "-i", A, "-C", "2", *gone)
    clients.remember(BRIDGE_USER, "st/+/up/#")
    clients.publish(B, f"st/{B}/up/record", "from B", "-i", A)
    assert clients.heard(BRIDGE_USER, 1) == [f"st/{B}/up/record from B"], "A's will was published: it was pushed off"
    clients.publish(BRIDGE_USER, f"st/{A}/down/ack", "still here")
    assert first.communicate(timeout=WITHIN_S)[0] == f"st/{A}/down/ack still here\n"


@with_mosquitto
def test_a_station_that_is_revoked_is_put_off_and_the_others_stay(broker, clients):
    revoked, other = clients.listen(A), clients.listen(B, "-C", "2")
    broker.set_users({user: word for user, word in WORDS.items() if user != A})
    broker.reload()
    assert "Not authorized" in revoked.communicate(timeout=WITHIN_S)[0]
    assert "Not authorized" in clients.publish(A, f"st/{A}/up/record", "x").stderr
    clients.publish(BRIDGE_USER, f"st/{B}/down/ack", "still here")
    assert other.communicate(timeout=WITHIN_S)[0].endswith("still here\n")
    broker.set_users(WORDS)
    broker.reload()
    until(lambda: clients.publish(A, f"st/{A}/up/record", "x").returncode == 0, "the way back")


# ---- names and files -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        "+",
        "#",
        "$SYS",
        "a/b",
        "st/+/up/#",
        "",
        "station",
        "STATION-A-0001",
        "a" * 41,
        "bridge.+",
        "station-a\n",
        "x:y-station",
    ],
)
def test_no_user_can_be_named_like_a_wildcard(name):
    with pytest.raises(BrokerError, match="refused"):
        password_lines({name: hashed("x")})


@given(st.text(max_size=45))
def test_a_user_is_a_station_a_bridge_or_refused(name):
    import re

    try:
        written = password_lines({name: hashed("x")})
    except BrokerError:
        return
    assert re.fullmatch(rf"({ID_SHAPE}|{BRIDGE_SHAPE}):{HASHED.pattern}\n", written)


@pytest.mark.parametrize("bridge", ["bridge-00", A, "bridge.", "Bridge", "bridge.2\nuser x"])
def test_a_bridge_cannot_be_taken_for_a_station(bridge):
    with pytest.raises(BrokerError, match="refused"):
        access([bridge])


@pytest.mark.parametrize("word", ["", "plain", "$7$101$x$y", hashed("x") + "\nbridge:" + hashed("x")])
def test_only_hashes_get_into_the_password_file(word):
    with pytest.raises(BrokerError, match="is not a hash"):
        password_lines({A: word})


def test_a_hash_is_what_mosquitto_makes_and_never_the_same_twice():
    assert HASHED.fullmatch(hashed("word"))
    assert hashed("word") != hashed("word")


def test_with_tls_there_is_no_other_listener(tmp_path):
    from sync.broker.files import Tls, Whole

    text = config(tmp_path, "0.0.0.0", 8883, Tls("server.crt", "server.key"), Whole("steadyrig"))
    lines = [line.split(" ", 1) for line in text.splitlines() if line and not line.startswith("#")]
    assert [line for line in lines if line[0] == "listener"] == [["listener", "8883 0.0.0.0"]]
    said = dict(lines)
    assert (said["certfile"], said["tls_version"]) == (f"{tmp_path}/server.crt", "tlsv1.2")
    assert (said["allow_anonymous"], said["use_username_as_clientid"], said["max_packet_size"]) == (
        "false",
        "true",
        "262144",
    )
    dropped_in = config(tmp_path, "0.0.0.0", 8883, Tls("server.crt", "server.key"), None)
    assert not any(word in dropped_in for word in ("persistence_location", "log_dest", "\nuser "))


# ---- the process -----------------------------------------------------------------------------------------

ORPHANED = """
import sys, time, pathlib
from sync.broker import PrivateMosquitto
broker = PrivateMosquitto(pathlib.Path(sys.argv[1]), {"bridge": "x"})
broker.start()
print(broker.port, flush=True)
time.sleep(60)
"""


def answers(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@with_mosquitto
def test_the_broker_ends_when_its_parent_is_killed(tmp_path):
    parent = subprocess.Popen([sys.executable, "-c", ORPHANED, tmp_path], stdout=subprocess.PIPE, text=True)
    port = int(parent.stdout.readline())
    assert answers(port)
    parent.kill()
    parent.communicate()
    until(lambda: not answers(port), "the broker to end")


@with_mosquitto
def test_the_broker_outlives_the_thread_that_started_it(tmp_path):
    broker = PrivateMosquitto(tmp_path / "mosquitto", WORDS)
    starter = threading.Thread(target=broker.start)
    starter.start()
    starter.join()
    deadline = time.monotonic() + 0.3  # the kernel's signal comes at once, if it comes
    while time.monotonic() < deadline:
        assert answers(broker.port)
        time.sleep(0.02)
    broker.stop()
    assert not answers(broker.port)


@with_mosquitto
def test_a_port_that_is_taken_is_told(tmp_path):
    first, second = (PrivateMosquitto(tmp_path / name, WORDS) for name in ("first", "second"))
    first.start()
    second._where = "127.0.0.1", first.port
    with pytest.raises(BrokerError, match=f"127.0.0.1:{first.port}: .*in use; expected .*a free port"):
        second.start()
    first.stop()
