"""The calibrations of a whole rig: found at the start, given to the drivers, and doubted in the sensors' health.

One that has expired goes on giving its unit, so that counting goes on, and every sample says so: nothing is to be
coached, and no load chosen, by it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from drivers.base import Health, Source
from drivers.calibration.files import NOTHING, Found, read
from drivers.calibration.record import LoadRecord, MuscleRecord, PoseRecord, again, doubts
from drivers.clock import Clock
from drivers.config import SensorConfig
from drivers.samples import LoadSample, MuscleSample, Quality, Sample, Vector

Calibrations = Mapping[str, Found]
"""What was found for each sensor, by its name."""
WITHOUT = {"load": "uncalibrated", "pose": "no still pose", "muscle": "no reference"}
"""What a sensor of each kind is without a calibration that can be believed."""
BY_HAND = ("zero_count", "newton_per_count")
"""The settings of a cell that somebody may have typed into ``station.toml``."""


LOOK_EVERY_S = 1.0
"""How often a source is asked whether its calibration still holds."""


def load_calibrations(configs: Iterable[SensorConfig], folder: Path, rig: str, patient: str = "") -> Calibrations:
    """Return what ``folder`` holds for every sensor that is calibrated; references of muscles are ``patient``'s.

    Never raises; a bad file is told in words.
    """
    return {config.name: read(folder, config, rig, patient) for config in configs if config.calibrates}


def calibrated(config: SensorConfig, found: Found) -> SensorConfig:
    """Return the sensor with the zero and the span, or the reference, it is to use.

    A file wins over numbers typed into ``station.toml``: who has just calibrated must not be overruled by what
    somebody copied there long ago. And a file that cannot be believed voids them too: it shows that this cell was
    calibrated once, and that something about it has changed since.
    """
    if isinstance(found.record, MuscleRecord):
        known = found.record
        levels = {"rest_level": known.rest_level, "rest_sd": known.rest_sd, "full_level": known.full_level}
        return replace(config, settings={**config.settings, **levels})
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
    """Return what a technician should know about a calibration; empty when all is well, or none is needed."""
    if found.record is not None:
        return doubts(found.record, wall_s)
    if found.problem:
        return (f"{WITHOUT[config.calibrates]}: {found.problem}",)
    if config.calibrates in ("pose", ""):
        return ()  # a rig with one motion sensor has nothing to tell apart
    if config.calibrates == "muscle":
        return (f"{WITHOUT['muscle']}: {again(config.name)}",)
    if "newton_per_count" in config.settings:
        return (f"calibrated by hand in station.toml, without a date: {again(config.name)}",)
    return (f"uncalibrated: {again(config.name)}",)


def all_words(configs: Iterable[SensorConfig], calibrations: Calibrations, wall_s: float) -> str:
    """Return what is to be known of a rig's calibrations, sensor by sensor; empty when all is well."""
    said = ((config.name, words(config, calibrations.get(config.name, NOTHING), wall_s)) for config in configs)
    return "; ".join(f"{name}: {one}" for name, some in said for one in some)


def expired(found: Found, wall_s: float) -> bool:
    """Tell whether there is a calibration that must not be leant on any more."""
    return found.record is not None and bool(doubts(found.record, wall_s))


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
    """A source whose health also tells what is to be known of its calibration, and whose samples say that it is over.

    All else is the source's own.
    """

    def __init__(self, source: Source, config: SensorConfig, found: Found, clock: Clock) -> None:
        self.name = source.name
        self.bus = source.bus
        self.period_s = source.period_s
        self.source = source
        self._config = config
        self._found = found
        self._clock = clock
        self._expired = False
        self._look_s = float("-inf")

    def open(self) -> None:
        """Open the source."""
        self.source.open()

    def read(self, now_s: float) -> Sequence[Sample]:
        """Return the source's new samples, marked where the calibration has expired."""
        if not now_s < self._look_s + LOOK_EVERY_S:
            self._look_s, self._expired = now_s, expired(self._found, self._clock.wall())
        samples = self.source.read(now_s)
        return [_past(sample) for sample in samples] if self._expired else samples

    def health(self, now_s: float) -> Health:
        """Return the source's health; asked anew each time, because a calibration expires while the station runs."""
        health, wall_s = self.source.health(now_s), self._clock.wall()
        return replace(
            health,
            limits=(*health.limits, *words(self._config, self._found, wall_s)),
            expired=expired(self._found, wall_s),
        )

    def close(self) -> None:
        """Close the source."""
        self.source.close()


def _past(sample: Sample) -> Sample:
    """Return a sample as an expired calibration leaves it: a force is still one, an activation is none any more."""
    match sample:
        case LoadSample():
            return replace(sample, quality=sample.quality | Quality.EXPIRED)
        case MuscleSample():
            quality = sample.quality | Quality.EXPIRED | Quality.UNCALIBRATED
            return replace(sample, quality=quality, activation=None, onset_s=None)
        case _:
            return sample  # what a still pose is for is not in the samples
