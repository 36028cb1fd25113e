"""A rig without hardware to calibrate: an emulated sensor, and a technician who does what the guide asks."""

from __future__ import annotations

from dataclasses import dataclass, replace

from drivers.calibration.guide import Step
from drivers.calibration.guides import AnyGuide
from drivers.calibration.load import counts_per_mv_v
from drivers.calibration.load_guide import LoadGuide
from drivers.calibration.record import gain
from drivers.clock import Clock
from drivers.config import Hardware, SensorConfig
from drivers.emulation.rig import EmulatedHardware, at_rest
from drivers.samples import STANDARD_GRAVITY_M_S2, Quaternion, Vector

TRUE_ZERO_COUNT = 84_000
TRUE_MV_V = 2.0
"""What the emulated cell gives at its rated load: that of a usual one."""
WEIGHT_SHARE, SECOND_SHARE = 0.1, 0.2
"""The technician's two weights, as shares of what the cell is made for."""
EFFORT_LEVEL = 0.6
"""What the board gives while the muscle is tensed, as a share of its range."""


@dataclass(frozen=True, slots=True)
class _AtRest:
    accel_m_s2: Vector = (0.0, 0.6 * STANDARD_GRAVITY_M_S2, 0.8 * STANDARD_GRAVITY_M_S2)
    gyro_rad_s: Vector = (0.0, 0.0, 0.0)
    quaternion_wxyz: Quaternion = (1.0, 0.0, 0.0, 0.0)


class Technician:
    """Hangs on the hook what the guide asks for, the moment it asks, and tenses the muscle."""

    def __init__(self, guide: AnyGuide) -> None:
        self.guide = guide
        capacity_kg = guide.capacity_kg if isinstance(guide, LoadGuide) else 0.0
        self.weight_kg, self.second_kg = WEIGHT_SHARE * capacity_kg, SECOND_SHARE * capacity_kg

    def hangs_kg(self, step: Step) -> float:
        """Return what hangs on the hook during a step."""
        return {
            Step.WEIGHT: self.weight_kg,
            Step.AGAIN: self.weight_kg,
            Step.SECOND: self.second_kg,
            Step.BOTH: self.weight_kg + self.second_kg,
        }.get(step, 0.0)

    def force_n(self, _place: str, _t_s: float) -> float:
        """Return the pull on the cell."""
        return self.hangs_kg(self.guide.step) * STANDARD_GRAVITY_M_S2

    def muscle(self, place: str, t_s: float) -> float:
        """Return what a muscle's board gives: tensed while an effort is looked at."""
        tensed = self.guide.step is Step.EFFORT and self.guide.measuring
        return EFFORT_LEVEL if tensed else at_rest(place, t_s)

    def motion(self, _place: str, _t_s: float) -> _AtRest:
        """Return what a motion sensor that is kept still feels."""
        return _AtRest()


def emulated(config: SensorConfig, technician: Technician, clock: Clock) -> Hardware:
    """Return hardware with this one sensor on it, whose true zero and span the guide has to find."""
    if isinstance(technician.guide, LoadGuide):
        counts = counts_per_mv_v(gain(config)) * TRUE_MV_V
        rated_n = technician.guide.capacity_kg * STANDARD_GRAVITY_M_S2
        truth = {"zero_count": TRUE_ZERO_COUNT, "newton_per_count": rated_n / counts}
        config = replace(config, settings={**config.settings, **truth})
    return EmulatedHardware([config], technician.motion, technician.force_n, clock, muscle=technician.muscle, seed=1)
