"""Which motion sensor is which, and which way round: told from how each lies still and how each moves.

At calibration every sensor's :class:`Signature` is stored; before a set it is taken again and compared. All of it is
pure: samples in, words for a person out.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations, permutations

from drivers.calibration.pose import angle_deg, mean_of
from drivers.samples import STANDARD_GRAVITY_M_S2, ImuSample, Vector

STILL_S = 1.0
STILL_M_S2 = 0.4
"""At rest the acceleration strays by less than this from its mean, as a root mean square: a limb's tremor and sway
make 0.1 to 0.2, a movement of a hand's breadth within a second 1 and more."""
AVERAGED = 20
"""Samples averaged to see a direction through the shaking of a movement: a fifth of a second at 100 Hz."""

WORN_DEG = 15.0
"""How much a strap's place differs from one day to the next, as a standard deviation. Our choice."""
AXIS_DEG = 15.0
STRENGTH = 0.35
"""The same movement is done more or less wide: the logarithm of its turn rate differs by this. Our choice."""
CLEARLY = 9.0
"""How much better another assignment has to fit to be believed, in squared standard deviations: three of them."""
TURNED_DEG = 60.0
"""Four standard deviations of a strap: nobody wears it so by accident, but a sensor put on the wrong way round is."""
TURNING_RAD_S = 0.15
"""Slower than this a sensor did not take part in the movement, and its axis says nothing."""
TWIN_SAMPLES = 25
"""So many samples that are equal in all six values: two chips with noise of their own agree in one by chance."""
_RECENT = 8

SAME_POSE_DEG = 35.0
"""A worn sensor this near to a pose lies in it: a strap put on anew (``WORN_DEG``, twice) and some slouching. A thigh
turns by 82 degrees when its owner sits down, which is more than twice this: who sits never looks like somebody whose
sensors are swapped."""
UPSIDE_DOWN_DEG = 120.0
"""Nearer than 60 degrees to upside down. A thigh that lies on a chair is 90 degrees off, and with its strap 110."""
TOLD_APART_DEG = 60.0
"""Poses nearer to one another than this may be mistaken: with 25 degrees of strap a swapped one is near its own."""


class Mixup(StrEnum):
    """What is wrong with the sensors as they are worn."""

    SWAPPED = "swapped"
    """Two sensors lie and move as the other one did."""
    TURNED = "turned"
    """A sensor is the wrong way round, or at a wrong place."""
    ALIKE = "alike"
    """Two sensors were never different enough to be told apart: it takes a trial movement, or a look at labels."""
    TWINS = "twins"
    """Two sensors say exactly the same: they are one and the same chip."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A mix-up and the names of the sensors it concerns."""

    mixup: Mixup
    sensors: tuple[str, ...]

    def __str__(self) -> str:
        """Return a sentence for the person at the station."""
        names = " and ".join(self.sensors)
        match self.mixup:
            case Mixup.SWAPPED:
                return f"The sensors {names} seem to be swapped: put each where its label says."
            case Mixup.TURNED:
                return f"The sensor {names} seems to be the wrong way round: turn it as its label shows."
            case Mixup.ALIKE:
                return f"The sensors {names} cannot be told apart: check their labels."
            case Mixup.TWINS:
                return f"The sensors {names} are one and the same: check their addresses."


@dataclass(frozen=True, slots=True)
class Signature:
    """How a sensor lies and moves, in its own axes.

    ``up`` is the unit vector against gravity at rest. After a trial movement ``far_up`` is the same where it had
    turned furthest, and ``turning_rad_s`` the root mean square of the turn rate about each axis.
    """

    up: Vector
    far_up: Vector | None = None
    turning_rad_s: Vector | None = None


def still(samples: Sequence[ImuSample]) -> Signature | None:
    """Return the signature of a sensor at rest, or None if it moved or was not there for ``STILL_S``."""
    accels = [sample.accel_m_s2 for sample in samples if sample.accel_m_s2 is not None]
    if not accels or samples[-1].t_s - samples[0].t_s < STILL_S:
        return None
    mean = mean_of(accels)
    if math.sqrt(sum(math.dist(accel, mean) ** 2 for accel in accels) / len(accels)) > STILL_M_S2:
        return None
    size = math.hypot(*mean)
    return Signature(_unit(mean)) if abs(size - STANDARD_GRAVITY_M_S2) < 0.1 * STANDARD_GRAVITY_M_S2 else None


def shown(rest: Signature, movement: Sequence[ImuSample]) -> Signature:
    """Return the signature ``rest`` completed by a trial movement that began there."""
    recent: deque[Vector] = deque(maxlen=AVERAGED)
    far_up, far_deg, squares, turns = rest.up, 0.0, [0.0, 0.0, 0.0], 0
    for sample in movement:
        if sample.accel_m_s2 is not None:
            recent.append(sample.accel_m_s2)
            up = _unit(mean_of(recent))
            if len(recent) == AVERAGED and angle_deg(up, rest.up) > far_deg:
                far_up, far_deg = up, angle_deg(up, rest.up)
        if sample.gyro_rad_s is not None:
            squares = [total + rate * rate for total, rate in zip(squares, sample.gyro_rad_s, strict=True)]
            turns += 1
    if not turns:
        return Signature(rest.up, far_up)
    x, y, z = (math.sqrt(total / turns) for total in squares)
    return Signature(rest.up, far_up, (x, y, z))


