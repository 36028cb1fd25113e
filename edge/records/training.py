"""A session, its sets and repetitions, and what became of what the clinic signed."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct

from edge.model import Origin, StopReason, Verdict
from edge.prescription.row import Side
from edge.records.fields import (
    MOST_TRACE_VALUES,
    Count,
    Doubts,
    Force,
    Id,
    Load,
    MaybeDay,
    Measured,
    Name,
    Number,
    RowName,
    Score,
    Seconds,
    Share,
    Text,
    TraceValues,
    WallSeconds,
    check_day,
)
from edge.records.packing import LONGEST_PACKED, unpack


class SessionStarted(Struct, frozen=True, tag_field="kind", tag="session", omit_defaults=True):
    """A patient began the day's routine under plan ``plan_version``.

    ``day`` is the patient's own date, empty in records of before it was kept. ``clock_trusted`` is False where the
    station could not be sure of it.
    """

    session_id: Id
    patient_id: Id
    plan_version: Number
    started_at: WallSeconds
    day: MaybeDay = ""
    clock_trusted: bool = True

    def __post_init__(self) -> None:
        """Refuse a day that no calendar has."""
        check_day(self.day)


class RepCounted(Struct, frozen=True, tag_field="kind", tag="rep", omit_defaults=True):
    """One repetition; times in seconds from the start of its set, phase durations None where it has none.

    The measures at the end are those of ``edge.model.Measures``; ``edge_spread_s`` is the largest of its boundaries'.
    What nobody measured is left out of the message, so that a record of before they existed reads, and hashes, alike.
    """

    session_id: Id
    set_number: Number
    number: Number
    start_s: Seconds
    end_s: Seconds
    eccentric_s: Seconds | None
    bottom_s: Seconds | None
    concentric_s: Seconds | None
    top_s: Seconds | None
    pause_before_s: Seconds | None
    range_value: Annotated[float, Meta(ge=0, le=10_000)]
    range_unit: Annotated[str, Meta(max_length=8)]
    peak_force_n: Force | None
    verdict: Verdict
    confidence: Share
    origin: Origin
    edge_spread_s: Seconds | None = None
    peak_speed: Measured | None = None
    mean_speed: Measured | None = None
    smoothness: Measured | None = None
    hold_sway: Measured | None = None
    mean_force_n: Force | None = None
    impulse_n_s: Measured | None = None


class Doubt(StrEnum):
    """What else may be in doubt about a set, beside what the counter could not see.

    All but CALIBRATION_EXPIRED make the count uncertain.
    """

    REP_CUT_OFF = "rep_cut_off"
    """A repetition was under way when the sensor was lost: nobody knows whether it was finished."""
    NOT_COUNTED = "not_counted"
    """The patient carried on without counting."""
    ABSENT = "absent"
    """The sensor was not there, so the set was skipped."""
    MISWORN = "misworn"
    """The sensor was not where it belongs, or the wrong way round, so the set was skipped."""
    NO_BAND = "no_band"
    """There was no band that may be pulled, so the set was skipped."""
    CUT_OFF = "cut_off"
    """The station stopped in the middle of the set, by a power cut: what came after is not known."""
    LEFT_OUT = "left_out"
    """The patient left the exercise out today, so the set was skipped."""
    SHORTENED = "shortened"
    """The patient did one set fewer today, so this one was skipped."""
    CALIBRATION_EXPIRED = "calibration_expired"
    """The sensor's calibration was over: the set was counted and not judged, and no load follows from it."""


class SetBegun(Struct, frozen=True, tag_field="kind", tag="set_begun", omit_defaults=True):
    """A set began, ``started_s`` seconds into the session: known even if a power cut takes the rest.

    It holds what :class:`SetDone` says of the plan, so that a set that was cut off can be written down by it alone.
    """

    session_id: Id
    number: Number
    exercise: Name
    row: RowName
    set_of_exercise: Number
    started_s: Seconds
    side: Side | None = None
    sets_planned: Number = 1
    plan_version: Number = 1
    reps_planned: Number | None = None
    tempo: Text = ""
    load_kg: tuple[Load, Load] | None = None
    origin: Origin = Origin.SENSED
    warm_up_reps: Count = 0


class SetDone(Struct, frozen=True, tag_field="kind", tag="set", omit_defaults=True):
    """A set ended, by itself or not; ``number`` runs through the session, ``set_of_exercise`` through the exercise.

    ``started_s`` and ``ended_s`` are seconds from the start of the session. ``plan_version`` is the one this set
    was done under. ``doubts`` name what the counter could not see while it was armed: the count is uncertain.
    Besides the reasons of ``edge.signal.events`` they are those of :class:`Doubt`.

    ``reps_planned`` is None where the plan asks for an effort or a time instead. ``row`` is the line of the plan.
    ``load_used_kg`` is what was really lifted or pulled, ``load_origin`` who says so, both None where nobody does.
    ``warm_up_reps`` were kept out of the count. ``feedback`` is False for a set done without any. ``on_tempo`` is the
    share of judged repetitions inside the tempo's tolerance. ``rpe_planned`` is the effort asked for (low, high).
    """

    session_id: Id
    number: Number
    exercise: Name
    set_of_exercise: Number
    sets_planned: Number
    plan_version: Number
    reps_planned: Number | None
    tempo: Text
    load_kg: tuple[Load, Load] | None
    started_s: Seconds
    ended_s: Seconds
    reps_counted: Count
    stop_reason: StopReason
    origin: Origin
    doubts: Doubts = ()
    row: RowName = ""
    side: Side | None = None
    load_used_kg: Load | None = None
    load_origin: Origin | None = None
    warm_up_reps: Count = 0
    feedback: bool = True
    on_tempo: Share | None = None
    rpe_planned: tuple[Score, Score] | None = None


