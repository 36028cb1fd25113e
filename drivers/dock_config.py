"""The bell dock as ``station.toml`` describes it::

[dock]
sensor = "dock"                       # the load cell, a table of its own under [sensors]
bells_kg = [4, 6, 8, 10, 12, 14, 16]  # the rig's bells, one of each
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from drivers.base import ConfigError
from drivers.config import SensorConfig, missing, refuse
from drivers.dock_events import Bells


@dataclass(frozen=True, slots=True)
class DockConfig:
    """``[dock]`` of ``station.toml``: the load cell's name, and the rig's bells in kg, lightest first."""

    sensor: str
    bells_kg: Bells


def parse_dock(table: object, sensors: Iterable[SensorConfig], source_name: str) -> DockConfig:
    """Return the dock described by a ``[dock]`` table. Raises ConfigError for the first thing that cannot be."""
    where = f"{source_name}: dock"
    if not isinstance(table, Mapping):
        raise refuse(where, table, "a table with sensor and bells_kg")
    for key in table:
        if key not in ("sensor", "bells_kg"):
            raise ConfigError(f"{where}.{key} is not a key of a dock, expected sensor or bells_kg.")
    cells = [sensor.name for sensor in sensors if sensor.calibrates == "load"]
    expected = f"one of the load cells {', '.join(cells)}" if cells else "a load cell, and there is none"
    if "sensor" not in table:
        raise missing(f"{where}.sensor", expected)
    if table["sensor"] not in cells:
        raise refuse(f"{where}.sensor", table["sensor"], expected)
    return DockConfig(table["sensor"], _bells(table, where))


def _bells(table: Mapping[str, Any], where: str) -> Bells:
    expected = "a list of kg from 0.5 to 100, each once, such as [8, 12, 16]"
    bells = table.get("bells_kg")
    if bells is None:
        raise missing(f"{where}.bells_kg", expected)
    if not isinstance(bells, list) or not bells or len(set(map(str, bells))) != len(bells):
        raise refuse(f"{where}.bells_kg", bells, expected)
    for kg in bells:
        if isinstance(kg, bool) or not isinstance(kg, int | float) or not 0.5 <= kg <= 100:
            raise refuse(f"{where}.bells_kg", kg, expected)
    return tuple(sorted(float(kg) for kg in bells))
