"""What a session asks for: data, carried out in order by the station's engine."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from edge import records
from edge.library import Exercise
from edge.session.state import SessionState


class Sound(StrEnum):
    """The tones made in code (design guide, section 3)."""

    REP = "rep"
    LAST_REP = "last_rep"
    CORRECTION = "correction"
    SET_DONE = "set_done"
    STOP = "stop"
    OVER_LOAD = "over_load"
    """Low, while more is pulled than the plan says."""
    ALARM = "alarm"
    """Something happened that should not have, and the set goes on."""


@dataclass(frozen=True, slots=True)
class Save:
    """Write this record to the journal, now."""

    record: records.Record


@dataclass(frozen=True, slots=True)
class Play:
    """Let this sound be heard."""

    sound: Sound


@dataclass(frozen=True, slots=True)
class Listen:
    """Start to count this exercise with a fresh counter; the set it belongs to, and how many are planned.

    None are where the plan asks for an effort or a time instead.
    A ``trial`` is told to the counter of the sets that follow, and belongs to none of them. An outcome ``test`` is
    told what its counter hears and shows, and leaves nothing behind.
    """

    exercise: Exercise
    session_id: str
    set_number: int
    reps: int | None
    trial: bool = False
    test: bool = False


@dataclass(frozen=True, slots=True)
class Pause:
    """Count nothing until told to go on: the sensor was lost, whatever it says next."""

    session_id: str
    set_number: int


@dataclass(frozen=True, slots=True)
class Resume:
    """Go on counting from a start posture that has to be seen anew."""

    session_id: str
    set_number: int


@dataclass(frozen=True, slots=True)
class EndListening:
    """Stop counting and keep the trace of the set; of an outcome ``test`` or a walk by the clock nothing is kept."""

    session_id: str
    set_number: int
    test: bool = False


@dataclass(frozen=True, slots=True)
class OpenSession:
    """The patient wants to begin: answer with :class:`Started`."""


@dataclass(frozen=True, slots=True)
class OpenLog:
    """The patient wants to tell of something done elsewhere: answer with :class:`LogOpened`."""


@dataclass(frozen=True, slots=True)
class Consult:
    """A set is about to come: answer with :class:`Consulted`, what of the routine is to be done from here on."""


@dataclass(frozen=True, slots=True)
class LookBack:
    """The session is over: answer with :class:`Recognised`, if there is something to recognise."""


Effect = Save | Play | Listen | Pause | Resume | EndListening | OpenSession | OpenLog | Consult | LookBack

Result = tuple[SessionState, tuple[Effect, ...]]
"""What every step of a session comes to."""
