"""The keeper against a clinic that loses, doubles, reorders, is away, or sends plans it should not."""

from __future__ import annotations

import random
import sqlite3
import threading
import time
from pathlib import Path

import pytest
from keeper_by_hand import ByHand

from display.gallery.states import at
from display.station_info import StationInfo, Sync
from display.view.by_screen import view
from edge.live import Live
from edge.records import ForeignRefused, PlanReceipt, StoreTold, StoreTrouble, TraceChunk, TracePart, key
from edge.session import Screen
from edge.wiring import sync_state
from sync.journal import Journal, StoredItem
from sync.keeper import Keeper, KeeperStopped
from sync.loopback import LoopbackHub
from sync.messages import Ack, Signed, decode_presence, decode_up, encode
from sync.signing import load_signer, new_key_pair, sign
from sync.topics import down, up

STATION, PATIENT, WALL = "station-a-0001", "patient-a-0001", 1_780_000_000.0
REPS = 400


def until(true, what="it", within_s=30.0):
    deadline = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < deadline, f"waited {within_s} s for {what}"
        time.sleep(0.005)


class Clinic:
    """The far side of a loopback hub: keeps what arrives and confirms it as well or badly as it is told."""

    def __init__(self, hub, confirm=lambda keys: [keys]):
        self.keys, self.content, self.presence = [], {}, []
        self._confirm = confirm
        self._hub = hub
        self.link = hub.transport()
        self.link.start(self._take, ["st/+/up/#"])

    def _take(self, message):
        if message.topic.endswith("/status"):
            self.presence.append(decode_presence(message.payload).online)
            return
        sent = decode_up(message.payload)
        self.keys.append(sent.key)
        assert self.content.setdefault(sent.key, sent.record) == sent.record
        for keys in self._confirm([sent.key]):
            self.link.publish(down(STATION, "ack"), encode(Ack(1, tuple(keys))))

    def send_plan(self, payload, signature):
        self.link.publish(down(STATION, "plan"), encode(Signed(1, payload, signature)), retain=True)


@pytest.fixture
def hub():
    return LoopbackHub()


class Rig:
    """A keeper and what it was heard to say."""

    def __init__(self, hub, folder, verifier, **options):
        self.path = folder / "journal.db"
        self.plans, self.saved = [], []
        self.link = hub.transport()
        options.setdefault("journal_factory", lambda: Journal(self.path))
        options.setdefault("resend_s", 0.1)
        self.keeper = Keeper(
            transport=self.link,
            station_id=STATION,
            patient_id=PATIENT,
            verifier=verifier,
            now=time.monotonic,
            wall=lambda: WALL,
            on_saved=self.saved.extend,
            **{"on_plan": self.plans.append, **options},
        )
        self.keeper.start()

    def records(self, of):
        journal = Journal(self.path)
        found = [record for record in journal.records() if isinstance(record, of)]
        journal.close()
        return found

    def receipts(self):
        return self.records(PlanReceipt)

    def delivered(self):
        return self.keeper.backlog == 0 and self.saved


@pytest.fixture
def start(hub, tmp_path, keys):
    rigs = []

    def make(**options):
        rigs.append(Rig(hub, tmp_path, keys[1], **options))
        return rigs[-1]

    yield make
    for rig in rigs:
        rig.keeper.stop()


def test_what_is_told_as_saved_is_in_the_file_and_arrives(hub, start, session):
    clinic, rig = Clinic(hub), start()
    records = session()
    rig.keeper.save(records)
    until(rig.delivered, "delivery")
    assert rig.saved == [key(record) for record in records]
    traces_last = sorted(records, key=lambda record: isinstance(record, TracePart | TraceChunk))
    assert clinic.keys == [key(record) for record in traces_last]
    assert list(clinic.content.values()) == traces_last
    journal = Journal(rig.path)
    assert list(journal.records()) == records
    journal.close()


