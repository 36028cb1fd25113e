"""What the counter has to say. ``t_s`` is always the time of the sample at which it was known."""

from __future__ import annotations

from dataclasses import dataclass

from edge.model import Activity, Phase, Rep


@dataclass(frozen=True, slots=True)
class RepFinished:
    """A repetition is over and counted; it is never taken back."""

    t_s: float
    rep: Rep


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


SignalEvent = RepFinished | PhaseBegan | ActivityChanged | PartialRep
