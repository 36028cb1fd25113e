"""How sets and sessions end: written down once, then the next set is found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from edge import records
from edge.history.facts import History, SetFact
from edge.judge import LEAST_CONFIDENCE
from edge.model import Origin, PlannedExercise, StopReason
from edge.prescription.due import due
from edge.prescription.lines import Routine
from edge.prescription.position import UNKNOWN
from edge.records import Doubt, Moment
from edge.session.asking import about_symptoms
from edge.session.done import effort_asked, load_of_set, on_tempo
from edge.session.effects import EndListening, Result, Save
from edge.session.guarding import Guard
from edge.session.manner import Manner
from edge.session.state import Screen, SessionState, SetResult, places_left


def close_set(state: SessionState, reason: StopReason) -> Result:
    """Write the set down, step to the next one, and rest. Between sets a waiting plan is taken."""
    planned = state.planned
    record = _set_record(state, planned, reason)
    state = replace(state, bell_kg=None, bell_by_hand=None, walked_s=None)
    result = SetResult(
        planned.exercise,
        state.reps,
        planned.reps,
        state.by_hand,
        reason is StopReason.SKIPPED,
        planned.side,
        row=planned.row,
        instead_of=planned.instead_of,
        shortened=Doubt.SHORTENED in state.doubts,
    )
    state = replace(state, screen=Screen.REST, done=(*state.done, result), guard=_kept(state, record, reason))
    line, set_of_exercise = place_in(state.routine, state.done)
    state = replace(state, line=line, set_of_exercise=set_of_exercise)
    state, effects = take_plan(state)
    rest_ends_s = None if state.finished else state.now_s + planned.rest_s
    return replace(state, rest_ends_s=rest_ends_s), (Save(record), *effects)


def _set_record(state: SessionState, planned: PlannedExercise, reason: StopReason) -> records.SetDone:
    load_used_kg, load_origin = load_of_set(state, reason)
    return records.SetDone(
        session_id=state.session_id,
        number=state.set_number,
        exercise=planned.exercise,
        set_of_exercise=state.set_of_exercise,
        sets_planned=planned.sets,
        plan_version=state.plan.version if state.plan else 1,
        reps_planned=planned.reps,
        tempo=planned.tempo.text,
        load_kg=planned.load_kg,
        started_s=round(state.set_start_s - state.session_start_s, 3),
        ended_s=round(state.set_end_s - state.session_start_s, 3),
        reps_counted=len(state.reps),
        stop_reason=reason,
        origin=Origin.SENSED if state.manner is Manner.COUNTED else Origin.SELF_REPORTED,
        doubts=state.doubts,
        row=planned.row,
        side=planned.side,
        warm_up_reps=state.warm_up_reps,
        load_used_kg=load_used_kg,
        load_origin=load_origin,
        feedback=not state.unaided,
        on_tempo=on_tempo(state),
        rpe_planned=effort_asked(state),
    )


def _kept(state: SessionState, record: records.SetDone, reason: StopReason) -> Guard:
    """Keep the set as the rule table wants it; one that was left out is no set."""
    if reason is StopReason.SKIPPED:
        return state.guard
    sure = [one.rep for one in state.reps if one.rep.confidence >= LEAST_CONFIDENCE]
    speeds = [rep.measures.mean_speed for rep in sure if rep.measures.mean_speed]
    fact = SetFact(
        exercise=record.exercise,
        row=record.row or record.exercise,
        set_of_exercise=record.set_of_exercise,
        reps_target=record.reps_planned,
        reps_verified=len(sure),
        stopped=reason,
        trusted=record.origin is Origin.SENSED and not record.doubts,
        load_kg=record.load_used_kg,
        load_origin=record.load_origin,
        reps_by_hand=state.by_hand,
        speed_loss=1.0 - speeds[-1] / max(speeds) if len(speeds) >= 3 else None,
        side=record.side,
        peak_n=max((rep.peak_force_n for rep in sure if rep.peak_force_n is not None), default=None),
    )
    return replace(state.guard, sets=(*state.guard.sets, fact))


def leave_out(state: SessionState, why: Doubt) -> Result:
    """Write one set down as not done, because the patient or a sensor left it out; ``why`` says which."""
    skipped = replace(
        state,
        set_number=state.set_number + 1,
        set_start_s=state.now_s,
        set_end_s=state.now_s,
        reps=(),
        manner=Manner.COUNTED if state.uses_sensor else Manner.BY_HAND,
        doubts=(str(why),),
        by_hand=None,
        warm_up_reps=0,
    )
    screen = state.screen
    state, effects = close_set(skipped, StopReason.SKIPPED)
    return replace(state, screen=screen, rest_ends_s=None), effects


def stop_doing(state: SessionState) -> Result:
    """The set is over as of now, for whatever reason; nobody listens any more, where anybody did."""
    state = replace(state, set_end_s=max(state.now_s, state.set_start_s))
    walked = state.walked_s is not None
    listened = walked or state.manner is Manner.COUNTED
    return state, (EndListening(state.session_id, state.set_number, test=walked),) if listened else ()


def end_session(state: SessionState, reason: StopReason) -> Result:
    """Write down what the session came to; ask how it was, if questions are asked at all, and show it."""
    record = records.SessionEnded(
        session_id=state.session_id,
        ended_at=round(state.now_s + state.wall_offset_s, 3),
        sets_done=state.sets_done,
        sets_planned=state.sets_planned,
        stop_reason=reason,
    )
    state = replace(state, rest_ends_s=None)
    did = state.sets_done or state.testing.number
    questions = about_symptoms(Moment.WORST, state.session_id) if state.asks_at_end and did else ()
    return state.asked(questions, Screen.SUMMARY), (Save(record),)


def take_plan(state: SessionState) -> Result:
    """Put the waiting plan in force, keeping the patient's place as far as the new plan has it."""
    plan = state.waiting_plan
    if plan is None:
        return state, ()
    now_due = state.waiting_due or due(plan, History(), UNKNOWN)
    routine = now_due.routine
    line, set_of_exercise = place_in(routine, state.done)
    if state.finished and state.done:  # what was finished stays finished for today
        line = len(routine.lines)
    over = line >= len(routine.lines)
    screen = Screen.AGENDA if state.screen is Screen.NO_PLAN else state.screen
    state = replace(
        state,
        plan=plan,
        due=now_due,
        routine=routine,
        waiting_plan=None,
        waiting_due=None,
        line=line,
        set_of_exercise=set_of_exercise,
        screen=Screen.REST if over and screen is Screen.READY else screen,
        rest_ends_s=None if over else state.rest_ends_s,
    )
    receipt = records.PlanReceipt(plan.version, "in_use", round(state.now_s + state.wall_offset_s, 3), "")
    return state, (Save(receipt),)


def place_in(routine: Routine, done: Sequence[SetResult]) -> tuple[int, int]:
    """Return the line and the set that is due, or the line after the last when nothing is left."""
    return next(places_left(routine, done), (len(routine.lines), 1))