ANSWERS = {"effort": (0, 10), "pain_change": (-1, 1), "reps_by_hand": (0, 100), "symptom_reserve": (0, 10)}
"""What is asked about a set, with the smallest and the largest answer."""


class Answered(Struct, frozen=True, tag_field="kind", tag="answer"):
    """The patient answered a question about a set: effort, change of pain, repetitions by the patient's own count, or
    how many more there would have been before symptoms became too much.

    An answer is self-reported, always. ``reps_by_hand`` are those that no sensor saw; they stand beside the
    ``reps_counted`` of the set and are never added to them. A question without an answer has no record.
    """

    session_id: Id
    set_number: Number
    question: Annotated[str, Meta(pattern=f"^({'|'.join(ANSWERS)})$(?!\n)")]
    value: int

    def __post_init__(self) -> None:
        """Refuse an answer outside its limits."""
        low, high = ANSWERS.get(self.question, (self.value, self.value))
        if not low <= self.value <= high:
            raise ValueError(f"{self.question} is {self.value}, expected {low} to {high}")


class TracePart(Struct, frozen=True, tag_field="kind", tag="trace"):
    """A stretch of one signal of a set, evenly spaced: ``values[i]`` at ``start_s + i * step_s`` of the set.

    Stations of before wrote traces so; today's write a :class:`TraceChunk`, which says the same in fewer bytes.
    """

    session_id: Id
    set_number: Number
    name: Name
    unit: Annotated[str, Meta(max_length=8)]
    part: Count
    start_s: Seconds
    step_s: Annotated[float, Meta(gt=0, le=1)]
    values: TraceValues


class TraceChunk(Struct, frozen=True, tag_field="kind", tag="trace_chunk"):
    """The same stretch of a signal, its ``count`` values packed into text by ``edge.records.packing``."""

    session_id: Id
    set_number: Number
    name: Name
    unit: Annotated[str, Meta(max_length=8)]
    part: Count
    start_s: Seconds
    step_s: Annotated[float, Meta(gt=0, le=1)]
    count: Annotated[int, Meta(ge=1, le=MOST_TRACE_VALUES)]
    packed: Annotated[str, Meta(max_length=LONGEST_PACKED)]

    @property
    def values(self) -> tuple[float, ...]:
        """The values. Raises ValueError where the text does not hold exactly ``count`` of them."""
        return unpack(self.packed, self.count)


class SessionEnded(Struct, frozen=True, tag_field="kind", tag="session_end"):
    """The session is over; ``sets_done`` of ``sets_planned``."""

    session_id: Id
    ended_at: WallSeconds
    sets_done: Count
    sets_planned: Count
    stop_reason: StopReason


class PlanReceipt(Struct, frozen=True, tag_field="kind", tag="receipt"):
    """What became of a plan version on the station: ``delivered`` (stored), ``in_use``, or ``rejected`` and why."""

    plan_version: Annotated[int, Meta(ge=0, le=1_000_000)]
    state: Annotated[str, Meta(pattern="^(delivered|in_use|rejected)$(?!\n)")]
    at: WallSeconds
    reason: Text


class ItemReceipt(Struct, frozen=True, tag_field="kind", tag="item"):
    """What became, on the station, of something else that the clinic signed: ``what`` it was, and its version.

    ``delivered`` (stored), ``in_use``, ``read`` by the patient, or ``rejected`` and why. Plans keep
    :class:`PlanReceipt`, which clinics that were not updated yet can read.
    """

    what: Annotated[str, Meta(pattern="^(clearance|rules|message)$(?!\n)")]
    version: Annotated[int, Meta(ge=0, le=1_000_000)]
    state: Annotated[str, Meta(pattern="^(delivered|in_use|read|rejected)$(?!\n)")]
    at: WallSeconds
    reason: Text


class ForeignRefused(Struct, frozen=True, tag_field="kind", tag="foreign"):
    """Something came down that the clinic cannot have signed for this station and patient, and was refused.

    It has no version that could be believed: its name is ``digest``, the beginning of the SHA-256 of the bytes that
    came. ``what`` they were meant to be is the end of their topic.
    """

    what: Annotated[str, Meta(pattern="^(plan|clearance|rules|message)$(?!\n)")]
    digest: Annotated[str, Meta(pattern="^[0-9a-f]{16}$(?!\n)")]
    at: WallSeconds
    reason: Text
