"""What befell the station's own store and clock: told to the clinic like anything else."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct

from edge.records.fields import Day, Id, Text, WallSeconds, check_day


class StoreTrouble(StrEnum):
    """What befell the store."""

    TRACES_DROPPED = "traces_dropped"
    """Raw traces made room for what matters more; ``count`` of them are gone."""
    NOT_SAVED = "not_saved"
    """The disk took no records: an alert, sent before it can be saved."""
    SALVAGED = "salvaged"
    """The journal could not be read; ``count`` of its records were, and the file was kept aside."""
    UNSENDABLE = "unsendable"
    """A record cannot be read any more, or is no message: it never comes. ``note`` has its key."""


class StoreTold(Struct, frozen=True, tag_field="kind", tag="store"):
    """Something befell the store of the station. ``note`` says what, for a technician."""

    event_id: Id
    what: StoreTrouble
    count: Annotated[int, Meta(ge=0, le=1_000_000_000)]
    at: WallSeconds
    note: Text = ""


class ClockFixed(Struct, frozen=True, tag_field="kind", tag="clock"):
    """The clock was set after session ``session_id`` had begun by one that nobody could trust.

    Every time in a record of that session is ``offset_s`` later than it says, and ``day`` is the patient's date on
    which it began. The records themselves stay as they were written.
    """

    session_id: Id
    offset_s: Annotated[float, Meta(ge=-4_102_444_800, le=4_102_444_800)]
    day: Day
    at: WallSeconds

    def __post_init__(self) -> None:
        """Refuse a day that no calendar has."""
        check_day(self.day)
