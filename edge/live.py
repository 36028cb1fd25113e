"""What the screen shows between repetitions: the newest look at the counter. Never stored, never decides anything."""

from __future__ import annotations

from dataclasses import dataclass

from edge.model import Activity, Phase


@dataclass(frozen=True, slots=True)
class Live:
    """The counter as of ``t_s``.

    ``position`` is 0 in the start posture and 1 at the far end; ``recent`` holds (t_s, position) of the last
    seconds, oldest first. ``phase`` began at ``phase_start_s``. ``force_kg`` is None without a load cell.
    """

    t_s: float = 0.0
    activity: Activity = Activity.WAITING
    phase: Phase | None = None
    phase_start_s: float = 0.0
    position: float = 0.0
    force_kg: float | None = None
    recent: tuple[tuple[float, float], ...] = ()
