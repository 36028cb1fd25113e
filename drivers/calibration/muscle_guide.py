"""The way to a person's own reference of a muscle: at rest, then three efforts with a pause between them."""

from __future__ import annotations

from collections import deque
from datetime import datetime
from enum import StrEnum

from drivers.calibration import effort
from drivers.calibration.guide import LIVE_S, Guide, Step
from drivers.calibration.record import MuscleRecord, wiring
from drivers.calibration.still import Refusal, Why
from drivers.config import SensorConfig
from drivers.samples import MuscleSample, Quality, Sample


class Sense(StrEnum):
    """What a muscle's live reading says: noise at rest, activity, or the end of the range."""

    AT_REST = "at_rest"
    ACTIVE = "active"
    CUT_OFF = "cut_off"


class MuscleGuide(Guide):
    """A person's own reference: the muscle at rest, then three efforts with a pause between them.

    ``patient`` is the pseudonymous id of whose muscle it is. An effort that the converter cut off leads back to the
    rest, because another gain changes that as well; efforts that differ too much have the odd one done again.
    """

    def __init__(self, config: SensorConfig, rig: str, patient: str) -> None:
        super().__init__(config, rig, Step.REST)
        self.patient = patient
        self.rest: effort.Quiet | None = None
        self.plateaus: list[float] = []
        self._spread_share = 0.0
        self._rate_hz = config.number("sample_rate_hz")
        self._pause: tuple[float, float] | None = None
        self._now_s = float("-inf")
        self._recent: deque[MuscleSample] = deque(maxlen=256)

    @property
    def measuring(self) -> bool:
        """True while samples of a look are being collected, and while the muscle recovers."""
        return super().measuring or self.step is Step.PAUSE

    def progress(self, now_s: float) -> float:
        """Return how much of the look, or of the pause, is over, 0 to 1."""
        if self._pause is None:
            return super().progress(now_s)
        begin_s, end_s = self._pause
        return min(1.0, max(0.0, (now_s - begin_s) / (end_s - begin_s)))

    def take(self, sample: Sample) -> None:
        """Take a sample; its level is also the live value."""
        super().take(sample)
        if isinstance(sample, MuscleSample):
            self._recent.append(sample)

    def tick(self, now_s: float) -> None:
        """Let the time pass: a look that is over is judged, a pause that is over leads to the next effort."""
        self._now_s = now_s
        super().tick(now_s)
        if self._pause is not None and now_s >= self._pause[1]:
            self._pause, self.step = None, Step.EFFORT

    def back(self) -> None:
        """Return to the step before; its effort is done again."""
        super().back()
        if self.step is Step.EFFORT:
            del self.plateaus[-1:]

    def live_level(self) -> float | None:
        """Return the mean level of the last half second, a share of the range; None while nothing comes."""
        recent = self._live()
        return sum(sample.level for sample in recent) / len(recent) if recent else None

    def live_sense(self) -> Sense | None:
        """Return what the last half second says; None while nothing comes."""
        level, recent = self.live_level(), self._live()
        if level is None:
            return None
        if any(sample.quality & Quality.SATURATED for sample in recent):
            return Sense.CUT_OFF
        begins = self.rest.begins if self.rest else effort.QUIET_LEVEL
        return Sense.ACTIVE if level > begins else Sense.AT_REST

    def record(self, made_at: datetime) -> MuscleRecord:
        """Return the record, dated ``made_at``."""
        if self.step is not Step.DONE or self.rest is None:
            raise RuntimeError(f"{self.config.name}: the calibration is not finished")
        found = effort.reference_of(self.rest, self.plateaus)
        return MuscleRecord(
            sensor=self.config.name,
            rig=self.rig,
            wiring=wiring(self.config),
            patient=self.patient,
            place=self.config.place,
            made_at=made_at,
            rest_level=found.rest,
            rest_sd=found.rest_sd,
            full_level=found.full,
            efforts=len(self.plateaus),
            spread_share=self._spread_share,
        )

    def _live(self) -> list[MuscleSample]:
        return [sample for sample in self._recent if sample.t_s > self._newest_s - LIVE_S]

    def _length_s(self) -> float:
        return effort.EFFORT_S if self.step is Step.EFFORT else effort.REST_S

    def _judge(self, samples: list[Sample]) -> None:
        levels = [sample for sample in samples if isinstance(sample, MuscleSample)]
        if self.step is Step.REST or self.rest is None:
            self._take_rest(effort.rest_of(levels, self._rate_hz))
        else:
            self._take_effort(effort.plateau_of(levels, self.rest, self._rate_hz), self.rest)

    def _take_rest(self, found: effort.Quiet | Refusal) -> None:
        if isinstance(found, Refusal):
            self.refusal = found
            return
        self.rest = found
        self._pass_on(Step.EFFORT)

    def _take_effort(self, found: float | Refusal, rest: effort.Quiet) -> None:
        if isinstance(found, Refusal):
            self.refusal = found
            if found.why is Why.CUT_OFF:
                self.step, self.rest, self.plateaus, self._path = Step.REST, None, [], []
            return
        self.plateaus.append(found)
        if len(self.plateaus) < effort.EFFORTS:
            self._pass_on(Step.PAUSE)
            self._recover()
            return
        spread = effort.apart(self.plateaus, rest)
        if isinstance(spread, Refusal):
            self.refusal = spread
            del self.plateaus[effort.odd_one(self.plateaus)]
            self.step = Step.PAUSE
            self._recover()
            return
        self._spread_share = spread
        self._pass_on(Step.DONE)

    def _recover(self) -> None:
        self._pause = self._now_s, self._now_s + effort.PAUSE_S
