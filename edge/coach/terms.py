"""What the coach is told before it may decide anything: the clinician's lines, limits and mode, and what to trust.

Everything unknown is given in the way that holds the dose: without kit no load goes up, without a trusted clock or a
good plan nothing does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from edge.coach.kit import Kit
from edge.prescription.limits import Limits
from edge.prescription.row import Row
from edge.records import Standing


class Mode(StrEnum):
    """What the clinician lets the coach do."""

    OFF = "off"
    SHADOW = "shadow"
    """It decides, and shows and changes nothing."""
    PROPOSE = "propose"
    """It eases a dose at once and asks before every step up."""
    APPLY = "apply"
    """It also steps up within the limits. What lies outside them is asked for, always."""


@dataclass(frozen=True, slots=True)
class Terms:
    """The clinician's word for one patient, as the plan of ``version`` has it.

    ``easier`` gives the exercises that may stand in for one, easiest change first. ``plan_good`` is False where the
    plan is stale, missing or could not be verified; ``clock_trusted`` where nobody knows today's date for sure.
    ``over_pusher`` is set by the clinician for people who push too hard (S2-18).
    """

    version: int
    rows: tuple[Row, ...]
    limits: Limits = field(default_factory=Limits)
    mode: Mode = Mode.PROPOSE
    kit: Kit = field(default_factory=Kit)
    easier: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    over_pusher: bool = False
    plan_good: bool = True
    clock_trusted: bool = True


def standing(mode: Mode, *, more: bool, ask: bool) -> Standing:
    """Return what becomes of a decision in a mode; ``more`` is a step up, ``ask`` needs the clinician in any mode.

    Easing takes effect at once in every mode that acts: a patient who is worse does not wait for an answer.

    >>> standing(Mode.APPLY, more=True, ask=True).value, standing(Mode.PROPOSE, more=False, ask=False).value
    ('proposed', 'applied')
    """
    if mode is Mode.SHADOW:
        return Standing.SHADOW
    if ask or (more and mode is not Mode.APPLY):
        return Standing.PROPOSED
    return Standing.APPLIED
