"""``steadyrig clinic``: what is set up once by whoever runs the panel."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edge.config import DEFAULT_PANEL, PanelSettings, SettingsError, load_settings

if TYPE_CHECKING:
    from sqlalchemy import Engine

app = typer.Typer(help="Set up a clinic: its key, its clinicians, patients, stations and first plans.")

Config = Annotated[Path, typer.Option("--config", help="the panel's settings file")]


@app.command()
def new_key(config: Config = DEFAULT_PANEL) -> None:
    """Make the clinic's keys: one signs plans, the others make TLS; prints where the public one is."""
    from sync.certificates import CertificateError, server_files
    from sync.signing import SigningError, new_key_pair

    settings = load_settings(config, PanelSettings)
    folder = Path(settings.panel.keys)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        _, public_key = new_key_pair(folder)
        server_files(folder, settings.broker.names)
    except (SigningError, CertificateError) as exc:
        raise SettingsError(str(exc)) from None
    print(public_key)


@app.command()
def add_clinician(
    login: Annotated[str, typer.Argument(help="what is typed to log in")],
    name: Annotated[str, typer.Option(help="as the panel shows it")],
    config: Config = DEFAULT_PANEL,
) -> None:
    """Let somebody log in. The password is read from standard input, or asked for twice at a terminal."""
    from sync.panel.auth import add_clinician as add

    if sys.stdin.isatty():
        password = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    else:
        password = sys.stdin.readline().rstrip("\n")
    taken = f"login {login!r} is taken"
    _change(config, lambda database: add(database, login, name, password, time.time()), taken)
    print(f"{name} may log in as {login}.")


@app.command()
def add_patient(
    patient_id: Annotated[str, typer.Argument(help="pseudonymous: 8 to 40 small letters, digits and -")],
    name: Annotated[str, typer.Option(help="as clinicians know the patient; never leaves the clinic")],
    first_name: Annotated[str, typer.Option(help="as the station's screen greets the patient")],
    config: Config = DEFAULT_PANEL,
) -> None:
    """Add a patient."""
    from sync.panel.accounts import add_patient as add

    taken = f"patient {patient_id!r} is there already"
    _change(config, lambda database: add(database, patient_id, name, first_name, time.time()), taken)
    print(f"{patient_id} is added; on the panel, under Stations, a station is made.")


@app.command()
def add_station(
    station_id: Annotated[str, typer.Argument(help="8 to 40 small letters, digits and -")],
    patient: Annotated[str, typer.Option(help="the id of the patient it serves")],
    config: Config = DEFAULT_PANEL,
) -> None:
    """Add a station."""
    from sync.panel.accounts import add_station as add

    taken = f"station {station_id!r} is there already"
    _change(config, lambda database: add(database, station_id, patient, time.time()), taken)
    print(f"{station_id} is added; on the panel, its page shows a pairing code.")


@app.command()
def write_plan(
    file: Annotated[Path, typer.Argument(help="a prescription in JSON; docs/setup.md shows one")],
    author: Annotated[str, typer.Option(help="who prescribes")],
    reason: Annotated[str, typer.Option(help="why")] = "First plan",
    config: Config = DEFAULT_PANEL,
) -> None:
    """Check, sign and send a plan; the panel's form changes it from then on."""
    from edge.programme import PlanError, parse_prescription
    from edge.services.clinic import clinic_signer
    from sync.store.prescriptions import write_plan as write

    try:
        plan = parse_prescription(file.read_bytes())
    except (OSError, PlanError) as exc:
        raise SettingsError(f"{file}: {getattr(exc, 'strerror', None) or exc}") from None
    signer = clinic_signer(config)

    def put(database: Engine) -> None:
        with database.begin() as connection:
            write(connection, signer, plan, author, reason, time.time())

    _change(config, put, f"plan {plan.version} of {plan.patient_id!r} is there already")
    print(f"Plan {plan.version} of {plan.patient_id} is on its way to {plan.station_id}.")


def _change(config: Path, change: Callable[[Engine], object], taken: str) -> None:
    """Apply a change to the clinic's database; what it refuses becomes one sentence, ``taken`` for what is there."""
    from sqlalchemy.exc import IntegrityError

    from edge.services.clinic import prepare_database
    from sync.store.database import engine

    url = load_settings(config, PanelSettings).panel.database
    prepare_database(config, url)
    database = engine(url)
    try:
        change(database)
    except IntegrityError:
        raise SettingsError(f"refused: {taken}") from None
    except ValueError as exc:
        raise SettingsError(str(exc)) from None
    finally:
        database.dispose()
