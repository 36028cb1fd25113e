"""What every load cell has in common, whichever converter reads it: from counts to samples in newtons.

A converter's driver finds conversions and hands their words over; what settling, wrong words, the ends of the range,
warming up and a drifting zero mean for a sample is decided here, once.
"""

from __future__ import annotations

from dataclasses import dataclass

from drivers.base import Health
from drivers.cadence import Cadence
from drivers.config import CAPACITY_KG, Key, SensorConfig, is_whole, missing
from drivers.guard import Guard, Word
from drivers.samples import LoadSample, Quality
from drivers.vitals import STALE_AFTER_S, Vitals
from drivers.zero import ZeroTracker

COUNT_MAX = 0x7FFFFF
COUNT_MIN = -0x800000
COUNT_RANGE = 0x800000
"""Counts from zero to the end of a converter of 24 bits."""

SETTLING_CONVERSIONS = 5
"""Conversions thrown away after power-up and after a change of gain or channel: the filter of both converters is four
conversions long (data sheets: HX711 400 ms at 10 SPS and 50 ms at 80), and the one under way may still have the old
gain. Thrown away, because four of them may be anything and the first may have another scale."""
WARM_UP_S = 300.0
"""Cell and board heat themselves by some 50 mW; bridge and amplifier drift until that is over. Users report the first
minutes, scales of a lab ask for far longer. Five minutes: our choice, three time constants of a small cell."""
MISSED_CONVERSIONS = 2.5
"""Without a conversion for so many usual intervals a cell is lost. The third missed one would be due after three, and
to look takes time as well: at 10 a second that makes the 0.3 s of F10."""
STALE_LEAST_S = 0.06
"""But not sooner: a busy computer is late by tens of milliseconds without anything being lost."""
SAME_WORDS = 6.5
"""So many intervals with one and the same word, and it is stuck: an HX711's noise alone makes two neighbours equal in
one case of seventy, seven in a row in no year of use."""
SNAP_NEEDS_HZ = 60.0
"""A snap is a fall within 50 ms: that takes three conversions."""
GIVE_UP_S = 2.0
"""A converter without a conversion for this long is opened again."""

SNAP_OFF = "band snap detection is off"
"""Said in ``Health.limits`` while conversions come more slowly than ``SNAP_NEEDS_HZ``."""
SHORT_PULLS_OFF = "pulls of less than two conversions are not seen"
"""Said beside it: the guard against wild words takes them for such."""
PHASES_OFF = 3.0
"""Intervals that the beginning or end of a phase may be off: at 10 conversions a second 19 of 20 of 300 boundaries of
pulls were within 2.8, the worst was off by 3.2."""
ZERO_UNSURE = "the zero may have drifted: let go of the cell, or tare it"
"""Said in ``Health.limits`` while samples are flagged DRIFTED."""


def phases_off(rate_hz: float) -> str:
    """Return what is said in ``Health.limits`` of tempo while conversions come as slowly as this.

    >>> phases_off(10.04)
    '10 conversions a second: phases are exact to 300 ms'
    """
    whole_hz = max(1, round(rate_hz))
    return f"{whole_hz} conversions a second: phases are exact to {1e3 * PHASES_OFF / whole_hz:.0f} ms"


@dataclass(frozen=True, slots=True)
class LoadCalibration:
    """A straight line from counts to newtons: ``force_n = (count - zero_count) * newton_per_count``."""

    zero_count: int
    newton_per_count: float

    def force_n(self, count: float) -> float:
        """Return the force behind a count, pull positive."""
        return (count - self.zero_count) * self.newton_per_count


