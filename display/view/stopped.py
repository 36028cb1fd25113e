"""A set or a test was stopped, as it is seen: one question, and what is kept."""

from __future__ import annotations

from display.parts import Header
from display.shapes import StoppedView
from display.station_info import StationInfo
from display.view.buttons import reason_buttons
from display.view.doses import counted
from display.words import say
from edge.session import SessionState


def stopped_view(state: SessionState, _station: StationInfo) -> StoppedView:
    """Return the question after a set was stopped."""
    kept = counted("stopped.kept", len(state.reps), reps=len(state.reps)) if state.reps else say("stopped.kept_none")
    return _why(state.exercise.name, kept)


def stopped_test_view(state: SessionState, _station: StationInfo) -> StoppedView:
    """Return the question after an outcome test was stopped: it has no number."""
    return _why(state.testing.how.name, say("test.no_number_kept"))


def _why(what: str, kept: str) -> StoppedView:
    return StoppedView(Header(say("stopped.header"), what), say("stopped.question"), kept, reason_buttons())
