"""What happens to a session. Time comes with every event, in monotonic seconds."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from drivers.bells import Bells
from drivers.identity import Finding
from edge.care.nudges import Nudge
from edge.history.cut_off import CutOff
from edge.history.facts import History
from edge.model import ClinicMessage, Rep
from edge.prescription.due import Due
from edge.prescription.plan import Prescription
from edge.records import Happened, Locked, Logged, Reached
from edge.session.advice import Advice
from edge.session.asking import Question
from edge.signal.events import Reason
from edge.signal.functional import TestEvent


class Action(StrEnum):
    """What the patient can do, by touch, key or button."""

    MAIN = "main"
    BACK = "back"
    STOP = "stop"
    LONGER_REST = "longer_rest"
    EFFORT = "effort"
    RESERVE = "symptom_reserve"
    """How many more repetitions before symptoms become too much."""
    PAIN_CHANGE = "pain_change"
    REASON = "reason"
    SKIP = "skip"
    """Leave out an exercise whose sensor is not there."""
    UNCOUNTED = "uncounted"
    """Carry on with a set without counting."""
    BELL = "bell"
    """Say which bell is in the hand, where the dock did not see it."""
    CHANGE = "change"
    """Look what may be changed for today."""
    CHOOSE = "choose"
    """Choose one of those changes."""
    FIX = "fix"
    """Put the count of the last set right."""
    ANSWER = "answer"
    NUDGE = "nudge"
    """Say yes to what the station reminds of or offers."""
    POINT = "point"
    """Point at the next thing that can be pressed, for people without a touch screen; nothing is done yet."""
    READ = "read"
    """Say that the clinic's message was read."""
    LOG = "log"
    """Tell of something that was done away from the station."""
    MORE = "more"
    FEWER = "fewer"


@dataclass(frozen=True, slots=True)
class Tick:
    """Time went on."""

    t_s: float


@dataclass(frozen=True, slots=True)
class Started:
    """The station opened a session: its fresh id, and what the wall clock says at ``t_s``.

    ``questions`` come before the first set, and others after the last; without any, none are asked. ``day`` is the
    patient's own date, ``clock_trusted`` False where it may be wrong. With ``trials`` an exercise is tried first,
    with ``bands`` a band is looked over before it is used. ``history`` is what was before this session, ``tests`` the
    outcome measures to ask for in it.
    """

    t_s: float
    session_id: str
    wall: float
    questions: tuple[Question, ...] = ()
    day: str = ""
    clock_trusted: bool = True
    trials: bool = False
    bands: bool = False
    history: History = field(default_factory=History)
    tests: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Pressed:
    """The patient did something; ``value`` is the choice: effort, pain change, a stop reason, or a bell in kg."""

    t_s: float
    action: Action
    value: float | str | None = None


@dataclass(frozen=True, slots=True)
class Counted:
    """The counter reported a finished repetition at ``t_s``."""

    t_s: float
    rep: Rep


@dataclass(frozen=True, slots=True)
class SensorChanged:
    """A sensor place became usable or unusable. That alone pauses no set: it may last a moment."""

    t_s: float
    place: str
    usable: bool


@dataclass(frozen=True, slots=True)
class WornChanged:
    """What is wrong with how motion sensors are worn, all of it; ``findings`` name their places."""

    t_s: float
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class CalibrationChanged:
    """At which places a sensor's calibration has expired, all of them. Told between sets, never during one."""

    t_s: float
    expired: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BellsChanged:
    """The dock knows something else about the rig's bells."""

    t_s: float
    bells: Bells


@dataclass(frozen=True, slots=True)
class CountingLost:
    """The counter of the running set cannot follow any more; ``mid_rep`` when a repetition was under way."""

    t_s: float
    reason: Reason
    mid_rep: bool


@dataclass(frozen=True, slots=True)
class Heard:
    """What the counter said, or shows in this frame, while an outcome test is listened to."""

    t_s: float
    heard: TestEvent


@dataclass(frozen=True, slots=True)
class LogOpened:
    """The patient wants to tell what was done elsewhere: a fresh id, the patient's date, the wall clock."""

    t_s: float
    entry_id: str
    day: str
    wall: float


@dataclass(frozen=True, slots=True)
class Noticed:
    """Something happened in the set that should not have; ``value`` in ``unit`` shows it."""

    t_s: float
    what: Happened
    value: float
    unit: str


@dataclass(frozen=True, slots=True)
class LoadFelt:
    """What the load cell of the set reads now, in kilograms."""

    t_s: float
    kg: float


@dataclass(frozen=True, slots=True)
class TrialTold:
    """Trial repetitions have ended; ``alike`` is False where nothing could be learned from them."""

    t_s: float
    alike: bool


@dataclass(frozen=True, slots=True)
class PlanArrived:
    """A plan that was checked, signed and stored came in; ``wall`` as in :class:`Started`.

    ``due`` is what of it is due; None where nobody knows what was done before.
    """

    t_s: float
    plan: Prescription
    wall: float
    due: Due | None = None


@dataclass(frozen=True, slots=True)
class DueChanged:
    """Time has gone by or something was done: this is due now, under the plan of ``version``.

    ``logged`` is what was told of today away from the station.
    """

    t_s: float
    version: int
    due: Due
    logged: tuple[Logged, ...] = ()


@dataclass(frozen=True, slots=True)
class Interrupted:
    """A session was found that began and never ended, ``elapsed_s`` into it by now; ``due`` is its routine.

    ``wall``, ``trials``, ``bands`` and ``day`` as in :class:`Started`, the day empty where it is not known for sure;
    ``history`` has what is known of this session, too.
    """

    t_s: float
    cut: CutOff
    wall: float
    due: Due
    elapsed_s: float
    trials: bool = False
    bands: bool = False
    day: str = ""
    history: History = field(default_factory=History)


@dataclass(frozen=True, slots=True)
class LockClosed:
    """A lock stands in the journal: it was found there at the start."""

    t_s: float
    lock: Locked


@dataclass(frozen=True, slots=True)
class LockCleared:
    """The clinic's clearance of a lock was checked and stored."""

    t_s: float
    lock_id: str


@dataclass(frozen=True, slots=True)
class Consulted:
    """What the coach says before the next set of this session."""

    t_s: float
    session_id: str
    advice: Advice


@dataclass(frozen=True, slots=True)
class Recognised:
    """What was reached by this session, all of it; ``sentence`` is the one line of it for the patient."""

    t_s: float
    session_id: str
    reached: tuple[Reached, ...]
    sentence: str


@dataclass(frozen=True, slots=True)
class NudgeChanged:
    """A nudge may be shown, or None any more; ``questions`` are those it leads to."""

    t_s: float
    nudge: Nudge | None
    wall: float
    questions: tuple[Question, ...] = ()


@dataclass(frozen=True, slots=True)
class MessageChanged:
    """A message of the clinic's may be shown, or None any more."""

    t_s: float
    message: ClinicMessage | None


@dataclass(frozen=True, slots=True)
class SwitchedOff:
    """The station ends in an orderly way; nothing comes after this."""

    t_s: float


Event = (
    Tick
    | Started
    | Pressed
    | Counted
    | TrialTold
    | Heard
    | LogOpened
    | Noticed
    | LoadFelt
    | SensorChanged
    | WornChanged
    | CalibrationChanged
    | BellsChanged
    | CountingLost
    | PlanArrived
    | DueChanged
    | Interrupted
    | LockClosed
    | LockCleared
    | Consulted
    | Recognised
    | NudgeChanged
    | MessageChanged
    | SwitchedOff
)
