"""F25: the station is killed between each pair of steps of sending, the bridge between each pair of taking in.

What was told as saved is in the clinic's database at the end, once. A few kills in the short run, over 500 of the
station and 100 of the bridge with STEADYRIG_LONG=1; all over a real Mosquitto and a real bridge process.
"""

from __future__ import annotations

import itertools
import json
import os
import random
import subprocess
import sys
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest
from storm_children import BRIDGE_STEPS, STATION_STEPS

from edge.simulate.check import look
from edge.simulate.clinic import open_clinic
from sync.broker import available
from sync.journal import Journal
from sync.signing import new_key_pair

LONG = bool(os.environ.get("STEADYRIG_LONG"))
STATION, KILLED = "storm-station-1", -9
LIFE_S = 1800.0 if LONG else 100.0
STATION_KILLS, BRIDGE_KILLS = (510, 100) if LONG else (9, 5)

pytestmark = pytest.mark.skipif(not available(), reason="Mosquitto is not installed")


class Children:
    """Asks the parent of children for one after the other."""

    def __init__(self):
        # Not as a script: then the checkout that is tested would not be the first place to look for packages.
        begin = "import sys; sys.path.append(sys.argv[1]); import storm_children; storm_children.main()"
        program = [sys.executable, "-c", begin, str(Path(__file__).parent)]
        self._parent = subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def begin(self, **asked):
        self._parent.stdin.write(json.dumps(asked) + "\n")
        self._parent.stdin.flush()

    def end(self):
        return json.loads(self._parent.stdout.readline())["status"]

    def run(self, **asked):
        self.begin(**asked)
        return self.end()

    def close(self):
        self._parent.kill()
        self._parent.communicate()


@pytest.fixture
def clinic():
    with open_clinic([STATION]) as made:
        yield made


@pytest.fixture
def children():
    with closing(Children()) as made:
        yield made


@pytest.fixture
def station(clinic, tmp_path):
    """What every station is asked: the same journal, and new records each time."""
    numbers = itertools.count(1, 10)  # never more than 10 in one go, but for the one that has them all
    key = str(new_key_pair(tmp_path / "keys")[1])

    def asked(step="", nth=0, records=6, together=1):
        return {
            "who": "station", "step": step, "nth": nth, "host": clinic.broker.host, "port": clinic.broker.port,
            "user": STATION, "password": clinic.passwords[STATION], "journal": str(tmp_path / "journal.db"),
            "key": key, "told": str(tmp_path / "told"), "first": next(numbers), "records": records,
            "together": together,            "life_s": LIFE_S,
        }  # fmt: skip

    return asked


def all_is_there_once(clinic, folder):
    told = (folder / "told").read_text("ascii").split()
    with closing(Journal(folder / "journal.db")) as journal:
        records = list(journal.records())
    found = look(clinic.database, {STATION: records})
    assert set(told) <= {f"{record.session_id}/session" for record in records}, (
        "told as saved, and not in the journal"
    )
    assert found.written >= len(set(told)) > 0
    assert found.right, found


def test_f25_a_station_killed_at_any_step_of_sending_loses_and_doubles_nothing(clinic, children, station, tmp_path):
    chance, ends = random.Random(25), Counter()
    for trial in range(STATION_KILLS):
        step = STATION_STEPS[trial % len(STATION_STEPS)]
        # Several rows are confirmed in one message: later steps are reached less often.
        nth = chance.randint(1, 6 if step in STATION_STEPS[:3] else 2)
        ends[step, children.run(**station(step, nth))] += 1
    while children.run(**station()) != 0:
        assert len(ends) < 50
    all_is_there_once(clinic, tmp_path)
    assert {status for _, status in ends} <= {0, KILLED}, ends
    assert {step for step, status in ends if status == KILLED} == set(STATION_STEPS), ends
    killed = sum(many for (_, status), many in ends.items() if status == KILLED)
    assert killed >= (500 if LONG else 6), ends


def test_f25_a_bridge_killed_at_any_step_of_taking_in_loses_and_doubles_nothing(clinic, children, station, tmp_path):
    clinic.stop_bridges()
    chance, sender = random.Random(26), Children()
    bridge = {
        "who": "bridge", "host": clinic.broker.host, "port": clinic.broker.port, "user": "bridge",
        "password": clinic.passwords["bridge"], "database": clinic.database, "life_s": LIFE_S,
    }  # fmt: skip
    with closing(sender):
        # Enough for every bridge to die of: each takes at most two windows.
        sender.begin(**station(records=150 * BRIDGE_KILLS, together=50))
        for trial in range(BRIDGE_KILLS):
            step = BRIDGE_STEPS[trial % len(BRIDGE_STEPS)]
            assert children.run(**bridge, step=step, nth=chance.randint(1, 2)) == KILLED, step
        clinic.start_bridges()
        assert sender.end() == 0
    all_is_there_once(clinic, tmp_path)
