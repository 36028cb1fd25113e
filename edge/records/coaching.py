"""What the coach decided and said, what was measured of function, and what was done away from the station."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from edge.model import Origin
from edge.records.fields import Day, Id, Name, Number, Score, Text, Value, WallSeconds, check_day

Input = bool | int | Annotated[float, Meta(ge=-1e6, le=1e6)] | Annotated[str, Meta(max_length=80)] | None
Inputs = Annotated[dict[str, Input], Meta(max_length=80)]


class Standing(StrEnum):
    """What became of a decision."""

    SHADOW = "shadow"
    """Decided, shown to nobody, and without effect."""
    PROPOSED = "proposed"
    APPLIED = "applied"
    ACCEPTED = "accepted"
    DECLINED = "declined"


class Decided(Struct, frozen=True, tag_field="kind", tag="decision"):
    """A decision of the coach: the rule, what it looked at, what it changes from and to, in one sentence.

    ``inputs`` are everything the rule looked at, so that it can be run again; ``before`` and ``after`` are doses as
    ``edge.coach.dose`` writes them. ``number`` counts the standings of one decision. ``session_id`` is the last
    session it looked at. ``sentence`` is for the clinician, ``told`` for the patient.
    """

    decision_id: Id
    number: Number
    session_id: Id
    row: Name
    exercise: Name
    rule: Name
    rules_version: Annotated[str, Meta(max_length=40)]
    inputs: Inputs
    before: Inputs
    after: Inputs
    sentence: Text
    standing: Standing
    at: WallSeconds
    told: Text = ""


class Nudged(Struct, frozen=True, tag_field="kind", tag="nudge"):
    """A nudge was ``shown``, or answered in another way: a record of its own for each."""

    nudge_id: Id
    what: Name
    at: WallSeconds
    answered: Name = "shown"


class Reached(Struct, frozen=True, tag_field="kind", tag="milestone"):
    """A milestone was reached for the ``number``-th time."""

    what: Name
    number: Number
    at: WallSeconds
    session_id: Id | None = None


class Tested(Struct, frozen=True, tag_field="kind", tag="test"):
    """An outcome measure: ``value`` in ``unit``; a ``practice`` trial is kept and never compared.

    ``note`` is the version of a questionnaire, the wording of an own activity, or what is in doubt about a test.
    """

    test_id: Id
    what: Name
    value: Value
    unit: Annotated[str, Meta(max_length=8)]
    origin: Origin
    practice: bool
    at: WallSeconds
    note: Text = ""


class Logged(Struct, frozen=True, tag_field="kind", tag="activity"):
    """Something done without the station: a walk, a class, play outside, or a slot ticked on a paper card.

    Self-reported, always; it never feeds progression. ``day`` is the patient's own date. ``effort`` is left out of
    the message where nobody said it, so that a record of before it existed reads, and hashes, alike.
    """

    entry_id: Id
    what: Name
    day: Day
    minutes: Annotated[float, Meta(ge=0, le=1440)] | None
    at: WallSeconds
    note: Text = ""
    effort: Score | UnsetType = UNSET

    def __post_init__(self) -> None:
        """Refuse a day that no calendar has."""
        check_day(self.day)


class RepEdit(StrEnum):
    """What a person says a counted repetition was."""

    FALSE = "false"
    PARTIAL = "partial"
    AS_SENSED = "as_sensed"
    """An earlier edit is taken back."""


class RepEdited(Struct, frozen=True, tag_field="kind", tag="edit"):
    """A person's word on a repetition that was counted; the sensed record stays as it is."""

    session_id: Id
    set_number: Number
    rep: Number
    number: Number
    edit: RepEdit
    origin: Origin
    at: WallSeconds
