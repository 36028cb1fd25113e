"""Outcome measures: what may be stored, when a test is due, and whether a change is more than chance.

Scores of questionnaires (ODI, RMDQ, STarT Back) are totals that a clinician types in, or item scores for the
arithmetic; none of their items is known here. What a patient's own activities are called stands in the plan: a
record holds the number of the activity and a code for its wording.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from enum import StrEnum
from functools import cache
from importlib.resources import files
from statistics import fmean

from edge.care import words
from edge.care.norms import norms
from edge.library import ContentError
from edge.model import Origin
from edge.records import Tested

KINDS = ("test", "rating", "score")
BETTER = ("high", "low", "none")
KEYS = {
    "label", "kind", "unit", "better", "low", "high", "whole", "error", "important", "share", "practice", "at_home",
    "versions", "source",
}  # fmt: skip
NAMES = (
    "chair_stand", "five_times", "walk_2min", "walk_10m", "function", "function_single", "global_change", "odi",
    "rmdq", "start_back", "start_back_psych",
)  # fmt: skip
ACTIVITIES = ("function_1", "function_2", "function_3")
"""The patient's own activities, one to three; each is stored as a single rating."""
START_ITEMS, START_PSYCH = 9, 5


class OutcomeError(ValueError):
    """A result that cannot be stored; the message names the measure, the value and what was expected."""


@dataclass(frozen=True, slots=True)
class Measure:
    """One outcome measure as content describes it. ``error`` and ``important`` are 0 where nobody published one."""

    key: str
    label: str
    kind: str
    unit: str
    better: str
    low: float
    high: float
    whole: bool
    error: float
    important: float
    share: float
    practice: bool
    at_home: bool
    versions: tuple[str, ...]
    source: str


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


def parse_measures(text: str, source: str) -> dict[str, Measure]:
    """Read the measures. Raises ContentError naming ``source``, the key and what was expected."""
    tables = words.tables(text, source)
    if tuple(tables) != NAMES:
        raise ContentError(f"{source}: has the tables {', '.join(tables)}; expected {', '.join(NAMES)} in this order")
    return {key: _measure(key, table, f"{source}: [{key}]") for key, table in tables.items()}


def _measure(key: str, table: Mapping[str, object], where: str) -> Measure:
    words.has_exactly(table, where, KEYS)
    for name, allowed in (("kind", KINDS), ("better", BETTER)):
        if table[name] not in allowed:
            raise ContentError(f"{where} {name} is {table[name]!r}; expected one of {', '.join(allowed)}")
    versions = table["versions"]
    if not isinstance(versions, list) or not all(isinstance(one, str) for one in versions):
        raise ContentError(f"{where} versions is {versions!r}; expected a list of texts")
    low = words.number(table, "low", where, -1e6, 1e6)
    return Measure(
        key=key,
        label=words.text(table, "label", where),
        kind=str(table["kind"]),
        unit=words.text(table, "unit", where),
        better=str(table["better"]),
        low=low,
        high=words.number(table, "high", where, low, 1e6),
        whole=words.flag(table, "whole", where),
        error=_error(key, table, where),
        important=words.number(table, "important", where, 0, 1e6),
        share=words.number(table, "share", where, 0, 1),
        practice=words.flag(table, "practice", where),
        at_home=words.flag(table, "at_home", where),
        versions=tuple(versions),
        source=words.text(table, "source", where),
    )


def _error(key: str, table: Mapping[str, object], where: str) -> float:
    if table["error"] != "norms":
        return words.number(table, "error", where, 0, 1e6)
    if key not in norms():
        raise ContentError(f"{where} error is 'norms'; norms.toml knows {', '.join(norms())}")
    return norms()[key].change


@cache
def measures() -> Mapping[str, Measure]:
    """Return the shipped measures by name."""
    name = "outcomes.toml"
    return parse_measures(files("edge.content").joinpath(name).read_text("utf-8"), name)


