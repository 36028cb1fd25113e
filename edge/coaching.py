"""``steadyrig coach``: a new rule file over past sessions, to the stations, and over a simulated cohort."""

from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

from edge.coach.rule_file import parse_rules
from edge.coach.rules import Rules
from edge.config import DEFAULT_PANEL, SettingsError
from edge.library import ContentError

app = typer.Typer(
    help="Try the coach's rules over past sessions or a simulated cohort, and send them to the stations.",
    no_args_is_help=True,
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
    from edge.coach.replay import replay, terms_then
    from edge.history.fold import fold
    from sync.past import PastError, read_past

    read = read_rules(rules)
    try:
        past = read_past(history, station)
    except PastError as exc:
        raise ContentError(str(exc)) from None
    result = replay(fold(past.records), terms_then(past.plans), read)
    print(json.dumps(result.as_dict()) if as_json else result.as_text())


@app.command("publish")
def publish_command(
    rules: Annotated[Path, typer.Argument(help="a rule file like edge/content/coach.toml")],
    author: Annotated[str, typer.Option(help="who publishes it, as the panel shows it")],
    config: Annotated[Path, typer.Option("--config", help="the panel's settings file")] = DEFAULT_PANEL,
    station: Annotated[list[str] | None, typer.Option(help="only this station; may be given again")] = None,
    until: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="its last day; without one, for good")
    ] = None,
    yes: Annotated[
        bool, typer.Option("--yes", help="sign and send it; without, only what would differ is shown")
    ] = False,
) -> None:
    """Sign a rule file and send it to the stations, after showing which doses of the past would have differed.

    Each station checks signature and rules, keeps the last good ones where it finds anything wrong, and takes the new
    ones between two sessions. No rule file passes a clinician's ceiling.
    """
    from edge.publishing import Publisher

    read_rules(rules)
    last_day = None if until is None else until.date()
    if last_day is not None and last_day < date.today():
        raise SettingsError(f"--until is {last_day}, a day that is over; expected today or later")
    with Publisher(config, rules.read_text("utf-8"), author, last_day, station or ()) as publisher:
        for line in publisher.compare():
            print(line)
        if not yes:
            print(f"Nothing was sent. With --yes the rules go to {publisher.stations} station(s).")
            raise typer.Exit(1)
        for line in publisher.send():
            print(line)


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
        raise ContentError(f"{path}: {getattr(exc, 'strerror', None) or exc}; expected a rule file in TOML") from None
    return parse_rules(text, str(path))
