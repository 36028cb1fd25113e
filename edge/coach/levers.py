"""The levers of a dose, one step each: range, exercise, load, volume, repetitions and tempo, down or up.

A lever is a pure function of the dose and the inputs of the decision; None says that there is nothing left to move.
The order in which levers are tried is the rules' (S2-12, S2-20), the size of a step is the ladder's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from edge.coach.dose import Dose
from edge.records.coaching import Input
from edge.tempo import SLOW

Seen = Mapping[str, Input]


@dataclass(frozen=True, slots=True)
class Ladder:
    """The sizes of steps: shares of the full range falling from 1, repetitions, percent of load and of time."""

    range_shares: tuple[float, ...]
    reps_back: int
    reps_up: int
    load_back_pct: float
    load_back_most_pct: float
    time_back_pct: float
    jump_most_pct: float


def _range_down(dose: Dose, _seen: Seen, ladder: Ladder) -> Dose | None:
    smaller = next((one for one in ladder.range_shares if one < dose.range_share), None)
    return replace(dose, range_share=smaller) if smaller and dose.reps else None


def _range_up(dose: Dose, _seen: Seen, ladder: Ladder) -> Dose | None:
    larger = next((one for one in reversed(ladder.range_shares) if one > dose.range_share), None)
    return replace(dose, range_share=larger) if larger else None


def _exercise_down(dose: Dose, seen: Seen, _ladder: Ladder) -> Dose | None:
    easier = seen["easier_exercise"]
    return replace(dose, exercise=str(easier)) if easier else None


def _exercise_up(dose: Dose, seen: Seen, _ladder: Ladder) -> Dose | None:
    plan = str(seen["plan_exercise"])
    return replace(dose, exercise=plan) if dose.exercise != plan else None


def _load_down(dose: Dose, seen: Seen, _ladder: Ladder) -> Dose | None:
    lighter = _number(seen, "load_down_kg")
    return replace(dose, load_kg=lighter) if lighter is not None else None


def _load_far_down(dose: Dose, seen: Seen, _ladder: Ladder) -> Dose | None:
    """The next lighter load however far it is: of bells the last resort."""
    lighter = _number(seen, "load_far_down_kg")
    return replace(dose, load_kg=lighter) if lighter is not None else None


def _load_back(dose: Dose, seen: Seen, _ladder: Ladder) -> Dose | None:
    """Back towards the clinician's first load, repetitions as they are."""
    heavier, plan = _number(seen, "load_up_kg"), _number(seen, "plan_load_kg")
    if heavier is None or plan is None or dose.load_kg is None or dose.load_kg >= plan:
        return None
    return replace(dose, load_kg=min(heavier, plan))


def _load_up(dose: Dose, seen: Seen, _ladder: Ladder) -> Dose | None:
    """Double progression: more load, and repetitions back to the bottom of their range."""
    return _heavier(dose, seen, "load_up_kg")


def _beyond(dose: Dose, seen: Seen, _ladder: Ladder) -> Dose | None:
    """A step beyond the clinician's band, below the ceiling: to be asked for."""
    return _heavier(dose, seen, "load_beyond_kg")


def _jump_up(dose: Dose, seen: Seen, _ladder: Ladder) -> Dose | None:
    return _heavier(dose, seen, "load_jump_kg")


def _heavier(dose: Dose, seen: Seen, name: str) -> Dose | None:
    heavier, reps = _number(seen, name), _number(seen, "plan_reps")
    if heavier is None or reps is None:
        return None
    return replace(dose, load_kg=heavier, reps=min(int(reps), dose.reps or int(reps)))


def _volume_down(dose: Dose, _seen: Seen, ladder: Ladder) -> Dose | None:
    if dose.sets > 1:
        return replace(dose, sets=dose.sets - 1)
    share = 1 - ladder.time_back_pct / 100
    if dose.duration_min is not None and (minutes := float(int(dose.duration_min * share))) >= 1:
        return replace(dose, duration_min=minutes)
    if dose.hold_s is not None and (hold_s := float(int(dose.hold_s * share))) >= 1:
        return replace(dose, hold_s=hold_s)
    return None


