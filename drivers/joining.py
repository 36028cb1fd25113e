"""From a motion chip's separate reports to samples: order, gaps, plausibility, and what belongs to one instant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from drivers.flips import Flips
from drivers.samples import ImuSample, Quality, Quaternion, Vector
from drivers.shtp import ACCELEROMETER, GAME_ROTATION_VECTOR, GYROSCOPE, LINEAR_ACCELERATION, Report
from drivers.vitals import Vitals

MAX_AGE_S = 5.0
"""An older measurement has a corrupted time: the chip's own queue is far shorter."""
GAP_PERIODS = 2.5
"""A longer step between two samples is a gap, whatever their numbers say; two periods can be jitter."""

# Fixed-point steps and the ends of the range: +-8 g and +-2000 deg/s (data sheet); the int16 reaches further.
_ACCEL_STEP_M_S2 = 2.0**-8
_GYRO_STEP_RAD_S = 2.0**-9
_QUATERNION_STEP = 2.0**-14
_ACCEL_END_M_S2 = 78.4
_ACCEL_ABSURD_M_S2 = 90.0
_GYRO_ABSURD_RAD_S = 38.0
_NORM_TOLERANCE = 0.05

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Part(Generic[T]):
    """The newest believable value of one kind of report."""

    t_s: float
    accuracy: int
    value: T


