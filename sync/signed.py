"""The one door for what comes down to a station: signed by the clinic, for this station and this patient, and newer.

There are four kinds: plans, rule sets of the coach, clearances of locks, and messages to the patient. Each is a JSON
text with a signature over exactly that text. What differs between them is how the text is read (:data:`READERS`); who
may write it, for whom, how new it has to be and on which days it holds is asked here, once, for all of them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Annotated, Any

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from msgspec import Meta, Struct

from edge.coach.compare import asks_more
from edge.prescription.plan import Prescription
from edge.programme import parse_prescription
from edge.records import ForeignRefused, ItemReceipt, PlanReceipt, Record
from sync.clearances import Clearance, read_clearance
from sync.notes import Note, read_note
from sync.rule_sets import RuleSet, read_rule_set
from sync.signing import verify

LONGEST_REASON = 200


class Kind(StrEnum):
    """What may come down; the last part of its topic."""

    PLAN = "plan"
    RULES = "rules"
    CLEARANCE = "clearance"
    MESSAGE = "message"


NAMES: Mapping[Kind, str] = {
    Kind.PLAN: "prescription",
    Kind.RULES: "rule set",
    Kind.CLEARANCE: "clearance",
    Kind.MESSAGE: "message",
}
"""What each is called in sentences."""


class Refused(ValueError):  # noqa: N818 - reads as what happened
    """Something that came down and is not used; the message says why."""


Content = Prescription | RuleSet | Clearance | Note


@dataclass(frozen=True, slots=True)
class Item:
    """Something that the clinic signed for this station and patient. Both days are inside its time."""

    kind: Kind
    version: int
    content: Content
    valid_from: date | None = None
    valid_until: date | None = None


READERS: Mapping[Kind, Callable[[str], Any]] = {
    Kind.PLAN: parse_prescription,
    Kind.RULES: read_rule_set,
    Kind.CLEARANCE: read_clearance,
    Kind.MESSAGE: read_note,
}
"""How the text of each kind is read; each raises ValueError with one sentence for a text that is none."""


def judge(
    kind: Kind, payload: str, signature: str, verifier: Ed25519PublicKey, station_id: str, patient_id: str
) -> Item:
    """Return what was sent, if the clinic wrote it for this patient on this station. Raises Refused."""
    name = NAMES[kind]
    if not verify(verifier, payload, signature):
        raise Refused(f"{name} refused: its signature is not the clinic's")
    try:
        content = READERS[kind](payload)
    except Exception as exc:  # whatever a text does to its reader, the station goes on with what it has
        said = str(exc) or "it is nested too deeply"
        raise Refused(said if said.startswith(name) else f"{name} refused: {said}") from None
    if content.station_id != station_id:
        raise Refused(f"{name} refused: it is for station {content.station_id}")
    if content.patient_id != patient_id:
        raise Refused(f"{name} refused: it is for patient {content.patient_id}")
    return Item(
        kind,
        content.version,
        content,
        getattr(content, "valid_from", None),
        getattr(content, "valid_until", None),
    )


class _Stated(Struct):
    station_id: str = ""
    patient_id: str = ""
    kind: str = Kind.PLAN.value  # the only one that does not say it
    version: Annotated[int, Meta(ge=0, le=1_000_000)] = 0
    number: Annotated[int, Meta(ge=0, le=1_000_000)] = 0


def stated_version(
    kind: Kind, payload: str, signature: str, verifier: Ed25519PublicKey, station_id: str, patient_id: str
) -> int:
    """Return the version of something refused that the clinic meant for this station and patient as this kind.

    0, which nothing has, for everything else: the version of another kind, or of another station's, is not ours.
    """
    if not verify(verifier, payload, signature):
        return 0
    try:
        read = msgspec.json.decode(payload, type=_Stated)
    except (ValueError, RecursionError):
        return 0
    ours = (read.kind, read.station_id, read.patient_id) == (kind.value, station_id, patient_id)
    return (read.version or read.number) if ours else 0


def foreign(kind: Kind, message: bytes, at: float, reason: str) -> Record:
    """Return the record that tells the clinic of a message which it cannot have sent so."""
    digest = hashlib.sha256(message).hexdigest()[:16]
    return ForeignRefused(kind.value, digest, at, reason[:LONGEST_REASON])


def receipt(kind: Kind, version: int, state: str, at: float, reason: str = "") -> Record:
    """Return the record that tells the clinic what became of something it signed."""
    reason = reason[:LONGEST_REASON]
    if kind is Kind.PLAN:
        return PlanReceipt(version, state, at, reason)
    return ItemReceipt(kind.value, version, state, at, reason)


# ---- its days -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Today:
    """What is known of the date: ``known`` is today, None where no clock is trusted; ``at_least`` surely came."""

    known: date | None = None
    at_least: date | None = None


class Days(StrEnum):
    """How something signed stands to its days."""

    NOW = "now"
    EARLY = "early"
    OVER = "over"
    UNSURE = "unsure"
    """Nobody knows today's date well enough."""


