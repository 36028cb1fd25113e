"""What may be stored of outcome measures.

Scores of questionnaires (ODI, RMDQ, STarT Back) are totals that a clinician types in; none of their items is known
here. What a patient's own activities are called stands in the plan: a record holds the number of the activity and a
code for its wording.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping, Sequence
from statistics import fmean

from edge.care.measures import ACTIVITIES, OutcomeError, measure
from edge.model import Origin
from edge.records import Tested

START_ITEMS, START_PSYCH = 9, 5


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