class Join:
    """Turns reports of the given ``kinds`` into one sample per accelerometer report.

    The accuracy that the chip gives itself goes into the vitals: the worst of the kinds that are used.
    """

    def __init__(self, name: str, period_s: float, kinds: Sequence[int], vitals: Vitals) -> None:
        self._name = name
        self._period_s = period_s
        self._kinds = kinds
        self._vitals = vitals
        self._flips = Flips(period_s, vitals.errors)
        self.restart(Quality.GOOD)

    def restart(self, flag: Quality) -> None:
        """Forget what belongs to the time before; ``flag`` goes on the next sample."""
        self._flag = flag
        self._last: dict[int, tuple[int, float]] = {}
        self._accuracies: dict[int, int] = {}
        self._accel: Report | None = None
        self._gyro: _Part[Vector] | None = None
        self._turn: _Part[Quaternion] | None = None
        self._linear: _Part[Vector] | None = None
        self._samples: list[ImuSample] = []
        self._flips.restart()
        self._vitals.accuracy = None

    def take(self, reports: Sequence[Report], now_s: float) -> list[ImuSample]:
        """Return the samples that ``reports`` complete."""
        for report in reports:
            if self._believable(report, now_s):
                self._place(report)
        waiting = self._accel
        if waiting and (self._has_company(waiting) or now_s - waiting.t_s > 1.5 * self._period_s):
            self._finish(waiting)
        self._publish(self._flips.release(now_s))
        samples, self._samples = self._samples, []
        return samples

    def _believable(self, report: Report, now_s: float) -> bool:
        """Check time and sequence; both can be corrupted like any other byte."""
        if report.report_id not in self._kinds:
            return False
        if not now_s - MAX_AGE_S <= report.t_s <= now_s + self._period_s:
            self._vitals.errors["time"] += 1
            return False
        before = self._last.get(report.report_id)
        self._last[report.report_id] = report.sequence, report.t_s
        if before is None:
            return True
        step = (report.sequence - before[0]) & 0xFF
        if step > 1:
            # A corrupted number would claim up to 254 lost reports: the time between the two knows better.
            periods = max(1, round((report.t_s - before[1]) / self._period_s))
            self._vitals.errors["missed"] += min(step - 1, periods)
            if report.report_id == ACCELEROMETER:
                self._flag |= Quality.GAP_BEFORE
        return True

    def _place(self, report: Report) -> None:
        kind = report.report_id
        if kind == ACCELEROMETER:
            if self._accel:
                self._finish(self._accel)
            self._accel = report
        elif kind == GYROSCOPE:
            gyro = _vector(report.values, _GYRO_STEP_RAD_S, _GYRO_ABSURD_RAD_S)
            self._gyro = self._part(report, gyro, self._gyro)
        elif kind == LINEAR_ACCELERATION:
            linear = _vector(report.values, _ACCEL_STEP_M_S2, _ACCEL_ABSURD_M_S2)
            self._linear = self._part(report, linear, self._linear)
        else:
            self._turn = self._part(report, _unit_quaternion(report.values), self._turn)

    def _part(self, report: Report, value: T | None, kept: _Part[T] | None) -> _Part[T] | None:
        self._accuracies[report.report_id] = report.accuracy
        if value is not None:
            return _Part(report.t_s, report.accuracy, value)
        self._vitals.errors["implausible"] += 1
        return kept

    def _has_company(self, accel: Report) -> bool:
        since_s = accel.t_s - self._period_s / 2
        others = {
            GYROSCOPE: self._gyro,
            GAME_ROTATION_VECTOR: self._turn,
            LINEAR_ACCELERATION: self._linear,
        }
        return all(
            part is not None and part.t_s >= since_s
            for part in (others[kind] for kind in self._kinds if kind != ACCELEROMETER)
        )

    def _finish(self, accel: Report) -> None:
        """Turn a waiting acceleration into a sample with whatever belongs to its instant."""
        self._accel = None
        self._accuracies[ACCELEROMETER] = accel.accuracy
        value = _vector(accel.values, _ACCEL_STEP_M_S2, _ACCEL_ABSURD_M_S2)
        if value is None or self._since_last_s(accel.t_s) <= 0.0:
            self._vitals.errors["implausible" if value is None else "order"] += 1
            self._flag |= Quality.GAP_BEFORE
            return
        gyro, turn = self._near(self._gyro, accel.t_s), self._near(self._turn, accel.t_s)
        linear = self._near(self._linear, accel.t_s)
        quality = self._flag
        if 0 in (accel.accuracy, *(part.accuracy for part in (gyro, turn, linear) if part)):
            quality |= Quality.LOW_ACCURACY
        if max(map(abs, value)) >= _ACCEL_END_M_S2:
            quality |= Quality.SATURATED
        if GAP_PERIODS * self._period_s < self._since_last_s(accel.t_s) < float("inf"):
            quality |= Quality.GAP_BEFORE
        self._flag = Quality.GOOD
        self._vitals.accuracy = min(self._accuracies.values())
        sample = ImuSample(
            self._name,
            accel.t_s,
            value,
            gyro.value if gyro else None,
            turn.value if turn else None,
            quality,
            linear.value if linear else None,
        )
        self._publish(self._flips.take(sample))

    def _publish(self, samples: Sequence[ImuSample]) -> None:
        for sample in samples:
            self._vitals.saw(sample.t_s, (sample.accel_m_s2, sample.gyro_rad_s))
            self._samples.append(sample)

    def _since_last_s(self, t_s: float) -> float:
        waiting = self._flips.waiting
        last_s = waiting.t_s if waiting else self._vitals.sample_s
        return float("inf") if last_s is None else t_s - last_s

    def _near(self, part: _Part[T] | None, t_s: float) -> _Part[T] | None:
        return part if part and abs(part.t_s - t_s) <= 1.5 * self._period_s else None


def _vector(raw: tuple[int, ...], step: float, absurd: float) -> Vector | None:
    x, y, z = raw[0] * step, raw[1] * step, raw[2] * step
    if -absurd <= x <= absurd and -absurd <= y <= absurd and -absurd <= z <= absurd:
        return x, y, z
    return None


def _unit_quaternion(raw: tuple[int, ...]) -> Quaternion | None:
    x, y, z, w = (part * _QUATERNION_STEP for part in raw)
    norm = (w * w + x * x + y * y + z * z) ** 0.5
    return (w, x, y, z) if abs(norm - 1.0) <= _NORM_TOLERANCE else None
