"""When the coach is asked, and what becomes of its answer: the rest of the routine, and records of decisions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from edge.session.effects import Consult, Effect, LookBack, Result, Save
from edge.session.events import Action, Consulted, NudgeChanged, Pressed, Recognised
from edge.session.state import Screen, SessionState, places_left

ASKED_FROM = (Screen.ASKING, Screen.AGENDA, Screen.REST)
"""Screens after which a set is new: the questions are done, or a rest is over."""


def asks(before: SessionState, after: SessionState) -> tuple[Effect, ...]:
    """Return what is to be asked because a screen has come up."""
    if before.screen is after.screen:
        return ()
    if after.screen is Screen.READY and before.screen in ASKED_FROM:
        return (Consult(),)
    return (LookBack(),) if after.screen is Screen.SUMMARY else ()


def consulted(state: SessionState, event: Consulted) -> Result:
    """Write down what was decided, and go on with the routine as it is now, from the first set that is not done."""
    if event.session_id != state.session_id or not state.open:
        return state, ()
    advice = event.advice
    saves = tuple(Save(record) for record in advice.decided)
    if state.screen is not Screen.READY:
        return state, saves
    line, set_of_exercise = next(places_left(advice.routine, state.done), (len(advice.routine.lines), 1))
    state = replace(
        state,
        routine=advice.routine,
        whys=advice.whys,
        alone=advice.alone,
        line=line,
        set_of_exercise=set_of_exercise,
    )
    if state.finished:
        state = replace(state, screen=Screen.REST, rest_ends_s=None)
    return state, saves


def recognised(state: SessionState, event: Recognised) -> Result:
    """Show one line of recognition, and keep all that was reached, so that none of it is told twice."""
    if event.session_id != state.session_id or state.screen is not Screen.SUMMARY:
        return state, ()
    return replace(state, recognition=event.sentence), tuple(Save(one) for one in event.reached)


def nudge_changed(state: SessionState, event: NudgeChanged) -> Result:
    """Show a nudge on the agenda, and write down that it was shown; take away one whose time is over."""
    if state.screen is not Screen.AGENDA or state.locks:
        return replace(state, nudge=None, nudge_questions=()), ()
    before, nudge = state.nudge, event.nudge
    state = replace(state, nudge=nudge, nudge_questions=event.questions, wall_offset_s=event.wall - state.now_s)
    if nudge is None or (before is not None and before.nudge_id == nudge.nudge_id):
        return state, ()
    return state, (Save(nudge.told(round(event.wall, 3))),)


def _accept_nudge(state: SessionState, _event: Pressed) -> Result:
    """Keep that the patient said yes; where the nudge asks how it was, ask now."""
    if state.nudge is None:
        return state, ()
    record = state.nudge.told(round(state.now_s + state.wall_offset_s, 3), "accepted")
    questions = state.nudge_questions
    state = replace(state, nudge=None, nudge_questions=())
    return state.asked(questions, Screen.AGENDA), (Save(record),)


HANDLERS: Mapping[tuple[Screen, Action], Callable[[SessionState, Pressed], Result]] = {
    (Screen.AGENDA, Action.NUDGE): _accept_nudge,
}
