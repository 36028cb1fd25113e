"""A station is online for as long as somebody says so: not after its bridge, or its broker, has fallen silent."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from sync.presence import RENEW_S, SETTLE_S, Presences
from sync.store import schema, writing

STATION, OTHER, WALL = "station-a-0001", "station-b-0002", 1_780_000_000.0


class Leader:
    """Who is online as a leading bridge writes it, with a clock turned by hand."""

    def __init__(self, clinic):
        self.now_s = 1000.0
        self._clinic = clinic
        self.presences = Presences(lambda: self.now_s)

    def after(self, seconds):
        """Let time go by, and return who is online and when that was last known, a number for each station."""
        self.now_s += seconds
        if self.presences.due:
            with writing(self._clinic) as connection:
                self.presences.write(connection, WALL + self.now_s)
            self.presences.written()
        with self._clinic.connect() as connection:
            rows = connection.execute(select(schema.station.c.id, schema.station.c.online, schema.station.c.seen_at))
            return {row.id: (row.online, row.seen_at and row.seen_at - WALL) for row in rows}


@pytest.fixture
def leader(clinic):
    return Leader(clinic)


def test_who_is_online_is_renewed_and_who_is_not_keeps_the_moment(leader):
    leader.presences.heard(STATION, True, WALL + 1000.0)
    leader.presences.heard(OTHER, False, WALL + 900.0)
    leader.after(0.0)
    assert leader.after(RENEW_S) == {STATION: (True, 1000.0 + RENEW_S), OTHER: (False, 900.0)}


def test_who_is_not_heard_on_a_new_connection_is_not_online(leader):
    for station in (STATION, OTHER):
        leader.presences.heard(station, True, WALL)
    leader.after(SETTLE_S)
    leader.presences.connected()
    leader.presences.heard(STATION, True, WALL)
    assert leader.after(SETTLE_S / 2)[OTHER][0], "the broker may still be telling"
    assert {name: online for name, (online, _) in leader.after(SETTLE_S).items()} == {STATION: True, OTHER: False}


def test_whom_a_stopped_bridge_left_online_is_not(leader, clinic):
    with writing(clinic) as connection:
        connection.execute(schema.station.update().values(online=True, seen_at=WALL + 1.0))
    assert leader.after(SETTLE_S) == {STATION: (False, 1.0), OTHER: (False, 1.0)}


def test_what_the_broker_retains_of_a_revoked_station_brings_it_not_back(leader, clinic):
    with writing(clinic) as connection:
        connection.execute(schema.station.update().where(schema.station.c.id == STATION).values(revoked_at=WALL))
    for station in (STATION, OTHER):
        leader.presences.heard(station, True, WALL)
    assert {name: online for name, (online, _) in leader.after(0.0).items()} == {STATION: False, OTHER: True}


def test_nothing_is_written_when_nothing_is_due(leader):
    leader.after(SETTLE_S)
    assert not leader.presences.due


def test_who_leads_again_writes_all_it_has_heard(leader, clinic):
    leader.presences.heard(STATION, False, WALL)
    leader.after(SETTLE_S)
    with writing(clinic) as connection:
        connection.execute(schema.station.update().values(online=True, seen_at=WALL + 5000.0))
    assert leader.after(1.0)[STATION][0], "nothing was due"
    leader.presences.all_anew()
    assert not leader.after(0.0)[STATION][0]