def mixups(stored: Mapping[str, Signature], seen: Mapping[str, Signature]) -> tuple[Finding, ...]:
    """Compare the sensors as they are worn now with how they were at calibration; nothing found is an empty tuple.

    Only sensors in both are looked at. Every way of giving the names to the sensors is weighed; with the handful a
    person wears these are few.
    """
    names = sorted(stored.keys() & seen.keys())
    fits = {
        given: sum(_difference(seen[name], stored[other]) for name, other in zip(names, given, strict=True))
        for given in permutations(names)
    }
    as_named = fits[tuple(names)]
    findings = []
    for given, fit in sorted(fits.items(), key=lambda item: item[1]):
        mixed = tuple(name for name, other in zip(names, given, strict=True) if name != other)
        if not mixed:
            break
        if as_named - fit > CLEARLY:
            return (Finding(Mixup.SWAPPED, mixed),)
    for given, fit in fits.items():
        mixed = tuple(name for name, other in zip(names, given, strict=True) if name != other)
        if len(mixed) == 2 and abs(fit - as_named) <= CLEARLY:
            findings.append(Finding(Mixup.ALIKE, mixed))
    return *findings, *(Finding(Mixup.TURNED, (name,)) for name in names if _is_turned(seen[name], stored[name]))


def misworn(stored: Mapping[str, Signature], seen: Mapping[str, Signature]) -> tuple[Finding, ...]:
    """Compare still poses with those of calibration, for somebody who should stand and may also sit.

    Unlike :func:`mixups` this only speaks of a pose that is far off and that sitting does not explain: another
    sensor's that is not in its own either, or upside down. Sensors in only one of the two are not judged.
    """
    off_deg = {name: angle_deg(seen[name].up, stored[name].up) for name in sorted(stored.keys() & seen.keys())}
    off = [name for name, deg in off_deg.items() if deg > SAME_POSE_DEG]
    lies_as = {name: other for name in off if (other := _lies_as(seen[name], stored, off))}
    swapped = {tuple(sorted(pair)) for pair in lies_as.items() if lies_as.get(pair[1]) == pair[0]}
    settled = {name for pair in swapped for name in pair}
    turned = [name for name in off if name in lies_as or off_deg[name] > UPSIDE_DOWN_DEG]
    return (
        *(Finding(Mixup.SWAPPED, pair) for pair in sorted(swapped)),
        *(Finding(Mixup.TURNED, (name,)) for name in turned if name not in settled),
    )


def lies_right(stored: Signature, seen: Signature) -> bool:
    """Tell whether a still sensor lies as it did at calibration."""
    return angle_deg(seen.up, stored.up) <= SAME_POSE_DEG


def alike(stored: Mapping[str, Signature]) -> tuple[Finding, ...]:
    """Return the pairs of sensors whose still poses are too near to one another to tell a swap of the two."""
    pairs = combinations(sorted(stored), 2)
    return tuple(
        Finding(Mixup.ALIKE, (a, b)) for a, b in pairs if angle_deg(stored[a].up, stored[b].up) < TOLD_APART_DEG
    )


class Twins:
    """Notices sensors that deliver the very same values, such as one chip read under two names."""

    def __init__(self) -> None:
        self._recent: dict[str, deque[tuple[Vector | None, Vector | None]]] = {}
        self._equal: dict[tuple[str, str], int] = {}

    def feed(self, sample: ImuSample) -> Finding | None:
        """Take the next sample of any sensor; return the finding once enough of two sensors' samples were equal."""
        value = sample.accel_m_s2, sample.gyro_rad_s
        found = None
        if value == (None, None):
            return None
        for other, recent in self._recent.items():
            if other == sample.sensor:
                continue
            pair = sample.sensor, other
            self._equal[pair] = self._equal.get(pair, 0) + 1 if value in recent else 0
            if self._equal[pair] >= TWIN_SAMPLES:
                found = Finding(Mixup.TWINS, tuple(sorted(pair)))
        self._recent.setdefault(sample.sensor, deque(maxlen=_RECENT)).append(value)
        return found


def _difference(seen: Signature, stored: Signature) -> float:
    """Return how far two signatures are apart, in squared standard deviations of one sensor worn on two days."""
    total = (angle_deg(seen.up, stored.up) / WORN_DEG) ** 2
    if seen.far_up and stored.far_up:
        total += (angle_deg(seen.far_up, stored.far_up) / WORN_DEG) ** 2
    if seen.turning_rad_s and stored.turning_rad_s:
        rate, before = (max(math.hypot(*one), TURNING_RAD_S) for one in (seen.turning_rad_s, stored.turning_rad_s))
        total += (math.log(rate / before) / STRENGTH) ** 2
        if min(rate, before) > TURNING_RAD_S:
            total += (angle_deg(seen.turning_rad_s, stored.turning_rad_s) / AXIS_DEG) ** 2
    return total


def _lies_as(seen: Signature, stored: Mapping[str, Signature], names: Sequence[str]) -> str | None:
    """Return the one of ``names`` in whose pose a sensor lies, None where it lies in nobody's."""
    nearest = min(names, key=lambda name: angle_deg(seen.up, stored[name].up))
    return nearest if lies_right(stored[nearest], seen) else None


def _is_turned(seen: Signature, stored: Signature) -> bool:
    poses = [(seen.up, stored.up)]
    if seen.far_up and stored.far_up:
        poses.append((seen.far_up, stored.far_up))
    return any(angle_deg(now, before) > TURNED_DEG for now, before in poses)


def _unit(vector: Vector) -> Vector:
    size = math.hypot(*vector) or 1.0
    return vector[0] / size, vector[1] / size, vector[2] / size
