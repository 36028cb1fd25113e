"""Who needs a clinician today: every patient once, in the highest group that they belong to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from enum import StrEnum

from edge.model import StopReason
from sync.panel import locks
from sync.panel.queries import Found
from sync.panel.words import QUIET_AFTER_S, STALE_AFTER_S, State, age, plan_state, summary
from sync.store.clearances import KnownLock

URGENCY = ("stop", "act", "check", "none", "fine")
"""Shapes, the most urgent first."""


class Group(StrEnum):
    """Why a patient is shown where they are, in this order (design guide, section 4)."""

    ANSWER = "Answer today"
    """Locked, stopped for pain, or the station refused a plan."""
    QUIET = "Gone quiet"
    """No session, although the station can be heard."""
    DEVICE = "Device, not patient"
    """The station cannot be heard, has no plan, or stopped a session by a fault."""
    PROPOSAL = "Proposal waiting"
    ON_TRACK = "On track"


NEED = (Group.ANSWER, Group.QUIET, Group.DEVICE, Group.PROPOSAL)
"""Groups whose patients need somebody."""
WAITS = " Proposal waiting."


@dataclass(frozen=True, slots=True)
class Told:
    """A patient in the list: the one sentence about them, and the lock it is about."""

    row: Found
    said: State
    lock: KnownLock | None = None


def sorted_out(
    rows: Iterable[Found],
    locked: Mapping[str, KnownLock],
    proposed: Mapping[str, str],
    now: float,
    zone: tzinfo | None,
) -> Mapping[Group, Sequence[Told]]:
    """Return the patients by group, the most urgent first, those of equal urgency as they came; no group is empty.

    ``locked`` and ``proposed`` are by patient: the gravest lock in force, and what the coach asks for.
    """
    found: dict[Group, list[Told]] = {group: [] for group in Group}
    for row in rows:
        group, told = _place(row, locked.get(row.id), proposed.get(row.id, ""), now, zone)
        found[group].append(told)
    for held in found.values():
        held.sort(key=_urgency)
    return {group: held for group, held in found.items() if held}


def _urgency(told: Told) -> tuple[object, ...]:
    return (0, *locks.urgency(told.lock)) if told.lock else (1, URGENCY.index(told.said.shape))


def _place(row: Found, lock: KnownLock | None, proposed: str, now: float, zone: tzinfo | None) -> tuple[Group, Told]:
    group, said = _said(row, lock, now, zone)
    if proposed and group is Group.ON_TRACK:
        return Group.PROPOSAL, Told(row, State("check", proposed))
    return group, Told(row, State(said.shape, f"{said.word}{WAITS}") if proposed else said, lock)


def _said(row: Found, lock: KnownLock | None, now: float, zone: tzinfo | None) -> tuple[Group, State]:
    if lock is not None:
        return Group.ANSWER, locks.lock_state(lock, now)
    said = summary(row, now, zone)
    if said.shape in ("stop", "act"):
        return Group.ANSWER, said
    quiet = row.started_at is None or now - row.started_at > QUIET_AFTER_S
    if fault := _device(row, now):
        return Group.DEVICE, said if quiet else State("check", fault)
    if row.stop_reason == StopReason.TECHNICAL:
        return Group.DEVICE, said
    return (Group.QUIET if quiet else Group.ON_TRACK), said


def _device(row: Found, now: float) -> str:
    """Return what is the matter with the station or its plan, nothing where it can be heard and has its plan."""
    if row.station_id is None or row.seen_at is None:
        return "No station can be heard."
    if now - row.seen_at > STALE_AFTER_S:  # one that is online was heard a moment ago
        return f"The station was not heard for {age(now - row.seen_at)}. Sessions may be waiting there."
    late = plan_state(row, now)
    return f"{late.word[0].upper()}{late.word[1:]}." if late.shape == "check" else ""
