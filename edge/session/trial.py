"""Two trial repetitions before the first set of an exercise: they show the counter how far this person goes today.

They are shown as trial repetitions, are never counted, and can be left out. Two that are not alike are asked for
again. The set follows by itself, so that nobody has to bend to the screen between them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from edge.judge import CueMemory
from edge.session.effects import EndListening, Listen, Play, Result, Sound
from edge.session.events import Action, Counted, Pressed, TrialTold
from edge.session.state import Screen, SessionState
from edge.signal.pipeline import learns_from_trial
from edge.signal.trial import LEAST

TRIAL_REPS = LEAST
TRIAL_SET = 0
"""A trial belongs to no set: its number comes before all of them."""


def wanted(state: SessionState) -> bool:
    """Tell whether the exercise that is due should be tried first: once a session, where a counter can learn."""
    return (
        state.trials
        and state.uses_sensor
        and state.exercise.key not in state.tried
        and learns_from_trial(state.exercise)
    )


def begin(state: SessionState) -> Result:
    """Listen to trial repetitions."""
    begun = replace(
        state,
        guard=replace(state.guard, of_set=()),
        screen=Screen.TRIAL,
        trial_reps=0,
        reps=(),
        cues=CueMemory(),
        doubts=(),
        set_start_s=state.now_s,
    )
    return begun, (Listen(state.exercise, state.session_id, TRIAL_SET, TRIAL_REPS, trial=True),)


def counted(state: SessionState, _event: Counted) -> Result:
    """Show one more; after the last the engine says what they were worth."""
    state = replace(state, trial_reps=state.trial_reps + 1)
    if state.trial_reps < TRIAL_REPS:
        return state, (Play(Sound.REP),)
    return state, (Play(Sound.LAST_REP), EndListening(state.session_id, TRIAL_SET))


def told(state: SessionState, event: TrialTold, begin_set: Callable[[SessionState], Result]) -> Result:
    """Begin the set, or ask for two more where they were not alike."""
    if state.screen is not Screen.TRIAL:
        return state, ()
    if not event.alike:
        return begin(replace(state, trial_again=True))
    return begin_set(replace(_tried(state), warm_up_reps=TRIAL_REPS))


def leave(state: SessionState) -> Result:
    """Stop trying; the exercise is not tried again this session."""
    return replace(_tried(state), screen=Screen.READY), (EndListening(state.session_id, TRIAL_SET),)


def lost(state: SessionState) -> Result:
    """The sensor was lost: try again when it is back."""
    return replace(state, screen=Screen.READY, trial_again=False), (EndListening(state.session_id, TRIAL_SET),)


def _tried(state: SessionState) -> SessionState:
    return replace(state, tried=state.tried | {state.exercise.key}, trial_again=False)


def _stop(state: SessionState, _event: Pressed) -> Result:
    return leave(state)


HANDLERS: Mapping[tuple[Screen, Action], Callable[[SessionState, Pressed], Result]] = {
    (Screen.TRIAL, Action.STOP): _stop,
    (Screen.TRIAL, Action.SKIP): _stop,
}