def measure(what: str) -> Measure:
    """Return the measure of a record's name. Raises OutcomeError, which lists the ones there are."""
    try:
        return measures()["function_single" if what in ACTIVITIES else what]
    except KeyError:
        known = ", ".join((*NAMES, *ACTIVITIES))
        raise OutcomeError(f"measure {what!r} is not known; expected one of {known}") from None


def wording(name: str) -> str:
    """Return the code of an own activity's wording: ratings are compared within one, as within a version.

    >>> wording("Carry the shopping")
    '240baf84'
    """
    return f"{zlib.crc32(name.encode()):08x}"


def result(
    what: str,
    value: float,
    origin: Origin,
    at: float,
    test_id: str,
    *,
    practice: bool = False,
    version: str = "",
    note: str = "",
) -> Tested:
    """Return the record of a result. Raises OutcomeError for a value, a version or a teller that cannot be.

    ``note`` is the code of an own activity's wording, or what is in doubt about a test.

    >>> result("chair_stand", 12, Origin.SENSED, 0.0, "test-0001").unit
    'stands'
    """
    one = measure(what)
    whole = " whole" if one.whole else ""
    if not one.low <= value <= one.high or (one.whole and value != int(value)):
        raise OutcomeError(f"{one.label} is {value!r}; expected a{whole} number from {one.low:g} to {one.high:g}")
    if one.kind == "score" and origin is not Origin.CLINICIAN_ENTERED:
        raise OutcomeError(f"{one.label} comes from {origin}; expected a clinician")
    if one.kind == "rating" and origin is Origin.SENSED:
        raise OutcomeError(f"{one.label} comes from a sensor; expected the patient or a clinician")
    if version not in (one.versions or ("",)):
        raise OutcomeError(f"{one.label} version is {version!r}; expected one of {', '.join(one.versions) or 'none'}")
    # A record's unit has 8 characters.
    return Tested(test_id, what, float(value), one.unit[:8], origin, practice, at, version or note)


def mean_speed_m_s(trials_s: Sequence[float], course_m: float = 10.0) -> float:
    """Return the mean speed of walks over one course, two at a comfortable pace as a rule.

    Raises OutcomeError without a walk, or with one of no length.
    """
    if not trials_s or min(trials_s) <= 0:
        raise OutcomeError(f"walks took {list(trials_s)} s; expected at least one, each longer than 0 s")
    return fmean(course_m / time_s for time_s in trials_s)


def start_back_group(total: int, psych: int) -> str:
    """Return "low", "medium" or "high": 0 to 3, 4 or more, and a psychological score of 4 or 5.

    >>> start_back_group(6, 4), start_back_group(6, 3), start_back_group(3, 3)
    ('high', 'medium', 'low')
    """
    if not 0 <= psych <= min(total, START_PSYCH) or not total - psych <= START_ITEMS - START_PSYCH:
        raise OutcomeError(f"STarT Back is {total} with {psych}; expected 0 to 9 with 0 to 5 of them")
    if total <= 3:
        return "low"
    return "high" if psych >= 4 else "medium"


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


def function_means(tests: Iterable[Tested]) -> tuple[Tested, ...]:
    """Return the mean of the patient's own activities per sitting, as results of "function".

    Sittings are told apart by their moment. A mean needs two activities, and only sittings with those of the newest
    such sitting, in the same words, are comparable; a single activity is followed by itself.
    """
    sittings: dict[float, dict[str, Tested]] = {}
    for test in tests:
        if test.what in ACTIVITIES and not test.practice:
            sittings.setdefault(test.at, {})[test.what] = test
    ordered = [sittings[at] for at in sorted(sittings) if len(sittings[at]) > 1]
    alike = [sitting for sitting in ordered if _words(sitting) == _words(ordered[-1])]
    return tuple(_mean(list(sitting.values())) for sitting in alike)


def _words(sitting: Mapping[str, Tested]) -> dict[str, str]:
    return {what: test.note for what, test in sitting.items()}


def _mean(sitting: Sequence[Tested]) -> Tested:
    value = round(fmean(test.value for test in sitting), 2)
    one = sitting[0]
    return Tested(one.test_id, "function", value, one.unit, one.origin, practice=False, at=one.at)


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
