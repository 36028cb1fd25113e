"""The session as a pure function: state and event in, new state and effects out.

Nothing here reads a clock, a sensor or a file. What should happen outside leaves as an effect, in order.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from edge import records
from edge.care.outcomes import ACTIVITIES
from edge.judge import CueMemory, JudgedRep, judge
from edge.model import Origin, Phase, StopReason, Verdict
from edge.prescription.plan import Prescription
from edge.records import Moment
from edge.safety.symptoms import AFTER_A_SET
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
    resuming,
    testing,
    timing,
    trial,
    ways,
)
from edge.session.asking import Asking, about_symptoms
from edge.session.closing import close_set, end_session, stop_doing, take_plan
from edge.session.effects import Effect, EndListening, Listen, OpenSession, Play, Result, Save, Sound
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
from edge.session.manner import Manner, manner_of
from edge.session.state import LISTENED_TO, OPEN_SET, Screen, SessionState
from edge.session.testing_state import Testing

LONGEST_REST_S = 600.0
"""A rest never grows past ten minutes, however often it is prolonged. Our limit."""
REST_STEP_S = 30.0
ABANDONED_S = 1800.0
"""A session in which nothing was pressed or counted for half an hour is over: the patient has gone. Our limit."""

WHY_STOPPED = (StopReason.PAIN, StopReason.TIRED, StopReason.OTHER)
"""What a patient may answer."""


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


def _trial_told(state: SessionState, event: TrialTold) -> Result:
    return trial.told(state, event, _open_set)


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
    handler = _HANDLERS.get((state.screen, event.action))
    return handler(state, event) if handler else (state, ())


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


def _begin_set(state: SessionState, _event: Pressed) -> Result:
    if (first := band_check.before_set(state)) is not None:
        return first, ()
    if not state.may_begin:
        return state, ()
    if trial.wanted(state):
        return trial.begin(replace(state, warm_up_reps=0))
    return _open_set(replace(state, warm_up_reps=0))


def _open_set(state: SessionState) -> Result:
    manner = manner_of(state.exercise, state.planned, state.usable)
    begun = replace(
        state,
        manner=manner,
        set_number=state.set_number + 1,
        set_start_s=state.now_s,
        reps=(),
        edits=(),
        cues=CueMemory(),
        doubts=(str(records.Doubt.CALIBRATION_EXPIRED),) if state.uncoached else (),
        by_hand=None,
        unaided=manner is Manner.COUNTED and state.exercise.key in state.alone,
        effort=None,
        symptom_reserve=None,
        pain_change=None,
        guard=replace(state.guard, of_set=()),
    )
    begun, effects = _BEGIN[manner](bells.weigh(begun))
    return begun, (Save(_begun_record(begun)), *effects)


def _listen(state: SessionState) -> Result:
    listen = Listen(state.exercise, state.session_id, state.set_number, state.reps_target)
    return replace(state, screen=Screen.SET), (listen,)


def _let_count(state: SessionState) -> Result:
    return replace(state, screen=Screen.UNCOUNTED), ()


_BEGIN: Mapping[Manner, Callable[[SessionState], Result]] = {
    Manner.COUNTED: _listen,
    Manner.BY_HAND: _let_count,
    Manner.TIMED: timing.begin,
}


def _begun_record(state: SessionState) -> records.SetBegun:
    planned = state.planned
    return records.SetBegun(
        session_id=state.session_id,
        number=state.set_number,
        exercise=planned.exercise,
        row=planned.row,
        set_of_exercise=state.set_of_exercise,
        started_s=round(state.set_start_s - state.session_start_s, 3),
        side=planned.side,
        sets_planned=planned.sets,
        plan_version=state.plan.version if state.plan else 1,
        reps_planned=planned.reps,
        tempo=planned.tempo.text,
        load_kg=planned.load_kg,
        origin=Origin.SENSED if state.manner is Manner.COUNTED else Origin.SELF_REPORTED,
        warm_up_reps=state.warm_up_reps,
    )


def _stop_set(state: SessionState, _event: Pressed) -> Result:
    stopped, effects = stop_doing(replace(state, screen=Screen.STOPPED))
    return stopped, (*effects, Play(Sound.STOP))


def _done(state: SessionState, _event: Pressed) -> Result:
    """End a set that has no number of repetitions: the patient alone knows when it is enough."""
    if state.reps_target is not None:
        return state, ()
    state, effects = stop_doing(state)
    state, more = close_set(state, StopReason.TARGET)
    return state, (*effects, Play(Sound.SET_DONE), *more)


def _give_reason(state: SessionState, event: Pressed) -> Result:
    reason = next((reason for reason in WHY_STOPPED if reason == event.value), None)
    if reason is None:
        return state, ()
    state, effects = close_set(state, reason)
    if reason is StopReason.PAIN:  # anything unknown or painful only ever lowers the load: no further set today
        state, more = end_session(state, reason)
        return state, effects + more
    return state, effects


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


def _back_to_agenda(state: SessionState, _event: Pressed) -> Result:
    return _at_agenda(state), ()


def _at_agenda(state: SessionState) -> SessionState:
    return replace(state, screen=Screen.AGENDA, line=0, set_of_exercise=1, done=(), asking=Asking(), told=())


Handler = Callable[[SessionState, Pressed], Result]
_HANDLERS: Mapping[tuple[Screen, Action], Handler] = {
    **checkin.HANDLERS,
    **trial.HANDLERS,
    **advised.HANDLERS,
    **changing.HANDLERS,
    **fixing.HANDLERS,
    **resuming.HANDLERS,
    **ways.HANDLERS,
    **band_check.HANDLERS,
    **testing.HANDLERS,
    **logbook.HANDLERS,
    (Screen.ASKING, Action.STOP): _leave_asking,
    (Screen.AGENDA, Action.MAIN): _ask_to_open,
    (Screen.READY, Action.MAIN): _begin_set,
    (Screen.READY, Action.STOP): _leave,
    (Screen.CHANGE, Action.STOP): _leave,
    (Screen.READY, Action.BELL): bells.bell_by_hand,
    (Screen.READY, Action.SKIP): loss.skip_exercise,
    (Screen.SET, Action.STOP): _stop_set,
    (Screen.SET, Action.MAIN): _done,
    **timing.HANDLERS,
    (Screen.TIMED, Action.STOP): _stop_set,
    (Screen.LOST, Action.MAIN): loss.go_on,
    (Screen.LOST, Action.UNCOUNTED): loss.carry_on,
    (Screen.LOST, Action.STOP): _stop_set,
    (Screen.UNCOUNTED, Action.MAIN): loss.ask_how_many,
    (Screen.UNCOUNTED, Action.STOP): _stop_set,
    (Screen.BY_HAND, Action.MORE): loss.one_more,
    (Screen.BY_HAND, Action.FEWER): loss.one_fewer,
    (Screen.BY_HAND, Action.STOP): loss.stop_asking,
    (Screen.BY_HAND, Action.MAIN): loss.done_by_hand,
    (Screen.STOPPED, Action.REASON): _give_reason,
    (Screen.REST, Action.STOP): _stop_session,
    (Screen.REST, Action.LONGER_REST): _longer_rest,
    (Screen.REST, Action.MAIN): _after_rest,
    (Screen.REST, Action.EFFORT): _answer,
    (Screen.REST, Action.RESERVE): _answer,
    (Screen.REST, Action.PAIN_CHANGE): _answer,
    (Screen.SUMMARY, Action.MAIN): _back_to_agenda,
}


# ---- what the counter says --------------------------------------------------------------------------------


def _counted(state: SessionState, event: Counted) -> Result:
    if state.screen is Screen.TRIAL:
        return trial.counted(state, event)
    if state.screen is not Screen.SET:
        return state, ()
    planned = state.planned
    asked = replace(planned, tempo=state.tempo)
    judged = judge(event.rep, asked, sensed_load=state.exercise.driver == "force", calibrated=not state.uncoached)
    state = replace(state, reps=(*state.reps, judged), cues=state.cues.after(judged))
    effects: tuple[Effect, ...] = (Save(_rep_record(state, judged)), Play(_rep_sound(state, judged)))
    if state.reps_target is None or len(state.reps) < state.reps_target:
        return state, effects
    state = replace(state, set_end_s=state.now_s)
    state, more = close_set(state, StopReason.TARGET)
    return state, (*effects, EndListening(state.session_id, state.set_number), Play(Sound.SET_DONE), *more)


def _rep_sound(state: SessionState, judged: JudgedRep) -> Sound:
    if (
        state.cues.say is not None
        and not judged.inside
        and (not state.unaided or judged.verdict is Verdict.TOO_HEAVY)
    ):
        return Sound.CORRECTION
    planned = state.planned.reps
    return Sound.LAST_REP if planned is not None and len(state.reps) == planned - 1 else Sound.REP


def _rep_record(state: SessionState, judged: JudgedRep) -> records.RepCounted:
    rep = judged.rep

    def since_start(t_s: float) -> float:
        return round(max(t_s - state.set_start_s, 0.0), 3)

    def rounded(value: float | None) -> float | None:
        return None if value is None else round(value, 3)

    return records.RepCounted(
        session_id=state.session_id,
        set_number=state.set_number,
        number=len(state.reps),
        start_s=since_start(rep.start_s),
        end_s=since_start(rep.end_s),
        eccentric_s=rounded(rep.duration_of(Phase.ECCENTRIC)),
        bottom_s=rounded(rep.duration_of(Phase.BOTTOM)),
        concentric_s=rounded(rep.duration_of(Phase.CONCENTRIC)),
        top_s=rounded(rep.duration_of(Phase.TOP)),
        pause_before_s=rounded(rep.pause_before_s),
        range_value=round(rep.range_value, 3),
        range_unit=rep.range_unit,
        peak_force_n=rounded(rep.peak_force_n),
        verdict=judged.verdict,
        confidence=round(rep.confidence, 3),
        origin=Origin.SENSED,
        edge_spread_s=rounded(max(rep.edge_spread_s, default=None)),
        peak_speed=rounded(rep.measures.peak_speed),
        mean_speed=rounded(rep.measures.mean_speed),
        smoothness=rounded(rep.measures.smoothness),
        hold_sway=rounded(rep.measures.hold_sway),
        mean_force_n=rounded(rep.measures.mean_force_n),
        impulse_n_s=rounded(rep.measures.impulse_n_s),
    )


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
    Counted: _counted,
    SensorChanged: _sensor_changed,
    WornChanged: _worn_changed,
    CalibrationChanged: _calibration_changed,
    BellsChanged: bells.bells_changed,
    CountingLost: loss.counting_lost,
    TrialTold: _trial_told,
    Heard: testing.heard,
    LogOpened: logbook.opened,
    Noticed: incidents.noticed,
    LoadFelt: incidents.load_felt,
    PlanArrived: _plan_arrived,
    DueChanged: _due_changed,
    Consulted: advised.consulted,
    Recognised: advised.recognised,
    NudgeChanged: advised.nudge_changed,
    Interrupted: resuming.interrupted,
    LockClosed: locking.lock_closed,
    LockCleared: locking.lock_cleared,
    SwitchedOff: _switched_off,
}
