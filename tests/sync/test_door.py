"""Rows A06 and A07: what comes down is used only if the clinic signed it, for us, newer, on its days, and whole.

Through the real keeper over the hub, and once through a Mosquitto. A sample here, all of it with STEADYRIG_LONG=1.
"""

import os
import sqlite3
import time
from dataclasses import replace
from datetime import date, timedelta

import msgspec
import pytest
from door_hand import (
    GOOD_KG,
    HARDER,
    HEAVY_KG,
    OTHER,
    OTHER_PATIENT,
    PATIENT,
    POISONS,
    SIGNED_POISONS,
    STATION,
    TEXTS,
    TODAY,
    WALL,
    Sender,
    Station,
    clearance_text,
    hostile,
    note_text,
    plan_text,
    rules_text,
    signed,
)
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from edge.coach.compare import asks_more
from edge.coach.rule_file import shipped
from edge.coach.rules import Published
from edge.model import ClinicMessage
from edge.prescription.row import Span
from edge.programme import parse_prescription
from edge.records import ForeignRefused, ItemReceipt, Locked, PlanReceipt, RepCounted, Severity, Unlocked, key
from sync.bridge import Bridge
from sync.broker import BRIDGE_USER, PrivateMosquitto, available
from sync.journal import Journal, JournalError
from sync.loopback import LoopbackHub
from sync.messages import Up, encode
from sync.mqtt import MqttTransport
from sync.receiver import MOST_FOREIGN
from sync.signed import READERS, Days, Item, Kind, Refused, Today, days_of, in_force, judge
from sync.signing import load_signer, new_key_pair, sign
from sync.store import schema, writing
from sync.store.clearances import clear_lock, locks, unheard
from sync.store.ingest import Arrival, ingest
from sync.store.items import items, write_item
from sync.store.outgoing import mark_published, mark_unpublished, unpublished, unreceived
from sync.store.outgoing import newest as newest_of
from sync.store.prescriptions import write_plan
from sync.topics import up

on_both = pytest.mark.parametrize("db_url", ["sqlite", "postgresql"], indirect=True)
LONG = bool(os.environ.get("STEADYRIG_LONG"))
TRIES = 1000 if LONG else 120
SEED = 6
DAY_S = 86_400.0
LOCK = Locked("lock-0001", PATIENT, Severity.EMERGENCY, ("saddle_numb",), WALL)


EARLIER = Locked("lock-0000", PATIENT, Severity.EMERGENCY, ("saddle_numb",), WALL - 1)


def until(true, what="it", within_s=30.0):
    deadline = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < deadline, f"waited {within_s} s for {what}"
        time.sleep(0.005)


@pytest.fixture
def stranger(tmp_path):
    return load_signer(new_key_pair(tmp_path / "stranger")[0])


@pytest.fixture
def hub():
    return LoopbackHub()


@pytest.fixture
def start(hub, tmp_path, keys, monkeypatch):
    monkeypatch.setattr("sync.receiver.LOOK_S", 0.02)
    made = []

    def station(**options):
        made.append(Station(hub.transport(), tmp_path, keys[1], **options))
        return made[-1]

    yield station
    for one in made:
        one.keeper.stop()


@pytest.fixture
def sender(hub):
    return Sender(hub.transport())


def receipts(station, kind):
    name = "plan_version" if kind is Kind.PLAN else "version"
    ours = [
        one
        for one in station.records()
        if (isinstance(one, PlanReceipt) and kind is Kind.PLAN) or (isinstance(one, ItemReceipt) and one.what == kind)
    ]
    return [(getattr(one, name), one.state, one.reason) for one in ours]


def foreign(station, kind):
    return [one for one in station.records() if isinstance(one, ForeignRefused) and one.what == kind]


