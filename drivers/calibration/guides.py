"""Which guide a sensor needs."""

from __future__ import annotations

from drivers.calibration.load_guide import LoadGuide
from drivers.calibration.muscle_guide import MuscleGuide
from drivers.calibration.pose_guide import PoseGuide
from drivers.calibration.record import LoadRecord, Record
from drivers.config import SensorConfig

AnyGuide = LoadGuide | PoseGuide | MuscleGuide


def guide_for(config: SensorConfig, rig: str, stored: Record | None, patient: str = "") -> AnyGuide:
    """Return the guide that a sensor needs.

    ``stored`` is its record in use, if any, ``patient`` the pseudonymous id of whom a muscle is.
    """
    if config.calibrates == "load":
        return LoadGuide(config, rig, stored if isinstance(stored, LoadRecord) else None)
    if config.calibrates == "muscle":
        return MuscleGuide(config, rig, patient)
    return PoseGuide(config, rig)
