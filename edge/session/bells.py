"""Which bell the patient has, held against the plan: told, and written down; nothing is decided by it.

Only a notice follows: a bell above the plan's load asks to be changed, one below it may be used. The set's record
says which bell it was and who says so, the dock that weighed it or the patient; where nobody does, only the plan is
known.
"""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum

from edge.model import Origin
from edge.session.effects import Effect, Play, Result, Sound
from edge.session.events import BellsChanged, Pressed
from edge.session.state import Screen, SessionState

BELL_IN_USE = (Screen.SET, Screen.LOST, Screen.UNCOUNTED)


class BellNotice(StrEnum):
    """What is to be said of the bell before a set."""

    AWAITED = "awaited"
    """None was taken yet."""
    AS_PLANNED = "as_planned"
    LIGHTER = "lighter"
    HEAVIER = "heavier"
    SEVERAL = "several"
    """More than one is off the dock; which of them is in the hand nobody knows."""
    BY_HAND = "by_hand"
    """The patient says which."""
    UNSEEN = "unseen"
    """The dock cannot tell."""


def bell_notice(state: SessionState) -> BellNotice | None:
    """Return what is to be said of the bell; None where the exercise needs none or there is no dock."""
    band, bells = state.bell_band, state.bells
    if band is None or bells is None:
        return None
    if bells.in_hand is not None:
        low, high = band
        if low <= bells.in_hand <= high:
            return BellNotice.AS_PLANNED
        return BellNotice.HEAVIER if bells.in_hand > high else BellNotice.LIGHTER
    if state.bell_by_hand is not None:
        return BellNotice.BY_HAND
    if not band[1] and not bells.taken:
        return None  # without a weight there is none to be taken
    if bells.unseen is not None:
        return BellNotice.UNSEEN
    return BellNotice.SEVERAL if bells.taken else BellNotice.AWAITED


def bells_changed(state: SessionState, event: BellsChanged) -> Result:
    """Take over what the dock says; a bell that has just become too heavy is heard as well."""
    before = bell_notice(state)
    state = replace(state, bells=event.bells, bell_by_hand=None)
    if state.screen in BELL_IN_USE:
        return weigh(state), ()
    too_heavy = state.screen is Screen.READY and bell_notice(state) is BellNotice.HEAVIER is not before
    effects: tuple[Effect, ...] = (Play(Sound.CORRECTION),) if too_heavy else ()
    return state, effects


def weigh(state: SessionState) -> SessionState:
    """Remember the heaviest bell that was seen in the hand during this set."""
    seen = state.bells.in_hand if state.bells is not None and state.bell_band is not None else None
    return state if seen is None else replace(state, bell_kg=max(seen, state.bell_kg or 0.0))


def bell_by_hand(state: SessionState, event: Pressed) -> Result:
    """The patient says which bell it is, where the dock did not see it; only what the plan asks for can be said."""
    told = next((kg for kg in state.bells_wanted if kg == event.value), None)
    if state.bells is None or state.bells.in_hand is not None or told is None:
        return state, ()
    return replace(state, bell_by_hand=told), ()


def bell_of_set(state: SessionState) -> tuple[float | None, Origin | None]:
    """Return the set's bell in kg and who says so; both None where nobody does, and only the plan is known."""
    if state.bell_band is None or state.bells is None:
        return None, None
    if state.bell_kg is not None:
        return state.bell_kg, Origin.SENSED
    if state.bell_by_hand is not None:
        return state.bell_by_hand, Origin.SELF_REPORTED
    return None, None
