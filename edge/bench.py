"""``steadyrig bench``: the numbers that matter, each beside a yardstick measured in the same run.

Machines are noisy: read a figure as a ratio to its yardstick, and compare runs on one machine only.
"""

from __future__ import annotations

import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from drivers.patient import Pace, VirtualPatient
from drivers.samples import ImuSample, LoadSample, Sample
from edge.config import SettingsError
from edge.library import Exercise, exercises
from edge.signal.events import RepFinished
from edge.signal.pipeline import Pipeline

SET_S = 60.0
RATE_HZ = 100.0
SEEDS = range(1, 7)
PACES = (Pace(1.0, 0.2, 1.0, 0.5), Pace(2.0, 0.5, 2.0, 1.0), Pace(1.0, 1.0, 3.0, 1.0))


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured number. ``goal`` is the most it may be; the yardstick is something everybody knows the cost of."""

    name: str
    value: float
    unit: str
    goal: float
    yardstick: str = ""
    yardstick_value: float | None = None

    @property
    def holds(self) -> bool:
        """Whether the goal is met."""
        return self.value <= self.goal

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {
            "name": self.name,
            "value": round(self.value, 3),
            "unit": self.unit,
            "goal": self.goal,
            "holds": self.holds,
            "yardstick": self.yardstick,
            "yardstick_value": None if self.yardstick_value is None else round(self.yardstick_value, 3),
        }

    def as_text(self) -> str:
        """Return one line for people."""
        beside = f"   {self.yardstick}: {self.yardstick_value:.3g} {self.unit}" if self.yardstick_value else ""
        met = "holds" if self.holds else "MISSED"
        return f"{self.name:32} {self.value:9.3g} {self.unit:4} goal {self.goal:g} {met:6}{beside}"


def _set_of(exercise: Exercise, seed: int, pace: Pace) -> tuple[VirtualPatient, list[Sample]]:
    """Return a patient and the ideal samples of one minute of that exercise."""
    patient = VirtualPatient(seed)
    patient.prepare(exercise.key, 0.0)
    patient.begin(exercise.key, 2.0, pace)
    patient.finish(SET_S - 15.0)
    samples: list[Sample] = []
    for i in range(int(SET_S * RATE_HZ)):
        t_s = i / RATE_HZ
        if exercise.driver == "force":
            samples.append(LoadSample("cell", t_s, patient.force_n(t_s)))
        else:
            truth = patient.imu(exercise.place, t_s)
            samples.append(ImuSample("imu", t_s, truth.accel_m_s2, truth.gyro_rad_s))
    return patient, samples


def counter() -> Iterator[Figure]:
    """Yield what one IMU sample costs the counter."""
    _, samples = _set_of(exercises()["goblet_squat"], 1, PACES[1])
    pipeline = Pipeline(exercises()["goblet_squat"])
    took_s = _time(lambda: [pipeline.feed(sample) for sample in samples])
    vector = np.ones(3)
    yard_s = _time(lambda: [float(np.linalg.norm(vector)) for _ in samples])
    per = 1e6 / len(samples)
    yield Figure("counter, per IMU sample", took_s * per, "us", 25.0, "numpy norm of 3 numbers", yard_s * per)


def timing() -> Iterator[Figure]:
    """Yield how far reports are from true ends, and phase durations from true ones, on ideal sensors."""
    delays_ms, errors_ms, miscounts = [], [], 0
    for exercise in exercises().values():
        for seed in SEEDS:
            for pace in PACES:
                patient, samples = _set_of(exercise, seed, pace)
                found = _finished(exercise, samples)
                truth = patient.truth()
                miscounts += len(found) != len(truth)
                for event, true in zip(found, truth, strict=False):
                    delays_ms.append(abs(event.t_s - true.end_s) * 1e3)
                    parts = (
                        true.out_end_s - true.start_s,
                        true.hold_end_s - true.out_end_s,
                        true.end_s - true.hold_end_s,
                    )
                    errors_ms += [
                        abs(span.duration_s - part) * 1e3 for span, part in zip(event.rep.spans, parts, strict=True)
                    ]
    yield Figure("sets counted wrong, virtual", miscounts, "sets", 0.0)
    yield Figure("report off the true end, median", statistics.median(delays_ms), "ms", 150.0)
    yield Figure("report off the true end, 95 %", float(np.percentile(delays_ms, 95)), "ms", 300.0)
    yield Figure("phase duration error, median", statistics.median(errors_ms), "ms", 50.0)
    yield Figure("phase duration error, 95 %", float(np.percentile(errors_ms, 95)), "ms", 120.0)


def _finished(exercise: Exercise, samples: Sequence[Sample]) -> list[RepFinished]:
    pipeline = Pipeline(exercise)
    return [event for sample in samples for event in pipeline.feed(sample) if isinstance(event, RepFinished)]


def screen() -> Iterator[Figure]:
    """Yield what drawing the set screen costs, without a display."""
    from display.app import App
    from display.gallery import samples

    views = [view for name, view in samples() if "-set-" in name]
    app = App(headless=True)
    try:
        app.frame(views[0])
        took_ms = [_time(partial(app.frame, view)) * 1e3 for view in views * 20]
    finally:
        app.close()
    pixels = np.zeros((600, 1024, 3), dtype=np.uint8)
    yard_ms = _time(lambda: pixels.fill(7)) * 1e3
    yield Figure(
        "set screen, 99 % of frames", float(np.percentile(took_ms, 99)), "ms", 33.3, "fill its pixels", yard_ms
    )


def journal() -> Iterator[Figure]:
    """Yield how long a repetition takes from the engine to the disk."""
    import sqlite3

    from edge.records import SessionStarted, key
    from sync.journal import Journal
    from sync.keeper import Keeper
    from sync.link import LoopbackHub
    from sync.signing import load_verifier, new_key_pair

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
            "p-bench-1",
            load_verifier(new_key_pair(folder)[1]),
            now=time.monotonic,
            wall=time.time,
            on_plan=lambda _plan: None,
            on_saved=on_saved,
        )
        keeper.start()
        took_ms = []
        for i in range(300):
            one = SessionStarted(f"bench-{i:04d}", "p-bench-1", 1, 0.0)
            start_s = time.perf_counter()
            keeper.save([one])
            done.acquire()
            took_ms.append((saved_at[key(one)] - start_s) * 1e3)
        keeper.stop()
        yard_ms = _bare_commit_ms(sqlite3.connect(folder / "bare.db", isolation_level=None))
    yield Figure("repetition on the disk, median", statistics.median(took_ms), "ms", 250.0, "a bare commit", yard_ms)
    yield Figure("repetition on the disk, 99 %", float(np.percentile(took_ms, 99)), "ms", 250.0)


def _bare_commit_ms(database: Any) -> float:
    for statement in ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL", "CREATE TABLE t (x)"):
        database.execute(statement)
    took = [_time(lambda: database.execute("INSERT INTO t VALUES (1)")) * 1e3 for _ in range(300)]
    database.close()
    return statistics.median(took)


BENCHES: Mapping[str, Callable[[], Iterator[Figure]]] = {
    "counter": counter,
    "timing": timing,
    "screen": screen,
    "journal": journal,
}


def _time(work: Callable[[], object]) -> float:
    """Return how long the work takes, in seconds."""
    start_s = time.perf_counter()
    work()
    return time.perf_counter() - start_s


def run(names: Sequence[str]) -> Iterator[Figure]:
    """Yield the figures of the named benchmarks, or of all. Raises SettingsError for a name there is not."""
    for name in names or BENCHES:
        if name not in BENCHES:
            raise SettingsError(f"unknown benchmark {name!r}; there are: {', '.join(BENCHES)}")
    for name in names or BENCHES:
        yield from BENCHES[name]()
