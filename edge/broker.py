"""``steadyrig broker``: the clinic's Mosquitto, written and run."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edge.config import DEFAULT_PANEL, PanelSettings, SettingsError, load_settings
from edge.stop import stop_on_signal
from sync.files import in_the_way

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from sync.broker.clinic import ClinicFiles

app = typer.Typer(
    no_args_is_help=True,
    help="""The broker between stations and clinic: Mosquitto, with the clinic's own CA and rules for everybody.

    A station writes and reads below its own name and nowhere else. Its user name is its client id, nobody is
    anonymous, no message is larger than 256 KiB. Who may connect is read from the clinic's database. The settings
    are in panel.toml, tables broker and panel.

    \b
    steadyrig broker run              run it here, and heed every station that is made or revoked
    steadyrig broker write FOLDER     only write its files, for a Mosquitto that something else starts
    steadyrig broker renew            make a new certificate now; `run` does so by itself 60 days before the end
    """,
)

Config = Annotated[Path, typer.Option("--config", help="the panel's settings file")]


@app.command()
def run(config: Config = DEFAULT_PANEL) -> None:
    """Run Mosquitto in the foreground and keep its users current. Stops on SIGTERM or Ctrl-C.

    The database is looked at every 2 seconds. A station that was revoked is put off at once, the others stay.
    Mosquitto ends with this command, even if that is killed.
    """
    run_broker(config, stop_on_signal())


@app.command()
def write(
    folder: Annotated[Path, typer.Argument(help="where the files go; Mosquitto must be able to read it")],
    drop_in: Annotated[
        bool, typer.Option("--drop-in", help="as an addition to Debian's own mosquitto.conf, for its conf.d")
    ] = False,
    group: Annotated[
        str | None, typer.Option(help="a group that may read the files too, such as mosquitto; needs root")
    ] = None,
    config: Config = DEFAULT_PANEL,
) -> None:
    """Write Mosquitto's configuration, access list, users and certificate into a folder.

    Here nothing follows the database: after a station was paired or revoked, write again and reload Mosquitto.

    \b
    sudo steadyrig broker write /etc/mosquitto/conf.d --drop-in --group mosquitto
    sudo systemctl reload mosquitto
    """
    from sync.store.stations import credentials

    settings = load_settings(config, PanelSettings)
    with _one_sentence(config), _database(config, settings) as database:
        files = _files(settings, folder, group)
        files.write_certificates()
        written = files.write(settings.broker.host, settings.broker.port, whole=not drop_in)
        with database.connect() as connection:
            stations = credentials(connection)
        files.write_users(stations)
    number = f"{len(stations)} station{'' if len(stations) == 1 else 's'}"
    print(f"{written}: {number} may connect, and {', '.join(settings.broker.bridges)}")


@app.command()
def renew(config: Config = DEFAULT_PANEL) -> None:
    """Make a new certificate for the broker now, under the same CA: no station needs to be paired again."""
    from sync.certificates import server_files

    settings = load_settings(config, PanelSettings)
    with _one_sentence(config):
        files = server_files(Path(settings.panel.keys), settings.broker.names, anew=True)
    print(f"{files.certificate}: for {', '.join(settings.broker.names)}, until {files.ends_at.date()}")
    print("`steadyrig broker run` takes it within seconds; otherwise write the files again and reload Mosquitto.")


def run_broker(config: Path, stop: threading.Event) -> None:
    """Run the clinic's Mosquitto until ``stop`` is set, and keep its users and certificate current."""
    from edge.waiting import Problems, absent, when_ready
    from sync.broker import BrokerError, available
    from sync.broker.clinic import LOOK_S, ClinicBroker
    from sync.broker.process import PortTakenError

    if not available():
        raise SettingsError("mosquitto is not installed here; `sudo apt-get install mosquitto` does that")
    settings, problems = load_settings(config, PanelSettings), Problems("broker")
    table, folder = settings.broker, Path(settings.broker.folder)
    with ExitStack() as running:
        running.enter_context(_one_sentence(config))
        database = when_ready(lambda: running.enter_context(_database(config, settings)), problems, stop)
        broker = ClinicBroker(_files(settings, folder), folder, database, table.host, table.port)
        running.callback(broker.stop)

        def start() -> None:
            try:
                broker.start()
            except PortTakenError as exc:
                raise absent(exc.why)(f"{config}: broker.host, broker.port: {exc}") from None

        try:
            when_ready(start, problems, stop)
            print(f"The broker is at {table.host}:{table.port}; stations know it as {table.names[0]}", flush=True)
            while not stop.wait(LOOK_S):
                broker.look()
                problems.look(broker=broker.problem)
        except BrokerError as exc:
            # No setting is wrong: whoever started this may start it again.
            print(f"steadyrig broker: {exc}", file=sys.stderr)
            raise SystemExit(1) from None


def _files(settings: PanelSettings, folder: Path, group: str | None = None) -> ClinicFiles:
    from sync.broker.clinic import ClinicFiles

    return ClinicFiles(folder, Path(settings.panel.keys), settings.broker.names, settings.broker.bridges, group)


@contextmanager
def _database(config: Path, settings: PanelSettings) -> Iterator[Engine]:
    from edge.services.clinic import prepare_database
    from sync.store import engine

    prepare_database(config, settings.panel.database)
    database = engine(settings.panel.database)
    try:
        yield database
    finally:
        database.dispose()


@contextmanager
def _one_sentence(config: Path) -> Iterator[None]:
    """What stands in the way becomes one sentence with the settings file in front."""
    from sync.broker import BrokerError
    from sync.certificates import CertificateError

    try:
        yield
    except OSError as exc:
        raise SettingsError(f"{config}: {exc.filename}: {in_the_way(exc)}") from None
    except (BrokerError, CertificateError, LookupError) as exc:
        raise SettingsError(f"{config}: {exc}") from None
