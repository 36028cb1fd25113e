"""What the coach says on a screen: why the dose is another one today, and that a set is done by one's own feel."""

from __future__ import annotations

from display.parts import Button, Key, Tone
from display.shapes import NudgeView, PhaseView, Road
from display.words import say
from edge.session import Action, SessionState

NO_ROAD = Road(())


def why(state: SessionState) -> str:
    """Return why the dose of the line that is due is another one today; empty where it is the plan's."""
    told = state.whys.get(state.planned.row, "")
    if told or state.planned.range_share >= 1.0:
        return told
    return say("coach.range", percent=f"{100 * state.planned.range_share:g}")


def before_a_set(state: SessionState) -> str:
    """Return the one sentence before a set: why it is another one today, or else that it has no feedback."""
    return why(state) or (say("coach.alone") if state.exercise.key in state.alone else "")


def alone_phase() -> PhaseView:
    """Return the phase of a set without feedback: none is told."""
    return PhaseView("", Tone.PLAIN)


def nudge_view(state: SessionState) -> NudgeView | None:
    """Return what the agenda reminds of, with its one button; None where there is nothing."""
    if state.nudge is None:
        return None
    return NudgeView(state.nudge.sentence, Button("nudge", say("coach.ok"), Action.NUDGE, key=Key.WHITE))
