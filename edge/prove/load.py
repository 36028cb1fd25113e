"""F10 to F17: what befalls a load cell, its converter and its calibration."""

from __future__ import annotations

import random
from collections.abc import Iterable
from itertools import pairwise
from statistics import fmean

from drivers.emulation.faults import Fault, Kind
from drivers.samples import LoadSample, Quality, Sample
from edge.prove.bench import CELL_N, SENSORS, START_S, Bench, invented, lost
from edge.prove.row import Figures, Limit, Row, Trials

BAND = SENSORS["band"]
EXERCISE = "band_row"
SET_S = 18.0
PEAK_N = 120.0
NO_NUMBER = Quality.SATURATED | Quality.SETTLING
"""Samples that no peak is taken from."""
HALF_HOUR_S, HELD_S = 1800.0, 600.0
HELD_N = 100.0


def _cell(rate_hz: int = 80) -> dict[str, dict[str, object]]:
    return {"band": {**BAND, "sample_rate_hz": rate_hz}}


def _within_set(draw: random.Random) -> float:
    return draw.uniform(3.0, 14.0)


def _forces(samples: Iterable[Sample]) -> list[tuple[float, float]]:
    """Return (t_s, force_n) of the samples that are numbers, not "at least" ones."""
    return [(s.t_s, s.force_n) for s in samples if isinstance(s, LoadSample) and not s.quality & NO_NUMBER]


def _stuck(trials: Trials) -> Figures:
    late_s = {80: 0.0, 10: 0.0}
    for number, draw in trials:
        rate_hz = (80, 10)[number % 2]
        start_s = _within_set(draw)
        bench = Bench(draw.randrange(2**32), [Fault(Kind.STUCK, "band", start_s)], EXERCISE, _cell(rate_hz))
        bench.train(start_s + 2.0)
        late_s[rate_hz] = max(late_s[rate_hz], lost(bench, "band", START_S + start_s)[1])
    return {"from the last conversion to lost, 80 a second": 1e3 * late_s[80],
            "from the last conversion to lost, 10 a second": 1e3 * late_s[10]}  # fmt: skip


def _glitches(trials: Trials) -> Figures:
    worst_n = 0.0
    false = alarms = 0
    for _, draw in trials:
        seed = draw.randrange(2**32)
        bench = Bench(seed, [Fault(Kind.GLITCH, "band", 0.0, size=0.05, seed=seed)], EXERCISE, _cell())
        bench.train(SET_S, peak_n=PEAK_N)
        heard = _forces(bench.samples["band"])
        true_n = max(bench.patient.force_n(t_s) for t_s, _ in heard)
        worst_n = max(worst_n, abs(max(force_n for _, force_n in heard) - true_n))
        over_n = 1.1 * true_n
        alarms += sum(a[1] > over_n and b[1] > over_n for a, b in pairwise(heard))
        false += invented(bench.truth, bench.reps)
    return {"error of the peak force": 100.0 * worst_n / CELL_N, "over-load alarms": alarms,
            "repetitions invented": false}  # fmt: skip


def _saturation(trials: Trials) -> Figures:
    unflagged = 0
    for _, draw in trials:
        start_s = _within_set(draw)
        fault = Fault(Kind.SATURATION, "band", start_s, 2.0, size=draw.choice((-1.0, 1.0)))
        bench = Bench(draw.randrange(2**32), [fault], EXERCISE, _cell())
        bench.train(start_s + 3.0)
        there = [s for s in bench.samples["band"] if 0.0 <= s.t_s - START_S - start_s - 0.025 < 1.9]
        unflagged += sum(not sample.quality & Quality.SATURATED for sample in there) + (not there)
    return {"samples at the end of the range without a flag": unflagged}


def _long_pulses(trials: Trials) -> Figures:
    worst_n, dropped, false = 0.0, 0, 0
    pins = {"band": {**BAND, "bus": "gpio", "clock_pin": 5, "data_pin": 6}}
    for _, draw in trials:
        seed = draw.randrange(2**32)
        bench = Bench(seed, [Fault(Kind.LONG_PULSE, "band", 0.0, size=0.02, seed=seed)], EXERCISE, pins)
        bench.train(SET_S, peak_n=PEAK_N)
        off_n = [abs(n - bench.patient.force_n(t_s)) for t_s, n in _forces(bench.samples["band"])]
        worst_n = max(worst_n, *off_n)
        dropped += bench.looks[-1].health["band"].errors.get("long_pulse", 0)
        false += invented(bench.truth, bench.reps)
    return {
        "words dropped": dropped,
        "furthest from the truth that was published": 100.0 * worst_n / CELL_N,
        "repetitions invented": false,
    }


