"""The facts of a patient's past: sessions with their sets and symptoms, what is locked, what was decided.

Everything here was told by a record. None is "not known" or "not answered" and is never taken for zero.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from edge.model import Origin, StopReason
from edge.prescription.row import Span
from edge.records import (
    BandChecked,
    Decided,
    FlagsAnswered,
    Incident,
    Locked,
    Logged,
    Moment,
    Nudged,
    Reached,
    Side,
    SymptomsTold,
    Tested,
)


@dataclass(frozen=True, slots=True)
class SetFact:
    """One set. ``row`` is the plan's line.

    ``reps_verified`` were sensed and believed, ``reps_by_hand`` are the patient's own count and never feed progress.
    ``trusted`` is False where sensing was doubted, uncalibrated or lost at any time. ``on_tempo`` is the share inside
    the tempo's tolerance. ``reps_left_symptoms`` answers how many more there were before symptoms became too much.
    ``symptom_change`` is -1, 0 or 1. ``speed_loss`` is the share of speed lost from the best repetition to the last.
    ``lasted_s`` is how long the set went on, ``peak_n`` the highest force of a repetition, where a cell measured it.
    """

    exercise: str
    row: str
    set_of_exercise: int
    reps_target: int | None
    reps_verified: int
    stopped: StopReason
    trusted: bool
    load_kg: float | None = None
    load_origin: Origin | None = None
    reps_by_hand: int | None = None
    rpe_target: Span | None = None
    rpe: int | None = None
    reps_left_symptoms: int | None = None
    on_tempo: float | None = None
    symptom_change: int | None = None
    speed_loss: float | None = None
    side: Side | None = None
    feedback: bool = True
    lasted_s: float | None = None
    peak_n: float | None = None


@dataclass(frozen=True, slots=True)
class SessionFact:
    """One session on the patient's own date ``day``.

    ``symptoms`` holds what was told, by when it was asked; a moment that is not in it was not answered.
    ``clock_trusted`` is False where nobody knew the date for sure. ``ended`` is None for a session that was cut off.
    """

    session_id: str
    day: date
    started_at: float
    clock_trusted: bool
    plan_version: int
    sets: tuple[SetFact, ...] = ()
    symptoms: Mapping[Moment, SymptomsTold] = field(default_factory=dict)
    incidents: tuple[Incident, ...] = ()
    ended: StopReason | None = None
    sets_planned: int = 0


@dataclass(frozen=True, slots=True)
class History:
    """Everything the rules may look at, oldest first. ``lock`` is the one in force, None where there is none."""

    sessions: tuple[SessionFact, ...] = ()
    lock: Locked | None = None
    decisions: tuple[Decided, ...] = ()
    tests: tuple[Tested, ...] = ()
    asked: tuple[FlagsAnswered, ...] = ()
    """The red-flag forms that were answered."""
    cleared_flags: frozenset[str] = frozenset()
    """What locks were closed for that the clinic has cleared: it knows of these."""
    nudges: tuple[Nudged, ...] = ()
    reached: tuple[Reached, ...] = ()
    logged: tuple[Logged, ...] = ()
    bands: tuple[BandChecked, ...] = ()
    """The bands that were looked over."""
