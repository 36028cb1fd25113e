"""A lock in the journal: there after a kill, first in the queue, ended by the clinic's signature alone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from edge.records import Happened, Incident, Locked, Severity, Unlocked, key, kind
from sync.bridge import Bridge
from sync.clearances import Clearance, write_clearance
from sync.journal import MIGRATIONS, Journal, StoredItem, Unfit
from sync.keeper import Keeper
from sync.loopback import LoopbackHub
from sync.messages import Ack, Signed, decode_up, encode
from sync.signed import Kind, Refused, judge
from sync.signing import load_signer, load_verifier, new_key_pair, sign
from sync.store import schema, writing
from sync.store.clearances import clear_lock, locks
from sync.topics import down

STATION, PATIENT, WALL = "station-a-0001", "patient-a-0001", 1_780_000_000.0
LOCK = Locked("lock-0001", PATIENT, Severity.EMERGENCY, ("saddle_numb",), WALL)


def until(true, what="it", within_s=30.0):
    deadline = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < deadline, f"waited {within_s} s for {what}"
        time.sleep(0.005)


class Rig:
    """A keeper and what it told the station, in order."""

    def __init__(self, hub, folder, verifier, former=()):
        self.path, self.told = folder / "journal.db", []
        self.keeper = Keeper(
            lambda: Journal(self.path), hub.transport(), STATION, PATIENT, verifier,
            now=time.monotonic, wall=lambda: WALL,
            on_plan=lambda plan: self.told.append(plan.version),
            on_lock=self.told.append,
            on_clear=lambda ended: self.told.append(ended.lock_id), former_verifiers=former, resend_s=0.1,
        )  # fmt: skip
        self.keeper.start()

    def records(self):
        journal = Journal(self.path)
        try:
            return list(journal.records())
        finally:
            journal.close()


@pytest.fixture
def hub():
    return LoopbackHub()


@pytest.fixture
def start(hub, tmp_path, keys):
    rigs = []

    def make(verifier=keys[1], former=()):
        rigs.append(Rig(hub, tmp_path, verifier, former))
        return rigs[-1]

    yield make
    for rig in rigs:
        rig.keeper.stop()


def cleared(signer, lock_id=LOCK.lock_id, number=1, station_id=STATION, patient_id=PATIENT):
    payload = write_clearance(Clearance(station_id, patient_id, lock_id, number, "Dr K. Lind", WALL))
    return Signed(1, payload, sign(signer, payload))


def clear(hub, message):
    link = hub.transport()
    link.start(lambda _message: None, [])
    link.publish(down(STATION, "clearance"), encode(message))
    return link


def test_a_lock_is_on_the_disk_when_saving_returns(start):
    rig = start()
    assert rig.keeper.save([LOCK], wait_s=30.0)
    assert rig.records() == [LOCK]


@pytest.fixture
def newer(tmp_path):
    """A key pair that the clinic has later: signer and verifier."""
    private, public = new_key_pair(tmp_path / "newer")
    return load_signer(private), load_verifier(public)


def lock_and_clear(start, hub, signer):
    rig = start()
    rig.keeper.save([LOCK], wait_s=30.0)
    clear(hub, cleared(signer))
    until(lambda: LOCK.lock_id in rig.told, "the clearance")
    rig.keeper.stop()


def locked_at_start(rig):
    until(lambda: rig.keeper._receiver._locks_given, "the start")
    return [one for one in rig.told if isinstance(one, Locked)]


def test_what_was_cleared_stays_cleared_when_the_clinic_has_another_key(start, hub, keys, newer):
    lock_and_clear(start, hub, keys[0])
    assert locked_at_start(start(newer[1], [keys[1]])) == []


def test_without_the_former_key_nobody_can_tell_and_the_lock_stands(start, hub, keys, newer):
    lock_and_clear(start, hub, keys[0])
    assert locked_at_start(start(newer[1])) == [LOCK]


def test_a_former_key_clears_nothing_that_comes_now(start, hub, keys, newer):
    rig = start(newer[1], [keys[1]])
    rig.keeper.save([LOCK], wait_s=30.0)
    clear(hub, cleared(keys[0]))
    until(lambda: rig.keeper.last_refusal, "the refusal")
    assert LOCK.lock_id not in rig.told
    assert "not the clinic's" in rig.keeper.last_refusal


def test_a_clearance_that_somebody_wrote_into_the_journal_clears_nothing_under_any_key(start, keys, newer):
    first = start()
    first.keeper.save([LOCK], wait_s=30.0)
    first.keeper.stop()
    forged, journal = cleared(Ed25519PrivateKey.generate()), Journal(first.path)
    journal.store_item(
        Kind.CLEARANCE,
        StoredItem(1, forged.payload, forged.signature),
        Unlocked(LOCK.lock_id, WALL, "Dr K. Lind"), 0.0, WALL,
    )  # fmt: skip
    journal.close()
    assert locked_at_start(start(newer[1], [keys[1]])) == [LOCK]


def test_a_lock_is_found_again_before_any_plan(start, hub, keys, plan_text):
    first = start()
    link = hub.transport()
    link.start(lambda _message: None, [])
    link.publish(down(STATION, "plan"), encode(Signed(1, plan_text(3), sign(keys[0], plan_text(3)))))
    until(lambda: first.told == [3], "the plan")
    first.keeper.save([LOCK], wait_s=30.0)
    first.keeper.stop()
    second = start()
    until(lambda: len(second.told) == 2, "both")
    assert second.told == [LOCK, 3]


ANSWERING = textwrap.dedent(
    """
    import sys, time
    from pathlib import Path
    from edge.records import Locked, Severity
    from sync.journal import Journal
    from sync.keeper import Keeper
    from sync.loopback import LoopbackHub
    from sync.signing import load_verifier

    keeper = Keeper(
        lambda: Journal(Path(sys.argv[1])), LoopbackHub().transport(), "station-a-0001", "patient-a-0001",
        load_verifier(Path(sys.argv[2])), now=time.monotonic, wall=time.time, on_plan=print,
    )
    keeper.start()
    lock = Locked("lock-0001", "patient-a-0001", Severity.EMERGENCY, ("saddle_numb",), 1.78e9)
    print(keeper.save([lock], wait_s=30.0), flush=True)
    time.sleep(60)
    """
)


@pytest.mark.parametrize("trial", range(20 if os.environ.get("STEADYRIG_LONG") else 2))
def test_a_lock_outlives_a_kill_right_after_the_answer(tmp_path, keys, start, trial):
    child = subprocess.Popen(
        [sys.executable, "-c", ANSWERING, str(tmp_path / "journal.db"), str(tmp_path / "keys" / "verify.pub")],
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        saved = child.stdout.readline().strip()
    finally:
        child.send_signal(signal.SIGKILL)
        child.communicate()
    assert saved == "True"
    rig = start()
    until(lambda: rig.told, "the lock")
    assert [one.lock_id for one in rig.told] == ["lock-0001"]


def test_the_clinics_clearance_ends_it_and_stays_ended(start, hub, keys):
    rig = start()
    rig.keeper.save([LOCK], wait_s=30.0)
    clear(hub, cleared(keys[0]))
    until(lambda: rig.told == [LOCK.lock_id], "the clearance")
    clear(hub, cleared(keys[0]))  # the bridge says it until it has heard
    rig.keeper.save([Incident("session-0001", 1, 1, Happened.BAND_SNAP, 80.0, "N", WALL)], wait_s=30.0)
    rig.keeper.stop()
    assert rig.told == [LOCK.lock_id]
    assert [record for record in rig.records() if isinstance(record, Unlocked)] == [
        Unlocked(LOCK.lock_id, WALL, "Dr K. Lind")
    ]
    again = start()
    until(lambda: again.keeper._receiver._locks_given, "the start")
    assert again.told == []


@pytest.fixture(scope="module")
def signers(tmp_path_factory):
    """The clinic's signer and verifier, and a stranger's signer."""
    folder = tmp_path_factory.mktemp("keys")
    private, public = new_key_pair(folder / "clinic")
    stranger, _ = new_key_pair(folder / "stranger")
    return load_signer(private), load_verifier(public), load_signer(stranger)


FORGED = ("stranger", "other station", "other patient", "other lock", "replayed", "altered", "plan", "rubbish")


@settings(max_examples=1000 if os.environ.get("STEADYRIG_LONG") else 30)
@given(tries=st.lists(st.tuples(st.sampled_from(FORGED), st.integers(1, 9)), min_size=1, max_size=8))
def test_no_forged_replayed_or_foreign_clearance_ever_clears(signers, tmp_path_factory, tries):
    signer, verifier, stranger = signers
    ended, journal = [], Journal(tmp_path_factory.mktemp("journal") / "journal.db")
    keeper = Keeper(
        lambda: journal, LoopbackHub().transport(), STATION, PATIENT, verifier,
        now=lambda: 0.0, wall=lambda: WALL, on_plan=lambda _plan: None,
        on_clear=lambda end: ended.append(end.lock_id),
    )  # fmt: skip

    def receive(message):
        keeper._receiver.receive(journal, Kind.CLEARANCE, encode(message))

    old = Locked("lock-0000", PATIENT, Severity.EMERGENCY, (), WALL)
    journal.append([old], 0.0, WALL)
    replayed = cleared(signer, "lock-0000", 4)
    keeper._receiver.begin(journal)
    receive(replayed)
    assert ended.pop() == "lock-0000"
    journal.append([LOCK], 0.0, WALL)
    for how, number in tries:
        good = cleared(signer, number=number + 4)
        receive(
            {
                "stranger": cleared(stranger, number=number + 4),
                "other station": cleared(signer, number=number + 4, station_id="station-b-0002"),
                "other patient": cleared(signer, number=number + 4, patient_id="patient-b-0002"),
                "other lock": cleared(signer, f"lock-000{number + 1}", number + 4),
                "replayed": replayed if number % 2 else cleared(signer, number=min(number, 4)),
                "altered": Signed(1, good.payload + " ", good.signature),
                "plan": Signed(1, '{"version":1}', sign(signer, '{"version":1}')),
                "rubbish": Signed(1, "[" * 5000, "AAAA"),
            }[how],
        )
    assert ended == []
    assert keeper._receiver._locked(journal) == [LOCK]
    receive(cleared(signer, number=40))
    assert ended == [LOCK.lock_id]
    journal.close()


def test_nothing_on_the_station_writes_the_end_of_a_lock(tmp_path, signers):
    journal = Journal(tmp_path / "journal.db")
    journal.append([LOCK], 0.0, WALL)
    with pytest.raises(Unfit, match="without the clinic's clearance"):
        journal.append([Unlocked(LOCK.lock_id, WALL, "me")], 0.0, WALL)
    assert list(journal.records()) == [LOCK]
    journal.close()


def test_a_journal_that_was_tampered_with_stays_locked(tmp_path, start):
    journal = Journal(tmp_path / "journal.db")
    journal.append([LOCK], 0.0, WALL)
    forged = StoredItem(1, cleared_text(), "AAAA")
    journal.store_item("clearance", forged, Unlocked(LOCK.lock_id, WALL, "me"), 0.0, WALL)
    journal.close()
    rig = start()
    until(lambda: rig.told == [LOCK], "the lock")


def cleared_text():
    return write_clearance(Clearance(STATION, PATIENT, LOCK.lock_id, 1, "me", WALL))


def test_a_clearance_is_told_apart_from_a_plan_by_its_kind(signers, plan_text):
    signer, verifier, _ = signers
    with pytest.raises(Refused):
        judge(Kind.CLEARANCE, plan_text(1), sign(signer, plan_text(1)), verifier, STATION, PATIENT)


def test_alerts_are_first_in_the_queue_after_an_outage(hub, start, rep):
    hub.stop()
    rig = start()
    incident = Incident("session-0001", 1, 1, Happened.OVER_FORCE, 950.0, "N", WALL)
    backlog = [rep(number) for number in range(1, 301)]
    rig.keeper.save(backlog)
    rig.keeper.save([incident, LOCK], wait_s=30.0)
    sent = []
    clinic = hub.transport()

    def take(message):
        if not message.topic.endswith("/status"):
            up = decode_up(message.payload)
            sent.append(up.key)
            clinic.publish(down(STATION, "ack"), encode(Ack(1, (up.key,))))

    clinic.start(take, ["st/+/up/#"])
    hub.start()
    until(lambda: rig.keeper.backlog == 0, "delivery")
    assert sent[:2] == [key(incident), key(LOCK)]
    assert set(sent) == {key(one) for one in (*backlog, incident, LOCK)}
    assert len(sent) == len(set(sent))


def test_an_alert_passes_a_window_that_is_full(hub, start, rep):
    heard = []
    clinic = hub.transport()  # never confirms anything
    clinic.start(lambda message: heard.append(message.topic.rsplit("/", 1)[1]), ["st/+/up/#"])
    rig = start()
    rig.keeper.save([rep(number) for number in range(1, 301)], wait_s=30.0)
    until(lambda: heard.count("rep") >= 64, "a full window")
    rig.keeper.save([LOCK], wait_s=30.0)
    until(lambda: "lock" in heard, "the alert", within_s=30.0)


@pytest.mark.parametrize("version", range(1, len(MIGRATIONS)))
def test_old_journals_are_brought_up_to_date(tmp_path, old_journal, rep, version):
    path = tmp_path / "journal.db"
    old_journal(path, [], version=version)
    journal = Journal(path)
    journal.append([rep(1), LOCK], 0.0, WALL)
    assert [one.kind for one in journal.alerts(9)] == [kind(LOCK)]
    assert journal.locks() == [LOCK]
    journal.close()


def test_from_the_answer_to_the_panel_and_back(hub, start, db_url, clinic, keys):
    """The whole way: locked on the station, seen at the clinic, cleared there, open here, known there."""
    rig = start()
    bridge = Bridge(hub.transport(), db_url, wall=lambda: WALL, poll_s=0.02)
    bridge.start()
    try:
        rig.keeper.save([LOCK], wait_s=30.0)

        def at_the_clinic():
            with clinic.connect() as db:
                return locks(db, PATIENT)

        until(at_the_clinic, "the alert")
        with writing(clinic) as db:
            clear_lock(db, keys[0], locks(db, PATIENT)[0], "Dr K. Lind", "Seen.", WALL)
        until(lambda: rig.told == [LOCK.lock_id], "the clearance")
        until(lambda: not at_the_clinic()[0].in_force, "the station's word")
        assert rig.records()[-1] == Unlocked(LOCK.lock_id, WALL, "Dr K. Lind")
    finally:
        bridge.stop()


def test_a_clearance_written_while_the_station_is_away_waits_for_it(hub, start, db_url, clinic, keys):
    first = start()
    bridge = Bridge(hub.transport(), db_url, wall=lambda: WALL, poll_s=0.02)
    bridge.start()
    try:
        first.keeper.save([LOCK], wait_s=30.0)
        until(lambda: first.keeper.backlog == 0, "the alert")
        first.keeper.stop()
        with writing(clinic) as db:
            clear_lock(db, keys[0], locks(db, PATIENT)[0], "Dr K. Lind", "Seen.", WALL)
        until(lambda: bridge.stats.sent_down["clearance"] == 1, "the first try")
        second = start()
        until(lambda: second.told == [LOCK, LOCK.lock_id], "the clearance")
        with clinic.connect() as db:
            assert len(db.execute(select(schema.clearance)).all()) == 1
    finally:
        bridge.stop()
