"""What the plan asks for outside, ticked off by hand: which, how long, how hard. Told, never sensed, and no dose.

It is reached from the agenda, between sessions, and leads back there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from msgspec import UNSET

from edge.records import Logged
from edge.session.effects import OpenLog, Result, Save
from edge.session.events import Action, LogOpened, Pressed
from edge.session.logbook_state import Logbook, Page
from edge.session.state import Screen, SessionState

MOST = 6
"""Activities that one screen has room for."""
STEPS = (5, 15)
"""Minutes that the buttons add. Our choice."""
LONGEST_MIN = 600
EFFORTS = (2, 5, 7, 9)
"""The efforts that can be told; the four words of a set's effort stand for them."""


def loggable(state: SessionState) -> tuple[str, ...]:
    """Return the activities of the plan that can be ticked off."""
    return () if state.plan is None else state.plan.activities[:MOST]


def _ask_to_open(state: SessionState, _event: Pressed) -> Result:
    return state, ((OpenLog(),) if loggable(state) else ())


def opened(state: SessionState, event: LogOpened) -> Result:
    """Begin an entry."""
    if state.screen is not Screen.AGENDA or not loggable(state):
        return state, ()
    offset_s = event.wall - state.now_s
    book = Logbook(today=state.logbook.today, entry_id=event.entry_id, day=event.day, offset_s=offset_s)
    return replace(state, screen=Screen.LOG, logbook=book, active_s=state.now_s), ()


def _choose(state: SessionState, event: Pressed) -> Result:
    book = state.logbook
    if book.page is Page.WHAT and event.value in loggable(state):
        return replace(state, logbook=replace(book, what=str(event.value))), ()
    if book.page is Page.EFFORT and event.value in EFFORTS:
        return replace(state, logbook=replace(book, effort=int(event.value or 0))), ()
    return state, ()


def _step(state: SessionState, event: Pressed) -> Result:
    book = state.logbook
    if book.page is not Page.MINUTES or event.value not in (*STEPS, *(-step for step in STEPS)):
        return state, ()
    minutes = min((book.minutes or 0) + int(event.value or 0), LONGEST_MIN)
    return replace(state, logbook=replace(book, minutes=minutes if minutes > 0 else None)), ()


def _go_on(state: SessionState, _event: Pressed) -> Result:
    book = state.logbook
    match book.page:
        case Page.WHAT if book.what:
            return replace(state, logbook=replace(book, page=Page.MINUTES)), ()
        case Page.MINUTES:
            return replace(state, logbook=replace(book, page=Page.EFFORT)), ()
        case Page.EFFORT if book.effort is not None:
            return _write_down(state)
    return state, ()


def _leave_open(state: SessionState, _event: Pressed) -> Result:
    """How hard it was may be left open, which is no zero."""
    if state.logbook.page is not Page.EFFORT:
        return state, ()
    return _write_down(replace(state, logbook=replace(state.logbook, effort=None)))


def _write_down(state: SessionState) -> Result:
    book = state.logbook
    record = Logged(
        entry_id=book.entry_id,
        what=book.what,
        day=book.day,
        minutes=None if book.minutes is None else float(book.minutes),
        at=round(state.now_s + book.offset_s, 3),
        effort=UNSET if book.effort is None else book.effort,
    )
    done = Logbook(today=(*book.today, record))
    return replace(state, screen=Screen.AGENDA, logbook=done), (Save(record),)


def leave(state: SessionState) -> SessionState:
    """Return to the agenda; what was not finished is not written down."""
    return replace(state, screen=Screen.AGENDA, logbook=Logbook(today=state.logbook.today))


def _leave(state: SessionState, _event: Pressed) -> Result:
    return leave(state), ()


HANDLERS: Mapping[tuple[Screen, Action], Callable[[SessionState, Pressed], Result]] = {
    (Screen.AGENDA, Action.LOG): _ask_to_open,
    (Screen.LOG, Action.CHOOSE): _choose,
    (Screen.LOG, Action.MORE): _step,
    (Screen.LOG, Action.FEWER): _step,
    (Screen.LOG, Action.MAIN): _go_on,
    (Screen.LOG, Action.SKIP): _leave_open,
    (Screen.LOG, Action.BACK): _leave,
    (Screen.LOG, Action.STOP): _leave,
}
