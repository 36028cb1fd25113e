"""What an exercise begins with that nobody has tried yet, because it stands in for another one of the plan."""

from __future__ import annotations

from edge.library import Kit, exercise
from edge.prescription.plan import KitOwned, Prescription, ceiling_of
from edge.prescription.row import Row

WEIGHED = (Kit.KETTLEBELL, Kit.DUMBBELL, Kit.BARBELL, Kit.MACHINE, Kit.BAND)
"""Kit that has loads."""


def weighed(key: str) -> bool:
    """Tell whether an exercise is done with something that has a load."""
    return any(one in needed for needed in exercise(key).kits for one in WEIGHED)


def loads_of(key: str, owned: KitOwned) -> tuple[float, ...]:
    """Return the loads owned for an exercise in kg, of the first set of kit that is there; none where not known."""
    for needed in exercise(key).kits:
        if needed <= set(owned):
            return next((owned[one] for one in WEIGHED if one in needed and owned[one]), ())
    return ()


def starting_load(plan: Prescription, name: str, key: str) -> tuple[float, float] | None:
    """Return the load (low, high) in kg that an exercise begins with where it stands in for the row ``name``.

    What the plan asks for where it prescribes that exercise itself counts, at its low end; without such a row it is
    the lightest weight there is. It is never above the low end of the row it stands in for, nor above a ceiling, that
    of its own kit among them: of a pull that is all that is said. (0, 0) is without a weight, because none that is
    owned is light enough. None for an exercise without a load, and where nobody knows: then the patient takes the
    lightest. All of this is our choice.
    """
    if not weighed(key):
        return None
    row = plan.row(name)
    own = [one for one in plan.rows if one.exercise == key and one.load_kg is not None]
    held_to = [*own, *([row] if row is not None else [])]
    most_kg = min([plan.limits[ceiling_of(key).key], *(_most_kg(plan, one) for one in held_to)])
    if exercise(key).driver == "force":
        return (0.0, most_kg) if any(one.load_kg is not None for one in held_to) else None
    weights = loads_of(key, plan.kit or {})
    light = [kg for kg in weights if kg <= most_kg]
    if not light:
        return (0.0, 0.0) if weights else None
    start_kg = max(light) if own else min(light)
    return start_kg, start_kg


def _most_kg(plan: Prescription, row: Row) -> float:
    ceiling_kg = plan.ceiling_kg(row)
    return ceiling_kg if row.load_kg is None else min(row.load_kg[0], ceiling_kg)
