"""The way through a calibration: one step at a time, each passed, refused with the reason, or done again.

A guide takes samples, the time and decisions, and says where it is; it knows no words, no screen and no disk. The
terminal and the screen show the same guide. Each kind of sensor has a guide in a file of its own.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from drivers.calibration.record import Record
from drivers.calibration.still import MEASURE_S, Refusal
from drivers.config import SensorConfig
from drivers.samples import Sample

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
