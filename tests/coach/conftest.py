"""A patient's past in few words: sessions that went well, and what was otherwise in them."""

from dataclasses import replace
from datetime import date, timedelta
from types import SimpleNamespace

import pytest

from edge.coach.kit import Kit
from edge.coach.terms import Terms
from edge.history.facts import History, SessionFact, SetFact
from edge.model import Origin, StopReason
from edge.prescription.plan import CoachMode
from edge.prescription.row import Row, Span
from edge.records import Moment, SymptomsTold
from edge.tempo import parse_tempo

DAY_S = 86_400.0
FIRST = date(2026, 3, 2)
SQUAT = Row(
    "squat",
    "goblet_squat",
    1,
    sets=Span.of(3),
    reps=Span(8, 12),
    rpe=(Span.of(7),) * 3,
    tempo=parse_tempo("3.1.0"),
    load_kg=(8.0, 16.0),
)
HINGE = Row(
    "hinge", "goblet_good_morning", 2, sets=Span.of(3), reps=Span.of(15), rpe=(Span.of(6),) * 3, load_kg=(6, 12)
)
HALVES = tuple(0.5 * i for i in range(1, 61))
TERMS = Terms(
    version=1,
    rows=(SQUAT, HINGE),
    mode=CoachMode.APPLY,
    kit=Kit({"goblet_squat": HALVES, "goblet_good_morning": HALVES}),
    easier={"goblet_squat": ("chair_squat",)},
)


def good_set(row=SQUAT, number=1, reps=8, load_kg=8.0, **other):
    """A set as prescribed, seen by trusted sensors, with an easy answer."""
    done = SetFact(
        exercise=row.exercise,
        row=row.name,
        set_of_exercise=number,
        reps_target=reps,
        reps_verified=reps,
        stopped=StopReason.TARGET,
        trusted=True,
        load_kg=load_kg,
        load_origin=Origin.SENSED,
        rpe_target=row.rpe[0] if row.rpe else None,
        rpe=5,
        on_tempo=0.95,
        symptom_change=0,
    )
    return replace(done, **other)


def good_sets(row=SQUAT, reps=8, load_kg=8.0, **other):
    return tuple(good_set(row, number, reps, load_kg, **other) for number in (1, 2, 3))


def told(session_id, started_at, start=(2, 1), worst=(3, 1), next_day=(2, 1), second_day=None):
    """Scores of back and leg at each moment; None leaves a moment out."""
    moments = {Moment.START: start, Moment.WORST: worst, Moment.NEXT_DAY: next_day, Moment.SECOND_DAY: second_day}
    later = {Moment.START: 60, Moment.WORST: 1800, Moment.NEXT_DAY: DAY_S, Moment.SECOND_DAY: 2 * DAY_S}
    return {
        when: SymptomsTold(
            session_id, when, started_at + later[when], *scores, distal=0, weaker=False, tolerable=True
        )
        for when, scores in moments.items()
        if scores is not None
    }


def session(number, sets=None, *, days=3, start=(2, 1), worst=(3, 1), next_day=(2, 1), second_day=None, **other):
    """The ``number``-th session, every third day, as good as can be unless said otherwise."""
    name = f"session-{number:03d}"
    day = other.pop("day", FIRST + timedelta(days=days * number))
    at = DAY_S * (day - date(1970, 1, 1)).days + 36_000
    fact = SessionFact(
        session_id=name,
        day=day,
        started_at=at,
        clock_trusted=True,
        plan_version=1,
        sets=good_sets() if sets is None else tuple(sets),
        symptoms=told(name, at, start, worst, next_day, second_day),
        ended=StopReason.TARGET,
        sets_planned=3,
    )
    return replace(fact, **other)


def past(*sessions, **other):
    return History(sessions=tuple(sessions), **other)


def after(history, days=3):
    """The day of the next session."""
    return history.sessions[-1].day + timedelta(days=days)


@pytest.fixture(scope="session")
def made():
    """Return the builders, and the terms they fit."""
    return SimpleNamespace(
        SQUAT=SQUAT,
        HINGE=HINGE,
        TERMS=TERMS,
        HALVES=HALVES,
        FIRST=FIRST,
        good_set=good_set,
        good_sets=good_sets,
        session=session,
        past=past,
        after=after,
        told=told,
    )
