"""Scores of questionnaires: totals that a clinician types in, never an item. Nothing that was typed in is erased."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, tzinfo
from typing import Any

from sqlalchemy import Connection, Row, insert, select
from sqlalchemy.exc import IntegrityError

from edge.care.measures import OutcomeError
from edge.care.outcomes import result, start_back_group
from edge.model import Origin
from edge.records import Tested
from sync.store.schema import outcome

SCORES = ("odi", "rmdq", "start_back")
"""The questionnaires whose scores are stored; STarT Back has two."""


@dataclass(frozen=True, slots=True)
class Score:
    """A score as it is typed in: ``value`` is None where an earlier one is taken back."""

    what: str
    value: float | None
    day: date
    version: str = ""
    second: float | None = None


def check_score(score: Score, today: date) -> None:
    """Raise OutcomeError, with one sentence, for a score that cannot be."""
    if score.what not in SCORES:
        raise OutcomeError(f"score {score.what!r} is not known; expected one of {', '.join(SCORES)}")
    if score.day > today:
        raise OutcomeError(f"the day is {score.day}; expected today or earlier")
    if score.value is None:
        return
    results_of("00000000", score, 0.0)
    if score.what == "start_back":
        if score.second is None:
            raise OutcomeError("the psychological score of STarT Back is missing; expected 0 to 5")
        start_back_group(int(score.value), int(score.second))


def results_of(name: str, score: Score, at: float) -> tuple[Tested, ...]:
    """Return a score as results, two of them for STarT Back. Raises OutcomeError."""
    if score.value is None:
        return ()
    origin = Origin.CLINICIAN_ENTERED
    first = result(score.what, score.value, origin, at, f"score-{name}", version=score.version)
    if score.what != "start_back" or score.second is None:
        return (first,)
    psych = result("start_back_psych", score.second, origin, at, f"score-{name}-psych", version=score.version)
    return (first, psych)


def enter(
    db: Connection,
    patient_id: str,
    score: Score,
    author: str,
    now: float,
    *,
    reason: str = "",
    replaces: int | None = None,
) -> bool:
    """Write a score down in the caller's transaction; False where the one it replaces was replaced before."""
    row = {
        "patient_id": patient_id, "what": score.what, "value": score.value, "second": score.second,
        "version": score.version, "day": score.day.isoformat(), "author": author, "reason": reason,
        "entered_at": now, "replaces": replaces,
    }  # fmt: skip
    if replaces is not None and db.scalar(select(outcome.c.id).where(outcome.c.replaces == replaces)) is not None:
        return False
    try:
        db.execute(insert(outcome).values(row))
    except IntegrityError:
        return False
    return True


def score_of(row: Row[Any]) -> Score:
    """Return a stored row as a score."""
    return Score(row.what, row.value, date.fromisoformat(row.day), row.version, row.second)


def in_force(rows: Iterable[Row[Any]]) -> list[Row[Any]]:
    """Return the rows that no other one replaces, those that were taken back left out."""
    rows = list(rows)
    replaced = {row.replaces for row in rows}
    return [row for row in rows if row.id not in replaced and row.value is not None]


def tests_of(rows: Sequence[Row[Any]], zone: tzinfo | None) -> list[Tested]:
    """Return the scores in force as results, each at noon of its day."""
    found: list[Tested] = []
    for row in in_force(rows):
        score = score_of(row)
        at = datetime.combine(score.day, time(12), zone or UTC).timestamp()
        found += results_of(f"{row.id:08}", score, at)
    return found
