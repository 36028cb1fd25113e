"""What station and pairing desk say to each other: one line of JSON each way over TLS, then the connection ends."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from edge.records import Id
from sync.broker.passwords import HASHED
from sync.typed import ALPHABET

LONGEST_LINE = 8 * 1024

Text = Annotated[str, Meta(min_length=1, max_length=2048)]
Symbols = Annotated[str, Meta(max_length=8, pattern=rf"^[{ALPHABET}]+$(?!\n)")]
Hashed = Annotated[str, Meta(max_length=200, pattern=rf"^{HASHED.pattern}$(?!\n)")]


class WhoAreYou(Struct, tag_field="ask", tag="ca", forbid_unknown_fields=True, frozen=True):
    """The station asks for the clinic's CA, before it believes anything."""


class Redeem(Struct, tag_field="ask", tag="pair", forbid_unknown_fields=True, frozen=True):
    """The station redeems a code, over a connection that the CA vouches for.

    ``credential`` is the hash of the password it has made for itself; nobody else ever knows the password.
    """

    name: Symbols
    secret: Symbols
    credential: Hashed


class Authority(Struct, tag_field="is", tag="ca", frozen=True):
    """The clinic's CA, in PEM."""

    pem: Text


class Granted(Struct, tag_field="is", tag="paired", frozen=True):
    """Who the station is from now on, where its broker is, and the key it checks plans with, in PEM."""

    station_id: Id
    patient_id: Id
    host: Annotated[str, Meta(max_length=253, pattern=r"^[A-Za-z0-9.:_-]+$(?!\n)")]
    port: Annotated[int, Meta(ge=1, le=65535)]
    clinic_key: Text


class Refused(Struct, tag_field="is", tag="refused", frozen=True):
    """Nothing was done; ``why`` is a sentence for whoever stands at the station."""

    why: Annotated[str, Meta(max_length=300)]


Ask = WhoAreYou | Redeem
Answer = Authority | Granted | Refused

_ASKS: msgspec.json.Decoder[Ask] = msgspec.json.Decoder(Ask)
_ANSWERS: msgspec.json.Decoder[Answer] = msgspec.json.Decoder(Answer)


def decode_ask(line: bytes) -> Ask:
    """Return what a station asks. Raises msgspec.DecodeError, also for what does not fit."""
    return _ASKS.decode(line)


def decode_answer(line: bytes) -> Answer:
    """Return what the desk answers. Raises msgspec.DecodeError, also for what does not fit."""
    return _ANSWERS.decode(line)


def encode(message: Ask | Answer) -> bytes:
    """Return a message as its line."""
    return msgspec.json.encode(message) + b"\n"
