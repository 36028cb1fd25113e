"""How the patient is: symptoms, red-flag answers, the lock they close, and what happened that should not have."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct

from edge.records.fields import Change, Count, Id, Name, Names, Number, Score, Value, WallSeconds


class Moment(StrEnum):
    """When symptoms were asked about."""

    START = "start"
    WORST = "worst"
    """The worst so far, asked after a set that hurt and at the end of the session."""
    TESTED = "tested"
    """After an outcome test, about that test."""
    RESUMED = "resumed"
    """Before a session that was cut off goes on."""
    NEXT_DAY = "next_day"
    """About 24 h after the session that the record names."""
    SECOND_DAY = "second_day"
    """About 48 h after it."""


class SymptomsTold(Struct, frozen=True, tag_field="kind", tag="symptoms", omit_defaults=True):
    """What the patient said of the symptoms around session ``session_id``; None is "not answered".

    ``distal`` is 1 where they reach further down the leg than before, -1 where less far. ``weaker`` says that
    numbness or weakness is new or worse. ``tolerable`` is the plain question whether it was bearable. ``set_number``
    is that of the last set, 0 where it does not matter; after an outcome test that of the session's test.
    ``change`` is 1 where an outcome test hurt more than before it, -1 less.
    """

    session_id: Id
    moment: Moment
    at: WallSeconds
    back: Score | None = None
    leg: Score | None = None
    distal: Change | None = None
    weaker: bool | None = None
    tolerable: bool | None = None
    set_number: Count = 0
    change: Change | None = None


class Form(StrEnum):
    """Which red-flag questions were asked."""

    INTAKE = "intake"
    FULL = "full"
    SHORT = "short"


class FlagsAnswered(Struct, frozen=True, tag_field="kind", tag="flags"):
    """Red-flag questions that were answered, each by its name. What was not answered is in neither list."""

    asked_id: Id
    patient_id: Id
    form: Form
    at: WallSeconds
    yes: Names
    no: Names


class Severity(StrEnum):
    """What a lock tells the patient to do."""

    EMERGENCY = "emergency"
    """Go to the emergency department now."""
    SEE_CLINICIAN = "see_clinician"
    """Speak with the clinic before training."""


STORE_LOST = "store_lost"
"""What a lock is closed for where nobody can tell whether one was in force: its file could not be read. No answer."""


class Locked(Struct, frozen=True, tag_field="kind", tag="lock"):
    """Training is locked, because of ``flags``. Only a clearance that the clinic signed ends it."""

    lock_id: Id
    patient_id: Id
    severity: Severity
    flags: Names
    at: WallSeconds


class Unlocked(Struct, frozen=True, tag_field="kind", tag="unlock"):
    """The clearance of a lock is in force on the station; ``cleared_by`` is the clinician whom it names."""

    lock_id: Id
    at: WallSeconds
    cleared_by: Annotated[str, Meta(max_length=80)]


class Happened(StrEnum):
    """What should not have happened in a set."""

    OVER_FORCE = "over_force"
    SATURATED = "saturated"
    BAND_SNAP = "band_snap"
    BELL_DROPPED = "bell_dropped"
    OUT_OF_PLANE = "out_of_plane"
    """A bell swung out of the plane of the set's first repetitions."""
    WRONG_BELL = "wrong_bell"


class Incident(Struct, frozen=True, tag_field="kind", tag="incident"):
    """Something that should not happen did: the ``number``-th of the set, with the value that showed it."""

    session_id: Id
    set_number: Number
    number: Number
    what: Happened
    value: Value
    unit: Annotated[str, Meta(max_length=8)]
    at: WallSeconds


class BandChecked(Struct, frozen=True, tag_field="kind", tag="band_check", omit_defaults=True):
    """The patient looked a band over; ``passed`` is False where it is worn and was put aside.

    ``stretches`` is how often it was pulled before, so that its life is known when nobody reads its sets any more;
    None in records of before that was kept.
    """

    check_id: Id
    band: Name
    passed: bool
    at: WallSeconds
    stretches: Annotated[int, Meta(ge=0, le=1_000_000)] | None = None
