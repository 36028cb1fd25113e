"""Sessions that a station began before anybody had set its clock, brought to their right time once it says so.

Pages read the right time from the tables. What the station said first stays told: its hash is in the ledger, and the
record of the correction says by how much the times were off.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

import msgspec
from sqlalchemy import Connection, and_, select, update

from edge.history.dating import SAME_CLOCK_S
from edge.records import ClockFixed, SessionEnded, SessionStarted
from sync.messages import Up
from sync.store.schema import fact, session, session_end


def correct(connection: Connection, fresh: Sequence[Up]) -> None:
    """Apply what the newly stored records say of clocks, whichever of them came first.

    Called once with each record, after it was stored, in the same transaction: a correction is applied when the last
    of what it needs is there, and never twice.
    """
    names = {
        (up.station, up.record.session_id)
        for up in fresh
        if isinstance(up.record, ClockFixed | SessionStarted | SessionEnded)
    }
    _take_turns(connection, {station for station, _ in names})
    for station, fixed in _fixes(connection, names):
        _move_start(connection, station, fixed)
        _move_end(connection, station, fixed)


def _take_turns(connection: Connection, stations: set[str]) -> None:
    """Let another bridge finish that is storing something of the same stations; SQLite has one writer anyway."""
    if stations and connection.dialect.name == "postgresql":
        turns = "SELECT pg_advisory_xact_lock(hashtext(s)) FROM unnest(%s::text[]) AS s"
        connection.exec_driver_sql(turns, (sorted(stations),))


def _fixes(connection: Connection, names: Iterable[tuple[str, str]]) -> Iterator[tuple[str, ClockFixed]]:
    """Yield the corrections that are known of some sessions, each with its station."""
    of_station: dict[str, list[str]] = defaultdict(list)
    for station, session_id in names:
        of_station[station].append(f"{session_id}/clock")
    for station, keys in of_station.items():
        found = select(fact.c.body).where(fact.c.station_id == station, fact.c.key.in_(keys))
        for body in connection.scalars(found).all():
            yield station, msgspec.json.decode(body, type=ClockFixed)


def _move_start(connection: Connection, station: str, fixed: ClockFixed) -> None:
    """Move the start, which is trusted from then on and moves no more; not beyond the moment of its correction."""
    mine = and_(session.c.station_id == station, session.c.session_id == fixed.session_id)
    moved = session.c.started_at + fixed.offset_s
    connection.execute(
        update(session)
        .where(mine, session.c.clock_trusted.is_(False), moved.between(0.0, fixed.at))
        .values(started_at=moved, day=fixed.day, clock_trusted=True)
    )


def _move_end(connection: Connection, station: str, fixed: ClockFixed) -> None:
    """Move the end along, once its start was; one that a later, right clock told stays."""
    mine = and_(session.c.station_id == station, session.c.session_id == fixed.session_id)
    began = connection.scalar(select(session.c.started_at).where(mine))
    if began is None:
        return
    began_by_its_clock = began - fixed.offset_s
    connection.execute(
        update(session_end)
        .where(
            session_end.c.station_id == station,
            session_end.c.session_id == fixed.session_id,
            session_end.c.ended_at >= began_by_its_clock,
            session_end.c.ended_at < began_by_its_clock + SAME_CLOCK_S,
        )
        .values(ended_at=session_end.c.ended_at + fixed.offset_s)
    )
