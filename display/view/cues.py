"""Which one cue the patient sees: safety first, then the correction, then the last repetition, then praise."""

from __future__ import annotations

from collections.abc import Iterator

from display.parts import CueView, Icon, Tone
from display.words import say
from edge.judge import Cue
from edge.library import Exercise
from edge.live import Live
from edge.model import Activity, Phase, Verdict
from edge.records import Happened
from edge.session import SessionState
from edge.signal.events import Reason

_LOST = "cue.sensor_lost"
_BLIND = {
    Reason.FROZEN: "cue.sensor_stuck",
    Reason.STUCK_AXIS: "cue.sensor_stuck",
    Reason.REPEATED: "cue.sensor_stuck",
    Reason.IMPLAUSIBLE: "cue.sensor_fault",
    Reason.NOT_A_NUMBER: "cue.sensor_fault",
    Reason.CLOCK: "cue.sensor_fault",
}
"""What is said about a sensor that is there and cannot be believed; any other is lost."""


ALARM_S = 4.0
"""So long the cue about an incident stands: a repetition or so. Our choice."""


def over_load(state: SessionState, live: Live) -> bool:
    """Return True while a load cell reads more than the plan's band."""
    band = state.planned.load_kg
    sensed = state.exercise.driver == "force" and live.force_kg is not None
    return bool(band and sensed and (live.force_kg or 0.0) > band[1])


def sensor_lost(state: SessionState, live: Live) -> bool:
    """Return True while nothing can be counted because the signal cannot be believed."""
    return not state.sensor_usable or live.activity is Activity.BLIND


def cue_of(state: SessionState, live: Live) -> CueView | None:
    """Return the cue that outranks all others now, or None."""
    return next(_by_rank(state, live), None)


def alarm(state: SessionState) -> CueView | None:
    """Return what is to be done about what has just happened in the set, None where that is a while ago."""
    happened = state.guard.of_set
    if not happened or state.now_s - state.guard.alarm_s > ALARM_S:
        return None
    dropped = happened[-1].what in (Happened.BELL_DROPPED, Happened.OUT_OF_PLANE)
    return CueView(say("cue.put_down" if dropped else "cue.too_heavy"), Icon.OCTAGON, Tone.STOP)


def _by_rank(state: SessionState, live: Live) -> Iterator[CueView]:
    if (alarmed := alarm(state)) is not None:
        yield alarmed
    if sensor_lost(state, live):
        yield CueView(say(_lost(live)), Icon.ACT, Tone.STOP)
    if over_load(state, live):
        yield CueView(say("cue.ease_off"), Icon.DOWN, Tone.CAUTION)
    memory = None if state.unaided else state.cues.say
    if memory and memory.verdict is not Verdict.ON_TARGET:
        yield correction(state.exercise, memory)
    if state.reps and len(state.reps) + 1 == state.reps_target:
        yield CueView(say("cue.last_one"), Icon.RING, Tone.PLAIN)
    if memory:
        yield CueView(say("cue.praise"), Icon.TICK, Tone.GOOD)
    if live.activity in (Activity.WAITING, Activity.ARMING):
        yield CueView(say("cue.keep_still"), Icon.PAUSE, Tone.PLAIN)
    if live.activity is Activity.RESTING and not state.reps:
        yield CueView(say("cue.start_now"), Icon.GO, Tone.GOOD)
    if state.unaided:
        yield CueView(say("cue.on_your_own"), Icon.DISC, Tone.PLAIN)


def _lost(live: Live) -> str:
    return _BLIND.get(live.reason, _LOST) if live.reason else _LOST


def correction(exercise: Exercise, cue: Cue) -> CueView:
    """Return what to do about a verdict that is outside its tolerance."""
    match cue.verdict:
        case Verdict.TOO_HEAVY:
            return CueView(say("cue.ease_off"), Icon.DOWN, Tone.CAUTION)
        case Verdict.TOO_LIGHT:
            return CueView(say("cue.more_load"), Icon.UP, Tone.CAUTION)
        case Verdict.SHORT_HOLD:
            return CueView(say("cue.hold_longer"), Icon.PAUSE, Tone.CAUTION)
        case _ if cue.phase in (Phase.BOTTOM, Phase.TOP):
            return CueView(say("cue.hold_less"), Icon.PAUSE, Tone.CAUTION)
        case _:
            return CueView(_pace(exercise, cue), Icon.CLOCK, Tone.CAUTION)


def _pace(exercise: Exercise, cue: Cue) -> str:
    """A body goes up and down; a band's handle goes where its exercise says."""
    pace = "slower" if cue.verdict is Verdict.TOO_FAST else "faster"
    phase = cue.phase or Phase.ECCENTRIC
    if exercise.driver == "force":
        return say(f"cue_with_word.{pace}", word=exercise.words[phase].lower())
    return say(f"cue.{pace}_{'down' if phase is Phase.ECCENTRIC else 'up'}")
