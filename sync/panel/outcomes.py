"""Outcome measures of a patient: what the station measured, what the patient said, what a clinician typed in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import partial

import msgspec
from flask import Flask, abort, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from edge.care.change import course, for_clinician
from edge.care.measures import ACTIVITIES, Measure, OutcomeError, measure, measures
from edge.care.outcomes import function_means, start_back_group, wording
from edge.records import Tested
from sync.panel import queries
from sync.panel.config import config
from sync.panel.db import connection, writing
from sync.panel.outcome_chart import Span, outcome_chart
from sync.panel.plan_limits import attempt, day_of
from sync.panel.plans import LONGEST_REASON, check_reason, sentence, today, typed_fields
from sync.panel.queries import Found, Rows
from sync.panel.typed_rows import Typed
from sync.store.outcomes import SCORES, Score, check_score, enter, in_force, score_of, tests_of

MOST_TESTS = 1000
"""Results looked at: years of them."""
FIELDS = ("what", "value", "second", "version", "day")
SAY_NUMBER = "Write the total as a number, as 34 or 33.3."
SAY_OVERTAKEN = "Not saved: this score was corrected while the form was open. Look at it again."


def init_app(app: Flask) -> None:
    """``app`` shows outcome measures and takes scores."""
    app.add_url_rule("/patients/<id:patient_id>/outcomes", "outcomes", outcomes, methods=["GET", "POST"])
    app.add_url_rule(
        "/patients/<id:patient_id>/outcomes/<int:number>", "correct_score", correct_score, methods=["GET", "POST"]
    )


@dataclass(frozen=True, slots=True)
class MeasureShown:
    """One measure: ``told`` is its change in a sentence, empty where it was not measured yet."""

    what: str
    measure: Measure
    label: str
    told: str
    results: Sequence[Tested]
    chart: Markup

    @property
    def chance(self) -> str:
        """What the band and the lines of its chart are, in words."""
        one = self.measure
        said = [f"band: first result ± {one.error:g} {one.unit}, which may be chance"] if one.error else []
        if one.important > one.error:
            said.append(f"dashed: a change of {one.important:g} {one.unit}, which matters")
        return "; ".join(said)


# ---- what is shown ------------------------------------------------------------------------------------------


def results_of(patient_id: str, scores: Rows) -> list[Tested]:
    """Return every result of a patient, from stations and typed in, the oldest first."""
    bodies = queries.told_of(connection(), patient_id, "test", MOST_TESTS)
    tests = [msgspec.json.decode(found.body, type=Tested) for found in bodies]
    return sorted((*tests, *tests_of(scores, config().zone)), key=lambda test: test.at)


def summary(patient_id: str) -> list[MeasureShown]:
    """Return the measures as the patient's page tells them: a sentence each."""
    tests = results_of(patient_id, queries.scores_of(connection(), patient_id))
    shown = measured(tests, {})
    means = any(one.what == "function" for one in shown if one.results)
    return [one for one in shown if not (means and one.what in ACTIVITIES)]


def measured(tests: Sequence[Tested], names: Mapping[str, str]) -> list[MeasureShown]:
    """Return every measure there is, those of the own activities by their ``names``, in the order of the content.

    ``tests`` are in the order of time.
    """
    days = (_day(tests[0]), _day(tests[-1])) if tests else (today(), today())
    shown = [_shown(key, tests, days) for key in measures() if key not in ("function", "function_single")]
    means = function_means(tests)
    own = [_shown("function", means, days)] if means else []
    for what in ACTIVITIES:
        rated = [test for test in tests if test.what == what]
        # A wording that was given up keeps its results under its own name.
        for code in dict.fromkeys(test.note for test in rated):
            label = names.get(code, f"activity {what[-1]}, wording not known here")
            own.append(_shown(what, [test for test in rated if test.note == code], days, f"Own activity: {label}"))
    at = next(k for k, one in enumerate(shown) if one.what == "global_change")
    return [*shown[:at], *(own or [_shown("function", (), days)]), *shown[at:]]


def _shown(what: str, tests: Iterable[Tested], days: Span, label: str = "") -> MeasureShown:
    one, mine = measure(what), [test for test in tests if test.what == what]
    # Versions of a questionnaire are not comparable: the chart shows the one that was used last.
    alike = [test for test in mine if not test.practice and (not one.versions or test.note == mine[-1].note)]
    chart = outcome_chart(one, [(_day(test), test.value, test.origin) for test in alike], days)
    told = for_clinician(course(mine, what), config().zone) if mine else ""
    return MeasureShown(what, one, label or one.label, told, mine[::-1], chart)


def _day(test: Tested) -> date:
    return datetime.fromtimestamp(test.at, UTC).astimezone(config().zone).date()


class _OwnOnly(msgspec.Struct):
    own_activities: list[str] = []


def own_names(patient_id: str) -> dict[str, str]:
    """Return the wording of every own activity that a plan of this patient ever had, by its code."""
    plans = queries.plans_of(connection(), patient_id)
    lists = (msgspec.json.decode(found.payload, type=_OwnOnly).own_activities for found in plans)
    return {wording(name): name for names in lists for name in names}


