"""The answer to a session that asks what to do next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from edge.prescription.lines import Routine
from edge.records import Decided


@dataclass(frozen=True, slots=True)
class Advice:
    """The routine as it is to be done from here on, and what was decided for that.

    ``whys`` are the patient's sentences for rows whose dose was changed today, or whose last set was remarked on;
    ``alone`` are the exercises whose next set is without feedback.
    """

    routine: Routine
    decided: tuple[Decided, ...] = ()
    whys: Mapping[str, str] = field(default_factory=dict)
    alone: frozenset[str] = frozenset()
