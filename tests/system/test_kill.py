"""Row F24: a repetition shown for 250 ms survives. The process is killed without warning, the next one goes on.

A station trains, is killed at a random moment, is started again on the same files, asks how the patient is, goes on,
and is killed again.
"""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent))

from killed_station import PATIENT, PLACES, PLAN, WALL, prepare

from edge.history.cut_off import set_cut_off, unfinished
from edge.records import RepCounted, SetDone
from edge.session import Screen
from edge.station import Station
from sync.journal import open_journal

LONG = bool(os.environ.get("STEADYRIG_LONG"))
SHOWN_S, SHARED_SHOWN_S = 0.25, 2.0
"""The promise, and what is asked of a machine that many share: there every process may wait for longer."""
READY_S = 10.0
HOUSES, KILLS = (100, 5) if LONG else (1, 3)
"""So many stations, and how often each of them is killed in its session."""
SOON_S, LATE_S = 1.0, 4.0
"""After so many seconds; at twenty times its pace a session takes about ten."""


@pytest.fixture(scope="module")
def trainer():
    """The process whose children are killed."""
    process = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("killed_station.py"))],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        env={**os.environ, "SDL_VIDEODRIVER": "dummy", "PYTHONPATH": os.getcwd()},
    )  # fmt: skip
    yield process
    process.stdin.close()
    process.stdout.close()
    process.kill()
    process.wait()


@dataclass
class Tally:
    """What all kills together came to."""

    judged: Counter = field(default_factory=Counter)
    shown: int = 0
    lost: int = 0
    longest_s: float = 0.0

    def add(self, promise_s, shown, kept, killed_s):
        """Count one kill: when its repetitions were shown, and how many of them, the first ones, were kept."""
        self.judged[promise_s] += 1
        self.shown += len(shown)
        self.lost += max(0, len(shown) - kept)
        self.longest_s = max([self.longest_s, *(killed_s - at for at in shown[kept:])])

    def __str__(self):
        judged = " and ".join(f"{kills} judged by {promise_s} s" for promise_s, kills in sorted(self.judged.items()))
        lost = f"{self.lost} not kept, shown for {1000 * self.longest_s:.0f} ms at the most"
        return f"F24: {self.judged.total()} kills, {judged}; of {self.shown} repetitions shown {lost}"


@pytest.fixture(scope="module")
def tally():
    """Printed at the end; ``pytest -s`` shows it."""
    counts = Tally()
    yield counts
    print(f"\n{counts}")


def train_and_kill(trainer, folder, after_s):
    """Let a station train in that folder; return when each repetition was shown and saved, and when it was killed."""
    print(folder, file=trainer.stdin, flush=True)
    pid, word, at = trainer.stdout.readline().split()
    assert word == "begun"
    time.sleep(max(0.0, float(at) + after_s - time.monotonic()))
    killed_s = time.monotonic()
    with suppress(ProcessLookupError):
        os.kill(int(pid), signal.SIGKILL)
    while Path(f"/proc/{pid}").exists():
        time.sleep(0.005)
    print("", file=trainer.stdin, flush=True)  # what comes after this line is not of that child
    told = {"shown": [], "saved": []}
    while (line := trainer.stdout.readline().split()) != ["over"]:
        # The kill may have cut its last line short.
        if len(line) == 3 and line[0] == pid and line[1] in told:
            told[line[1]].append(float(line[2]))
    return told["shown"], told["saved"], killed_s


def promised_s():
    """Return how long a repetition has to have been shown to be on the disk, on a machine as busy as this one."""
    return SHOWN_S if LONG and os.getloadavg()[0] < 1.5 * (os.cpu_count() or 1) else SHARED_SHOWN_S


def ready_again(records):
    """Do what the station does when it starts on these records, and return the screen it shows."""
    station = Station(
        PLACES, [].append, lambda _sound: None, lambda: WALL + 60.0, lambda: "session-next", opening=lambda *_: ()
    )
    station.take_past(records)
    station.take_plan(PLAN)
    station.step(1.0, [])
    return station.state.screen


@pytest.mark.parametrize("seed", range(HOUSES))
def test_f24_a_shown_repetition_outlives_a_kill_and_the_session_goes_on(tmp_path, trainer, tally, seed):
    chance = random.Random(seed)
    prepare(tmp_path)
    held_before = 0
    for kill in range(KILLS):
        shown, saved, killed_s = train_and_kill(trainer, tmp_path, chance.uniform(SOON_S, LATE_S))
        began_s = time.monotonic()
        journal = open_journal(tmp_path / "journal.db", PATIENT)
        assert journal.salvaged is None
        kept, past = list(journal.records()), journal.past(20_000)
        assert journal._db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        journal.close()
        screen = ready_again(past)
        assert time.monotonic() - began_s < READY_S
        which = f"seed {seed}, kill {kill}"
        reps = [record for record in kept if isinstance(record, RepCounted)]
        new = len(reps) - held_before
        promise_s = promised_s()
        tally.add(promise_s, shown, new, killed_s)
        surely = sum(killed_s - at > promise_s for at in shown)
        assert new >= surely, f"{which}: {surely} shown for {promise_s} s, {new} in the journal"
        assert new >= len(saved), f"{which}: {len(saved)} told as saved, {new} in the journal"
        if promise_s == SHOWN_S:
            assert new >= len(shown) - 1, f"{which}: more than the last one is lost"
        for cut in unfinished(kept):
            sets = {done.number: done.reps_counted for done in (*cut.sets, *set_cut_off(cut))}
            counted = Counter(rep.set_number for rep in reps if rep.session_id == cut.started.session_id)
            assert {number: count for number, count in sets.items() if count} == dict(counted), which
            asked_how_it_is = screen is Screen.ASKING
            assert asked_how_it_is is bool(cut.sets or cut.begun), which
        held_before = len(reps)
        if not unfinished(kept) and any(isinstance(record, SetDone) for record in kept):
            break  # it came to its end before
    assert len({(rep.session_id, rep.set_number, rep.number) for rep in reps}) == len(reps)
