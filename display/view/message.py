"""What the clinic says on the agenda: its own words, whole, with one button."""

from __future__ import annotations

from display.parts import Button, Key
from display.shapes import MessageView
from display.words import say
from edge.session import Action, SessionState

SHORT = 70
"""A message of so many characters takes the place of two lines of the agenda; a longer one that of three."""


def message_view(state: SessionState) -> MessageView | None:
    """Return what the clinic says; None where there is nothing, and while anything is locked."""
    if state.message is None or state.locks:
        return None
    text = state.message.text
    button = Button("read", say("clinic.message_read"), Action.READ, key=Key.WHITE)
    return MessageView(say("clinic.message"), text, 2 if len(text) <= SHORT else 3, button)
