"""What was done away from the station, as it is ticked off: which, how long, how hard."""

from __future__ import annotations

from collections.abc import Sequence

from display.parts import Button, Header, Key
from display.shapes import ChangeView, EntryView
from display.station_info import StationInfo
from display.view.buttons import choice_buttons, main_button, step_buttons, stop_button
from display.view.rest import EFFORTS
from display.words import say
from edge.library import exercise
from edge.session import Action, SessionState
from edge.session.logbook import STEPS, loggable
from edge.session.logbook_state import Page


def logbook_view(state: SessionState, _station: StationInfo) -> ChangeView | EntryView:
    """Return the question on the screen."""
    match state.logbook.page:
        case Page.WHAT:
            return _what(state)
        case Page.MINUTES:
            return _minutes(state)
        case _:
            return _effort(state)


def log_button(state: SessionState, *, key: Key | None) -> tuple[Button, ...]:
    """Return the agenda's button, with what was ticked off today; none where the plan names nothing."""
    if not loggable(state):
        return ()
    minutes = sum(one.minutes or 0.0 for one in state.logbook.today)
    told = say("log.today", minutes=f"{minutes:g}") if state.logbook.today else say("log.none_yet")
    return (Button("log", say("log.open"), Action.LOG, note=told, key=key),)


def _what(state: SessionState) -> ChangeView:
    book = state.logbook
    choices = [(one, exercise(one).name, _ticked(state, one)) for one in loggable(state)]
    back = Button("back", say("change.back"), Action.BACK)
    return _choices(say("log.header"), say("log.what"), choices, book.what, back)


def _ticked(state: SessionState, what: str) -> str:
    minutes = state.logbook.minutes_of(what)
    return "" if minutes is None else say("log.done", minutes=f"{minutes:g}")


def _minutes(state: SessionState) -> EntryView:
    book = state.logbook
    known = book.minutes is not None
    return EntryView(
        header=Header(exercise(book.what).name, say("log.header")),
        question=say("log.how_long"),
        number=str(book.minutes) if known else say("lost.no_number"),
        unit=say("log.minutes"),
        buttons=(
            *step_buttons(STEPS, known=known),
            stop_button("leave", say("ask.leave")),
            main_button("next", say("ask.next") if known else say("lost.do_not_know")),
        ),
    )


def _effort(state: SessionState) -> ChangeView:
    book = state.logbook
    choices = [(value, say(f"rest.{word}"), "") for word, value, _, _ in EFFORTS]
    left_open = Button("leave_open", say("ask.leave_open"), Action.SKIP)
    return _choices(exercise(book.what).name, say("rest.effort_question"), choices, book.effort, left_open)


def _choices(
    header: str,
    note: str,
    choices: Sequence[tuple[str | int, str, str]],
    chosen: str | int | None,
    other: Button,
) -> ChangeView:
    """Return the screen of equal choices (value, text, note), with another button beside stop and the main one."""
    return ChangeView(
        header=Header(header, note),
        buttons=(
            *choice_buttons(choices, chosen),
            stop_button("leave", say("ask.leave")),
            other,
            main_button("next", say("change.ok"), enabled=any(value == chosen for value, _, _ in choices)),
        ),
    )