def test_saving_needs_no_clinic_and_returns_at_once(hub, start, rep):
    hub.stop()
    rig = start()
    began = time.monotonic()
    for number in range(1, REPS + 1):
        rig.keeper.save([rep(number)])
    assert time.monotonic() - began < 1.0
    until(lambda: len(rig.saved) == REPS, "the disk")
    assert not rig.keeper.online
    clinic = Clinic(hub)
    hub.start()
    until(rig.delivered, "delivery")
    assert sorted(clinic.keys) == sorted(rig.saved)


def test_nobody_listening_is_not_delivery(hub, start, rep):
    rig = start()
    rig.keeper.save([rep(1), rep(2)])
    until(lambda: rig.keeper.backlog == 2, "the disk")
    clinic = Clinic(hub)
    until(rig.delivered, "delivery")
    assert set(clinic.keys) == {key(rep(1)), key(rep(2))}


def test_lost_confirmations_cause_repeats_and_nothing_else(hub, start, rep):
    chance = random.Random(1)
    clinic = Clinic(hub, lambda keys: [keys] if chance.random() < 0.5 else [])
    rig = start()
    rig.keeper.save([rep(number) for number in range(1, REPS + 1)])
    until(rig.delivered, "delivery")
    assert set(clinic.content) == {key(rep(number)) for number in range(1, REPS + 1)}
    assert len(clinic.keys) > REPS


