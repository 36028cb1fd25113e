"""The count of the last set put right by the patient, while resting.

What was sensed stays as it is. One fewer says of the last repetition that it was none; one more takes that back, or
tells a repetition that no sensor saw. Both are the patient's word, and neither ever makes a set count for more.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from edge import records
from edge.model import Origin, StopReason
from edge.records import RepEdit, RepEdited
from edge.session.closing import end_session
from edge.session.effects import Effect, Result, Save
from edge.session.events import Action, Pressed
from edge.session.loss import BY_HAND
from edge.session.state import Screen, SessionState, SetResult


def fixable(state: SessionState) -> bool:
    """Tell whether there is a count of the last set that may be wrong."""
    return bool(state.done) and bool(state.done[-1].reps) and not state.done[-1].skipped


def shown(state: SessionState) -> int:
    """Return the count as the patient has put it by now."""
    return len(state.done[-1].counted) + state.unseen_reps


def may_add(state: SessionState) -> bool:
    """Tell whether one more can be told: a number that was told once stays."""
    last = state.done[-1]
    return bool(last.false) or (last.by_hand is None and state.unseen_reps < records.ANSWERS[BY_HAND][1])


def _open(state: SessionState, _event: Pressed) -> Result:
    return (replace(state, screen=Screen.FIX, unseen_reps=0), ()) if fixable(state) else (state, ())


def _one_fewer(state: SessionState, _event: Pressed) -> Result:
    last = state.done[-1]
    if state.unseen_reps:
        return replace(state, unseen_reps=state.unseen_reps - 1), ()
    left = set(range(1, len(last.reps) + 1)) - last.false
    if not left:
        return state, ()
    return _edit(state, replace(last, false=last.false | {max(left)}), max(left), RepEdit.FALSE)


def _one_more(state: SessionState, _event: Pressed) -> Result:
    last = state.done[-1]
    if not may_add(state):
        return state, ()
    if not last.false:
        return replace(state, unseen_reps=state.unseen_reps + 1), ()
    first = min(last.false)
    return _edit(state, replace(last, false=last.false - {first}), first, RepEdit.AS_SENSED)


def _edit(state: SessionState, result: SetResult, rep: int, edit: RepEdit) -> Result:
    record = RepEdited(
        session_id=state.session_id,
        set_number=state.set_number,
        rep=rep,
        number=state.edits.count(rep) + 1,
        edit=edit,
        origin=Origin.SELF_REPORTED,
        at=round(state.now_s + state.wall_offset_s, 3),
    )
    return replace(state, done=(*state.done[:-1], result), edits=(*state.edits, rep)), (Save(record),)


def _done(state: SessionState, _event: Pressed) -> Result:
    """Go back to the rest; what no sensor saw is told now, once."""
    effects: tuple[Effect, ...] = ()
    if state.unseen_reps:
        told = records.Answered(state.session_id, state.set_number, BY_HAND, state.unseen_reps)
        effects = (Save(told),)
        last = replace(state.done[-1], by_hand=state.unseen_reps)
        guard = state.guard.answered(reps_by_hand=state.unseen_reps)
        state = replace(state, done=(*state.done[:-1], last), unseen_reps=0, guard=guard)
    return replace(state, screen=Screen.REST), effects


def _stop(state: SessionState, event: Pressed) -> Result:
    state, effects = _done(state, event)
    state, more = end_session(state, StopReason.TARGET if state.finished else StopReason.OTHER)
    return state, (*effects, *more)


HANDLERS: Mapping[tuple[Screen, Action], Callable[[SessionState, Pressed], Result]] = {
    (Screen.REST, Action.FIX): _open,
    (Screen.FIX, Action.FEWER): _one_fewer,
    (Screen.FIX, Action.MORE): _one_more,
    (Screen.FIX, Action.MAIN): _done,
    (Screen.FIX, Action.STOP): _stop,
}
