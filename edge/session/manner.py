"""How a set is measured here: by a sensor of this rig, by the patient's own count, or by the clock."""

from __future__ import annotations

from collections.abc import Container, Mapping
from enum import StrEnum

from edge.library import Exercise, Measured
from edge.model import PlannedExercise

BY_THE_CLOCK = (Measured.HELD, Measured.TIMED)


class Manner(StrEnum):
    """Who says how much was done."""

    COUNTED = "counted"
    """A sensor of this rig."""
    BY_HAND = "by_hand"
    """The patient."""
    TIMED = "timed"
    """The clock, which the patient starts."""


def manner_of(exercise: Exercise, planned: PlannedExercise, rig: Container[str]) -> Manner:
    """Return how a set is measured where ``rig`` has the places of the sensors.

    Minutes are always by the clock. What is held once, or has no number of repetitions by its nature, is by the clock
    too where no sensor can tell it.
    """
    if planned.duration_min is not None:
        return Manner.TIMED
    if exercise.sensed and exercise.place in rig and exercise.measured is not Measured.TIMED:
        return Manner.COUNTED
    once = planned.reps is None and (planned.hold_s is not None or exercise.measured in BY_THE_CLOCK)
    return Manner.TIMED if once else Manner.BY_HAND


def walk_is_seen(exercise: Exercise, planned: PlannedExercise, usable: Mapping[str, bool]) -> bool:
    """Tell whether a sensor of the rig, and one that can be believed, sees the steps of a walk by the clock."""
    walks = exercise.movement == "walk" and manner_of(exercise, planned, usable) is Manner.TIMED
    return walks and usable.get(exercise.place, False)


def timed_s(planned: PlannedExercise) -> float | None:
    """Return how long a set by the clock is, in seconds; None where the plan leaves it open."""
    return planned.hold_s if planned.duration_min is None else planned.duration_min * 60