def test_doubled_late_and_foreign_confirmations_are_harmless(hub, start, rep):
    held = []

    def shuffled(keys):
        held.extend(keys)
        random.Random(len(held)).shuffle(held)
        return [held[: len(held) // 2], keys, ["never/heard/of"]]

    clinic = Clinic(hub, shuffled)
    rig = start()
    rig.keeper.save([rep(number) for number in range(1, REPS + 1)])
    until(rig.delivered, "delivery")
    assert len(clinic.content) == REPS


def test_a_row_never_confirmed_stops_nobody_and_is_kept(hub, start, rep):
    poison = {key(rep(number)) for number in range(1, 101)}
    clinic = Clinic(hub, lambda keys: [] if poison & set(keys) else [keys])
    rig = start()
    rig.keeper.save([rep(number) for number in range(1, 301)])
    until(lambda: rig.keeper.backlog == len(poison) and rig.saved, "all the others")
    assert set(clinic.content) >= {key(rep(number)) for number in range(101, 301)}


def test_a_flapping_link_loses_nothing(hub, start, rep):
    clinic, rig = Clinic(hub), start()
    for number in range(1, 101):
        rig.keeper.save([rep(number)])
        if number % 10 == 0:
            rig.link.cut()
            time.sleep(0.005)
            rig.link.connect()
    until(rig.delivered, "delivery")
    assert len(clinic.content) == 100
    assert clinic.presence[-1] is True
    assert clinic.presence.count(False) == 10


def test_a_new_connection_sends_again_without_waiting_for_the_pause(hub, start, rep):
    lost = []
    clinic = Clinic(hub, lambda keys: [keys] if lost else [])
    rig = start(resend_s=60.0)
    rig.keeper.save([rep(1), rep(2)])
    until(lambda: len(clinic.keys) == 2, "the first try")
    lost.append(True)
    rig.link.cut()
    rig.link.connect()
    until(rig.delivered, "delivery")
    assert len(clinic.keys) == 4


def test_what_one_run_could_not_send_the_next_one_does(hub, start, rep):
    first = start()
    first.link.cut()
    first.keeper.save([rep(1)])
    first.keeper.stop()
    assert first.saved == [key(rep(1))]
    clinic, second = Clinic(hub), start()
    until(lambda: clinic.keys == first.saved, "delivery")
    until(lambda: second.keeper.backlog == 0, "its confirmation")


def test_stopping_drains_what_it_can_and_then_refuses(hub, start, rep):
    clinic, rig = Clinic(hub), start()
    rig.keeper.save([rep(number) for number in range(1, 101)])
    rig.keeper.stop(drain_s=5.0)
    assert len(clinic.content) == 100
    assert clinic.presence[-1] is False
    with pytest.raises(KeeperStopped):
        rig.keeper.save([rep(101)])


def test_a_second_story_under_one_key_is_refused_and_its_neighbours_saved(hub, start, rep):
    clinic, rig = Clinic(hub), start()
    rig.keeper.save([rep(1), rep(2), rep(1, peak_force_n=999.0), rep(3)])
    rig.keeper.save([PlanReceipt(1, "in_use", WALL, "")])
    rig.keeper.save([PlanReceipt(1, "in_use", WALL + 60, "")])
    until(lambda: rig.keeper.refused == 1 and len(clinic.content) == 4, "the neighbours")
    assert clinic.content[key(rep(1))].peak_force_n == 61.5
    assert rig.keeper.problem is None


@pytest.mark.parametrize(
    "changes",
    [
        {"range_value": float("nan")},
        {"peak_force_n": float("inf")},
        {"number": 0},
        {"session_id": "No"},
        {"verdict": object()},
    ],
)
def test_a_record_that_could_not_be_read_back_is_refused_and_blocks_nobody(hub, start, rep, changes):
    clinic, rig = Clinic(hub), start()
    rig.keeper.save([rep(1), rep(**{"number": 2} | changes), rep(3)])
    until(lambda: clinic.keys == [key(rep(1)), key(rep(3))], "the others")
    until(rig.delivered, "delivery")
    assert rig.saved == clinic.keys
    assert rig.keeper.refused == 1
    assert "cannot be written" in rig.keeper.last_refusal


def test_a_record_too_large_to_send_is_kept_and_passed(hub, start, rep):
    clinic, rig = Clinic(hub), start()
    huge = TracePart("session-0001", 1, "angle", "deg", 0, 0.0, 0.02, (0.1234567890123456,) * 4000)
    rig.keeper.save([huge, rep(1)])
    until(lambda: rig.keeper.backlog == 0 and len(clinic.keys) == 2, "the small one, and the word of the large one")
    assert key(huge) in rig.saved
    assert clinic.content[key(rep(1))] == rep(1)
    (told,) = (one for one in clinic.content.values() if isinstance(one, StoreTold))
    assert told.what is StoreTrouble.TRACES_DROPPED
    assert told.note.startswith(f"{key(huge)}: message of ")


def test_a_failing_disk_is_told_and_nothing_is_called_saved_until_it_is(hub, start, tmp_path, rep, monkeypatch):
    monkeypatch.setattr("sync.keeper.DISK_RETRY_S", 0.05)
    full = threading.Event()
    full.set()

    def journal():
        opened = Journal(tmp_path / "journal.db")
        if full.is_set():
            opened._db.execute("PRAGMA max_page_count = 1")
        return opened

    Journal(tmp_path / "journal.db").close()
    clinic, rig = Clinic(hub), start(journal_factory=journal)
    rig.keeper.save([rep(number) for number in range(1, 200)])
    until(lambda: rig.keeper.problem, "the complaint")
    assert "full" in rig.keeper.problem
    assert rig.saved == clinic.keys == []
    full.clear()
    until(rig.delivered, "delivery after all")
    assert rig.keeper.problem is None
    assert len(clinic.content) == 199


def test_a_journal_that_does_not_open_is_told_and_tried_again(hub, start, tmp_path, rep, monkeypatch):
    monkeypatch.setattr("sync.keeper.DISK_RETRY_S", 0.05)
    path = tmp_path / "not" / "there" / "journal.db"
    rig = start(journal_factory=lambda: Journal(path))
    rig.keeper.save([rep(1)])
    until(lambda: rig.keeper.problem, "the complaint")
    assert rig.saved == []
    path.parent.mkdir(parents=True)
    until(lambda: rig.saved and rig.keeper.problem is None, "the disk")


def test_garbage_from_the_clinics_side_is_counted(hub, start, rep):
    clinic, rig = Clinic(hub), start()
    for payload in (b"", b"\xff", b"[" * 60_000, b'{"v":9,"keys":[]}', b'{"v":1,"keys":[1]}'):
        for kind in ("ack", "plan"):
            clinic.link.publish(down(STATION, kind), payload)
    rig.keeper.save([rep(1)])
    until(rig.delivered, "delivery")
    assert rig.keeper.unreadable == 10


def test_presence_is_retained_with_a_will(hub, start):
    rig = start()
    late = Clinic(hub)
    until(lambda: late.presence == [True], "presence")
    rig.link.cut()
    assert Clinic(hub).presence == [False]


# Plans


def test_a_signed_plan_is_stored_handed_over_and_receipted(hub, start, keys, plan, plan_text):
    clinic, rig = Clinic(hub), start()
    clinic.send_plan(plan_text(1), sign(keys[0], plan_text(1)))
    until(lambda: rig.plans, "the plan")
    assert rig.plans == [plan(1)]
    until(lambda: rig.keeper.backlog == 0, "the confirmation")
    assert rig.receipts() == [PlanReceipt(1, "delivered", WALL, "")]


def test_the_stored_plan_is_there_after_a_restart_without_a_clinic(hub, start, keys, plan, plan_text):
    clinic, first = Clinic(hub), start()
    clinic.send_plan(plan_text(3), sign(keys[0], plan_text(3)))
    until(lambda: first.plans, "the plan")
    first.keeper.stop()
    hub.stop()
    second = start()
    until(lambda: second.plans == [plan(3)], "the stored plan")
    assert len(second.receipts()) == 1


def test_a_tampered_stored_plan_gives_way_to_the_one_before(hub, start, tmp_path, keys, plan, plan_text):
    journal = Journal(tmp_path / "journal.db")
    for version in (1, 2):
        stored = StoredItem(version, plan_text(version), sign(keys[0], plan_text(version)))
        journal.store_item("plan", stored, PlanReceipt(version, "delivered", WALL, ""), 0.0, WALL)
    journal.close()
    db = sqlite3.connect(tmp_path / "journal.db")
    db.execute("UPDATE item SET payload = replace(payload, '\"reps\":8', '\"reps\":50') WHERE version = 2")
    db.commit()
    db.close()
    rig = start()
    until(lambda: rig.plans, "the plan")
    assert rig.plans == [plan(1)]


@pytest.fixture
def stranger(tmp_path):
    private, _ = new_key_pair(tmp_path / "stranger")
    return load_signer(private)


BAD_PLANS = {
    "older": ({"version": 4}, 4, "no newer than 5"),
    "impossible tempo": ({"version": 6, "tempo": "999.9.9"}, 6, "tempo"),
}
NOT_OURS = {
    "foreign patient": ({"version": 6, "patient_id": "patient-b-0002"}, "patient-b-0002"),
    "foreign station": ({"version": 6, "station_id": "station-b-0002"}, "station-b-0002"),
    "impossible version": ({"version": 10**9}, "version"),
}
"""Signed by the clinic, and no version of any plan of this station and patient."""


@pytest.mark.parametrize("name", BAD_PLANS)
def test_a_bad_plan_is_rejected_with_its_reason_and_the_last_good_one_stays(hub, start, keys, plan_text, name):
    changes, version, reason = BAD_PLANS[name]
    clinic, rig = Clinic(hub), start()
    clinic.send_plan(plan_text(5), sign(keys[0], plan_text(5)))
    for _ in range(3):
        clinic.send_plan(plan_text(**changes), sign(keys[0], plan_text(**changes)))
    until(lambda: len(clinic.content) == 2, "both receipts")
    delivered, rejected = rig.receipts()
    assert (delivered.plan_version, delivered.state) == (5, "delivered")
    assert (rejected.plan_version, rejected.state) == (version, "rejected")
    assert reason in rejected.reason
    assert [plan.version for plan in rig.plans] == [5]


@pytest.mark.parametrize("name", NOT_OURS)
def test_a_plan_that_is_not_this_stations_is_refused_under_a_name_of_its_own(hub, start, keys, plan_text, name):
    changes, reason = NOT_OURS[name]
    clinic, rig = Clinic(hub), start()
    clinic.send_plan(plan_text(5), sign(keys[0], plan_text(5)))
    for _ in range(3):
        clinic.send_plan(plan_text(**changes), sign(keys[0], plan_text(**changes)))
    until(lambda: len(clinic.content) == 2, "the receipt and the refusal")
    (refused,) = rig.records(ForeignRefused)
    assert (refused.what, reason in refused.reason) == ("plan", True)
    assert [told.state for told in rig.receipts()] == ["delivered"]
    assert [plan.version for plan in rig.plans] == [5]


def test_forged_plans_are_rejected_whatever_version_they_claim(hub, start, keys, stranger, plan_text):
    clinic, rig = Clinic(hub), start()
    good = plan_text(5)
    clinic.send_plan(good, sign(keys[0], good))
    for payload, signature in (
        (plan_text(6), sign(stranger, plan_text(6))),
        (plan_text(7), sign(keys[0], good)),
        (good.replace('"reps":8', '"reps":9'), sign(keys[0], good)),
        (good + " ", sign(keys[0], good)),
        (plan_text(8), ""),
    ):
        clinic.send_plan(payload, signature)
    until(lambda: len(rig.records(ForeignRefused)) == 5, "the refusals, one for each")
    assert [(r.plan_version, r.state) for r in rig.receipts()] == [(5, "delivered")]
    assert [plan.version for plan in rig.plans] == [5]


def test_the_same_plan_again_is_no_news(hub, start, keys, plan_text):
    clinic, rig = Clinic(hub), start()
    for _ in range(5):
        clinic.send_plan(plan_text(1), sign(keys[0], plan_text(1)))
        rig.link.cut()
        rig.link.connect()
    until(lambda: len(rig.plans) == 1, "the plan")
    assert len(rig.receipts()) == 1


def test_a_thousand_replays_never_change_the_plan(hub, start, keys, plan_text):
    clinic, rig = Clinic(hub), start()
    old = [(plan_text(version), sign(keys[0], plan_text(version))) for version in range(1, 11)]
    clinic.send_plan(*old[-1])
    until(lambda: rig.plans, "the plan")
    for _ in range(100):
        for one in old[:-1]:
            clinic.send_plan(*one)
    clinic.send_plan(plan_text(11), sign(keys[0], plan_text(11)))
    until(lambda: len(rig.plans) == 2, "the next plan")
    assert [plan.version for plan in rig.plans] == [10, 11]
    assert len(rig.receipts()) == 11


def test_records_carry_the_run_and_the_time_they_were_written(hub, start, rep):
    seen = []
    listener = hub.transport()
    listener.start(seen.append, [up(STATION, "rep")])
    rig = start()
    before = time.monotonic()
    rig.keeper.save([rep(1)])
    until(lambda: seen, "the record")
    sent = decode_up(seen[0].payload)
    assert before <= sent.t_s <= time.monotonic()
    assert (sent.wall, sent.station) == (WALL, STATION)
    assert len(sent.boot) >= 8
    assert Path(rig.path).exists()


def test_the_past_is_told_once_and_before_the_stored_plan(start, tmp_path, keys, plan, plan_text, session):
    journal = Journal(tmp_path / "journal.db")
    journal.append(session(), 0.0, WALL)
    stored = StoredItem(1, plan_text(1), sign(keys[0], plan_text(1)))
    journal.store_item("plan", stored, PlanReceipt(1, "delivered", WALL, ""), 0.0, WALL)
    expected = journal.past(1000)
    journal.close()
    heard = []
    rig = start(
        on_past=lambda past: heard.append(("past", list(past))),
        on_plan=lambda found: heard.append(("plan", found)),
    )
    until(lambda: len(heard) >= 2, "the past and the plan")
    rig.keeper.stop()
    assert heard == [("past", expected), ("plan", plan(1))]


def test_before_the_journal_is_open_nobody_tells_how_much_waits(tmp_path, keys, rep):
    station = ByHand(tmp_path, keys[1], transport=(link := LoopbackHub().transport()))
    link.start(lambda _message: None, [], None, lambda: None)
    assert station.keeper.online
    assert station.keeper.backlog is None
    assert sync_state(station.keeper) is Sync.UNKNOWN
    shown = view(at(Screen.AGENDA), Live(), StationInfo(sync=sync_state(station.keeper)))
    assert shown.header.note == "Looking at your notes."
    station.work()
    assert station.keeper.backlog == 0
    assert sync_state(station.keeper) is Sync.SENT
    station.save(rep(1))
    assert station.keeper.backlog == 1
    station.close()
    link.stop()
