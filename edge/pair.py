"""``steadyrig pair``: this device becomes a station of the clinic whose panel shows the code."""

from __future__ import annotations

import json
import os
import pwd
import shutil
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from edge.alone import alone_with_sensors
from edge.belongings import JOURNAL, set_aside, unsent
from edge.config import (
    CA,
    CLINIC_KEY,
    DEFAULT_STATION,
    PAIRING,
    PASSWORD,
    SettingsError,
    load_device,
    pairing_tables,
    read_tables,
)
from sync.files import put

if TYPE_CHECKING:
    from sync.pairing.client import Paired


def pair(
    invitation: Annotated[
        str | None,
        typer.Argument(help="what the panel shows, host:port/CODE; asked for if left out", show_default=False),
    ] = None,
    again: Annotated[
        bool, typer.Option("--again", help="replace a pairing: what was recorded under it is set aside")
    ] = False,
    leave_unsent: Annotated[
        bool, typer.Option("--leave-unsent", help="with --again: set records aside that the clinic never got")
    ] = False,
    as_user: Annotated[
        str, typer.Option("--owner", help="run as root: whom the password file belongs to")
    ] = "steadyrig",
    config: Annotated[Path, typer.Option("--config", help="the station's settings file")] = DEFAULT_STATION,
) -> None:
    """Pair this device with the clinic whose panel shows the code.

    The code says who the clinic is, so nothing is told to anybody else. It works once and for ten minutes: on the
    panel, under Stations, a new one is made. What comes of it stands beside station.toml: pairing.toml, the password
    of this station, the clinic's CA and the key that plans are checked with. Sensors and screen stay in station.toml.

    \b
    sudo steadyrig pair clinic.example:8884/K7QM-3XWD-9RTA-HF2N-P6CE
    sudo steadyrig pair --again       this device goes to another patient, or was revoked
    """
    from sync.pairing.client import PairingError, read_invitation
    from sync.pairing.client import pair as redeem
    from sync.typed import CodeError

    data = Path(load_device(config).paths.data)
    with ExitStack() as running:
        if data.is_dir():
            running.enter_context(alone_with_sensors(data))
        _may_be_paired(config, data, again=again, leave_unsent=leave_unsent)
        user = _user(as_user)
        _may_be_written(config)
        try:
            paired = redeem(read_invitation(invitation or _asked_for()), lambda words: print(words, file=sys.stderr))
        except (PairingError, CodeError) as exc:
            raise SettingsError(str(exc)) from None
        before = _name_before(config)
        _write(config.parent, paired, user)
        aside = set_aside(data, before) if again else None
    granted = paired.granted
    print(f"Paired: this is {granted.station_id} of patient {granted.patient_id}; its broker is {granted.host}.")
    if aside is not None:
        print(f"What was recorded before is in {aside}. Sensors have to be calibrated again.")
    print("It goes on by itself where it runs; otherwise: sudo systemctl start steadyrig-station")


def _may_be_paired(config: Path, data: Path, *, again: bool, leave_unsent: bool) -> None:
    used = config.with_name(PAIRING).exists() or (data / JOURNAL).exists()
    if used and not again:
        raise SettingsError(
            f"this device is {_name_before(config)} already; --again pairs it anew, and what was recorded is "
            "set aside; on the panel its old station should be revoked"
        )
    waiting = unsent(data)
    if waiting != 0 and not leave_unsent:
        # One of them may be a red flag, and the new station would know nothing of its lock.
        what = f"{data / JOURNAL} cannot be read" if waiting is None else f"{waiting} of its records are not sent yet"
        raise SettingsError(
            f"{what}, and among them may be an alert; let the station run online first, or add --leave-unsent when "
            "the clinic has agreed"
        )


def _name_before(config: Path) -> str:
    """Return the id that this device was paired under, or words for one that was set up by hand."""
    try:
        return str(read_tables(config.with_name(PAIRING))["station"]["id"])
    except (SettingsError, KeyError, TypeError):
        return "a-station"


def _user(name: str) -> str | None:
    """Return whom the password is for, None where it is whoever runs this. Raises SettingsError for nobody."""
    if os.geteuid() != 0:
        return None
    try:
        pwd.getpwnam(name)
    except KeyError:
        raise SettingsError(f"--owner is {name!r}: no such user; expected the one that the station runs as") from None
    return name


def _may_be_written(config: Path) -> None:
    """Find out before the code is used whether what comes of it can be kept."""
    if not os.access(config.parent, os.W_OK):
        raise SettingsError(f"{config.parent}: this user may not write there; try with sudo")


def _asked_for() -> str:
    if sys.stdin.isatty():
        return str(typer.prompt("What the panel shows, host:port/CODE"))
    return sys.stdin.readline()


def _write(folder: Path, paired: Paired, user: str | None) -> None:
    """Write the files of a pairing; the last of them makes the others count."""
    granted = paired.granted
    put(folder / PASSWORD, paired.password + "\n", 0o600)
    if user is not None:
        shutil.chown(folder / PASSWORD, user)
    put(folder / CA, paired.ca, 0o644)
    put(folder / CLINIC_KEY, granted.clinic_key, 0o644)
    tables = pairing_tables(granted.station_id, granted.patient_id, granted.host, granted.port, folder)
    put(folder / PAIRING, _toml(tables), 0o644)


def _toml(tables: Mapping[str, Mapping[str, Any]]) -> str:
    lines = ["# Written by `steadyrig pair`, and read together with station.toml."]
    for name, keys in tables.items():
        # Strings and whole numbers are written alike in JSON and TOML.
        lines += ["", f"[{name}]", *(f"{key} = {json.dumps(value)}" for key, value in keys.items())]
    return "\n".join(lines) + "\n"
