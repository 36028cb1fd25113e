"""The stations on the panel: made, paired by a code that is shown once, and revoked with a reason."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from datetime import UTC, datetime

import msgspec
import pytest
from panel_seed import ANA, ANA_STATION, LEA, NAME, NOW, PER, PER_STATION, SECRET, rows, token, told
from sqlalchemy import select

from edge.programme import parse_prescription
from edge.records import Locked, SessionStarted, Severity, key
from sync.broker.passwords import hashed
from sync.certificates import server_files
from sync.pairing.client import read_invitation
from sync.pairing.desk import Desk, Place
from sync.pairing.messages import Granted, Redeem
from sync.panel import stations as pages
from sync.panel.app import create_app
from sync.panel.config import Door
from sync.signed import Kind
from sync.signing import VERIFY_KEY, load_verifier, verify
from sync.store import schema
from sync.store.outgoing import newest
from sync.store.stations import known

CA = b"the clinic's CA in DER"


@pytest.fixture
def open_clinic(clinic):
    """The same clinic with pairing switched on."""
    clinic.app.extensions["engine"].dispose()
    clinic.config = replace(clinic.config, door=Door("clinic.example", 8884, CA))
    clinic.app = create_app(clinic.config)
    yield clinic
    clinic.app.extensions["engine"].dispose()


def press(client, path, **form):
    return client.post(path, data={"csrf_token": token(client.get("/stations").text)} | form)


def make(client, patient_id=LEA):
    """Make a station on the panel and return the path of its page."""
    answer = press(client, "/stations", patient=patient_id)
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"]


def shown_code(page):
    return read_invitation(html.unescape(re.search(r"steadyrig pair ([^<]+)<", page)[1]))


def redeem(clinic, invitation, word="a password of the station"):
    code = invitation.code
    desk = Desk(clinic.engine, SECRET, Place("clinic.example", 8883, "key"), clinic.config.now)
    return desk.answer(Redeem(code.name, code.secret, hashed(word)), "192.0.2.7")


def revoke(client, station_id=ANA_STATION, reason="The device was stolen."):
    return press(client, f"/stations/{station_id}/revoke", reason=reason)


def test_every_station_is_listed_with_its_state(open_clinic):
    page = open_clinic.logged_in().get("/stations").text
    assert page.index(ANA_STATION) < page.index(PER_STATION)
    assert "online" in page
    assert "heard 3 h ago" in page
    open_clinic.later(3600.0)
    assert "online" not in open_clinic.logged_in().get("/stations").text, "nobody has said so for an hour"


def without_token(page):
    """A page but for the token of its forms, which holds the second at which it was made."""
    return page.replace(token(page), "")


def test_a_station_that_speaks_in_anothers_name_is_told_first(open_clinic):
    """A03: nothing of it is on the other patient's page, and everybody who looks at the stations sees it."""
    client = open_clinic.logged_in()
    before = without_token(client.get(f"/patients/{PER}").text)
    told(open_clinic.engine, ANA_STATION, [SessionStarted("session-9999", PER, 1, NOW)])
    said = f"it sent a record of patient {PER}, whom {ANA_STATION} does not serve"
    assert said in client.get("/stations").text
    assert said in client.get(f"/stations/{ANA_STATION}").text.partition("History")[2]
    assert without_token(client.get(f"/patients/{PER}").text) == before


def test_a_certificate_that_nothing_renews_is_told_in_time(open_clinic, tmp_path):
    files = server_files(tmp_path / "keys", ["clinic.example"], datetime.fromtimestamp(NOW, UTC))
    open_clinic.app.config["PANEL"] = replace(
        open_clinic.config, door=Door("clinic.example", 8884, CA, files.certificate)
    )
    page = open_clinic.logged_in().get("/stations").text
    assert "certificate" not in page
    open_clinic.later(files.ends_at.timestamp() - NOW - 12.5 * 86_400)
    assert "could not be renewed and ends in 12 days." in open_clinic.logged_in().get("/stations").text
    files.certificate.write_text("spoilt")
    assert "cannot be used" in open_clinic.logged_in().get("/stations").text


