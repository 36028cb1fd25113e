"""The example settings are read by the programs they are written for."""

from pathlib import Path

from drivers.factory import parse_sensors
from edge.config import PanelSettings, StationSettings, load_settings

DOCS = Path(__file__).parents[2] / "docs"


def test_the_station_example_is_a_station():
    settings = load_settings(DOCS / "station.example.toml", StationSettings)
    assert {sensor.chip for sensor in parse_sensors(settings.sensors, "station.example.toml")} == {"bno08x", "hx711"}


def test_the_panel_example_is_the_defaults_where_it_says_so():
    settings = load_settings(DOCS / "panel.example.toml", PanelSettings)
    assert settings.panel == PanelSettings().panel
