"""The guide of a load cell: zero, a known weight, off and on again, and a second weight."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from datetime import datetime
from typing import ClassVar

from drivers.calibration import load
from drivers.calibration.guide import LIVE_S, Guide, Step
from drivers.calibration.record import LoadRecord, capacity_kg, gain, wiring
from drivers.calibration.still import Refusal, Still, Why, look
from drivers.config import SensorConfig
from drivers.samples import STANDARD_GRAVITY_M_S2, LoadSample, Quality, Sample


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
