"""``steadyrig coach``: a new rule file over past sessions, and the coach over a simulated cohort."""

from __future__ import annotations

import json
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from edge.coach.replay import TermsThen
from edge.coach.rules import Rules, parse_rules
from edge.coach.terms import Terms, terms_of
from edge.history.facts import History, SessionFact
from edge.library import ContentError
from edge.prescription.due import Now as At
from edge.prescription.due import due
from edge.prescription.plan import Prescription
from edge.programme import PlanError, parse_prescription

app = typer.Typer(
    help="Try the coach's rules: over past sessions, and over a simulated cohort.", no_args_is_help=True
)


@app.command("replay")
def replay_command(
    rules: Annotated[Path, typer.Argument(help="a rule file like edge/content/coach.toml")],
    history: Annotated[Path, typer.Option(help="a station's journal or a clinic's database (SQLite)")],
    station: Annotated[str | None, typer.Option(help="which station of a clinic's database")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object instead of lines")] = False,
) -> None:
    """Run a rule file over past sessions and print which doses would have differed. Nothing is changed.

    Each session is looked at as it was after its check-in, with the dose that was really in force: one step, not what
    might have followed from it.
    """
    from edge.coach.replay import replay
    from edge.history.fold import fold
    from sync.past import PastError, read_past

    read = read_rules(rules)
    try:
        past = read_past(history, station)
    except PastError as exc:
        raise ContentError(str(exc)) from None
    result = replay(fold(past.records), terms_then(past.plans), read)
    print(json.dumps(result.as_dict()) if as_json else result.as_text())


@app.command("cohort")
def cohort_command(
    patients: Annotated[int, typer.Option(min=2, max=10_000, help="how many simulated patients")] = 200,
    seed: Annotated[int, typer.Option(min=0, help="the same seed, the same report")] = 1,
    rules: Annotated[Path | None, typer.Option(help="another rule file than the shipped one")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object instead of text")] = False,
) -> None:
    """Let the coach and two fixed plans train the same simulated patients for six weeks, and compare.

    A simulation with assumptions of ours: it tries the rules and says nothing about real people.
    """
    from edge.coach.cohort import run_cohort

    report = run_cohort(patients, seed, None if rules is None else read_rules(rules))
    print(json.dumps(report.as_dict()) if as_json else report.as_text())


def read_rules(path: Path) -> Rules:
    """Return the rules of a file. Raises ContentError with file, key, value and what was expected."""
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as exc:
        raise ContentError(f"{path}: {exc}; expected a rule file in TOML") from None
    return parse_rules(text, str(path))


def terms_then(payloads: Iterable[str]) -> TermsThen:
    """Return what the plans told the coach before a session; a plan that today's code refuses is left out."""
    plans: dict[int, Prescription] = {}
    for payload in payloads:
        with suppress(PlanError):
            plan = parse_prescription(payload)
            plans[plan.version] = plan

    def then(past: History, session: SessionFact) -> Terms | None:
        plan = plans.get(session.plan_version)
        if plan is None:
            return None
        at = At(session.started_at, session.day, session.clock_trusted)
        before = replace(past, sessions=tuple(one for one in past.sessions if one.session_id != session.session_id))
        return terms_of(plan, due(plan, before, at), clock_trusted=session.clock_trusted)

    return then