def _volume_back(dose: Dose, seen: Seen, _ladder: Ladder) -> Dose | None:
    """Back towards what the clinician wrote: time first, as it was taken last."""
    if _number(seen, "plan_duration_min") != dose.duration_min:
        return replace(dose, duration_min=_number(seen, "plan_duration_min"))
    if _number(seen, "plan_hold_s") != dose.hold_s:
        return replace(dose, hold_s=_number(seen, "plan_hold_s"))
    return _sets_up(dose, seen, int(_number(seen, "plan_sets") or 0))


def _volume_up(dose: Dose, seen: Seen, _ladder: Ladder) -> Dose | None:
    return _sets_up(dose, seen, int(_number(seen, "plan_sets_most") or 0))


def _sets_up(dose: Dose, seen: Seen, most: int) -> Dose | None:
    more = replace(dose, sets=dose.sets + 1)
    return more if more.sets <= most and _volume_fits(more, seen) else None


def _reps_down(dose: Dose, seen: Seen, ladder: Ladder) -> Dose | None:
    least = _number(seen, "plan_reps")
    if dose.reps is None or least is None or dose.reps <= least:
        return None
    return replace(dose, reps=max(dose.reps - ladder.reps_back, int(least)))


def _reps_up(dose: Dose, seen: Seen, ladder: Ladder) -> Dose | None:
    most = _number(seen, "plan_reps_most")
    if dose.reps is None or most is None or dose.reps >= most:
        return None
    for step in range(ladder.reps_up, 0, -1):
        more = replace(dose, reps=min(dose.reps + step, int(most)))
        if _volume_fits(more, seen):
            return more
    return None


def _tempo_down(dose: Dose, seen: Seen, _ladder: Ladder) -> Dose | None:
    """No momentum: slow and controlled. A tempo with numbers is slow already."""
    return None if seen["paced"] or dose.tempo == SLOW or dose.reps is None else replace(dose, tempo=SLOW)


def _tempo_up(dose: Dose, seen: Seen, _ladder: Ladder) -> Dose | None:
    plan = str(seen["plan_tempo"])
    return replace(dose, tempo=plan) if dose.tempo != plan else None


def _drop(dose: Dose, _seen: Seen, _ladder: Ladder) -> Dose | None:
    return replace(dose, sets=0) if dose.sets else None


def _volume_fits(dose: Dose, seen: Seen) -> bool:
    return dose.volume <= (_number(seen, "volume_most") or 0)


def _number(seen: Seen, name: str) -> float | None:
    value = seen[name]
    return None if value is None or isinstance(value, str) else value


Step = Callable[[Dose, Seen, Ladder], Dose | None]

DOWN: Mapping[str, Step] = {
    "range": _range_down,
    "exercise": _exercise_down,
    "load": _load_down,
    "load_far": _load_far_down,
    "volume": _volume_down,
    "reps": _reps_down,
    "tempo": _tempo_down,
    "drop": _drop,
}
UP: Mapping[str, Step] = {
    "exercise": _exercise_up,
    "range": _range_up,
    "tempo": _tempo_up,
    "volume_back": _volume_back,
    "load_back": _load_back,
    "reps": _reps_up,
    "load": _load_up,
    "jump": _jump_up,
    "beyond": _beyond,
    "volume": _volume_up,
}


def move(
    table: Mapping[str, Step], order: Iterable[str], dose: Dose, seen: Seen, ladder: Ladder
) -> tuple[str, Dose] | None:
    """Return the first lever of ``order`` that can move, with the dose after it; None where none can."""
    for name in order:
        after = table[name](dose, seen, ladder)
        if after is not None:
            return name, after
    return None
