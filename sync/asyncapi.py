"""``docs/asyncapi.json``: every message that crosses, written from the very types that encode and decode it.

``python -m sync.asyncapi > docs/asyncapi.json``. A test keeps the file current. AsyncAPI 3.0.0 with the MQTT binding
0.2.0; operations are told from the station's side.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterable
from typing import Any

import msgspec

from edge.records import ID_SHAPE
from sync.channels import DOWN, RECORDS, UP, Channel
from sync.messages import MAX_BYTES, VERSION, Up
from sync.topics import down, up

ASYNCAPI, MQTT_BINDING = "3.0.0", "0.2.0"
SCHEMAS = "#/components/schemas/"
STATION = "{station}"
INFO = (
    "What a Steadyrig station and its clinic say to each other. Ids of stations and patients are pseudonymous: no "
    "name, address or date of birth ever crosses. A message has at most {limit} bytes and names its schema version; "
    "readers tolerate fields they do not know and refuse a version they do not know. NaN, infinities, a key given "
    "twice and NUL characters are refused. Delivery is at least once and in any order; what makes it exactly once in "
    "effect is the key of a record, the same on every delivery. `docs/architecture.md` tells the way of the data."
)


def document() -> dict[str, Any]:
    """Return the AsyncAPI document as plain values."""
    both = [("up", one) for one in UP] + [("down", one) for one in DOWN]
    return {
        "asyncapi": ASYNCAPI,
        "info": {
            "title": "Steadyrig: station and clinic",
            "version": str(VERSION),
            "description": INFO.format(limit=MAX_BYTES),
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "servers": {"clinic": _server()},
        "channels": {f"{way}_{one.kind}": _channel(way, one) for way, one in both},
        "operations": {f"{way}_{one.kind}": _operation(way, one) for way, one in both},
        "components": {
            "securitySchemes": {"station": {"type": "userPassword", "description": "One user for each station."}},
            "messages": {f"{way}_{one.kind}": _message(one) for way, one in both},
            "schemas": _schemas(),
        },
    }


def page() -> str:
    """Return the document as it stands in ``docs/asyncapi.json``."""
    return json.dumps(_whole(document()), indent=1, ensure_ascii=False) + "\n"


def _whole(value: Any) -> Any:
    """Write limits such as 10000.0 as whole numbers: Python shares equal ones, and which it met first may vary."""
    match value:
        case dict():
            return {name: _whole(inner) for name, inner in value.items()}
        case list() | tuple():
            return [_whole(inner) for inner in value]
        case float() if value.is_integer():
            return int(value)
    return value


def _server() -> dict[str, Any]:
    return {
        "host": "broker.clinic.example:8883",
        "protocol": "secure-mqtt",
        "protocolVersion": "5.0",
        "description": "The clinic's broker. It lets a station write below `st/<its id>/up/` and read below "
        "`st/<its id>/down/`, and nothing else; the user name is the client id.",
        "security": [{"$ref": "#/components/securitySchemes/station"}],
        "bindings": {
            "mqtt": {
                "cleanSession": False,
                "keepAlive": 30,
                "lastWill": {"topic": up(STATION, "status"), "qos": 1, "retain": True},
                "bindingVersion": MQTT_BINDING,
            }
        },
    }


def _channel(way: str, one: Channel) -> dict[str, Any]:
    address = (up if way == "up" else down)(STATION, one.kind)
    return {
        "address": address,
        "description": _summary(_subject(one)),
        "parameters": {"station": {"description": f"The station's pseudonymous id, `{ID_SHAPE}`."}},
        "messages": {one.kind: {"$ref": f"#/components/messages/{way}_{one.kind}"}},
    }


def _operation(way: str, one: Channel) -> dict[str, Any]:
    return {
        "action": "send" if way == "up" else "receive",
        "channel": {"$ref": f"#/channels/{way}_{one.kind}"},
        "summary": _summary(_subject(one)),
        "description": f"Acknowledged: {one.acknowledged}",
        "bindings": {"mqtt": {"qos": 1, "retain": one.retained, "bindingVersion": MQTT_BINDING}},
    }


def _message(one: Channel) -> dict[str, Any]:
    payload: dict[str, Any] = {"$ref": SCHEMAS + one.carries.__name__}
    if one.carries is Up:
        record = {"$ref": SCHEMAS + RECORDS[one.kind].__name__}
        payload = {"allOf": [payload, {"type": "object", "properties": {"record": record}}]}
    return {
        "name": one.kind,
        "title": _subject(one).__name__,
        "summary": _summary(_subject(one)),
        "contentType": "application/json",
        "payload": payload,
        "x-max-bytes": MAX_BYTES,
    }


def _subject(one: Channel) -> type[msgspec.Struct]:
    """Return the type that a kind is about: for a message up, the record in it."""
    return RECORDS[one.kind] if one.carries is Up else one.carries


def _summary(of: type[msgspec.Struct]) -> str:
    return _plain(inspect.getdoc(of) or "").split("\n\n")[0].replace("\n", " ")


def _schemas() -> dict[str, Any]:
    types: Iterable[type[msgspec.Struct]] = dict.fromkeys(one.carries for one in (*UP, *DOWN))
    schemas = msgspec.json.schema_components(list(types), ref_template=SCHEMAS + "{name}")[1]
    for one in schemas.values():
        if "description" in one:
            one["description"] = _plain(inspect.cleandoc(one["description"]))
    return schemas


def _plain(text: str) -> str:
    """Return a docstring as CommonMark, which AsyncAPI asks for."""
    return text.replace(":class:", "").replace("``", "`")


if __name__ == "__main__":
    print(page(), end="")
