"""Keeps, from the samples of the dock's cell, what is known of the rig's bells."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from drivers.bells import Bells, Unseen
from drivers.dock import Dock
from drivers.dock_config import DockConfig
from drivers.dock_events import Blind, Came, Cleared, DockEvent, Left, Strange, Unsure
from drivers.samples import LoadSample, Sample


class BellWatch:
    """``bells`` is what is known now. Feed it every sample; it takes those of the dock's cell."""

    def __init__(self, config: DockConfig) -> None:
        self.sensor = config.sensor
        self.bells = Bells(config.bells_kg)
        self._dock = Dock(config.bells_kg)

    def feed(self, sample: Sample) -> None:
        """Take a sample of any sensor."""
        if isinstance(sample, LoadSample) and sample.sensor == self.sensor:
            self._follow(self._dock.take(sample))

    def tick(self, now_s: float) -> None:
        """Let time pass: a dock that falls silent knows nothing any more."""
        self._follow(self._dock.tick(now_s))

    def _follow(self, events: Iterable[DockEvent]) -> None:
        for event in events:
            self.bells = _after(self.bells, event)


def _after(bells: Bells, event: DockEvent) -> Bells:
    match event:
        case Came():
            return bells.came(event.bell_kg)
        case Left(witnessed=True):
            return bells.left(event.bell_kg)
        case Left() | Cleared():  # gone while nobody looked: it may be in a hand or on the floor
            return replace(bells, unseen=None)
        case Unsure():
            return replace(bells, unseen=Unseen.UNSURE)
        case Strange():
            return replace(bells, unseen=Unseen.STRANGE)
        case Blind():  # whatever was in a hand may have been put back since
            return replace(bells, taken=(), unseen=Unseen.BLIND)
