"""A clinic that lasts as long as the demo: keys, database, one clinician, one patient with a station and a plan."""

from __future__ import annotations

import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from edge.library import exercise
from edge.prescription.plan import Prescription
from edge.prescription.row import one_dose
from edge.tempo import parse_tempo
from sync.panel.accounts import add_patient, add_station
from sync.panel.app import create_app
from sync.panel.auth import add_clinician
from sync.panel.config import PanelConfig
from sync.panel.serve import PanelServer, serve
from sync.signing import load_signer, new_key_pair
from sync.store.database import engine, upgrade
from sync.store.prescriptions import write_plan

STATION_ID = "demo-station-1"
PATIENT_ID = "p-demo-0001"
LOGIN = "clinician"

Line = tuple[str, int, int, str, tuple[float, float] | None, float]
LINES: tuple[Line, ...] = (
    ("sit_to_stand", 1, 5, "normal", None, 20.0),
    ("goblet_squat", 1, 4, "3.1.0", (8.0, 8.0), 30.0),
    ("kettlebell_deadlift", 1, 4, "slow and controlled", (12.0, 12.0), 30.0),
    ("band_row", 2, 5, "3.1.0", (8.0, 12.0), 30.0),
    ("band_press", 1, 4, "2.1.0", (5.0, 8.0), 30.0),
)
"""Exercise, sets, reps, tempo, load band in kg, rest in s: all the station can sense, and nobody's prescription."""


@dataclass(frozen=True, slots=True)
class Clinic:
    """A clinic with its files in ``folder``. ``password`` opens the panel for the login ``clinician``."""

    folder: Path
    lines: tuple[Line, ...] = LINES
    password: str = field(default_factory=lambda: secrets.token_urlsafe(12), repr=False)

    @property
    def database(self) -> str:
        """The address of its database."""
        return f"sqlite:///{self.folder / 'panel.db'}"

    @property
    def keys(self) -> Path:
        """The folder with its signing key."""
        return self.folder / "keys"

    def open(self) -> Path:
        """Set everything up and return the public key that stations check plans with."""
        self.keys.mkdir(mode=0o700)
        signing_key, public_key = new_key_pair(self.keys)
        upgrade(self.database)
        database = engine(self.database)
        try:
            now = time.time()
            add_clinician(database, LOGIN, "Demo clinician", self.password, now)
            add_patient(database, PATIENT_ID, "Ana M.", "Ana", now)
            add_station(database, STATION_ID, PATIENT_ID, now)
            with database.begin() as connection:
                write_plan(
                    connection, load_signer(signing_key), first_plan(self.lines), LOGIN, "The demo's first plan", now
                )
        finally:
            database.dispose()
        return public_key

    def serve_panel(self) -> PanelServer:
        """Serve the panel on a free loopback port until the returned server is closed."""
        settings = PanelConfig(self.database, self.keys, secrets.token_urlsafe(48))
        return serve(create_app(settings), port=0)


def first_plan(lines: Sequence[Line]) -> Prescription:
    """Return the plan the demo begins with."""
    planned = tuple(
        one_dose(order, exercise(key).key, sets, reps, parse_tempo(tempo), load_kg, rest_s)
        for order, (key, sets, reps, tempo, load_kg, rest_s) in enumerate(lines, 1)
    )
    return Prescription(1, PATIENT_ID, STATION_ID, "Ana", datetime.now(UTC).isoformat(timespec="seconds"), planned)
