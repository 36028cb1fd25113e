"""What the counter has to say. ``t_s`` is always the time of the sample at which it was known."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from edge.model import Activity, Phase, Rep


class Reason(StrEnum):
    """Why what a sensor says cannot be trusted, or not quite."""

    GAP = "gap"
    """No sample for too long: the sensor, its cable or its radio is silent."""
    RESET = "reset"
    """The chip restarted; its orientation begins anew."""
    FROZEN = "frozen"
    """All values stay exactly the same. A sensor at rest still has noise."""
    STUCK_AXIS = "stuck_axis"
    """One axis stays exactly the same while the others live."""
    REPEATED = "repeated"
    """Samples that were there before come again under a new time."""
    IMPLAUSIBLE = "implausible"
    """Values outside what the sensor can measure."""
    NOT_A_NUMBER = "not_a_number"
    CLOCK = "clock"
    """Times that do not go forward."""
    SAMPLES_LOST = "samples_lost"
    """Jumps in the signal that no movement makes: samples are missing where the clock shows no hole."""
    SATURATED = "saturated"
    """Values at the end of the range: read them as "at least"."""
    LOW_ACCURACY = "low_accuracy"
    """The chip itself calls its values unreliable."""
    NO_SUPPORT = "no_support"
    """A second sensor that moved with the repetitions so far did not move with this one."""
    UNARMED = "unarmed"
    """The start posture has not been found for a while: hold still to start."""

    @property
    def blinds(self) -> bool:
        """Whether counting stops for as long as it lasts; otherwise the count goes on in doubt."""
        return self in _BLINDING

    @property
    def hides(self) -> bool:
        """Whether repetitions may have gone unseen, so that a count is uncertain from then on."""
        return self in _BLINDING or self is Reason.SAMPLES_LOST


_BLINDING = frozenset(
    {
        Reason.GAP,
        Reason.RESET,
        Reason.FROZEN,
        Reason.STUCK_AXIS,
        Reason.REPEATED,
        Reason.IMPLAUSIBLE,
        Reason.NOT_A_NUMBER,
        Reason.CLOCK,
    }
)


@dataclass(frozen=True, slots=True)
class RepFinished:
    """A repetition is over and counted; it is never taken back.

    ``doubts`` are the reasons why its confidence is lower than the way of counting alone would make it.
    """

    t_s: float
    rep: Rep
    doubts: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class PhaseBegan:
    """The screen may show this phase. Provisional: the finished repetition dates its phases more exactly."""

    t_s: float
    phase: Phase


@dataclass(frozen=True, slots=True)
class ActivityChanged:
    """What the counter sees is now ``activity``."""

    t_s: float
    activity: Activity


@dataclass(frozen=True, slots=True)
class PartialRep:
    """A movement out and back that was too small to count: ``fraction`` of the range usual in this set."""

    t_s: float
    fraction: float


@dataclass(frozen=True, slots=True)
class TrustChanged:
    """``reason`` not to trust the sensor begins (``trusted`` False) or is over (True); there may be others."""

    t_s: float
    trusted: bool
    reason: Reason


SignalEvent = RepFinished | PhaseBegan | ActivityChanged | PartialRep | TrustChanged
