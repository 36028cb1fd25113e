"""The bells that stand on an emulated dock: its cell feels what hands put down and take away."""

from __future__ import annotations

from collections.abc import Iterable

from drivers.samples import STANDARD_GRAVITY_M_S2

HAND_S = 0.25
"""A hand takes the weight off, or lets go of it, within so long."""
PAUSE_S = 2.0
"""Between two bells there is a moment with empty hands."""


class BellRack:
    """Bells in kg. One thread moves them and others may ask for the force meanwhile."""

    def __init__(self, bells_kg: Iterable[float]) -> None:
        self.held: float | None = None
        self._moved_s = float("-inf")
        self._start_kg = sum(bells_kg)
        self._moves: list[tuple[float, float]] = []

    def hold(self, kg: float | None, t_s: float) -> bool:
        """Come closer to holding this bell, or none; return whether it is so, the hands at rest. Ask again later."""
        if t_s - self._moved_s < PAUSE_S:
            return False
        if self.held == kg:
            return True
        if self.held is not None:
            change_kg, self.held = self.held, None
        else:
            change_kg, self.held = -(kg or 0.0), kg
        self._moved_s = t_s
        self._moves.append((t_s, change_kg))
        return False

    def force_n(self, t_s: float) -> float:
        """Return the weight of what stands there."""
        shares = ((min(max((t_s - from_s) / HAND_S, 0.0), 1.0), kg) for from_s, kg in tuple(self._moves))
        return (self._start_kg + sum(share * kg for share, kg in shares)) * STANDARD_GRAVITY_M_S2
