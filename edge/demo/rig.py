"""The demo's rig: its sensors as they would stand in ``station.toml``, and its dock."""

from __future__ import annotations

from drivers.dock_config import DockConfig

SENSORS = {
    "thigh": {"chip": "bno08x", "place": "thigh", "bus": "i2c-1", "address": 0x4A},
    "band": {
        "chip": "hx711",
        "place": "band",
        "bus": "spi-0",
        "sample_rate_hz": 80,
        "zero_count": 84_000,
        "newton_per_count": 0.0005,
    },
    "dock": {
        "chip": "nau7802",
        "place": "dock",
        "bus": "i2c-3",
        "sample_rate_hz": 10,
        "zero_count": 84_000,
        "newton_per_count": 0.0005,
    },
}
"""The demo's rig, as it would stand in ``station.toml``."""
DOCK = DockConfig("dock", (8.0, 12.0))
