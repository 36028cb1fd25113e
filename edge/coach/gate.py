"""The gate before every step up: good days in a row, and why the last one was none.

FIELD 4.3: all repetitions seen and done, effort at or below the target, tempo kept, settled after 24 hours, no lock,
sensors trusted. Several sessions on one day are one day (ours): three short routines in a day are no progress yet.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby

from edge.coach.dose import Dose
from edge.coach.response import settled, start_of, zone
from edge.coach.terms import Terms
from edge.history.facts import SessionFact, SetFact
from edge.model import Origin, StopReason
from edge.prescription.due import in_first_week
from edge.prescription.limits import Limits
from edge.prescription.row import Row, Span
from edge.records.coaching import Input
from edge.safety.symptoms import PARTS, Zone

HARDEST = 10
"""RPE is 10 less the repetitions left (FIELD 4.2)."""
NEVER_HEAVIER_BY = 1e-6


def of_row(session: SessionFact, row: Row) -> tuple[SetFact, ...]:
    """Return the sets of one line in a session."""
    return tuple(one for one in session.sets if one.row == row.name)


def effort(one: SetFact) -> int | None:
    """Return the effort of a set: the higher of what muscles and symptoms left (S2-16); None where not answered."""
    if one.rpe is None or one.reps_left_symptoms is None:
        return one.rpe
    return max(one.rpe, HARDEST - one.reps_left_symptoms)


def effort_target(one: SetFact, row: Row, terms: Terms, *, first_week: bool) -> int:
    """Return the highest effort a set was meant to have, under the caps of the clinician (S2-13, S2-18)."""
    prescribed = one.rpe_target or _of_set(row, one.set_of_exercise)
    caps = (
        terms.limits["rpe_cap"],
        terms.limits["rpe_cap_first_week"] if first_week else None,
        row.rpe_cap,
        prescribed.high if prescribed else None,
    )
    most = min(cap for cap in caps if cap is not None)
    return int(most - (terms.limits["over_pusher_cap"] if terms.over_pusher else 0))


def _of_set(row: Row, number: int) -> Span | None:
    return row.rpe[min(number, len(row.rpe)) - 1] if row.rpe and number >= 1 else None


def set_fault(one: SetFact, row: Row, dose: Dose, target: int, limits: Limits) -> str:  # noqa: PLR0911 - one per reason
    """Return why a set does not count towards a step up, "" where it does."""
    if not one.trusted:
        return "sensors"
    if one.reps_by_hand is not None:
        return "by_hand"
    if one.stopped is not StopReason.TARGET or one.reps_verified < max(dose.reps or 1, one.reps_target or 1):
        return "reps"
    if dose.load_kg is not None and (one.load_kg is None or one.load_origin in (None, Origin.SELF_REPORTED)):
        return "load_unknown"
    if dose.load_kg is not None and (one.load_kg or 0) < dose.load_kg - NEVER_HEAVIER_BY:
        return "load"
    felt = effort(one)
    if felt is None:
        return "effort_unknown"
    if felt > target:
        return "effort"
    if one.symptom_change is None:
        return "symptoms_unknown"
    if one.symptom_change > 0:
        return "symptoms"
    if row.tempo.judged and (one.on_tempo is None or one.on_tempo < limits["on_tempo_share"]):
        return "tempo"
    return ""


def day_fault(day: Sequence[SessionFact], row: Row, dose: Dose, terms: Terms, *, first_week: bool) -> str:
    """Return why a day does not count towards a step up of a line, "" where it does."""
    limits = terms.limits
    for one in day:
        if not one.clock_trusted:
            return "clock"
        if one.ended is None or one.incidents:
            return "incident" if one.incidents else "cut_off"
        if one.plan_version != terms.version:
            return "plan"
        if (worst := zone(one, limits)) is not Zone.GREEN:
            return "answers" if worst is Zone.UNKNOWN else "symptoms"
    answers = [settled(one, limits) for one in day]
    if False in answers or True not in answers:
        return "next_day" if False in answers else "next_day_unknown"
    for session in day:
        sets = of_row(session, row)
        for each in sets:
            target = effort_target(each, row, terms, first_week=first_week)
            if fault := set_fault(each, row, dose, target, limits):
                return fault
        if sets and not _all_sets(sets, row, dose):
            return "sets"
    return ""


def _all_sets(sets: Sequence[SetFact], row: Row, dose: Dose) -> bool:
    sides = {one.side for one in sets}
    if row.per_side and len(sides) == 1 and None not in sides:
        return False
    return all(len({one.set_of_exercise for one in sets if one.side == side}) >= dose.sets for side in sides)


def days_of(sessions: Iterable[SessionFact]) -> Iterator[list[SessionFact]]:
    """Yield the sessions of each day together, in their order."""
    for _, group in groupby(sessions, key=lambda one: one.day):
        yield list(group)


def good_days(
    sessions: Sequence[SessionFact], row: Row, dose: Dose, terms: Terms, first: SessionFact
) -> tuple[int, str]:
    """Return how many days in a row, ending with the last, count for a step up, and why the one before them does not.

    Days on which the line was not done are passed over, but a bad answer on one of them ends the row. ``first`` is
    the patient's first session: the effort of the week after it has a cap of its own.
    """
    count = 0
    for day in reversed(list(days_of(sessions))):
        fault = day_fault(day, row, dose, terms, first_week=in_first_week(first.day, day[0].day))
        done = any(of_row(one, row) for one in day)
        if fault and (done or fault in ("symptoms", "next_day", "incident")):
            return count, fault
        count += done and not fault
    return count, ""


def start_rose(sessions: Sequence[SessionFact], limits: Limits) -> bool | None:
    """Tell whether back or leg now starts higher than it did in these sessions; None where a start is not known.

    Pain that is fine within each session and yet rises from one to the next is no ground for more (FIELD 4.1).
    """
    for part in PARTS:
        starts = [start_of(one, part) for one in sessions]
        known = [one for one in starts if one is not None]
        if not known or starts[-1] is None:
            return None
        if starts[-1] - min(known) > limits["rise_24h"]:
            return True
    return False


def _enough(days: Input, least: Input) -> bool:
    return isinstance(days, int | float) and isinstance(least, int | float) and days >= least > 0


def closed(seen: Mapping[str, Input]) -> str:
    """Return why a step up must wait, "" where nothing speaks against it: of the inputs alone.

    No rule file opens this gate: it is asked after any rule that would give more.
    """
    reasons = (
        (seen["locked"] is not False, "locked"),
        (seen["plan_good"] is not True, "plan"),
        (seen["clock_good"] is not True, "clock"),
        (seen["zone"] != "green", "zone"),
        (seen["spike"] is not False, "spike"),
        (seen["distal"] is not False, "distal"),
        (seen["rose"] is not False, "start_rose"),
        (seen["progressable"] is not True, "line"),
        (seen["pending"] is not False, "pending"),
        (not _enough(seen["good_days"], seen["sessions_before_step"]), str(seen["fault"]) or "days"),
    )
    return next((reason for shut, reason in reasons if shut), "")
