"""Six weeks without a network, then all at once: what the outbox needs, and what the patient sees of it.

A whole station with its screen runs in a process of its own, against a real broker, a real bridge and a database.
While 10,000 records leave, it draws its frames and saves new repetitions.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from itertools import count, islice
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from sqlalchemy import select

from display.app import App
from drivers.clock import SystemClock
from drivers.emulation.rig import EmulatedHardware
from drivers.patient import VirtualPatient
from edge.bench.figure import Figure, Note, Result, timed
from edge.bench.hang import GOAL_MS, SENSORS
from edge.records import Happened, Incident, Record, SessionStarted, key
from edge.simulate.check import Found, look
from edge.simulate.clinic import Clinic, open_clinic
from edge.simulate.traffic import patient_of, session
from edge.station import Station
from edge.wiring import FRAME_S, StationRun
from sync.broker import available
from sync.journal import Journal
from sync.journal.rows import is_urgent
from sync.keeper import Keeper
from sync.messages import encode_up
from sync.mqtt import MqttTransport
from sync.signing import load_verifier, new_key_pair
from sync.store import engine, schema
from sync.topics import up

RECORDS = 10_000
WEEKS_AGO_S = 42 * 86_400.0
ALERTS = 20
"""The newest of all: behind ten thousand others they would come last."""
STATION = "bench-offline-1"
GOAL_S, GOAL_ALERTS_S, GOAL_MB, GOAL_SAVED_MS = 60.0, 10.0, 50.0, 250.0
GOAL_BEFORE = 256.0
"""Other records that may be committed before the last alert: what left together with the alerts."""
GIVE_UP_S = 300.0
SAVE_EVERY = 10
"""A new record is saved every so many frames: much faster than anybody moves."""
AFTER_S = 1.0


@dataclass(frozen=True, slots=True)
class Told:
    """What the station's process tells: times in seconds, memory in MB."""

    online_at: float
    drained_s: float
    growth_mb: float
    gaps_ms: list[float]
    gaps_after_ms: list[float]
    saved_ms: list[float]


def figures() -> Iterator[Result]:
    """Yield what it takes to send an outbox of 10,000 records."""
    if not available():
        yield Note("Mosquitto is not installed: no outbox was sent (sudo apt-get install mosquitto)")
        return
    yield from measure(RECORDS)


def measure(records: int) -> Iterator[Figure]:
    """Yield the figures for an outbox of so many records."""
    with open_clinic([STATION], encrypted=True) as clinic:
        clinic.give_way()
        told = _station(clinic, records)
        found, alerts_s, before = _look(clinic, told)
        clinic.stop_bridges()
        bare_s = _bare(clinic, records)
    name = f"{records} records"
    yield Figure(f"{name}, committed", told.drained_s, "s", GOAL_S, "published, nobody listening", bare_s)
    yield Figure(f"{name}, lost", found.lost, "rows", 0.0)
    yield Figure(f"{name}, twice, altered or set aside", found.twice + found.altered + found.quarantined, "rows", 0.0)
    yield Figure(f"{name}, alerts committed", alerts_s, "s", GOAL_ALERTS_S)
    yield Figure(f"{name}, before the last alert", before, "rows", GOAL_BEFORE)
    yield Figure(f"{name}, growth of the station", told.growth_mb, "MB", GOAL_MB)
    quiet = "nothing to send"
    yield Figure("meanwhile: repetition on the disk, 99 %", _most(told.saved_ms, 99), "ms", GOAL_SAVED_MS)
    yield Figure(
        "meanwhile: gap between frames, 99 %",
        _most(told.gaps_ms, 99),
        "ms",
        GOAL_MS,
        quiet,
        _most(told.gaps_after_ms, 99),
    )
    yield Figure(
        "meanwhile: longest gap between frames", max(told.gaps_ms), "ms", None, quiet, max(told.gaps_after_ms)
    )


def _most(values: Sequence[float], percent: float) -> float:
    return float(np.percentile(values, percent)) if values else float("inf")


def outbox(records: int) -> list[Record]:
    """Return what a station wrote in weeks of sessions, its newest alerts last."""
    began = time.time() - WEEKS_AGO_S
    written = (one for number in count(1) for one in session(STATION, number, 1, began + number * 3600))
    found = list(islice(written, records - ALERTS))
    return found + [
        Incident("alerts-of-today", 1, n, Happened.BAND_SNAP, 240.0, "N", time.time()) for n in range(1, ALERTS + 1)
    ]


