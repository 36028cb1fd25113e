"""Raw traces in few bytes: the very same values come back, old and new forms arrive alike, and they are sent last."""

from __future__ import annotations

import base64
import math
import random
import tracemalloc
import zlib

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sqlalchemy import select

from edge.records import Locked, Record, Severity, TraceChunk, TracePart, key
from edge.records.fields import MOST_TRACE_VALUES
from edge.records.packing import LONGEST_PACKED, pack, unpack
from sync.journal import Journal
from sync.loopback import LoopbackHub
from sync.messages import MAX_BYTES, VERSION, MessageError, Up, decode_up, encode, encode_up
from sync.sender import TRACES_AT_ONCE, Sender
from sync.store import schema, writing
from sync.store.ingest import Arrival, ingest
from sync.topics import up

STATION, WALL = "station-a-0001", 1_780_000_000.0
FINITE = st.floats(allow_nan=False, allow_infinity=False)
HUNDREDTHS = st.integers(-(10**9), 10**9).map(lambda number: number / 100)


def chunk(values, part=0, **changes):
    fields = {
        "session_id": "session-0001", "set_number": 1, "name": "angle", "unit": "deg", "part": part, "start_s": 0.0,
        "step_s": 0.04, "count": len(values), "packed": pack(values),
    }  # fmt: skip
    return TraceChunk(**fields | changes)


def curve(seed, length=1000):
    """An angle as a sensor gives it: slow, with noise of 0.15 degrees, in hundredths."""
    chance = random.Random(seed)
    return tuple(round(45 + 40 * math.sin(i / 20) + chance.gauss(0, 0.15), 2) for i in range(length))


@given(st.lists(FINITE | HUNDREDTHS, min_size=1, max_size=200))
@example([0.0, -0.0, 1e308, -1e308, 5e-324])
@example([float(2**30) / 100, -float(2**30) / 100] * 3)
def test_what_was_packed_comes_back_exactly(values):
    back = unpack(pack(values), len(values))
    assert [value.hex() for value in back] == [float(value).hex() for value in values]


@pytest.mark.parametrize("values", [(), (float("nan"),), (1.0, float("inf")), (0.0,) * (MOST_TRACE_VALUES + 1)])
def test_what_is_no_trace_is_not_packed(values):
    with pytest.raises(ValueError, match="expected 1 to 4000"):
        pack(values)


@given(st.text(max_size=60) | st.binary(max_size=60).map(lambda raw: "h" + base64.b64encode(raw).decode()))
def test_any_other_text_is_refused_and_nothing_else(text):
    with pytest.raises(ValueError, match="packed values"):
        unpack(text, 3)


def test_a_text_that_would_fill_the_memory_is_never_unpacked():
    bomb = "h" + base64.b64encode(zlib.compress(b"\0" * 50_000_000, 9)).decode()
    tracemalloc.start()
    with pytest.raises(ValueError, match="have not 12 bytes"):
        unpack(bomb, 3)
    most_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most_bytes < 1_000_000
    with pytest.raises(MessageError, match="have not 12 bytes"):
        decode_up(encode_up(STATION, "boot", 1.0, WALL, chunk((1.0, 2.0, 3.0), packed=bomb[:LONGEST_PACKED])))


def test_the_longest_and_least_regular_trace_still_fits_one_message():
    chance = random.Random(1)
    wild = tuple(chance.uniform(-1e38, 1e38) for _ in range(MOST_TRACE_VALUES))
    assert len(pack(wild)) <= LONGEST_PACKED
    assert len(encode_up(STATION, "boot", 1.0, WALL, chunk(wild))) < MAX_BYTES


def test_a_trace_takes_a_third_of_what_it_took():
    values = curve(1)
    plain = TracePart("session-0001", 1, "angle", "deg", 0, 0.0, 0.04, values)
    before, after = (len(encode_up(STATION, "boot", 1.0, WALL, one)) for one in (plain, chunk(values)))
    print(f"1,000 values: {before} bytes before, {after} after: {before / after:.2f} times fewer")
    assert before > 3 * after


@given(st.lists(st.floats(-1e6, 1e6, width=32) | HUNDREDTHS, min_size=1, max_size=50))
def test_the_clinic_reads_the_same_from_either_form(values):
    plain = TracePart("session-0001", 1, "angle", "deg", 0, 0.0, 0.04, tuple(values))
    packed = decode_up(encode_up(STATION, "boot", 1.0, WALL, chunk(values))).record
    assert key(plain) == key(packed)
    assert packed.values == plain.values


def test_either_form_becomes_the_same_row(clinic):
    values = curve(2, 50)
    forms = TracePart("session-0001", 1, "angle", "deg", 0, 0.0, 0.04, values), chunk(values, part=1)
    ups = [Up(VERSION, key(one), STATION, "boot", 1.0, WALL, one) for one in forms]
    with writing(clinic) as db:
        ingest(db, [Arrival(up(STATION, "any"), one, encode(one)) for one in ups], WALL)
        old, new = db.execute(select(schema.trace).order_by(schema.trace.c.part)).all()
    assert (old.part, new.part) == (0, 1)
    assert old._asdict() == new._asdict() | {"part": 0}


def test_a_record_of_before_still_reads_as_what_it_was():
    plain = TracePart("session-0001", 1, "angle", "deg", 0, 0.0, 0.04, (0.0, 1.5))
    body = (
        b'{"kind":"trace","session_id":"session-0001","set_number":1,"name":"angle","unit":"deg","part":0,'
        b'"start_s":0.0,"step_s":0.04,"values":[0.0,1.5]}'
    )
    assert msgspec.json.decode(body, type=Record) == plain
    assert msgspec.json.encode(plain) == body


def test_traces_leave_last_a_few_at_a_time_and_each_by_itself(tmp_path, rep):
    journal = Journal(tmp_path / "journal.db")
    lock = Locked("lock-0001", "patient-a-0001", Severity.EMERGENCY, (), WALL)
    journal.append([chunk(curve(part, 100), part=part) for part in range(10)], 1.0, WALL)
    journal.append([rep(number) for number in range(1, 4)], 2.0, WALL)
    journal.append([lock], 3.0, WALL)
    sent, hub = [], LoopbackHub()
    clinic, link = hub.transport(), hub.transport()
    clinic.start(lambda message: sent.append(decode_up(message.payload).key), ["st/+/up/#"])
    link.start(lambda _message: None, [])
    sender = Sender(link, STATION, lambda _key: None, resend_s=10.0)
    sender.restart(0.0)
    while sender.send(journal, 0.1):
        pass
    assert sent == [key(lock), *(key(rep(number)) for number in range(1, 4))], "a first window of what matters"
    journal.acknowledge(sent)
    sender.confirmed(sent, 0.1)
    while sender.send(journal, 0.1):
        pass
    assert sent[4:] == [key(chunk((0.0,), part=part)) for part in range(TRACES_AT_ONCE)], "the others wait"
    journal.acknowledge(sent[4:6])
    sender.confirmed(sent[4:6], 0.2)
    journal.append([rep(4)], 4.0, WALL)
    while sender.send(journal, 0.3):
        pass
    assert sent[8:] == [key(rep(4)), *(key(chunk((0.0,), part=part)) for part in (4, 5))], "a repetition passes them"
    before = len(sent)
    for now_s in (20.0, 45.0, 90.0):  # nothing is confirmed: what was sent is sent again, later each time
        while sender.send(journal, now_s):
            pass
    assert set(sent[before:]) > set(sent[6:8])
    journal.close()
