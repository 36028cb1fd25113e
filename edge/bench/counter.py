"""What one sample costs the counter, for every class of movement, and what an hour of them leaves behind."""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from types import FunctionType, ModuleType

from drivers.patient import Pace
from drivers.samples import ImuSample, Sample
from edge.bench.bodies import IMU_HZ, performed
from edge.bench.figure import Figure
from edge.bench.known import BEST_KNOWN, KNOWN, Known
from edge.library import Exercise, exercises
from edge.signal.pipeline import Pipeline
from edge.signal.profiles import profiles, recorded_exercise

PACE = Pace(2.0, 0.5, 2.0, 1.0)
REPS = 10
GOAL_US = 25.0
GOAL_KB = 8.0
"""What the counter may hold more of after an hour than after three minutes: a few shapes kept, no history."""
HOUR_S = 3600.0
EVERY = 5
"""Of the samples of the hour every fifth is fed, 20 a second: what piles up does so by repetitions."""
BEST_OF = 3
"""Other programs slow a run down, by the caches they share, and never speed it up."""


def _samples(*, force: bool) -> list[Sample]:
    return performed(exercises()["band_row" if force else "goblet_squat"], PACE, REPS, seed=1)[1]


def _of(movement: str) -> Exercise:
    return recorded_exercise("bench", movement)


def figures() -> Iterator[Figure]:
    """Yield the cost of a sample per class beside the best known method's, the others', and the memory of an hour."""
    imu, load = _samples(force=False), _samples(force=True)
    known_us = _known_us(imu)
    for movement in profiles().classes:
        samples = load if _takes_force(movement, load[0]) else imu
        took_us = _cost_us(movement, samples)
        yield Figure(f"counter, {movement}, per sample", took_us, "us", GOAL_US, BEST_KNOWN, known_us[BEST_KNOWN])
    for name, took_us in known_us.items():
        yield Figure(f"known: {name}, per sample", took_us, "us")
    for movement in ("limb", "wrist"):
        yield Figure(f"more held after an hour of one set, {movement}", _growth_kb(movement, imu), "kB", GOAL_KB)


def _takes_force(movement: str, sample: Sample) -> bool:
    pipeline = Pipeline(_of(movement))
    pipeline.feed(sample)
    return pipeline.signal is not None


def _cost_us(movement: str, samples: list[Sample]) -> float:
    def feed() -> None:
        pipeline = Pipeline(_of(movement))
        for sample in samples:
            pipeline.feed(sample)

    return 1e6 / len(samples) * _best_s(feed)


def _known_us(samples: list[Sample]) -> dict[str, float]:
    """Return what each known method costs per sample."""
    accels = [(s.t_s, s.accel_m_s2) for s in samples if isinstance(s, ImuSample) and s.accel_m_s2 is not None]

    def cost_us(method: Callable[[float], Known]) -> float:
        def feed() -> None:
            known = method(IMU_HZ)
            for t_s, accel in accels:
                known.update(t_s, accel)

        return 1e6 / len(accels) * _best_s(feed)

    return {name: cost_us(method) for name, method in KNOWN.items()}


def _best_s(work: Callable[[], None]) -> float:
    """Return the processor's time for the work, the best of a few; waiting for a processor does not count."""
    took_s = []
    for _ in range(BEST_OF):
        start_s = time.process_time()
        work()
        took_s.append(time.process_time() - start_s)
    return min(took_s)


def _growth_kb(movement: str, minute: list[Sample]) -> float:
    """Return by how much what the counter holds grows from its third minute to the end of an hour, in kB.

    The same minute is fed again and again, so both are seen at the same moment of a repetition.
    """
    thin = minute[::EVERY]
    length_s = thin[-1].t_s - thin[0].t_s + 1.0
    pipeline = Pipeline(_of(movement))
    held = []
    for again in range(round(HOUR_S / length_s)):
        for sample in thin:
            pipeline.feed(replace(sample, t_s=sample.t_s + again * length_s))
        held.append(_held_bytes(pipeline))
    return (held[-1] - held[2]) / 1024


def _held_bytes(thing: object) -> int:
    """Return the size of everything that can be reached from an object, code aside."""
    seen, todo, size = set(), [thing], 0
    while todo:
        one = todo.pop()
        if id(one) in seen or isinstance(one, type | ModuleType | FunctionType):
            continue
        seen.add(id(one))
        size += sys.getsizeof(one)
        todo += gc.get_referents(one)
    return size
