"""Watches one set, or its trial, for what should not happen: the load cell of the exercise, and a sensor on the bell.

It hears every sample, also while the count is paused: a band lets go whether or not somebody counts.
"""

from __future__ import annotations

from collections.abc import Iterator

from drivers.samples import ImuSample, LoadSample, Sample
from edge.library import Exercise, Kit
from edge.prescription.limits import Limits
from edge.safety.bell import BellEvent, BellWatch
from edge.safety.force import ForceWatch, Happening
from edge.session import Noticed

BAND, BELL = "band", "bell"
"""Where a band's load cell and a bell's motion sensor sit."""


class Watching:
    """One set of an exercise; ``load_kg`` is the plan's load, None where it sets none."""

    def __init__(self, exercise: Exercise, load_kg: tuple[float, float] | None, limits: Limits) -> None:
        uses = frozenset[Kit]().union(*exercise.kits)
        pulls = exercise.driver == "force" or Kit.BAND in uses
        lifts = not uses.isdisjoint((Kit.KETTLEBELL, Kit.DUMBBELL))
        # Elsewhere than in its own exercise a cell's share of the load is not known: only the rig's limit counts.
        planned_kg = load_kg[1] if load_kg is not None and exercise.driver == "force" else None
        self._cell = exercise.place if exercise.driver == "force" else BAND
        self._force = ForceWatch(planned_kg, limits) if pulls else None
        self._bell = BellWatch(limits) if lifts else None

    def feed(self, place: str, sample: Sample) -> Iterator[Noticed]:
        """Yield what a sample of a place shows."""
        if isinstance(sample, LoadSample) and self._force is not None and place == self._cell:
            yield from map(_noticed, self._force.feed(sample))
        elif isinstance(sample, ImuSample) and self._bell is not None and place == BELL:
            yield from map(_noticed, self._bell.feed(sample))

    def rep(self, t_s: float) -> Iterator[Noticed]:
        """Yield what the end of a repetition shows."""
        if self._bell is not None:
            yield from map(_noticed, self._bell.rep(t_s))


def _noticed(one: Happening | BellEvent) -> Noticed:
    if isinstance(one, Happening):
        return Noticed(one.t_s, one.what, one.value_n, "N")
    return Noticed(one.t_s, one.what, one.value, one.unit)
