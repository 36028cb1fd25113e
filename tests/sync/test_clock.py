"""Row F20 at the clinic: a session that a wrong clock began is brought to its right time, whatever comes first."""

import itertools

import pytest
from sqlalchemy import select

from edge.model import StopReason
from edge.records import ClockFixed, SessionEnded, SessionStarted
from sync.messages import Up, decode_up, encode, encode_up
from sync.store import schema, writing
from sync.store.ingest import Arrival, ingest
from sync.topics import up

STATION, PATIENT, SESSION, WALL = "station-a-0001", "patient-a-0001", "session-0001", 1_780_000_000.0
OFFSET_S = WALL - 500.0
RECORDS = {
    "start": SessionStarted(SESSION, PATIENT, 1, 500.0, "1970-01-01", clock_trusted=False),
    "end": SessionEnded(SESSION, 1400.0, 3, 3, StopReason.TARGET),
    "clock": ClockFixed(SESSION, OFFSET_S, "2026-05-28", WALL + 2000.0),
}


def sent(*records):
    ups = [decode_up(encode_up(STATION, "boot", 1.0, WALL, record)) for record in records]
    return [Arrival(up(STATION, "any"), one, encode(one)) for one in ups]


@pytest.mark.parametrize("order", list(itertools.permutations(RECORDS)), ids="-".join)
@pytest.mark.parametrize("db_url", ["sqlite", "postgresql"], indirect=True)
def test_f20_in_any_order_and_any_batches_the_clinic_ends_with_the_right_time(clinic, order):
    batches = [[RECORDS[name]] for name in order]
    pairs = [[RECORDS[name] for name in order[:2]], [RECORDS[order[2]]]]
    for number, way in enumerate((batches, pairs, [[RECORDS[name] for name in order]])):
        station = schema.station
        with writing(clinic) as db:
            for table in (schema.session, schema.session_end, schema.fact, schema.record):
                db.execute(table.delete())
            for batch in way:
                ingest(db, sent(*batch), WALL)
                ingest(db, sent(*batch), WALL)  # and a repeat changes nothing
            begun = db.execute(select(schema.session)).one()
            ended = db.execute(select(schema.session_end)).one()
        assert (begun.started_at, begun.day, begun.clock_trusted) == (WALL, "2026-05-28", True), number
        assert ended.ended_at == WALL + 900.0
        assert station is not None


def test_f20_a_session_of_a_clock_that_was_right_and_an_end_told_by_a_right_clock_stay(clinic):
    with writing(clinic) as db:
        ingest(db, sent(SessionStarted(SESSION, PATIENT, 1, WALL, "2026-05-28")), WALL)
        ingest(db, sent(RECORDS["clock"]), WALL)
        assert db.execute(select(schema.session)).one().started_at == WALL
        other = "session-0002"
        late = SessionEnded(other, WALL + 900.0, 3, 3, StopReason.TARGET)
        begun = SessionStarted(other, PATIENT, 1, 500.0, "1970-01-01", clock_trusted=False)
        ingest(db, sent(begun, late, ClockFixed(other, OFFSET_S, "2026-05-28", WALL)), WALL)
        ends = db.execute(select(schema.session_end).where(schema.session_end.c.session_id == other)).one()
        assert ends.ended_at == WALL + 900.0


@pytest.mark.parametrize("offset_s", [WALL + 30 * 86_400.0, 4e9, -600.0])
def test_a_correction_moves_no_session_beyond_its_own_moment(clinic, offset_s):
    with writing(clinic) as db:
        ingest(db, sent(RECORDS["start"], ClockFixed(SESSION, offset_s, "2026-05-28", WALL + 2000.0)), WALL)
        begun = db.execute(select(schema.session)).one()
    assert (begun.started_at, begun.clock_trusted) == (500.0, False), "it stays as it was told, and untrusted"


def test_f20_every_message_says_whether_its_clock_was_set():
    told = encode_up(STATION, "boot", 12.5, 3.0, RECORDS["start"], sure=False)
    read = decode_up(told)
    assert (read.boot, read.t_s, read.wall, read.sure) == ("boot", 12.5, 3.0, False)
    older = told.replace(b',"sure":false', b"")
    assert decode_up(older).sure is True, "stations of before it was told"
    assert Up.__struct_fields__[-1] == "sure"
