"""F01 to F08: what befalls a motion sensor and its bus."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator

from msgspec.structs import astuple

from drivers.emulation.faults import Fault, Kind
from drivers.samples import ImuSample, Quality, Sample
from edge.bench.timing import performable
from edge.prove.bench import (
    FIRST_S,
    SENSORS,
    START_S,
    Bench,
    back_s,
    crashes,
    invented,
    longest_gap_s,
    lost,
    missed,
    paused,
    unverified,
)
from edge.prove.row import Figures, Limit, Row, Trials
from edge.prove.timed_bus import BAUDRATES_HZ, BUS, RATE_HZ, on_a_timed_bus
from edge.records import Record

THIGH = {"thigh": SENSORS["thigh"]}
SET_S = 18.0
"""A set of three repetitions, and some stillness."""
REPORT_S = 0.5
"""A repetition that ended this long before a fault has been reported by then."""
LIMB = tuple(exercise.key for exercise in performable() if exercise.driver == "imu")


def _within_set(draw: random.Random) -> float:
    """Return a moment in a set, in seconds of the script."""
    return draw.uniform(FIRST_S, FIRST_S + 13.0)


def _bit_errors(trials: Trials) -> Figures:
    broken = packets = off = 0
    good = due = 0.0
    for _, draw in trials:
        seed = draw.randrange(2**32)
        fault = Fault(Kind.BIT_ERRORS, "thigh", 0.0, size=0.01, seed=seed)
        exercise = draw.choice(LIMB)
        clean, bench = Bench(seed, (), exercise, THIGH), Bench(seed, [fault], exercise, THIGH)
        for one in (clean, bench):
            one.train(SET_S)
        broken += crashes(bench)
        good += len(bench.samples["thigh"])
        due += len(clean.samples["thigh"])
        packets += len(clean.samples["thigh"])
        off += abs(len(bench.reps) - len(clean.reps)) + invented(bench.truth, bench.reps)
    return {"packets": packets, "crashes": broken, "good samples": 100.0 * good / due, "repetitions off": off}


NACKS_S = (0.1, 1.0, 10.0)


def _nack(trials: Trials) -> Figures:
    late_s = slow_s = 0.0
    dropped = false = 0
    for number, draw in trials:
        length_s = NACKS_S[number % len(NACKS_S)]
        start_s = _within_set(draw)
        bench = Bench(draw.randrange(2**32), [Fault(Kind.NACK, "thigh", start_s, length_s)], draw.choice(LIMB), THIGH)
        bench.train(start_s + length_s + 6.0)
        at_s, after_s = lost(bench, "thigh", START_S + start_s)
        if length_s < 0.5:
            dropped += math.isfinite(at_s)
        else:
            late_s = max(late_s, after_s)
            slow_s = max(slow_s, back_s(bench, "thigh", START_S + start_s + length_s))
        false += invented(bench.truth, bench.reps)
    return {
        "lost in a burst of 0.1 s": dropped,
        "from the last good sample to lost": 1e3 * late_s,
        "from the end of the burst to live": slow_s,
        "repetitions invented": false,
    }


HANGS_S = ((10.0, 14.0), (math.inf, 14.0), (math.inf, 1.0))
"""How long the bus hangs and for how long that is looked at; the last stops while the first thread still hangs."""


def _hang(trials: Trials) -> Figures:
    apart_s = together_s = late_s = frame_s = stop_s = 0.0
    false = 0
    for number, draw in trials:
        start_s = _within_set(draw)
        length_s, seen_s = HANGS_S[number % len(HANGS_S)]
        bench = Bench(draw.randrange(2**32), [Fault(Kind.HANG, "thigh", start_s, length_s)], "band_row")
        bench.train(start_s + seen_s)
        from_s, until_s = START_S + start_s, START_S + start_s + seen_s
        apart_s = max(apart_s, longest_gap_s(bench.samples["band"], from_s, until_s))
        together_s = max(together_s, longest_gap_s(bench.samples["trunk"], from_s, until_s))
        late_s = max(late_s, lost(bench, "thigh", from_s)[1])
        frame_s = max(frame_s, *(look.took_s for look in bench.looks))
        stop_s = max(stop_s, bench.stopping_s)
        false += invented(bench.truth, bench.reps)
    return {
        "from the last good sample to lost": 1e3 * late_s,
        "longest gap of a sensor on another bus": 1e3 * apart_s,
        "longest gap of a sensor on the same bus": together_s,
        "longest wait of a frame": 1e3 * frame_s,
        "stopping while it hangs": stop_s,
        "repetitions invented": false,
    }


def _endless(trials: Trials) -> Figures:
    share, longest_s, false = 1.0, 0.0, 0
    for number, draw in trials:
        start_s, seed = _within_set(draw), draw.randrange(2**32)
        fault = Fault(Kind.ENDLESS, "thigh", start_s, 5.0)
        bench = Bench(seed, [fault], draw.choice(LIMB), BUS)
        bench.train(start_s + 6.0)
        there = [s for s in bench.samples["trunk"] if 0.0 <= s.t_s - START_S - start_s < 5.0]
        share = min(share, len(there) / (5.0 * RATE_HZ))
        false += invented(bench.truth, bench.reps)
        read_s, timed_share = on_a_timed_bus(seed, BAUDRATES_HZ[number % 2])
        longest_s, share = max(longest_s, read_s), min(share, timed_share)
    return {
        "samples of the other sensor on the bus": 100.0 * share,
        "longest read of either": 1e3 * longest_s,
        "repetitions invented": false,
    }


def _quiet(trials: Trials) -> Figures:
    silent_s = frozen_s = 0.0
    false = 0
    for number, draw in trials:
        kind = (Kind.SILENCE, Kind.FREEZE)[number % 2]
        start_s = _within_set(draw)
        bench = Bench(draw.randrange(2**32), [Fault(kind, "thigh", start_s, 8.0)], draw.choice(LIMB), THIGH)
        bench.train(start_s + 8.0)
        at_s, after_s = lost(bench, "thigh", START_S + start_s)
        if kind is Kind.SILENCE:
            silent_s = max(silent_s, after_s)
        else:
            frozen_s = max(frozen_s, at_s - START_S - start_s)
        false += invented(bench.truth, bench.reps)
    return {"silent to flagged": 1e3 * silent_s, "frozen to flagged": frozen_s, "repetitions invented": false}


def _self_reset(trials: Trials) -> Figures:
    again_s, false, unseen, unpaused, unasked = 0.0, 0, 0, 0, 0
    for _, draw in trials:
        start_s = _within_set(draw)
        bench = Bench(draw.randrange(2**32), [Fault(Kind.SELF_RESET, "thigh", start_s)], draw.choice(LIMB), THIGH)
        bench.train(SET_S + 2.0, goes_on=True)
        reset_s = START_S + start_s
        after = [sample for sample in bench.samples["thigh"] if sample.t_s > reset_s]
        marked = [sample.t_s for sample in after if sample.quality & Quality.RESET_BEFORE]
        again_s = max(again_s, min(marked, default=math.inf) - reset_s)
        unseen += bench.looks[-1].health["thigh"].resets != 1
        stops, starts = paused(bench)
        unpaused += stops != 1
        unasked += starts - bench.asked
        false += invented(bench.truth, bench.reps)
    return {
        "reset to streaming": again_s,
        "resets not counted": unseen,
        "sets not paused": unpaused,
        "sets that went on unasked": unasked,
        "repetitions invented": false,
    }


def _unplug(trials: Trials) -> Figures:
    late_s = slow_s = 0.0
    false = forgotten = unasked = doubted = 0
    for number, draw in trials:
        start_s, length_s = _within_set(draw), math.exp(draw.uniform(0.0, math.log(60.0)))
        bench = Bench(
            draw.randrange(2**32), [Fault(Kind.UNPLUG, "thigh", start_s, length_s)], draw.choice(LIMB), THIGH
        )
        bench.train(start_s + length_s + 8.0, reps=6, goes_on=number % 2 == 0)
        out_s = START_S + start_s
        lost_s, after_s = lost(bench, "thigh", out_s)
        late_s = max(late_s, after_s)
        slow_s = max(slow_s, back_s(bench, "thigh", out_s + length_s))
        doubted = max(doubted, unverified(bench.truth, bench.reps, lost_s))
        unasked += paused(bench)[1] - bench.asked
        forgotten += missed(bench.truth, bench.reps, out_s - REPORT_S)
        false += invented(bench.truth, bench.reps)
    return {
        "from the last good sample to lost": 1e3 * late_s,
        "from plugged in to live": slow_s,
        "sets that went on unasked": unasked,
        "completed repetitions lost": forgotten,
        "repetitions in doubt, of one set": doubted,
        "repetitions invented": false,
    }


def _bad_values(trials: Trials) -> Figures:
    bad = stored = false = silent = 0
    for _, draw in trials:
        seed = draw.randrange(2**32)
        bench = Bench(seed, [Fault(Kind.BAD_VALUE, "thigh", 0.0, size=0.05, seed=seed)], draw.choice(LIMB), THIGH)
        bench.train(SET_S)
        bad += sum(not _possible(sample) for sample in bench.samples["thigh"])
        stored += sum(not math.isfinite(number) for record in bench.records for number in _numbers(record))
        silent += not (bench.looks[-1].health["thigh"].errors or any(s.quality for s in bench.samples["thigh"]))
        false += invented(bench.truth, bench.reps)
    return {
        "impossible values handed on": bad,
        "numbers stored that are none": stored,
        "runs without a word about it": silent,
        "repetitions invented": false,
    }


def _numbers(record: Record) -> Iterator[float]:
    """Yield every number of a record."""
    for value in astuple(record):
        for one in value if isinstance(value, tuple) else (value,):
            if isinstance(one, float):
                yield one


def _possible(sample: Sample) -> bool:
    """Tell whether every number of a sample is one that a chip can mean."""
    if not isinstance(sample, ImuSample):
        return False
    parts = (sample.accel_m_s2, sample.gyro_rad_s, sample.linear_m_s2, sample.quaternion_wxyz)
    numbers = [number for part in parts if part for number in part]
    turn = sample.quaternion_wxyz
    return all(map(math.isfinite, numbers)) and (turn is None or abs(math.hypot(*turn) - 1.0) <= 0.05)


_LOST = Limit("from the last good sample to lost", "ms", most=500)
_UNASKED = Limit("sets that went on unasked", most=0)
_INVENTED = Limit("repetitions invented", most=0)
ROWS = (
    Row(
        "F01",
        "One packet in a hundred of a motion sensor has a flipped bit",
        (Kind.BIT_ERRORS,),
        (
            Limit("packets"),
            Limit("crashes", most=0),
            Limit("good samples", "%", least=98),
            Limit("repetitions off", most=0),
        ),
        _bit_errors,
        trials=4,
        promised=60,
    ),
    Row(
        "F02",
        "A motion sensor acknowledges nothing for 0.1, 1 or 10 s",
        (Kind.NACK,),
        (
            Limit("lost in a burst of 0.1 s", most=0),
            _LOST,
            Limit("from the end of the burst to live", "s", most=3),
            _INVENTED,
        ),
        _nack,
        least=3,
        trials=6,
        promised=300,
    ),
    Row(
        "F03",
        "A motion sensor holds the clock line of its bus for 10 s, or for ever",
        (Kind.HANG,),
        (
            _LOST,
            Limit("longest gap of a sensor on another bus", "ms", most=100),
            Limit("longest gap of a sensor on the same bus", "s", most=5),
            Limit("longest wait of a frame", "ms", most=100),
            Limit("stopping while it hangs", "s", most=2),
            _INVENTED,
        ),
        _hang,
        least=3,
        trials=3,
        promised=60,
    ),
    Row(
        "F04",
        "A motion sensor claims to have more data for ever",
        (Kind.ENDLESS,),
        (
            Limit("samples of the other sensor on the bus", "%", least=97),
            Limit("longest read of either", "ms", most=20),
            _INVENTED,
        ),
        _endless,
        least=2,
        trials=3,
        promised=100,
    ),
    Row(
        "F05",
        "A motion sensor falls silent, or repeats one value for ever",
        (Kind.SILENCE, Kind.FREEZE),
        (Limit("silent to flagged", "ms", most=500), Limit("frozen to flagged", "s", most=2), _INVENTED),
        _quiet,
        least=2,
        trials=6,
        promised=200,
    ),
    Row(
        "F06",
        "A motion sensor restarts by itself in the middle of a set",
        (Kind.SELF_RESET,),
        (
            Limit("reset to streaming", "s", most=2),
            Limit("resets not counted", most=0),
            Limit("sets not paused", most=0),
            _UNASKED,
            _INVENTED,
        ),
        _self_reset,
        trials=8,
    ),
    Row(
        "F07",
        "A motion sensor is unplugged in the middle of a set, and plugged in again after 1 to 60 s",
        (Kind.UNPLUG,),
        (
            _LOST,
            Limit("from plugged in to live", "s", most=3),
            _UNASKED,
            Limit("completed repetitions lost", most=0),
            Limit("repetitions in doubt, of one set", most=1),
            _INVENTED,
        ),
        _unplug,
        trials=6,
        promised=200,
    ),
    Row(
        "F08",
        "One report in twenty holds what cannot be: a quaternion that is none, no accuracy",
        (Kind.BAD_VALUE,),
        (
            Limit("impossible values handed on", most=0),
            Limit("numbers stored that are none", most=0),
            Limit("runs without a word about it", most=0),
            _INVENTED,
        ),
        _bad_values,
        trials=4,
        promised=100,
    ),
)
