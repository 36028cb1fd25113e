"""What a station sends: plausible sessions, made of the same records that a real one writes. Pure and seeded.

A session here is three to six sets of six to twelve repetitions, about 73 records and 33 kB of JSON. That is our
choice, after what ``steadyrig demo`` writes: an outline of each set, its answers, its trace, and few of all else.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from datetime import UTC, datetime

from edge.model import Origin, StopReason, Verdict
from edge.records import (
    Answered,
    FlagsAnswered,
    Form,
    Happened,
    Incident,
    Moment,
    Record,
    RepCounted,
    SessionEnded,
    SessionStarted,
    SetBegun,
    SetDone,
    SymptomsTold,
    TraceChunk,
)
from edge.records.packing import pack
from edge.safety.flags import red_flags

SETS, REPS = (3, 6), (6, 12)
EXERCISES = ("sit_to_stand", "goblet_squat", "kettlebell_deadlift", "band_row", "band_press")
TEMPO, REST_S = "3-1-1", 60.0
INCIDENTS = 0.02
"""The share of sets in which something happens that the clinic must know at once."""
TRACE_STEP_S, TRACE_POOL = 0.04, 12


def patient_of(station_id: str) -> str:
    """Return the pseudonymous id of the patient who trains at a simulated station."""
    return f"p-{station_id}"


def session(station_id: str, number: int, seed: int, began: float) -> list[Record]:
    """Return all records of a station's ``number``-th session, begun at ``began`` seconds since 1970.

    The same arguments give the same records, in the order a station would write them.
    """
    chance = random.Random(f"{seed} {station_id} {number}")
    session_id = f"{station_id[-20:]}-{number:05}"
    sets = chance.randint(*SETS)
    day = datetime.fromtimestamp(began, UTC).date().isoformat()
    asked = tuple(one.name for one in red_flags().form(Form.SHORT))
    found: list[Record] = [
        SessionStarted(session_id, patient_of(station_id), 1, began, day),
        FlagsAnswered(f"{session_id}-f", patient_of(station_id), Form.SHORT, began + 20, (), asked),
        SymptomsTold(session_id, Moment.START, began + 30, chance.randint(0, 5), chance.randint(0, 3), 0),
    ]
    at_s = 40.0
    for place in range(1, sets + 1):
        done = list(_set(session_id, place, sets, at_s, began, chance))
        found += done
        at_s = next(one.ended_s for one in done if isinstance(one, SetDone)) + REST_S
    found.append(SymptomsTold(session_id, Moment.WORST, began + at_s, chance.randint(0, 5), set_number=sets))
    found.append(SessionEnded(session_id, began + at_s + 10, sets, sets, StopReason.TARGET))
    return found


def _set(
    session_id: str, place: int, sets: int, at_s: float, began: float, chance: random.Random
) -> Iterator[Record]:
    exercise, reps = EXERCISES[(place - 1) % len(EXERCISES)], chance.randint(*REPS)
    yield SetBegun(session_id, place, exercise, exercise, 1, at_s, None, sets, 1, reps, TEMPO, (8.0, 12.0))
    end_s = 3.0
    for number in range(1, reps + 1):
        rep = _rep(session_id, place, number, end_s + 0.6 + chance.random(), chance)
        end_s = rep.end_s
        yield rep
    ended_s = round(at_s + end_s + 2.0, 3)
    if chance.random() < INCIDENTS:
        yield Incident(session_id, place, 1, Happened.OVER_FORCE, 180.5, "N", began + ended_s)
    yield SetDone(
        session_id, place, exercise, 1, sets, 1, reps, TEMPO, (8.0, 12.0), at_s, ended_s, reps, StopReason.TARGET,
        Origin.SENSED, row=exercise, on_tempo=round(chance.random(), 2),
    )  # fmt: skip
    yield TraceChunk(session_id, place, "angle", "deg", 0, 0.0, TRACE_STEP_S, *_trace(chance.randrange(TRACE_POOL)))
    yield Answered(session_id, place, "effort", chance.randint(3, 8))
    yield Answered(session_id, place, "symptom_reserve", chance.randint(0, 5))
    yield Answered(session_id, place, "pain_change", chance.choice((-1, 0, 0, 0, 1)))


def _rep(session_id: str, place: int, number: int, start_s: float, chance: random.Random) -> RepCounted:
    out_s, hold_s, back_s = (round(chance.gauss(mean, 0.15), 3) for mean in (3.0, 1.0, 1.1))
    return RepCounted(
        session_id, place, number, round(start_s, 3), round(start_s + out_s + hold_s + back_s, 3), out_s, hold_s,
        back_s, None, round(chance.random(), 3), round(chance.gauss(80, 4), 2), "deg", round(chance.gauss(90, 8), 1),
        chance.choice((Verdict.ON_TARGET, Verdict.ON_TARGET, Verdict.TOO_FAST)), round(chance.uniform(0.8, 1), 2),
        Origin.SENSED, 0.018, round(chance.gauss(136, 9), 2), round(chance.gauss(66, 5), 2), -1.402,
    )  # fmt: skip


_POOL: dict[int, tuple[int, str]] = {}


def _trace(which: int) -> tuple[int, str]:
    """Return how many values one of a few angle curves has, and the curve.

    Sharing them keeps a thousand stations in one process small.
    """
    if which not in _POOL:
        top_deg, cycle_s = 70.0 + which, 5.0 + which / 10
        times_s = (i * TRACE_STEP_S for i in range(int(8 * cycle_s / TRACE_STEP_S)))
        values = [round(top_deg * math.sin(math.pi * t_s / cycle_s) ** 2, 2) for t_s in times_s]
        _POOL[which] = len(values), pack(values)
    return _POOL[which]
