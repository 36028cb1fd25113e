"""A station's life: made for one patient, paired once, revoked for good; nothing passes from one id to the next."""

from __future__ import annotations

import msgspec
import pytest
from sqlalchemy import select

from edge.programme import PlanError
from edge.records import FlagsAnswered, Form, Locked, SessionStarted, Severity, Unlocked, key
from sync.broker.passwords import hashed
from sync.clearances import ClearanceError
from sync.messages import decode_up, encode_up
from sync.store import schema, writing
from sync.store.clearances import acknowledge, clear_lock, locks, unheard
from sync.store.ingest import Arrival, ingest
from sync.store.outgoing import unpublished, unreceived
from sync.store.prescriptions import write_plan
from sync.store.stations import (
    StationError,
    credentials,
    events,
    find_offer,
    known,
    make_station,
    open_offer,
    revoke_station,
    stations,
    take,
)
from sync.topics import up

STATION, PATIENT, WALL = "station-a-0001", "patient-a-0001", 1_780_000_000.0
OTHER, OTHER_PATIENT = "station-b-0002", "patient-b-0002"
WHO, NEW = "Dr K. Lind", "station-new-0001"

on_both = pytest.mark.parametrize("db_url", ["sqlite", "postgresql"], indirect=True)


def revoke(clinic, station_id=STATION):
    with writing(clinic) as connection:
        revoke_station(connection, station_id, WHO, "Replaced by another device.", WALL)


def make(clinic, station_id=NEW, patient_id=PATIENT):
    with writing(clinic) as connection:
        make_station(connection, station_id, patient_id, WHO, WALL + 1)


def send(clinic, record, station_id=STATION, topic=None, now=WALL):
    payload = encode_up(station_id, "boot", 1.0, WALL, record)
    with writing(clinic) as connection:
        return ingest(connection, [Arrival(up(topic or station_id, "rep"), decode_up(payload), payload)], now)


def lock(clinic):
    record = Locked("lock-0001", PATIENT, Severity.EMERGENCY, ("saddle_numb",), WALL)
    row = {"station_id": STATION, "key": key(record), "kind": "lock", "session_id": None, "at": WALL}
    with writing(clinic) as connection:
        connection.execute(schema.fact.insert().values(row | {"body": msgspec.json.encode(record).decode()}))


@on_both
def test_a_revoked_stations_messages_are_kept_aside_and_not_confirmed(clinic, rep):
    assert send(clinic, rep(1)).stored == 1
    revoke(clinic)
    outcome = send(clinic, rep(2))
    assert (outcome.stored, outcome.quarantined, dict(outcome.acknowledge)) == (0, 1, {})
    with clinic.connect() as connection:
        (kept,) = connection.execute(select(schema.quarantine)).all()
    assert "was revoked" in kept.reason


# ---- A03: in another's name --------------------------------------------------------------------------------------


@on_both
@pytest.mark.parametrize(
    "record",
    [
        SessionStarted("session-0001", OTHER_PATIENT, 1, WALL),
        Locked("lock-0001", OTHER_PATIENT, Severity.EMERGENCY, ("saddle_numb",), WALL),
        FlagsAnswered("asked-0001", OTHER_PATIENT, Form.SHORT, WALL, ("saddle_numb",), ()),
    ],
)
def test_a_station_can_tell_nothing_of_another_stations_patient(clinic, record):
    outcome = send(clinic, record)
    assert (outcome.stored, outcome.quarantined, dict(outcome.acknowledge)) == (0, 1, {})
    with clinic.connect() as connection:
        (kept,) = connection.execute(select(schema.quarantine)).all()
        assert (kept.sort, kept.station_id) == ("stranger", STATION)
        assert kept.reason == f"a record of patient {OTHER_PATIENT}, whom {STATION} does not serve"
        told = known(connection, STATION)
    assert told.trouble == f"it sent {kept.reason}"


@on_both
def test_who_speaks_in_anothers_name_is_noted_once_a_day_in_its_own_history(clinic, rep):
    for number in range(5):
        send(clinic, rep(number + 1), OTHER, topic=STATION)
    send(clinic, rep(9), OTHER, topic=STATION, now=WALL + 86_401.0)
    with clinic.connect() as connection:
        noted = events(connection, STATION)
        assert [(one.at - WALL, one.what, one.author) for one in noted] == [
            (86_401.0, "posed", STATION), (0.0, "posed", STATION),
        ]  # fmt: skip
        assert noted[0].note == f"it sent a message of {OTHER} on st/{STATION}/up/rep"
        assert events(connection, OTHER) == [], "it did nothing"
        assert connection.execute(select(schema.rep)).all() == []


@on_both
def test_one_that_is_revoked_while_it_is_being_paired_stays_unpaired(clinic):
    with writing(clinic) as connection:
        open_offer(connection, STATION, "ABC", "hash", WALL + 600, WHO, WALL)
        offer = find_offer(connection, "ABC")
    revoke(clinic)
    with writing(clinic) as connection:
        assert not take(connection, offer, hashed("word"), "192.0.2.7", WALL)
        assert known(connection, STATION).paired_at is None


def test_a_revoked_station_is_not_among_those_who_may_connect(clinic):
    with writing(clinic) as connection:
        open_offer(connection, STATION, "ABC", "hash", WALL + 600, WHO, WALL)
        take(connection, find_offer(connection, "ABC"), hashed("word"), "192.0.2.7", WALL)
        assert list(credentials(connection)) == [STATION]
    revoke(clinic)
    with clinic.connect() as connection:
        assert credentials(connection) == {}
        stored = connection.scalar(select(schema.station.c.credential).where(schema.station.c.id == STATION))
        assert stored is None, "not even the hash is kept"
        assert find_offer(connection, "ABC") is None


