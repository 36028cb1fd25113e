"""The way through a calibration: one step at a time, each passed, refused with the reason, or done again.

A guide takes samples, the time and decisions, and says where it is; it knows no words, no screen and no disk. The
terminal and the screen show the same guide. The guide of a muscle is ``drivers/calibration/muscle_guide.py``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from drivers.calibration import load
from drivers.calibration.pose import Pose, still_pose
from drivers.calibration.record import LoadRecord, PoseRecord, Record, capacity_kg, gain, wiring
from drivers.calibration.still import MEASURE_S, Refusal, Still, Why, look
from drivers.config import SensorConfig
from drivers.samples import STANDARD_GRAVITY_M_S2, ImuSample, LoadSample, Quality, Sample, Vector

HANDS_OFF_S = 0.5
"""Between the word that it hangs still and the first sample that counts: a hand goes back to where it was."""
PATIENCE_S = 2.0
"""A look that is not full by this long after its time is judged by what came."""
LIVE_S = 0.5
"""The live value is the mean of the last half second: a figure that can be read."""


class Step(StrEnum):
    """What somebody is asked to do."""

    EMPTY = "empty"
    """Take everything off the hook."""
    CONFIRM = "confirm"
    """Say that nothing hangs on it: there is no earlier zero to compare with."""
    WEIGHT = "weight"
    """Hang a known weight; its kg are asked for."""
    OFF = "off"
    """Take the weight off again."""
    AGAIN = "again"
    """Hang the same weight once more."""
    SECOND = "second"
    """Hang another weight instead; its kg may be unknown, and the step may be skipped."""
    BOTH = "both"
    """Hang both weights together."""
    POSE = "pose"
    """Put the sensor where it belongs and keep still."""
    REST = "rest"
    """Let the muscle rest."""
    EFFORT = "effort"
    """Tense the muscle hard, without pain, and hold it."""
    PAUSE = "pause"
    """Let the muscle recover; goes on by itself."""
    DONE = "done"
    """Everything passed; the record is ready."""


@dataclass(slots=True)
class _Look:
    """The samples of the look that is under way."""

    begin_s: float
    length_s: float = MEASURE_S
    samples: list[Sample] = field(default_factory=list)

    def take(self, sample: Sample) -> None:
        if self.begin_s <= sample.t_s < self.begin_s + self.length_s:
            self.samples.append(sample)

    def share(self, now_s: float) -> float:
        return min(1.0, max(0.0, (now_s - self.begin_s) / self.length_s))

    def over(self, now_s: float, newest_s: float) -> bool:
        full = newest_s >= self.begin_s + self.length_s
        return full or now_s >= self.begin_s + self.length_s + PATIENCE_S


class Guide(ABC):
    """What all guides share: the step, the look under way, and what came of the last one."""

    def __init__(self, config: SensorConfig, rig: str, first: Step) -> None:
        self.config = config
        self.rig = rig
        self.step = first
        self.refusal: Refusal | None = None
        """Why the step did not pass the last time it was tried; None before that."""
        self._look: _Look | None = None
        self._newest_s = float("-inf")
        self._path: list[Step] = []

    @property
    def measuring(self) -> bool:
        """True while samples of a look are being collected."""
        return self._look is not None

    @property
    def can_go_back(self) -> bool:
        """True where an earlier step can be done again."""
        return (bool(self._path) or self.step is Step.CONFIRM) and not self.measuring

    def progress(self, now_s: float) -> float:
        """Return how much of the look is over, 0 to 1."""
        return self._look.share(now_s) if self._look else 0.0

    def take(self, sample: Sample) -> None:
        """Take a sample of the sensor, whatever the step is."""
        self._newest_s = max(self._newest_s, sample.t_s)
        if self._look:
            self._look.take(sample)

    def tick(self, now_s: float) -> None:
        """Let the time pass: a look that is over is judged."""
        if self._look and self._look.over(now_s, self._newest_s):
            samples, self._look = self._look.samples, None
            self._judge(samples)

    def begin(self, now_s: float) -> None:
        """Start the look of this step; nothing where one is under way or none is needed."""
        if self._look is None and self.step not in (Step.CONFIRM, Step.PAUSE, Step.DONE):
            self.refusal = None
            self._look = _Look(now_s + HANDS_OFF_S, self._length_s())

    def back(self) -> None:
        """Return to the step before, to do it again."""
        if self.can_go_back:
            self.step = Step.EMPTY if self.step is Step.CONFIRM else self._path.pop()
            self.refusal = None

    @abstractmethod
    def record(self, made_at: datetime) -> Record:
        """Return what is to be kept; only when done."""

    @abstractmethod
    def _judge(self, samples: list[Sample]) -> None:
        """Take a whole look's samples: pass the step, or say why not."""

    def _length_s(self) -> float:
        """Return how long the look of this step lasts."""
        return MEASURE_S

    def _pass_on(self, following: Step) -> None:
        self._path.append(self.step)
        self.step = following