# ---- A06 ----------------------------------------------------------------------------------------------------


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_a06_no_replayed_foreign_forged_or_expired_prescription_is_used(start, sender, keys, stranger):
    print(f"seed {SEED}, {TRIES} tries")
    station = start()
    sender.send(Kind.PLAN, signed(keys[0], plan_text(50)))
    until(lambda: station.plans, "the plan")
    for number in range(TRIES):
        sender.send(Kind.PLAN, hostile(Kind.PLAN, keys[0], stranger, 50, f"{SEED} {number}"))
    sender.send(Kind.PLAN, signed(keys[0], plan_text(51)))
    until(lambda: len(station.plans) == 2, "the next plan of the clinic", 600.0 if LONG else 60.0)
    assert [plan.version for plan in station.plans] == [50, 51]
    assert station.heaviest_kg() == GOOD_KG
    used = [version for version, state, _ in receipts(station, Kind.PLAN) if state != "rejected"]
    assert used == [50, 51]
    assert station.keeper.problem is None


@pytest.mark.parametrize("kind", [Kind.RULES, Kind.MESSAGE, Kind.CLEARANCE])
def test_a06_the_same_holds_for_everything_else_that_is_signed(start, sender, keys, stranger, kind):
    print(f"seed {SEED}, {TRIES // 4} tries")
    station = start()
    station.keeper.save([EARLIER, LOCK], wait_s=30.0)
    good = clearance_text(50, lock=EARLIER.lock_id) if kind is Kind.CLEARANCE else TEXTS[kind](50)
    sender.send(kind, signed(keys[0], good))
    for number in range(TRIES // 4):
        sender.send(kind, hostile(kind, keys[0], stranger, 50, f"{SEED} {number}"))
    sender.send(Kind.PLAN, signed(keys[0], plan_text(1)))
    until(lambda: station.plans, "what came last")
    assert [one.lock_id for one in station.cleared] == ([EARLIER.lock_id] if kind is Kind.CLEARANCE else [])
    assert [one.number for one in station.rules] == ([50] if kind is Kind.RULES else [])
    assert [one.text for one in station.messages] == (["Well done."] if kind is Kind.MESSAGE else [])
    told = receipts(station, kind)
    assert {state for version, state, _ in told if version != 50} <= {"rejected"}
    assert all(reason for _, state, reason in told if state == "rejected")
    assert 0 < len(foreign(station, kind)) <= MOST_FOREIGN


@pytest.mark.parametrize("kind", list(Kind))
def test_a06_anothers_version_is_never_told_as_refused_of_ours(start, sender, keys, kind):
    """Who holds what the clinic signed for somebody else, or as something else, cannot make ours look refused."""
    station = start()
    station.keeper.save([LOCK], wait_s=30.0)
    other = next(one for one in Kind if one is not kind)
    for text in (
        TEXTS[kind](7, station=OTHER), TEXTS[kind](7, patient=OTHER_PATIENT), TEXTS[other](7),
    ):  # fmt: skip
        sender.send(kind, signed(keys[0], text))
    until(lambda: len(foreign(station, kind)) == 3, "three refusals")
    sender.send(kind, signed(keys[0], TEXTS[kind](7)))
    until(lambda: (station.plans, station.rules, station.messages, station.cleared) != ([], [], [], []), "our own")
    assert [state for _, state, _ in receipts(station, kind)] == ([] if kind is Kind.CLEARANCE else ["delivered"])


def test_a06_forgeries_without_end_fill_no_disk(start, sender, keys, stranger):
    station = start()
    for version in range(3 * MOST_FOREIGN):
        sender.send(Kind.PLAN, signed(stranger, plan_text(version + 1)))
    sender.send(Kind.PLAN, signed(keys[0], plan_text(1)))
    until(lambda: station.plans, "the clinic's own")
    assert len(foreign(station, Kind.PLAN)) == MOST_FOREIGN


def test_a06_through_a_broker_somebody_who_may_write_down_gets_nothing_in(tmp_path, db_url, keys, stranger, clinic):
    if not available():
        pytest.skip("Mosquitto is not installed")
    words = {BRIDGE_USER: "bridge-word", "bridge.2": "stolen-word", STATION: "word-a"}
    broker = PrivateMosquitto(tmp_path / "mosquitto", words, tls=True)
    broker.start()

    def link(user):
        return MqttTransport(broker.host, broker.port, user, user, words[user], ca=broker.ca, first_retry_s=0.1)

    bridge = Bridge(link(BRIDGE_USER), db_url, poll_s=0.05)
    station = Station(link(STATION), tmp_path, keys[1])
    thief = Sender(link("bridge.2"))
    try:
        bridge.start()
        with writing(clinic) as db:
            write_plan(db, keys[0], parse_prescription(plan_text(50)), "dr", "start", WALL)
        until(lambda: station.plans and thief.link.connected, "the plan")
        for number in range(TRIES // 4):
            thief.send(Kind.PLAN, hostile(Kind.PLAN, keys[0], stranger, 50, f"{SEED} {number}"))
        for payload in POISONS.values():
            thief.send(Kind.PLAN, payload)
        with writing(clinic) as db:
            write_plan(db, keys[0], parse_prescription(plan_text(51)), "dr", "more", WALL)
        until(lambda: len(station.plans) == 2, "the clinic's next plan")
        assert [plan.version for plan in station.plans] == [50, 51]
        assert station.heaviest_kg() == GOOD_KG
    finally:
        thief.link.stop()
        station.keeper.stop()
        bridge.stop()
        broker.stop()


# ---- A07 ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", SIGNED_POISONS)
def test_a07_poison_that_the_clinic_signed_is_answered_and_the_last_good_one_stays(start, sender, keys, kind, rep):
    station = start()
    sender.send(kind, signed(keys[0], TEXTS[kind](5)))
    for text in SIGNED_POISONS[kind].values():
        sender.send(kind, signed(keys[0], text))
    station.keeper.save([rep(1)], wait_s=30.0)
    sender.send(Kind.PLAN, signed(keys[0], plan_text(99)))
    until(lambda: station.plans and station.plans[-1].version == 99, "what came last")
    told = {version: reason for version, state, reason in receipts(station, kind) if state == "rejected"}
    assert len(told) + len(foreign(station, kind)) == len(SIGNED_POISONS[kind]), "those without a version, too"
    assert all(len(reason) <= 200 and reason.isprintable() for reason in told.values())
    assert [one.number for one in station.rules] == ([5] if kind is Kind.RULES else [])
    assert [one.number for one in station.messages] == ([5] if kind is Kind.MESSAGE else [])
    assert {plan.version for plan in station.plans} <= {5, 99}
    assert any(isinstance(one, RepCounted) for one in station.records()), "it goes on saving"
    assert station.keeper.problem is None


@pytest.mark.parametrize("kind", list(Kind))
def test_a07_bytes_that_are_no_message_are_told_once_and_end_nothing(start, sender, keys, kind):
    station = start()
    for payload in [*POISONS.values(), *POISONS.values()]:
        sender.send(kind, payload)
    sender.send(Kind.PLAN, signed(keys[0], plan_text(1)))
    until(lambda: station.plans, "the plan")
    assert station.keeper.unreadable == 2 * len(POISONS)
    told = foreign(station, kind)
    assert len(told) == len({one.digest for one in told}) == len(POISONS), "each by a name of its own, and once"
    assert receipts(station, kind) == ([(1, "delivered", "")] if kind is Kind.PLAN else [])


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_a07_a_text_that_is_none_is_refused_and_nothing_else(signers, text):
    signer, verifier = signers
    payload = text.decode("utf-8", "replace")
    for kind in Kind:
        with pytest.raises(Refused):
            judge(kind, payload, sign(signer, payload), verifier, STATION, PATIENT)


@pytest.fixture(scope="module")
def signers(tmp_path_factory):
    private, _ = new_key_pair(tmp_path_factory.mktemp("keys") / "clinic")
    return (signer := load_signer(private)), signer.public_key()


@pytest.mark.parametrize("kind", list(Kind))
def test_each_kind_reads_its_own_text_and_no_other(signers, kind):
    signer, verifier = signers
    for other in Kind:
        text = TEXTS[other](7)
        if other is kind:
            assert judge(kind, text, sign(signer, text), verifier, STATION, PATIENT).version == 7
        else:
            with pytest.raises(Refused):
                judge(kind, text, sign(signer, text), verifier, STATION, PATIENT)


def test_a_plan_spoilt_on_the_disk_heals_when_it_comes_again_and_nothing_older_gets_in(start, sender, keys, tmp_path):
    station = start()
    for version in (1, 2):
        sender.send(Kind.PLAN, signed(keys[0], plan_text(version)))
    until(lambda: len(station.plans) == 2, "both")
    station.keeper.stop()
    db = sqlite3.connect(tmp_path / "journal.db")
    db.execute("UPDATE item SET payload = replace(payload, 'Ana', 'Eve') WHERE version = 2")
    db.commit()
    db.close()
    again = start()
    until(lambda: [plan.version for plan in again.plans] == [1], "the one before")
    sender.send(Kind.PLAN, signed(keys[0], plan_text(1, kg=HEAVY_KG)))
    sender.send(Kind.PLAN, signed(keys[0], plan_text(2)))
    until(lambda: [plan.version for plan in again.plans] == [1, 2], "the clinic's own text")
    assert again.heaviest_kg() == GOOD_KG
    again.keeper.stop()
    third = start()
    until(lambda: [plan.version for plan in third.plans] == [2], "that it stays")


# ---- days, and nobody knowing which day it is ---------------------------------------------------------------------


def test_a_plan_for_later_waits_for_its_day_and_the_one_before_goes_on(start, sender, keys):
    station = start()
    sender.send(Kind.PLAN, signed(keys[0], plan_text(1)))
    sender.send(Kind.PLAN, signed(keys[0], plan_text(2, kg=9, valid_from=str(TODAY + timedelta(days=2)))))
    until(lambda: len(receipts(station, Kind.PLAN)) == 2, "both receipts")
    assert [plan.version for plan in station.plans] == [1]
    assert receipts(station, Kind.PLAN)[1] == (2, "delivered", "it begins on 2026-05-30")
    station.wall += 2 * DAY_S
    until(lambda: len(station.plans) == 2, "its day")
    assert [plan.version for plan in station.plans] == [1, 2]


def test_rules_whose_days_are_over_hold_and_ease_but_raise_nothing(start, sender, keys, hub):
    station = start()
    sender.send(Kind.RULES, signed(keys[0], rules_text(1, valid_until=str(TODAY))))
    until(lambda: station.rules, "the rules")
    station.keeper.save([ItemReceipt("rules", 1, "in_use", WALL, "")], wait_s=30.0)
    station.wall += DAY_S
    until(lambda: len(station.rules) == 2, "the end of their day")
    before, after = station.rules
    assert isinstance(after, Published)
    assert (before.rules.version, after.rules.version) == (shipped().version, f"{shipped().version} (over)")
    assert {rule.do for rule in before.rules.rules} - {rule.do for rule in after.rules.rules} == {"more", "ask"}


def test_a_message_is_shown_on_its_days_until_it_was_read(start, sender, keys):
    station = start()
    sender.send(Kind.MESSAGE, signed(keys[0], note_text(1, valid_until=str(TODAY))))
    until(lambda: station.messages, "the message")
    assert station.messages == [ClinicMessage(1, "Well done.")]
    station.wall += DAY_S
    until(lambda: len(station.messages) == 2, "the end of its day")
    assert station.messages[1] is None
    sender.send(Kind.MESSAGE, signed(keys[0], note_text(2)))
    until(lambda: len(station.messages) == 3, "the next one")
    station.keeper.save([ItemReceipt("message", 2, "read", WALL, "")], wait_s=30.0)
    until(lambda: len(station.messages) == 4, "that it was read")
    station.keeper.stop()
    again = start()
    again.keeper.save([LOCK], wait_s=30.0)
    assert again.messages == []


def test_without_a_date_nothing_with_days_begins_but_less_than_before(start, sender, keys):
    station = start(sure=False)
    last = str(TODAY + timedelta(days=300))
    sender.send(Kind.PLAN, signed(keys[0], plan_text(1, kg=10)))
    sender.send(Kind.PLAN, signed(keys[0], plan_text(2, kg=12, valid_until=last)))
    sender.send(Kind.PLAN, signed(keys[0], plan_text(3, kg=6, valid_until=last)))
    sender.send(Kind.RULES, signed(keys[0], rules_text(1, valid_until=last)))
    sender.send(Kind.MESSAGE, signed(keys[0], note_text(1)))
    until(lambda: len(station.plans) == 2 and receipts(station, Kind.MESSAGE), "what came last")
    assert [plan.version for plan in station.plans] == [1, 3]
    assert (station.rules, station.messages) == ([], [])
    assert receipts(station, Kind.RULES) == [(1, "delivered", "it waits until the date is known")]
    station.sure = True
    until(lambda: station.rules and station.messages, "the date")


def test_what_was_in_use_stays_when_the_date_is_lost(start, sender, keys):
    station = start()
    last = str(TODAY + timedelta(days=300))
    sender.send(Kind.RULES, signed(keys[0], rules_text(4, valid_until=last)))
    sender.send(Kind.PLAN, signed(keys[0], plan_text(4, valid_until=last)))
    until(lambda: station.plans and station.rules, "both")
    used = [ItemReceipt("rules", 4, "in_use", WALL, ""), PlanReceipt(4, "in_use", WALL, "")]
    station.keeper.save(used, wait_s=30.0)
    station.keeper.stop()
    again = start(sure=False)
    until(lambda: again.plans and again.rules, "both again")


PLANS = st.builds(
    lambda kg, first, last: (kg, first, last),
    st.integers(5, 90),
    st.none() | st.integers(-20, 20),
    st.none() | st.integers(-20, 20),
)


def day_after(days):
    return None if days is None else TODAY + timedelta(days=days)


@given(st.lists(PLANS, min_size=1, max_size=5), st.none() | st.integers(-20, 20), st.integers(0, 5))
def test_what_nobody_knows_the_days_of_never_makes_training_harder(plans, day, used):
    """Whatever is kept: without a date no plan with days is begun that asks for more than one in use."""
    items = []
    for version, (kg, *days) in enumerate(plans, 1):
        first, last = sorted(days) if None not in days else days
        plan = parse_prescription(plan_text(version, kg=kg))
        items.append(Item(Kind.PLAN, version, plan, day_after(first), day_after(last)))
    today = Today(day_after(day))
    chosen = in_force(items[::-1], today, lambda one: one.version == used)
    assert chosen is not None
    days = days_of(chosen, today)
    if days is Days.UNSURE and chosen.version != used:
        older = [one for one in items if one.version < chosen.version]
        before = in_force(older[::-1], today, lambda one: one.version == used)
        assert before is None or not asks_more(before.content, chosen.content)
    if days is Days.EARLY and chosen.version != used:
        assert all(days_of(one, today) is Days.EARLY for one in items), "else one that has begun is used"


def test_less_asks_no_more_and_everything_else_may():
    plan = parse_prescription(plan_text(1, kg=10))
    (row,) = plan.rows
    less = [
        replace(row, sets=Span(1, 2)), replace(row, load_kg=(4.0, 8.0)), replace(row, reps=Span(6, 6)),
        replace(row, rest_s=90.0), row,
    ]  # fmt: skip
    more = [
        replace(row, sets=Span(3, 4)), replace(row, load_kg=(5.0, 10.5)), replace(row, reps=None),
        replace(row, rest_s=30.0), replace(row, load_kg=None), replace(row, name="another"),
        replace(row, exercise="band_press"), replace(row, times_per_day=2), replace(row, ceiling_kg=90.0),
        replace(row, rpe=(Span(9, 9),)),
    ]  # fmt: skip
    assert not any(asks_more(plan, replace(plan, rows=(one,))) for one in less)
    assert all(asks_more(plan, replace(plan, rows=(one,))) for one in more)
    assert not asks_more(plan, replace(plan, rows=()))
    assert asks_more(plan, replace(plan, blocks=(*plan.blocks, *plan.blocks)))
    assert asks_more(replace(plan, over_pusher=True), plan)
    eased = {"band_row": {"exercise": "band_row", "sets": 1, "reps": 8, "load_kg": 5.0, "tempo": "3-1-1"}}
    assert asks_more(replace(plan, doses=eased), plan), "what was eased would be given back"


@pytest.mark.parametrize(
    ("first", "last", "known", "at_least", "days"),
    [
        (None, None, None, None, Days.NOW),
        (None, 5, 5, None, Days.NOW),
        (None, 5, 6, None, Days.OVER),
        (None, 5, None, 6, Days.OVER),
        (None, 5, None, 5, Days.UNSURE),
        (5, None, 4, None, Days.EARLY),
        (5, None, None, 5, Days.NOW),
        (5, None, None, 4, Days.UNSURE),
        (5, 9, None, 6, Days.UNSURE),
    ],
)
def test_days_are_told_by_what_is_known_of_the_date(first, last, known, at_least, days):
    first, last, known, at_least = (one and date(2026, 6, one) for one in (first, last, known, at_least))
    assert days_of(Item(Kind.PLAN, 1, None, first, last), Today(known, at_least)) is days


def test_from_the_panel_to_the_station_and_back(start, hub, db_url, clinic, keys):
    """A rule set and a message: written, delivered, in use and read are all known at the clinic."""
    bridge = Bridge(hub.transport(), db_url, wall=lambda: WALL, poll_s=0.02)
    bridge.start()
    station = start()

    def known(kind):
        with clinic.connect() as db:
            return items(db, kind, STATION, PATIENT, 5)

    def write(kind, text):
        with writing(clinic) as db:
            return write_item(db, keys[0], kind, STATION, PATIENT, text, "Dr K. Lind", "", WALL)

    try:
        assert write(Kind.RULES, rules_text) == 1
        assert write(Kind.MESSAGE, lambda version: note_text(version, text="One.")) == 1
        until(lambda: station.rules and station.messages, "both")
        until(lambda: all(known(kind)[0].delivered_at for kind in (Kind.RULES, Kind.MESSAGE)), "both receipts")
        read, used = ItemReceipt("message", 1, "read", WALL + 5, ""), ItemReceipt("rules", 1, "in_use", WALL + 6, "")
        station.keeper.save([read, used], wait_s=30.0)
        until(lambda: known(Kind.MESSAGE)[0].read_at and known(Kind.RULES)[0].in_use_at, "what became of them")
        assert write(Kind.MESSAGE, lambda version: note_text(version, text="Two.")) == 2
        until(lambda: ClinicMessage(2, "Two.") in station.messages, "the next one")
        assert [one.version for one in known(Kind.MESSAGE)] == [2, 1]
        until(lambda: bridge.stats.sent_down["message"] == 2, "that the broker has it")
    finally:
        bridge.stop()


def test_clearances_go_one_after_the_other_and_a_refused_one_can_be_written_again(start, hub, db_url, clinic, keys):
    bridge = Bridge(hub.transport(), db_url, wall=lambda: WALL, poll_s=0.02)
    station = start()
    station.keeper.save([EARLIER, LOCK], wait_s=30.0)
    bridge.start()

    def at_clinic():
        with clinic.connect() as db:
            return {one.lock.lock_id: one for one in locks(db, PATIENT)}

    def clear(lock_id, signer=None):
        with writing(clinic) as db:
            known = next(one for one in locks(db, PATIENT) if one.lock.lock_id == lock_id)
            return clear_lock(db, signer or keys[0], known, "Dr K. Lind", "Seen.", WALL)

    try:
        until(lambda: len(at_clinic()) == 2, "both locks")
        with clinic.connect() as db:
            assert unheard(db) == []
        clear(EARLIER.lock_id)
        clear(LOCK.lock_id)
        until(lambda: len(station.cleared) == 2, "both clearances")
        until(lambda: not any(one.in_force for one in at_clinic().values()), "the station's word")
        third = replace_lock(LOCK, "lock-0003")
        station.keeper.save([third], wait_s=30.0)
        until(lambda: "lock-0003" in at_clinic(), "the third lock")
        station.keeper.save([ItemReceipt("clearance", 3, "rejected", WALL, "for a test")], wait_s=30.0)
        until(lambda: keys_of(clinic, "clearance/3/rejected"), "a refusal")
        assert clear("lock-0003") == 3
        known = at_clinic()["lock-0003"]
        assert (known.refusal, known.cleared_by, known.in_force) == ("for a test", None, True)
        assert clear("lock-0003") == 4, "a refused clearance clears nothing, so it may be written again"
        until(lambda: not at_clinic()["lock-0003"].in_force, "the end of it")
    finally:
        bridge.stop()


@on_both
def test_a_stations_second_clearance_waits_until_something_is_known_of_the_first(clinic, keys):
    def came(*records):
        ups = [Up(1, key(one), STATION, "boot", 1.0, WALL, one) for one in records]
        ingest(db, [Arrival(up(STATION, "any"), one, encode(one)) for one in ups], WALL)

    with writing(clinic) as db:
        came(EARLIER, LOCK)
        for known in locks(db, PATIENT):
            clear_lock(db, keys[0], known, "Dr K. Lind", "Seen.", WALL)
        assert [one.version for one in unheard(db)] == [1]
        came(ItemReceipt("clearance", 1, "rejected", WALL, "for a test"))
        assert [one.version for one in unheard(db)] == [2]
        cleared = next(one.lock.lock_id for one in locks(db, PATIENT) if not one.refusal)
        came(Unlocked(cleared, WALL, "Dr K. Lind"))
        assert unheard(db) == []


@on_both
def test_the_newest_of_each_kind_goes_out_until_its_station_tells_of_it(clinic, keys):
    def waiting(db):
        return [(one.kind, one.version) for one in unpublished(db)], [
            (one.kind, one.version) for one in unreceived(db)
        ]

    with writing(clinic) as db:
        write_plan(db, keys[0], parse_prescription(plan_text(1)), "dr", "start", WALL)
        for text in ("One.", "Two."):
            write_item(
                db, keys[0], Kind.MESSAGE, STATION, PATIENT,
                lambda version, text=text: note_text(version, text=text), "dr", "", WALL,
            )  # fmt: skip
        both = [(Kind.PLAN, 1), (Kind.MESSAGE, 2)]
        assert waiting(db) == (both, both)
        newest = newest_of(db, Kind.MESSAGE, STATION)
        assert (mark_published(db, newest, WALL), mark_published(db, newest, WALL)) == (True, False)
        assert waiting(db) == (both[:1], both)
        told = ItemReceipt("message", 2, "delivered", WALL, "")
        one = Up(1, key(told), STATION, "boot", 1.0, WALL, told)
        ingest(db, [Arrival(up(STATION, "item"), one, encode(one))], WALL)
        assert waiting(db) == (both[:1], both[:1])
        mark_unpublished(db, newest)
        assert waiting(db) == (both, both[:1])
        with pytest.raises(Refused, match="is not patient"):
            write_item(db, keys[0], Kind.MESSAGE, STATION, OTHER_PATIENT, note_text, "dr", "", WALL)


def replace_lock(lock, lock_id):
    return msgspec.structs.replace(lock, lock_id=lock_id)


def keys_of(clinic, name):
    with clinic.connect() as db:
        return db.scalars(select(schema.fact.c.key).where(schema.fact.c.key == name)).all()


# ---- whose journal ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", [{"station": OTHER}, {"patient": OTHER_PATIENT}])
def test_another_pairings_journal_is_refused_with_a_sentence_and_never_sent(start, sender, keys, hub, rep, who):
    first = start()
    sender.send(Kind.PLAN, signed(keys[0], plan_text(50)))
    until(lambda: first.plans, "the plan")
    first.keeper.save([rep(1), LOCK], wait_s=30.0)
    first.keeper.stop()
    heard = []
    listener = hub.transport()
    listener.start(heard.append, ["st/+/up/rep", "st/+/up/lock", "st/+/up/receipt"])
    second = start(**who)
    until(lambda: second.keeper.problem, "the refusal")
    (name,) = who.values()
    assert name in second.keeper.problem
    assert "moves this one aside" in second.keeper.problem
    assert (second.plans, second.locks, heard) == ([], [], [])
    assert len(first.records()) == 3, "it is as it was"


def test_a_journal_of_before_belongs_to_whom_its_content_names(tmp_path, session):
    path = tmp_path / "journal.db"
    journal = Journal(path)
    journal.append(session(), 1.0, WALL)
    journal.close()
    journal = Journal(path)
    with pytest.raises(JournalError, match=f"patient {PATIENT}, not of patient {OTHER_PATIENT}"):
        journal.claim(STATION, OTHER_PATIENT)
    journal.claim(STATION, PATIENT)
    with pytest.raises(JournalError, match=f"station {STATION}, not of station {OTHER}"):
        journal.claim(OTHER, PATIENT)
    journal.claim(STATION, PATIENT)
    journal.close()


def test_what_each_kind_kept_before_version_4_is_in_one_table_afterwards(tmp_path, old_journal):
    path = tmp_path / "journal.db"
    old_journal(path, [], version=3)
    db = sqlite3.connect(path)
    db.execute("INSERT INTO clearance VALUES (2, 'lock-0001', 'clearance two', 'c2ln')")
    db.commit()
    db.close()
    journal = Journal(path)
    assert [(one.version, one.payload) for one in journal.items("plan")] == [(3, "{}")]
    assert [(one.version, one.payload) for one in journal.items("clearance")] == [(2, "clearance two")]
    journal.close()


def test_every_kind_has_its_hostile_form():
    assert set(TEXTS) == set(HARDER) == set(Kind)
    assert key(ItemReceipt("rules", 3, "in_use", WALL, "")) == "rules/3/in_use"


def test_a07_a_text_that_ends_its_reader_is_refused_and_the_station_goes_on(start, sender, keys, rep, monkeypatch):
    """Whatever nobody thought of: an error of a reader must not stop what is being saved."""

    def ending(text):
        if '"version": 7' in text:
            raise TypeError("'>' not supported between str and int")
        return parse_prescription(text)

    monkeypatch.setattr("sync.signed.READERS", {**READERS, Kind.PLAN: ending})
    station = start()
    for version in (6, 7, 8):
        sender.send(Kind.PLAN, signed(keys[0], plan_text(version)))
    until(lambda: [plan.version for plan in station.plans] == [6, 8], "both good ones")
    assert station.keeper.save([rep(1)], wait_s=30.0)
    assert station.keeper.problem is None


def test_a07_doses_that_are_none_count_as_none(start, sender, keys):
    """A plan with days, no date, and doses of words: its lines are compared from where they begin."""
    station = start(sure=False)
    last = str(TODAY + timedelta(days=300))
    strange = {"band_row": {"exercise": "band_row", "sets": "x", "reps": "y", "load_kg": "z", "tempo": "3-1-1"}}
    sender.send(Kind.PLAN, signed(keys[0], plan_text(1)))
    sender.send(Kind.PLAN, signed(keys[0], plan_text(2, valid_until=last, doses=strange)))
    sender.send(Kind.PLAN, signed(keys[0], plan_text(3)))
    until(lambda: [plan.version for plan in station.plans] == [1, 2, 3], "every plan")
    assert station.keeper.problem is None
