"""F41: the broker is killed in mid-stream, with what it keeps on its disk and without: nothing lost, nothing twice.

Two trials in the short run, twenty with STEADYRIG_LONG=1. In each the broker dies three times while a station sends.
"""

from __future__ import annotations

import os
import random

import pytest
from storm_station import journaled, quick_clinic, real_station, sessions, until

from edge.simulate.check import look
from sync.broker import available

STATION = "storm-station-2"
TRIALS, SESSIONS = (range(20), 12) if os.environ.get("STEADYRIG_LONG") else (range(2), 4)
DEATHS = 3

pytestmark = pytest.mark.skipif(not available(), reason="Mosquitto is not installed")


@pytest.mark.parametrize("trial", TRIALS)
def test_f41_a_broker_killed_in_mid_stream_loses_and_doubles_nothing(trial, tmp_path):
    chance, records = random.Random(trial), sessions(STATION, SESSIONS)
    with (
        quick_clinic(STATION, persistence=trial % 2 == 0) as clinic,
        real_station(clinic, STATION, tmp_path / "station") as keeper,
    ):
        parts = [records[first::DEATHS] for first in range(DEATHS)]
        for part in parts:
            keeper.save(part, 10.0)
            left = chance.randrange(len(part) // 2, len(part))
            until(lambda most=left: keeper.backlog is not None and keeper.backlog <= most, "some of it")
            clinic.broker.kill()
            clinic.start_broker()
        until(lambda: keeper.backlog == 0, f"the confirmation (trial {trial})")
        found = look(clinic.database, {STATION: journaled(tmp_path / "station")})
    assert found.written == len(records)
    assert found.right, f"trial {trial}: {found}"
