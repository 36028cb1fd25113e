"""What cannot be trusted in the samples of one sensor, and why: the stage before the counter.

A sample that cannot be true is no sample, so that a single one does no harm; what does is the hole it leaves. A hole,
a restart or values that stand still blind the counter. Values at the end of the range, or that the chip itself calls
unreliable, only lower the confidence of the repetitions they overlap. Nothing here looks ahead.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Mapping

from drivers.samples import LoadSample, MuscleSample, Quality, Sample, Vector
from edge.signal.events import Reason, TrustChanged
from edge.signal.repeats import ACCEL_AXES, Repeats
from edge.signal.splices import Splices

HOLE_S = 0.5
"""A longer gap between two samples hides what happened: nothing is counted across it."""
SILENT_S = 0.4
"""Silence of the clock on the wall after which the screen is told, so that it knows before ``HOLE_S`` is over."""
DOUBT_S = 0.5
"""A doubt ends when its cause has not been seen for so long."""
LARGEST_M_S2 = 160.0
"""16 g, the widest range of body-worn accelerometers, and a little."""
LARGEST_RAD_S = 36.0
"""2000 degrees per second, the widest range of common gyroscopes, and a little."""
LARGEST_N = 5000.0
"""Half a ton: more than any cell of a home station bears. Not asked of a cell whose unit is unknown."""
CONFIDENCE: Mapping[Reason, float] = {
    Reason.SATURATED: 0.6,
    Reason.LOW_ACCURACY: 0.6,
    Reason.SAMPLES_LOST: 0.3,
    Reason.NO_SUPPORT: 0.6,
}
"""The most that a repetition's confidence can be where it overlaps a doubt. Our choice: below the 0.7 of an undoubted
cycle of acceleration, and for lost samples below even odds, since nobody knows what was lost."""
DOUBTS_KEPT = 32
NOTHING: list[TrustChanged] = []
_GOOD = Quality.GOOD
_NO_ACCEL: Vector = (0.0, 0.0, 0.0)


class Trust:
    """Judges the samples of one sensor in the order they come; constant memory.

    ``takes`` says whether a sample has what is needed of it; one that has not is as good as missing.
    After :meth:`feed`, ``usable`` says whether that sample may be used, and ``broken`` whether it does not follow
    from the one before, so that whoever uses it has to begin anew.
    """

    def __init__(self, takes: Callable[[Sample], bool]) -> None:
        self._takes = takes
        self.usable = False
        self.broken = False
        self.reasons: dict[Reason, float] = {}
        """What is wrong now, with the time at which that was last seen."""
        self._over: deque[tuple[Reason, float, float]] = deque(maxlen=DOUBTS_KEPT)
        self._since_s: dict[Reason, float] = {}
        self._newest_s: float | None = None
        self._begun_s: float | None = None
        self._refused = Reason.GAP
        self._astray_s: float | None = None
        self._repeats = Repeats()
        self._splices = Splices()

    @property
    def blind(self) -> bool:
        """Whether counting has to stop for now."""
        return any(reason.blinds for reason in self.reasons)

    def doubts(self, start_s: float, end_s: float) -> tuple[Reason, ...]:
        """Return the doubts about what happened between two times, each once."""
        now = [reason for reason, since_s in self._since_s.items() if since_s <= end_s]
        over = [reason for reason, since_s, until_s in self._over if since_s <= end_s and until_s >= start_s]
        return tuple(reason for reason in dict.fromkeys(over + now) if reason in CONFIDENCE)

    def tick(self, now_s: float) -> list[TrustChanged]:
        """Let time pass without a sample: a silence is told while it lasts. Nothing else depends on it."""
        silent = self.silent_s(now_s) >= SILENT_S and not self.blind
        return self._begin(now_s, self._refused) if silent else NOTHING

    def silent_s(self, now_s: float) -> float:
        """Return the seconds since the newest sample that could be true, or since it was first asked."""
        if self._begun_s is None:
            self._begun_s = now_s
        return now_s - (self._begun_s if self._newest_s is None else self._newest_s)

    def feed(self, sample: Sample) -> list[TrustChanged]:
        """Take the next sample and return what changed with it."""
        t_s, last_s = sample.t_s, self._newest_s
        self.usable = self.broken = False
        values = _values(sample)
        if not values or not self._takes(sample):
            return self._refuse(t_s, _refusal(sample))
        if not math.isfinite(t_s) or (last_s is not None and t_s <= last_s):
            return self._refuse(t_s, Reason.CLOCK)
        self._newest_s = t_s
        good = sample.quality is _GOOD
        if last_s is not None and (t_s - last_s > HOLE_S or (not good and sample.quality & Quality.RESET_BEFORE)):
            return self._break(t_s, self._refused if t_s - last_s > HOLE_S else Reason.RESET)
        self.usable = True
        self._refused, self._astray_s = Reason.GAP, None
        said = self._end_holes(t_s) if self.reasons else NOTHING
        if not good:
            said = said + self._doubt_quality(t_s, sample.quality)
        found = self._repeats.update(t_s, values)
        if found is not None:
            said = said + self._take(t_s, found)
        if len(values) >= ACCEL_AXES and self._splices.update((values[0], values[1], values[2])):
            said = said + self._begin(t_s, Reason.SAMPLES_LOST)
        return said + self._end_old(t_s) if self.reasons else said

    def _refuse(self, t_s: float, reason: Reason) -> list[TrustChanged]:
        """A sample that cannot be true says something only once there has been no other for too long."""
        self._refused = reason
        if self._astray_s is None:
            self._astray_s = t_s
        # Times that went back are held against the first of them.
        silent_s = max(self.silent_s(t_s), t_s - self._astray_s)
        return self._begin(t_s, reason) if silent_s > HOLE_S and not self.blind else NOTHING

    def _break(self, t_s: float, reason: Reason) -> list[TrustChanged]:
        self.broken = True
        self._repeats.restart()
        self._splices.restart()
        known = [known for known in self.reasons if known.blinds]
        self._refused, self._astray_s = Reason.GAP, None
        return NOTHING if known else self._begin(t_s, reason)

    def _end_holes(self, t_s: float) -> list[TrustChanged]:
        return [event for reason in list(self.reasons) if reason in _HOLES for event in self._end(t_s, reason)]

    def _doubt_quality(self, t_s: float, quality: Quality) -> list[TrustChanged]:
        said = NOTHING
        for flag, reason in _DOUBTED:
            if quality & flag:
                said = said + self._begin(t_s, reason)
        return said

    def _take(self, t_s: float, found: Reason) -> list[TrustChanged]:
        """Values that say nothing new blind while they last; the counter begins anew when they first do."""
        said = self._begin(t_s, found)
        if found.blinds:
            self.usable, self.broken = False, bool(said)
        return said

    def _end_old(self, t_s: float) -> list[TrustChanged]:
        said = NOTHING
        for reason, seen_s in list(self.reasons.items()):
            lasts_s = 0.0 if reason in _STANDING_STILL else DOUBT_S
            if reason is not Reason.SAMPLES_LOST and reason not in _HOLES and t_s - seen_s > lasts_s:
                said = said + self._end(t_s, reason)
        return said

    def _begin(self, t_s: float, reason: Reason) -> list[TrustChanged]:
        known = reason in self.reasons
        self.reasons[reason] = t_s
        if known:
            return NOTHING
        self._since_s[reason] = t_s
        return [TrustChanged(t_s, False, reason)]

    def _end(self, t_s: float, reason: Reason) -> list[TrustChanged]:
        seen_s = self.reasons.pop(reason)
        self._over.append((reason, self._since_s.pop(reason), seen_s))
        return [TrustChanged(t_s, True, reason)]


_HOLES = frozenset({Reason.GAP, Reason.RESET, Reason.IMPLAUSIBLE, Reason.NOT_A_NUMBER, Reason.CLOCK})
_STANDING_STILL = frozenset({Reason.FROZEN, Reason.STUCK_AXIS, Reason.REPEATED})
_DOUBTED = ((Quality.SATURATED, Reason.SATURATED), (Quality.LOW_ACCURACY, Reason.LOW_ACCURACY))


def _values(sample: Sample) -> tuple[float, ...]:
    """Return the numbers of a sample, none where it cannot be used."""
    if isinstance(sample, LoadSample):
        force_n, quality = sample.force_n, sample.quality
        settling = quality is not _GOOD and bool(quality & Quality.SETTLING)
        return (force_n,) if not settling and abs(force_n) < _largest_n(quality) else ()
    if isinstance(sample, MuscleSample):
        return ()  # a muscle's activity moves nothing
    accel, gyro = sample.accel_m_s2, sample.gyro_rad_s
    if accel is not None and not _within(accel, LARGEST_M_S2):
        return ()
    if gyro is None:
        return accel or ()
    # A chip without an accelerometer has three axes that never vary, which is what they are taken for.
    return (accel or _NO_ACCEL) + gyro if _within(gyro, LARGEST_RAD_S) else ()


def _within(vector: Vector, limit: float) -> bool:
    """Return whether all parts are inside the limit; what is no number never is."""
    x, y, z = vector
    return -limit < x < limit and -limit < y < limit and -limit < z < limit


def _largest_n(quality: Quality) -> float:
    return math.inf if quality is not _GOOD and quality & Quality.UNCALIBRATED else LARGEST_N


def _refusal(sample: Sample) -> Reason:
    """Return why a sample is none: its numbers, or that they are not the ones that are needed."""
    if isinstance(sample, LoadSample):
        force_n = sample.force_n
        finite, plausible = math.isfinite(force_n), abs(force_n) < _largest_n(sample.quality)
    elif isinstance(sample, MuscleSample):
        return Reason.GAP
    else:
        accel, gyro = sample.accel_m_s2 or _NO_ACCEL, sample.gyro_rad_s or _NO_ACCEL
        finite = all(map(math.isfinite, accel + gyro))
        plausible = _within(accel, LARGEST_M_S2) and _within(gyro, LARGEST_RAD_S)
    if not finite:
        return Reason.NOT_A_NUMBER
    return Reason.GAP if plausible else Reason.IMPLAUSIBLE
