"""Everything that crosses between station and clinic, each message with its schema version.

Readers tolerate fields they do not know, so that either side may be updated first; a version they do not know is
refused, because what a known field means may have changed with it.
"""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Annotated, Any, TypeVar, get_args

import msgspec
from msgspec import Meta, Struct

from edge.records import Id, Record, TraceChunk, TracePart, WallSeconds, key

VERSION = 1
MAX_BYTES = 64 * 1024
LARGEST_FLOAT32 = 3.4028234663852886e38

Key = Annotated[str, Meta(min_length=1, max_length=120)]


class MessageError(ValueError):
    """Bytes that are not a usable message; one sentence says why."""


class UnknownVersion(MessageError):  # noqa: N818 - it is a message's state rather than an error of ours
    """A message of another version of this program; the sentence names both versions."""


class Up(Struct, frozen=True):
    """One record on its way to the clinic, handed over at ``t_s`` of the station's run ``boot``.

    ``sure`` says whether anybody had set the clock that said ``wall``.
    """

    v: int
    key: Key
    station: Id
    boot: Annotated[str, Meta(max_length=40)]
    t_s: Annotated[float, Meta(ge=0, le=1e12)]
    wall: WallSeconds
    record: Record
    sure: bool = True


class Ack(Struct, frozen=True):
    """The clinic's database holds the records of these keys: the station need not send them again."""

    v: int
    keys: Annotated[tuple[Key, ...], Meta(max_length=1000)]


class Signed(Struct, frozen=True):
    """What the clinic signed, as JSON text, and the signature (base64) over exactly that text.

    The topic says which kind it is of; ``sync.signed`` reads it.
    """

    v: int
    payload: str
    signature: Annotated[str, Meta(max_length=120)]


class Presence(Struct, frozen=True):
    """Whether the station is connected."""

    v: int
    online: bool
    wall: WallSeconds


Message = TypeVar("Message", Up, Ack, Signed, Presence)


class _Versioned(Struct):
    v: int


class _Kind(Struct):
    kind: str


class _Kinded(Struct):
    record: _Kind


class _Shell(Struct):
    record: msgspec.Raw


KINDS = frozenset(str(one.__struct_config__.tag) for one in get_args(Record))

_encoder = msgspec.json.Encoder()
_versioned = msgspec.json.Decoder(_Versioned)
_kinded = msgspec.json.Decoder(_Kinded)
_shell = msgspec.json.Decoder(_Shell)
_up = msgspec.json.Decoder(Up)
_ack = msgspec.json.Decoder(Ack)
_signed = msgspec.json.Decoder(Signed)
_presence = msgspec.json.Decoder(Presence)


def encode_up(station_id: str, boot: str, t_s: float, wall: float, record: Record, *, sure: bool = True) -> bytes:
    """Return the bytes that carry a record. Raises MessageError where they would exceed MAX_BYTES."""
    return encode(Up(VERSION, key(record), station_id, boot, t_s, wall, record, sure))


def encode(message: Up | Ack | Signed | Presence) -> bytes:
    """Return the bytes of a message. Raises MessageError where they would exceed MAX_BYTES."""
    payload = _encoder.encode(message)
    if len(payload) > MAX_BYTES:
        raise MessageError(f"message of {len(payload)} bytes; the limit is {MAX_BYTES}")
    return payload


def decode_up(payload: bytes) -> Up:
    """Read a record's message. Raises MessageError, and nothing else, for bytes that are not one."""
    message = _decode(_up, payload)
    if message.key != key(message.record):
        raise MessageError(f"message names key {message.key!r}; its record is {key(message.record)!r}")
    if isinstance(message.record, TracePart | TraceChunk):
        _check_trace(message.record)
    return message


def _check_trace(part: TracePart | TraceChunk) -> None:
    try:
        values = part.values
    except ValueError as exc:
        raise MessageError(f"message {key(part)!r}: {exc}") from None
    if not all(abs(value) <= LARGEST_FLOAT32 for value in values):
        raise MessageError(f"message {key(part)!r} holds a value no sensor gives")


def decode_ack(payload: bytes) -> Ack:
    """Read an acknowledgement. Raises MessageError for bytes that are not one."""
    return _decode(_ack, payload)


def decode_signed(payload: bytes) -> Signed:
    """Read something signed, its signature still unchecked. Raises MessageError for bytes that are none."""
    return _decode(_signed, payload)


def decode_presence(payload: bytes) -> Presence:
    """Read a presence message. Raises MessageError for bytes that are not one."""
    return _decode(_presence, payload)


def unread(payload: bytes, message: Up) -> str | None:
    """Return the record in ``payload`` as it came, if it says more than ``message``, which was read from it."""
    read = _encoder.encode(message)
    if payload == read or json.loads(payload)["record"] == json.loads(read)["record"]:
        return None
    return bytes(_shell.decode(payload).record).decode()


def _decode(decoder: msgspec.json.Decoder[Message], payload: bytes) -> Message:
    if len(payload) > MAX_BYTES:
        raise MessageError(f"message of {len(payload)} bytes; the limit is {MAX_BYTES}")
    try:
        message = decoder.decode(payload)
        # What our own encoder writes holds nothing that msgspec is too kind to.
        if payload != _encoder.encode(message) or b"\\u0000" in payload:
            _check_json(payload)
    except (ValueError, RecursionError) as exc:
        _refuse_other_versions(payload)
        raise MessageError(f"message refused: {exc}") from None
    if message.v != VERSION:
        _refuse_other_versions(payload)
    return message


def _refuse_other_versions(payload: bytes) -> None:
    """Raise UnknownVersion where the message says that it is of another version, or its record of an unknown kind."""
    with suppress(msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        version = _versioned.decode(payload).v
        if version != VERSION:
            raise UnknownVersion(f"message has schema version {version}; this program reads version {VERSION}")
        kind = _kinded.decode(payload).record.kind
        if kind not in KINDS:
            raise UnknownVersion(
                f"message has a record of kind {kind[:40]!r}, which version {VERSION} does not have here"
            )


def _check_json(payload: bytes) -> None:
    """Refuse what msgspec lets pass: a key given twice, and NUL characters, which PostgreSQL cannot store."""
    json.loads(payload.decode(), object_pairs_hook=_unique, parse_constant=_no_constant)
    if b"\\u0000" in payload:
        raise MessageError("a NUL character in a text")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise MessageError("a key is given twice")
    return found


def _no_constant(name: str) -> None:
    raise MessageError(f"{name} is not a number")
