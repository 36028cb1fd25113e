"""What the screen shows between repetitions: the newest look at the counter. Never stored, never decides anything."""

from __future__ import annotations

from dataclasses import dataclass

from edge.model import Activity, Phase
from edge.signal.events import Reason


@dataclass(frozen=True, slots=True)
class Live:
    """The counter as of ``t_s``.

    ``position`` is 0 in the start posture and 1 at the far end; ``recent`` holds (t_s, position) of the last
    seconds, oldest first. ``phase`` began at ``phase_start_s``. ``force_kg`` is None without a load cell.

    ``pending`` cycles were seen and are not announced yet: they may still turn out to be none. ``reason`` says what
    is wrong with the samples now, None while they are ``trusted``. ``uncertain`` stays True for the rest of a set in
    which repetitions may have gone unseen.
    """

    t_s: float = 0.0
    activity: Activity = Activity.WAITING
    phase: Phase | None = None
    phase_start_s: float = 0.0
    position: float = 0.0
    force_kg: float | None = None
    recent: tuple[tuple[float, float], ...] = ()
    pending: int = 0
    trusted: bool = True
    reason: Reason | None = None
    uncertain: bool = False