def test_a_station_is_made_for_a_patient_who_has_none(open_clinic):
    client = open_clinic.logged_in()
    assert f'value="{LEA}"' in client.get("/stations").text
    assert f'value="{ANA}"' not in client.get("/stations").text
    page = client.get(make(client)).text
    assert "Lea D." in page
    assert "Not paired yet." in page
    assert f'<td data-label="Who or where">{NAME}</td>' in page
    assert "Every patient has a station in service." in client.get("/stations").text


def test_a_station_whose_patient_has_no_plan_leads_to_one(open_clinic):
    client = open_clinic.logged_in()
    page = client.get(make(client)).text
    assert "Lea D. has no plan yet" in page
    assert f'href="/patients/{LEA}/plan/start"' in page
    assert "has no plan yet" not in client.get(f"/stations/{ANA_STATION}").text


def test_nobody_gets_a_second_station_by_pressing_twice(open_clinic):
    client = open_clinic.logged_in()
    form = {"csrf_token": token(client.get("/stations").text), "patient": LEA}
    assert [client.post("/stations", data=form).status_code for _ in range(2)] == [303, 409]


@pytest.mark.parametrize("patient", ["", "patient-none-0009", "x\0y"])
def test_a_station_needs_a_patient(open_clinic, patient):
    answer = press(open_clinic.logged_in(), "/stations", patient=patient)
    assert answer.status_code == 422
    assert pages.SAY_PATIENT in answer.text


def test_the_code_is_shown_once_as_text_and_picture_and_kept_nowhere(open_clinic):
    client = open_clinic.logged_in()
    path = make(client)
    page = press(client, f"{path}/code").text
    invitation = shown_code(page)
    assert (invitation.host, invitation.port) == ("clinic.example", 8884)
    assert invitation.code.proves(CA)
    assert not invitation.code.proves(b"another CA")
    assert "<svg" in page
    assert "style=" not in page, "the browser refuses it"
    assert "".join(re.findall(r"<span>([2-9A-Z]{4})</span>", page)) == str(invitation.code).replace("-", "")
    for text in (client.get(path).text, client.get("/stations").text, str(stored(open_clinic))):
        assert invitation.code.secret not in text
    assert client.get(f"{path}/code").status_code == 405


def test_a_code_that_leads_no_device_here_says_so(open_clinic):
    client = open_clinic.logged_in()
    path = make(client)
    assert "is this computer itself" not in press(client, f"{path}/code").text
    open_clinic.config = replace(open_clinic.config, door=Door("127.0.0.1", 8884, CA))
    open_clinic.app.config["PANEL"] = open_clinic.config
    assert "127.0.0.1 is this computer itself" in press(client, f"{path}/code").text


def stored(clinic):
    with clinic.engine.connect() as db:
        return [
            tuple(row)
            for table in (schema.pairing, schema.station, schema.station_event)
            for row in db.execute(select(table))
        ]


def test_a_code_that_was_redeemed_shows_on_the_stations_page(open_clinic):
    client = open_clinic.logged_in()
    path = make(client)
    answer = redeem(open_clinic, shown_code(press(client, f"{path}/code").text))
    assert isinstance(answer, Granted)
    assert (answer.station_id, answer.patient_id) == (path.rsplit("/", 1)[1], LEA)
    page = client.get(path).text
    assert "Paired, never heard yet." in page
    assert "192.0.2.7" in page
    assert "Show a pairing code" not in page
    assert press(client, f"{path}/code").status_code == 409


def test_a_new_code_ends_the_one_before(open_clinic):
    client = open_clinic.logged_in()
    path = make(client)
    first, second = (shown_code(press(client, f"{path}/code").text) for _ in range(2))
    assert not isinstance(redeem(open_clinic, first), Granted)
    assert isinstance(redeem(open_clinic, second), Granted)