def test_a_revoked_station_gets_neither_plans_nor_clearances(clinic, keys, plan):
    signer, _ = keys
    lock(clinic)
    with writing(clinic) as connection:
        write_plan(connection, signer, plan(), WHO, "First plan", WALL)
        clear_lock(connection, signer, locks(connection, PATIENT)[0], WHO, "Seen.", WALL)
        assert len(unpublished(connection)) == len(unreceived(connection)) == len(unheard(connection)) == 1
    revoke(clinic)
    with writing(clinic) as connection:
        assert len(unpublished(connection)) == len(unreceived(connection)) == len(unheard(connection)) == 0
        with pytest.raises(PlanError, match="was revoked; make a new one first"):
            write_plan(connection, signer, plan(version=2), WHO, "Again", WALL)


def test_a_new_station_of_the_same_patient_begins_with_nothing(clinic, keys, plan):
    signer, _ = keys
    with writing(clinic) as connection:
        write_plan(connection, signer, plan(version=7), WHO, "Seventh plan", WALL)
    revoke(clinic)
    make(clinic)
    with writing(clinic) as connection:
        assert unpublished(connection) == []
        write_plan(connection, signer, plan(version=1, station_id=NEW), WHO, "A gate of its own", WALL)
        assert [(one.station_id, one.version) for one in unpublished(connection)] == [(NEW, 1)]


@on_both
def test_a_lock_that_its_station_says_has_ended_is_in_force_until_a_clinician_clears_it(clinic, keys):
    """Else somebody who took the station over could bring a locked patient to train, on a new one at that."""
    lock(clinic)
    assert send(clinic, Unlocked("lock-0001", WALL, "Dr K. Lind")).stored == 1
    with writing(clinic) as connection:
        (known_lock,) = locks(connection, PATIENT, in_force=True)
        assert known_lock.ended_at is None
        revoke_station(connection, STATION, WHO, "It was stolen.", WALL)
        with pytest.raises(StationError, match="is locked"):
            make_station(connection, NEW, PATIENT, WHO, WALL)
        clear_lock(connection, keys[0], known_lock, WHO, "Seen.", WALL)
        make_station(connection, NEW, PATIENT, WHO, WALL)


@on_both
def test_a_patient_has_one_station_at_a_time(clinic):
    with pytest.raises(StationError, match=f"has station {STATION}; revoke it first"):
        make(clinic)
    revoke(clinic)
    make(clinic)
    with clinic.connect() as connection:
        assert [(one.id, one.in_service) for one in stations(connection) if one.patient_id == PATIENT] == [
            (NEW, True), (STATION, False),
        ]  # fmt: skip


def test_a_locked_patient_gets_no_new_station_until_a_clinician_has_cleared_the_lock(clinic, keys):
    lock(clinic)
    revoke(clinic)
    with pytest.raises(StationError, match="locked by a red-flag answer"):
        make(clinic)
    with writing(clinic) as connection:
        (one,) = locks(connection, PATIENT)
        acknowledge(connection, one, WHO, WALL)
        clear_lock(connection, keys[0], one, WHO, "Seen in clinic.", WALL)
    make(clinic)
    with writing(clinic) as connection, pytest.raises(ClearanceError, match="cleared already"):
        clear_lock(connection, keys[0], locks(connection, PATIENT)[0], WHO, "Again.", WALL)


@pytest.mark.parametrize(
    ("station_id", "patient_id", "why"),
    [("+", PATIENT, "refused"), ("st/+/up/#", PATIENT, "refused"), (NEW, "patient-z-0009", "not known here")],
)
def test_what_cannot_be_a_station_is_refused(clinic, station_id, patient_id, why):
    with pytest.raises(StationError, match=why):
        make(clinic, station_id, patient_id)


def test_revoking_needs_a_reason_and_is_for_good(clinic):
    with writing(clinic) as connection, pytest.raises(StationError, match="needs a reason"):
        revoke_station(connection, STATION, WHO, "  ", WALL)
    revoke(clinic)
    with pytest.raises(StationError, match="revoked already"):
        revoke(clinic)
    with writing(clinic) as connection:
        with pytest.raises(StationError, match="was revoked; make a new one"):
            open_offer(connection, STATION, "ABC", "hash", WALL, WHO, WALL)
        with pytest.raises(StationError, match="not known here"):
            known(connection, "station-z-0009")


@on_both
def test_a_paired_station_is_never_paired_again(clinic):
    with writing(clinic) as connection:
        open_offer(connection, STATION, "ABC", "hash", WALL + 600, WHO, WALL)
        offer = find_offer(connection, "ABC")
        assert take(connection, offer, hashed("word"), "192.0.2.7", WALL)
        assert not take(connection, offer, hashed("another"), "192.0.2.8", WALL), "who comes at the same moment"
        with pytest.raises(StationError, match="is paired; to pair another device, revoke it"):
            open_offer(connection, STATION, "XYZ", "hash", WALL + 600, WHO, WALL)


@on_both
def test_every_step_is_kept_with_who_and_when_and_why(clinic):
    revoke(clinic)
    make(clinic)
    with writing(clinic) as connection:
        open_offer(connection, NEW, "ABC", "hash", WALL + 600, WHO, WALL + 2)
        take(connection, find_offer(connection, "ABC"), hashed("word"), "192.0.2.7", WALL + 3)
    with clinic.connect() as connection:
        steps = [
            (one.what, one.author, one.at, one.note)
            for one in (*events(connection, STATION), *events(connection, NEW))
        ]
    assert steps == [
        ("revoked", WHO, WALL, "Replaced by another device."),
        ("paired", "192.0.2.7", WALL + 3, ""),
        ("code", WHO, WALL + 2, ""),
        ("made", WHO, WALL + 1, ""),
    ]
