"""What one sample costs the counter, for every class of movement, and what an hour of them leaves behind."""

from __future__ import annotations

import gc
import math
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from types import FunctionType, ModuleType

from drivers.noise import Bno085Noise
from drivers.patient import Pace
from drivers.reading import ImuTruth
from drivers.samples import STANDARD_GRAVITY_M_S2, ImuSample, Sample
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
"""What the counter may hold more of at the end of an hour than at its beginning: a few shapes kept, no history."""
HOUR_S = 3600.0
EVERY = 5
"""Of the samples of the hour every fifth is fed, 20 a second: what piles up does so by repetitions."""
GROWING = ("limb", "wrist", "bar", "bell")
"""One class for each way of counting repetitions of which the samples show any."""
SWING_S = 2.0
SWINGS = 30
PULL_G = 1.07
"""What the hand feels of a swung bell is its weight, more by this below and less by this above."""
LOOKED_AT = 10
"""Minutes at either end of the hour: from the third on, when nothing is new any more."""
BEST_OF = 3
"""Other programs slow a run down, by the caches they share, and never speed it up."""


def _samples(*, force: bool) -> list[Sample]:
    return performed(exercises()["band_row" if force else "goblet_squat"], PACE, REPS, seed=1)[1]


def _swings() -> list[Sample]:
    """Return a minute of a bell on an arm, as its chip feels it."""
    chip = Bno085Noise(1, IMU_HZ)
    samples: list[Sample] = []
    for t_s in chip.times(SWINGS * SWING_S):
        feel = STANDARD_GRAVITY_M_S2 * (1.0 + PULL_G * math.sin(math.tau * t_s / SWING_S))
        truth = ImuTruth((0.6 * feel, 0.0, 0.8 * feel), (0.0, 0.0, 0.0), (1.0, 0.0, 0.0, 0.0))
        samples.append(chip.read("bell", t_s, truth))
    return samples


def _of(movement: str) -> Exercise:
    return recorded_exercise("bench", movement)


def figures() -> Iterator[Figure]:
    """Yield the cost of a sample per class beside the best known method's, the others', and the memory of an hour."""
    imu, load, bell = _samples(force=False), _samples(force=True), _swings()
    known_us = _known_us(imu)
    for movement in profiles().classes:
        samples = load if _takes_force(movement, load[0]) else bell if movement == "bell" else imu
        took_us = _cost_us(movement, samples)
        yield Figure(f"counter, {movement}, per sample", took_us, "us", GOAL_US, BEST_KNOWN, known_us[BEST_KNOWN])
    for name, took_us in known_us.items():
        yield Figure(f"known: {name}, per sample", took_us, "us")
    for movement in GROWING:
        more_kb = _growth_kb(movement, bell if movement == "bell" else imu)
        yield Figure(f"more held after an hour of one set, {movement}", more_kb, "kB", GOAL_KB)


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
    """Return by how much what the counter holds grows from its first minutes to the last ones of an hour, in kB.

    The same minute is fed again and again. A counter that clears up now and then holds more just before, so the most
    of several minutes is compared.
    """
    thin = minute[::EVERY]
    # One step after the last comes the first again: a hole would make the counter forget.
    length_s = thin[-1].t_s - thin[0].t_s + thin[1].t_s - thin[0].t_s
    pipeline = Pipeline(_of(movement))
    held = []
    for again in range(round(HOUR_S / length_s)):
        for sample in thin:
            pipeline.feed(replace(sample, t_s=sample.t_s + again * length_s))
        held.append(_held_bytes(pipeline))
    return (max(held[-LOOKED_AT:]) - max(held[2 : 2 + LOOKED_AT])) / 1024


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
