"""What the coach is told before it may decide anything: the clinician's lines, limits and mode, and what to trust.

Everything unknown is given in the way that holds the dose: without kit no load goes up, without a trusted clock or a
good plan nothing does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from edge.coach.dose import Dose, read_dose
from edge.coach.kit import Kit
from edge.library import exercise
from edge.prescription.due import Due
from edge.prescription.kit import fits, fitted_rows
from edge.prescription.limits import Limits
from edge.prescription.lines import Notice
from edge.prescription.plan import CoachMode, KitOwned, Prescription
from edge.prescription.row import Row
from edge.prescription.starting import loads_of
from edge.records import Standing

STALE = (Notice.PLAN_OVER, Notice.PLAN_OVER_GENTLE, Notice.PLAN_LATER)
"""What is said of a plan whose time it is not."""


@dataclass(frozen=True, slots=True)
class Terms:
    """The clinician's word for one patient, as the plan of ``version`` has it.

    ``easier`` gives the exercises that may stand in for one, easiest change first. ``plan_good`` is False where the
    plan is stale, missing or could not be verified; ``clock_trusted`` where nobody knows today's date for sure.
    ``starts`` are the doses that rows go on from under this version.
    ``over_pusher`` is set by the clinician for people who push too hard (S2-18).
    """

    version: int
    rows: tuple[Row, ...]
    limits: Limits = field(default_factory=Limits)
    mode: CoachMode = CoachMode.PROPOSE
    kit: Kit = field(default_factory=Kit)
    easier: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    over_pusher: bool = False
    plan_good: bool = True
    clock_trusted: bool = True
    starts: Mapping[str, Dose] = field(default_factory=dict)


def standing(mode: CoachMode, *, more: bool, ask: bool) -> Standing:
    """Return what becomes of a decision in a mode; ``more`` is a step up, ``ask`` needs the clinician in any mode.

    Easing takes effect at once in every mode that acts: a patient who is worse does not wait for an answer.

    >>> standing(CoachMode.APPLY, more=True, ask=True).value, standing(CoachMode.PROPOSE, more=False, ask=False).value
    ('proposed', 'applied')
    """
    if mode is CoachMode.SHADOW:
        return Standing.SHADOW
    if ask or (more and mode is not CoachMode.APPLY):
        return Standing.PROPOSED
    return Standing.APPLIED


def terms_of(plan: Prescription, due: Due, *, clock_trusted: bool) -> Terms:
    """Return what a prescription tells the coach: the rows of the week that is due, limits, mode, and loads owned.

    The rows are those that can be done with the kit owned. A week is decided for whole: what one training day
    aggravated is eased although another day comes first.
    """
    rows, _ = fitted_rows(plan, tuple(row for row in plan.rows if row.weeks is None or due.week in row.weeks))
    easier = {row.exercise: _possible(exercise(row.exercise).easier, plan.kit) for row in rows}
    names = {name for row in rows for name in (row.exercise, *row.alternatives, *easier[row.exercise])}
    owned = plan.kit or {}
    return Terms(
        version=plan.version,
        rows=rows,
        limits=plan.limits,
        mode=plan.coach,
        kit=Kit({name: loads for name in names if (loads := loads_of(name, owned))}),
        easier=easier,
        over_pusher=plan.over_pusher,
        plan_good=not any(notice in STALE for notice in due.routine.notices),
        clock_trusted=clock_trusted,
        starts=starts_of(plan),
    )


def starts_of(plan: Prescription) -> dict[str, Dose]:
    """Return the doses that the plan says to go on from, by row; one that cannot be read is none."""
    return {name: dose for name, stored in plan.doses.items() if (dose := read_dose(stored)) is not None}


def _possible(names: tuple[str, ...], kit: KitOwned | None) -> tuple[str, ...]:
    return tuple(name for name in names if fits(name, kit))
