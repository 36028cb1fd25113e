"""A training session, decided without touching anything: events in, effects out (see :func:`advance`)."""

from drivers.bells import Bells, Unseen
from drivers.identity import Finding, Mixup
from edge.session.advance import advance
from edge.session.bells import BellNotice, bell_notice
from edge.session.effects import Effect, EndListening, Listen, OpenSession, Pause, Play, Resume, Save, Sound
from edge.session.events import (
    Action,
    BellsChanged,
    CalibrationChanged,
    Counted,
    CountingLost,
    DueChanged,
    Event,
    Interrupted,
    LockCleared,
    LockClosed,
    PlanArrived,
    Pressed,
    SensorChanged,
    Started,
    SwitchedOff,
    Tick,
    TrialTold,
    WornChanged,
)
from edge.session.state import Screen, SessionState, SetResult

__all__ = [
    "Action",
    "BellNotice",
    "Bells",
    "BellsChanged",
    "CalibrationChanged",
    "Counted",
    "CountingLost",
    "DueChanged",
    "Effect",
    "EndListening",
    "Event",
    "Finding",
    "Interrupted",
    "Listen",
    "LockCleared",
    "LockClosed",
    "Mixup",
    "OpenSession",
    "Pause",
    "PlanArrived",
    "Play",
    "Pressed",
    "Resume",
    "Save",
    "Screen",
    "SensorChanged",
    "SessionState",
    "SetResult",
    "Sound",
    "Started",
    "SwitchedOff",
    "Tick",
    "TrialTold",
    "Unseen",
    "WornChanged",
    "advance",
    "bell_notice",
]
