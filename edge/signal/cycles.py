from __future__ import annotations

from drivers.samples import Sample
from edge.model import Activity, Phase
from edge.signal.events import SignalEvent
from edge.signal.profiles import CycleProfile


class CycleCounter:
    unit = "m/s2"

    def __init__(self, profile: CycleProfile, phases: tuple[Phase, Phase, Phase, Phase]) -> None:
        self.activity = Activity.ARMING
        self.phase: Phase | None = None
        self.reps = 0
        self.position = 0.0
        self.signal = 0.0

    def takes(self, sample: Sample) -> bool:
        return True

    def step(self, sample: Sample, force_n: float | None) -> list[SignalEvent]:
        return []

    def blind(self, t_s: float) -> list[SignalEvent]:
        return []
