"""A set by the clock: a walk, a stretch, a plank that no sensor sees.

The clock runs from the moment the patient begins. A hold leaves some seconds to take the posture up, and ends by
itself, because nobody can press while holding; minutes end when the patient says so, since only the patient knows
whether they were walked. "Done" ends either at any time, and the time that it took is what is written down. Where a
sensor sees steps the screen says whether somebody walks; no step is counted, and the clock runs all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from enum import StrEnum

from edge.model import StopReason
from edge.session.closing import close_set, stop_doing
from edge.session.effects import Listen, Play, Result, Sound
from edge.session.events import Action, Heard, Pressed
from edge.session.manner import timed_s, walk_is_seen
from edge.session.state import Screen, SessionState
from edge.signal.events import RepFinished

WALKS_S = 5.0
"""So long after the last step somebody still walks: the counter wants a few like steps first. Our choice."""
TAKE_UP_S = 5.0
"""Seconds to take the posture of a hold up, before its time runs. Our choice."""


class Stage(StrEnum):
    """Where a set by the clock is."""

    TAKING_UP = "taking_up"
    RUNNING = "running"
    OVER = "over"


def stage(state: SessionState) -> Stage:
    """Return where the set is by now."""
    if state.now_s < state.set_start_s:
        return Stage.TAKING_UP
    left_s = seconds_left(state)
    return Stage.RUNNING if left_s is None or left_s > 0.0 else Stage.OVER


def seconds_left(state: SessionState) -> float | None:
    """Return how long the set still is, None where the plan leaves that open."""
    length_s = timed_s(state.planned)
    return None if length_s is None else max(state.set_start_s + length_s - state.now_s, 0.0)


def begin(state: SessionState) -> Result:
    """Let the clock run."""
    lead_s = TAKE_UP_S if state.planned.duration_min is None and state.planned.hold_s is not None else 0.0
    state = replace(state, screen=Screen.TIMED, set_start_s=state.now_s + lead_s)
    if not walk_is_seen(state.exercise, state.planned, state.usable):
        return state, ()
    listen = Listen(state.exercise, state.session_id, state.set_number, None, test=True)
    return replace(state, walked_s=float("-inf")), (listen,)


def heard(state: SessionState, event: Heard) -> Result:
    """Remember that a step was seen."""
    walks = state.screen is Screen.TIMED and state.walked_s is not None and isinstance(event.heard, RepFinished)
    return (replace(state, walked_s=event.t_s) if walks else state), ()


def walking(state: SessionState) -> bool | None:
    """Tell whether somebody walks, as far as a sensor sees; None where none looks."""
    return None if state.walked_s is None else state.now_s - state.walked_s <= WALKS_S


def patience_s(state: SessionState) -> float:
    """Return how much longer than usual nobody has to press anything: the time that is asked for."""
    return timed_s(state.planned) or 0.0 if state.screen is Screen.TIMED else 0.0


def tick(state: SessionState, before_s: float) -> Result:
    """Let it be heard when the time begins and ends; a hold is over then."""
    was, now = stage(replace(state, now_s=before_s)), stage(state)
    if was is now:
        return state, ()
    if now is Stage.RUNNING:
        return state, (Play(Sound.REP),)
    if state.planned.duration_min is not None:
        return state, (Play(Sound.SET_DONE),)
    length_s = timed_s(state.planned) or 0.0
    state, effects = close_set(replace(state, set_end_s=state.set_start_s + length_s), StopReason.TARGET)
    return state, (Play(Sound.SET_DONE), *effects)


def _done(state: SessionState, _event: Pressed) -> Result:
    reason = StopReason.TARGET if stage(state) is Stage.OVER or timed_s(state.planned) is None else StopReason.OTHER
    state, effects = stop_doing(state)
    state, more = close_set(state, reason)
    return state, (*effects, *more)


HANDLERS: Mapping[tuple[Screen, Action], Callable[[SessionState, Pressed], Result]] = {
    (Screen.TIMED, Action.MAIN): _done,
}