class LoadGuide(Guide):
    """Zero and span of a load cell that is read without calibration, so that its samples carry bare counts.

    ``stored`` is the record in use, whose reference zero a new one is held against; None for a new cell.
    """

    def __init__(self, config: SensorConfig, rig: str, stored: LoadRecord | None) -> None:
        super().__init__(config, rig, Step.EMPTY)
        self.stored = stored
        self.capacity_kg = capacity_kg(config)
        self.weight_kg: float | None = stored.weight_kg if stored else None
        self._gain = gain(config)
        self._looks: dict[Step, Still] = {}
        self._second_kg: float | None = None
        self._newton_per_count = stored.newton_per_count if stored else None
        self._repeated: float | None = None
        self._linear: float | None = None
        self._back_kg = 0.0
        self._kept = False
        self._recent: deque[tuple[float, float]] = deque(maxlen=256)

    @property
    def asks_kg(self) -> bool:
        """True where the weight has to be told with :meth:`weigh`."""
        return self.step in (Step.WEIGHT, Step.SECOND)

    @property
    def can_keep(self) -> bool:
        """True where a new zero is enough, because the span of an earlier calibration stands."""
        return self.step is Step.WEIGHT and self.stored is not None

    def take(self, sample: Sample) -> None:
        """Take a sample; its bare count is also the live value."""
        super().take(sample)
        if isinstance(sample, LoadSample) and not sample.quality & Quality.SETTLING:
            self._recent.append((sample.t_s, sample.force_n))

    def live_kg(self) -> float | None:
        """Return what hangs on the cell now as far as it is known: None before there is a zero and a span."""
        count, zero, n_per_count = self.live_count(), self._looks.get(Step.EMPTY), self._newton_per_count
        if count is None or n_per_count is None or not (zero or self.stored):
            return None
        zero_count = zero.mean_count if zero else float(self.stored.zero_count if self.stored else 0)
        return (count - zero_count) * n_per_count / STANDARD_GRAVITY_M_S2

    def live_count(self) -> float | None:
        """Return the mean count of the last half second; None while nothing comes."""
        recent = [count for t_s, count in self._recent if t_s > self._newest_s - LIVE_S]
        return sum(recent) / len(recent) if recent else None

    def confirm(self) -> None:
        """Take somebody's word that nothing hangs on the cell."""
        if self.step is Step.CONFIRM:
            self.step = Step.EMPTY
            self._take_zero(self._looks[Step.EMPTY], confirmed=True)

    def weigh(self, kg: float | None, now_s: float) -> None:
        """Tell the weight that hangs, None for an unknown second one, and start the look."""
        if self.measuring or not self.asks_kg:
            return
        self.refusal = load.weight_fits(kg, self.capacity_kg) if kg is not None else None
        if self.refusal is not None or (kg is None and self.step is Step.WEIGHT):
            return
        if self.step is Step.SECOND:
            self._second_kg = kg
        else:
            self.weight_kg = kg
        self.begin(now_s)

    def skip(self) -> None:
        """Do without a second weight: linearity stays unchecked."""
        if self.step in (Step.SECOND, Step.BOTH) and not self.measuring:
            self._linear, self.refusal = None, None
            self._pass_on(Step.DONE)

    def keep(self) -> None:
        """End with the new zero and the span of the stored calibration."""
        if self.can_keep and not self.measuring:
            self._kept = True
            self._pass_on(Step.DONE)

    def back(self) -> None:
        """Return to the step before; a span that is to be measured again is forgotten."""
        super().back()
        self._kept = False
        if self.step in (Step.EMPTY, Step.WEIGHT):
            self._newton_per_count = self.stored.newton_per_count if self.stored else None

    def record(self, made_at: datetime) -> LoadRecord:
        """Return the record, dated ``made_at``; after :meth:`keep` only the zero is new, the span keeps its date."""
        zero = self._looks[Step.EMPTY]
        zero_count = round(zero.mean_count)
        if self._kept and self.stored:
            known = {name: getattr(self.stored, name) for name in self.stored.__struct_fields__}
            spread_n = zero.spread_count * abs(self.stored.newton_per_count)
            return LoadRecord(**{**known, "tared_at": made_at, "zero_count": zero_count, "spread_n": spread_n})
        n_per_count, weight_kg = self._newton_per_count, self.weight_kg
        if self.step is not Step.DONE or n_per_count is None or weight_kg is None:
            raise RuntimeError(f"{self.config.name}: the calibration is not finished")
        return LoadRecord(
            sensor=self.config.name,
            rig=self.rig,
            wiring=wiring(self.config),
            made_at=made_at,
            tared_at=made_at,
            capacity_kg=self.capacity_kg,
            weight_kg=weight_kg,
            zero_count=zero_count,
            reference_zero_count=self.stored.reference_zero_count if self.stored else zero_count,
            newton_per_count=n_per_count,
            spread_n=zero.spread_count * abs(n_per_count),
            back_kg=self._back_kg,
            repeated_share=self._repeated,
            linear_share=self._linear,
            warming_up=any(found.warming_up for found in self._looks.values()),
        )

    def _judge(self, samples: list[Sample]) -> None:
        counts = [sample for sample in samples if isinstance(sample, LoadSample)]
        limit = load.still_limit(self.capacity_kg, self._newton_per_count, self._gain)
        rated = load.rated_counts(self.capacity_kg, self._newton_per_count, self._gain)
        found = look(counts, limit, self.capacity_kg / rated)
        if isinstance(found, Refusal):
            self.refusal = found
            return
        self._looks[self.step] = found
        self._JUDGES[self.step](self, found)

    def _take_zero(self, zero: Still, *, confirmed: bool = False) -> None:
        stored = self.stored
        reference = (float(stored.reference_zero_count), stored.newton_per_count) if stored else None
        verdict = load.tare(zero, self.capacity_kg, reference, confirmed=confirmed)
        if not isinstance(verdict, Refusal):
            self._pass_on(Step.WEIGHT)
        elif verdict.why is Why.UNCONFIRMED:
            self.step = Step.CONFIRM
        else:
            self.refusal = verdict

    def _take_weight(self, loaded: Still) -> None:
        verdict = load.span(self._zero, loaded, self.weight_kg or 0.0, self.capacity_kg, self._gain)
        self._newton_per_count = self._passed(verdict, Step.OFF) or self._newton_per_count

    def _take_off(self, again: Still) -> None:
        verdict = load.returned(self._zero, again, self._span, self.capacity_kg)
        self._back_kg = self._passed(verdict, Step.AGAIN) or 0.0

    def _take_again(self, again: Still) -> None:
        verdict = load.repeated(self._zero, self._looks[Step.WEIGHT], again)
        self._repeated = self._passed(verdict, Step.SECOND)

    def _take_second(self, other: Still) -> None:
        if self._second_kg is None:
            self._pass_on(Step.BOTH)
            return
        verdict = load.linear(self._zero, other, self._second_kg, self._span)
        self._linear = self._passed(verdict, Step.DONE)

    def _take_both(self, both: Still) -> None:
        one, other = self._looks[Step.WEIGHT], self._looks[Step.SECOND]
        self._linear = self._passed(load.additive(self._zero, one, other, both), Step.DONE)

    def _passed(self, verdict: float | Refusal, following: Step) -> float | None:
        """Go on with the figure, or stay with the refusal."""
        if isinstance(verdict, Refusal):
            self.refusal = verdict
            return None
        self._pass_on(following)
        return verdict

    @property
    def _zero(self) -> Still:
        return self._looks[Step.EMPTY]

    @property
    def _span(self) -> float:
        if self._newton_per_count is None:
            raise RuntimeError(f"{self.config.name}: a weight was judged before the span")
        return self._newton_per_count

    _JUDGES: ClassVar[dict[Step, Callable[[LoadGuide, Still], None]]] = {
        Step.EMPTY: _take_zero,
        Step.WEIGHT: _take_weight,
        Step.OFF: _take_off,
        Step.AGAIN: _take_again,
        Step.SECOND: _take_second,
        Step.BOTH: _take_both,
    }


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
