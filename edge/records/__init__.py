"""What the station writes down, and what crosses to the clinic: one immutable record per fact.

A record is never changed after it was written. What is learned later (effort after a set, the end of a session)
is a record of its own. Every record has a :func:`key`, the same on every delivery, so that a repeat is harmless.
Numbers carry their limits here, once, for the station that writes and the bridge that reads.
"""

from __future__ import annotations

from collections.abc import Mapping

from edge.prescription.row import Side
from edge.records.coaching import Decided, Logged, Nudged, Reached, RepEdit, RepEdited, Standing, Tested
from edge.records.fields import ID_PATTERN, ID_SHAPE, MOST_DOUBTS, Id, WallSeconds
from edge.records.keeping import ClockFixed, StoreTold, StoreTrouble
from edge.records.training import (
    ANSWERS,
    Answered,
    Doubt,
    ForeignRefused,
    ItemReceipt,
    PlanReceipt,
    RepCounted,
    SessionEnded,
    SessionStarted,
    SetBegun,
    SetDone,
    TraceChunk,
    TracePart,
)
from edge.records.wellbeing import (
    STORE_LOST,
    BandChecked,
    FlagsAnswered,
    Form,
    Happened,
    Incident,
    Locked,
    Moment,
    Severity,
    SymptomsTold,
    Unlocked,
)

__all__ = [
    "ANSWERS",
    "ID_PATTERN",
    "ID_SHAPE",
    "MOST_DOUBTS",
    "STORE_LOST",
    "Answered",
    "BandChecked",
    "ClockFixed",
    "Decided",
    "Doubt",
    "FlagsAnswered",
    "ForeignRefused",
    "Form",
    "Happened",
    "Id",
    "Incident",
    "ItemReceipt",
    "Locked",
    "Logged",
    "Moment",
    "Nudged",
    "PlanReceipt",
    "Reached",
    "Record",
    "RepCounted",
    "RepEdit",
    "RepEdited",
    "SessionEnded",
    "SessionStarted",
    "SetBegun",
    "SetDone",
    "Severity",
    "Side",
    "Standing",
    "StoreTold",
    "StoreTrouble",
    "SymptomsTold",
    "Tested",
    "TraceChunk",
    "TracePart",
    "Unlocked",
    "WallSeconds",
    "key",
    "kind",
]

Record = (
    SessionStarted
    | RepCounted
    | SetBegun
    | SetDone
    | Answered
    | TracePart
    | TraceChunk
    | SessionEnded
    | PlanReceipt
    | ItemReceipt
    | ForeignRefused
    | SymptomsTold
    | FlagsAnswered
    | Locked
    | Unlocked
    | Incident
    | BandChecked
    | Decided
    | Nudged
    | Reached
    | Tested
    | Logged
    | RepEdited
    | StoreTold
    | ClockFixed
)


_KEYS: Mapping[type[Record], str] = {
    SessionStarted: "{r.session_id}/session",
    SessionEnded: "{r.session_id}/session_end",
    SetBegun: "{r.session_id}/{r.number}/set_begun",
    SetDone: "{r.session_id}/{r.number}/set",
    RepCounted: "{r.session_id}/{r.set_number}/rep/{r.number}",
    RepEdited: "{r.session_id}/{r.set_number}/rep/{r.rep}/edit/{r.number}",
    Answered: "{r.session_id}/{r.set_number}/answer/{r.question}",
    TracePart: "{r.session_id}/{r.set_number}/trace/{r.name}/{r.part}",
    TraceChunk: "{r.session_id}/{r.set_number}/trace/{r.name}/{r.part}",
    Incident: "{r.session_id}/{r.set_number}/incident/{r.number}",
    SymptomsTold: "{r.session_id}/symptoms/{r.moment}/{r.set_number}",
    PlanReceipt: "plan/{r.plan_version}/{r.state}",
    ItemReceipt: "{r.what}/{r.version}/{r.state}",
    ForeignRefused: "foreign/{r.what}/{r.digest}",
    FlagsAnswered: "flags/{r.asked_id}",
    Locked: "lock/{r.lock_id}",
    Unlocked: "lock/{r.lock_id}/cleared",
    BandChecked: "band_check/{r.check_id}",
    Decided: "decision/{r.decision_id}/{r.number}",
    Nudged: "nudge/{r.nudge_id}/{r.answered}",
    Reached: "milestone/{r.what}/{r.number}",
    Tested: "test/{r.test_id}",
    Logged: "activity/{r.entry_id}",
    StoreTold: "store/{r.event_id}",
    ClockFixed: "{r.session_id}/clock",
}


def key(record: Record) -> str:
    """Return the record's name, unique on its station and the same on every delivery."""
    return _KEYS[type(record)].format(r=record)


def kind(record: Record) -> str:
    """Return the record's kind, which is also the last part of its topic."""
    return str(record.__struct_config__.tag)
