"""A sensor that is lost: the count freezes, and nothing goes on unless the patient says so.

Whatever the reason (silence, a chip that restarted, values that stand still), the set is paused. When the sensor is
back the patient may go on, and the counter looks for the start posture anew. Or the patient carries on without it and
says at the end how many repetitions those were: self-reported, and never taken for counted ones. An exercise whose
sensor is not there at all can be left out.
"""

from __future__ import annotations

from dataclasses import replace

from edge import records
from edge.model import StopReason
from edge.records import Doubt
from edge.session import trial
from edge.session.changing import leave_out_exercise
from edge.session.closing import close_set
from edge.session.effects import Effect, EndListening, Pause, Play, Result, Resume, Save, Sound
from edge.session.events import CountingLost, Pressed
from edge.session.manner import Manner
from edge.session.state import Screen, SessionState

BY_HAND = "reps_by_hand"


def counting_lost(state: SessionState, event: CountingLost) -> Result:
    """Freeze the count and say so. What was under way is in doubt, what was finished stays."""
    if state.screen is Screen.TRIAL:
        return trial.lost(state)
    if state.screen is not Screen.SET:
        return state, ()
    cut_off = (str(Doubt.REP_CUT_OFF),) if event.mid_rep else ()
    state = _doubt(replace(state, screen=Screen.LOST), str(event.reason), *cut_off)
    return state, (Pause(state.session_id, state.set_number), Play(Sound.STOP))


def go_on(state: SessionState, _event: Pressed) -> Result:
    """Count again, because the patient says so; not before the sensor is back."""
    if not state.sensor_usable:
        return state, ()
    return replace(state, screen=Screen.SET), (Resume(state.session_id, state.set_number),)


def carry_on(state: SessionState, _event: Pressed) -> Result:
    """Let the patient finish the set without a sensor: nobody listens any more."""
    state = _doubt(replace(state, screen=Screen.UNCOUNTED), str(Doubt.NOT_COUNTED))
    return state, (EndListening(state.session_id, state.set_number),)


def ask_how_many(state: SessionState, _event: Pressed) -> Result:
    """The patient has done the rest of the set."""
    return replace(state, screen=Screen.BY_HAND, set_end_s=state.now_s), ()


def one_more(state: SessionState, _event: Pressed) -> Result:
    """Count one more by hand; the first press says one."""
    _, most = records.ANSWERS[BY_HAND]
    return replace(state, by_hand=min((state.by_hand or 0) + 1, most)), ()


def one_fewer(state: SessionState, _event: Pressed) -> Result:
    """Count one fewer by hand. Zero is an answer; below it there is none again."""
    return replace(state, by_hand=state.by_hand - 1 if state.by_hand else None), ()


def done_by_hand(state: SessionState, _event: Pressed) -> Result:
    """Write the set down with what was counted, and beside it the patient's own number if there is one.

    A set that no sensor counts is as planned where the patient says so; one whose sensor was lost never is.
    """
    answered: tuple[Effect, ...] = ()
    if state.by_hand is not None:
        answered = (Save(records.Answered(state.session_id, state.set_number, BY_HAND, state.by_hand)),)
    asked, told = state.planned.reps, state.by_hand
    as_planned = asked is None or (told is not None and told >= asked)
    by_hand = StopReason.TARGET if as_planned else StopReason.OTHER
    state, effects = close_set(state, by_hand if state.manner is Manner.BY_HAND else StopReason.TECHNICAL)
    return state, (*effects, *answered)


def stop_asking(state: SessionState, _event: Pressed) -> Result:
    """Stop, because the patient says so: no number is taken, and the only question left is why."""
    return replace(state, screen=Screen.STOPPED, by_hand=None), (Play(Sound.STOP),)


def skip_exercise(state: SessionState, _event: Pressed) -> Result:
    """Leave out every set that is left of an exercise whose sensor is not there or misworn, and write down why."""
    if state.may_begin:
        return state, ()
    why = Doubt.ABSENT if state.mixup is None else Doubt.MISWORN
    return leave_out_exercise(state, why)


def _doubt(state: SessionState, *names: str) -> SessionState:
    return replace(state, doubts=tuple(dict.fromkeys((*state.doubts, *names))))