def days_of(item: Item, today: Today) -> Days:
    """Tell whether the days of an item have come, and whether they are over."""
    first, last = item.valid_from, item.valid_until
    latest = max((one for one in (today.known, today.at_least) if one is not None), default=None)
    if last is not None and latest is not None and latest > last:
        return Days.OVER
    if (first is None or (latest is not None and latest >= first)) and (last is None or today.known is not None):
        return Days.NOW
    return Days.UNSURE if today.known is None else Days.EARLY


def check_new(item: Item, newest: int, today: Today) -> None:
    """Refuse what is no newer than version ``newest``, and what is over. Raises Refused."""
    name = NAMES[item.kind]
    if item.version <= newest:
        raise Refused(f"{name} refused: version {item.version} is no newer than {newest}")
    if days_of(item, today) is Days.OVER:
        raise Refused(f"{name} refused: its last day was {item.valid_until}")


def in_force(items: Sequence[Item], today: Today, used: Callable[[Item], bool]) -> Item | None:
    """Return which of the items of one kind, the newest first, is to be used now; None where none is.

    ``used`` tells which were in use before. What nobody knows the date of stays as it is: it begins nothing, and ends
    nothing.
    """
    return _CHOICE[items[0].kind](items, today, used) if items else None


def _plan_in_force(items: Sequence[Item], today: Today, used: Callable[[Item], bool]) -> Item:
    """The newest plan whose days have come; one that is over stays, and leaves the gentle routine.

    Without a date, a plan with days takes the place of another only where it asks no more. Where it is the only one
    it is used: what is due says what that comes to.
    """
    for number, item in enumerate(items):
        days = days_of(item, today)
        if days in (Days.NOW, Days.OVER) or used(item):
            return item
        before = _plan_in_force(items[number + 1 :], today, used) if items[number + 1 :] else None
        if days is Days.UNSURE and (before is None or not _asks_more(before, item)):
            return item
        if before is not None:
            return before
    return items[0]


def _asks_more(before: Item, after: Item) -> bool:
    old, new = before.content, after.content
    try:
        return not (isinstance(old, Prescription) and isinstance(new, Prescription)) or asks_more(old, new)
    except Exception:  # what cannot be compared may ask for more
        return True


def _rules_in_force(items: Sequence[Item], today: Today, used: Callable[[Item], bool]) -> Item | None:
    """The newest rule set whose days have come, or that was in use when the date was lost or its days ended."""
    return next((one for one in items if days_of(one, today) is Days.NOW or used(one)), None)


def _message_in_force(items: Sequence[Item], today: Today, _used: Callable[[Item], bool]) -> Item | None:
    """The newest message on one of its days: a message said on another day may be wrong by now."""
    return next((one for one in items if days_of(one, today) is Days.NOW), None)


_CHOICE: Mapping[Kind, Callable[[Sequence[Item], Today, Callable[[Item], bool]], Item | None]] = {
    Kind.PLAN: _plan_in_force,
    Kind.RULES: _rules_in_force,
    Kind.MESSAGE: _message_in_force,
}
