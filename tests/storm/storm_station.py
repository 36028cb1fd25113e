"""A real station without a screen: journal, keeper and link, as a patient's has them."""

import time
from contextlib import closing, contextmanager

from edge.simulate.clinic import open_clinic
from edge.simulate.traffic import patient_of, session
from sync.bridge import Bridge
from sync.broker import BRIDGE_USER
from sync.journal import Journal
from sync.keeper import Keeper
from sync.mqtt import MqttTransport
from sync.signing import load_verifier, new_key_pair

DEADLINE_S, WALL = 60.0, 1_780_000_000.0


def until(true, what, within_s=DEADLINE_S):
    """Wait for a condition; a busy machine takes long."""
    deadline = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < deadline, f"waited {within_s} s for {what}"
        time.sleep(0.01)


def sessions(station, count):
    """The records of so many sessions, the same at every call."""
    return [record for number in range(count) for record in session(station, number, 41, 1.78e9 + 1e5 * number)]


@contextmanager
def quick_clinic(name, **options):
    """Yield a clinic whose bridge is a thread here, and back at once when its broker is."""
    with open_clinic([name], 0, **options) as clinic:
        broker, user = clinic.broker, BRIDGE_USER
        where = broker.host, broker.port, user, user, clinic.passwords[user]
        link = MqttTransport(*where, settle_by_hand=True, first_retry_s=0.05, longest_retry_s=0.3)
        bridge = Bridge(link, clinic.database, poll_s=0.02)
        bridge.start()
        try:
            until(lambda: bridge.online, "the bridge")
            yield clinic
        finally:
            bridge.stop()


@contextmanager
def real_station(clinic, name, folder, port=None, resend_s=0.5, **link_options):
    """Yield the keeper of a station that sends to ``clinic``, through another ``port`` where one is given."""
    folder.mkdir(exist_ok=True)
    verifier = load_verifier(new_key_pair(folder / "keys")[1])
    link_options = {"first_retry_s": 0.05, "longest_retry_s": 0.5} | link_options
    where = clinic.broker.host, port or clinic.broker.port
    keeper = Keeper(
        lambda: Journal(folder / "journal.db"),
        MqttTransport(*where, name, name, clinic.passwords[name], ca=clinic.broker.ca, **link_options),
        name,
        patient_of(name),
        verifier,
        now=time.monotonic,
        wall=lambda: WALL,
        on_plan=lambda _plan: None,
        resend_s=resend_s,
    )
    keeper.start()
    try:
        yield keeper
    finally:
        keeper.stop()


def journaled(folder):
    """All records in a station's journal."""
    with closing(Journal(folder / "journal.db")) as journal:
        return list(journal.records())
