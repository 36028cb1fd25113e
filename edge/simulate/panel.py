"""The clinic's panel as it runs at a clinic, with an account for somebody who reads its pages during the trial."""

from __future__ import annotations

import json
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from edge.simulate.child import ChildError
from edge.simulate.clinic import Clinic
from sync.broker import free_port
from sync.panel.auth import add_clinician
from sync.store import engine

LOGIN, NAME = "simulate", "Nobody"
STARTED = "The panel is at "


@dataclass(frozen=True, slots=True)
class Panel:
    """A running ``steadyrig panel``. ``pid`` is its process; ``password`` opens it for :data:`LOGIN`."""

    pid: int
    url: str
    password: str = field(repr=False)


@contextmanager
def open_panel(clinic: Clinic) -> Iterator[Panel]:
    """Yield a panel on the clinic's database, which ends with the block. Raises ChildError where it does not start.

    The clinic must have a key of its own by now.
    """
    password, port = _account(clinic.database), free_port()
    with subprocess.Popen(  # noqa: S603 - our own arguments
        [sys.executable, "-m", "edge", "panel", "--config", str(_settings(clinic, port))],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        process_group=0,
    ) as child:
        clinic.look_after(child.pid)
        try:
            said = child.stdout.readline() if child.stdout else ""
            if not said.startswith(STARTED):
                raise ChildError("the panel did not start; it said why above")
            yield Panel(child.pid, said.removeprefix(STARTED).strip(), password)
        finally:
            child.kill()


def _account(url: str) -> str:
    """Let a clinician log in, and return the password."""
    database, password = engine(url), secrets.token_urlsafe(16)
    try:
        add_clinician(database, LOGIN, NAME, password, time.time())
    finally:
        database.dispose()
    return password


def _settings(clinic: Clinic, port: int) -> Path:
    named = {
        "port": port,
        "https": False,
        "database": clinic.database,
        "keys": str(clinic.keys),
        "secret_file": str(clinic.folder / "panel.secret"),
    }
    file = clinic.folder / "panel.toml"
    # A value of JSON reads the same as one of TOML, for numbers, words and yes or no.
    file.write_text("\n".join(["[panel]", *(f"{key} = {json.dumps(value)}" for key, value in named.items()), ""]))
    return file
