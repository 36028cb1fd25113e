"""The guide of a motion sensor: its still pose, in one step."""

from __future__ import annotations

from datetime import datetime

from drivers.calibration.guide import Guide, Step
from drivers.calibration.pose import Pose, still_pose
from drivers.calibration.record import PoseRecord, wiring
from drivers.calibration.still import Refusal
from drivers.config import SensorConfig
from drivers.samples import ImuSample, Sample, Vector


class PoseGuide(Guide):
    """The still pose of a motion sensor, in one step."""

    def __init__(self, config: SensorConfig, rig: str) -> None:
        super().__init__(config, rig, Step.POSE)
        self.pose: Pose | None = None
        self._accel: Vector | None = None

    def take(self, sample: Sample) -> None:
        """Take a sample; its acceleration is also the live value."""
        super().take(sample)
        if isinstance(sample, ImuSample):
            self._accel = sample.accel_m_s2

    def live_accel(self) -> Vector | None:
        """Return the newest acceleration in m/s^2, or None."""
        return self._accel

    def record(self, made_at: datetime) -> PoseRecord:
        """Return the record, dated ``made_at``."""
        if self.pose is None:
            raise RuntimeError(f"{self.config.name}: the calibration is not finished")
        return PoseRecord(
            sensor=self.config.name,
            rig=self.rig,
            wiring=wiring(self.config),
            made_at=made_at,
            up=self.pose.up,
            gyro_bias_rad_s=self.pose.gyro_bias_rad_s,
            spread_m_s2=self.pose.spread_m_s2,
        )

    def _judge(self, samples: list[Sample]) -> None:
        found = still_pose([sample for sample in samples if isinstance(sample, ImuSample)])
        if isinstance(found, Refusal):
            self.refusal = found
        else:
            self.pose = found
            self._pass_on(Step.DONE)
