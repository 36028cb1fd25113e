"""Changed for today only: another exercise, one set fewer, or left out. The plan stays what it is.

What is left out is written down as a skipped set, with why; what is done instead stands under the same row of the
plan. A change only ever makes the day lighter: nothing harder is offered, and what stands in begins light.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from edge.library import Exercise, Measured, exercise
from edge.model import Phase, PlannedExercise, StopReason
from edge.prescription.kit import REPLACED_RPE, easier, fits
from edge.prescription.lines import capped
from edge.prescription.plan import Prescription
from edge.prescription.starting import starting_load
from edge.records import Doubt
from edge.session.closing import end_session, leave_out, place_in
from edge.session.effects import Effect, Result
from edge.session.events import Action, Pressed
from edge.session.state import Screen, SessionState, place_of, places_left
from edge.tempo import UNSAID, parse_tempo

MOST_SWAPS = 3
"""As many exercises as the screen has room for beside the other changes."""
SWAP, FEWER_SETS, LEAVE_OUT, KEEP = "swap:", "fewer_sets", "leave_out", "keep"
"""What can be chosen; a swap names its exercise."""


def offered(state: SessionState) -> tuple[str, ...]:
    """Return what may be changed about the exercise that is due, in order; the last is to change nothing."""
    shorter = (FEWER_SETS,) if _sets_left(state) > 1 else ()
    return (*(SWAP + key for key in swaps(state)), *shorter, LEAVE_OUT, KEEP)


def swaps(state: SessionState) -> tuple[str, ...]:
    """Return what may be done instead: the row's own choices, else what is easier; with the kit there is."""
    planned, kit = state.planned, state.plan.kit if state.plan else None
    harder = set(_harder(planned.exercise))
    named = planned.choices or tuple(easier(planned.exercise))
    fitting = (
        key
        for key in named
        if key != planned.exercise and key not in harder and fits(key, kit) and _same_dose(planned, exercise(key))
    )
    return tuple(dict.fromkeys(fitting))[:MOST_SWAPS]


def _harder(key: str) -> Iterator[str]:
    for one in exercise(key).harder:
        yield one
        yield from _harder(one)


_KINDS: Mapping[Measured, Measured] = {Measured.BY_HAND: Measured.COUNTED}


def _same_dose(planned: PlannedExercise, other: Exercise) -> bool:
    """Repetitions stay repetitions, holds holds and minutes minutes; what is done a side stays so."""
    mine = exercise(planned.exercise).measured
    alike = _KINDS.get(mine, mine) is _KINDS.get(other.measured, other.measured)
    return alike and (planned.side is None or other.per_side)


def swapped(plan: Prescription, planned: PlannedExercise, key: str) -> PlannedExercise:
    """Return the line with another exercise in its place: light, and at no more than a middling effort."""
    known = exercise(key)
    tempo = parse_tempo(planned.tempo.text) if planned.tempo.text else UNSAID
    return replace(
        planned,
        exercise=key,
        tempo=tempo.placed(starts_concentric=known.starts_with is Phase.CONCENTRIC),
        load_kg=starting_load(plan, planned.row, key),
        load_drop_pct=None,
        rpe=tuple(None if one is None else capped(one, REPLACED_RPE) for one in planned.rpe),
        instead_of=planned.instead_of or planned.exercise,
    )


def _open(state: SessionState, _event: Pressed) -> Result:
    return replace(state, screen=Screen.CHANGE, change=None), ()


def _choose(state: SessionState, event: Pressed) -> Result:
    return (replace(state, change=str(event.value)), ()) if event.value in offered(state) else (state, ())


def _back(state: SessionState, _event: Pressed) -> Result:
    return replace(state, screen=Screen.READY, change=None), ()


def _change(state: SessionState, _event: Pressed) -> Result:
    choice = state.change
    if choice is None:
        return state, ()
    state = replace(state, screen=Screen.READY, change=None)
    if choice.startswith(SWAP):
        return _swap(state, choice.removeprefix(SWAP)), ()
    if choice == FEWER_SETS:
        return _one_set_fewer(state)
    if choice == LEAVE_OUT:
        return _leave_out(state)
    return state, ()


def _swap(state: SessionState, key: str) -> SessionState:
    """On every line of the exercise, whichever side; back-off sets follow their top set."""
    due, plan = state.planned, state.plan
    if plan is None:
        return state
    lines = tuple(
        swapped(plan, line, key) if (line.order, line.exercise) == (due.order, due.exercise) else line
        for line in state.routine.lines
    )
    return replace(state, routine=replace(state.routine, lines=lines), bell_by_hand=None)


def _sets_left(state: SessionState) -> int:
    return sum(line == state.line for line, _ in places_left(state.routine, state.done))


def _one_set_fewer(state: SessionState) -> Result:
    """Take the last set off the exercise, on either side, as far as more than one is left there."""
    row, original, _ = place_of(state.planned)
    left: dict[int, list[int]] = {}
    for line, number in places_left(state.routine, state.done):
        left.setdefault(line, []).append(number)
    effects: tuple[Effect, ...] = ()
    for line, numbers in left.items():
        if place_of(state.routine.lines[line])[:2] == (row, original) and len(numbers) > 1:
            at_last = replace(state, line=line, set_of_exercise=numbers[-1])
            state, more = leave_out(at_last, Doubt.SHORTENED)
            effects += more
    line, set_of_exercise = place_in(state.routine, state.done)
    return replace(state, line=line, set_of_exercise=set_of_exercise), effects


def _leave_out(state: SessionState) -> Result:
    """Leave out what is left of the exercise; where its sensor is not there, that is why."""
    why = Doubt.LEFT_OUT if state.may_begin else Doubt.ABSENT if state.mixup is None else Doubt.MISWORN
    return leave_out_exercise(state, why)


def leave_out_exercise(state: SessionState, why: Doubt) -> Result:
    """Write every set that is left of the exercise down as skipped, and go on with the next one."""
    left_out = state.planned.exercise
    effects: tuple[Effect, ...] = ()
    while not state.finished and state.planned.exercise == left_out:
        state, more = leave_out(state, why)
        effects += more
    if not state.finished:
        return replace(state, screen=Screen.READY, rest_ends_s=None), effects
    state, more = end_session(state, StopReason.OTHER if why is Doubt.LEFT_OUT else StopReason.TECHNICAL)
    return state, effects + more


HANDLERS: Mapping[tuple[Screen, Action], Callable[[SessionState, Pressed], Result]] = {
    (Screen.READY, Action.CHANGE): _open,
    (Screen.CHANGE, Action.CHOOSE): _choose,
    (Screen.CHANGE, Action.MAIN): _change,
    (Screen.CHANGE, Action.BACK): _back,
}
