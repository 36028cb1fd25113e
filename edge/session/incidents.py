"""What should not happen in a set: it is written down and heard at once, and the rule table says whether it ends."""

from __future__ import annotations

from dataclasses import replace

from edge.model import StopReason
from edge.records import Happened, Incident
from edge.safety.situation import InSet, verdict
from edge.session import trial
from edge.session.closing import close_set, stop_doing
from edge.session.effects import Play, Result, Save, Sound
from edge.session.events import LoadFelt, Noticed
from edge.session.guarding import Way
from edge.session.state import LISTENED_TO, Screen, SessionState
from edge.session.telling import tell
from edge.session.trial import TRIAL_SET

WATCHED = (Screen.TRIAL, *LISTENED_TO)
"""The screens on which somebody may be pulling or lifting."""
TONE_EVERY_S = 1.0


def noticed(state: SessionState, event: Noticed) -> Result:
    """Write an incident down; the first of a kind alarms, the one at which the table says stop ends the set."""
    if state.screen not in WATCHED or state.plan is None:
        return state, ()
    guard, limits = state.guard, state.plan.limits
    number = TRIAL_SET if state.screen is Screen.TRIAL else state.set_number
    record = Incident(
        session_id=state.session_id,
        set_number=number,
        number=sum(one.set_number == number for one in guard.incidents) + 1,
        what=event.what,
        value=round(event.value, 2),
        unit=event.unit,
        at=round(state.now_s + state.wall_offset_s, 3),
    )
    guard = replace(guard, incidents=(*guard.incidents, record), of_set=(*guard.of_set, record), alarm_s=state.now_s)
    state = replace(state, guard=guard)
    said = verdict(InSet(guard.of_set), limits)
    if not said.stops():
        return state, (Save(record), Play(Sound.ALARM))
    state, effects = _end(state)
    hurts = event.what is Happened.BAND_SNAP
    way = Way.READY if state.screen is Screen.READY else Way.REST
    return tell(state, said.reasons[0].rule.key, way, hurts=hurts), (Save(record), *effects)


def _end(state: SessionState) -> Result:
    if state.screen is Screen.TRIAL:
        state, effects = trial.leave(state)
        return state, (*effects, Play(Sound.STOP))
    state, ended = stop_doing(state)
    state, effects = close_set(state, StopReason.SAFETY)
    return state, (*ended, Play(Sound.STOP), *effects)


def load_felt(state: SessionState, event: LoadFelt) -> Result:
    """Let a low tone be heard while more is pulled than the plan says, once a second at most."""
    if state.screen is not Screen.SET or state.now_s - state.guard.tone_s < TONE_EVERY_S:
        return state, ()
    band = state.planned.load_kg
    if band is None or event.kg <= band[1]:
        return state, ()
    return replace(state, guard=replace(state.guard, tone_s=state.now_s)), (Play(Sound.OVER_LOAD),)