def test_a_code_used_twice_is_told_to_the_clinician(open_clinic):
    client = open_clinic.logged_in()
    path = make(client)
    invitation = shown_code(press(client, f"{path}/code").text)
    redeem(open_clinic, invitation)
    redeem(open_clinic, invitation, "the password of another device")
    for page in (client.get(path).text, client.get("/stations").text):
        assert "he pairing code was typed in a second time, and refused" in page
    assert "If nobody here did that, revoke this station." in client.get(path).text
    open_clinic.later(pages.TROUBLE_S)
    client = open_clinic.logged_in()
    assert "Paired, never heard yet." in client.get(path).text
    assert "A second try from" in client.get(path).text, "the history keeps it"


def test_without_a_door_no_code_is_shown(clinic):
    client = clinic.logged_in()
    path = make(client)
    assert "Pairing by code is switched off here." in client.get(path).text
    assert press(client, f"{path}/code").status_code == 404


def test_revoking_is_kept_with_reason_and_name(open_clinic):
    client = open_clinic.logged_in()
    assert revoke(client).status_code == 303
    page = client.get(f"/stations/{ANA_STATION}").text
    assert "Revoked." in page
    assert "The device was stolen." in page
    assert NAME in page
    assert "Revoke this station" not in page
    with open_clinic.engine.connect() as db:
        assert not known(db, ANA_STATION).in_service
    assert revoke(client).status_code == 409


@pytest.mark.parametrize("reason", ["", "   ", "x" * 301, "a\0b"])
def test_nothing_is_revoked_without_a_reason(open_clinic, reason):
    answer = revoke(open_clinic.logged_in(), reason=reason)
    assert answer.status_code == 422
    assert pages.SAY_REASON in answer.text
    with open_clinic.engine.connect() as db:
        assert known(db, ANA_STATION).in_service


def test_the_plan_goes_with_the_patient_to_the_next_station(open_clinic):
    client = open_clinic.logged_in()
    revoke(client)
    station_id = make(client, ANA).rsplit("/", 1)[1]
    with open_clinic.engine.connect() as db:
        moved, before = (
            newest(db, Kind.PLAN, station_id),
            db.scalar(
                select(schema.prescription.c.payload).where(
                    schema.prescription.c.station_id == ANA_STATION, schema.prescription.c.version == 2
                )
            ),
        )
    verifier = load_verifier(open_clinic.config.key_folder / VERIFY_KEY)
    assert verify(verifier, moved.payload, moved.signature)
    plan, old = parse_prescription(moved.payload), parse_prescription(before)
    assert (plan.version, plan.station_id) == (3, station_id)
    assert plan.rows == old.rows
    page = client.get(f"/patients/{ANA}").text
    assert "Plan 2, for the station that takes the place of the one before." in page
    assert "not yet, waiting for the station" in page


def test_a_locked_patient_gets_no_new_station(open_clinic):
    record = Locked("lock-per-0001", PER, Severity.EMERGENCY, ("saddle_numb",), NOW - 120)
    rows(open_clinic.engine, schema.fact, {
        "station_id": PER_STATION, "key": key(record), "kind": "lock", "session_id": None, "at": record.at,
        "body": msgspec.json.encode(record).decode(),
    })  # fmt: skip
    client = open_clinic.logged_in()
    revoke(client, PER_STATION)
    answer = press(client, "/stations", patient=PER)
    assert answer.status_code == 409
    assert "locked by a red-flag answer; a clinician clears the lock first" in answer.text


def test_a_station_that_is_not_there_is_not_found(open_clinic):
    client = open_clinic.logged_in()
    assert client.get("/stations/station-none-0001").status_code == 404
    assert press(client, "/stations/station-none-0001/code").status_code == 404
    assert revoke(client, "station-none-0001").status_code == 404
