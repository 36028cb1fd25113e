"""Where a sentence of the rule table leads: one button goes on, red stops, a third takes another way."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from edge.model import StopReason
from edge.session import band_check, checkin, verdicts
from edge.session.closing import end_session
from edge.session.effects import Result
from edge.session.events import Action, Pressed
from edge.session.guarding import Way
from edge.session.state import Screen, SessionState


def _main(state: SessionState, _event: Pressed) -> Result:
    telling = state.guard.telling
    return (state, ()) if telling is None else _go(state, telling.main)


def _other(state: SessionState, _event: Pressed) -> Result:
    telling = state.guard.telling
    return (state, ()) if telling is None or telling.other is None else _go(state, telling.other)


def _stop(state: SessionState, _event: Pressed) -> Result:
    """Stop: what was answered is kept; asked whether all is well, red says no."""
    telling = state.guard.telling
    if not state.open or telling is None:
        return _go(state, Way.SUMMARY)
    if telling.main is Way.ANSWER:
        return checkin.leave_session(replace(state, screen=Screen.ASKING))
    return end_session(state, StopReason.PAIN if telling.hurts else StopReason.OTHER)


def _go(state: SessionState, way: Way) -> Result:
    match way:
        case Way.READY:
            return replace(state, screen=Screen.REST if state.finished else Screen.READY), ()
        case Way.ANSWER:
            return replace(state, screen=Screen.ASKING), ()
        case Way.FLAGS:
            return verdicts.ask_in_full(state, Screen.SUMMARY), ()
        case Way.FLAGS_FIRST:
            return verdicts.ask_in_full(state, Screen.READY), ()
        case Way.WITHOUT_BAND:
            return band_check.without_band(state)
        case Way.NEW_BAND:
            return band_check.new_band(state), ()
        case _:
            return replace(state, screen=Screen(way.value)), ()


HANDLERS: Mapping[tuple[Screen, Action], Callable[[SessionState, Pressed], Result]] = {
    (Screen.TOLD, Action.MAIN): _main,
    (Screen.TOLD, Action.SKIP): _other,
    (Screen.TOLD, Action.STOP): _stop,
}