class LoadCell:
    """One cell behind a converter asked for ``rate_hz``; without a calibration "forces" are bare counts.

    The converter's driver calls :meth:`begin` when the converter starts or has been started anew, :meth:`idle` and
    :meth:`found` for every look, and :meth:`spoilt` for a conversion whose word cannot be trusted.
    """

    def __init__(self, name: str, rate_hz: float, calibration: LoadCalibration | None) -> None:
        self.name = name
        self.vitals = Vitals(name, rate_hz)
        self._rate_hz = rate_hz
        self._calibration = calibration
        self._cadence = Cadence(rate_hz)
        self._guard = Guard(calibration.newton_per_count if calibration else None)
        self._zero = ZeroTracker(calibration.zero_count, COUNT_RANGE) if calibration else None
        self._always = Quality.GOOD if calibration else Quality.UNCALIBRATED
        self._gap = False
        self._settling = SETTLING_CONVERSIONS
        self._warm_s = 0.0
        self._heard_s: float | None = None
        self._set_patience()

    def opened(self, now_s: float) -> None:
        """The converter answers: it has just been powered, for all that is known."""
        self.vitals.opened(now_s)
        self._warm_s = now_s + WARM_UP_S
        if self._zero is not None:
            self._zero.restart()
        self.begin()
        self._guard.restart()
        self._heard_s = None

    def begin(self) -> None:
        """Conversions begin anew, after a moment without power or with another gain: they have to settle."""
        self._settling = SETTLING_CONVERSIONS
        self._cadence.restart()
        self._guard.interrupt()
        self._gap = self._gap or self._heard_s is not None

    def idle(self, now_s: float) -> None:
        """A look found no new conversion."""
        self._cadence.idle(now_s)

    def found(self, now_s: float, count: int) -> list[LoadSample]:
        """Take a conversion found at ``now_s`` and return the samples that are believed now, oldest first."""
        made_s = self._date(now_s)
        if self._cadence.paused and not self._settling:
            # No host keeps a converter from converting: it lost its power for a moment, and its gain with it.
            self.vitals.resets += 1
            self.begin()
        if self._settling:
            self._settling -= 1
            return []
        before = self._guard.dropped
        words = self._guard.take(Word(made_s, count, self._gap))
        self._gap = False
        if self._guard.dropped > before:
            self.vitals.errors["glitch"] += self._guard.dropped - before
        return [self._sample(word) for word in words]

    def spoilt(self, now_s: float, kind: str) -> None:
        """A conversion found at ``now_s`` is lost, because its word was wrong in a way that has a name."""
        self._date(now_s)
        self.vitals.errors[kind] += 1
        self._gap = True

    def silent_s(self, now_s: float) -> float:
        """Return the seconds since the newest conversion, believed or not, or since opening."""
        return self.vitals.silent_s(now_s) if self._heard_s is None else max(0.0, now_s - self._heard_s)

    def health(self, now_s: float) -> Health:
        """Return how the cell is doing at ``now_s``."""
        self.vitals.limits = tuple(self._limits(now_s))
        return self.vitals.health(now_s)

    def _limits(self, now_s: float) -> list[str]:
        rate_hz = self._cadence.rate_hz or self._rate_hz
        drifted = self._zero is not None and self._zero.drifted(now_s)
        slow = rate_hz < SNAP_NEEDS_HZ
        said = (
            (SNAP_OFF, slow),
            (SHORT_PULLS_OFF, slow),
            (phases_off(rate_hz), slow),
            (ZERO_UNSURE, drifted),
        )
        return [words for words, true in said if true]

    def _date(self, now_s: float) -> float:
        made_s, missing = self._cadence.found(now_s)
        self._heard_s = made_s
        if missing:
            self.vitals.errors["missed"] += 1
            self._gap = True
        self._set_patience()
        return made_s

    def _set_patience(self) -> None:
        """Judge silence and sameness by how often conversions really come."""
        interval_s = self._cadence.interval_s
        self.vitals.stale_after_s = min(max(MISSED_CONVERSIONS * interval_s, STALE_LEAST_S), STALE_AFTER_S)
        self.vitals.frozen_after_s = SAME_WORDS * interval_s

    def _sample(self, word: Word) -> LoadSample:
        t_s, count = word.t_s, word.count
        quality = self._always | (Quality.GAP_BEFORE if word.gap else Quality.GOOD)
        at_the_end = count in (COUNT_MAX, COUNT_MIN)
        if at_the_end:
            quality |= Quality.SATURATED
        # At the end of the range the same word again is nothing odd.
        self.vitals.saw(t_s, t_s if at_the_end else count)
        if t_s < self._warm_s:
            quality |= Quality.WARMING_UP
        if self._zero is None or self._calibration is None:
            return LoadSample(self.name, t_s, float(count), quality)
        self._zero.take(t_s, count)
        if self._zero.drifted(t_s):
            quality |= Quality.DRIFTED
        return LoadSample(self.name, t_s, self._calibration.force_n(count - self._zero.offset), quality)


CELL_KEYS = {
    "zero_count": Key(
        "a whole number from -8388608 to 8388607",
        lambda value: is_whole(value) and value in range(COUNT_MIN, COUNT_MAX + 1),
        optional=True,
    ),
    "newton_per_count": Key(
        "a number other than 0, below 1",
        lambda value: isinstance(value, float) and 0 < abs(value) < 1,
        optional=True,
    ),
    "capacity_kg": CAPACITY_KG,
}
"""What ``station.toml`` may say of a cell, whichever converter reads it."""


def calibration_of(config: SensorConfig) -> LoadCalibration | None:
    """Return the calibration that stands in the configuration, if any."""
    if "newton_per_count" not in config.settings:
        return None
    return LoadCalibration(config.whole("zero_count"), config.number("newton_per_count"))


def check_calibration(config: SensorConfig, where: str) -> None:
    """Raise ConfigError where one half of a calibration is given without the other."""
    for key, other in (("zero_count", "newton_per_count"), ("newton_per_count", "zero_count")):
        if key not in config.settings and other in config.settings:
            raise missing(f"{where}.{key}", f"a number, because {other} is given")
