"""What the session is told of the rig: which sensors can be used, how they are worn, which bell was taken."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from drivers.base import Health, SensorState
from drivers.bell_watch import BellWatch
from drivers.identity import Finding
from drivers.samples import Sample
from drivers.worn import Worn
from edge.library import STANDING, Exercise, exercise
from edge.session import BellsChanged, CalibrationChanged, Screen, SensorChanged, SessionState, WornChanged
from edge.session.state import OPEN_SET
from edge.session.testing import counted


class Rig:
    """The sensors by name and place. Each look returns an event where the session knows something else, or None.

    ``worn`` knows how the motion sensors should lie, ``bells`` which bell was taken; without them nobody looks.
    """

    def __init__(self, places: Mapping[str, str], worn: Worn | None, bells: BellWatch | None) -> None:
        self.places = places
        self._worn = Worn({}) if worn is None else worn
        self._bells = bells
        self.dock = None if bells is None else bells.sensor
        """The name of the dock's sensor, where there is one."""

    def feed(self, sample: Sample) -> None:
        """Take a sample of any sensor."""
        self._worn.feed(sample)
        if self._bells is not None:
            self._bells.feed(sample)

    def calibrations(self, healths: Iterable[Health], state: SessionState, now_s: float) -> CalibrationChanged | None:
        """Tell which calibrations are over; a set that was begun is finished as it was."""
        expired = tuple(self.places[health.sensor] for health in healths if health.expired)
        return None if expired == state.expired or state.screen in OPEN_SET else CalibrationChanged(now_s, expired)

    def usable(self, health: Health, state: SessionState, now_s: float) -> SensorChanged | None:
        """Tell whether a sensor can be used."""
        place, usable = self.places[health.sensor], health.state is SensorState.LIVE
        return None if state.usable.get(place) is usable else SensorChanged(now_s, place, usable)

    def how_worn(self, state: SessionState, now_s: float) -> WornChanged | None:
        """Tell which sensors are not where they belong; asked only while the patient gets ready."""
        found: tuple[Finding, ...] = ()
        if (known := _next_counted(state)) is not None:
            found = self._worn.look(now_s, standing=known.posture == STANDING)
        else:
            self._worn.forget()
        placed = tuple(Finding(one.mixup, tuple(self.places[name] for name in one.sensors)) for one in found)
        return None if placed == state.misworn else WornChanged(now_s, placed)

    def bells(self, state: SessionState, now_s: float) -> BellsChanged | None:
        """Tell what the dock knows; its silence says something as well."""
        if self._bells is None:
            return None
        self._bells.tick(now_s)
        return None if self._bells.bells == state.bells else BellsChanged(now_s, self._bells.bells)


def _next_counted(state: SessionState) -> Exercise | None:
    """Return what the patient gets ready for, None where that is nothing a sensor counts."""
    match state.screen:
        case Screen.READY:
            return state.exercise
        case Screen.TEST_OFFER if counted(state):
            return exercise(state.testing.how.exercise)
    return None
