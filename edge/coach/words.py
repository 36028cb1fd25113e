"""How inputs and doses are said: one name for each number a sentence may use."""

from __future__ import annotations

from collections.abc import Mapping

from edge.coach.dose import Dose
from edge.records.coaching import Input

PARTS = ("exercise", "reps", "load_kg", "range_pct", "tempo", "amount")
DERIVED = frozenset(f"{when}_{part}" for when in ("before", "after") for part in PARTS)
"""What a sentence may say of the dose before and after."""
NOT_KNOWN = "not known"


def spoken(seen: Mapping[str, Input], before: Dose, after: Dose) -> dict[str, str]:
    """Return every input and every part of both doses as text."""
    texts = {name: said(value) for name, value in seen.items()}
    for when, dose in (("before", before), ("after", after)):
        texts |= {
            f"{when}_exercise": dose.exercise.replace("_", " "),
            f"{when}_reps": said(dose.reps),
            f"{when}_load_kg": said(dose.load_kg),
            f"{when}_range_pct": said(100 * dose.range_share),
            f"{when}_tempo": dose.tempo,
            f"{when}_amount": _amount(dose, other=after if dose is before else before),
        }
    return texts


def said(value: Input) -> str:
    """Return one value as a sentence says it; what is not known is called so, never zero.

    >>> said(8.0), said(None), said(True)
    ('8', 'not known', 'yes')
    """
    if value is None:
        return NOT_KNOWN
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _amount(dose: Dose, other: Dose) -> str:
    """Say the part of the volume that differs: minutes, seconds of a hold, or sets."""
    if dose.duration_min is not None and dose.duration_min != other.duration_min:
        return f"{dose.duration_min:g} min"
    if dose.hold_s is not None and dose.hold_s != other.hold_s:
        return f"{dose.hold_s:g} s hold"
    return f"{dose.sets} set{'' if dose.sets == 1 else 's'}"
