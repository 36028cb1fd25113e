"""A set by the clock, as it is seen: the time that is left, large."""

from __future__ import annotations

from math import ceil, floor

from display.parts import Header
from display.shapes import TimedView
from display.station_info import StationInfo
from display.view.buttons import main_button, stop_button
from display.view.doses import set_of
from display.words import say
from edge.library import Measured
from edge.session import SessionState
from edge.session.timing import Stage, seconds_left, stage, walking

SHOWN_IN_SECONDS_S = 100.0


def timed_view(state: SessionState, _station: StationInfo) -> TimedView:
    """Return the screen."""
    now = stage(state)
    time, unit = _clock(state, now)
    over = now is Stage.OVER
    return TimedView(
        header=Header(state.exercise.name, set_of(state)),
        title=say(f"timed.{now}"),
        time=time,
        unit=unit,
        line="" if over else _line(state),
        buttons=(stop_button("end_set"), main_button("done", say("timed.done"))),
        seen=_seen(state),
    )


def _seen(state: SessionState) -> str:
    walks = walking(state)
    return "" if walks is None else say("timed.walk_seen" if walks else "timed.walk_unseen")


def _clock(state: SessionState, now: Stage) -> tuple[str, str]:
    """The seconds until it begins, then those that are left, or those that are gone where none are asked for."""
    if now is Stage.TAKING_UP:
        return str(ceil(state.set_start_s - state.now_s)), say("rest.seconds")
    left_s = seconds_left(state)
    shown_s = floor(state.now_s - state.set_start_s) if left_s is None else ceil(left_s)
    return clock(shown_s)


def clock(seconds: int) -> tuple[str, str]:
    """Return a time as it is shown, and its unit.

    >>> clock(125)
    ('2:05', 'minutes')
    """
    if seconds < SHOWN_IN_SECONDS_S:
        return str(seconds), say("rest.seconds")
    return f"{seconds // 60}:{seconds % 60:02d}", say("rest.minutes")


def _line(state: SessionState) -> str:
    """Walking is at a pace at which one can still talk; what is held is held without holding the breath."""
    if state.exercise.measured is Measured.TIMED:
        return say("timed.talk")
    return say("timed.breathe") if state.exercise.measured is Measured.HELD else ""
