"""F44, F47: what could not be stored is told to the clinician, with why, until somebody has seen it."""

from __future__ import annotations

import re

import pytest
from panel_seed import ANA, ANA_STATION, NAME, NOW, PER, token

from sync.store import schema, writing
from sync.store.quarantine import Aside, Sort, set_aside
from sync.topics import up


def put(clinic, sort, number=1, station=ANA_STATION, reason="", at=NOW):
    messages = [
        Aside(sort, up(station, "rep"), f"{sort} {n}".encode(), reason or f"reason {n}") for n in range(number)
    ]
    with writing(clinic.engine) as connection:
        set_aside(connection, messages, at)


def page(clinic, address="/"):
    return clinic.logged_in().get(address).get_data(as_text=True)


def test_nothing_is_said_where_nothing_was_set_aside(clinic):
    assert "set a" not in page(clinic).replace("Messages set aside", "")
    assert "Nothing is set aside" in page(clinic, "/messages")


@pytest.mark.parametrize(
    ("sort", "said"),
    [
        (Sort.CONFLICT, "3 messages from a station came a second time with other content."),
        (Sort.VERSION, "3 messages from a station came from a newer program."),
        (Sort.CLOCK, "3 messages from a station came with a date in the future."),
        (Sort.POISON, "3 messages from a station could not be read."),
    ],
)
def test_the_list_and_the_patient_say_it_and_no_other_patient_does(clinic, sort, said):
    put(clinic, sort, 3)
    assert said in page(clinic)
    assert said in page(clinic, f"/patients/{ANA}")
    assert said not in page(clinic, f"/patients/{PER}")


def test_the_page_names_station_patient_number_and_reason(clinic):
    put(clinic, Sort.CONFLICT, 2, reason="session-0001/1/rep/3 came before with other content")
    put(clinic, Sort.VERSION, 1, reason="message has schema version 2; this program reads version 1")
    put(clinic, Sort.STRANGER, 1, station="station-x-0009", reason="station station-x-0009 is not known here")
    shown = page(clinic, "/messages")
    assert re.findall(r'data-sort="(\w+)"', shown) == ["conflict", "version", "stranger"]
    for part in ("Ana M.", ANA_STATION, "rep/3 came before", "schema version 2; this program reads version 1"):
        assert part in shown


def test_what_was_seen_is_kept_and_no_longer_said(clinic):
    put(clinic, Sort.CONFLICT, 2)
    client = clinic.logged_in()
    form = {"csrf_token": token(client.get("/messages").get_data(as_text=True))}
    assert client.post("/messages/seen", data=form).status_code == 303
    with clinic.engine.connect() as connection:
        rows = connection.execute(schema.quarantine.select()).all()
    assert [(row.seen_by, row.seen_at) for row in rows] == [(NAME, NOW)] * 2
    assert "came a second time" not in page(clinic)
    assert "Came a second time" in page(clinic, "/messages")
    put(clinic, Sort.POISON)
    assert "1 message from a station could not be read." in page(clinic)


def test_hostile_text_is_inert(clinic):
    put(clinic, Sort.POISON, reason="<script>alert(1)</script>")
    assert "<script>" not in page(clinic, "/messages")


def test_it_is_for_clinicians_only(clinic):
    assert clinic.client().get("/messages").status_code in (302, 303, 401)
    assert clinic.client().post("/messages/seen").status_code in (302, 303, 400, 401, 403)


def test_what_was_thrown_away_is_counted(clinic, monkeypatch):
    monkeypatch.setattr("sync.store.quarantine.MOST", 2)
    put(clinic, Sort.POISON, 5)
    assert "3 of 5 messages that could not be read were thrown away" in page(clinic, "/messages")
