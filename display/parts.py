"""What many screens are made of: buttons and their keys, the header, the line of a sensor, the cue."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from edge.session import Action


class Tone(StrEnum):
    """What a colour means; the theme knows which colour it is."""

    PLAIN = "plain"
    REST = "rest"
    LOWER = "lower"
    HOLD = "hold"
    LIFT = "lift"
    GOOD = "good"
    CAUTION = "caution"
    STOP = "stop"


class Icon(StrEnum):
    """A drawn symbol: state never rests on colour alone."""

    ACT = "act"
    CLOCK = "clock"
    PAUSE = "pause"
    DOWN = "down"
    UP = "up"
    TICK = "tick"
    RING = "ring"
    GO = "go"
    OCTAGON = "octagon"
    DISC = "disc"


class Key(StrEnum):
    """The three physical buttons: they repeat the whole flow."""

    GREEN = "green"
    WHITE = "white"
    RED = "red"


@dataclass(frozen=True, slots=True)
class Button:
    """Something to touch; ``key`` is the physical button that does the same, ``chosen`` an answer that was given.

    ``pointed`` is what the green button does now instead of the main action.
    """

    id: str
    text: str
    action: Action
    value: float | str | None = None
    main: bool = False
    enabled: bool = True
    chosen: bool = False
    note: str = ""
    key: Key | None = None
    pointed: bool = False


@dataclass(frozen=True, slots=True)
class Header:
    """The line at the top: where the patient is, and one fact."""

    title: str
    note: str = ""


class SensorState(StrEnum):
    """How a sensor is, as the patient needs to know it."""

    OK = "ok"
    WAITING = "waiting"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class SensorLine:
    """One sensor by name, with its state in a word; ``note`` is what it cannot tell."""

    label: str
    word: str
    state: SensorState
    note: str = ""


@dataclass(frozen=True, slots=True)
class CueView:
    """One cue with its symbol and colour."""

    text: str
    icon: Icon
    tone: Tone
