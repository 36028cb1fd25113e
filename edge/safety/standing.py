"""Whether a session may begin at all: the plan's validity, the clock, and a session that was cut off."""

from __future__ import annotations

from datetime import date

from edge.prescription.limits import Limits
from edge.safety.table import Finding, found


def plan(
    last_day: date | None,
    today: date | None,
    limits: Limits,
    *,
    has_plan: bool = True,
    has_floor: bool = True,
    newer_waits: bool = False,
) -> tuple[Finding, ...]:
    """Return the rules that fire for the plan in force.

    ``last_day`` is the last day it is valid, None for a plan without an end. ``today`` is the patient's date, None
    where no clock can be trusted: then the plan goes on and nothing goes up. ``has_floor`` tells that the clinician
    has set a gentle routine; without one an ended plan leaves nothing to do.
    """
    if not has_plan:
        return (found("no_plan"),)
    findings = [found("clinician_first")] if newer_waits else []
    if today is None:
        return (*findings, *clock(trusted=False))
    past = (today - last_day).days if last_day is not None else 0
    if past > 0 and (past > limits["grace_days"] or not has_floor):
        findings.append(found("plan_over", days=past))
    if past > 0:
        findings.append(found("plan_expired", days=past))
    return tuple(findings)


def clock(*, trusted: bool) -> tuple[Finding, ...]:
    """Return that nobody knows the date for sure."""
    return () if trusted else (found("clock_distrust"),)


def cut_off(*, interrupted: bool, asked_since: bool) -> tuple[Finding, ...]:
    """Return that a session was cut off and the patient was not asked since."""
    return (found("power_cut"),) if interrupted and not asked_since else ()