def _drift(trials: Trials) -> Figures:
    empty_n = held_n = 0.0
    for _, draw in trials:
        seed, way = draw.randrange(2**32), draw.choice((-1.0, 1.0))
        drift = Fault(Kind.DRIFT, "band", 0.0, size=way * 0.005 * CELL_N)
        creep = Fault(Kind.CREEP, "band", 0.0, size=0.01)
        empty = Bench(seed, [drift], EXERCISE, _cell(10), force=lambda _t_s: 0.0)
        empty.run(HALF_HOUR_S, look_s=0.5)
        held = Bench(seed, [drift, creep], EXERCISE, _cell(10), force=lambda t_s: HELD_N if t_s > 10.0 else 0.0)
        held.run(10.0 + HELD_S, look_s=0.5)
        empty_n = max(empty_n, abs(_last(empty)))
        held_n = max(held_n, abs(_last(held) - HELD_N))
    return {
        "false load after 30 minutes": 100.0 * empty_n / CELL_N,
        "error of a load held for 10 minutes": 100.0 * held_n / CELL_N,
    }


def _last(bench: Bench) -> float:
    """Return the mean force of the last five seconds."""
    return fmean(force_n for _, force_n in _forces(bench.samples["band"])[-50:])


def _rate_drop(trials: Trials) -> Figures:
    worst, mute = 0.0, 0
    for _, draw in trials:
        share = draw.choice((0.125, 0.25, 0.5))
        bench = Bench(draw.randrange(2**32), [Fault(Kind.RATE_DROP, "band", 5.0, size=share)], EXERCISE, _cell())
        bench.train(12.0)
        health = bench.looks[-1].health["band"]
        worst = max(worst, abs(health.rate_hz / (80.0 * share) - 1.0))
        mute += not any("snap" in words for words in health.limits)
    return {"error of the reported rate": 100.0 * worst, "runs that do not say snap detection is off": mute}


_INVENTED = Limit("repetitions invented", most=0)

ROWS = (
    Row(
        "F10",
        "A load cell's converter is never ready again",
        (Kind.STUCK,),
        (
            Limit("from the last conversion to lost, 80 a second", "ms", most=100),
            Limit("from the last conversion to lost, 10 a second", "ms", most=300),
        ),
        _stuck,
        least=2,
        trials=6,
        promised=100,
    ),
    Row(
        "F11",
        "One conversion in twenty is a wild number",
        (Kind.GLITCH,),
        (
            Limit("error of the peak force", "% of range", most=2),
            Limit("over-load alarms", most=0),
            _INVENTED,
        ),
        _glitches,
        trials=6,
        promised=200,
    ),
    Row(
        "F12",
        "The converter is at the end of its range",
        (Kind.SATURATION,),
        (Limit("samples at the end of the range without a flag", most=0),),
        _saturation,
        trials=6,
        promised=100,
    ),
    Row(
        "F13",
        "One word in fifty has a clock pulse so long that the converter switches off",
        (Kind.LONG_PULSE,),
        (
            Limit("words dropped", least=1),
            Limit("furthest from the truth that was published", "% of range", most=2),
            _INVENTED,
        ),
        _long_pulses,
        trials=4,
        promised=100,
    ),
    Row(
        "F14",
        "The zero of a cell drifts by half a percent of its range in ten minutes; a load creeps",
        (Kind.DRIFT, Kind.CREEP),
        (
            Limit("false load after 30 minutes", "% of range", most=1),
            Limit("error of a load held for 10 minutes", "% of range", most=1),
        ),
        _drift,
        trials=1,
        promised=20,
    ),
    Row(
        "F17",
        "A cell delivers less often than asked for",
        (Kind.RATE_DROP,),
        (
            Limit("error of the reported rate", "%", most=10),
            Limit("runs that do not say snap detection is off", most=0),
        ),
        _rate_drop,
        trials=4,
        promised=100,
    ),
)
