"""Which outcome measures are asked for today: those of the plan that are due, ratings first, and one test at most.

Nothing is asked over raised symptoms; what was put off today is not asked again before tomorrow.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, tzinfo

from edge.care.how_to import NAMES as MOVING
from edge.care.measures import ACTIVITIES, measure, measures
from edge.care.outcomes import wording
from edge.history.facts import History
from edge.prescription.plan import TESTS, Prescription
from edge.records import Tested

PUT_OFF = "put_off"
"""The answer to an offer that was not taken, or to a test that was stopped."""
RATINGS = ("function", "global_change")


def offer_of(measure: str) -> str:
    """Return under which name the offer of a measure is written down.

    >>> offer_of("chair_stand")
    'test_chair_stand'
    """
    return f"test_{measure}"


def tests_due(plan: Prescription, history: History, today: date, zone: tzinfo | None) -> tuple[str, ...]:
    """Return the measures to ask for on a day that is known for sure: ratings, then the first moving test.

    One moving test a day keeps a visit short. Our choice.
    """
    due = [what for what in _wanted(plan) if _is_due(what, plan, history, today, zone)]
    put_off = {told.what for told in history.nudges if told.answered == PUT_OFF and _is_today(told.at, today, zone)}
    tried = {test.what for test in history.tests if not test.practice and _is_today(test.at, today, zone)}
    enough = any(what in tried or offer_of(what) in put_off for what in MOVING)
    ratings = [what for what in due if what in RATINGS and offer_of(what) not in put_off]
    moving = [what for what in due if what in MOVING and not enough]
    return (*ratings, *moving[:1])


def _is_today(at: float, today: date, zone: tzinfo | None) -> bool:
    """What carries a date to come (a clock was wrong) counts as of today."""
    return datetime.fromtimestamp(at, zone).date() >= today


def _wanted(plan: Prescription) -> Sequence[str]:
    if plan.tests is not None:
        return [what for what in TESTS if what in plan.tests]
    return [what for what in TESTS if measures()[what].at_home]


def _is_due(what: str, plan: Prescription, history: History, today: date, zone: tzinfo | None) -> bool:
    match what:
        case "function":
            return any(
                measures_due(
                    [one for one in history.tests if one.note == wording(name)], (key,), today, plan.limits, zone
                )
                for key, name in zip(ACTIVITIES, plan.own_activities, strict=False)
            )
        case "global_change":
            # Change since the beginning: asked for the first time an interval after it.
            first = min((one.day for one in history.sessions if one.clock_trusted), default=today)
            known = (today - first).days >= plan.limits["test_interval_days"]
            return known and bool(measures_due(history.tests, (what,), today, plan.limits, zone))
    return bool(measures_due(history.tests, (what,), today, plan.limits, zone))


def measures_due(
    tests: Sequence[Tested],
    wanted: Sequence[str],
    today: date,
    limits: Mapping[str, float],
    zone: tzinfo | None = UTC,
) -> tuple[str, ...]:
    """Return which of the ``wanted`` measures are due: never done, or not for the clinician's interval of days.

    A result that carries a date to come (a clock was wrong) counts as done today.
    """
    interval = limits["test_interval_days"]
    done: dict[str, date] = {}
    for test in tests:
        if not test.practice:
            day = min(datetime.fromtimestamp(test.at, zone).date(), today)
            done[test.what] = max(done.get(test.what, day), day)
    return tuple(what for what in wanted if what not in done or (today - done[what]).days >= interval)


def needs_practice(tests: Iterable[Tested], what: str) -> bool:
    """Return whether a trial that does not count comes first: none was ever done, and learning would look like gain.

    Chair stand: +0.5 to +0.8 stands from the second trial alone.
    """
    return measure(what).practice and not any(test.what == what for test in tests)
