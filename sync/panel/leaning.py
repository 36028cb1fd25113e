"""Whether a patient leans on the screen: by exercise, quality with its help minus without, and how sure that is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup
from sqlalchemy import Connection

from edge.care.feedback import Dependency, compared
from edge.history.facts import SetFact
from edge.model import Origin, StopReason
from sync.panel import queries
from sync.panel.charts import interval
from sync.panel.queries import Found
from sync.panel.words import exercise_name


@dataclass(frozen=True, slots=True)
class Leaning:
    """One exercise: what is known, and the interval drawn; ``chart`` is empty while it is too early."""

    exercise: str
    known: Dependency
    chart: Markup


def of_patient(db: Connection, patient_id: str) -> Sequence[Leaning]:
    """Return the exercises of which sets were judged lately, by name; those with a set without help first."""
    sets: dict[str, list[SetFact]] = {}
    for found in reversed(queries.judged_sets(db, patient_id)):
        sets.setdefault(found.exercise, []).append(_fact(found))
    shown = [_leaning(key, held) for key, held in sets.items()]
    return sorted(shown, key=lambda one: (one.known.difference is None, one.known.without_sets == 0, one.exercise))


def _fact(found: Found) -> SetFact:
    """Return what the comparison looks at; trusted as the station's own facts have it."""
    return SetFact(
        exercise=found.exercise,
        row=found.row,
        set_of_exercise=found.set_of_exercise,
        reps_target=found.reps_planned,
        reps_verified=found.reps_counted,
        stopped=StopReason.TARGET,
        trusted=found.origin == Origin.SENSED and not found.doubts,
        on_tempo=found.on_tempo,
        feedback=found.feedback,
    )


def _leaning(key: str, sets: Sequence[SetFact]) -> Leaning:
    known, name = compared(sets), exercise_name(key)
    if known.difference is None or known.low is None or known.high is None:
        return Leaning(name, known, Markup(""))
    return Leaning(name, known, interval(f"{name}: {known.for_clinician()}", known.low, known.difference, known.high))
