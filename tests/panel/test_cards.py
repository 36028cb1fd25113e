"""The pocket card from the panel, and a week from paper typed in: self-reported, once, for the right patient."""

from __future__ import annotations

import json
from datetime import date

import pytest
from panel_seed import ANA, ANA_STATION, LEA, NAME, PER, token
from sqlalchemy import func, select

from sync.card.codes import Week, card_code, return_code
from sync.store import schema

PATH = f"/patients/{ANA}/paper"
MONDAY = date(2026, 11, 16)  # the seeded clinic's today is Saturday the 21st
CODE = return_code(Week(card_code(ANA, 2), MONDAY))
GOOD = {"code": CODE, "total": "3", **dict(zip("0123456", "1011000", strict=True))}


def send(client, path=PATH, **changes):
    """Fill in the form and send it."""
    return client.post(path, data=GOOD | {"csrf_token": token(client.get(PATH).text)} | changes)


def stored(clinic):
    """Return the bodies of the activities in the database."""
    fact = schema.fact.c
    with clinic.engine.connect() as db:
        wanted = select(fact.body).where(fact.kind == "activity", fact.station_id == ANA_STATION).order_by(fact.key)
        return [json.loads(body) for body in db.scalars(wanted)]


def test_the_card_is_a_pdf_of_the_newest_plan(clinic):
    answer = clinic.logged_in().get(f"/patients/{ANA}/card.pdf")
    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
    assert answer.data.startswith(b"%PDF-")
    assert f'card-{card_code(ANA, 2)}-2.pdf"' in answer.headers["Content-Disposition"]
    assert answer.headers["Cache-Control"] == "no-store"


def test_the_patients_page_leads_to_both(clinic):
    page = clinic.logged_in().get(f"/patients/{ANA}").text
    assert f'href="/patients/{ANA}/card.pdf"' in page
    assert f'href="{PATH}"' in page


@pytest.mark.parametrize("path", [f"/patients/{ANA}/card.pdf", PATH])
def test_nobody_sees_either_without_logging_in(clinic, path):
    answer = clinic.client().get(path)
    assert (answer.status_code, b"%PDF" in answer.data, b"Ticks" in answer.data) == (401, False, False)


@pytest.mark.parametrize(
    "path", [f"/patients/{LEA}/card.pdf", f"/patients/{LEA}/paper", f"/patients/{ANA}/card.pdf?week=99"]
)
def test_what_is_not_there_is_not_found(clinic, path):
    assert clinic.logged_in().get(path).status_code == 404


def test_a_week_becomes_self_reported_sessions_of_its_days(clinic):
    client = clinic.logged_in()
    answer = send(client)
    assert answer.status_code == 303
    page = client.get(answer.headers["Location"]).text
    assert "Saved: 3 new sessions." in page
    assert "2026-11-16" in page
    bodies = stored(clinic)
    assert [one["day"] for one in bodies] == ["2026-11-16", "2026-11-18", "2026-11-19"]
    assert {one["what"] for one in bodies} == {"paper_session"}
    assert NAME in bodies[0]["note"]


def test_the_same_week_again_stores_nothing_and_more_ticks_only_what_is_new(clinic):
    client = clinic.logged_in()
    send(client)
    again = client.get(send(client).headers["Location"]).text
    assert "Saved: 0 new sessions, 3 were here already." in again
    send(client, **{"1": "1", "total": "4"})
    assert len(stored(clinic)) == 4
    with clinic.engine.connect() as db:
        ledger = schema.record.c
        known = select(func.count()).where(ledger.kind == "activity", ledger.station_id == ANA_STATION)
        assert db.scalar(known) == 4


def test_fewer_ticks_than_before_change_nothing(clinic):
    client = clinic.logged_in()
    send(client)
    answer = send(client, **{"0": "0", "total": "2"})
    assert answer.status_code == 422
    assert "More was typed in before for this week: 3 ticks." in answer.text
    assert len(stored(clinic)) == 3


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"code": CODE[:-1] + ("2" if CODE[-1] != "2" else "3")}, "does not fit together"),
        ({"code": return_code(Week(card_code(PER, 1), MONDAY))}, "not of this patient"),
        ({"code": ""}, "A code has 8 characters. Here are 0."),
        ({"total": "4"}, "The days add up to 3, the row to 4."),
        ({"0": ""}, "Write a whole number in every field"),
        ({"0": "\N{SUPERSCRIPT TWO}"}, "Write a whole number in every field"),
        ({"0": "9", "total": "11"}, "from 0 to"),
        ({"6": "1", "total": "4"}, "Sunday has not come yet."),
        ({"code": "<script>"}, "is in no code"),
    ],
)
def test_a_slip_is_told_and_what_was_typed_stays(clinic, changes, sentence):
    answer = send(clinic.logged_in(), **changes)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert "<script>" not in answer.text
    assert 'value="1"' in answer.text
    assert stored(clinic) == []


def test_a_form_of_another_site_is_refused(clinic):
    assert send(clinic.logged_in(), csrf_token="").status_code == 400
    assert stored(clinic) == []
