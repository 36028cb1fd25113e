"""What the functional tests have in common: when they may start, how they end, and what is told to them.

A test is a frozen record; an event makes a new one. Events are those of the counter, a look at it once per frame,
and what the patient or a helper says. Time is the station's monotonic clock, as in the samples.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from edge.model import Activity, Phase
from edge.signal.events import SignalEvent

HOLE_S = 0.5
"""Two looks further apart than this have seen nothing in between."""


class TestState(StrEnum):
    """Where a test stands."""

    __test__ = False  # not one of pytest's

    READY = "ready"
    RUNNING = "running"
    DONE = "done"
    ABORTED = "aborted"


class Abort(StrEnum):
    """Why a test has no result."""

    NOT_READY = "not_ready"
    """"Go" came before the counter had seen the person keep still."""
    BLIND = "blind"
    """The sensor could not be trusted during the test: what it did not see cannot be scored."""
    STOPPED = "stopped"
    """The patient or a helper stopped it."""
    ARMS = "arms"
    """The arms had to help."""
    TOO_LONG = "too_long"


@dataclass(frozen=True, slots=True)
class Look:
    """What the counter shows at ``t_s``; ``position`` is 0 in the start posture and 1 where the person turns."""

    t_s: float
    activity: Activity
    phase: Phase | None = None
    position: float = 0.0


@dataclass(frozen=True, slots=True)
class Go:
    """The start signal was given."""

    t_s: float


@dataclass(frozen=True, slots=True)
class Arrived:
    """The patient or a helper says that the end of the course is reached."""

    t_s: float


@dataclass(frozen=True, slots=True)
class UsedArms:
    """The patient or a helper says that the arms helped."""


@dataclass(frozen=True, slots=True)
class Stop:
    """The patient or a helper ends the test without a result."""


TestEvent = Look | Go | Arrived | UsedArms | Stop | SignalEvent


def unseen(before: Look | None, look: Look) -> bool:
    """Return whether something may have happened that nobody saw."""
    return look.activity is Activity.BLIND or (before is not None and look.t_s - before.t_s > HOLE_S)
