"""The kit a patient owns, and the gentle routine, as a clinician ticks and types them."""

from __future__ import annotations

from edge.library import Kit
from edge.prescription.plan import KitOwned, Prescription
from edge.prescription.programmes import MODIFICATIONS, is_gentle, programme
from edge.prescription.row import Row
from sync.panel.typed_rows import Typed

WEIGHED = (Kit.KETTLEBELL, Kit.DUMBBELL, Kit.BARBELL, Kit.MACHINE)
"""Kit whose weights the coach may choose from."""
HEAVIEST_KG = 300
MOST_WEIGHTS = 40
FIELDS = (*(f"kit_{item}" for item in Kit), *(f"kg_{item}" for item in WEIGHED))

SAY_WEIGHTS = f"Write the weights in kg, up to {HEAVIEST_KG}, with commas between them, as 8, 12, 16."


def written(kit: KitOwned | None) -> dict[str, str]:
    """Return the kit as it is ticked and typed."""
    owned = kit or {}
    ticks = {f"kit_{item}": "on" if item in owned else "" for item in Kit}
    return ticks | {f"kg_{item}": ", ".join(f"{kg:g}" for kg in owned.get(item, ())) for item in WEIGHED}


def read(typed: Typed, errors: dict[str, str], before: KitOwned | None = None) -> KitOwned | None:
    """Return what is owned, with a sentence in ``errors`` for weights that cannot be read.

    None where nothing was ticked: then nobody said what is owned, and nothing is left out for it. What was known
    ``before`` of kit whose weights are not typed here stays.
    """
    kit: dict[Kit, tuple[float, ...]] = {}
    for item in Kit:
        weights = (before or {}).get(item, ())
        if item in WEIGHED:
            try:
                weights = _weights(typed[f"kg_{item}"])
            except ValueError as exc:
                errors[f"kg_{item}"] = str(exc)
        if typed[f"kit_{item}"]:
            kit[item] = weights
    return kit or None


def _weights(text: str) -> tuple[float, ...]:
    try:
        found = sorted(float(part) for part in text.split(",") if part.strip())
    except ValueError:
        raise ValueError(SAY_WEIGHTS) from None
    if not all(0 < kg <= HEAVIEST_KG for kg in found) or len(found) > MOST_WEIGHTS:
        raise ValueError(SAY_WEIGHTS)
    return tuple(found)


def gentle_rows(plan: Prescription) -> tuple[Row, ...]:
    """Return the rows a gentle routine may have: those it has, then the rest of the library of modifications."""
    held = {row.name: row for row in plan.floor}
    library = {row.name: row for row in programme(MODIFICATIONS).rows if is_gentle(row) and row.name not in held}
    return (*held.values(), *library.values())
