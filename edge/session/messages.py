"""What the clinic says to the patient: on the agenda alone, until the patient has said that it was read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from edge.records import ItemReceipt
from edge.session.effects import Result, Save
from edge.session.events import Action, MessageChanged, Pressed
from edge.session.state import Screen, SessionState


def message_changed(state: SessionState, event: MessageChanged) -> Result:
    """Keep what is to be said; the agenda is the only screen that shows it."""
    return replace(state, message=event.message), ()


def _read(state: SessionState, _event: Pressed) -> Result:
    """Write down that it was read, and show it no more."""
    if state.message is None:
        return state, ()
    at = round(state.now_s + state.wall_offset_s, 3)
    return replace(state, message=None), (Save(ItemReceipt("message", state.message.number, "read", at, "")),)


HANDLERS: Mapping[tuple[Screen, Action], Callable[[SessionState, Pressed], Result]] = {
    (Screen.AGENDA, Action.READ): _read,
}
