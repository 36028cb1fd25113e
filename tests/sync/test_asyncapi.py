"""docs/asyncapi.json says what crosses today: every kind, from the very types, and nobody's name."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from edge.records import kind
from sync import asyncapi
from sync.channels import DOWN, RECORDS, UP
from sync.messages import MAX_BYTES
from sync.topics import down, up

PAGE = Path(__file__).parents[2] / "docs" / "asyncapi.json"


@pytest.fixture
def document():
    return json.loads(PAGE.read_text("utf-8"))


def parts(value):
    """Every object in the document, the document itself among them."""
    if isinstance(value, dict):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from parts(inner)


def at(document, reference):
    for step in reference.removeprefix("#/").split("/"):
        document = document[step]
    return document


def test_the_document_is_current():
    assert PAGE.read_text("utf-8") == asyncapi.page(), "write it anew: python -m sync.asyncapi > docs/asyncapi.json"


def test_every_kind_has_its_channel_and_each_way_is_told_from_the_station(document, session):
    sent = {up("{station}", kind(record)) for record in session()} | {up("{station}", "status")}
    heard = {down("{station}", one.kind) for one in DOWN}
    addresses = {name: channel["address"] for name, channel in document["channels"].items()}
    assert sent | heard <= set(addresses.values())
    assert len(addresses) == len(set(addresses.values())) == len(UP) + len(DOWN)
    for name, operation in document["operations"].items():
        assert operation["action"] == ("send" if "/up/" in addresses[name] else "receive")
        assert operation["bindings"]["mqtt"]["qos"] == 1
        assert operation["description"].startswith("Acknowledged: By ")


def test_what_the_broker_keeps_is_presence_and_the_newest_plan(document):
    kept = {name for name, one in document["operations"].items() if one["bindings"]["mqtt"]["retain"]}
    assert {"up_status", "down_plan"} <= kept
    assert not any(f"up_{name}" in kept for name in RECORDS)


def test_every_reference_leads_somewhere(document):
    references = [part["$ref"] for part in parts(document) if isinstance(part.get("$ref"), str)]
    assert len(references) > 100
    for reference in references:
        assert at(document, reference), reference


def test_a_message_up_holds_the_record_of_its_topic_and_every_one_its_limit(document):
    messages = document["components"]["messages"]
    rep = messages["up_rep"]["payload"]["allOf"][1]["properties"]["record"]["$ref"]
    assert at(document, rep)["properties"]["kind"] == {"enum": ["rep"]}
    assert {message["x-max-bytes"] for message in messages.values()} == {MAX_BYTES}


def test_nobody_can_be_named(document):
    fields = {name for schema in document["components"]["schemas"].values() for name in schema.get("properties", ())}
    assert "patient_id" in fields
    assert not fields & {"first_name", "last_name", "surname", "birth", "born", "email", "phone", "address"}
