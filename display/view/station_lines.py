"""What is said of the station: where the records are, and whom to call."""

from __future__ import annotations

from display.station_info import Recording, StationInfo, Sync
from display.words import say


def kept(station: StationInfo) -> str:
    """Return where the records are; a recording that is off is told instead, unless they are not saved at all."""
    if station.sync in (Sync.NOT_SAVED, Sync.REPAIRED) or station.recording is Recording.FINE:
        return say(f"sync.{station.sync}")
    return say(f"recording.{station.recording}")


def call(station: StationInfo) -> str:
    """Return the clinic's number, empty where the station knows none."""
    return say("clinic.call", number=station.clinic_number) if station.clinic_number else ""


def call_the_clinic(station: StationInfo) -> str:
    """Return whom to call, with the number where there is one."""
    return call(station) or say("clinic.call_clinic")
