"""Whether a change of an outcome measure is more than chance, and how that is said."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from enum import StrEnum

from edge.care.measures import ACTIVITIES, Measure, measure
from edge.records import Tested


class Verdict(StrEnum):
    """How large a change is."""

    WITHIN_ERROR = "within_error"
    """No change beyond the error of measurement."""
    BEYOND_ERROR = "beyond_error"
    """Larger than the error; nobody says that it is enough to matter."""
    IMPORTANT = "important"
    NOT_IMPORTANT = "not_important"
    """Smaller than what matters, where the error of measurement is not known."""
    NOT_COMPARED = "not_compared"
    """Too early, another version of a questionnaire, or a measure that is never compared."""


@dataclass(frozen=True, slots=True)
class Change:
    """What became of a measure from ``first`` to ``last``.

    ``count`` is how many results there are, practice left out. ``difference`` is last minus first; ``better`` says
    whether that is an improvement, None where it is neither.
    """

    measure: Measure
    verdict: Verdict
    first: Tested | None
    last: Tested | None
    count: int
    difference: float = 0.0
    better: bool | None = None


def judge(one: Measure, before: float, after: float) -> tuple[Verdict, bool | None]:
    """Return how large a change is, and whether it is for the better; None where nothing has changed.

    >>> judge(measure("chair_stand"), 9, 13), judge(measure("chair_stand"), 9, 11)[0].value
    ((<Verdict.IMPORTANT: 'important'>, True), 'within_error')
    """
    if one.better == "none":
        return Verdict.NOT_COMPARED, None
    size = abs(after - before)
    better = None if size == 0 else (after > before) is (one.better == "high")
    if one.error == 0:
        return (Verdict.IMPORTANT if size >= one.important else Verdict.NOT_IMPORTANT), better
    if size <= one.error:
        return Verdict.WITHIN_ERROR, better
    enough = one.important and size >= one.important
    by_share = one.share and size >= one.share * abs(before)
    return (Verdict.IMPORTANT if enough or by_share else Verdict.BEYOND_ERROR), better


def course(tests: Iterable[Tested], what: str) -> Change:
    """Return the change of one measure from its first result to its last; practice trials are never compared.

    A questionnaire is followed in the version that was used last, an own activity in the wording.
    """
    one = measure(what)
    real = sorted((test for test in tests if test.what == what and not test.practice), key=lambda test: test.at)
    if not real:
        return Change(one, Verdict.NOT_COMPARED, None, None, 0)
    alike = [test for test in real if not _in_versions(what) or test.note == real[-1].note]
    if len(alike) < 2:
        return Change(one, Verdict.NOT_COMPARED, None, real[-1], len(alike))
    verdict, better = judge(one, alike[0].value, alike[-1].value)
    difference = round(alike[-1].value - alike[0].value, 6)
    return Change(one, verdict, alike[0], alike[-1], len(alike), difference, better)


def _in_versions(what: str) -> bool:
    return what in ACTIVITIES or bool(measure(what).versions)


def for_patient(change: Change) -> tuple[str, ...]:
    """Return short sentences for the patient: the first result, and how much is chance. They judge nobody."""
    one = change.measure
    if change.last is None:
        return ("No result yet.",)
    if change.first is None:
        return () if one.better == "none" else ("Your first result.", "We compare the next ones with it.")
    before = (f"At the start it was {change.first.value:g} {one.unit}.",)
    if not one.error:
        return before
    chance = f"Up to {one.error:g} either way may be chance."
    same = change.verdict is Verdict.WITHIN_ERROR
    return (*before, chance, "So it is about the same." if same else "This change is larger.")


def for_clinician(change: Change, zone: tzinfo | None = UTC) -> str:
    """Return one sentence: number, change, period, how large that is, and by what it was judged."""
    one, last = change.measure, change.last
    if last is None:
        return f"{one.label}: no result yet."
    told = f"{one.label}: {last.value:g} {one.unit} ({last.origin.replace('_', ' ')}"
    told += f", version {last.note})" if one.versions else ")"
    if change.first is None:
        why = "it is not compared" if one.better == "none" else f"too early to compare (n = {change.count})"
        return f"{told}, {why}."
    if change.verdict is Verdict.NOT_COMPARED:
        return f"{told}, it is not compared."
    since = datetime.fromtimestamp(change.first.at, zone).date()
    days = (datetime.fromtimestamp(last.at, zone).date() - since).days
    direction = {True: "better", False: "worse", None: "no difference"}[change.better]
    return (
        f"{told}, {change.difference:+g} in {days} days since {since.isoformat()} (n = {change.count}): "
        f"{direction}, {_size(change)}."
    )


def _size(change: Change) -> str:
    one = change.measure
    match change.verdict:
        case Verdict.WITHIN_ERROR:
            return f"no change beyond the error of measurement of {one.error:g} {one.unit}"
        case Verdict.BEYOND_ERROR:
            return f"larger than the error of measurement of {one.error:g} {one.unit}"
        case Verdict.IMPORTANT if one.error:
            return f"larger than the error of {one.error:g} {one.unit} and important"
        case Verdict.IMPORTANT:
            return f"important (at least {one.important:g} {one.unit}; error of measurement not known)"
        case _:
            return f"less than the important {one.important:g} {one.unit}; error of measurement not known"
