"""Watches one set, or its trial, for what should not happen: the load cell of the exercise, a sensor on the bell, the
dock that a bell comes down on.

It hears every sample, also while the count is paused: a band lets go whether or not somebody counts.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from drivers.samples import ImuSample, LoadSample, Sample
from edge.library import Exercise, Kit
from edge.prescription.limits import Limits
from edge.safety.bell import BellEvent, BellWatch
from edge.safety.force import ForceWatch, Happening
from edge.safety.landing import LandingWatch
from edge.session import Noticed

BAND, BELL, WRIST = "band", "bell", "wrist"
"""Where a band's load cell, a bell's motion sensor and that of a pulling hand sit."""


class Watching:
    """One set of an exercise; ``load_kg`` is the plan's load, None where it sets none, ``dock`` the dock's sensor."""

    def __init__(
        self, exercise: Exercise, load_kg: tuple[float, float] | None, limits: Limits, dock: str | None = None
    ) -> None:
        uses = frozenset[Kit]().union(*exercise.kits)
        pulls = exercise.driver == "force" or Kit.BAND in uses
        lifts = not uses.isdisjoint((Kit.KETTLEBELL, Kit.DUMBBELL))
        # Elsewhere than in its own exercise a cell's share of the load is not known: only the rig's limit counts.
        planned_kg = load_kg[1] if load_kg is not None and exercise.driver == "force" else None
        self._cell = exercise.place if exercise.driver == "force" else BAND
        self._force = ForceWatch(planned_kg, limits) if pulls else None
        # The limb that moves the band: the one that is counted by, or the hand where it wears a sensor.
        self._puller = exercise.place if exercise.driver == "imu" else WRIST
        self._bell = BellWatch(limits) if lifts else None
        self._dock, self._landing = dock, LandingWatch() if lifts else None

    def feed(self, place: str, sample: Sample) -> Iterator[Noticed]:
        """Yield what a sample of a place shows."""
        if isinstance(sample, LoadSample):
            yield from map(_noticed, self._load(place, sample))
        elif isinstance(sample, ImuSample):
            yield from map(_noticed, self._motion(place, sample))

    def _load(self, place: str, sample: LoadSample) -> tuple[Happening, ...]:
        if self._landing is not None and sample.sensor == self._dock:
            return self._landing.feed(sample)
        return self._force.feed(sample) if self._force is not None and place == self._cell else ()

    def _motion(self, place: str, sample: ImuSample) -> tuple[BellEvent, ...]:
        if self._force is not None and place == self._puller and sample.gyro_rad_s is not None:
            self._force.move(sample.t_s, math.hypot(*sample.gyro_rad_s))
        return self._bell.feed(sample) if self._bell is not None and place == BELL else ()

    def rep(self, t_s: float) -> Iterator[Noticed]:
        """Yield what the end of a repetition shows."""
        if self._bell is not None:
            yield from map(_noticed, self._bell.rep(t_s))


def _noticed(one: Happening | BellEvent) -> Noticed:
    if isinstance(one, Happening):
        return Noticed(one.t_s, one.what, one.value_n, "N")
    return Noticed(one.t_s, one.what, one.value, one.unit)
