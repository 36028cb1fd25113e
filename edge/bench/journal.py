"""How long a repetition takes from the engine to the disk, and a long past to be opened or salvaged."""

from __future__ import annotations

import sqlite3
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np

from edge.bench.figure import Figure, timed
from edge.model import Origin, Verdict
from edge.records import RepCounted, SessionStarted, key
from sync.journal import Journal, open_journal
from sync.journal.pages import PAGE
from sync.journal.room import MOST_BYTES
from sync.keeper import PAST_RECORDS, Keeper
from sync.loopback import LoopbackHub
from sync.signing import load_verifier, new_key_pair

PATIENT = "p-bench-1"
A_SET = 999
"""Repetitions written at once to fill a journal: a row of one takes as much room as most of what a station writes."""


def figures() -> Iterator[Figure]:
    """Yield the usual and the slow save beside a bare commit to the same disk."""
    with tempfile.TemporaryDirectory(prefix="steadyrig-bench-") as name:
        folder = Path(name)
        saved_at: dict[str, float] = {}
        done = threading.Semaphore(0)

        def on_saved(keys: Sequence[str]) -> None:
            for one in keys:
                saved_at[one] = time.perf_counter()
                done.release()

        keeper = Keeper(
            lambda: Journal(folder / "journal.db"),
            LoopbackHub().transport(),
            "bench-station",
            PATIENT,
            load_verifier(new_key_pair(folder)[1]),
            now=time.monotonic,
            wall=time.time,
            on_plan=lambda _plan: None,
            on_saved=on_saved,
        )
        keeper.start()
        took_ms = []
        for i in range(300):
            one = SessionStarted(f"bench-{i:04d}", PATIENT, 1, 0.0)
            start_s = time.perf_counter()
            keeper.save([one])
            done.acquire()
            took_ms.append((saved_at[key(one)] - start_s) * 1e3)
        keeper.stop()
        yard_ms = _bare_commit_ms(sqlite3.connect(folder / "bare.db", isolation_level=None))
        append_ms = _append_ms(folder / "append.db")
        open_s, salvage_s = _long_past_s(folder / "long" / "journal.db")
    yield Figure("repetition on the disk, median", statistics.median(took_ms), "ms", 250.0, "a bare commit", yard_ms)
    yield Figure("repetition on the disk, 99 %", float(np.percentile(took_ms, 99)), "ms", 250.0)
    yield Figure("append to the journal alone, median", append_ms, "ms", None, "a bare commit", yard_ms)
    yield Figure("journal at its limit opened, its past read", open_s, "s", 10.0)
    yield Figure("journal at its limit salvaged", salvage_s, "s", 30.0, "opened", open_s)


def _append_ms(path: Path) -> float:
    with closing(Journal(path)) as journal:
        records = [SessionStarted(f"bench-{i:04d}", PATIENT, 1, 0.0) for i in range(300)]
        return statistics.median(timed(partial(journal.append, [one], 1.0, 1.0)) * 1e3 for one in records)


def _long_past_s(path: Path) -> tuple[float, float]:
    """Return how long a journal at its limit takes to be opened, and to be salvaged once its first page is gone."""
    path.parent.mkdir()
    with closing(open_journal(path, PATIENT)) as journal:
        for number in count():
            journal.append([_rep(f"bench-{number:06d}", n) for n in range(1, A_SET + 1)], 1.0, 1.0)
            if path.stat().st_size > MOST_BYTES:
                break
    opened_s = timed(partial(_start, path))
    with path.open("r+b") as file:
        file.write(bytes(PAGE))
    return opened_s, timed(partial(_start, path))


def _start(path: Path) -> None:
    with closing(open_journal(path, PATIENT)) as journal:
        journal.past(PAST_RECORDS)


def _rep(session_id: str, number: int) -> RepCounted:
    return RepCounted(
        session_id, 1, number, 4.0 * number, 4.0 * number + 3.6, 1.7, 0.2, 1.7, 0.1, 0.3, 81.25, "deg", 61.5,
        Verdict.ON_TARGET, 0.93, Origin.SENSED, 0.018, 136.12, 66.34, -1.402,
    )  # fmt: skip


def _bare_commit_ms(database: Any) -> float:
    for statement in ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL", "CREATE TABLE t (x)"):
        database.execute(statement)
    took = [timed(lambda: database.execute("INSERT INTO t VALUES (1)")) * 1e3 for _ in range(300)]
    database.close()
    return statistics.median(took)
