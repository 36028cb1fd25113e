"""Whether an exercise is no longer done as it was learned: a finding for the clinician, never a change of dose."""

from __future__ import annotations

from dataclasses import dataclass

from edge.analysis.robust import Trend
from edge.analysis.signature import Scored, drift

KEPT = 240
"""Repetitions looked back on: eight weeks of three sessions of ten. Our choice."""


@dataclass(frozen=True, slots=True)
class Drifting:
    """The last repetitions of one exercise with their distances from its signature. Bounded."""

    exercise: str
    scored: tuple[Scored, ...] = ()

    def learned(self, one: Scored) -> Drifting:
        """Return it with one more repetition."""
        return Drifting(self.exercise, (*self.scored, one)[-KEPT:])

    def trend(self) -> Trend | None:
        """Return the change of distance per week with its interval; None until there are eight sessions."""
        return drift(self.scored)

    def finding(self) -> str | None:
        """Return one sentence for the clinician where the drift is more than chance; None otherwise."""
        found = self.trend()
        if found is None or not found.real:
            return None
        name = self.exercise.replace("_", " ")
        way = "away from" if found.slope > 0 else "back towards"
        return (
            f"{name.capitalize()} moves {way} its signature: {found.slope:+.2f} a week "
            f"(95 %: {found.low:+.2f} to {found.high:+.2f}, p {found.p_value:.2g}). Better or worse is for the eye."
        )
