"""What goes into the journal and comes out of it, and how it refuses."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import msgspec

from edge.records import Incident, Locked, Record, StoreTold, StoreTrouble, TraceChunk, TracePart, Unlocked, key, kind

_decoder: msgspec.json.Decoder[Record] = msgspec.json.Decoder(Record)


class JournalError(RuntimeError):
    """The journal cannot do what was asked; the message says why."""


class JournalBroken(JournalError):  # noqa: N818 - reads as what happened
    """The file is no journal any more: it is to be salvaged, never written to."""


class RecordRefused(JournalError):  # noqa: N818 - reads as what happened
    """A record that can never be written; the message names its key."""


class Conflict(RecordRefused):
    """A record came under a key that already stands for something else."""


class Unfit(RecordRefused):
    """A record breaks the limits of its own fields, holds a number that is none, or is not the station's to write."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """A moment on the station.

    ``t_s`` is monotonic time of one run of the computer, ``wall`` what the clock said, ``sure`` whether anybody had
    set that clock.
    """

    t_s: float
    wall: float
    sure: bool = True


@dataclass(frozen=True, slots=True)
class Waiting:
    """A record the clinic has not confirmed, with what was noted when it was handed over.

    ``t_s`` is monotonic time of the run ``boot``, ``wall`` what the clock said, ``sure`` whether anybody had set it.
    """

    seq: int
    key: str
    boot: str
    t_s: float
    wall: float
    record: Record
    sure: bool = True

    @property
    def kind(self) -> str:
        """The last part of its topic."""
        return kind(self.record)


@dataclass(frozen=True, slots=True)
class StoredItem:
    """Something signed as it was received, of one kind and version."""

    version: int
    payload: str
    signature: str


@dataclass(frozen=True, slots=True)
class Salvaged:
    """What was done with a journal that could not be read: its ``aside`` name, the records read, and ``why``.

    ``locks_known`` is False where nobody can tell whether a lock was in force.
    """

    aside: str
    records: int
    locks_known: bool
    why: str


def is_urgent(record: Record) -> bool:
    """Tell whether a record is an alert: those are sent before everything else that waits."""
    if isinstance(record, StoreTold):
        return record.what is not StoreTrouble.TRACES_DROPPED
    return isinstance(record, Locked | Unlocked | Incident)


def is_trace(record: Record) -> bool:
    """Tell whether a record is a part of a raw trace: those are sent last, and make room first."""
    return isinstance(record, TracePart | TraceChunk)


def rank_of(record: Record) -> int:
    """Return when a record is sent: 1 before everything else, -1 after it, 0 for all the others."""
    return int(is_urgent(record)) - int(is_trace(record))


def body_of(record: Record) -> str:
    """Return the record as it is stored, sure to read back the same: one that did not would block all behind it.

    Raises Unfit.
    """
    try:
        body = msgspec.json.encode(record)
        same = _decoder.decode(body) == record
    except (TypeError, ValueError) as exc:
        raise Unfit(f"{key(record)} cannot be written: {exc}") from None
    if not same:
        # JSON has no infinity: msgspec writes null, which elsewhere means "not measured".
        raise Unfit(f"{key(record)} cannot be written: it holds a number that is none")
    return body.decode()


def crc_of(body: str | bytes) -> int:
    """Return the checksum that a stored record is kept with."""
    return zlib.crc32(body.encode() if isinstance(body, str) else body)


def read_body(body: str | bytes) -> Record:
    """Return a stored record. Raises msgspec.MsgspecError."""
    return _decoder.decode(body)
