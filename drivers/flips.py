"""Finds the number in which one bit was turned on its way from a motion chip, without hiding a jolt.

Nothing in the protocol carries a checksum, and size alone tells nothing: a foot that strikes or a bell that is caught
can push an accelerometer to the end of its range and back within three samples, and shake a gyroscope as fast. So
what is looked for is not a large number but the mark of a turned bit, all of it::

    one number of one instant is far from the line between the samples before and after it,
    with one of its bits turned back it is on that line,
    and every other number of that instant is on its own line already.

A body does not do that. A push goes through all axes of a sensor that is strapped to a limb, and turns it as well,
unless it acts along one axis to within a few degrees (the sine of that is the share allowed to the others); and then
it would have to be gone 10 ms later, leave nothing behind and be worth a power of two. Where a limb shakes so much
that no line fits, nothing is dropped: a wrong number does little harm among such ones.

A number near that of the sample before it is believed at once. A suspect waits for the next sample, one period, and
keeps its own time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from drivers.samples import ImuSample, Quality

WITNESS_PERIODS = 2.5
"""A neighbour further away than that (two periods can be jitter) vouches for nothing, and is not waited for."""
USUAL_S = 0.01
"""The period that the allowances are made for: 100 samples a second. With more time between the samples a limb can
leave the line by more, as the square of it."""

# Fixed-point steps in one unit of the measured quantity, and what noise, tremor and pulse add to it at rest: 0.04
# m/s^2, 0.01 rad/s, 0.1 degrees of a turn. Some four times the noise of the chip; our choice.
_ACCEL = 2.0**8, 0.04
_GYRO = 2.0**9, 0.01
_TURN = 2.0**14, 0.001
_LEAST = 16.0
"""Times the noise that a turned bit must be worth to be looked for: 0.64 m/s^2, 9 deg/s. Less does no harm: it is
smaller than what is taken for a foot strike, a seat or a movement."""
_AGREE = 1 / 2
"""Share of a bit's worth by which the two neighbours may differ that testify against it. Our choice."""
_ALLOWED, _ALLOWED_LEAST, _ALLOWED_MOST = 1 / 16, 2.0, 12.0
"""Share of a bit's worth by which numbers may be off their lines, and its bounds in units of the noise. A shake to
and fro five times a second with 10 m/s^2 is off by the most of them."""


def _bits(step: float, noise: float) -> tuple[int, ...]:
    return tuple(1 << bit for bit in range(16) if (1 << bit) / step >= _LEAST * noise)


_SCALES = (_ACCEL,) * 3 + (_GYRO,) * 3 + (_TURN,) * 4 + (_ACCEL,) * 3
"""Of the numbers of a sample in the order of :func:`_numbers`."""
_BITS = tuple(_bits(*scale) for scale in _SCALES)
"""The bits looked for in each number, as values."""
_NEAR = tuple(0.5 * bits[0] / step for bits, (step, _) in zip(_BITS, _SCALES, strict=True))
"""Nearer than this to the sample before, none of those bits was turned: the line and the number may be off by a
little less than half of the least one's worth."""

_NO_VECTOR = (0.0, 0.0, 0.0)
_NO_TURN = (0.0, 0.0, 0.0, 0.0)


