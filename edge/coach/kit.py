"""Which loads there are at home. A load between two of them is rounded down, never up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from edge.prescription.limits import Limits

FINEST_KG = 0.25
"""The step in which a lighter load is written where nobody knows the kit. Our choice."""
TOUCH = 1e-9


@dataclass(frozen=True, slots=True)
class Kit:
    """The loads of each exercise in kg. An exercise without an entry is never given more: nobody knows what there is.

    >>> Kit({"goblet_squat": (12.0, 8.0)}).down("goblet_squat", 11)
    8.0
    """

    loads_kg: Mapping[str, tuple[float, ...]] = field(default_factory=dict)

    def down(self, exercise: str, kg: float) -> float:
        """Return the heaviest load there is that is not above ``kg``; 0 where all are. Unknown kit: ``kg`` itself."""
        loads = self.loads_kg.get(exercise)
        if loads is None:
            return max(int(kg / FINEST_KG + TOUCH) * FINEST_KG, 0.0)
        return max((one for one in loads if one <= kg + TOUCH), default=0.0)

    def next_above(self, exercise: str, kg: float) -> float | None:
        """Return the lightest load there is above ``kg``, None where there is none or nobody knows."""
        return min((one for one in self.loads_kg.get(exercise, ()) if one > kg + TOUCH), default=None)


def step_kg(load_kg: float, limits: Limits, *, halved: bool) -> float:
    """Return the largest step up from a load: the smaller of the clinician's percent and kilograms.

    ACSM 2009: 2 to 10 %. ``halved`` for those who push too hard (S2-18).
    """
    step = min(load_kg * limits["load_step_pct"] / 100, limits["load_step_kg"])
    return step / 2 if halved else step
