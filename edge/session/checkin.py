"""How the patient is, before the first set and after the last one: which questions are due, and where they lead."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from edge.history.facts import History, SessionFact
from edge.records import Moment
from edge.session import locking, resuming
from edge.session.asking import Asking, Group, Question, about_symptoms
from edge.session.effects import Effect, Result, Save
from edge.session.events import Action, Pressed
from edge.session.state import Screen, SessionState

NEXT_DAY_H = (12.0, 36.0)
SECOND_DAY_H = (36.0, 72.0)
"""Hours after a session in which an answer is the one of the next day, or of the second. Our choice: the source says
24 and 48 hours, and people come when they come. Later than this nobody remembers."""


def follow_up_due(history: History, wall: float, *, clock_trusted: bool) -> tuple[Question, ...]:
    """Return the questions about the last session's aftermath; none where the hours since are not known.

    ``wall`` is seconds since 1970 UTC. A moment that was answered, in part or whole, is not asked about again.
    """
    last = history.sessions[-1] if history.sessions else None
    if last is None or not (clock_trusted and last.clock_trusted):
        return ()
    moment = _moment((wall - last.started_at) / 3600)
    if moment is None or moment in last.symptoms or not _trained(last):
        return ()
    return about_symptoms(moment, last.session_id)


def _moment(hours: float) -> Moment | None:
    if NEXT_DAY_H[0] <= hours < NEXT_DAY_H[1]:
        return Moment.NEXT_DAY
    return Moment.SECOND_DAY if SECOND_DAY_H[0] <= hours < SECOND_DAY_H[1] else None


def _trained(session: SessionFact) -> bool:
    return bool(session.sets)


def _choose(state: SessionState, event: Pressed) -> Result:
    if not isinstance(event.value, int):
        return state, ()
    return replace(state, asking=state.asking.choose(event.value)), ()


def _next(state: SessionState, _event: Pressed) -> Result:
    return _settled(state, *state.asking.settle())


def _leave_open(state: SessionState, _event: Pressed) -> Result:
    return _settled(state, *state.asking.settle(leave_open=True))


def leave_all_open(state: SessionState) -> Result:
    """Write down what was answered, and ask no more."""
    effects: tuple[Effect, ...] = ()
    while state.screen is Screen.ASKING:
        state, more = _settled(state, *state.asking.settle(leave_open=True))
        effects += more
    return state, effects


def _settled(state: SessionState, asking: Asking, group: Group | None) -> Result:
    state = replace(state, asking=asking)
    effects: tuple[Effect, ...] = ()
    if group is not None:
        state, effects = _write_down(state, group)
    if asking.question is None and state.screen is Screen.ASKING:
        state = replace(state, screen=state.after_asking)
        if state.screen is Screen.RESUME:
            state, more = resuming.answered(state)
            effects += more
    return state, effects


def _write_down(state: SessionState, group: Group) -> Result:
    wall = round(state.now_s + state.wall_offset_s, 3)
    if state.plan is not None and (flags := group.flags(state.plan.patient_id, wall)) is not None:
        return locking.answered(state, flags)
    told = group.symptoms(wall, state.set_number if state.open else 0)
    if told is None:
        return state, ()
    if told.session_id == state.session_id:
        state = replace(state, told=(*state.told, told))
    return state, (Save(told),)


HANDLERS: Mapping[tuple[Screen, Action], Callable[[SessionState, Pressed], Result]] = {
    (Screen.ASKING, Action.ANSWER): _choose,
    (Screen.ASKING, Action.MAIN): _next,
    (Screen.ASKING, Action.SKIP): _leave_open,
}
