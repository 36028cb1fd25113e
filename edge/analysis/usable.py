"""Which repetitions may speak for a person."""

from __future__ import annotations

from collections.abc import Iterable

from edge.model import Rep

LEAST_CONFIDENCE = 0.5
"""Even odds: a repetition that is no surer than this is counted and shown, and compared with nothing. Our choice,
the same as for verdicts."""


def usable(reps: Iterable[Rep]) -> list[Rep]:
    """Return the repetitions the counter was sure enough of."""
    return [rep for rep in reps if rep.confidence > LEAST_CONFIDENCE]
