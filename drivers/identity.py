"""Which motion sensor is which, and which way round: told from how each lies still.

At calibration every sensor's :class:`Signature` is stored; before a set it is taken again and compared. Sensors that
lie alike cannot be told apart so, which is said when they are calibrated. All of it is pure: samples in, words for a
person out.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations

from drivers.calibration.pose import angle_deg, mean_of
from drivers.samples import STANDARD_GRAVITY_M_S2, ImuSample, Vector

STILL_S = 1.0
STILL_M_S2 = 0.4
"""At rest the acceleration strays by less than this from its mean, as a root mean square: a limb's tremor and sway
make 0.1 to 0.2, a movement of a hand's breadth within a second 1 and more."""
TWIN_SAMPLES = 25
"""So many samples that are equal in all six values: two chips with noise of their own agree in one by chance."""
_RECENT = 8

SAME_POSE_DEG = 35.0
"""A worn sensor this near to a pose lies in it: a strap put on anew (15 degrees as a standard deviation, our
choice, twice) and some slouching. A thigh turns by 82 degrees when its owner sits down, which is more than twice
this: who sits never looks like somebody whose sensors are swapped."""
UPSIDE_DOWN_DEG = 120.0
"""Nearer than 60 degrees to upside down. A thigh that lies on a chair is 90 degrees off, and with its strap 110."""
TOLD_APART_DEG = 60.0
"""Poses nearer to one another than this may be mistaken: with 25 degrees of strap a swapped one is near its own."""


class Mixup(StrEnum):
    """What is wrong with the sensors as they are worn."""

    SWAPPED = "swapped"
    """Two sensors lie as the other one did."""
    TURNED = "turned"
    """A sensor is the wrong way round, or at a wrong place."""
    ALIKE = "alike"
    """Two sensors were never different enough to be told apart: it takes another strap, or a look at labels."""
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
    """How a sensor lies: ``up`` is the unit vector against gravity at rest, in the sensor's own axes."""

    up: Vector


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


def misworn(stored: Mapping[str, Signature], seen: Mapping[str, Signature]) -> tuple[Finding, ...]:
    """Compare still poses with those of calibration, for somebody who should stand and may also sit.

    It only speaks of a pose that is far off and that sitting does not explain: another sensor's that is not in its
    own either, or upside down. Sensors in only one of the two are not judged.
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


def _lies_as(seen: Signature, stored: Mapping[str, Signature], names: Sequence[str]) -> str | None:
    """Return the one of ``names`` in whose pose a sensor lies, None where it lies in nobody's."""
    nearest = min(names, key=lambda name: angle_deg(seen.up, stored[name].up))
    return nearest if lies_right(stored[nearest], seen) else None


def _unit(vector: Vector) -> Vector:
    size = math.hypot(*vector) or 1.0
    return vector[0] / size, vector[1] / size, vector[2] / size
