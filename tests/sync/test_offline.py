"""F40: an outbox of six weeks leaves in one go; the short run sends 500 records, STEADYRIG_LONG=1 all 10,000."""

from __future__ import annotations

import os

import pytest

from edge.bench import offline
from sync.broker import available

RECORDS = offline.RECORDS if os.environ.get("STEADYRIG_LONG") else 500

pytestmark = pytest.mark.skipif(not available(), reason="Mosquitto is not installed")


def test_f40_six_weeks_offline_are_committed_once_alerts_first_and_the_station_stays_small():
    found = {figure.name.split(", ", 1)[-1]: figure for figure in offline.measure(RECORDS)}
    assert found["lost"].value == 0
    assert found["twice, altered or set aside"].value == 0
    assert found["before the last alert"].holds
    assert found["growth of the station"].holds
    assert found["alerts committed"].value <= found["committed"].value
