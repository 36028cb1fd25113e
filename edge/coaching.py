"""``steadyrig coach``: a new rule file over past sessions, and the coach over a simulated cohort."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from edge.coach.kit import Kit
from edge.coach.rules import Rules, parse_rules
from edge.coach.terms import Mode, Terms
from edge.library import ContentError, exercise
from edge.prescription.limits import Limits
from edge.prescription.row import Row, Span
from edge.programme import PlanError, parse_prescription

app = typer.Typer(
    help="Try the coach's rules: over past sessions, and over a simulated cohort.", no_args_is_help=True
)

WEIGHED = ("kettlebell", "dumbbell", "barbell", "machine", "band")
"""Kit that has loads."""


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
    result = replay(fold(past.records), plans_of(past.plans), read)
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


def plans_of(payloads: Iterable[str]) -> Mapping[int, Terms]:
    """Return what each readable plan told the coach, by version; one that today's code refuses is left out."""
    plans = {}
    for payload in payloads:
        try:
            terms = terms_of(parse_prescription(payload))
        except PlanError:
            continue
        plans[terms.version] = terms
    return plans


def terms_of(plan: Any) -> Terms:
    """Return what a prescription tells the coach: its rows, limits and mode, and the loads that are owned."""
    rows: tuple[Row, ...] = getattr(plan, "rows", None) or tuple(_row(one) for one in plan.exercises)
    easier = {row.exercise: tuple(getattr(exercise(row.exercise), "easier", ())) for row in rows}
    names = {name for row in rows for name in (row.exercise, *row.alternatives, *easier[row.exercise])}
    return Terms(
        version=plan.version,
        rows=rows,
        limits=getattr(plan, "limits", None) or Limits(),
        mode=Mode(str(getattr(plan, "coach", Mode.OFF))),
        kit=Kit({name: loads for name in names if (loads := _loads(name, getattr(plan, "kit", None) or {}))}),
        easier=easier,
        over_pusher=getattr(plan, "over_pusher", False),
    )


def _loads(name: str, owned: Mapping[Any, tuple[float, ...]]) -> tuple[float, ...]:
    """Return the loads owned for an exercise: of the first set of kit that is there; none where nobody knows."""
    by_name = {str(one): loads for one, loads in owned.items()}
    for needed in getattr(exercise(name), "kits", ()):
        if {str(one) for one in needed} <= set(by_name):
            return next((by_name[one] for one in WEIGHED if one in {str(k) for k in needed} and by_name[one]), ())
    return ()


def _row(planned: Any) -> Row:
    """Return a line of a plan from before lines had names: its exercise is its name."""
    return Row(
        planned.exercise,
        planned.exercise,
        planned.order,
        sets=Span.of(planned.sets),
        reps=Span.of(planned.reps),
        tempo=planned.tempo,
        load_kg=planned.load_kg,
        rest_s=planned.rest_s,
    )