class Flips:
    """Takes samples in order and lets the believable ones through; ``errors["flipped"]`` counts the others."""

    def __init__(self, period_s: float, errors: Counter[str]) -> None:
        self._within_s = WITNESS_PERIODS * period_s
        self._errors = errors
        self.restart()

    def restart(self) -> None:
        """Forget the sample before, and one that waits."""
        self.waiting: ImuSample | None = None
        """The sample that waits for the next one."""
        self._before: ImuSample | None = None
        self._numbers: Sequence[float] = ()

    def take(self, sample: ImuSample) -> list[ImuSample]:
        """Return the samples that are believed now, oldest first: one that waited, this one, both or none."""
        passed = []
        suspect, before = self.waiting, self._before
        if suspect is not None and before is not None:
            self.waiting = None
            if sample.t_s - suspect.t_s <= self._within_s and _is_flipped(before, suspect, sample):
                self._errors["flipped"] += 1
                missing = Quality.GAP_BEFORE | suspect.quality & Quality.RESET_BEFORE
                sample = replace(sample, quality=sample.quality | missing)
            else:
                passed.append(self._believe(suspect, _numbers(suspect)))
        numbers = _numbers(sample)
        if self._is_suspect(sample, numbers):
            self.waiting = sample
        else:
            passed.append(self._believe(sample, numbers))
        return passed

    def release(self, now_s: float) -> list[ImuSample]:
        """Return a sample that has waited for longer than the next one can take: nobody testifies against it."""
        waiting = self.waiting
        if waiting is None or now_s - waiting.t_s <= self._within_s:
            return []
        self.waiting = None
        return [self._believe(waiting, _numbers(waiting))]

    def _believe(self, sample: ImuSample, numbers: Sequence[float]) -> ImuSample:
        self._before, self._numbers = sample, numbers
        return sample

    def _is_suspect(self, sample: ImuSample, numbers: Sequence[float]) -> bool:
        """Tell whether any number is so far from the one before that a bit may have been turned in it."""
        before = self._before
        if before is None or sample.t_s - before.t_s > self._within_s or not _are_alike(before, sample):
            return False
        for number, old, near in zip(numbers, self._numbers, _NEAR, strict=True):
            if number - old >= near or old - number >= near:
                return True
        return False


def _numbers(sample: ImuSample) -> tuple[float, ...]:
    """Return all numbers of a sample in a fixed order, zeros for a part that is missing."""
    return (
        *(sample.accel_m_s2 or _NO_VECTOR),
        *(sample.gyro_rad_s or _NO_VECTOR),
        *(sample.quaternion_wxyz or _NO_TURN),
        *(sample.linear_m_s2 or _NO_VECTOR),
    )


def _are_alike(one: ImuSample, other: ImuSample) -> bool:
    """Tell whether two samples have the same parts; others cannot be compared."""
    return (
        (one.gyro_rad_s is None) is (other.gyro_rad_s is None)
        and (one.quaternion_wxyz is None) is (other.quaternion_wxyz is None)
        and (one.linear_m_s2 is None) is (other.linear_m_s2 is None)
    )


def _is_flipped(before: ImuSample, suspect: ImuSample, after: ImuSample) -> bool:
    """Tell whether a sample bears the mark of one turned bit between its two neighbours."""
    if not _are_alike(suspect, after):
        return False
    before_s, after_s = suspect.t_s - before.t_s, after.t_s - suspect.t_s
    share = before_s / (before_s + after_s)
    rough = max(1.0, before_s * after_s / USUAL_S**2)
    old, new = _numbers(before), _numbers(after)
    usual = [b + share * (c - b) for b, c in zip(old, new, strict=True)]
    # How far each number is from where its neighbours put it, in units of its own noise.
    off = [abs(v - u) / noise for v, u, (_, noise) in zip(_numbers(suspect), usual, _SCALES, strict=True)]
    furthest = max(range(len(off)), key=off.__getitem__)
    others = max(out for index, out in enumerate(off) if index != furthest)
    step, noise = _SCALES[furthest]
    raw, apart = round(_numbers(suspect)[furthest] * step), abs(new[furthest] - old[furthest])
    for bit in _BITS[furthest]:
        worth, turned = bit / step, _turned(raw, bit) / step
        allowed = min(max(_ALLOWED * worth / noise, _ALLOWED_LEAST), _ALLOWED_MOST)
        looked_for = worth >= _LEAST * noise * rough and apart <= _AGREE * worth
        if looked_for and others <= allowed and abs(turned - usual[furthest]) <= allowed * noise:
            return True
    return False


def _turned(raw: int, bit: int) -> int:
    """Return a number of 16 bits with one of them turned; the highest is its sign."""
    return ((raw ^ bit) + 0x8000 & 0xFFFF) - 0x8000
