"""The example settings are read by the programs they are written for."""

import re
from pathlib import Path
from typing import get_args

import pytest
import typer
from msgspec import Struct
from msgspec.structs import fields

from drivers.controls import parse_controls
from drivers.factory import CHIPS, parse_sensors
from edge.__main__ import app
from edge.config import (
    ClinicTable,
    PairingTable,
    PanelSettings,
    StationSettings,
    checked,
    joined,
    load_settings,
    read_tables,
)
from edge.library import exercises
from edge.programme import parse_prescription

DOCS = Path(__file__).parents[2] / "docs"


def test_the_station_example_is_a_station():
    path = DOCS / "station.example.toml"
    paired = {"station": {"id": "station-0001", "patient_id": "p-0001-aaaa"}, "mqtt": {"host": "clinic.example"}}
    settings = checked(path, joined(path, read_tables(path), paired), StationSettings)
    sensors = parse_sensors(settings.sensors, "station.example.toml")
    assert {sensor.chip for sensor in sensors} == {"bno08x", "hx711"}
    assert parse_controls(settings.controls, sensors, "station.example.toml").red_pin == 22
    assert not any("newton_per_count" in sensor.settings for sensor in sensors)  # a number nobody measured
    # Whoever copies the file as it is has no stranger's number on the screen, and no other place's day.
    assert (settings.clinic, settings.station.zone) == (ClinicTable(), "")


def test_the_panel_example_is_the_defaults_where_it_says_so():
    settings = load_settings(DOCS / "panel.example.toml", PanelSettings)
    assert settings.panel == PanelSettings().panel
    assert (settings.broker, settings.pairing) == (PanelSettings().broker, PairingTable())
    assert settings.mqtt.password_file == f"{settings.broker.folder}/bridge.password"
    assert settings.mqtt.ca_file == f"{settings.panel.keys}/ca.crt"


PAIRED = {"station.id", "station.patient_id", "paths.clinic_key"}
"""What pairing says, beside the table mqtt; the page of setting up by hand tells of them."""


def keys_of(kind):
    """Yield every key of a settings file, as table.key; a table that only drivers know has no keys here."""
    for table in fields(kind):
        inside = next(
            (one for one in (table.type, *get_args(table.type)) if isinstance(one, type) and issubclass(one, Struct)),
            None,
        )
        yield from ([] if inside is None else [f"{table.name}.{key.name}" for key in fields(inside)])


def explained(name):
    """Return every key that an example file gives, or shows behind a # in its place."""
    table, found = "", set()
    for line in (DOCS / name).read_text().splitlines():
        if header := re.match(r"(?:# )?\[([a-z_.0-9-]+)\]", line):
            table = header[1]
        elif key := re.match(r"(?:# )?([a-z_]+) = ", line):
            found.add(f"{table}.{key[1]}")
    return found


@pytest.mark.parametrize(
    ("name", "kind"), [("station.example.toml", StationSettings), ("panel.example.toml", PanelSettings)]
)
def test_the_examples_explain_every_key_there_is_and_none_that_is_not(name, kind):
    known = {key for key in keys_of(kind) if key not in PAIRED}
    if kind is StationSettings:
        known = {key for key in known if not key.startswith("mqtt.")}
    of_drivers = ("sensors.", "buses.", "controls.", "dock.")
    assert {key for key in explained(name) if not key.startswith(of_drivers)} == known


def test_the_station_example_explains_every_key_of_every_sensor_and_none_that_is_not():
    given = {key.rpartition(".")[2] for key in explained("station.example.toml") if key.startswith("sensors.")}
    known = {key for kind in CHIPS.values() for key in kind.keys}
    assert given == known | {"chip", "place", "bus"}


def test_the_plan_in_the_setup_page_is_a_plan():
    text = (DOCS / "setup.md").read_text()
    plan = parse_prescription(re.search(r"```json\n(.*?)```", text, re.DOTALL).group(1))
    assert [line.exercise for line in plan.rows] == ["goblet_squat", "band_row"]


def test_the_setup_page_names_every_exercise_and_command():
    text = (DOCS / "setup.md").read_text()
    assert all(f"`{key}`" in text for key in exercises())
    for command in ("new-key", "add-clinician", "add-patient", "add-station", "write-plan"):
        assert f"steadyrig clinic {command}" in text


def commands(group, name=()):
    """Yield every command with its options, as (("clinic", "add-patient"), {"--name", ...})."""
    for word, command in getattr(group, "commands", {}).items():
        yield (*name, word), {option for one in command.params for option in (*one.opts, *one.secondary_opts)}
        yield from commands(command, (*name, word))


KNOWN = dict(commands(typer.main.get_command(app)))
PAGES = [*sorted(DOCS.glob("*.md")), *sorted(DOCS.glob("*.toml")), DOCS.parent / "README.md"]
WRITTEN = re.compile(r"(?:`|\$ |^ *|sudo (?:-u steadyrig )?)steadyrig ((?:[a-z-]+ ?)+)([^`\n#|]*)", re.MULTILINE)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_that_a_page_names_is_there_with_its_options(page):
    for words, rest in WRITTEN.findall(page.read_text()):
        name = next((name for n in (2, 1) if (name := tuple(words.split()[:n])) in KNOWN), None)
        assert name is not None, f"steadyrig {words}{rest}"
        options = set(re.findall(r"--[a-z-]+", words + rest)) - {"--help"}
        assert options <= KNOWN[name], f"steadyrig {words}{rest}"
