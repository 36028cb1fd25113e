"""How the patient is, before the first set and after the last one: which questions are due, and where they lead."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from edge.history.aftermath import AFTER, hours_after, moment_after, too_late
from edge.history.facts import History
from edge.model import StopReason
from edge.records import Moment
from edge.session import locking, verdicts
from edge.session.asking import Asking, Group, Question, about_symptoms
from edge.session.closing import end_session
from edge.session.effects import Effect, Result, Save
from edge.session.events import Action, Pressed
from edge.session.state import Screen, SessionState


def follow_up_due(history: History, wall: float, *, clock_trusted: bool) -> tuple[Question, ...]:
    """Return the questions about what followed the last session with a set; none where the hours since are not known.

    ``wall`` is seconds since 1970 UTC. A moment that was answered, in part or whole, is not asked about again. Who
    comes later than both days is asked once all the same, unless one of them was answered, and told how long it was.
    """
    last = next((one for one in reversed(history.sessions) if one.sets), None)
    if last is None or not (clock_trusted and last.clock_trusted):
        return ()
    hours = hours_after(last, wall)
    moment, late = moment_after(hours), too_late(hours)
    answered = any(one in last.symptoms for one in AFTER) if late else moment in last.symptoms
    if moment is None or answered:
        return ()
    return about_symptoms(moment, last.session_id, late_days=round(hours / 24) if late else None)


def _choose(state: SessionState, event: Pressed) -> Result:
    if not isinstance(event.value, int):
        return state, ()
    return replace(state, asking=state.asking.choose(event.value)), ()


def _next(state: SessionState, _event: Pressed) -> Result:
    return _settled(state, *state.asking.settle())


def _leave_open(state: SessionState, _event: Pressed) -> Result:
    return _settled(state, *state.asking.settle(leave_open=True))


def leave_all_open(state: SessionState) -> Result:
    """Write down what was answered, and ask no more. A form of warning signs stays due."""
    if state.screen is not Screen.ASKING:
        return state, ()
    effects: tuple[Effect, ...] = ()
    while (question := state.asking.question) is not None and question.may_be_left_open:
        asking, group = state.asking.settle(leave_open=True)
        state = replace(state, asking=asking)
        if group is not None:
            state, more = _write_down(state, group)
            effects += more
    return replace(state, screen=state.after_asking, asking=Asking()), effects


def leave_session(state: SessionState) -> Result:
    """End the session in the middle of its questions; what was answered of them is kept."""
    state, effects = leave_all_open(state)
    state, more = end_session(state, StopReason.OTHER)
    return state, effects + more


def leave_at_the_end(state: SessionState) -> Result:
    """Ask no more after the last set; what was answered until then still counts."""
    state, effects = leave_all_open(state)
    if not effects:
        return state, ()
    state, more = verdicts.of_answers(state, Moment.WORST, state.told[-1])
    return state, effects + more


def _settled(state: SessionState, asking: Asking, group: Group | None) -> Result:
    state = replace(state, asking=asking)
    if group is None:
        return state, ()
    if verdicts.waits(state, group):
        return verdicts.wait(state, group)
    told_before = state.told
    state, effects = _write_down(state, group)
    if asking.question is not None or state.screen is not Screen.ASKING:
        return state, effects
    state = replace(state, screen=state.after_asking)
    if group.session_id != state.session_id or not isinstance(group.group, Moment):
        return state, effects
    told = state.told[-1] if len(state.told) > len(told_before) else None
    state, more = verdicts.of_answers(state, group.group, told)
    return state, effects + more


def _write_down(state: SessionState, group: Group) -> Result:
    wall = round(state.now_s + state.wall_offset_s, 3)
    if state.plan is not None and (flags := group.flags(state.plan.patient_id, wall)) is not None:
        state = replace(state, guard=replace(state.guard, forms=(*state.guard.forms, flags.form)))
        return locking.answered(state, flags)
    about = state.testing.number if group.group is Moment.TESTED else state.set_number if state.open else 0
    told = group.symptoms(wall, about)
    if told is None:
        return state, ()
    if told.session_id == state.session_id:
        return replace(state, told=(*state.told, told)), (Save(told),)
    return replace(state, guard=replace(state.guard, since=(*state.guard.since, told))), (Save(told),)


HANDLERS: Mapping[tuple[Screen, Action], Callable[[SessionState, Pressed], Result]] = {
    (Screen.ASKING, Action.ANSWER): _choose,
    (Screen.ASKING, Action.MAIN): _next,
    (Screen.ASKING, Action.SKIP): _leave_open,
}
