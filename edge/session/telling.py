"""A sentence of the rule table on a screen of its own."""

from __future__ import annotations

from dataclasses import replace

from edge.safety.table import table
from edge.session.guarding import Telling, Way
from edge.session.state import Screen, SessionState


def tell(state: SessionState, rule: str, main: Way, other: Way | None = None, *, hurts: bool = False) -> SessionState:
    """Return the state with a rule's sentence on the screen. KeyError for a rule the table does not have."""
    telling = Telling(rule, table().rules[rule].screen, main, other, hurts)
    return replace(state, screen=Screen.TOLD, guard=replace(state.guard, telling=telling))
