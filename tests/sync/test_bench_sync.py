"""`steadyrig bench sync`: a small one, which ends only when every record was stored."""

from __future__ import annotations

import pytest

from edge.bench import sync
from edge.bench.figure import Figure, Note
from sync.broker import available
from sync.broker.process import program


@pytest.mark.skipif(not available() or program(sync.PUB) is None, reason="Mosquitto's clients are not installed")
def test_every_rate_stands_beside_its_yardstick(monkeypatch):
    # Two bridges and a server are started elsewhere in these tests.
    monkeypatch.setattr("sync.postgres.available", lambda: False)
    stored, note, carried = sync.measure(records=80, loop_records=20)
    assert isinstance(note, Note)
    assert (stored.goal, stored.yardstick) == (2000.0, sync.LOOP)
    assert all(one.value > 0 and one.yardstick_value > 0 for one in (stored, carried))


def test_a_rate_holds_when_it_is_at_least_its_goal():
    def rate(value):
        return Figure("records", value, "1/s", 2000.0, at_least=True)

    assert [rate(value).holds for value in (1999.0, 2000.0, 9000.0)] == [False, True, True]
    assert [Figure("time", value, "s", 60.0).holds for value in (59.0, 61.0)] == [True, False]
