"""The example settings are read by the programs they are written for."""

import re
from pathlib import Path

import msgspec

from drivers.controls import parse_controls
from drivers.factory import parse_sensors
from edge.config import PairingTable, PanelSettings, StationSettings, checked, joined, load_settings, read_tables
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


def test_the_panel_example_is_the_defaults_where_it_says_so():
    settings = load_settings(DOCS / "panel.example.toml", PanelSettings)
    defaults = PanelSettings().panel
    phones = {"clinic_phone": settings.panel.clinic_phone, "emergency_phone": settings.panel.emergency_phone}
    assert settings.panel == msgspec.structs.replace(defaults, **phones)
    assert (settings.broker, settings.pairing) == (PanelSettings().broker, PairingTable())
    assert settings.mqtt.password_file == f"{settings.broker.folder}/bridge.password"
    assert settings.mqtt.ca_file == f"{settings.panel.keys}/ca.crt"


def test_the_plan_in_the_setup_page_is_a_plan():
    text = (DOCS / "setup.md").read_text()
    plan = parse_prescription(re.search(r"```json\n(.*?)```", text, re.DOTALL).group(1))
    assert [line.exercise for line in plan.rows] == ["goblet_squat", "band_row"]


def test_the_setup_page_names_every_exercise_and_command():
    text = (DOCS / "setup.md").read_text()
    assert all(f"`{key}`" in text for key in exercises())
    for command in ("new-key", "add-clinician", "add-patient", "add-station", "write-plan"):
        assert f"steadyrig clinic {command}" in text
