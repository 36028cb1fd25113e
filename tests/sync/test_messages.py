"""Messages: what is written reads back, and no bytes whatever do more than raise MessageError."""

from __future__ import annotations

import contextlib
import json

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edge.records import Answered, TracePart, key
from sync.messages import (
    MAX_BYTES,
    VERSION,
    Ack,
    MessageError,
    Presence,
    Signed,
    decode_ack,
    decode_presence,
    decode_signed,
    decode_up,
    encode,
    encode_up,
)
from sync.store.ingest import content_hash
from sync.topics import down, parse_up, up

STATION, WALL = "station-a-0001", 1_780_000_000.0
DECODERS = (decode_up, decode_ack, decode_signed, decode_presence)


def envelope(record, **changes):
    message = json.loads(encode_up(STATION, "boot", 12.5, WALL, record))
    return message | changes


def refused(message):
    raw = message if isinstance(message, bytes) else json.dumps(message).encode()
    with pytest.raises(MessageError) as caught:
        decode_up(raw)
    assert len(str(caught.value)) < 400
    return str(caught.value)


def test_every_kind_of_record_crosses_unchanged(session):
    for record in session():
        message = decode_up(encode_up(STATION, "boot", 12.5, WALL, record))
        assert (message.record, message.key, message.station) == (record, key(record), STATION)
        assert (message.v, message.boot, message.t_s, message.wall) == (VERSION, "boot", 12.5, WALL)


def test_the_ways_down_and_presence_read_back():
    for message, decode in (
        (Ack(1, ("a/b", "c")), decode_ack),
        (Signed(1, '{"version":1}', "c2ln"), decode_signed),
        (Presence(1, True, WALL), decode_presence),
    ):
        assert decode(encode(message)) == message


def test_unknown_fields_are_tolerated(rep):
    message = envelope(rep(1), colour="blue")
    message["record"]["left_over"] = {"deep": [1, 2]}
    assert decode_up(json.dumps(message).encode()).record == rep(1)


def test_what_contradicts_itself_is_refused(rep):
    assert "version 2" in refused(envelope(rep(1), v=2))
    assert "names key" in refused(envelope(rep(1), key=key(rep(2))))
    assert "twice" in refused(json.dumps(envelope(rep(1))).replace('"v": 1', '"v": 1, "v": 1').encode())


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity", "1e999", "9" * 5000, '"81"', "null", "-1", "1e6"])
def test_impossible_numbers_are_refused(rep, value):
    refused(json.dumps(envelope(rep(1))).replace("81.25", value).encode())


def test_numbers_no_trace_can_hold_are_refused():
    refused(envelope(TracePart("session-0001", 1, "angle", "deg", 0, 0.0, 0.02, (0.0, 1e300))))


def test_hostile_shapes_are_refused(rep):
    good = json.dumps(envelope(rep(1)))
    refused(b"[" * 60_000)
    refused(b'{"a":' * 12_000)
    refused(good.replace('"deg"', '"\\u0000"').encode())
    refused(good.replace('"deg"', '"\\ud800"').encode())
    refused(good.encode()[:-3])
    refused(b"\xff" + good.encode())
    refused(good.encode() + b" " * MAX_BYTES)


def test_a_message_over_the_limit_is_not_written():
    record = TracePart("session-0001", 1, "angle", "deg", 0, 0.0, 0.02, (0.123456789012345678,) * 4000)
    with pytest.raises(MessageError, match="limit"):
        encode_up(STATION, "boot", 0.0, WALL, record)


@given(st.binary(max_size=400))
def test_random_bytes_only_ever_raise_message_error(raw):
    for decode in DECODERS:
        with contextlib.suppress(MessageError):
            decode(raw)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])  # the records are frozen
@given(st.data())
def test_damaged_messages_only_ever_raise_message_error(session, data):
    message = envelope(data.draw(st.sampled_from(session())))
    target = data.draw(st.sampled_from([message, message["record"]]))
    for name in data.draw(st.lists(st.sampled_from(sorted(target)), max_size=3)):
        target[name] = data.draw(json_values)
    raw = bytearray(json.dumps(message).encode("utf-8", "surrogatepass"))
    for place in data.draw(st.lists(st.integers(0, len(raw) - 1), max_size=3)):
        raw[place] = data.draw(st.integers(0, 255))
    with contextlib.suppress(MessageError):
        decoded = decode_up(bytes(raw))
        assert decode_up(encode(decoded)) == decoded


@pytest.mark.parametrize(
    ("question", "value"), [("effort", 11), ("effort", -1), ("pain_change", 2), ("reps_by_hand", 101), ("mood", 3)]
)
def test_an_answer_outside_its_limits_is_refused(question, value):
    message = envelope(Answered("session-0001", 1, "effort", 5), key=f"session-0001/1/answer/{question}")
    message["record"] |= {"question": question, "value": value}
    refused(message)


def test_topics_name_station_and_kind():
    assert parse_up(up(STATION, "rep")) == (STATION, "rep")
    assert down(STATION, "ack") == "st/station-a-0001/down/ack"
    shapes = ("st/short/up/rep", "st/station-a-0001/down/ack", "st/station-a-0001/up/rep/x", "", "/" * 500)
    for bad in (*shapes, up("STATION-A-1", "rep"), up(STATION, "rep\n"), up(STATION, "+")):
        with pytest.raises(ValueError, match="is not st/"):
            parse_up(bad)


def test_a_record_from_before_the_measures_reads_and_hashes_alike(rep):
    today = rep(1)
    assert b"smoothness" not in msgspec.json.encode(today)
    measured = rep(1, smoothness=-1.6)
    assert b'"smoothness":-1.6' in msgspec.json.encode(measured)
    assert content_hash(measured) != content_hash(today)
