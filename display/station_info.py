"""What the station knows beside the session, as the View is told it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from display.parts import SensorState


class Sync(StrEnum):
    """Where the records are."""

    UNKNOWN = "unknown"
    """The journal is not open yet: nobody can tell whether anything waits to be sent."""
    SAVED_HERE = "saved_here"
    SENT = "sent"
    NOT_SAVED = "not_saved"
    """The disk refuses: nothing may be told as saved."""
    REPAIRED = "repaired"
    """The journal could not be read at the start; what was readable was kept, and everything since is."""


class Recording(StrEnum):
    """Whether the raw session is recorded; a station that is told not to record has nothing to say about it."""

    FINE = "fine"
    DISK_FULL = "disk_full"
    READ_ONLY = "read_only"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class StationInfo:
    """What the station knows beside the session: its sensors as (place, state), the sync, and numbers to call.

    ``calm`` is the patient's wish for pictures that stand still. ``slow`` are load cells too slow to see a band
    let go, as (place, seconds that a phase may be off).
    """

    sensors: tuple[tuple[str, SensorState], ...] = ()
    sync: Sync = Sync.SAVED_HERE
    clinic_number: str = ""
    emergency_number: str = ""
    recording: Recording = Recording.FINE
    calm: bool = False
    slow: tuple[tuple[str, float], ...] = ()
