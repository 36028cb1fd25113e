"""When the coach is asked, and what becomes of its answer: the rest of the routine, and records of decisions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from edge.model import PlannedExercise
from edge.session.closing import place_in
from edge.session.effects import Consult, Effect, LookBack, OpenSession, Result, Save
from edge.session.events import Action, Consulted, NudgeChanged, Pressed, Recognised
from edge.session.state import TESTS, Screen, SessionState, place_of

ASKED_FROM = (Screen.ASKING, Screen.TOLD, Screen.AGENDA, Screen.REST, Screen.RESUME, *TESTS)
"""Screens after which a set is new: questions and tests are done, or a rest is over."""


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
    lines = tuple(_not_harder(state, _as_changed(state, line)) for line in advice.routine.lines)
    routine = replace(advice.routine, lines=lines)
    line, set_of_exercise = place_in(routine, state.done)
    state = replace(
        state,
        routine=routine,
        whys=advice.whys,
        alone=advice.alone,
        line=line,
        set_of_exercise=set_of_exercise,
    )
    if state.finished:
        state = replace(state, screen=Screen.REST, rest_ends_s=None)
    return state, saves


def _as_changed(state: SessionState, line: PlannedExercise) -> PlannedExercise:
    """Return a line as the patient has changed it for today: another exercise stays, at no more than the new dose."""
    mine = next((one for one in state.routine.lines if place_of(one) == place_of(line)), line)
    if not mine.instead_of or mine.exercise == line.exercise:
        return line
    reps = None if mine.reps is None or line.reps is None else min(mine.reps, line.reps)
    return replace(mine, sets=min(mine.sets, line.sets), reps=reps)


def _not_harder(state: SessionState, line: PlannedExercise) -> PlannedExercise:
    """Return a line as it may be done while the rule table holds its exercise: nothing of it above what it was.

    Before the first set the coach's own gate holds, which knows the doses of the weeks before.
    """
    before = next((one for one in state.routine.lines if place_of(one) == place_of(line)), None)
    if before is None or state.plan is None or not state.guard.sets_of(line.exercise):
        return line
    if state.guard.verdict_on(line.exercise, state.plan.limits).may_go_up:
        return line
    load_kg = line.load_kg
    if load_kg is not None and before.load_kg is not None:
        load_kg = (min(load_kg[0], before.load_kg[0]), min(load_kg[1], before.load_kg[1]))
    reps = line.reps if line.reps is None or before.reps is None else min(line.reps, before.reps)
    return replace(line, load_kg=load_kg, reps=reps, sets=min(line.sets, before.sets))


def recognised(state: SessionState, event: Recognised) -> Result:
    """Show one line of recognition, and keep all that was reached, so that none of it is told twice."""
    if event.session_id != state.session_id or state.screen is not Screen.SUMMARY:
        return state, ()
    return replace(state, recognition=event.sentence), tuple(Save(one) for one in event.reached)


def nudge_changed(state: SessionState, event: NudgeChanged) -> Result:
    """Show a nudge on the agenda, and write down that it was shown; take away one whose time is over.

    What the clinic says comes first: while that is on the agenda, nothing is reminded of.
    """
    if state.screen is not Screen.AGENDA or state.locks or state.message is not None:
        return replace(state, nudge=None, nudge_questions=()), ()
    before, nudge = state.nudge, event.nudge
    state = replace(state, nudge=nudge, nudge_questions=event.questions, wall_offset_s=event.wall - state.now_s)
    if nudge is None or (before is not None and before.nudge_id == nudge.nudge_id):
        return state, ()
    return state, (Save(nudge.told(round(event.wall, 3))),)


def _accept_nudge(state: SessionState, _event: Pressed) -> Result:
    """Keep that the patient said yes; where the nudge asks how it was, ask now. A test begins with its session."""
    if state.nudge is None:
        return state, ()
    begins = (OpenSession(),) if state.nudge.what == "test_due" and state.may_start else ()
    record = state.nudge.told(round(state.now_s + state.wall_offset_s, 3), "accepted")
    questions = state.nudge_questions
    state = replace(state, nudge=None, nudge_questions=())
    return state.asked(questions, Screen.AGENDA), (Save(record), *begins)


HANDLERS: Mapping[tuple[Screen, Action], Callable[[SessionState, Pressed], Result]] = {
    (Screen.AGENDA, Action.NUDGE): _accept_nudge,
}
