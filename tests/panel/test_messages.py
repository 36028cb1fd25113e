"""Writing to a patient: what may be written, how it is signed, and how far it came; and what a station refused."""

from __future__ import annotations

import msgspec
import panel_seed
import pytest
from panel_seed import ANA, ANA_STATION, LEA, NAME, NOW, receipt, rows, token
from sqlalchemy import select

from edge.records import ForeignRefused, ItemReceipt, key
from sync.notes import Note, NoteError, check_text
from sync.panel.messages import named
from sync.rule_sets import RuleSet, write_rule_set
from sync.signed import Kind, judge
from sync.signing import SIGNING_KEY, VERIFY_KEY, load_signer, load_verifier
from sync.store import schema, writing
from sync.store.items import write_item
from sync.store.outgoing import unpublished

PAGE = f"/patients/{ANA}/messages"
WORDS = "Leave out the squat until Friday. Walk instead."


def send(client, **form):
    filled = {"csrf_token": token(client.get(PAGE).text), "text": WORDS, "until": "2026-11-28"} | form
    return client.post(PAGE, data=filled)


def told(clinic, what, version, state, reason="", at=NOW + 60):
    one = ItemReceipt(what, version, state, at, reason)
    rows(clinic.engine, schema.fact, {
        "station_id": ANA_STATION, "key": key(one), "kind": "item", "session_id": None, "at": at,
        "body": msgspec.json.encode(one).decode(),
    })  # fmt: skip


def written(clinic):
    with clinic.engine.connect() as db:
        return db.execute(select(schema.item).order_by(schema.item.c.id)).all()


def section(client, name="messages"):
    return client.get(f"/patients/{ANA}").text.partition(f'<section id="{name}"')[2].partition("</section>")[0]


def test_a_message_is_signed_for_this_station_and_patient_and_goes_out(clinic):
    client = clinic.logged_in()
    assert send(client).status_code == 303
    (row,) = written(clinic)
    verifier = load_verifier(clinic.config.key_folder / VERIFY_KEY)
    item = judge(Kind.MESSAGE, row.payload, row.signature, verifier, ANA_STATION, ANA)
    assert isinstance(item.content, Note)
    assert (item.version, item.content.text, str(item.valid_until)) == (1, WORDS, "2026-11-28")
    assert NAME not in row.payload, "who wrote it stays in the clinic"
    with clinic.engine.connect() as db:
        assert [one.version for one in unpublished(db) if one.kind is Kind.MESSAGE] == [1]


def test_the_page_shows_how_far_it_came(clinic):
    client = clinic.logged_in()
    send(client)
    assert "not yet, waiting for the station" in section(client)
    told(clinic, "message", 1, "delivered")
    assert "<b>Delivered</b>" in section(client)
    assert "not yet" in section(client)
    told(clinic, "message", 1, "read", at=NOW + 120)
    assert "not yet" not in section(client)
    send(client, text="Rest today.")
    send(client, text="Rest tomorrow.")
    assert "no, a newer one took its place" in section(client)
    told(clinic, "message", 3, "rejected", "message refused: its last day was 2026-11-20")
    assert "Refused by the station" in section(client)


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"text": ""}, "Text has 0 characters; expected 1 to 160"),
        ({"text": "a " * 81}, "Text has 161 characters"),
        ({"text": "w" * 25}, "words of at most 24 characters"),
        ({"text": "turned \u202e round"}, "U+202E, which the screen cannot show"),
        ({"text": "bell \x07"}, "U+0007"),
        ({"text": "well done 🎉"}, "U+1F389"),
        ({"text": "שלום"}, "U+05E9"),
        ({"until": "2026-11-20"}, "Choose a day from today"),
        ({"until": "2027-11-20"}, "Choose a day from today"),
        ({"until": "soon"}, "Choose a day from today"),
    ],
)
def test_what_cannot_be_shown_is_refused_with_a_sentence_and_kept_in_the_form(clinic, form, said):
    client = clinic.logged_in()
    answer = send(client, **form)
    assert answer.status_code == 422
    assert said in answer.text
    assert written(clinic) == []


def test_no_name_leaves_the_clinic_in_a_message(clinic):
    with writing(clinic.engine) as db:
        db.execute(schema.patient.update().where(schema.patient.c.id == ANA).values(name="Ana Lima Costa"))
    client = clinic.logged_in()
    assert "nothing that tells who the patient is" in client.get(PAGE).text
    for text in ("Dear Mrs Lima, rest.", "Rest, ana COSTA!"):
        assert "a station knows no names" in send(client, text=text).text
    assert written(clinic) == []
    assert send(client, text="Rest, Ana.").status_code == 303
    assert not named("Do what you can.", "Do Li", "Do")