def _station(clinic: Clinic, records: int) -> Told:
    key_file = new_key_pair(clinic.folder)[1]
    asked = {
        "host": clinic.broker.host,
        "port": clinic.broker.port,
        "ca": clinic.broker.ca,
        "password": clinic.passwords[STATION],
        "folder": str(clinic.folder),
        "key": str(key_file),
        "records": records,
    }
    child = subprocess.Popen(
        [sys.executable, "-m", "edge.bench.offline"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, process_group=0,
    )  # fmt: skip
    clinic.look_after(child.pid)
    said, _ = child.communicate(json.dumps(asked), timeout=2 * GIVE_UP_S)
    if child.returncode:
        raise RuntimeError(f"the station ended with status {child.returncode}")
    return msgspec.json.decode(said, type=Told)


def _look(clinic: Clinic, told: Told) -> tuple[Found, float, int]:
    """Return what the clinic holds, when the last alert was committed, and how many other records were before it."""
    with closing(Journal(clinic.folder / "journal.db")) as journal:
        written = {key(one): one for one in journal.records()}
    table = schema.record.c
    database = engine(clinic.database)
    try:
        with database.connect() as connection:
            rows = connection.execute(select(table.key, table.received_at).where(table.station_id == STATION))
            received = {row.key: row.received_at for row in rows}
    finally:
        database.dispose()
    alerts = {name for name in received if is_urgent(written[name])}
    last = max((received[name] for name in alerts), default=float("inf"))
    before = sum(at < last for name, at in received.items() if name not in alerts)
    return look(clinic.database, {STATION: written.values()}), last - told.online_at, before


def _bare(clinic: Clinic, records: int) -> float:
    """Return how long the same bytes take to the broker alone, as fast as one client can."""
    payloads = [encode_up(STATION, "bench", 1.0, 1.0, one) for one in outbox(records)]
    broker = clinic.broker
    link = MqttTransport(broker.host, broker.port, STATION, STATION, clinic.passwords[STATION], ca=broker.ca)
    online, taken = threading.Event(), threading.Semaphore(0)
    link.start(lambda _message: None, [], on_connect=online.set)
    online.wait(GIVE_UP_S)

    def publish() -> None:
        for payload in payloads:
            link.publish(up(STATION, "bench"), payload, done=lambda _reason: taken.release())
        for _ in payloads:
            taken.acquire()

    took_s = timed(publish)
    link.stop()
    return took_s


# ---- the station's process ---------------------------------------------------------------------------------------


def main() -> None:
    """Be a station that was offline for six weeks, and tell what sending took."""
    asked = json.loads(sys.stdin.read())
    folder = Path(asked["folder"])
    with closing(Journal(folder / "journal.db")) as journal:
        records = outbox(asked["records"])
        for first in range(0, len(records), 500):
            journal.append(records[first : first + 500], 1.0, time.time())
    print(json.dumps(asdict(_run(asked, folder))))


def _run(asked: Mapping[str, Any], folder: Path) -> Told:
    clock, body, saves = SystemClock(), VirtualPatient(1), _Saves()
    link = MqttTransport(asked["host"], asked["port"], STATION, STATION, asked["password"], ca=asked["ca"])

    def make_keeper(station: Station) -> Keeper:
        return Keeper(
            lambda: Journal(folder / "journal.db"),
            link,
            STATION,
            patient_of(STATION),
            load_verifier(Path(asked["key"])),
            now=clock.now,
            wall=clock.wall,
            on_plan=station.take_plan,
            on_past=station.take_past,
            on_saved=saves.saved,
        )

    hardware = EmulatedHardware(SENSORS, body.imu, lambda _place, t_s: body.force_n(t_s), clock)
    app = App(headless=True)
    run = StationRun(SENSORS, hardware, clock, app, lambda _sound: None, make_keeper, drain_s=0.0)
    before_mb, began_s = _memory_mb(), time.monotonic()
    with run:
        watch = _Watch(run, saves)
        while not watch.drained:
            watch.frame()
            if time.monotonic() - began_s > GIVE_UP_S:
                raise TimeoutError(f"{run.keeper.backlog} records were left after {GIVE_UP_S:.0f} s")
        drained_s, gaps_ms, watch.gaps_ms = time.monotonic() - began_s, watch.gaps_ms, []
        until_s = time.monotonic() + AFTER_S
        while time.monotonic() < until_s:
            watch.frame(save=False)
    return Told(watch.online_at, drained_s, watch.most_mb - before_mb, gaps_ms, watch.gaps_ms, saves.took_ms)


class _Saves:
    """New records, and how long each took to the disk."""

    def __init__(self) -> None:
        self.took_ms: list[float] = []
        self._began_s: dict[str, float] = {}

    def next(self) -> Record:
        """Return a record to be saved now."""
        one = SessionStarted(f"bench-new-{len(self._began_s):05}", patient_of(STATION), 1, 0.0)
        self._began_s[key(one)] = time.perf_counter()
        return one

    def saved(self, keys: Sequence[str]) -> None:
        """Note what is on the disk."""
        now_s = time.perf_counter()
        self.took_ms += [1e3 * (now_s - self._began_s[name]) for name in keys if name in self._began_s]


class _Watch:
    """Draws frames at the station's pace, and remembers the gaps between them and the most memory.

    Gaps count once the past is known: folding it in is the start of any station, online or not.
    """

    def __init__(self, run: StationRun, saves: _Saves) -> None:
        self.gaps_ms: list[float] = []
        self.most_mb, self.online_at = 0.0, 0.0
        self.drained = self._waited = False
        self._run, self._saves = run, saves
        self._frames = 0
        run.frame()  # the first one loads fonts
        self._last_s = time.monotonic()

    def frame(self, *, save: bool = True) -> None:
        """Draw one frame, and save a new record with some."""
        self._run.frame()
        if not self.online_at and self._run.keeper.online:
            self.online_at = time.time()
        now_s = time.monotonic()
        if self._waited:
            self.gaps_ms.append(1e3 * (now_s - self._last_s))
        self._last_s = now_s
        backlog = self._run.keeper.backlog
        self._waited |= backlog is not None
        self.drained = backlog == 0
        self.most_mb = max(self.most_mb, _memory_mb())
        self._frames += 1
        if save and self._frames % SAVE_EVERY == 0:
            self._run.keeper.save([self._saves.next()])
        time.sleep(FRAME_S)


def _memory_mb() -> float:
    """Return the resident memory of this process."""
    for line in Path("/proc/self/status").read_text("ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0


if __name__ == "__main__":
    main()
