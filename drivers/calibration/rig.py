"""The calibrations of a whole rig: found at the start, given to the drivers, and doubted in the sensors' health."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from drivers.base import Health, Source
from drivers.calibration.files import NOTHING, Found, read
from drivers.calibration.record import LoadRecord, PoseRecord, again, doubts
from drivers.clock import Clock
from drivers.config import SensorConfig
from drivers.samples import Sample, Vector

Calibrations = Mapping[str, Found]
"""What was found for each sensor, by its name."""
BY_HAND = ("zero_count", "newton_per_count")
"""The settings of a cell that somebody may have typed into ``station.toml``."""


def load_calibrations(configs: Iterable[SensorConfig], folder: Path, rig: str) -> Calibrations:
    """Return what ``folder`` holds for every sensor that is calibrated. Never raises; a bad file is told in words."""
    return {config.name: read(folder, config, rig) for config in configs if config.calibrates}


def calibrated(config: SensorConfig, found: Found) -> SensorConfig:
    """Return the sensor with the zero and the span it is to use.

    A file wins over numbers typed into ``station.toml``: who has just calibrated must not be overruled by what
    somebody copied there long ago. And a file that cannot be believed voids them too: it shows that this cell was
    calibrated once, and that something about it has changed since.
    """
    if config.calibrates != "load" or found == NOTHING:
        return config
    if not isinstance(found.record, LoadRecord):
        return bare(config)
    numbers = {"zero_count": found.record.zero_count, "newton_per_count": found.record.newton_per_count}
    return replace(config, settings={**config.settings, **numbers})


def bare(config: SensorConfig) -> SensorConfig:
    """Return the sensor without a calibration: its driver then gives bare counts, which calibrating needs."""
    return replace(config, settings={key: value for key, value in config.settings.items() if key not in BY_HAND})


def words(config: SensorConfig, found: Found, wall_s: float) -> tuple[str, ...]:
    """Return what a technician should know about a cell's calibration; empty when all is well, or none is needed."""
    if config.calibrates != "load":
        return ()
    if found.record is not None:
        return doubts(found.record, wall_s)
    if found.problem:
        return (f"uncalibrated: {found.problem}",)
    if "newton_per_count" in config.settings:
        return (f"calibrated by hand in station.toml, without a date: {again(config.name)}",)
    return (f"uncalibrated: {again(config.name)}",)


def still_poses(calibrations: Calibrations, wall_s: float) -> dict[str, Vector]:
    """Return where up is in the axes of each motion sensor whose still pose was calibrated and holds.

    A pose that has expired is left out: a strap may have been changed since.
    """
    return {
        name: found.record.up
        for name, found in calibrations.items()
        if isinstance(found.record, PoseRecord) and not doubts(found.record, wall_s)
    }


class Watched:
    """A source whose health also tells what is to be known of its calibration; all else is the source's own."""

    def __init__(self, source: Source, config: SensorConfig, found: Found, clock: Clock) -> None:
        self.name = source.name
        self.bus = source.bus
        self.period_s = source.period_s
        self.source = source
        self._config = config
        self._found = found
        self._clock = clock

    def open(self) -> None:
        """Open the source."""
        self.source.open()

    def read(self, now_s: float) -> Sequence[Sample]:
        """Return the source's new samples."""
        return self.source.read(now_s)

    def health(self, now_s: float) -> Health:
        """Return the source's health; asked anew each time, because a calibration expires while the station runs."""
        health = self.source.health(now_s)
        return replace(health, limits=(*health.limits, *words(self._config, self._found, self._clock.wall())))

    def close(self) -> None:
        """Close the source."""
        self.source.close()