@dataclass(frozen=True, slots=True)
class Entered:
    """A score as it was typed in: ``state`` says whether it counts, was corrected, or was taken back."""

    id: int
    score: Score
    label: str
    group: str
    author: str
    entered_at: float
    reason: str
    state: str


def _entered(rows: Rows) -> list[Entered]:
    counts = {row.id for row in in_force(rows)}
    replaced = {row.replaces for row in rows}
    return [
        Entered(
            row.id,
            score_of(row),
            measures()[row.what].label,
            _group(score_of(row)),
            row.author,
            row.entered_at,
            row.reason,
            "in force" if row.id in counts else "corrected" if row.id in replaced else "taken back",
        )
        for row in reversed(rows)
    ]


def _group(score: Score) -> str:
    if score.what != "start_back" or score.value is None or score.second is None:
        return ""
    return start_back_group(int(score.value), int(score.second))


# ---- the page, and a new score ------------------------------------------------------------------------------


def outcomes(patient_id: str) -> ResponseReturnValue:
    """Show every measure over time, or check a score that was typed in and store it."""
    row = queries.one_patient(connection(), patient_id) or abort(404)
    if request.method == "GET":
        return _page(row, {"day": today().isoformat()}, {})
    typed = typed_fields(FIELDS)
    score, errors = read_score(typed)
    if score is None:
        return _page(row, typed, errors), 422
    with writing() as db:
        enter(db, patient_id, score, g.clinician.name, config().now())
    return redirect(url_for("outcomes", patient_id=patient_id, _anchor="scores"), 303)


def _page(row: Found, typed: Typed, errors: Mapping[str, str]) -> str:
    scores = queries.scores_of(connection(), row.id)
    return render_template(
        "outcomes.html",
        row=row,
        measures=measured(results_of(row.id, scores), own_names(row.id)),
        entered=_entered(scores),
        questionnaires=[measures()[key] for key in SCORES],
        typed=typed,
        errors=errors,
    )


def read_score(typed: Typed) -> tuple[Score | None, dict[str, str]]:
    """Return the score that was typed in, or None and one sentence for each field that is wrong."""
    errors: dict[str, str] = {}
    value = attempt(errors, "value", _number, typed["value"])
    day = attempt(errors, "day", day_of, typed["day"])
    second = attempt(errors, "second", _number, typed["second"]) if typed["second"] else None
    if typed["what"] not in SCORES:
        errors["what"] = "Choose one of the questionnaires."
    if errors or value is None or day is None:
        return None, errors
    versions = measures()[typed["what"]].versions
    version = typed["version"] if len(versions) > 1 else versions[0]
    score = Score(typed["what"], value, day, version, second if typed["what"] == "start_back" else None)
    try:
        check_score(score, today())
    except OutcomeError as exc:
        return None, {"form": sentence(str(exc))}
    return score, {}


def _number(text: str) -> float:
    try:
        return float(text.replace(",", "."))
    except ValueError:
        raise ValueError(SAY_NUMBER) from None


# ---- a correction -------------------------------------------------------------------------------------------


def correct_score(patient_id: str, number: int) -> ResponseReturnValue:
    """Show a score that counts, or put another in its place; what was typed in first stays."""
    row = queries.one_patient(connection(), patient_id) or abort(404)
    find = partial(_in_force, patient_id, number)
    score = find() or abort(404)
    if request.method == "GET":
        return _correction(row, number, score, _as_typed(score), {})
    typed = typed_fields((*FIELDS, "taken_back"))
    new, errors = _corrected(score, typed)
    if new is None:
        return _correction(row, number, score, typed, errors), 422
    with writing() as db:
        done = enter(db, patient_id, new, g.clinician.name, config().now(), reason=typed["reason"], replaces=number)
    if not done:
        return _page(row, {"day": today().isoformat()}, {"form": SAY_OVERTAKEN}), 409
    return redirect(url_for("outcomes", patient_id=patient_id, _anchor="scores"), 303)


def _in_force(patient_id: str, number: int) -> Score | None:
    rows = in_force(queries.scores_of(connection(), patient_id))
    return next((score_of(found) for found in rows if found.id == number), None)


def _as_typed(score: Score) -> dict[str, str]:
    return {
        "what": score.what,
        "value": "" if score.value is None else f"{score.value:g}",
        "second": "" if score.second is None else f"{score.second:g}",
        "version": score.version,
        "day": score.day.isoformat(),
        "reason": "",
        "taken_back": "",
    }


def _corrected(score: Score, typed: Typed) -> tuple[Score | None, dict[str, str]]:
    errors: dict[str, str] = {}
    if typed["taken_back"] == "on":
        new: Score | None = Score(score.what, None, score.day, score.version)
    else:
        new, errors = read_score({**typed, "what": score.what})
    check_reason(typed, errors)
    if not errors and new == score:
        errors["form"] = "Nothing is different. Change a value, or go back."
    return (None, errors) if errors else (new, {})


def _correction(row: Found, number: int, score: Score, typed: Typed, errors: Mapping[str, str]) -> str:
    return render_template(
        "score.html",
        row=row,
        number=number,
        measure=measures()[score.what],
        typed=typed,
        errors=errors,
        longest=LONGEST_REASON,
    )
