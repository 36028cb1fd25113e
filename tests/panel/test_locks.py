"""A locked patient on the panel: on top of the list until seen, and cleared only with a reason and a signature."""

from __future__ import annotations

import msgspec
import pytest
from panel_seed import ANA, ANA_STATION, LEA, NAME, NOW, PER, PER_STATION, rows, token
from sqlalchemy import select

from edge.records import STORE_LOST, Locked, Severity, Unlocked, key
from sync.panel import locks
from sync.signed import Kind, judge
from sync.signing import VERIFY_KEY, load_verifier
from sync.store import schema
from sync.store.clearances import unheard

LOCK = "lock-per-0001"
PAGE = f"/patients/{PER}/locks/{LOCK}"


def arrive(engine, station_id, record):
    """A record of a kind without a table of its own came from a station."""
    rows(engine, schema.fact, {
        "station_id": station_id, "key": key(record), "kind": record.__struct_config__.tag, "session_id": None,
        "at": record.at, "body": msgspec.json.encode(record).decode(),
    })  # fmt: skip


def lock(at=NOW - 120, lock_id=LOCK, severity=Severity.EMERGENCY, patient_id=PER, flags=("saddle_numb",)):
    return Locked(lock_id, patient_id, severity, flags, at)


@pytest.fixture
def locked(clinic):
    """Per is locked since two minutes."""
    arrive(clinic.engine, PER_STATION, lock())
    return clinic


def order_of(page):
    return sorted((ANA, PER, LEA), key=lambda patient_id: page.index(f'data-patient="{patient_id}"'))


def press(client, path, **form):
    return client.post(path, data={"csrf_token": token(client.get(PAGE).text)} | form)


def clearances(clinic):
    with clinic.engine.connect() as db:
        return db.execute(select(schema.clearance)).all()


def test_a_locked_patient_stands_on_top_with_what_to_do(locked):
    page = locked.logged_in().get("/").text
    assert order_of(page)[0] == PER
    assert "Locked for 2 min by a red-flag answer. Told to go to the emergency department." in page
    assert "Nobody has acknowledged it." in page
    assert PAGE in page


def test_an_emergency_that_nobody_has_seen_comes_before_every_other_lock(locked):
    arrive(locked.engine, ANA_STATION, lock(NOW - 9000, "lock-ana-0001", Severity.SEE_CLINICIAN, ANA))
    client = locked.logged_in()
    assert order_of(client.get("/").text)[:2] == [PER, ANA]
    press(client, f"{PAGE}/acknowledge")
    assert order_of(client.get("/").text)[:2] == [ANA, PER]


def test_the_page_says_what_was_answered_in_words(locked):
    page = locked.logged_in().get(PAGE).text
    assert "Is it numb between your legs" in page
    assert "Cauda equina" in page
    assert "Sign and clear" in page


def test_acknowledging_keeps_the_name_and_clears_nothing(locked):
    client = locked.logged_in()
    assert press(client, f"{PAGE}/acknowledge").status_code == 303
    assert press(client, f"{PAGE}/acknowledge").status_code == 303
    assert f"Seen by {NAME}" in client.get(PAGE).text
    assert "I have seen this" not in client.get(PAGE).text
    assert clearances(locked) == []
    assert order_of(client.get("/").text)[0] == PER


def test_a_lock_that_nobody_acknowledges_is_said_on_every_page(locked):
    paths = ("/", f"/patients/{ANA}", PAGE)
    assert not any("not acknowledged for more" in locked.logged_in().get(path).text for path in paths)
    locked.later(locks.ESCALATES_AFTER_S)
    client = locked.logged_in()
    assert all("1 lock not acknowledged for more than 15 minutes" in client.get(path).text for path in paths)
    press(client, f"{PAGE}/acknowledge")
    assert not any("not acknowledged for more" in client.get(path).text for path in paths)


def test_clearing_signs_for_this_station_patient_and_lock(locked):
    client = locked.logged_in()
    assert press(client, f"{PAGE}/clear", reason="Seen in clinic, no signs left.").status_code == 303
    (row,) = clearances(locked)
    verifier = load_verifier(locked.config.key_folder / VERIFY_KEY)
    clearance = judge(Kind.CLEARANCE, row.payload, row.signature, verifier, PER_STATION, PER).content
    assert (clearance.lock_id, clearance.number, clearance.cleared_by) == (LOCK, 1, NAME)
    assert "no signs left" not in row.payload, "the reason stays in the clinic"
    assert row.reason == "Seen in clinic, no signs left."
    page = client.get(PAGE).text
    assert f"Cleared by {NAME}; the station has not told yet that it took it." in page
    assert "Sign and clear" not in page
    arrive(locked.engine, PER_STATION, Unlocked(LOCK, NOW + 5, NAME))
    assert "the station trains again" in client.get(PAGE).text
    assert "Locked for" not in client.get("/").text
    with locked.engine.connect() as db:
        assert unheard(db) == []


@pytest.mark.parametrize("reason", ["", "   ", "x" * 301, "a\0b"])
def test_no_lock_is_cleared_without_a_reason(locked, reason):
    answer = press(locked.logged_in(), f"{PAGE}/clear", reason=reason)
    assert answer.status_code == 422
    assert locks.SAY_REASON in answer.text
    assert clearances(locked) == []


def test_a_lock_is_cleared_once(locked):
    client = locked.logged_in()
    form = token(client.get(PAGE).text)
    for status in (303, 409):
        sent = client.post(f"{PAGE}/clear", data={"csrf_token": form, "reason": "Seen."})
        assert sent.status_code == status
    assert len(clearances(locked)) == 1


def test_clearances_of_a_station_are_numbered_upwards(locked):
    client = locked.logged_in()
    press(client, f"{PAGE}/clear", reason="Seen.")
    arrive(locked.engine, PER_STATION, Unlocked(LOCK, NOW, NAME))
    arrive(locked.engine, PER_STATION, lock(NOW + 60, "lock-per-0002"))
    assert press(client, f"/patients/{PER}/locks/lock-per-0002/clear", reason="Again.").status_code == 303
    assert [row.number for row in clearances(locked)] == [1, 2]


def test_another_patients_lock_is_not_found(locked):
    client = locked.logged_in()
    form = {"csrf_token": token(client.get(PAGE).text), "reason": "Seen."}
    for path in (f"/patients/{ANA}/locks/{LOCK}", f"/patients/{PER}/locks/lock-none-0001"):
        assert client.get(path).status_code == 404
        assert client.post(f"{path}/clear", data=form).status_code == 404
        assert client.post(f"{path}/acknowledge", data=form).status_code == 404
    assert clearances(locked) == []


def test_a_name_this_panel_does_not_know_is_still_shown(locked):
    arrive(locked.engine, PER_STATION, lock(lock_id="lock-per-0003", flags=("a_newer_question",)))
    assert "a_newer_question" in locked.logged_in().get(f"/patients/{PER}/locks/lock-per-0003").text


def test_a_lock_of_a_station_that_lost_its_records_is_no_answer_of_the_patients(locked):
    arrive(locked.engine, PER_STATION, lock(lock_id="lock-per-0004", flags=(STORE_LOST,)))
    page = locked.logged_in().get(f"/patients/{PER}/locks/lock-per-0004").text
    assert "by the station, whose records were broken" in page
    assert "Nobody answered a question" in page
    assert "Answered with yes" not in page
    assert STORE_LOST not in page
