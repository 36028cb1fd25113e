"""A set, from its beginning to its last repetition: who says how much is done, what is written down of each one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from edge import records
from edge.judge import CueMemory, JudgedRep, judge
from edge.model import Origin, Phase, StopReason, Verdict
from edge.session import band_check, bells, timing, trial
from edge.session.closing import close_set, end_session, stop_doing
from edge.session.effects import Effect, EndListening, Listen, Play, Result, Save, Sound
from edge.session.events import Action, Counted, Pressed, TrialTold
from edge.session.manner import Manner, manner_of
from edge.session.state import Screen, SessionState

WHY_STOPPED = (StopReason.PAIN, StopReason.TIRED, StopReason.OTHER)
"""What a patient may answer."""


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


def trial_told(state: SessionState, event: TrialTold) -> Result:
    """Go on with the set itself where the trial repetitions were alike."""
    return trial.told(state, event, _open_set)


def counted(state: SessionState, event: Counted) -> Result:
    """Judge a repetition, write it down and let it be heard; the last one closes the set."""
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


HANDLERS: Mapping[tuple[Screen, Action], Callable[[SessionState, Pressed], Result]] = {
    (Screen.READY, Action.MAIN): _begin_set,
    (Screen.SET, Action.STOP): _stop_set,
    (Screen.SET, Action.MAIN): _done,
    (Screen.TIMED, Action.STOP): _stop_set,
    (Screen.LOST, Action.STOP): _stop_set,
    (Screen.UNCOUNTED, Action.STOP): _stop_set,
    (Screen.STOPPED, Action.REASON): _give_reason,
}
