"""The rest after a set: how long it is, two questions that may stay open, and what comes after it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from edge import records
from edge.model import StopReason
from edge.records import Moment
from edge.safety.symptoms import AFTER_A_SET
from edge.session.asking import about_symptoms
from edge.session.closing import end_session
from edge.session.effects import Result, Save
from edge.session.events import Action, Pressed
from edge.session.state import Screen, SessionState

LONGEST_REST_S = 600.0
"""A rest never grows past ten minutes, however often it is prolonged. Our limit."""
REST_STEP_S = 30.0


def _longer_rest(state: SessionState, _event: Pressed) -> Result:
    if state.rest_ends_s is None:
        return state, ()
    ends_s = min(state.rest_ends_s + REST_STEP_S, state.set_end_s + LONGEST_REST_S)
    return replace(state, rest_ends_s=max(ends_s, state.rest_ends_s)), ()


def _after_rest(state: SessionState, _event: Pressed) -> Result:
    if state.finished:
        return end_session(state, StopReason.TARGET)
    return replace(state, screen=Screen.READY), ()


def _answer(state: SessionState, event: Pressed) -> Result:
    """Keep an answer about the last set. The first one stays: a record is never changed."""
    question = str(event.action)
    low, high = records.ANSWERS[question]
    if getattr(state, question) is not None or not isinstance(event.value, int) or not low <= event.value <= high:
        return state, ()
    record = records.Answered(state.session_id, state.set_number, question, event.value)
    match event.action:
        case Action.EFFORT:
            state = replace(state, effort=event.value, guard=state.guard.answered(rpe=event.value))
        case Action.RESERVE:
            guard = state.guard.answered(reps_left_symptoms=event.value)
            state = replace(state, symptom_reserve=event.value, guard=guard)
        case _:
            guard = state.guard.answered(symptom_change=event.value)
            state = replace(state, pain_change=event.value, guard=guard)
            if event.value == 1:
                state = _ask_how_much(state)
    return state, (Save(record),)


def _ask_how_much(state: SessionState) -> SessionState:
    """More pain than before the set: how much it is decides whether there is another one."""
    if not state.asks_at_end:
        return state
    after_a_set = [one for one in about_symptoms(Moment.WORST, state.session_id) if one.name in AFTER_A_SET]
    return state.asked(tuple(after_a_set), Screen.REST)


def _stop_session(state: SessionState, _event: Pressed) -> Result:
    """Stop between two sets: all that was done is kept, and nothing more is asked for today."""
    return end_session(state, StopReason.TARGET if state.finished else StopReason.OTHER)


HANDLERS: Mapping[tuple[Screen, Action], Callable[[SessionState, Pressed], Result]] = {
    (Screen.REST, Action.STOP): _stop_session,
    (Screen.REST, Action.LONGER_REST): _longer_rest,
    (Screen.REST, Action.MAIN): _after_rest,
    (Screen.REST, Action.EFFORT): _answer,
    (Screen.REST, Action.RESERVE): _answer,
    (Screen.REST, Action.PAIN_CHANGE): _answer,
}
