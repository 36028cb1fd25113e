"""The session as a pure function: state and event in, new state and effects out.

Nothing here reads a clock, a sensor or a file. What should happen outside leaves as an effect, in order.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from edge import records
from edge.care.measures import ACTIVITIES
from edge.model import StopReason
from edge.prescription.plan import Prescription
from edge.session import (
    advised,
    band_check,
    bells,
    changing,
    checkin,
    fixing,
    incidents,
    locking,
    logbook,
    loss,
    messages,
    resting,
    resuming,
    sets,
    testing,
    timing,
    trial,
    ways,
)
from edge.session.asking import Asking
from edge.session.closing import close_set, end_session, stop_doing, take_plan
from edge.session.effects import Effect, OpenSession, Result, Save
from edge.session.events import (
    Action,
    BellsChanged,
    CalibrationChanged,
    Consulted,
    Counted,
    CountingLost,
    DueChanged,
    Event,
    Heard,
    Interrupted,
    LoadFelt,
    LockCleared,
    LockClosed,
    LogOpened,
    MessageChanged,
    Noticed,
    NudgeChanged,
    PlanArrived,
    Pressed,
    Recognised,
    SensorChanged,
    Started,
    SwitchedOff,
    Tick,
    TrialTold,
    WornChanged,
)
from edge.session.guarding import Guard
from edge.session.state import LISTENED_TO, OPEN_SET, Screen, SessionState
from edge.session.testing_state import Testing

ABANDONED_S = 1800.0
"""A session in which nothing was pressed or counted for half an hour is over: the patient has gone. Our limit."""

KEEP_POINTING = (Action.MORE, Action.FEWER)
"""What is pressed again and again."""


def advance(state: SessionState, event: Event) -> Result:
    """Return the state after ``event`` and the effects it asks for; an event that does not fit changes nothing."""
    before_s = state.now_s
    state = replace(state, now_s=max(state.now_s, event.t_s))
    if isinstance(event, Started | Pressed | Counted):
        state = replace(state, active_s=state.now_s)
    after, effects = _tick(state, before_s) if isinstance(event, Tick) else _EVENTS[type(event)](state, event)
    after = testing.offered(state.screen, after)
    return after, (*effects, *advised.asks(state, after))


def _worn_changed(state: SessionState, event: WornChanged) -> Result:
    return replace(state, misworn=event.findings), ()


def _calibration_changed(state: SessionState, event: CalibrationChanged) -> Result:
    return replace(state, expired=event.expired), ()


def _sensor_changed(state: SessionState, event: SensorChanged) -> Result:
    return replace(state, usable={**state.usable, event.place: event.usable}), ()


def _heard(state: SessionState, event: Heard) -> Result:
    return timing.heard(state, event) if state.screen is Screen.TIMED else testing.heard(state, event)


def _tick(state: SessionState, before_s: float) -> Result:
    if state.open and state.now_s - state.active_s >= ABANDONED_S + timing.patience_s(state):
        state, effects = _abandon(state)
        return _at_agenda(state), effects
    if state.screen in (Screen.ASKING, Screen.TOLD) and state.now_s - state.active_s >= ABANDONED_S:
        return _at_agenda(state), ()
    if state.screen is Screen.LOG and state.now_s - state.active_s >= ABANDONED_S:
        return logbook.leave(state), ()
    if state.screen is Screen.TESTING:
        return testing.tick(state, before_s)
    if state.screen is Screen.TIMED:
        return timing.tick(state, before_s)
    if state.screen is Screen.REST and state.rest_ends_s is not None and state.now_s >= state.rest_ends_s:
        return replace(state, screen=Screen.READY), ()
    return state, ()


def _started(state: SessionState, event: Started) -> Result:
    if state.screen is not Screen.AGENDA or state.plan is None or not state.may_start:
        return state, ()
    fresh = SessionState(
        now_s=state.now_s,
        plan=state.plan,
        due=state.due,
        routine=state.routine,
        wall_offset_s=event.wall - state.now_s,
        session_id=event.session_id,
        session_start_s=state.now_s,
        active_s=state.now_s,
        usable=state.usable,
        bells=state.bells,
        asks_at_end=bool(event.questions),
        trials=event.trials,
        expired=state.expired,
        message=state.message,
        logbook=state.logbook,
        testing=_tests_of(event, state.plan),
        guard=Guard(
            history=event.history,
            today=date.fromisoformat(event.day) if event.day and event.clock_trusted else None,
            bands=event.bands,
        ),
    )
    record = records.SessionStarted(
        event.session_id,
        state.plan.patient_id,
        state.plan.version,
        event.wall,
        day=event.day,
        clock_trusted=event.clock_trusted,
    )
    return fresh.asked(event.questions, Screen.READY), (Save(record),)


def _tests_of(event: Started, plan: Prescription) -> Testing:
    """The own activities are rated one by one."""
    own = ACTIVITIES[: len(plan.own_activities)]
    due = tuple(one for what in event.tests for one in (own if what == "function" else (what,)))
    return Testing(due=due, own=plan.own_activities, before=event.history.tests)


# ---- what the patient does --------------------------------------------------------------------------------


def _pressed(state: SessionState, event: Pressed) -> Result:
    if event.action not in KEEP_POINTING:
        state = replace(state, pointed="")
    handler = _HANDLERS.get((state.screen, event.action))
    return handler(state, event) if handler else (state, ())


def _point(state: SessionState, event: Pressed) -> Result:
    return replace(state, pointed=str(event.value or "")), ()


def _ask_to_open(state: SessionState, _event: Pressed) -> Result:
    return state, ((OpenSession(),) if state.may_start else ())


def _leave(state: SessionState, _event: Pressed) -> Result:
    """End the session from "get ready": before the first set there is nothing to keep."""
    return end_session(state, StopReason.OTHER)


def _leave_asking(state: SessionState, _event: Pressed) -> Result:
    """Stop being asked: before the first set that ends the session, after the last the rest stays open."""
    if not state.open:
        return checkin.leave_at_the_end(state)
    return checkin.leave_session(state)


def _back_to_agenda(state: SessionState, _event: Pressed) -> Result:
    return _at_agenda(state), ()


def _at_agenda(state: SessionState) -> SessionState:
    return replace(state, screen=Screen.AGENDA, line=0, set_of_exercise=1, done=(), asking=Asking(), told=())


Handler = Callable[[SessionState, Pressed], Result]
_HANDLERS: Mapping[tuple[Screen, Action], Handler] = {
    **checkin.HANDLERS,
    **trial.HANDLERS,
    **advised.HANDLERS,
    **messages.HANDLERS,
    **changing.HANDLERS,
    **fixing.HANDLERS,
    **resuming.HANDLERS,
    **ways.HANDLERS,
    **band_check.HANDLERS,
    **testing.HANDLERS,
    **logbook.HANDLERS,
    (Screen.ASKING, Action.STOP): _leave_asking,
    (Screen.AGENDA, Action.MAIN): _ask_to_open,
    (Screen.READY, Action.STOP): _leave,
    (Screen.CHANGE, Action.STOP): _leave,
    (Screen.READY, Action.BELL): bells.bell_by_hand,
    (Screen.READY, Action.SKIP): loss.skip_exercise,
    **timing.HANDLERS,
    **sets.HANDLERS,
    **resting.HANDLERS,
    (Screen.LOST, Action.MAIN): loss.go_on,
    (Screen.LOST, Action.UNCOUNTED): loss.carry_on,
    (Screen.UNCOUNTED, Action.MAIN): loss.ask_how_many,
    (Screen.BY_HAND, Action.MORE): loss.one_more,
    (Screen.BY_HAND, Action.FEWER): loss.one_fewer,
    (Screen.BY_HAND, Action.STOP): loss.stop_asking,
    (Screen.BY_HAND, Action.MAIN): loss.done_by_hand,
    (Screen.REST, Action.POINT): _point,
    (Screen.FIX, Action.POINT): _point,
    (Screen.SUMMARY, Action.MAIN): _back_to_agenda,
}


# ---- the end of everything, and plans ----------------------------------------------------------------------


def _switched_off(state: SessionState, _event: SwitchedOff) -> Result:
    return _abandon(state) if state.open else (state, ())


def _abandon(state: SessionState) -> Result:
    """Write down what an open set and the open session came to; the reason is not the patient's.

    A plan that waits stays waiting: nobody trains by it any more today.
    """
    waiting, state = state.waiting_plan, replace(state, waiting_plan=None, by_hand=None)
    effects: tuple[Effect, ...] = ()
    if state.screen is Screen.TRIAL:
        state, effects = trial.leave(state)
    effects += testing.leave(state)
    if state.screen in LISTENED_TO:
        state, more = stop_doing(state)
        effects += more
    if state.screen in OPEN_SET:
        state, more = close_set(state, StopReason.TECHNICAL)
        effects += more
    state, more = end_session(state, StopReason.TARGET if state.finished else StopReason.TECHNICAL)
    return replace(state, waiting_plan=waiting), (*effects, *more)


def _plan_arrived(state: SessionState, event: PlanArrived) -> Result:
    newest = max(p.version for p in (state.plan, state.waiting_plan) if p) if state.plan else 0
    if event.plan.version <= newest:
        return state, ()
    state = replace(state, waiting_plan=event.plan, waiting_due=event.due, wall_offset_s=event.wall - state.now_s)
    if state.screen in (*OPEN_SET, Screen.TRIAL):  # never during a set: it is taken when the set closes
        return state, ()
    return take_plan(state)


def _due_changed(state: SessionState, event: DueChanged) -> Result:
    """Show what is due; a session that is open goes on with what it began."""
    if state.screen is not Screen.AGENDA or state.plan is None or state.plan.version != event.version:
        return state, ()
    book = replace(state.logbook, today=event.logged)
    return replace(state, due=event.due, routine=event.due.routine, logbook=book), ()


_EVENTS: Mapping[type[Event], Callable[[SessionState, Any], Result]] = {
    Started: _started,
    Pressed: _pressed,
    Counted: sets.counted,
    SensorChanged: _sensor_changed,
    WornChanged: _worn_changed,
    CalibrationChanged: _calibration_changed,
    BellsChanged: bells.bells_changed,
    CountingLost: loss.counting_lost,
    TrialTold: sets.trial_told,
    Heard: _heard,
    LogOpened: logbook.opened,
    Noticed: incidents.noticed,
    LoadFelt: incidents.load_felt,
    PlanArrived: _plan_arrived,
    DueChanged: _due_changed,
    Consulted: advised.consulted,
    Recognised: advised.recognised,
    NudgeChanged: advised.nudge_changed,
    MessageChanged: messages.message_changed,
    Interrupted: resuming.interrupted,
    LockClosed: locking.lock_closed,
    LockCleared: locking.lock_cleared,
    SwitchedOff: _switched_off,
}