def test_accents_that_a_keyboard_put_apart_are_put_together(clinic):
    client = clinic.logged_in()
    send(client, text="Jo\u0301 munka.   Holnap is.")
    assert msgspec.json.decode(written(clinic)[0].payload)["text"] == "J\u00f3 munka. Holnap is."


@pytest.mark.parametrize(
    "text", ["<script>x(1)</script>", "=HYPERLINK(1)", "'; DROP TABLE item; --", "{{ 7*7 }}", "%s %n {0}"]
)
def test_a_message_is_text_and_nothing_else_wherever_it_is_shown(clinic, text):
    client = clinic.logged_in()
    assert send(client, text=text).status_code == 303
    assert msgspec.json.decode(written(clinic)[0].payload)["text"] == text
    page = section(client)
    assert "<script" not in page
    assert "49" not in page
    assert str(len(written(clinic))) == "1"


def test_more_words_than_advised_are_sent_and_said(clinic):
    client = clinic.logged_in()
    send(client, text="one two three four five six seven eight nine ten eleven twelve thirteen")
    assert "More than 12 words" in section(client)


def test_a_patient_without_a_station_gets_no_message_and_a_stranger_no_page(clinic):
    client = clinic.logged_in()
    assert client.get(f"/patients/{LEA}/messages").status_code == 404
    assert client.get("/patients/patient-none-0009/messages").status_code == 404
    assert client.post(PAGE, data={"text": WORDS}).status_code == 400
    assert written(clinic) == []


def test_the_coach_section_shows_how_far_a_rule_set_came(clinic):
    signer = load_signer(clinic.config.key_folder / SIGNING_KEY)
    from importlib.resources import files

    toml = files("edge.content").joinpath("coach.toml").read_text("utf-8")
    with writing(clinic.engine) as db:
        write_item(
            db, signer, Kind.RULES, ANA_STATION, ANA,
            lambda version: write_rule_set(RuleSet(ANA_STATION, ANA, version, toml)), NAME, "2026-11-1", NOW,
        )  # fmt: skip
    client = clinic.logged_in()
    assert "Rule set 1 (2026-11-1) published" in section(client, "coach")
    told(clinic, "rules", 1, "delivered", "it waits until the date is known")
    assert "it waits until the date is known" in section(client, "coach")
    told(clinic, "rules", 1, "in_use")
    assert "it waits until the date is known" not in section(client, "coach")


def test_what_somebody_else_sent_a_station_is_told_on_the_page(clinic):
    client = clinic.logged_in()
    assert "data-refused" not in client.get(f"/patients/{ANA}").text
    panel_seed.told(clinic.engine, ANA_STATION, [
        ForeignRefused("plan", "0" * 16, NOW - 60, "prescription refused: its signature is not the clinic's"),
        ForeignRefused("message", "1" * 16, NOW - 60, "message of 70000 bytes; the limit is 65536"),
        ForeignRefused("plan", "2" * 16, NOW, "prescription refused: it is for station station-per-0002"),
    ])  # fmt: skip
    page = client.get(f"/patients/{ANA}").text
    assert page.count("data-refused") == 2
    assert "the last of 2: prescription refused: it is for station station-per-0002" in page
    assert "the limit is 65536" in page


def test_a_plan_that_was_taken_after_all_is_not_shown_as_refused(clinic):
    """A station whose clock was wrong refuses, and takes the very same plan once it is right."""
    with clinic.engine.connect() as db:
        version = max(db.scalars(select(schema.prescription.c.version)))
    with writing(clinic.engine) as db:
        db.execute(schema.receipt.delete().where(schema.receipt.c.plan_version == version))
    receipt(clinic.engine, ANA_STATION, version, "rejected", NOW, "its last day was 2026-01-01")
    client = clinic.logged_in()
    assert "its last day was 2026-01-01" in section(client, "plan")
    receipt(clinic.engine, ANA_STATION, version, "delivered", NOW + 60, "it begins on 2026-12-01")
    assert "its last day was 2026-01-01" not in section(client, "plan")
    assert "it begins on 2026-12-01" in section(client, "plan")
    row = client.get("/").text.partition(f'data-patient="{ANA}"')[2].partition("</tr>")[0]
    assert row
    assert "refused" not in row


def test_plain_words_are_fine():
    check_text("Jetzt üben – 2 × täglich, “langsam”. Świetnie!")
    with pytest.raises(NoteError):
        check_text("two  spaces")
