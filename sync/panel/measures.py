"""How the repetitions of a set were done, as columns a clinician can read. Only what was measured gets a column."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sync.panel.queries import Found, Rows
from sync.panel.words import DECIMALS, STANDARD_GRAVITY_M_S2, UNITS, number


@dataclass(frozen=True, slots=True)
class Column:
    """One measure of all repetitions of a set: its stored ``name`` times ``factor`` in ``unit``."""

    name: str
    word: str
    unit: str
    factor: float = 1.0
    decimals: int = 1

    def of(self, rep: Found) -> str:
        """Return the measure of one repetition, a dash where there is none."""
        value = getattr(rep, self.name)
        return number(None if value is None else value * self.factor, self.decimals)


def columns(reps: Rows) -> Sequence[Column]:
    """Return a column for every measure that at least one of these repetitions has."""
    if not reps:
        return ()
    kg = 1.0 / STANDARD_GRAVITY_M_S2
    unit = reps[0].range_unit
    shown, factor = UNITS.get(unit, unit), kg if unit == "N" else 1.0
    speed_decimals = max(DECIMALS.get(unit, 1), 1)
    every = (
        Column("mean_speed", "Mean speed", f"{shown}/s", factor, speed_decimals),
        Column("peak_speed", "Peak speed", f"{shown}/s", factor, speed_decimals),
        Column("smoothness", "Smoothness", "", decimals=2),
        Column("hold_sway", "Sway while holding", shown, factor, decimals=2),
        Column("mean_force_n", "Mean force", "kg", kg),
        Column("impulse_n_s", "Impulse", "kg·s", kg),
        Column("edge_spread_s", "Phases good to", "s", decimals=2),
    )
    return [column for column in every if any(getattr(rep, column.name) is not None for rep in reps)]
